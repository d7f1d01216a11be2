/** Tensors of constant values and sequences. */
import { native } from '../../binding';
import { element, toTensor, type TensorLike } from '../../core/convert';
import {
  dtypeInfo,
  dtypes,
  everyType,
  floating,
  indexTypes,
  isDType,
  numeric,
  stringType,
  type DType,
  type DTypeInfo,
} from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { rounded } from '../../core/half';
import { context } from '../../core/context';
import { asShape, checkElements, describe, sameShape, type Shape, showShape, sizeOf } from '../../core/shape';
import { scalarTensor } from '../../core/scalar_tensor';
import { makeTensor, shapeOf, storageView, Tensor } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { axisArgument, type OneAxis } from '../../op/axis';
import { add, divide, multiply, subtract } from '../math/binary';
import { badDType, convertPair, kernelNumber, mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { stringTensor } from '../../core/strings';
import { options } from '../../core/options';
import { runBinary } from '../../op/define/binary';
import type { DTypeOf, DTypeOfPair, RangeDType } from '../../core/dtype_of';
import { concat } from './joining';
import { broadcastTo } from './movement';
import { sample, type Example } from '../../op/registry';
import { fillWith, integer } from '../../op/strided';
import { requireConcrete } from '../../op/traced';
import { expandDims, reshape, shapeArgument, type ShapeLike } from './views';
import * as kernels from '../../op/kernels';

export interface DTypeOptions<D extends DType = DType> {
  dtype?: D;
}

export const exact = { dtypes: everyType, ulp: 0 } as const;
export const plain = (args: Example['args'], more?: Example['options']): Example => ({
  args,
  options: more,
  noGradient: true,
});

/** @internal A tensor of one repeated value. It is not recorded, since it depends on no tensor. */
export function filled(shape: Shape, dt: DTypeInfo, value: number | bigint, opName: string): Tensor {
  const size = sizeOf(shape);
  checkElements(size, shape, `[${opName}]`);
  const t = makeTensor(dt, shape, size);
  fillWith(t, value);
  return t;
}

const dtypeDefaults: { dtype: DType | null } = { dtype: null };

function dtypeOption(given: unknown, opName: string, fallback: DType = 'float32'): DTypeInfo {
  if (given === undefined)
    return isDType(fallback) ? dtypes[fallback] : dtypeInfo(fallback, `[${opName}] dtype`);
  const { dtype } = options<{ dtype: unknown }>(given, 'dtype', dtypeDefaults, opName);
  if (typeof dtype === 'number')
    throw new TypeError(
      `[${opName}] dtype must be a dtype; got ${dtype}. Sizes go into one array, ${opName}([2, 3])`,
    );
  return dtypeInfo(dtype ?? fallback, `[${opName}] dtype`);
}

/** A tensor of zeros (false for bool). @tf tf.zeros */
export const zeros: <D extends DType = 'float32'>(
  shape: ShapeLike,
  options?: DTypeOptions<D> | D,
) => Tensor<NoInfer<D>> = composite(
  'zeros',
  { ...exact, tf: 'tf.zeros', examples: [plain([[2, 3]]), plain([[]], { dtype: 'int64' }), plain([[0, 2]])] },
  (shape: ShapeLike, options?: DTypeOptions | DType): Tensor =>
    filled(shapeArgument(shape, 'zeros'), dtypeOption(options, 'zeros'), 0, 'zeros'),
);

/** A tensor of ones (true for bool). @tf tf.ones */
export const ones: <D extends DType = 'float32'>(
  shape: ShapeLike,
  options?: DTypeOptions<D> | D,
) => Tensor<NoInfer<D>> = composite(
  'ones',
  { ...exact, tf: 'tf.ones', examples: [plain([[2, 3]]), plain([[3]], { dtype: 'bool' }), plain([[0, 2]])] },
  (shape: ShapeLike, options?: DTypeOptions | DType): Tensor =>
    filled(shapeArgument(shape, 'ones'), dtypeOption(options, 'ones'), 1, 'ones'),
);

/** Zeros of a tensor's shape and, by default, dtype. @tf tf.zeros_like */
export const zerosLike: <X extends TensorLike, D extends DType = DTypeOf<X>>(
  input: X,
  options?: DTypeOptions<D> | D,
) => Tensor<NoInfer<D>> = composite(
  'zerosLike',
  {
    ...exact,
    tf: 'tf.zeros_like',
    examples: [plain([sample([2, 3])]), plain([sample([])], { dtype: 'int32' })],
  },
  (input: TensorLike, options?: DTypeOptions | DType): Tensor => {
    const x = toTensor(input, null, 'zerosLike', 'input');
    if (x.dt === stringType && options === undefined)
      return stringTensor(shapeOf(x), new Array<string>(x.size).fill(''));
    return filled(shapeOf(x), dtypeOption(options, 'zerosLike', x.dtype), 0, 'zerosLike');
  },
);

/** Ones of a tensor's shape and, by default, dtype. @tf tf.ones_like */
export const onesLike: <X extends TensorLike, D extends DType = DTypeOf<X>>(
  input: X,
  options?: DTypeOptions<D> | D,
) => Tensor<NoInfer<D>> = composite(
  'onesLike',
  {
    ...exact,
    tf: 'tf.ones_like',
    examples: [plain([sample([2, 3])]), plain([sample([])], { dtype: 'int32' })],
  },
  (input: TensorLike, options?: DTypeOptions | DType): Tensor => {
    const x = toTensor(input, null, 'onesLike', 'input');
    return filled(shapeOf(x), dtypeOption(options, 'onesLike', x.dtype), 1, 'onesLike');
  },
);

/** A tensor whose elements all have the value of a scalar. InvalidArgumentError if `value` is not a scalar. @tf tf.fill */
export const fill: <X extends TensorLike>(dims: ShapeLike, value: X) => Tensor<DTypeOf<X>> = composite(
  'fill',
  { ...exact, tf: 'tf.fill', examples: [{ args: [[2, 3], sample([])] }, { args: [[0], sample([])] }] },
  (dims: ShapeLike, value: TensorLike): Tensor => {
    const x = toTensor(value, null, 'fill', 'value');
    if (x.rank !== 0) {
      throw new InvalidArgumentError(`[fill] value must be a scalar; got shape ${showShape(shapeOf(x))}`);
    }
    return broadcastTo(x, shapeArgument(dims, 'fill', 'dims'));
  },
);

// ---------------------------------------------------------------------------------------------------- sequences

type Scalar = number | bigint | Tensor | Variable;

const rangeTypes: readonly DType[] = [...floating, ...indexTypes];

/** Parses start, limit and delta of range, and determines its dtype. */
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
      const value = requireConcrete(v, 'range').item();
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
  if (!rangeTypes.includes(dt.name)) throw badDType('range', 'dtype', dt, rangeTypes);
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
  const round = (v: number): number => rounded(dt, v);
  return Math.ceil(Math.abs(round(round(round(Number(limit)) - round(start)) / round(Number(delta)))));
}

export type RangeOptions<D extends DType = DType> = DTypeOptions<D> | D;

/**
 * start, start + delta, … up to `limit`, exclusive; `tf.range(n)` starts at 0. Integers give int32, other numbers float32.
 * InvalidArgumentError if delta is 0 or has the wrong sign. @tf tf.range
 */
export function range<N extends Scalar, D extends DType = RangeDType<N>>(
  limit: N,
  options?: RangeOptions<D>,
): Tensor<NoInfer<D>>;
export function range<N extends Scalar, D extends DType = RangeDType<N>>(
  start: N,
  limit: N,
  options?: RangeOptions<D>,
): Tensor<NoInfer<D>>;
export function range<N extends Scalar, D extends DType = RangeDType<N>>(
  start: N,
  limit: N,
  delta: N,
  options?: RangeOptions<D>,
): Tensor<NoInfer<D>>;
export function range(
  a: Scalar,
  b?: Scalar | RangeOptions,
  c?: Scalar | RangeOptions,
  d?: RangeOptions,
  ...more: unknown[]
): Tensor {
  const count = !isScalar(a) ? 0 : !isScalar(b) ? 1 : !isScalar(c) ? 2 : 3;
  const extra = count === 1 ? b : count === 2 ? c : d;
  if (count === 0 || (count < 3 && d !== undefined) || (count === 1 && c !== undefined) || more.length > 0) {
    throw new TypeError(
      `[range] takes (limit), (start, limit) or (start, limit, delta), and options; got ` +
        describe([a, b, c, d, ...more].filter((v) => v !== undefined)),
    );
  }
  const { dtype } = options(extra, 'dtype', dtypeDefaults, 'range');
  const from = count === 1 ? 0 : a;
  const to = count === 1 ? a : (b as Scalar);
  const step = count === 3 ? (c as Scalar) : 1;
  if (dtype === null && isInt32(from) && isInt32(to) && isInt32(step)) {
    // The fast path of the usual case. Invalid arguments throw below.
    const forward = step > 0 ? from <= to : step < 0 && from >= to;
    if (forward) return iota(Math.ceil(Math.abs((to - from) / step)), dtypes.int32, from, step);
  }
  const { dt, values } = rangeNumbers([from, to, step], dtype);
  const [start, limit, delta] = values;
  const size = rangeSize(start, limit, delta, dt);
  checkElements(size, [size], '[range]');
  return iota(size, dt, start, delta);
}

const isScalar = (v: unknown): v is Scalar =>
  typeof v === 'number' || typeof v === 'bigint' || v instanceof Tensor || v instanceof Variable;

const isInt32 = (v: Scalar): v is number => typeof v === 'number' && (v | 0) === v;

const { start: startSlot, delta: deltaSlot } = kernels.iotaLists;
const halvesOf = ({ buffer, byteOffset }: kernels.List): Int32Array => new Int32Array(buffer, byteOffset, 2);
const wholeOf = ({ buffer, byteOffset }: kernels.List): BigInt64Array =>
  new BigInt64Array(buffer, byteOffset, 1);
const [startHalves, deltaHalves] = [startSlot, deltaSlot].map(halvesOf);
const [startWhole, deltaWhole] = [startSlot, deltaSlot].map(wholeOf);
const lowHalf = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1;

/** Writes an int32 as the bits of an int64. Converting it to a bigint would take longer than the kernel. */
function writeInt32(halves: Int32Array, value: number): void {
  halves[lowHalf] = value;
  halves[1 - lowHalf] = value < 0 ? -1 : 0;
}

function iota(size: number, dt: DTypeInfo, start: number | bigint, delta: number | bigint): Tensor {
  const t = makeTensor(dt, asShape([size]), size);
  if (dt.kind === 'float') {
    startSlot[0] = Number(start);
    deltaSlot[0] = Number(delta);
  } else if (dt === dtypes.int32) {
    writeInt32(startHalves, start as number);
    writeInt32(deltaHalves, delta as number);
  } else {
    startWhole[0] = BigInt(start);
    deltaWhole[0] = BigInt(delta);
  }
  kernels.iota(t, size, dt.code);
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
  range,
);

const linspaceDefaults: Required<LinspaceOptions> = { axis: 0 };

/** Whether the tensor is concrete and neither taped nor traced. */
function isConstant(t: Tensor): boolean {
  const { recorder, tracer } = context;
  return (recorder === null || !recorder.watches(t.id)) && (tracer === null || !tracer.traces(t));
}

/** Eager fast path of linspace for float32 scalars, bit for bit the same as the composed ops: each operation rounds. */
function linspaceFloat32(start: Tensor, stop: Tensor, count: number): Tensor {
  start.assertAlive('linspace');
  stop.assertAlive('linspace');
  const first = storageView(start)[start.offset / 4] as number;
  const last = storageView(stop)[stop.offset / 4] as number;
  const { fround } = Math;
  const delta = fround(fround(last - first) / fround(count - 1));
  checkElements(count, [count], '[linspace]');
  const usesKernels = count > maxLoopCount;
  const t = usesKernels
    ? iota(count, dtypes.float32, 0, 1)
    : makeTensor(dtypes.float32, asShape([count]), count);
  if (usesKernels) {
    runBinary(multiplyKernel, t, scalarTensor(t.dt, delta), t);
    runBinary(addKernel, t, scalarTensor(t.dt, first), t);
  }
  const floats = storageView(t) as Float32Array;
  const at = t.offset / 4;
  if (!usesKernels) {
    for (let i = 1; i < count - 1; i++) floats[at + i] = first + fround(delta * fround(i));
  }
  floats[at] = first;
  floats[at + count - 1] = last;
  return t;
}

/** Up to this count, a loop is faster than calls of kernels. */
const maxLoopCount = 256;
const addKernel = kernelNumber(native.binaryNames, 'add');
const multiplyKernel = kernelNumber(native.binaryNames, 'multiply');

export interface LinspaceOptions {
  /** Position of the new dimension, if start and stop are not scalars. Default 0. */
  axis?: OneAxis;
}

/**
 * `num` evenly spaced values from start to stop, both inclusive. start and stop may be tensors of the same shape.
 * InvalidArgumentError for different shapes or integer dtypes. @tf tf.linspace
 */
export const linspace: <A extends TensorLike, B extends TensorLike>(
  start: A,
  stop: B,
  num: number,
  options?: LinspaceOptions | number,
) => Tensor<DTypeOfPair<A, B>> = composite(
  'linspace',
  {
    dtypes: floating,
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
    const { axis } = options<Required<LinspaceOptions>>(given, 'axis', linspaceDefaults, 'linspace');
    const [a, b] = convertPair(start, stop, 'linspace');
    if (a.dt !== b.dt) throw mixedDTypes('linspace', a, b);
    if (a.dt.kind !== 'float') throw badDType('linspace', 'start', a.dt, floating);
    if (!sameShape(shapeOf(a), shapeOf(b))) {
      throw new InvalidArgumentError(
        `[linspace] start and stop must have the same shape; got ${showShape(shapeOf(a))} and ${showShape(shapeOf(b))}`,
      );
    }
    const count = integer(num, 'linspace', 'num');
    if (count < 0) throw new InvalidArgumentError(`[linspace] Requires num >= 0: ${count}`);
    const at = axisArgument(axis, a.rank + 1, 'linspace');
    if (count > 1 && a.rank === 0 && a.dt === dtypes.float32 && isConstant(a) && isConstant(b))
      return linspaceFloat32(a, b, count);
    const first = expandDims(a, at);
    if (count === 1) return first;
    const last = expandDims(b, at);
    if (count === 0)
      return broadcastTo(
        zeros([0], a.dtype),
        shapeOf(first).map((d, i) => (i === at ? 0 : d)),
      );
    const delta = divide(subtract(last, first), count - 1);
    const steps = reshape(
      range(1, count - 1, { dtype: a.dtype }),
      shapeOf(first).map((_, i) => (i === at ? -1 : 1)),
    );
    return concat(count === 2 ? [first, last] : [first, add(first, multiply(delta, steps)), last], at);
  },
);
