/** Plain JavaScript as a library of `bench:peers`: hand-written loops. */
import * as conv from '../loops/conv';
import { mapLoop, zipLoop } from '../loops/elementwise';
import { matmul as matmulLoop, type ProductShape } from '../loops/matmul';
import * as move from '../loops/movement';
import * as rows from '../loops/rows';
import { erf } from '../workloads/special';
import type { Elements, ElementType } from '../workloads/workload';
import type { Input, Library, Maker, Output, Task } from './library';
import { plainTraining } from './plain_train';

function typeOf(data: Elements): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  return data instanceof Int32Array ? 'int32' : data instanceof BigInt64Array ? 'int64' : 'bool';
}

/** A task that computes one typed array. */
function making(shape: readonly number[], run: () => Elements): Task {
  return { run, outputs: (data: Elements): Output[] => [{ shape, dtype: typeOf(data), data }] };
}

const floats = (input: Input): Float32Array => input.data as Float32Array;
const integers = (input: Input): Int32Array => input.data as Int32Array;

const functions: Record<string, (x: number, y: number) => number> = {
  exp: (x) => Math.exp(x),
  tanh: (x) => Math.tanh(x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  add: (x, y) => x + y,
  multiply: (x, y) => x * y,
};

const unary = ({ f }: { f: string }, [x]: readonly Input[]): Task => {
  const loop = mapLoop(functions[f] as (x: number) => number, Float32Array);
  return making(x.shape, () => loop(x.data));
};

const binary = ({ f }: { f: string }, [x, y]: readonly Input[]): Task => {
  const loop = zipLoop(functions[f], Float32Array);
  return making(x.shape, () => loop(x.data, y.data));
};

const matmul = (p: ProductShape, [x, y]: readonly Input[]): Task =>
  making(p.batch > 1 ? [p.batch, p.m, p.n] : [p.m, p.n], () => matmulLoop(x.data, y.data, p));

const reduce = ({ axes }: { axes: readonly number[] }, [input]: readonly Input[]): Task => {
  const x = floats(input);
  const [height, width] = input.shape;
  if (axes.length === 1) {
    return making([axes[0] === 0 ? width : height], () => rows.sumAxis(x, height, width, axes[0] as 0 | 1));
  }
  return making([], () => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += x[i];
    return Float64Array.of(sum);
  });
};

const argmax = (_: unknown, [input]: readonly Input[]): Task => making([], () => rows.argmax(floats(input)));

const softmax = (_: unknown, [x]: readonly Input[]): Task =>
  making(x.shape, () => rows.softmax(floats(x), x.shape[0], x.shape[1]));

const layerNorm = (_: unknown, [x, gamma, beta]: readonly Input[]): Task =>
  making(x.shape, () => rows.layerNorm(floats(x), floats(gamma), floats(beta), 1e-5));

const crossEntropy = (_: unknown, [x, labels]: readonly Input[]): Task =>
  making([x.shape[0]], () => rows.sparseCrossEntropy(floats(x), integers(labels), x.shape[1]));

const transpose = ({ perm }: { perm: readonly number[] }, [input]: readonly Input[]): Task => {
  const x = floats(input);
  const { shape } = input;
  return making(
    perm.map((d) => shape[d]),
    perm.length === 2 ? () => move.transpose(x, shape[0], shape[1]) : () => move.channelsFirst(x, shape),
  );
};

const copy = (_: unknown, [x]: readonly Input[]): Task => making(x.shape, () => x.data.slice());

const concat = (_: unknown, parts: readonly Input[]): Task => {
  const n = parts.reduce((sum, { data }) => sum + data.length, 0);
  return making([n], () => {
    const y = new Float32Array(n);
    let at = 0;
    for (const { data } of parts) {
      y.set(data, at);
      at += data.length;
    }
    return y;
  });
};

const gather = (_: unknown, [table, indices]: readonly Input[]): Task =>
  making([indices.data.length, table.shape[1]], () =>
    move.gatherRows(floats(table), integers(indices), table.shape[1]),
  );

const sparseUpdate = ({ rate }: { rate: number }, [table, indices, updates]: readonly Input[]): Task => {
  const update = (t: Float32Array): Float32Array =>
    move.subtractRows(t, integers(indices), floats(updates), table.shape[1], rate);
  return {
    run: () => update(floats(table)),
    outputs: () => [
      { shape: table.shape, dtype: 'float32', data: update(new Float32Array(table.data.length)) },
    ],
  };
};

const random = ({ f, n }: { f: string; n: number }): Task =>
  making([n], () => (f === 'normal' ? move.normal(n) : move.uniform(n)));

const sort = (_: unknown, [x]: readonly Input[]): Task => making(x.shape, () => x.data.slice().sort());

const topK = ({ k }: { k: number }, [x]: readonly Input[]): Task =>
  making([k], () => move.topK(floats(x), k));

const conv2d = (s: conv.ConvShape, [x, w]: readonly Input[]): Task =>
  making(s.y, () => conv.conv2d(floats(x), floats(w), s));

const conv2dInputGradient = (s: conv.ConvShape, [dy, w]: readonly Input[]): Task =>
  making(s.x, () => conv.conv2dInputGradient(floats(dy), floats(w), s));

const conv2dFilterGradient = (s: conv.ConvShape, [x, dy]: readonly Input[]): Task =>
  making(s.w, () => conv.conv2dFilterGradient(floats(x), floats(dy), s));

const pool = ({ f }: { f: 'max' | 'avg' }, [x]: readonly Input[]): Task => {
  const [b, h, w, c] = x.shape;
  return making([b, h / 2, w / 2, c], () => conv.pool2x2(floats(x), x.shape, f));
};

const poolGradient = ({ f }: { f: 'max' | 'avg' }, [x, dy]: readonly Input[]): Task =>
  making(x.shape, () => conv.pool2x2Gradient(floats(x), floats(dy), x.shape, f));

const batchNorm = ({ epsilon }: { epsilon: number }, [x, gamma, beta]: readonly Input[]): Task =>
  making(x.shape, () => rows.batchNorm(floats(x), floats(gamma), floats(beta), epsilon));

const kinds: Record<string, Maker> = {
  ...{ unary, binary, matmul, reduce, argmax, softmax, layerNorm, crossEntropy, transpose, copy, concat },
  ...{ gather, sparseUpdate, random, sort, topK, conv2d, conv2dInputGradient, conv2dFilterGradient },
  ...{ pool, poolGradient, batchNorm, ...plainTraining },
  reshape: () => 'arrays have no shape',
  firstCall: () => 'nothing is compiled',
  pick: () => 'nothing is compiled',
};

export function open(): Library {
  return { version: process.versions.node, about: { v8: process.versions.v8 }, kinds };
}
