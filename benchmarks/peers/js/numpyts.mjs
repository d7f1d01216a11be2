/** numpy-ts. */
import * as np from 'numpy-ts';
import { versionOf } from './version.mjs';

const array = ({ data, shape, dtype }) => np.array(Array.from(data), dtype).reshape(...shape);

const outputs = (result) => {
  if (typeof result === 'number') return [{ shape: [], dtype: 'float64', data: Float64Array.of(result) }];
  const flat = np.ascontiguousarray(result).ravel();
  return [{ shape: [...result.shape], dtype: String(result.dtype), data: flat.data }];
};

const task = (run, more = {}) => ({ run, outputs, ...more });

const functions = {
  exp: np.exp,
  tanh: np.tanh,
  sigmoid: (x) => np.reciprocal(np.add(np.exp(np.negative(x)), 1)),
};

const unary = ({ f }, inputs) => {
  const g = functions[f];
  if (g === undefined) return `the library has no ${f}`;
  const x = array(inputs[0]);
  return task(() => g(x));
};

const binary = ({ f }, inputs) => {
  const [a, b] = inputs.map(array);
  const g = { add: np.add, multiply: np.multiply }[f];
  return task(() => g(a, b));
};

const matmul = ({ transposeA, transposeB }, inputs) => {
  let [a, b] = inputs.map(array);
  if (transposeA) a = np.swapaxes(a, -1, -2);
  if (transposeB) b = np.swapaxes(b, -1, -2);
  return task(() => np.matmul(a, b));
};

const reduce = ({ axes }, [input]) => {
  const x = array(input);
  return task(axes.length === x.shape.length ? () => np.sum(x) : () => np.sum(x, axes[0]));
};

const one = (f) => (params, inputs) => {
  const operands = inputs.map(array);
  return task(() => f(params, ...operands));
};

const softmax = (_, x) => {
  const e = np.exp(np.subtract(x, np.max(x, -1, true)));
  return np.divide(e, np.sum(e, -1, true));
};

const layerNorm = (_, x, gamma, beta) => {
  const d = np.subtract(x, np.mean(x, -1, true));
  const variance = np.mean(np.multiply(d, d), -1, true);
  return np.add(np.multiply(np.divide(d, np.sqrt(np.add(variance, 1e-5))), gamma), beta);
};

const crossEntropy = (_, x, labels) => {
  const shifted = np.subtract(x, np.max(x, -1, true));
  const picked = np.take_along_axis(shifted, labels.reshape(-1, 1), 1);
  return np.subtract(np.log(np.sum(np.exp(shifted), -1)), picked.reshape(-1));
};

const random = ({ f, n }) => {
  np.random.seed(1);
  return task(f === 'normal' ? () => np.random.standard_normal(n) : () => np.random.random(n), {
    note: 'float64 (there is no float32 generator)',
  });
};

const kinds = {
  ...{ unary, binary, matmul, reduce, random },
  argmax: one((_, x) => np.argmax(x)),
  softmax: one(softmax),
  layerNorm: one(layerNorm),
  crossEntropy: one(crossEntropy),
  transpose: one(({ perm }, x) => np.ascontiguousarray(np.transpose(x, perm))),
  reshape: one(({ shape }, x) => np.reshape(x, shape)),
  copy: one((_, x) => np.copy(x)),
  concat: one((_, ...parts) => np.concatenate(parts)),
  gather: one((_, table, indices) => np.take(table, indices, 0)),
  sort: one((_, x) => np.sort(x)),
};

export function open() {
  return { version: versionOf('numpy-ts'), about: { kernels: 'wasm' }, kinds };
}
