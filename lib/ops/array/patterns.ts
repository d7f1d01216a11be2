/** Identity matrices and one-hot encoding. */
import { element, toTensor, type TensorLike } from '../../core/convert';
import { dtypeInfo, dtypes, integers, type DType, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { storedElement } from '../../core/half';
import { context } from '../../core/context';
import type { TracedOp } from '../../op/contract';
import type { DTypeOf } from '../../core/dtype_of';
import {
  asShape,
  checkElements,
  joinShapes,
  scalarShape,
  showShape,
  sizeBetween,
  sizeOf,
} from '../../core/shape';
import { makeTensor, shapeOf, Tensor } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { axisArgument, type OneAxis } from '../../op/axis';
import { cast } from './cast';
import { equal } from '../math/compare';
import { exact, filled, plain, range } from './creation';
import { badDType, explain } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { options } from '../../core/options';
import { sample } from '../../op/registry';
import { select } from '../math/select';
import { copyStrided, elementSlots, integer } from '../../op/strided';
import { traced } from '../../op/traced';
import { expandDims, reshape, shapeArgument } from './views';
import * as kernels from '../../op/kernels';

export interface EyeOptions<D extends DType = DType> {
  /** Default: `numRows`. */
  numColumns?: number | null;
  /** Leading dimensions, along which the matrix is repeated. */
  batchShape?: readonly number[] | null;
  dtype?: D;
}

const eyeDefaults: Required<EyeOptions> = {
  numColumns: null,
  batchShape: null,
  dtype: 'float32',
};

/** Identity matrices. @tf tf.eye */
export const eye: <D extends DType = 'float32'>(
  numRows: number,
  options?: EyeOptions<D> | number,
) => Tensor<NoInfer<D>> = composite(
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
    const o = options(given, 'numColumns', eyeDefaults, 'eye');
    const [rows, columns] = shapeArgument([numRows, o.numColumns ?? numRows], 'eye', 'numRows, numColumns');
    const dt = dtypeInfo(o.dtype, '[eye] dtype');
    const lead = shapeArgument(o.batchShape ?? [], 'eye', 'batchShape');
    const t = filled(asShape([...lead, rows, columns]), dt, 0, 'eye');
    if (t.size === 0) return t;
    const dims = [sizeOf(lead), Math.min(rows, columns)];
    const one = toTensor(dt === dtypes.bool ? true : 1, dt, 'eye', 'one');
    copyStrided(one, 0, [0, 0], t, 0, [rows * columns, columns + 1], dims);
    return t;
  },
);

export interface OneHotOptions<V extends TensorLike = TensorLike, D extends DType = DType> {
  /** Default 1. */
  onValue?: V | null;
  /** Default 0. */
  offValue?: V | null;
  /** Position of the new dimension. Default −1: last. */
  axis?: OneAxis;
  /** Default: the dtype of onValue or offValue if that is a tensor, else float32. */
  dtype?: D | null;
}

const oneHotDefaults: Required<OneHotOptions> = { onValue: null, offValue: null, axis: -1, dtype: null };

const onValues = elementSlots(kernels.oneHotLists.on);
const offValues = elementSlots(kernels.oneHotLists.off);

/** Converts a host value to an element; null if it is a tensor. */
function hostValue(v: unknown, fallback: 0 | 1, dt: DTypeInfo, name: string): number | bigint | null {
  if (v === null) return dt.big ? BigInt(fallback) : fallback;
  return typeof v === 'number' || typeof v === 'bigint' || typeof v === 'boolean'
    ? element(v, dt, 'oneHot', name)
    : null;
}

/** One-hot encoding with host values, which need no gradient: one native call. */
function fusedOneHot(
  at: Tensor,
  depth: number,
  axis: number,
  dt: DTypeInfo,
  on: number | bigint,
  off: number | bigint,
): Tensor {
  const shape = joinShapes(shapeOf(at), axis, [depth], 0, 1, shapeOf(at), axis);
  const size = sizeOf(shape);
  checkElements(size, shape, '[oneHot]');
  const attrs: OneHotAttrs = { depth, axis, on, off };
  if (context.tracer !== null && at.isSymbolic) return traced(fusedOneHotOp, [at], attrs, [{ shape, dt }])[0];
  const t = makeTensor(dt, shape, size);
  runOneHot(at, attrs, t);
  return t;
}

/** Indices as int32 or int64: narrower ones would wrap the places past their greatest value. */
function widened(at: Tensor): Tensor {
  if (at.dt === dtypes.int32 || at.dt === dtypes.int64) return at;
  return cast(at, at.dt.bytes < 4 ? 'int32' : 'int64');
}

interface OneHotAttrs {
  depth: number;
  axis: number;
  on: number | bigint;
  off: number | bigint;
}

const fusedOneHotOp: TracedOp = {
  name: 'fusedOneHot',
  differentiable: false,
  savesInputs: 0,
  savesOutputs: false,
  execute: ([at], attrs: OneHotAttrs, [t]) => {
    runOneHot(at, attrs, t);
  },
};

function runOneHot(at: Tensor, { depth, axis, on, off }: OneHotAttrs, t: Tensor): void {
  const dt = t.dt;
  // Both before slots are written: a conversion is itself a native call.
  const [storedOn, storedOff] = [storedElement(dt, on), storedElement(dt, off)];
  onValues[dt.code][0] = storedOn;
  offValues[dt.code][0] = storedOff;
  const outer = sizeBetween(shapeOf(at), 0, axis);
  const inner = sizeBetween(shapeOf(at), axis, at.rank);
  try {
    kernels.oneHot(at, t, outer, depth, inner, at.dt === dtypes.int64, dt.bytes);
  } catch (error) {
    throw explain(error, 'oneHot', [at]);
  }
}

/**
 * One-hot encoding: adds a dimension of size `depth` that holds onValue at the index and offValue elsewhere. An index
 * outside [0, depth) gives offValue everywhere. @tf tf.one_hot
 */
export const oneHot: {
  <V extends TensorLike = number, D extends DType = DTypeOf<V>>(
    indices: TensorLike,
    depth: number,
    options?: OneHotOptions<V, D>,
  ): Tensor<NoInfer<D>>;
  <V extends TensorLike>(indices: TensorLike, depth: number, onValue: V): Tensor<DTypeOf<V>>;
  (indices: TensorLike, depth: number, options?: OneHotOptions | TensorLike): Tensor;
} = composite(
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
    const o = options(given, 'onValue', oneHotDefaults, 'oneHot');
    const isHostValue =
      !(indices instanceof Tensor || indices instanceof Variable) && !ArrayBuffer.isView(indices);
    const at = toTensor(
      indices,
      isHostValue && typeof indices !== 'bigint' ? dtypes.int32 : null,
      'oneHot',
      'indices',
    );
    if (at.dt.kind !== 'int') throw badDType('oneHot', 'indices', at.dt, integers);
    const n = integer(depth, 'oneHot', 'depth');
    if (n < 0) shapeArgument([depth], 'oneHot', 'depth');
    const axis = axisArgument(o.axis, at.rank + 1, 'oneHot');
    const { onValue, offValue } = o;
    const onTyped = onValue instanceof Tensor || onValue instanceof Variable;
    const offTyped = offValue instanceof Tensor || offValue instanceof Variable;
    const dt =
      o.dtype !== null
        ? dtypeInfo(o.dtype, '[oneHot] dtype')
        : onTyped
          ? onValue.dt
          : offTyped
            ? offValue.dt
            : dtypes.float32;
    const value = (v: TensorLike | null, fallback: 0 | 1, name: string): Tensor => {
      if (v === null) return filled(scalarShape, dt, fallback, 'oneHot');
      const t = toTensor(v, dt, 'oneHot', name);
      if (t.dt !== dt || t.rank !== 0) {
        throw new InvalidArgumentError(
          `[oneHot] ${name} must be a ${dt.name} scalar; got a ${t.dtype} tensor of shape ${showShape(shapeOf(t))}`,
        );
      }
      return t;
    };
    const wide = widened(at);
    const on = hostValue(onValue, 1, dt, 'onValue');
    const off = hostValue(offValue, 0, dt, 'offValue');
    if (on !== null && off !== null) return fusedOneHot(wide, n, axis, dt, on, off);
    const classes = reshape(
      range(0, n, { dtype: wide.dtype }),
      Array.from({ length: at.rank + 1 }, (_, i) => (i === axis ? n : 1)),
    );
    const isHot = equal(expandDims(wide, axis), classes);
    return select(isHot, value(onValue, 1, 'onValue'), value(offValue, 0, 'offValue'));
  },
);
