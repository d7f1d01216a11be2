/**
 * Custom training: fit a line with Tensor, Variable and GradientTape.
 *
 * The program follows TensorFlow's tutorial "Custom training: basics" in its order: tensors, variables, sparse
 * updates, then a linear model trained step by step. Run it with `npm start`; `npm start -- --help` lists the options.
 */
import assert from 'node:assert/strict';
import * as tf from 'gradtape';
import { readOptions } from './options';
import { drawPictures, showFit } from './pictures';

const TRUE_W = 3.0;
const TRUE_b = 2.0;

/** A line: W·x + b. */
class Model {
  // In a real program these would start from random values.
  readonly W = new tf.Variable(5.0, { name: 'W' });
  readonly b = new tf.Variable(0.0, { name: 'b' });

  call(x: tf.TensorLike): tf.Tensor {
    return tf.add(tf.multiply(this.W, x), this.b);
  }
}

/** The mean squared error of the predictions. */
function loss(predicted: tf.Tensor, target: tf.Tensor): tf.Tensor {
  return tf.reduceMean(tf.square(tf.subtract(predicted, target)));
}

/** One step of gradient descent. */
function train(model: Model, inputs: tf.Tensor, outputs: tf.Tensor, learningRate: number): void {
  const tape = new tf.GradientTape();
  const currentLoss = tape.run(() => loss(model.call(inputs), outputs));
  const [dW, db] = tape.gradient(currentLoss, [model.W, model.b]);
  model.W.assignSub(dW.mul(learningRate));
  model.b.assignSub(db.mul(learningRate));
}

function tensorsAndVariables(): void {
  console.log('Tensors never change: an op makes a new one, and the language keeps the state.\n');
  let x = tf.zeros([10, 10]);
  x = x.add(2); // the same as tf.add(x, 2)
  console.log(x);

  console.log('\nA variable keeps state of its own:');
  const v = new tf.Variable(1.0);
  assert.equal(v.item(), 1.0);
  v.assign(3.0);
  assert.equal(v.item(), 3.0);
  v.assign(tf.square(v));
  assert.equal(v.item(), 9.0);
  console.log(v);
}

function sparseUpdates(): void {
  console.log('\nRows of a large variable can be read, differentiated and written by themselves:');
  const embedding = new tf.Variable(tf.zeros([5, 2]), { name: 'embedding' });
  embedding.scatterUpdate(
    new tf.IndexedSlices(
      tf.constant([
        [1, 1],
        [4, 4],
      ]),
      tf.constant([1, 4], 'int32'),
    ),
  );
  const tape = new tf.GradientTape();
  const y = tape.run(() => tf.reduceSum(tf.square(tf.gather(embedding, tf.constant([4, 1], 'int32')))));
  const gradient = tape.gradient(y, embedding);
  assert(gradient instanceof tf.IndexedSlices);
  console.log(gradient);
  // Only rows 4 and 1 change.
  embedding.assignSub(new tf.IndexedSlices(gradient.values.mul(0.25), gradient.indices, gradient.denseShape));
  console.log(embedding);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.seed !== null) tf.random.setSeed(options.seed);

  tensorsAndVariables();
  sparseUpdates();

  console.log(`\nA linear model, ${options.examples} noisy examples of y = ${TRUE_W}x + ${TRUE_b}:`);
  const model = new Model();
  assert.equal(model.call(3.0).item(), 15.0);

  const inputs = tf.random.normal([options.examples]);
  const noise = tf.random.normal([options.examples]);
  const outputs = inputs.mul(TRUE_W).add(TRUE_b).add(noise);

  const before = model.call(inputs);
  console.log(`Current loss: ${Number(loss(before, outputs).item()).toFixed(6)}`);

  // The history of W and b, for plotting.
  const Ws: number[] = [];
  const bs: number[] = [];
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const W = Number(model.W.item());
    const b = Number(model.b.item());
    Ws.push(W);
    bs.push(b);
    const currentLoss = Number(loss(model.call(inputs), outputs).item());
    train(model, inputs, outputs, options.learningRate);
    console.log(
      `Epoch ${String(epoch).padStart(2)}: W=${W.toFixed(2)} b=${b.toFixed(2)}, loss=${currentLoss.toFixed(5)}`,
    );
  }

  const run = {
    inputs,
    outputs,
    before,
    after: model.call(inputs),
    Ws,
    bs,
    trueW: TRUE_W,
    trueB: TRUE_b,
  };
  if (process.stdout.isTTY) showFit(run);
  if (options.out !== null) await drawPictures(run, options.out);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
