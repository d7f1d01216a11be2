/** Uniform, normal and truncated normal values: common to the global ops, stateless ops and generators. */
import { convertLike, element, type TensorLike } from '../../core/convert';
import {
  dtypeInfo,
  dtypes,
  floating,
  isDType,
  wideIntegers,
  type DType,
  type DTypeInfo,
} from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { rounded } from '../../core/half';
import { context } from '../../core/context';
import { broadcastShapes, checkShape, showShape, sizeOf, type Shape } from '../../core/shape';
import { shapeOf, Tensor, viewOf } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { add, multiply, subtract } from '../math/binary';
import { badDType } from '../../op/checks';
import { identityAffine, draw, words, wordsBetween, type AnyStream, type Distribution } from './philox';
import { requireConcrete } from '../../op/traced';

/** A shape argument: an array of integers or an integer vector. */
export type ShapeLike = readonly number[] | Int32Array | BigInt64Array | Tensor | Variable;

/** Returns the stream of a draw of `size` elements from a distribution. */
export type StreamFor = (distribution: Distribution, dt: DTypeInfo, size: number) => AnyStream;

const uniformTypes: readonly DType[] = [...floating, ...wideIntegers];

export function shapeFrom(shape: unknown, op: string): Shape {
  const given = shape instanceof Tensor || shape instanceof Variable ? shapeValues(shape, op) : shape;
  return checkShape(given, `[${op}] shape`);
}

function shapeValues(t: Tensor | Variable, op: string): number[] {
  if (t.dt.kind !== 'int' || t.rank !== 1) {
    throw new InvalidArgumentError(
      `[${op}] shape must be a vector of integers; got a ${t.dtype} tensor of shape ${showShape(t.shape)}`,
    );
  }
  return Array.from(viewOf(requireConcrete(t, op)) as ArrayLike<number | bigint>, Number);
}

function checkBroadcast(part: Shape, shape: Shape, op: string, argument: string): void {
  if (part.length > 0 && broadcastShapes(part, shape) === null) {
    throw new InvalidArgumentError(
      `[${op}] ${argument} of shape ${showShape(part)} and numbers of shape ${showShape(shape)} do not broadcast`,
    );
  }
}

/** mean + stddev · (standard normal values, possibly truncated). mean and stddev receive gradients. */
export function normalValues(
  distribution: 'normal' | 'truncatedNormal',
  shapeLike: unknown,
  mean: TensorLike,
  stddev: TensorLike,
  dtype: unknown,
  stream: StreamFor,
  op: string,
): Tensor {
  const dt = isDType(dtype) ? dtypes[dtype] : dtypeInfo(dtype, `[${op}] dtype`);
  if (!floating.includes(dt.name)) throw badDType(op, 'dtype', dt, floating);
  const shape = shapeFrom(shapeLike, op);
  if (typeof mean === 'number' && typeof stddev === 'number' && context.tracer === null) {
    const affine =
      mean === 0 && stddev === 1
        ? identityAffine
        : { scale: stddev === 1 ? null : stddev, shift: mean === 0 ? null : mean };
    return draw(distribution, shape, dt, stream(distribution, dt, sizeOf(shape)), undefined, affine);
  }
  const scale = stddev === 1 ? null : convertLike(stddev, dt, op, 'stddev');
  const shift = mean === 0 ? null : convertLike(mean, dt, op, 'mean');
  if (scale !== null) checkBroadcast(shapeOf(scale), shape, op, 'stddev');
  if (shift !== null) checkBroadcast(shapeOf(shift), shape, op, 'mean');
  const x = draw(distribution, shape, dt, stream(distribution, dt, sizeOf(shape)));
  const scaled = scale === null ? x : multiply(x, scale);
  return shift === null ? scaled : add(scaled, shift);
}

/** Parses a bound of an integer interval. */
function parseBound(value: unknown, dt: DTypeInfo, op: string, argument: string): number | bigint {
  if (value instanceof Tensor || value instanceof Variable) {
    if (value.size !== 1 || value.rank !== 0 || value.dt !== dt) {
      throw new InvalidArgumentError(
        `[${op}] ${argument} must be a ${dt.name} scalar where dtype is ${dt.name}; got a ${value.dtype} tensor of ` +
          `shape ${showShape(value.shape)}`,
      );
    }
    return BigInt(requireConcrete(value, op).item());
  }
  // Bigints only for values that a number does not represent exactly: an operation on them takes as long as a draw.
  if (Number.isSafeInteger(value)) return dt.big ? (value as number) : element(value, dt, op, argument);
  return BigInt(element(value, dt, op, argument));
}

/**
 * Floats or integers in [minval, maxval). For floats, both bounds receive gradients. If both are null and `fullRange` is
 * set, integers of the dtype's whole range.
 */
export function uniformValues(
  shapeLike: unknown,
  minval: TensorLike | null,
  maxval: TensorLike | null,
  dtype: unknown,
  stream: StreamFor,
  op: string,
  fullRange: boolean,
): Tensor {
  const dt = isDType(dtype) ? dtypes[dtype] : dtypeInfo(dtype, `[${op}] dtype`);
  if (!uniformTypes.includes(dt.name)) throw badDType(op, 'dtype', dt, uniformTypes);
  if (dt.kind !== 'float') {
    if (minval === null && maxval === null && fullRange) {
      const shape = shapeFrom(shapeLike, op);
      return draw('uniformFullInt', shape, dt, stream('uniformFullInt', dt, sizeOf(shape)));
    }
    if (maxval === null || minval === null) {
      throw new InvalidArgumentError(
        `[${op}] Must specify ${maxval === null ? 'maxval' : 'minval'} for integer dtype ${dt.name}` +
          (fullRange ? `; or give null for both, for all integers of the type` : ''),
      );
    }
    const lo = parseBound(minval, dt, op, 'minval');
    const hi = parseBound(maxval, dt, op, 'maxval');
    return uniformIntegers(shapeLike, dt, lo, hi, stream, op);
  }
  const shape = shapeFrom(shapeLike, op);
  const lo = minval ?? 0;
  const hi = maxval ?? 1;
  const size = sizeOf(shape);
  if (lo === 0 && hi === 1) return draw('uniform', shape, dt, stream('uniform', dt, size));
  if (typeof lo === 'number' && typeof hi === 'number' && context.tracer === null) {
    // Rounded like the result of `subtract` below.
    const scale = rounded(dt, rounded(dt, hi) - rounded(dt, lo));
    return draw('uniform', shape, dt, stream('uniform', dt, size), undefined, { scale, shift: lo });
  }
  // Everything that may throw precedes the draw, so that an error does not advance the stream.
  const bottom = convertLike(lo, dt, op, 'minval');
  const range = subtract(convertLike(hi, dt, op, 'maxval'), bottom);
  checkBroadcast(shapeOf(range), shape, op, 'minval and maxval');
  return add(multiply(draw('uniform', shape, dt, stream('uniform', dt, size)), range), bottom);
}

function uniformIntegers(
  shapeLike: unknown,
  dt: DTypeInfo,
  lo: number | bigint,
  hi: number | bigint,
  stream: StreamFor,
  op: string,
): Tensor {
  const shape = shapeFrom(shapeLike, op);
  const size = sizeOf(shape);
  if (size > 0 && lo >= hi) {
    throw new InvalidArgumentError(`[${op}] Need minval < maxval, got ${lo} >= ${hi}`);
  }
  const low = words(lo);
  const bounds = { lo: low, range: wordsBetween(low, words(hi)) };
  return draw('uniformInt', shape, dt, stream('uniformInt', dt, size), bounds);
}
