/**
 * The methods that tensors and variables have in common, declared on the classes. Written by scripts/write-methods.js from
 * the functions that methods.ts names; it is their types and comments that are to be edited.
 */
import type { TensorLike } from '../core/convert';
import type { DType, DTypeTable } from '../core/dtype';
import type { OperandDType } from '../core/dtype_of';
import type { Tensor } from '../core/tensor';
import type { Axis, OneAxis } from '../op/axis';
import type { ReduceOptions } from '../op/define/reduction';
import type { SplitOptions, UnstackOptions } from './array/joining';
import type { TransposeOptions } from './array/movement';
import type { PadOptions, StridedSliceOptions } from './array/slicing';
import type { ShapeLike, SqueezeOptions } from './array/views';
import type { GatherNdOptions, GatherOptions } from './index/indexing';
import type { MatmulOptions } from './linalg/matmul';
import type { ScanOptions } from './math/scan';
import type { ArgOptions } from './reduce/argreduce';

/** The functions of the same names with the tensor as their first argument. */
export interface TensorMethods<D extends DType = DType> {
  /** Sum, elementwise. z = x + y; integers wrap. @tf tf.math.add */
  add<Y extends TensorLike>(y: Y): Tensor<D & OperandDType<Y>>;
  /** Difference, elementwise. z = x − y; integers wrap. @tf tf.math.subtract */
  sub<Y extends TensorLike>(y: Y): Tensor<D & OperandDType<Y>>;
  /** Product, elementwise. z = x·y; integers wrap. @tf tf.math.multiply */
  mul<Y extends TensorLike>(y: Y): Tensor<D & OperandDType<Y>>;
  /**
   * Quotient, elementwise, with broadcasting. z = x / y; x / 0 is ±inf or NaN. Integers give float64, those of 8 and 16
   * bits float32.
   * InvalidArgumentError for different dtypes, shapes that don't broadcast, bool. @tf tf.math.divide
   */
  div(y: TensorLike): Tensor<DTypeTable[D]['quotient']>;
  /** Quotient, elementwise; 0 where y is 0. Integers as `divide`. @tf tf.math.divide_no_nan */
  divNoNan(y: TensorLike): Tensor<DTypeTable[D]['quotient']>;
  /**
   * Quotient rounded down, elementwise. z = ⌊x / y⌋. No gradient passes.
   * InvalidArgumentError where an integer divisor is 0. @tf tf.math.floordiv
   */
  floordiv<Y extends TensorLike>(y: Y): Tensor<D & OperandDType<Y>>;
  /**
   * Remainder with the sign of y, elementwise. z = x − y·⌊x / y⌋, exactly.
   * InvalidArgumentError where an integer divisor is 0. @tf tf.math.floormod
   */
  mod<Y extends TensorLike>(y: Y): Tensor<D & OperandDType<Y>>;
  /**
   * Power, elementwise. z = xʸ; x⁰ is 1, a negative base needs a whole y (else NaN), integers wrap.
   * InvalidArgumentError for a negative integer exponent. @tf tf.math.pow
   */
  pow<Y extends TensorLike>(y: Y): Tensor<D & OperandDType<Y>>;
  /** The greater of two, elementwise; NaN if either is. Ties give the whole gradient to x. @tf tf.math.maximum */
  maximum<Y extends TensorLike>(y: Y): Tensor<D & OperandDType<Y>>;
  /** The lesser of two, elementwise; NaN if either is. Ties give the whole gradient to x. @tf tf.math.minimum */
  minimum<Y extends TensorLike>(y: Y): Tensor<D & OperandDType<Y>>;
  /** Square of the difference, elementwise. z = (x − y)²; integers wrap. @tf tf.math.squared_difference */
  squaredDifference<Y extends TensorLike>(y: Y): Tensor<D & OperandDType<Y>>;
  /** Whether x = y, elementwise; NaN equals nothing. @tf tf.math.equal */
  equal(y: TensorLike): Tensor<'bool'>;
  /** Whether x ≠ y, elementwise; NaN differs from everything. @tf tf.math.not_equal */
  notEqual(y: TensorLike): Tensor<'bool'>;
  /** Whether x < y, elementwise. @tf tf.math.less */
  less(y: TensorLike): Tensor<'bool'>;
  /** Whether x ≤ y, elementwise. @tf tf.math.less_equal */
  lessEqual(y: TensorLike): Tensor<'bool'>;
  /** Whether x > y, elementwise. @tf tf.math.greater */
  greater(y: TensorLike): Tensor<'bool'>;
  /** Whether x ≥ y, elementwise. @tf tf.math.greater_equal */
  greaterEqual(y: TensorLike): Tensor<'bool'>;
  /** x and y, elementwise. @tf tf.math.logical_and */
  logicalAnd(y: TensorLike): Tensor<'bool'>;
  /** x or y, elementwise. @tf tf.math.logical_or */
  logicalOr(y: TensorLike): Tensor<'bool'>;
  /** Either x or y but not both, elementwise. @tf tf.math.logical_xor */
  logicalXor(y: TensorLike): Tensor<'bool'>;
  /** Logical not, elementwise; bool. @tf tf.math.logical_not */
  logicalNot(): Tensor<'bool'>;
  /** Negation, elementwise. y = −x; integers wrap. @tf tf.math.negative */
  neg(): Tensor<D>;
  /** Absolute value, elementwise. y = |x|; the least integer stays itself. The gradient is 0 at 0. @tf tf.math.abs */
  abs(): Tensor<D>;
  /** Sign, elementwise. y = −1, 0 or 1; NaN stays NaN. The gradient is 0 everywhere. @tf tf.math.sign */
  sign(): Tensor<D>;
  /** Square, elementwise. y = x²; integers wrap. @tf tf.math.square */
  square(): Tensor<D>;
  /** Square root, elementwise. y = √x; NaN below 0. The gradient is inf at 0. @tf tf.math.sqrt */
  sqrt(): Tensor<D>;
  /** Reciprocal of the square root, elementwise. y = 1 / √x; inf at 0. @tf tf.math.rsqrt */
  rsqrt(): Tensor<D>;
  /** Reciprocal, elementwise. y = 1 / x. @tf tf.math.reciprocal */
  reciprocal(): Tensor<D>;
  /** The greatest integer ≤ x, elementwise. No gradient passes. @tf tf.math.floor */
  floor(): Tensor<D>;
  /** The least integer ≥ x, elementwise. No gradient passes. @tf tf.math.ceil */
  ceil(): Tensor<D>;
  /** The nearest integer, elementwise; halves go to the even one (2.5 → 2). No gradient passes. @tf tf.math.round */
  round(): Tensor<D>;
  /** Rectifier, elementwise. y = max(x, 0); NaN stays NaN. The gradient is 0 at 0. @tf tf.nn.relu */
  relu(): Tensor<D>;
  /** Exponential, elementwise. y = eˣ. @tf tf.math.exp */
  exp(): Tensor<D>;
  /** Natural logarithm, elementwise. y = ln x; −inf at 0, NaN below. @tf tf.math.log */
  log(): Tensor<D>;
  /** ln(1 + x), elementwise, exact about 0. @tf tf.math.log1p */
  log1p(): Tensor<D>;
  /** eˣ − 1, elementwise, exact about 0. @tf tf.math.expm1 */
  expm1(): Tensor<D>;
  /** Sine, elementwise; x in radians. @tf tf.math.sin */
  sin(): Tensor<D>;
  /** Cosine, elementwise; x in radians. @tf tf.math.cos */
  cos(): Tensor<D>;
  /** Tangent, elementwise; x in radians. @tf tf.math.tan */
  tan(): Tensor<D>;
  /** Hyperbolic tangent, elementwise. y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ). @tf tf.math.tanh */
  tanh(): Tensor<D>;
  /** Logistic function, elementwise. y = 1 / (1 + e⁻ˣ). @tf tf.math.sigmoid */
  sigmoid(): Tensor<D>;
  /** Softplus, elementwise. y = ln(1 + eˣ), without overflow. @tf tf.math.softplus */
  softplus(): Tensor<D>;
  /** Error function, elementwise. y = 2/√π · ∫₀ˣ e^(−t²) dt. @tf tf.math.erf */
  erf(): Tensor<D>;
  /**
   * The elements as another dtype. Floats become integers by truncation toward zero; what does not fit (and NaN) is the
   * least value in int32 and int64, the low bits of the int32 in narrower integers, those of the int64 in uint32 and uint64.
   * Wider integers lose their high bits. Floats are rounded to the nearest. Anything but 0 is true. The gradient passes between floating dtypes. A tensor that has the dtype already comes back as it is.
   * TypeError for an unknown dtype. @tf tf.cast
   */
  cast<T extends DType>(dtype: T): Tensor<T>;
  /**
   * The elements limited to [clipValueMin, clipValueMax]: max(min(x, clipValueMax), clipValueMin). NaN stays. The bounds may
   * be tensors that broadcast to x's shape. The gradient is 1 at a bound.
   * InvalidArgumentError where the bounds would make the result larger than x. @tf tf.clip_by_value
   */
  clipByValue(clipValueMin: TensorLike, clipValueMax: TensorLike): Tensor<D>;
  /**
   * Matrix product. C[…, i, j] = Σₖ A[…, i, k]·B[…, k, j]; leading dimensions are batches and broadcast. Integers wrap.
   * InvalidArgumentError where a tensor has fewer than two dimensions, the inner sizes differ, or the batches do not
   * broadcast. @tf tf.linalg.matmul
   */
  matmul<B extends TensorLike>(b: B, options?: boolean | MatmulOptions): Tensor<D & OperandDType<B>>;
  /**
   * The same elements in another shape; one dimension may be −1, which is inferred. Shares storage.
   * InvalidArgumentError where the number of elements would change. @tf tf.reshape
   */
  reshape(shape: ShapeLike): Tensor<D>;
  /**
   * The tensor with a dimension of 1 put in at `axis`, which lies in [−rank − 1, rank]. Shares storage.
   * @tf tf.expand_dims
   */
  expandDims(axis: OneAxis): Tensor<D>;
  /** The tensor without dimensions of 1. Shares storage. InvalidArgumentError where a named one isn't 1. @tf tf.squeeze */
  squeeze(options?: SqueezeOptions | Axis): Tensor<D>;
  /** The tensor with its dimensions in another order. @tf tf.transpose */
  transpose(options?: readonly number[] | TransposeOptions): Tensor<D>;
  /** The slices along an axis, each without it. InvalidArgumentError for a scalar, or where `num` is not their number. @tf tf.unstack */
  unstack(options?: number | UnstackOptions): Tensor<D>[];
  /**
   * The tensor cut along an axis: into a number of equal parts, or into parts of the given sizes (one of which may be −1:
   * the rest). InvalidArgumentError where they don't fill the axis. @tf tf.split
   */
  split(numOrSizeSplits: TensorLike | readonly number[], options?: OneAxis | SplitOptions): Tensor<D>[];
  /**
   * The tensor broadcast to a shape: missing leading dimensions are added, dimensions of 1 repeat.
   * InvalidArgumentError where it doesn't fit. @tf tf.broadcast_to
   */
  broadcastTo(shape: ShapeLike): Tensor<D>;
  /** The tensor repeated multiples[i] times along dimension i. @tf tf.tile */
  tile(multiples: ShapeLike): Tensor<D>;
  /** The tensor with the order of elements reversed along the given axes. @tf tf.reverse */
  reverse(axis: OneAxis | readonly OneAxis[]): Tensor<D>;
  /**
   * The elements moved `shift` places along `axis`, those that leave at one end coming in at the other. Several shifts and
   * axes act one after the other. A tensor that needs no move comes back as it is. @tf tf.roll
   */
  roll(shift: number | readonly number[], axis: OneAxis | readonly OneAxis[]): Tensor<D>;
  /** The `size` elements of each dimension from `begin` on; size −1 takes the rest. @tf tf.slice */
  slice(begin: ShapeLike, size: ShapeLike): Tensor<D>;
  /**
   * The elements from `begin` up to `end` in steps of `strides`, per dimension; negative positions count from the end.
   * Fewer places than dimensions leave the others whole. InvalidArgumentError for a stride of 0 or a position out of
   * bounds. @tf tf.strided_slice
   */
  stridedSlice(begin: ShapeLike, end: ShapeLike, options?: ShapeLike | StridedSliceOptions): Tensor<D>;
  /**
   * The tensor with `paddings[i] = [before, after]` elements more around dimension i.
   * InvalidArgumentError for negative paddings, or mirrored ones larger than the dimension. @tf tf.pad
   */
  pad(paddings: TensorLike | readonly (readonly number[])[], options?: string | PadOptions): Tensor<D>;
  /**
   * The slices of `params` along an axis that the indices name: out[…, i, …] = params[…, indices[i], …]. The result has
   * the indices' shape in place of that dimension. Along axis 0 the gradient is IndexedSlices.
   * InvalidArgumentError for an index outside [0, size): negative ones don't count from the end. @tf tf.gather
   */
  gather(indices: TensorLike, options?: OneAxis | GatherOptions): Tensor<D>;
  /**
   * The slices of `params` that index tuples name: out[i, …] = params[indices[i, 0], indices[i, 1], …, …].
   * InvalidArgumentError for a tuple that doesn't index into params. @tf tf.gather_nd
   */
  gatherNd(indices: TensorLike, options?: number | GatherNdOptions): Tensor<D>;
  /**
   * Sum over axes; integers wrap. y = Σ x. An empty sum is 0. @tf tf.math.reduce_sum
   */
  sum(options?: Axis | ReduceOptions): Tensor<D>;
  /**
   * Mean over axes. y = Σ x / n; integers are summed as int64 and divided towards zero. The mean of nothing is NaN (0 for
   * integers). @tf tf.math.reduce_mean
   */
  mean(options?: Axis | ReduceOptions): Tensor<D>;
  /**
   * Product over axes; integers wrap. y = Π x. An empty product is 1. The gradient is right where elements are 0.
   * @tf tf.math.reduce_prod
   */
  prod(options?: Axis | ReduceOptions): Tensor<D>;
  /**
   * Maximum over axes. NaN wins. That of nothing is −∞ (the least value of integers). Elements that tie share the gradient
   * equally. @tf tf.math.reduce_max
   */
  max(options?: Axis | ReduceOptions): Tensor<D>;
  /**
   * Minimum over axes. NaN wins. That of nothing is ∞ (the greatest value of integers). Elements that tie share the
   * gradient equally. @tf tf.math.reduce_min
   */
  min(options?: Axis | ReduceOptions): Tensor<D>;
  /**
   * Whether any element is true. False for nothing. @tf tf.math.reduce_any
   */
  any(options?: Axis | ReduceOptions): Tensor<'bool'>;
  /**
   * Whether all elements are true. True for nothing. @tf tf.math.reduce_all
   */
  all(options?: Axis | ReduceOptions): Tensor<'bool'>;
  /**
   * Variance over axes, dividing by n. y = Σ (x − mean)² / n, computed so: the mean first. @tf tf.math.reduce_variance
   */
  variance(options?: Axis | ReduceOptions): Tensor<D>;
  /**
   * Standard deviation over axes. y = √variance; its gradient is NaN where all elements are equal. @tf tf.math.reduce_std
   */
  std(options?: Axis | ReduceOptions): Tensor<D>;
  /**
   * y = log Σ eˣ over axes, without overflow: the maximum is taken out. −∞ for nothing and for nothing but −∞.
   * @tf tf.math.reduce_logsumexp
   */
  logsumexp(options?: Axis | ReduceOptions): Tensor<D>;
  /**
   * Position of the largest element along an axis: the first of equals; NaN is skipped unless there is nothing else (then
   * 0). InvalidArgumentError for an empty axis. @tf tf.math.argmax
   */
  argmax<I extends 'int32' | 'int64' = 'int32'>(options?: OneAxis | ArgOptions<I>): Tensor<NoInfer<I>>;
  /**
   * Position of the smallest element along an axis: the first of equals; NaN is skipped unless there is nothing else (then
   * 0). InvalidArgumentError for an empty axis. @tf tf.math.argmin
   */
  argmin<I extends 'int32' | 'int64' = 'int32'>(options?: OneAxis | ArgOptions<I>): Tensor<NoInfer<I>>;
  /**
   * Running sum along an axis; integers wrap. yᵢ = x₀ + … + xᵢ, with `exclusive` up to xᵢ₋₁, with `reverse` from the end.
   * @tf tf.math.cumsum
   */
  cumsum(options?: OneAxis | ScanOptions): Tensor<D>;
  /**
   * Running product along an axis; integers wrap. yᵢ = x₀ · … · xᵢ, with `exclusive` up to xᵢ₋₁, with `reverse` from the
   * end. The gradient is right where elements are 0. @tf tf.math.cumprod
   */
  cumprod(options?: OneAxis | ScanOptions): Tensor<D>;
}

/* eslint-disable @typescript-eslint/no-empty-object-type */
declare module '../core/tensor' {
  interface Tensor<D extends DType = DType> extends TensorMethods<D> {}
}
declare module '../core/variable' {
  interface Variable<D extends DType = DType> extends TensorMethods<D> {}
}
declare module '../core/indexed_slices' {
  // The methods that keep rows rows are declared in variable_ops.ts.
  interface IndexedSlices<D extends DType = DType> extends Omit<TensorMethods<D>, 'neg' | 'mul' | 'div'> {}
}
