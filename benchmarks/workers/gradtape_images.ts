/** gradtape's workloads on images. Gradients come from a tape that is recorded once. */
import * as tf from 'gradtape';
import { calling, find, outputsOf, tensor, type AnyFunction, type Tensors } from './gradtape_task';
import type { Input, Maker, Task } from './library';

export interface ConvParams {
  stride: number;
  dilation: number;
  groups: number;
  padding: 'SAME' | 'VALID';
  x: readonly number[];
  w: readonly number[];
  y: readonly number[];
}

type Layer = (x: tf.Tensor, w: tf.Tensor) => tf.Tensor;

/** The convolution for the parameters; depthwise if every channel is a group. */
function convolution({ stride, dilation, groups, padding, x, w }: ConvParams): Layer | string {
  const depthwise = groups > 1 && groups === x[3];
  const name = depthwise ? 'nn.depthwiseConv2d' : 'nn.conv2d';
  const f = find(name);
  if (f === undefined) return `this version has no tf.${name}`;
  const strides = depthwise ? [1, stride, stride, 1] : stride;
  // Default options are omitted, as in user code.
  const options = dilation > 1 ? { dilations: dilation } : undefined;
  const call = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
    (options === undefined ? f(a, b, strides, padding) : f(a, b, strides, padding, options)) as tf.Tensor;
  const shape = [w[0], w[1], groups, w[3] / groups];
  return depthwise ? (a, b) => call(a, tf.reshape(b, shape)) : call;
}

const conv2d = (params: ConvParams, inputs: readonly Input[]): Task | string => {
  const f = convolution(params);
  const [x, w] = inputs.map(tensor);
  return typeof f === 'string' ? f : { run: () => f(x, w), outputs: outputsOf };
};

/** The gradient of f() with respect to `source`, for the upstream gradient `dy`. */
function backward(f: () => tf.Tensor, source: tf.Tensor, dy: tf.Tensor): Task {
  const tape = new tf.GradientTape({ persistent: true });
  tape.watch(source);
  const y = tape.run(f);
  return { run: () => tape.gradient(y, source, { outputGradients: dy }), outputs: outputsOf };
}

const conv2dInputGradient = (params: ConvParams, inputs: readonly Input[]): Task | string => {
  const f = convolution(params);
  const [dy, w] = inputs.map(tensor);
  const x = tf.zeros(params.x);
  return typeof f === 'string' ? f : backward(() => f(x, w), x, dy);
};

const conv2dFilterGradient = (params: ConvParams, inputs: readonly Input[]): Task | string => {
  const f = convolution(params);
  const [x, dy] = inputs.map(tensor);
  const w = tf.zeros(params.w);
  return typeof f === 'string' ? f : backward(() => f(x, w), w, dy);
};

const pools = { max: 'nn.maxPool2d', avg: 'nn.avgPool2d' } as const;

const pool = ({ f }: { f: 'max' | 'avg' }, [input]: readonly Input[]): Task | string => {
  const x = tensor(input);
  return calling([pools[f]], (g) => () => g(x, 2, 2, 'VALID'));
};

const poolGradient = ({ f }: { f: 'max' | 'avg' }, inputs: readonly Input[]): Task | string => {
  const [x, dy] = inputs.map(tensor);
  const g = find(pools[f]);
  return g === undefined
    ? `this version has no tf.${pools[f]}`
    : backward(() => g(x, 2, 2, 'VALID') as tf.Tensor, x, dy);
};

/** The first of several functions that this version has. */
function first(uses: readonly (readonly [string, (f: AnyFunction) => () => Tensors])[]): Task | string {
  for (const [path, use] of uses) if (find(path) !== undefined) return calling([path], use);
  return `this version has no tf.${uses[0][0]}`;
}

const batchNorm = ({ epsilon }: { epsilon: number }, inputs: readonly Input[]): Task | string => {
  const [x, gamma, beta] = inputs.map(tensor);
  const task = first([
    ['nn.fusedBatchNorm', (f) => () => f(x, gamma, beta, { epsilon, isTraining: true })],
    ['nn.batchNorm', (f) => () => f(x, gamma, beta, { epsilon })],
  ]);
  if (typeof task === 'string') return task;
  // Some versions return further results after y.
  const y = (r: unknown): tf.Tensor =>
    r instanceof tf.Tensor ? r : Array.isArray(r) ? (r[0] as tf.Tensor) : (r as { y: tf.Tensor }).y;
  return { ...task, outputs: (r: unknown) => outputsOf(y(r)) };
};

const layerNorm = (_: unknown, inputs: readonly Input[]): Task | string => {
  const [x, gamma, beta] = inputs.map(tensor);
  return first([['nn.layerNorm', (f) => () => f(x, gamma, beta, { epsilon: 1e-5 })]]);
};

export const imageKinds: Record<string, Maker> = {
  ...{ conv2d, conv2dInputGradient, conv2dFilterGradient, pool, poolGradient, batchNorm, layerNorm },
};
