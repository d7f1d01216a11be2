/** Reductions, scans and other ops along rows. */
import { foldLoop, type Numbers } from '../loops/elementwise';
import * as rows from '../loops/rows';
import type { MakeCase } from './case';
import { bools, floats, integers, side } from './data';

/** Full reductions. */
function fold(
  f: (a: number, x: number) => number,
  start: number,
  domain: readonly [number, number] = [-1, 1],
): MakeCase {
  return (n) => {
    const { tensor, array } = floats([n], ...domain);
    const loop = foldLoop(f, start);
    return { args: [tensor], loop: () => loop(array) };
  };
}

function reduced(f: (x: Float32Array) => number, domain: readonly [number, number] = [-1, 1]): MakeCase {
  return (n) => {
    const { tensor, array } = floats([n], ...domain);
    return { args: [tensor], loop: () => f(array) };
  };
}

function foldBool(f: (a: number, x: number) => number, start: number): MakeCase {
  return (n) => {
    const { tensor, array } = bools([n]);
    const loop = foldLoop(f, start);
    return { args: [tensor], loop: () => loop(array) };
  };
}

function variance(x: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i];
  const mean = sum / x.length;
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += (x[i] - mean) * (x[i] - mean);
  return squares / x.length;
}

function logSumExp(x: Float32Array): number {
  let most = -Infinity;
  for (let i = 0; i < x.length; i++) if (x[i] > most) most = x[i];
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.exp(x[i] - most);
  return most + Math.log(sum);
}

function mean(x: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i];
  return sum / x.length;
}

function norm(x: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  return Math.sqrt(sum);
}

function argmin(x: Float32Array): Int32Array {
  let at = 0;
  for (let i = 1; i < x.length; i++) if (x[i] < x[at]) at = i;
  return Int32Array.of(at);
}

function scan(
  f: (a: number, x: number) => number,
  start: number,
  domain: readonly [number, number],
): MakeCase {
  return (n) => {
    const { tensor, array } = floats([n], ...domain);
    return {
      args: [tensor],
      loop: () => {
        const y = new Float32Array(n);
        let a = start;
        for (let i = 0; i < n; i++) y[i] = a = f(a, array[i]);
        return y;
      },
    };
  };
}

/** A function of the rows of one matrix. */
function ofRows(f: (x: Float32Array, height: number, width: number) => Numbers): MakeCase {
  return (n) => {
    const s = side(n);
    const { tensor, array } = floats([s, s], -5, 5);
    return { args: [tensor], loop: () => f(array, s, s) };
  };
}

/** A function of dy and y. */
function gradientOfRows(
  f: (dy: Float32Array, y: Float32Array, height: number, width: number) => Numbers,
): MakeCase {
  return (n) => {
    const s = side(n);
    const [dy, y] = [floats([s, s]), floats([s, s], -3, 0)];
    return { args: [dy.tensor, y.tensor], loop: () => f(dy.array, y.array, s, s) };
  };
}

const sparse: (labelsFirst: boolean) => MakeCase = (labelsFirst) => (n) => {
  const s = side(n);
  const [logits, labels] = [floats([s, s], -5, 5), integers([s], 0, s)];
  const args = labelsFirst ? [labels.tensor, logits.tensor] : [logits.tensor, labels.tensor];
  return { args, loop: () => rows.sparseCrossEntropy(logits.array, labels.array, s) };
};

const dense: (labelsFirst: boolean) => MakeCase = (labelsFirst) => (n) => {
  const s = side(n);
  const [logits, labels] = [floats([s, s], -5, 5), floats([s, s], 0, 2 / s)];
  const args = labelsFirst ? [labels.tensor, logits.tensor] : [logits.tensor, labels.tensor];
  return { args, loop: () => rows.crossEntropy(logits.array, labels.array, s, s) };
};

export const reduceCases: Readonly<Record<string, MakeCase>> = {
  reduceSum: fold((a, x) => a + x, 0, [0, 1]),
  reduceProd: fold((a, x) => a * x, 1, [0.999, 1.001]),
  reduceMax: fold((a, x) => (x > a ? x : a), -Infinity),
  reduceMin: fold((a, x) => (x < a ? x : a), Infinity),
  reduceMean: reduced(mean, [0, 1]),
  reduceEuclideanNorm: reduced(norm),
  reduceVariance: reduced(variance),
  reduceStd: reduced((x) => Math.sqrt(variance(x))),
  reduceLogsumexp: reduced(logSumExp),
  reduceAny: foldBool((a, x) => a | x, 0),
  reduceAll: foldBool((a, x) => a & x, 1),
  argmax: (n) => {
    const { tensor, array } = floats([n]);
    return { args: [tensor], loop: () => rows.argmax(array) };
  },
  argmin: (n) => {
    const { tensor, array } = floats([n]);
    return { args: [tensor], loop: () => argmin(array) };
  },
  cumsum: scan((a, x) => a + x, 0, [0, 1]),
  cumprod: scan((a, x) => a * x, 1, [0.999, 1.001]),
  softmax: ofRows(rows.softmax),
  softmaxLast: ofRows(rows.softmax),
  sparsemax: ofRows(rows.sparsemax),
  logSoftmax: ofRows(rows.logSoftmax),
  logSoftmaxLast: ofRows(rows.logSoftmax),
  softmaxGradient: gradientOfRows(rows.softmaxGradient),
  logSoftmaxGradient: gradientOfRows(rows.logSoftmaxGradient),
  sparseSoftmaxCrossEntropy: sparse(false),
  sparseSoftmaxCrossEntropyWithLogits: sparse(true),
  softmaxCrossEntropy: dense(false),
  softmaxCrossEntropyWithLogits: dense(true),
};
