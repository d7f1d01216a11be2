/** Training steps of small networks in plain JavaScript: forward pass, backward pass and Adam, each as a loop. */
import {
  conv2d,
  conv2dFilterGradient,
  conv2dInputGradient,
  pool2x2,
  pool2x2Gradient,
  type ConvShape,
} from './conv';
import { matmul } from './matmul';

/** Adam's update of one parameter. */
export class Adam {
  private t = 0;
  private readonly means: Float32Array[];
  private readonly squares: Float32Array[];

  constructor(
    private readonly parameters: readonly Float32Array[],
    private readonly rate: number,
    private readonly epsilon: number,
  ) {
    this.means = parameters.map((p) => new Float32Array(p.length));
    this.squares = parameters.map((p) => new Float32Array(p.length));
  }

  apply(gradients: readonly Float32Array[]): void {
    this.t++;
    const alpha = (this.rate * Math.sqrt(1 - 0.999 ** this.t)) / (1 - 0.9 ** this.t);
    this.parameters.forEach((w, k) => {
      const [g, m, v] = [gradients[k], this.means[k], this.squares[k]];
      for (let i = 0; i < w.length; i++) {
        m[i] += (g[i] - m[i]) * 0.1;
        v[i] += (g[i] * g[i] - v[i]) * 0.001;
        w[i] -= (alpha * m[i]) / (Math.sqrt(v[i]) + this.epsilon);
      }
    });
  }
}

export const product = (
  a: Float32Array,
  b: Float32Array,
  m: number,
  k: number,
  n: number,
  form = 'NN',
): Float32Array =>
  matmul(a, b, {
    batch: 1,
    m,
    k,
    n,
    transposeA: form[0] === 'T',
    transposeB: form[1] === 'T',
  }) as Float32Array;

/** Adds a bias to each row and applies ReLU if `relu` is set, in place. */
export function addBias(x: Float32Array, b: Float32Array, relu: boolean): Float32Array {
  const n = b.length;
  for (let at = 0; at < x.length; at += n) {
    for (let j = 0; j < n; j++) {
      const v = x[at + j] + b[j];
      x[at + j] = relu && v < 0 ? 0 : v;
    }
  }
  return x;
}

/** The gradient of ReLU, in place. */
function throughRelu(dy: Float32Array, y: Float32Array): Float32Array {
  for (let i = 0; i < dy.length; i++) if (y[i] <= 0) dy[i] = 0;
  return dy;
}

export function columnSums(x: Float32Array, n: number): Float32Array {
  const sums = new Float32Array(n);
  for (let at = 0; at < x.length; at += n) for (let j = 0; j < n; j++) sums[j] += x[at + j];
  return sums;
}

/** The mean cross entropy of logits, and its gradient. */
export function lossOf(
  logits: Float32Array,
  labels: Int32Array,
  classes: number,
): { loss: number; d: Float32Array } {
  const rows = labels.length;
  const d = new Float32Array(logits.length);
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const at = i * classes;
    let most = -Infinity;
    for (let j = 0; j < classes; j++) if (logits[at + j] > most) most = logits[at + j];
    let sum = 0;
    for (let j = 0; j < classes; j++) sum += d[at + j] = Math.exp(logits[at + j] - most);
    for (let j = 0; j < classes; j++) d[at + j] /= sum * rows;
    d[at + labels[i]] -= 1 / rows;
    loss += most + Math.log(sum) - logits[at + labels[i]];
  }
  return { loss: loss / rows, d };
}

export interface Training<Target = Int32Array> {
  x: Float32Array;
  labels: Target;
  /** Copied, because the steps update them. */
  parameters: readonly Float32Array[];
  rate: number;
  epsilon: number;
}

/** The outputs of dense layers with ReLU in between, the inputs first. Parameters are weights and biases alternately. */
export function mlpForward(
  x: Float32Array,
  rows: number,
  parameters: readonly Float32Array[],
): Float32Array[] {
  const ys = [x];
  for (let i = 0; i < parameters.length; i += 2) {
    const [w, b] = [parameters[i], parameters[i + 1]];
    const y = product(ys[i / 2], w, rows, w.length / b.length, b.length);
    ys.push(addBias(y, b, i + 2 < parameters.length));
  }
  return ys;
}

/** A call is a step and returns its loss. */
export function mlpTraining({ x, labels, parameters, rate, epsilon }: Training): () => number {
  const own = parameters.map((p) => p.slice());
  const adam = new Adam(own, rate, epsilon);
  const rows = labels.length;
  return () => {
    const ys = mlpForward(x, rows, own);
    const { loss, d: dlogits } = lossOf(ys[ys.length - 1], labels, own[own.length - 1].length);
    let d = dlogits;
    const gradients: Float32Array[] = [];
    for (let i = own.length - 2; i >= 0; i -= 2) {
      const [y, w, n] = [ys[i / 2], own[i], own[i + 1].length];
      const m = w.length / n;
      gradients.unshift(product(y, d, m, rows, n, 'TN'), columnSums(d, n));
      if (i > 0) d = throughRelu(product(d, w, rows, n, m, 'NT'), y);
    }
    adam.apply(gradients);
    return loss;
  };
}

/** Two blocks of 3×3 convolution, ReLU and 2×2 max pooling, then a dense layer to 10 classes. Parameters: W1, b1, W2, b2, W3, b3. */
export function cnnTraining({ x, labels, parameters, rate, epsilon }: Training): () => number {
  const [w1, b1, w2, b2, w3, b3] = parameters.map((p) => p.slice());
  const adam = new Adam([w1, b1, w2, b2, w3, b3], rate, epsilon);
  const rows = labels.length;
  const [c1, c2, classes] = [b1.length, b2.length, b3.length];
  const size = Math.sqrt(x.length / rows);
  const shape = (side: number, from: number, to: number): ConvShape => ({
    ...{ stride: 1, dilation: 1, groups: 1, before: 1 },
    x: [rows, side, side, from],
    w: [3, 3, from, to],
    y: [rows, side, side, to],
  });
  const [s1, s2] = [shape(size, 1, c1), shape(size / 2, c1, c2)];
  const features = w3.length / classes;
  return () => {
    const y1 = addBias(conv2d(x, w1, s1), b1, true);
    const p1 = pool2x2(y1, s1.y, 'max');
    const y2 = addBias(conv2d(p1, w2, s2), b2, true);
    const p2 = pool2x2(y2, s2.y, 'max');
    const logits = addBias(product(p2, w3, rows, features, classes), b3, false);
    const { loss, d } = lossOf(logits, labels, classes);
    const dw3 = product(p2, d, features, rows, classes, 'TN');
    const dp2 = product(d, w3, rows, classes, features, 'NT');
    const dy2 = throughRelu(pool2x2Gradient(y2, dp2, s2.y, 'max'), y2);
    const dw2 = conv2dFilterGradient(p1, dy2, s2);
    const dp1 = conv2dInputGradient(dy2, w2, s2);
    const dy1 = throughRelu(pool2x2Gradient(y1, dp1, s1.y, 'max'), y1);
    const dw1 = conv2dFilterGradient(x, dy1, s1);
    adam.apply([dw1, columnSums(dy1, c1), dw2, columnSums(dy2, c2), dw3, columnSums(d, classes)]);
    return loss;
  };
}
