/** Reductions over segments: groups of slices along the first dimensions, which segment numbers assign to results. */
import { toTensor, type TensorLike } from '../../core/convert';
import { type DType, floating, numeric } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { asShape, showShape } from '../../core/shape';
import { shapeOf, type Tensor, viewOf } from '../../core/tensor';
import { badDType } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { internalBinaryOp } from '../../op/define/internal';
import { axisMap, indexTensor, scatterRows } from '../../op/index_rows';
import { type Example, type Grad, type GradContext, sample } from '../../op/registry';
import { fillWith, integer } from '../../op/strided';
import { requireConcrete } from '../../op/traced';
import { cast } from '../array/cast';
import { onesLike } from '../array/creation';
import { slice } from '../array/slicing';
import { reshape } from '../array/views';
import { add, maximum, multiply, realDivide } from '../math/binary';
import { equal, greater } from '../math/compare';
import { select } from '../math/select';
import { sqrt } from '../math/unary';
import { gather } from './indexing';

type Combination = 'add' | 'mul' | 'min' | 'max';

interface SegmentAttrs {
  readonly kind: Combination;
  /** The number of rows of the result. */
  readonly rows: number;
  /** The name of the public op, for errors. */
  readonly op: string;
}

/** The result for a segment without slices. */
function identityOf(kind: Combination, { dt }: Tensor): number | bigint {
  if (kind === 'add') return 0;
  if (kind === 'mul') return 1;
  return kind === 'max' ? dt.min : dt.max;
}

/** The gradient of a product with respect to its factors, which is correct where factors are 0. */
function productGradient(dy: Tensor, { x: [x, rows], y: [y], attrs }: GradContext<SegmentAttrs>): Tensor {
  const isZero = equal(x, 0);
  const zeros = segmentRows(cast(isZero, x.dtype), rows, { ...attrs, kind: 'add' });
  const nonZero = select(isZero, onesLike(x), x);
  const others = select(
    isZero,
    gather(segmentRows(nonZero, rows, attrs), rows),
    realDivide(gather(y, rows), nonZero),
  );
  return multiply(gather(select(greater(zeros, 1), 0, dy), rows), others);
}

/** The gradient of a minimum or maximum: slices that equal it share it equally. */
function extremeGradient(dy: Tensor, { x: [x, rows], y: [y], attrs }: GradContext<SegmentAttrs>): Tensor {
  const selected = equal(x, gather(y, rows));
  // At least 1: the upstream gradients of empty segments, which no slice gets, are divided too.
  const count = maximum(segmentRows(cast(selected, x.dtype), rows, { ...attrs, kind: 'add' }), 1);
  return select(selected, gather(realDivide(dy, count), rows), 0);
}

/**
 * Combines the slices of x with the same row number; in row r, the slices of segment r − 1. Row 0 has the slices of
 * negative segment numbers, which are dropped.
 */
const segmentRows: (x: Tensor, rows: Tensor, attrs: SegmentAttrs) => Tensor = internalBinaryOp<SegmentAttrs>(
  'segmentRows',
  {
    dtypes: numeric,
    infer: ([x, at], { rows }) => ({ shape: asShape([rows, ...shapeOf(x).slice(at.rank)]), dt: x.dt }),
    fallible: true,
    run: ([x, at], { kind, rows, op }, [y]) => {
      fillWith(y, identityOf(kind, x));
      const bad = scatterRows(y, at, x, axisMap(shapeOf(y), shapeOf(at), 0, 0), kind);
      if (bad >= 0) {
        throw new InvalidArgumentError(
          `[${op}] segmentIds[${bad}] = ${BigInt(viewOf(at)[bad]) - 1n} is out of range [0, ${rows - 1})`,
        );
      }
    },
    saves: { inputs: 'all', outputs: true },
    gradient: ([dy], ctx): readonly Grad[] => {
      const { kind } = ctx.attrs;
      if (kind === 'add') return [gather(dy, ctx.x[1]), null];
      return [kind === 'mul' ? productGradient(dy, ctx) : extremeGradient(dy, ctx), null];
    },
  },
);

/** Checks the arguments; returns the data and the segment numbers as tensors. */
function segmentOperands(
  op: string,
  data: TensorLike,
  segmentIds: TensorLike,
  types: readonly DType[],
): [Tensor, Tensor] {
  const x = toTensor(data, null, op, 'data');
  if (!types.includes(x.dtype)) throw badDType(op, 'data', x.dt, types);
  const ids = indexTensor(segmentIds, op, 'segmentIds');
  if (ids.rank > x.rank || shapeOf(ids).some((size, d) => size !== shapeOf(x)[d])) {
    throw new InvalidArgumentError(
      `[${op}] data.shape = ${showShape(shapeOf(x))} does not start with segmentIds.shape = ${showShape(shapeOf(ids))}`,
    );
  }
  return [x, ids];
}

function combine(op: string, kind: Combination, x: Tensor, ids: Tensor, segments: number): Tensor {
  const shifted = add(maximum(ids, -1), 1);
  const rows = segmentRows(x, shifted, { kind, rows: segments + 1, op });
  const begin = shapeOf(rows).map((_, d) => (d === 0 ? 1 : 0));
  return slice(rows, begin, [segments, ...shapeOf(rows).slice(1)]);
}

/** The number of slices in each segment, at least 1, in a shape that broadcasts with the sums. */
function counts(op: string, x: Tensor, ids: Tensor, segments: number): Tensor {
  const ones = onesLike(ids, { dtype: x.dtype });
  const n = maximum(combine(op, 'add', ones, ids, segments), 1);
  return reshape(n, [segments, ...new Array<number>(x.rank - ids.rank).fill(1)]);
}

function segmentCount(value: unknown, op: string): number {
  const segments = integer(value, op, 'numSegments');
  if (segments < 0) throw new InvalidArgumentError(`[${op}] numSegments = ${segments} must be at least 0`);
  return segments;
}

type UnsortedSegment = <X extends TensorLike>(
  data: X,
  segmentIds: TensorLike,
  numSegments: number | bigint | Tensor,
) => Tensor<DTypeOf<X>>;

const ids = (shape: readonly number[], values: readonly number[]) =>
  sample(shape, { dtype: 'int32', values });

const unsortedExamples: readonly Example[] = [
  { args: [sample([5]), ids([5], [1, 0, 1, 3, 0]), 4] },
  { args: [sample([4, 3]), ids([4], [2, 0, -1, 2]), 3] },
  { args: [sample([2, 3, 2]), ids([2, 3], [0, 1, 1, 2, 0, 2]), 3] },
  { args: [sample([0, 2]), ids([0], []), 2] },
  { args: [sample([3]), ids([3], [0, 2, 1]), 2] },
  { args: [sample([3]), ids([2], [0, 1]), 2] },
];

function unsortedSegment(
  name: string,
  tf: string,
  types: readonly DType[],
  f: (x: Tensor, ids: Tensor, segments: number) => Tensor,
): UnsortedSegment {
  return composite(
    name,
    { tf, dtypes: types, domain: [-5, 5], ulp: 4, examples: unsortedExamples },
    (data: TensorLike, segmentIds: TensorLike, numSegments: number | bigint | Tensor): Tensor => {
      const [x, at] = segmentOperands(name, data, segmentIds, types);
      return f(x, at, segmentCount(numSegments, name));
    },
  );
}

/**
 * The sums of segments: result row i is the sum of the slices of `data` whose segment number is i; 0 if there are none.
 * `segmentIds` (int32 or int64) numbers the slices along the first dimensions of `data`, in any order; slices with a
 * negative number are dropped. InvalidArgumentError for a number that is not less than `numSegments`.
 * @tf tf.math.unsorted_segment_sum
 */
export const unsortedSegmentSum: UnsortedSegment = unsortedSegment(
  'unsortedSegmentSum',
  'tf.math.unsorted_segment_sum',
  numeric,
  (x, at, n) => combine('unsortedSegmentSum', 'add', x, at, n),
);

/** The products of segments; 1 for an empty one. Otherwise like `unsortedSegmentSum`. @tf tf.math.unsorted_segment_prod */
export const unsortedSegmentProd: UnsortedSegment = unsortedSegment(
  'unsortedSegmentProd',
  'tf.math.unsorted_segment_prod',
  numeric,
  (x, at, n) => combine('unsortedSegmentProd', 'mul', x, at, n),
);

/**
 * The maxima of segments; the lowest finite number of the dtype for an empty one. Slices that are equal to the maximum share
 * its gradient. Otherwise like `unsortedSegmentSum`. @tf tf.math.unsorted_segment_max
 */
export const unsortedSegmentMax: UnsortedSegment = unsortedSegment(
  'unsortedSegmentMax',
  'tf.math.unsorted_segment_max',
  numeric,
  (x, at, n) => combine('unsortedSegmentMax', 'max', x, at, n),
);

/**
 * The minima of segments; the greatest finite number of the dtype for an empty one. Slices that are equal to the minimum
 * share its gradient. Otherwise like `unsortedSegmentSum`. @tf tf.math.unsorted_segment_min
 */
export const unsortedSegmentMin: UnsortedSegment = unsortedSegment(
  'unsortedSegmentMin',
  'tf.math.unsorted_segment_min',
  numeric,
  (x, at, n) => combine('unsortedSegmentMin', 'min', x, at, n),
);

/** The means of segments; 0 for an empty one. Otherwise like `unsortedSegmentSum`. @tf tf.math.unsorted_segment_mean */
export const unsortedSegmentMean: UnsortedSegment = unsortedSegment(
  'unsortedSegmentMean',
  'tf.math.unsorted_segment_mean',
  floating,
  (x, at, n) => {
    const sums = combine('unsortedSegmentMean', 'add', x, at, n);
    return realDivide(sums, counts('unsortedSegmentMean', x, at, n));
  },
);

/**
 * The sums of segments, divided by the square roots of their numbers of slices. Otherwise like `unsortedSegmentSum`.
 * @tf tf.math.unsorted_segment_sqrt_n
 */
export const unsortedSegmentSqrtN: UnsortedSegment = unsortedSegment(
  'unsortedSegmentSqrtN',
  'tf.math.unsorted_segment_sqrt_n',
  floating,
  (x, at, n) => {
    const sums = combine('unsortedSegmentSqrtN', 'add', x, at, n);
    return realDivide(sums, sqrt(counts('unsortedSegmentSqrtN', x, at, n)));
  },
);

type SortedSegment = <X extends TensorLike>(data: X, segmentIds: TensorLike) => Tensor<DTypeOf<X>>;

/** The number of segments, and whether some of them have no slices. Checks that the numbers are sorted. */
function sortedSegments(op: string, at: Tensor): { segments: number; gaps: boolean } {
  if (at.rank !== 1) {
    throw new InvalidArgumentError(
      `[${op}] segmentIds should be a vector; got shape ${showShape(shapeOf(at))}`,
    );
  }
  const values = Array.from(viewOf(requireConcrete(at, op)) as ArrayLike<number | bigint>, Number);
  const segments = values.length === 0 ? 0 : values[values.length - 1] + 1;
  let before = -1;
  let gaps = false;
  values.forEach((value, i) => {
    if (value < 0)
      throw new InvalidArgumentError(`[${op}] segment ids must be >= 0; got segmentIds[${i}] = ${value}`);
    if (value < before) {
      throw new InvalidArgumentError(
        `[${op}] segment ids are not increasing: segmentIds[${i}] = ${value} after ${before}; the unsorted segment ops ` +
          `take them in any order`,
      );
    }
    if (value > before + 1) gaps = true;
    before = value;
  });
  return { segments, gaps };
}

const sortedExamples: readonly Example[] = [
  { args: [sample([5]), ids([5], [0, 0, 1, 1, 1])] },
  { args: [sample([4, 3]), ids([4], [0, 1, 1, 3])] },
  { args: [sample([3, 2, 2]), ids([3], [1, 1, 2])] },
  { args: [sample([0, 2]), ids([0], [])] },
  { args: [sample([3]), ids([3], [0, 2, 1])] },
  { args: [sample([3]), ids([3], [-1, 0, 1])] },
  { args: [sample([3]), ids([2], [0, 1])] },
];

function sortedSegment(
  name: string,
  tf: string,
  types: readonly DType[],
  f: (x: Tensor, ids: Tensor, segments: number, gaps: boolean) => Tensor,
): SortedSegment {
  return composite(
    name,
    { tf, dtypes: types, domain: [-5, 5], ulp: 4, examples: sortedExamples },
    (data: TensorLike, segmentIds: TensorLike): Tensor => {
      const [x, at] = segmentOperands(name, data, segmentIds, types);
      const { segments, gaps } = sortedSegments(name, at);
      return f(x, at, segments, gaps);
    },
  );
}

/** Minima or maxima of segments, 0 for an empty one. */
function extremes(op: string, kind: 'min' | 'max', x: Tensor, ids: Tensor, n: number, gaps: boolean): Tensor {
  const y = combine(op, kind, x, ids, n);
  if (!gaps) return y;
  const used = combine(op, 'max', onesLike(ids, { dtype: 'uint8' }), ids, n);
  return select(equal(reshape(used, [n, ...new Array<number>(y.rank - 1).fill(1)]), 0), 0, y);
}

/**
 * The sums of segments: result row i is the sum of the slices of `data` along the first dimension whose segment number is
 * i; 0 if there are none. `segmentIds` is a sorted vector of non-negative int32 or int64 numbers; the last of them decides
 * how many rows the result has. InvalidArgumentError for numbers that are not sorted. @tf tf.math.segment_sum
 */
export const segmentSum: SortedSegment = sortedSegment(
  'segmentSum',
  'tf.math.segment_sum',
  numeric,
  (x, at, n) => combine('segmentSum', 'add', x, at, n),
);

/** The means of segments; 0 for an empty one. Otherwise like `segmentSum`. @tf tf.math.segment_mean */
export const segmentMean: SortedSegment = sortedSegment(
  'segmentMean',
  'tf.math.segment_mean',
  floating,
  (x, at, n) => realDivide(combine('segmentMean', 'add', x, at, n), counts('segmentMean', x, at, n)),
);

/** The products of segments; 1 for an empty one. Otherwise like `segmentSum`. @tf tf.math.segment_prod */
export const segmentProd: SortedSegment = sortedSegment(
  'segmentProd',
  'tf.math.segment_prod',
  numeric,
  (x, at, n) => combine('segmentProd', 'mul', x, at, n),
);

/** The maxima of segments; 0 for an empty one. Otherwise like `segmentSum`. @tf tf.math.segment_max */
export const segmentMax: SortedSegment = sortedSegment(
  'segmentMax',
  'tf.math.segment_max',
  numeric,
  (x, at, n, gaps) => extremes('segmentMax', 'max', x, at, n, gaps),
);

/** The minima of segments; 0 for an empty one. Otherwise like `segmentSum`. @tf tf.math.segment_min */
export const segmentMin: SortedSegment = sortedSegment(
  'segmentMin',
  'tf.math.segment_min',
  numeric,
  (x, at, n, gaps) => extremes('segmentMin', 'min', x, at, n, gaps),
);
