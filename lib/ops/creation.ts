/** Ops that make tensors from numbers. */
import { frame, frameBigInts, native } from '../binding';
import { element, toTensor, toValue, type HostArray, type TensorLike } from '../core/convert';
import { dtypeInfo, dtypes, everyType, numeric, type DType, type DTypeInfo } from '../core/dtype';
import { InvalidArgumentError } from '../core/errors';
import {
  checkElements,
  describe,
  normalizeAxis,
  sameShape,
  showShape,
  sizeOf,
  type Shape,
} from '../core/shape';
import { makeTensor, Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import { add, divide, multiply, subtract } from './binary';
import { cast } from './cast';
import { equal } from './compare';
import { badDType, composite, convertPair, mixedDTypes, options } from './define';
import { concat } from './joining';
import { broadcastTo } from './movement';
import { sample, type Example } from './registry';
import { select } from './select';
import { copyStrided, fillWith, integer } from './strided';
import { expandDims, reshape, shapeArgument, type ShapeLike } from './views';

export interface DTypeOptions {
  dtype?: DType;
}

const exact = { dtypes: everyType, ulp: 0 } as const;
const plain = (args: Example['args'], more?: Example['options']): Example => ({
  args,
  options: more,
  noGradient: true,
});

/** A tensor of one repeated value, not recorded: it depends on nothing. */
function filled(shape: Shape, dt: DTypeInfo, value: number | bigint, opName: string): Tensor {
  const size = sizeOf(shape);
  checkElements(size, shape, `[${opName}]`);
  const t = makeTensor(dt, shape, size);
  fillWith(t, value);
  return t;
}

function dtypeOption(given: unknown, opName: string, fallback: DType = 'float32'): DTypeInfo {
  const { dtype } = options<{ dtype: DType | null }>(given, 'dtype', { dtype: null }, opName);
  return dtypeInfo(dtype ?? fallback, `[${opName}] dtype`);
}

/** A tensor of zeros (false for bool). @tf tf.zeros */
export const zeros = composite(
  'zeros',
  { ...exact, tf: 'tf.zeros', examples: [plain([[2, 3]]), plain([[]], { dtype: 'int64' }), plain([[0, 2]])] },
  (shape: ShapeLike, options?: DTypeOptions | DType): Tensor =>
    filled(shapeArgument(shape, 'zeros'), dtypeOption(options, 'zeros'), 0, 'zeros'),
);

/** A tensor of ones (true for bool). @tf tf.ones */
export const ones = composite(
  'ones',
  { ...exact, tf: 'tf.ones', examples: [plain([[2, 3]]), plain([[3]], { dtype: 'bool' }), plain([[0, 2]])] },
  (shape: ShapeLike, options?: DTypeOptions | DType): Tensor =>
    filled(shapeArgument(shape, 'ones'), dtypeOption(options, 'ones'), 1, 'ones'),
);

/** Zeros in the shape and (unless another is named) the dtype of a tensor. @tf tf.zeros_like */
export const zerosLike = composite(
  'zerosLike',
  {
    ...exact,
    tf: 'tf.zeros_like',
    examples: [plain([sample([2, 3])]), plain([sample([])], { dtype: 'int32' })],
  },
  (input: TensorLike, options?: DTypeOptions | DType): Tensor => {
    const x = toTensor(input, null, 'zerosLike', 'input');
    return filled(x.shape, dtypeOption(options, 'zerosLike', x.dtype), 0, 'zerosLike');
  },
);

/** Ones in the shape and (unless another is named) the dtype of a tensor. @tf tf.ones_like */
export const onesLike = composite(
  'onesLike',
  {
    ...exact,
    tf: 'tf.ones_like',
    examples: [plain([sample([2, 3])]), plain([sample([])], { dtype: 'int32' })],
  },
  (input: TensorLike, options?: DTypeOptions | DType): Tensor => {
    const x = toTensor(input, null, 'onesLike', 'input');
    return filled(x.shape, dtypeOption(options, 'onesLike', x.dtype), 1, 'onesLike');
  },
);

/** A tensor of the given shape, every element the scalar `value`. InvalidArgumentError where value is no scalar. @tf tf.fill */
export const fill = composite(
  'fill',
  { ...exact, tf: 'tf.fill', examples: [{ args: [[2, 3], sample([])] }, { args: [[0], sample([])] }] },
  (dims: ShapeLike, value: TensorLike): Tensor => {
    const x = toTensor(value, null, 'fill', 'value');
    if (x.rank !== 0) {
      throw new InvalidArgumentError(`[fill] value must be a scalar; got shape ${showShape(x.shape)}`);
    }
    return broadcastTo(x, shapeArgument(dims, 'fill', 'dims'));
  },
);

export interface ConstantOptions {
  /** Default: what the values say. Numbers are float32, booleans bool, bigints int64. */
  dtype?: DType | null;
  /** The shape of the result: a single value is repeated, others must have as many elements. */
  shape?: readonly number[] | null;
}

/**
 * A tensor from a number, bigint, boolean, nested arrays of them, or a typed array. A tensor comes back as it is.
 * InvalidArgumentError for ragged or mixed arrays, values that the dtype doesn't have, or another number of elements
 * than the shape has. @tf tf.constant
 */
export const constant = composite(
  'constant',
  {
    ...exact,
    tf: 'tf.constant',
    examples: [plain([[1, 2, 3]]), plain([7], { shape: [2, 2] }), plain([[1, 2]], { dtype: 'int64' })],
  },
  (value: TensorLike | HostArray, given?: ConstantOptions | DType): Tensor => {
    const { dtype, shape } = options<{ dtype: DType | null; shape: readonly number[] | null }>(
      given,
      'dtype',
      { dtype: null, shape: null },
      'constant',
    );
    const hint = dtype === null ? null : dtypeInfo(dtype, '[constant] dtype');
    const t = toValue(value, hint, 'constant', 'value');
    if (hint !== null && t.dt !== hint) {
      throw new InvalidArgumentError(
        `[constant] value is a ${t.dtype} tensor, and dtype ${hint.name} was asked for; use tf.cast`,
      );
    }
    if (shape === null) return t;
    const dims = shapeArgument(shape, 'constant');
    if (sameShape(dims, t.shape)) return t;
    if (t.size === 1) return broadcastTo(reshape(t, []), dims);
    if (sizeOf(dims) !== t.size) {
      throw new InvalidArgumentError(
        `[constant] value has ${t.size} elements (shape ${showShape(t.shape)}), which do not fill the shape ` +
          showShape(dims),
      );
    }
    return reshape(t, dims);
  },
);

// ---------------------------------------------------------------------------------------------------- sequences

type Scalar = number | bigint | Tensor | Variable;

/** The dtype and values of range's numbers. */
function rangeNumbers(
  given: readonly (Scalar | undefined)[],
  dtype: DType | null,
): { dt: DTypeInfo; values: (number | bigint)[] } {
  let dt: DTypeInfo | null = dtype === null ? null : dtypeInfo(dtype, '[range] dtype');
  const names = ['start', 'limit', 'delta'];
  const values = given.map((v, i): number | bigint => {
    if (v instanceof Tensor || v instanceof Variable) {
      if (v.rank !== 0) {
        throw new InvalidArgumentError(
          `[range] ${names[i]} must be a scalar, not shape ${showShape(v.shape)}`,
        );
      }
      const value = v.item();
      if (typeof value === 'boolean') throw badDType('range', names[i], dtypes.bool, numeric);
      return value;
    }
    if (typeof v !== 'number' && typeof v !== 'bigint') {
      throw new TypeError(`[range] ${names[i]} must be a number; got ${describe(v)}`);
    }
    if (typeof v === 'number' && !Number.isFinite(v)) {
      throw new InvalidArgumentError(`[range] ${names[i]} must be finite; got ${v}`);
    }
    return v;
  });
  if (dt === null) {
    for (const v of given) {
      if (!(v instanceof Tensor || v instanceof Variable)) continue;
      if (dt !== null && dt !== v.dt) {
        throw new InvalidArgumentError(
          `[range] start, limit and delta must have one dtype; got ${dt.name} and ${v.dtype}`,
        );
      }
      dt = v.dt;
    }
  }
  if (dt === null) {
    if (values.some((v) => typeof v === 'bigint')) dt = dtypes.int64;
    else dt = values.every((v) => Number.isInteger(v)) ? dtypes.int32 : dtypes.float32;
  }
  if (dt === dtypes.bool || dt === dtypes.uint8) {
    throw badDType('range', 'dtype', dt, ['float32', 'float64', 'int32', 'int64']);
  }
  const of = dt;
  return { dt, values: values.map((v, i) => element(v, of, 'range', names[i])) };
}

function rangeSize(
  start: number | bigint,
  limit: number | bigint,
  delta: number | bigint,
  dt: DTypeInfo,
): number {
  if (Number(delta) === 0) throw new InvalidArgumentError(`[range] Requires delta != 0: ${delta}`);
  if (delta > 0 && start > limit) {
    throw new InvalidArgumentError(`[range] Requires start <= limit when delta > 0: ${start}/${limit}`);
  }
  if (delta < 0 && start < limit) {
    throw new InvalidArgumentError(`[range] Requires start >= limit when delta < 0: ${start}/${limit}`);
  }
  if (typeof start === 'bigint') {
    const span = BigInt(limit) - start;
    const step = BigInt(delta);
    return Number((span + step - (step > 0n ? 1n : -1n)) / step);
  }
  const round = dt === dtypes.float32 ? Math.fround : (v: number): number => v;
  return Math.ceil(Math.abs(round(round(round(Number(limit)) - round(start)) / round(Number(delta)))));
}

export type RangeOptions = DTypeOptions | DType;

/**
 * start, start + delta, … up to but not `limit`; `tf.range(n)` counts from 0. Whole numbers make int32, others float32.
 * InvalidArgumentError for a delta of 0 or one that leads away from the limit. @tf tf.range
 */
export function range(limit: Scalar, options?: RangeOptions): Tensor;
export function range(start: Scalar, limit: Scalar, options?: RangeOptions): Tensor;
export function range(start: Scalar, limit: Scalar, delta: Scalar, options?: RangeOptions): Tensor;
export function range(...given: (Scalar | RangeOptions | undefined)[]): Tensor {
  const isNumber = (v: unknown): v is Scalar =>
    typeof v === 'number' || typeof v === 'bigint' || v instanceof Tensor || v instanceof Variable;
  let count = given.findIndex((v) => !isNumber(v));
  if (count < 0) count = given.length;
  const extra = given.slice(count).filter((v) => v !== undefined);
  if (count === 0 || count > 3 || extra.length > 1) {
    throw new TypeError(
      `[range] takes (limit), (start, limit) or (start, limit, delta), and options; got ${describe(given)}`,
    );
  }
  const { dtype } = options<{ dtype: DType | null }>(extra[0], 'dtype', { dtype: null }, 'range');
  const numbers = given.slice(0, count) as Scalar[];
  const [a, b, c] = numbers;
  const { dt, values } = rangeNumbers(count === 1 ? [0, a, 1] : [a, b, c ?? 1], dtype);
  const [start, limit, delta] = values;
  const size = rangeSize(start, limit, delta, dt);
  checkElements(size, [size], '[range]');
  return iota(size, dt, start, delta);
}

function iota(size: number, dt: DTypeInfo, start: number | bigint, delta: number | bigint): Tensor {
  const t = makeTensor(dt, [size], size);
  frame[0] = t.offset;
  frame[1] = size;
  frame[2] = dt.code;
  if (dt.kind === 'float') {
    frame[3] = Number(start);
    frame[4] = Number(delta);
  } else {
    frameBigInts[3] = BigInt(start);
    frameBigInts[4] = BigInt(delta);
  }
  native.iota(t.buffer);
  return t;
}

composite(
  'range',
  {
    ...exact,
    tf: 'tf.range',
    examples: [
      plain([5]),
      plain([2, 9, 3]),
      plain([3, 0, -1]),
      plain([0.5, 3]),
      plain([4], { dtype: 'int64' }),
    ],
  },
  range as (...args: Scalar[]) => Tensor,
);

export interface LinspaceOptions {
  /** Where the new dimension goes, if start and stop are not scalars. Default 0. */
  axis?: number;
}

/**
 * `num` evenly spaced values from start to stop, both included. start and stop may be tensors of one shape.
 * InvalidArgumentError for different shapes or integers. @tf tf.linspace
 */
export const linspace = composite(
  'linspace',
  {
    dtypes: ['float32', 'float64'],
    tf: 'tf.linspace',
    ulp: 2,
    domain: [-10, 10],
    examples: [
      { args: [sample([]), sample([]), 5] },
      { args: [sample([3]), sample([3]), 4], options: { axis: 1 } },
      { args: [sample([]), sample([]), 1] },
    ],
  },
  (start: TensorLike, stop: TensorLike, num: number, given?: LinspaceOptions | number): Tensor => {
    const { axis } = options<{ axis: number }>(given, 'axis', { axis: 0 }, 'linspace');
    const [a, b] = convertPair(start, stop, 'linspace');
    if (a.dt !== b.dt) throw mixedDTypes('linspace', a, b);
    if (a.dt.kind !== 'float') throw badDType('linspace', 'start', a.dt, ['float32', 'float64']);
    if (!sameShape(a.shape, b.shape)) {
      throw new InvalidArgumentError(
        `[linspace] start and stop must have the same shape; got ${showShape(a.shape)} and ${showShape(b.shape)}`,
      );
    }
    const count = integer(num, 'linspace', 'num');
    if (count < 0) throw new InvalidArgumentError(`[linspace] Requires num >= 0: ${count}`);
    const at = normalizeAxis(axis, a.rank + 1, 'linspace');
    const first = expandDims(a, at);
    if (count === 1) return first;
    const last = expandDims(b, at);
    if (count === 0)
      return broadcastTo(
        zeros([0], a.dtype),
        first.shape.map((d, i) => (i === at ? 0 : d)),
      );
    const delta = divide(subtract(last, first), count - 1);
    const steps = reshape(
      range(1, count - 1, { dtype: a.dtype }),
      first.shape.map((_, i) => (i === at ? -1 : 1)),
    );
    return concat(count === 2 ? [first, last] : [first, add(first, multiply(delta, steps)), last], at);
  },
);

// ---------------------------------------------------------------------------------------------------- patterns

export interface EyeOptions {
  /** Default: numRows. */
  numColumns?: number | null;
  /** Leading dimensions, in which the matrix repeats. */
  batchShape?: readonly number[] | null;
  dtype?: DType;
}

/** Identity matrices. @tf tf.eye */
export const eye = composite(
  'eye',
  {
    ...exact,
    tf: 'tf.eye',
    examples: [
      plain([3]),
      plain([2], { numColumns: 4 }),
      plain([3], { numColumns: 2, batchShape: [2], dtype: 'int32' }),
      plain([0]),
    ],
  },
  (numRows: number, given?: EyeOptions | number): Tensor => {
    const o = options<Required<EyeOptions>>(
      given,
      'numColumns',
      { numColumns: null, batchShape: null, dtype: 'float32' },
      'eye',
    );
    const [rows, columns] = shapeArgument([numRows, o.numColumns ?? numRows], 'eye', 'numRows, numColumns');
    const dt = dtypeInfo(o.dtype, '[eye] dtype');
    const lead = shapeArgument(o.batchShape ?? [], 'eye', 'batchShape');
    const t = filled([...lead, rows, columns], dt, 0, 'eye');
    if (t.size === 0) return t;
    const dims = [sizeOf(lead), Math.min(rows, columns)];
    copyStrided(filled([], dt, 1, 'eye'), 0, [0, 0], t, 0, [rows * columns, columns + 1], dims);
    return t;
  },
);

export interface OneHotOptions {
  /** Default 1. */
  onValue?: TensorLike | null;
  /** Default 0. */
  offValue?: TensorLike | null;
  /** Where the new dimension goes. Default −1: last. */
  axis?: number;
  /** Default: that of onValue or offValue, else float32. */
  dtype?: DType | null;
}

/**
 * A new dimension of size `depth` in which the place that the index names has onValue and the others offValue. An index
 * outside [0, depth) gives offValue only. @tf tf.one_hot
 */
export const oneHot = composite(
  'oneHot',
  {
    ...exact,
    tf: 'tf.one_hot',
    examples: [
      plain([sample([3], { dtype: 'int32', values: [0, 2, -1] }), 3]),
      plain([sample([2, 2], { dtype: 'int32', values: [0, 1, 2, 3] }), 3], { axis: 1 }),
      plain([sample([2], { dtype: 'int32', values: [1, 0] }), 2], { onValue: 5, offValue: -1, axis: 0 }),
      plain([sample([], { dtype: 'int32', values: 1 }), 3], { dtype: 'int32' }),
    ],
  },
  (indices: TensorLike, depth: number, given?: OneHotOptions | TensorLike): Tensor => {
    const o = options<Required<OneHotOptions>>(
      given,
      'onValue',
      { onValue: null, offValue: null, axis: -1, dtype: null },
      'oneHot',
    );
    const hosted =
      !(indices instanceof Tensor || indices instanceof Variable) && !ArrayBuffer.isView(indices);
    const at = toTensor(
      indices,
      hosted && typeof indices !== 'bigint' ? dtypes.int32 : null,
      'oneHot',
      'indices',
    );
    if (at.dt.kind !== 'int') throw badDType('oneHot', 'indices', at.dt, ['int32', 'int64', 'uint8']);
    const [n] = shapeArgument([depth], 'oneHot', 'depth');
    const axis = normalizeAxis(o.axis, at.rank + 1, 'oneHot');
    const typed = [o.onValue, o.offValue].find((v) => v instanceof Tensor || v instanceof Variable);
    const dt =
      o.dtype !== null
        ? dtypeInfo(o.dtype, '[oneHot] dtype')
        : ((typed as Tensor | undefined)?.dt ?? dtypes.float32);
    const value = (v: TensorLike | null, fallback: 0 | 1, name: string): Tensor => {
      if (v === null) return filled([], dt, fallback, 'oneHot');
      const t = toTensor(v, dt, 'oneHot', name);
      if (t.dt !== dt || t.rank !== 0) {
        throw new InvalidArgumentError(
          `[oneHot] ${name} must be a ${dt.name} scalar; got a ${t.dtype} tensor of shape ${showShape(t.shape)}`,
        );
      }
      return t;
    };
    // uint8 would wrap the places past 255.
    const wide = at.dt === dtypes.uint8 ? cast(at, 'int32') : at;
    const places = reshape(
      range(0, n, { dtype: wide.dtype }),
      Array.from({ length: at.rank + 1 }, (_, i) => (i === axis ? n : 1)),
    );
    const hot = equal(expandDims(wide, axis), places);
    return select(hot, value(o.onValue, 1, 'onValue'), value(o.offValue, 0, 'offValue'));
  },
);
