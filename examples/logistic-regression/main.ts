/**
 * Logistic regression: two kinds of points in the plane, separated by a line that a compiled step finds.
 *
 * `node dist/examples/logistic-regression/main.js --help` lists the options.
 */
import * as tf from 'gradtape';
import { readOptions, start } from '../shared/options';
import { Progress } from '../shared/progress';

/** Points around two centres, [n, 2], and which they belong to, [n, 1]; 94% can be told apart. */
function makePoints(n: number, seed: number): [tf.Tensor, tf.Tensor] {
  const labels = tf.cast(tf.greater(tf.random.statelessUniform([n, 1], [seed, 1]), 0.5), 'float32');
  const centers = tf.multiply(tf.subtract(tf.multiply(labels, 2), 1), tf.constant([[1.2, -1]]));
  return [tf.add(centers, tf.random.statelessNormal([n, 2], [seed, 2])), labels];
}

start(async () => {
  const options = readOptions(
    'logistic-regression',
    'Separates two kinds of points by a line.',
    'steps',
    300,
    100,
  );
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  const [x, y] = makePoints(2000, seed);
  const [testX, testY] = makePoints(2000, seed + 1);
  const w = new tf.Variable(tf.zeros([2, 1]));
  const b = new tf.Variable(0);
  const logits = (points: tf.Tensor): tf.Tensor => tf.add(tf.matmul(points, w), b);
  const lossOf = (points: tf.Tensor, labels: tf.Tensor): tf.Tensor =>
    tf.reduceMean(tf.nn.sigmoidCrossEntropyWithLogits(labels, logits(points)));
  const optimizer = new tf.keras.optimizers.SGD(0.5);
  const step = tf.function(() => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => lossOf(x, y));
    const [dw, db] = tape.gradient(loss, [w, b]);
    optimizer.applyGradients([
      [dw, w],
      [db, b],
    ]);
    return loss;
  });
  const progress = new Progress();
  for (let i = 1; i <= options.length; i++) {
    progress.step(i, Number(step().item()), 1);
    if (i % 10 === 0) progress.tested(i, Number(lossOf(testX, testY).item()));
  }
  const isRight = tf.equal(tf.greater(logits(testX), 0), tf.greater(testY, 0.5));
  const accuracy = Number(tf.reduceMean(tf.cast(isRight, 'float32')).item());
  const [[w0], [w1]] = w.array() as [[number], [number]];
  console.log(`Line: ${w0.toFixed(2)} x + ${w1.toFixed(2)} y + ${Number(b.item()).toFixed(2)} = 0`);
  console.log(`Test accuracy: ${(100 * accuracy).toFixed(1)}%`);
  if (options.out !== null) await progress.draw('Logistic regression', 'step', options.out);
});
