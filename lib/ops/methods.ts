/**
 * Methods of tensors, variables and IndexedSlices, for chaining: each calls a function with `this` as the first argument. The
 * table below lists them; `npm run build:methods` writes their types.
 */
import { IndexedSlices } from '../core/indexed_slices';
import { Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import { argmax, argmin } from './reduce/argreduce';
import * as binaryOps from './math/binary';
import { cast } from './array/cast';
import * as compareOps from './math/compare';
import { clipByValue } from './math/select';
import * as indexingOps from './index/indexing';
import { split, unstack } from './array/joining';
import * as movementOps from './array/movement';
import * as reduceOps from './reduce/reduce';
import { cumprod, cumsum } from './math/scan';
import { matmul } from './linalg/matmul';
import * as unaryOps from './math/unary';
import * as mathOps from './math/unary_math';
import * as viewOps from './array/views';
import { pad } from './array/padding';
import { slice, stridedSlice } from './array/slicing';
import './method_types';

/** The functions that are also methods, by the method's name. */
const methods = {
  add: binaryOps.add,
  sub: binaryOps.subtract,
  mul: binaryOps.multiply,
  div: binaryOps.divide,
  divNoNan: binaryOps.divideNoNan,
  floordiv: binaryOps.floordiv,
  mod: binaryOps.floormod,
  pow: binaryOps.pow,
  maximum: binaryOps.maximum,
  minimum: binaryOps.minimum,
  squaredDifference: binaryOps.squaredDifference,
  equal: compareOps.equal,
  notEqual: compareOps.notEqual,
  less: compareOps.less,
  lessEqual: compareOps.lessEqual,
  greater: compareOps.greater,
  greaterEqual: compareOps.greaterEqual,
  logicalAnd: compareOps.logicalAnd,
  logicalOr: compareOps.logicalOr,
  logicalXor: compareOps.logicalXor,
  logicalNot: unaryOps.logicalNot,
  neg: unaryOps.negative,
  abs: unaryOps.abs,
  sign: unaryOps.sign,
  square: unaryOps.square,
  sqrt: unaryOps.sqrt,
  rsqrt: unaryOps.rsqrt,
  reciprocal: unaryOps.reciprocal,
  floor: unaryOps.floor,
  ceil: unaryOps.ceil,
  round: unaryOps.round,
  relu: unaryOps.relu,
  exp: mathOps.exp,
  log: mathOps.log,
  log1p: mathOps.log1p,
  expm1: mathOps.expm1,
  sin: mathOps.sin,
  cos: mathOps.cos,
  tan: mathOps.tan,
  tanh: mathOps.tanh,
  sigmoid: mathOps.sigmoid,
  softplus: mathOps.softplus,
  erf: mathOps.erf,
  cast,
  clipByValue,
  matmul,
  reshape: viewOps.reshape,
  expandDims: viewOps.expandDims,
  squeeze: viewOps.squeeze,
  transpose: movementOps.transpose,
  unstack,
  split,
  broadcastTo: movementOps.broadcastTo,
  tile: movementOps.tile,
  reverse: movementOps.reverse,
  roll: movementOps.roll,
  slice,
  stridedSlice,
  pad,
  gather: indexingOps.gather,
  gatherNd: indexingOps.gatherNd,
  sum: reduceOps.reduceSum,
  mean: reduceOps.reduceMean,
  prod: reduceOps.reduceProd,
  max: reduceOps.reduceMax,
  min: reduceOps.reduceMin,
  any: reduceOps.reduceAny,
  all: reduceOps.reduceAll,
  variance: reduceOps.reduceVariance,
  std: reduceOps.reduceStd,
  logsumexp: reduceOps.reduceLogsumexp,
  argmax,
  argmin,
  cumsum,
  cumprod,
} as const;

/** Methods whose result for IndexedSlices may be IndexedSlices; variable_ops.ts defines them. */
const sparseMethods = new Set(['neg', 'mul', 'div']);

for (const [name, f] of Object.entries(methods) as [string, (...args: unknown[]) => unknown][]) {
  const method = {
    [name](this: unknown, ...rest: unknown[]): unknown {
      return f(this, ...rest);
    },
  }[name];
  for (const target of [Tensor, Variable, IndexedSlices]) {
    if (target === IndexedSlices && sparseMethods.has(name)) continue;
    Object.defineProperty(target.prototype, name, { value: method, writable: true, configurable: true });
  }
}

export {};
