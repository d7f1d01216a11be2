/**
 * A small character-level transformer, trained on Shakespeare's sonnets, which then generates text.
 *
 * The text (sonnets.txt, in the public domain) has 95,000 characters. The test loss reaches
 * 1.75 nats per character after half a minute. A step samples its batch, computes gradients and updates the
 * variables in one compiled program. `node dist/examples/char-transformer/main.js --help` lists the options.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { readOptions, start } from '../shared/options';
import { Progress } from '../shared/progress';
import { Transformer } from './model';

/** The folder of the sources, relative to dist/examples/char-transformer. */
const file = path.join(__dirname, '../../../examples/char-transformer/sonnets.txt');
const batch = 16;
const context = 64;

/** Encodes the text: its characters as indices into a vocabulary. */
function readText(): { ids: Int32Array; alphabet: string } {
  const text = fs.readFileSync(file, 'utf8');
  const alphabet = [...new Set(text)].sort().join('');
  return { ids: Int32Array.from(text, (c) => alphabet.indexOf(c)), alphabet };
}

/** Generates `length` characters that continue `prompt`; a `temperature` below 1 favours likely ones. */
function write(model: Transformer, prompt: Int32Array, length: number, temperature: number): number[] {
  const last = [0, context - 1, 0];
  const next = tf.function((ids: tf.Tensor): tf.Tensor => {
    const logits = tf.slice(model.call(ids), last, [1, 1, model.sizes.vocabulary]);
    // Gumbel-max trick: the argmax of logits plus Gumbel noise is a sample from their softmax.
    const noise = tf.negative(
      tf.math.log(tf.negative(tf.math.log(tf.random.uniform(logits.shape, { minval: 1e-9 })))),
    );
    return tf.argmax(tf.add(tf.divide(logits, temperature), noise), -1);
  });
  const ids = [...prompt];
  for (let i = 0; i < length; i++) {
    const window = tf.constant(Int32Array.from(ids.slice(-context)));
    ids.push(Number(next(tf.reshape(window, [1, context])).item()));
  }
  return ids.slice(prompt.length);
}

start(async () => {
  const options = readOptions(
    'char-transformer',
    "Trains a transformer on Shakespeare's sonnets, and lets it write.",
    'steps',
    1800,
    60,
  );
  if (options.seed !== null) tf.random.setSeed(options.seed);
  const { ids, alphabet } = readText();
  // The last sonnets are the test set.
  const held = Math.floor(ids.length * 0.9);
  const model = new Transformer({
    vocabulary: alphabet.length,
    context,
    ...(options.quick ? { width: 32, heads: 2, blocks: 1 } : { width: 128, heads: 4, blocks: 2 }),
  });
  const { variables } = model;
  const parameters = variables.reduce((sum, v) => sum + v.shape.reduce((a, b) => a * b, 1), 0);
  console.log(`${held} characters to train on, ${ids.length - held} to test with; ${parameters} parameters`);

  const losses = (windows: tf.Tensor): tf.Tensor => {
    const size = [windows.shape[0], context];
    const [inputs, targets] = [tf.slice(windows, [0, 0], size), tf.slice(windows, [0, 1], size)];
    return tf.reduceMean(tf.nn.sparseSoftmaxCrossEntropyWithLogits(targets, model.call(inputs)));
  };
  const text = tf.constant(ids);
  const offsets = tf.range(context + 1);
  const optimizer = new tf.keras.optimizers.Adam({ learningRate: options.quick ? 1e-2 : 2e-3 });
  const step = tf.function((): tf.Tensor => {
    const starts = tf.random.uniform([batch, 1], { maxval: held - context, dtype: 'int32' });
    const windows = tf.gather(text, tf.add(starts, offsets));
    const tape = new tf.GradientTape();
    const loss = tape.run(() => losses(windows));
    const gradients = tape.gradient(loss, variables);
    optimizer.applyGradients(gradients.map((g, i) => [g, variables[i]]));
    return loss;
  });
  const rows = Math.floor((ids.length - held - 1) / context);
  const starts = tf.add(tf.multiply(tf.expandDims(tf.range(rows), 1), context), held);
  const test = tf.function(() => losses(tf.gather(text, tf.add(starts, offsets))));

  const progress = new Progress();
  const part = Math.ceil(options.length / 10);
  let loss = 0;
  for (let i = 1; i <= options.length; i++) {
    loss = Number(step().item());
    progress.step(i, loss, Math.ceil(options.length / 150));
    if (i % 10 === 0) progress.show(`step ${i} of ${options.length}  loss ${loss.toFixed(3)}`);
    if (i % part !== 0 && i !== options.length) continue;
    loss = Number(test().item());
    progress.tested(i, loss);
    progress.keep(`step ${i} of ${options.length}  test loss ${loss.toFixed(3)} nats a character`);
  }
  console.log(`Test loss: ${loss.toFixed(3)}\n`);
  const written = write(model, ids.slice(held - context, held), options.quick ? 80 : 600, 0.7);
  console.log(`${written.map((id) => alphabet[id]).join('')}\n`);
  if (options.out !== null)
    await progress.draw(`Shakespeare's sonnets: ${loss.toFixed(2)} nats a character`, 'step', options.out);
});
