/** k-means: integers, masks, loops over tensors. */
import * as tf from 'gradtape';

export interface Clusters {
  readonly centers: number[][];
  readonly counts: number[];
  readonly labels: Int32Array;
}

function points(): tf.Tensor<'float32'> {
  const around = (center: number[], seed: number) =>
    tf.random.statelessNormal([50, 2], [seed, 1], { stddev: 0.2 }).add(center);
  return tf.concat([around([0, 0], 1), around([3, 0], 2), around([0, 3], 3)], 0);
}

export function cluster(k: number, rounds: number): Clusters {
  const x = points();
  let centers = x.gather(tf.range(k).mul(40));
  let labels = tf.zeros([x.size / 2], 'int32');
  for (let round = 0; round < rounds; round++) {
    const distances = x.expandDims(1).squaredDifference(centers).sum(2);
    labels = distances.argmin(1);
    const members = tf.oneHot(labels, k);
    centers = members.matmul(x, { transposeA: true }).div(members.sum(0).maximum(1).expandDims(1));
  }
  const rows: number[][] = [];
  for (const center of centers) rows.push(Array.from(center.data()));
  const counts: number[] = [];
  for (let j = 0; j < k; j++) counts.push(tf.booleanMask(x, labels.equal(j)).shape[0] ?? 0);
  return { centers: rows, counts, labels: labels.data() };
}
