/** Elementwise workloads. */
import { erf } from './special';
import { close, product, type Elements, type Target, type Workload } from './workload';

export const million = 1_048_576;
const tenMillion = 10_000_000;

function binaryWorkload(
  name: string,
  f: string,
  shape: readonly number[],
  js: (x: number, y: number) => number,
  target?: Target,
): Workload {
  return {
    name,
    kind: 'binary',
    params: { f },
    inputs: [{ shape }, { shape }],
    cost: product(shape),
    target,
    tolerance: close,
    reference: ([x, y]) => [{ shape, at: (i) => js(Number(x[i]), Number(y[i])) }],
  };
}

function unaryWorkload(
  name: string,
  f: string,
  shape: readonly number[],
  domain: readonly [number, number],
  js: (x: number) => number,
  target?: Target,
): Workload {
  return {
    name,
    kind: 'unary',
    params: { f },
    inputs: [{ shape, low: domain[0], high: domain[1] }],
    cost: product(shape),
    target,
    tolerance: close,
    reference: ([x]: readonly Elements[]) => [{ shape, at: (i) => js(Number(x[i])) }],
  };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const gelu = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2));
const add = (x: number, y: number): number => x + y;
const multiply = (x: number, y: number): number => x * y;
const best = (ratio: number): Target => ({ kind: 'ratio', ratio });
const within = (ns: number): Target => ({ kind: 'time', ns });

export const elementwiseWorkloads: readonly Workload[] = [
  binaryWorkload('elementwise/add 1M', 'add', [million], add, best(0.85)),
  binaryWorkload('elementwise/add 10M', 'add', [tenMillion], add, best(0.75)),
  unaryWorkload('elementwise/exp 1M', 'exp', [million], [-10, 10], Math.exp, best(0.4)),
  unaryWorkload('elementwise/tanh 1M', 'tanh', [million], [-5, 5], Math.tanh, best(0.6)),
  unaryWorkload('elementwise/gelu (erf) 1M', 'gelu', [million], [-5, 5], gelu, best(1)),
  unaryWorkload('elementwise/sigmoid 1M', 'sigmoid', [million], [-8, 8], sigmoid, best(0.7)),
  binaryWorkload('eager/add 4', 'add', [4], add, within(100)),
  binaryWorkload('eager/multiply 64', 'multiply', [64], multiply, within(200)),
  unaryWorkload('eager/exp 64', 'exp', [64], [-10, 10], Math.exp, within(200)),
];
