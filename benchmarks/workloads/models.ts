/** The models that are trained: shapes of data and parameters, in the order that all libraries use. */
import { product, type InputSpec, type Parameter } from './workload';

export interface Model {
  /** The name of the model's function in each library; the layers follow from the parameters. */
  kind: string;
  title: string;
  params?: Readonly<Record<string, Parameter>>;
  /** The batch and its targets: labels of 10 classes, or numbers. */
  data: readonly [InputSpec, InputSpec];
  parameters: readonly InputSpec[];
  /** Multiplications and additions per step. */
  cost: number;
}

/** Uniform around 0, with variance 2 / (inputs of a unit). */
function weights(...shape: number[]): InputSpec {
  const most = Math.sqrt(6 / (product(shape) / shape[shape.length - 1]));
  return { shape, low: -most, high: most };
}

const zeros = (n: number): InputSpec => ({ shape: [n], low: 0, high: 0 });
const ones = (n: number): InputSpec => ({ shape: [n], low: 1, high: 1 });

const labels = (batch: number): InputSpec => ({ shape: [batch], dtype: 'int32', low: 0, high: 10 });

/** Dense layers with ReLU in between. */
export function mlpOf(batch: number, ...widths: number[]): Model {
  const layers = widths.slice(1).map((n, i) => [widths[i], n] as const);
  return {
    kind: 'mlp',
    title: `MLP ${widths.join('-')}, batch ${batch}, Adam`,
    data: [{ shape: [batch, widths[0]], low: 0, high: 1 }, labels(batch)],
    parameters: layers.flatMap(([m, n]) => [weights(m, n), zeros(n)]),
    cost: layers.reduce((sum, [m, n]) => sum + 6 * batch * m * n, 0),
  };
}

/** 3×3×32 convolution, 2×2 max pooling, 3×3×64 convolution, 2×2 max pooling, 10 classes; SAME padding, ReLU after the convolutions. */
export function cnnOf(batch: number, size: number): Model {
  const flat = (size / 4) ** 2 * 64;
  return {
    kind: 'cnn',
    title: `MNIST CNN, batch ${batch}, Adam`,
    data: [{ shape: [batch, size, size, 1], low: 0, high: 1 }, labels(batch)],
    parameters: [
      weights(3, 3, 1, 32),
      zeros(32),
      weights(3, 3, 32, 64),
      zeros(64),
      weights(flat, 10),
      zeros(10),
    ],
    cost: 6 * batch * (size ** 2 * 9 * 32 + (size / 2) ** 2 * 9 * 32 * 64 + flat * 10),
  };
}

/**
 * An LSTM over `time` steps, and a dense layer from the last state to 10 classes. Parameters: [features, 4·units] for the inputs, [units,
 * 4·units] for the state, the bias (gates in the order input, forget, candidate, output), and the dense layer's two.
 */
export function lstmOf(batch: number, time: number, features: number, units: number): Model {
  return {
    kind: 'lstm',
    title: `LSTM h${units}, T${time}, batch ${batch}, Adam`,
    data: [{ shape: [batch, time, features] }, labels(batch)],
    parameters: [
      ...[weights(features, 4 * units), weights(units, 4 * units), zeros(4 * units)],
      ...[weights(units, 10), zeros(10)],
    ],
    cost: 6 * batch * (time * (features + units) * 4 * units + units * 10),
  };
}

/**
 * A pre-norm transformer block: x + attention(norm(x)), then y + dense(gelu(dense(norm(y)))) with a hidden width of 4w; the loss is the
 * mean squared error. Parameters: scale and offset of the norm, [w, 3w] and bias for queries, keys and values, [w, w] and bias; scale and
 * offset, [w, 4w] and bias, [4w, w] and bias.
 */
export function transformerOf(batch: number, time: number, width: number, heads: number): Model {
  return {
    kind: 'transformer',
    title: `transformer block d${width}, ${heads} heads, T${time}, batch ${batch}, Adam`,
    params: { heads, normEpsilon: 1e-5 },
    data: [{ shape: [batch, time, width] }, { shape: [batch, time, width] }],
    parameters: [
      ...[ones(width), zeros(width), weights(width, 3 * width), zeros(3 * width)],
      ...[weights(width, width), zeros(width)],
      ...[ones(width), zeros(width), weights(width, 4 * width), zeros(4 * width)],
      ...[weights(4 * width, width), zeros(width)],
    ],
    cost: 6 * batch * time * (12 * width * width + 2 * time * width),
  };
}
