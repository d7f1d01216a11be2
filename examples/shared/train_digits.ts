/** Trains a network on the digits with a compiled step. */
import * as tf from 'gradtape';
import { loadDigits, type Digits } from './digits';
import type { Options } from './options';
import { Progress } from './progress';

export interface Network {
  readonly variables: readonly tf.Variable[];
  /** [n, 28, 28, 1] to logits [n, 10]. */
  call(images: tf.Tensor): tf.Tensor;
}

/** He initialization for layers with ReLU: uniform, with variance 2 / fan-in. */
export function weights(...shape: number[]): tf.Variable {
  const inputs = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const most = Math.sqrt(6 / inputs);
  return new tf.Variable(tf.random.uniform(shape, { minval: -most, maxval: most }));
}

export const bias = (n: number): tf.Variable => new tf.Variable(tf.zeros([n]));

const batch = 64;

export async function trainDigits(title: string, network: Network, options: Options): Promise<void> {
  const [training, test] = options.quick ? loadDigits(2048, 500) : loadDigits(8960, 1000);
  const examples = training.labels.shape[0];
  console.log(`${title}: ${examples} digits to train on, ${test.labels.shape[0]} to test with`);

  const losses = (logits: tf.Tensor, labels: tf.Tensor): tf.Tensor =>
    tf.reduceMean(tf.nn.sparseSoftmaxCrossEntropyWithLogits(labels, logits));
  const optimizer = new tf.keras.optimizers.Adam(1e-3);
  /** One training step on the digits with the given indices. */
  const step = tf.function((places: tf.Tensor): tf.Tensor => {
    const images = tf.gather(training.images, places);
    const labels = tf.gather(training.labels, places);
    const tape = new tf.GradientTape();
    const loss = tape.run(() => losses(network.call(images), labels));
    const gradients = tape.gradient(loss, [...network.variables]);
    optimizer.applyGradients(gradients.map((g, i) => [g, network.variables[i]]));
    return loss;
  });
  /** Computes loss and accuracy. */
  const evaluate = tf.function(({ images, labels }: Digits): [tf.Tensor, tf.Tensor] => {
    const logits = network.call(images);
    const right = tf.equal(tf.argmax(logits, 1), labels);
    return [losses(logits, labels), tf.reduceMean(tf.cast(right, 'float32'))];
  });

  const progress = new Progress();
  const steps = examples / batch;
  let accuracy = 0;
  for (let epoch = 1; epoch <= options.length; epoch++) {
    const order = tf.reshape(tf.random.shuffle(tf.range(examples)), [steps, batch]);
    for (const [i, places] of tf.unstack(order).entries()) {
      const loss = Number(step(places).item());
      const at = epoch - 1 + (i + 1) / steps;
      progress.step(at, loss, 10);
      if (i % 10 === 0) progress.show(`epoch ${at.toFixed(1)} of ${options.length}  loss ${loss.toFixed(4)}`);
    }
    const [loss, right] = evaluate(test).map((t) => Number(t.item()));
    accuracy = right;
    progress.tested(epoch, loss);
    progress.keep(
      `epoch ${epoch} of ${options.length}  test loss ${loss.toFixed(4)}  accuracy ${(100 * accuracy).toFixed(1)}%`,
    );
  }
  const reached = `${(100 * accuracy).toFixed(1)}%`;
  console.log(`Test accuracy: ${reached}`);
  if (options.out !== null) await progress.draw(`${title}: ${reached} right`, 'epoch', options.out);
}
