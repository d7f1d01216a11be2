/**
 * k-means: finds the groups of points without labels. Lloyd's algorithm with k-means++ as its beginning, in compiled functions.
 *
 * `node dist/examples/k-means/main.js --help` lists the options.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as tf from 'gradtape';
import * as plot from 'gradtape/plot';
import { readOptions, start } from '../shared/options';

const k = 5;
const spread = 0.35;

/** n points around k centres on a circle: [n, 2]. */
function makePoints(n: number, seed: number): tf.Tensor {
  const group = tf.random.statelessUniform([n], [seed, 1], { minval: 0, maxval: k, dtype: 'int32' });
  const angle = tf.multiply(tf.cast(group, 'float32'), (2 * Math.PI) / k);
  const centers = tf.multiply(tf.stack([tf.cos(angle), tf.sin(angle)], 1), 2);
  return tf.add(centers, tf.random.statelessNormal([n, 2], [seed, 2], { stddev: spread }));
}

/** The squared distance of each point to each center, [n, k]. */
const distances = (points: tf.Tensor, centers: tf.Tensor): tf.Tensor =>
  tf.reduceSum(tf.square(tf.subtract(tf.expandDims(points, 1), centers)), 2);

/** k-means++: each next center is a point, chosen with a probability that is proportional to its squared distance. */
function firstCenters(points: tf.Tensor, seed: number): tf.Tensor {
  let centers = tf.slice(points, [0, 0], [1, 2]);
  for (let i = 1; i < k; i++) {
    const squared = tf.reduceMin(distances(points, centers), 1);
    const at = tf.multiply(tf.random.statelessUniform([1], [seed, i]), tf.reduceSum(squared));
    const place = tf.searchsorted(tf.cumsum(squared), at);
    centers = tf.concat([centers, tf.gather(points, place)], 0);
  }
  return centers;
}

/** One iteration: each center moves to the mean of the points that are nearest to it. Also the mean squared distance. */
const step = tf.function((points: tf.Tensor, centers: tf.Tensor): [tf.Tensor, tf.Tensor] => {
  const all = distances(points, centers);
  const nearest = tf.oneHot(tf.argmin(all, 1), k);
  const sums = tf.matmul(nearest, points, { transposeA: true });
  const counts = tf.expandDims(tf.reduceSum(nearest, 0), 1);
  return [tf.math.divideNoNan(sums, counts), tf.reduceMean(tf.reduceMin(all, 1))];
});

start(async () => {
  const options = readOptions('k-means', 'Finds the groups of points.', 'steps', 50, 15);
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  const points = makePoints(options.quick ? 1000 : 5000, seed);
  let centers = firstCenters(points, seed);
  let error = Infinity;
  for (let i = 1; i <= options.length; i++) {
    const [next, mean] = step(points, centers);
    const moved = Number(tf.reduceMax(tf.abs(tf.subtract(next, centers))).item());
    error = Number(mean.item());
    console.log(`step ${i}  mean squared distance ${error.toFixed(4)}`);
    centers = next;
    if (moved < 1e-5) break;
  }
  // Around the true centres it is 2 · 0.35² = 0.245.
  console.log(`Mean squared distance: ${error.toFixed(4)}`);
  if (options.out === null) return;
  const columns = (t: tf.Tensor): number[][] => tf.transpose(t).array() as number[][];
  const [x, y] = columns(points);
  const [centerX, centerY] = columns(centers);
  const chart = plot
    .chart({ title: 'k-means', width: 480 })
    .scatter(x, y, { label: 'points', color: 'blue', opacity: 0.3 })
    .scatter(centerX, centerY, { label: 'centers', color: 'red' });
  await fs.mkdir(options.out, { recursive: true });
  for (const type of ['svg', 'png']) await chart.save(path.join(options.out, `groups.${type}`));
});
