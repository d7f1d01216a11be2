/** Ops that change only the shape: their results share the input's storage. */
import { type AnyTensorLike, toTensor, type TensorLike } from '../../core/convert';
import { everyType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { asShape, checkRank, describe, normalizeAxis, type Shape, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { Axis, OneAxis } from '../../op/axis';
import { op } from '../../op/define/general';
import { options } from '../../core/options';
import { sample } from '../../op/registry';
import { integer, integerList } from '../../op/strided';
import type { AnyDTypeOf, DTypeOf } from '../../core/dtype_of';

const squeezeDefaults = { axis: null } as const;

/** A shape argument: an array of integers or an integer vector. */
export type ShapeLike = readonly number[] | TensorLike;

/** Checks the requested shape against the tensor's size, and infers a dimension of −1. */
function resolveShape(requested: readonly number[], from: Tensor): Shape {
  checkRank(requested.length, '[reshape] shape');
  const shape = requested.slice();
  let unknown = -1;
  let known = 1;
  for (let i = 0; i < shape.length; i++) {
    const d = shape[i];
    if (d === -1) {
      if (unknown >= 0) {
        throw new InvalidArgumentError(
          `[reshape] Only one input size may be -1, not both ${unknown} and ${i}: shape ${showShape(shape)}`,
        );
      }
      unknown = i;
    } else if (d < 0) {
      throw new InvalidArgumentError(
        `[reshape] Size ${i} must be non-negative, not ${d}: shape ${showShape(shape)}`,
      );
    } else {
      known *= d;
    }
  }
  if (unknown >= 0) {
    if (known === 0) {
      throw new InvalidArgumentError(
        `[reshape] reshape cannot infer the missing input size for an empty tensor unless all specified input ` +
          `sizes are non-zero: shape ${showShape(shape)}`,
      );
    }
    if (from.size % known !== 0) {
      throw new InvalidArgumentError(
        `[reshape] Input to reshape is a tensor with ${from.size} values, but the requested shape ` +
          `${showShape(shape)} requires a multiple of ${known}`,
      );
    }
    shape[unknown] = from.size / known;
  } else if (known !== from.size) {
    throw new InvalidArgumentError(
      `[reshape] Input to reshape is a tensor with ${from.size} values (shape ${showShape(shapeOf(from))}), but the ` +
        `requested shape ${showShape(shape)} has ${known}`,
    );
  }
  return asShape(shape);
}

/**
 * The same elements in another shape; one dimension may be −1 and is inferred. Shares storage.
 * InvalidArgumentError if the shape has another number of elements. @tf tf.reshape
 */
export const reshape: <X extends AnyTensorLike>(tensor: X, shape: ShapeLike) => Tensor<AnyDTypeOf<X>> = op<
  [tensor: AnyTensorLike, shape: ShapeLike],
  readonly number[]
>('reshape', {
  flops: () => 0,
  tf: 'tf.reshape',
  dtypes: everyType,
  ulp: 0,
  examples: [
    { args: [sample([2, 3]), [3, 2]] },
    { args: [sample([2, 3]), [-1]] },
    { args: [sample([2, 0]), [0, 5]] },
    { args: [sample([1]), []] },
  ],
  args: (tensor, shape) => [
    [toTensor(tensor, null, 'reshape', 'tensor')],
    integerList(shape, 'reshape', 'shape'),
  ],
  infer: ([x], shape) => ({ shape: resolveShape(shape, x), dt: x.dt }),
  run: 'view',
  gradient: ([dy], { shapes }) => [reshape(dy, shapes[0])],
});

/**
 * Inserts a dimension of size 1 at `axis`, which is in [−rank − 1, rank]. Shares storage.
 * @tf tf.expand_dims
 */
export const expandDims: <X extends AnyTensorLike>(input: X, axis: OneAxis) => Tensor<AnyDTypeOf<X>> = op<
  [input: AnyTensorLike, axis: OneAxis],
  number
>('expandDims', {
  tf: 'tf.expand_dims',
  dtypes: everyType,
  ulp: 0,
  examples: [
    { args: [sample([2, 3]), 0] },
    { args: [sample([2, 3]), 2] },
    { args: [sample([2, 3]), -2] },
    { args: [sample([]), -1] },
  ],
  args: (input, axis) => [
    [toTensor(input, null, 'expandDims', 'input')],
    integer(axis, 'expandDims', 'axis'),
  ],
  infer: ([x], axis) => {
    const at = normalizeAxis(axis, x.rank + 1, 'expandDims');
    const shape = shapeOf(x).slice();
    shape.splice(at, 0, 1);
    return { shape: asShape(shape, 'expandDims'), dt: x.dt };
  },
  run: 'view',
  gradient: ([dy], { shapes }) => [reshape(dy, shapes[0])],
});

export interface SqueezeOptions {
  /** The dimensions to drop, each of size 1. Default: all of size 1. */
  axis?: Axis;
}

/** Drops dimensions of size 1. Shares storage. InvalidArgumentError if a given axis has another size. @tf tf.squeeze */
export const squeeze: <X extends AnyTensorLike>(
  input: X,
  options?: SqueezeOptions | Axis,
) => Tensor<AnyDTypeOf<X>> = op<[input: AnyTensorLike, options?: SqueezeOptions | Axis], number[] | null>(
  'squeeze',
  {
    tf: 'tf.squeeze',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([1, 3, 1])] },
      { args: [sample([1, 3, 1])], options: { axis: 0 } },
      { args: [sample([1, 3, 1])], options: { axis: [-1] } },
      { args: [sample([])] },
    ],
    args: (input, given) => {
      const { axis } = options<{ axis: Axis }>(given, 'axis', squeezeDefaults, 'squeeze');
      return [
        [toTensor(input, null, 'squeeze', 'input')],
        axis === null ? null : integerList(axis, 'squeeze', 'axis'),
      ];
    },
    infer: ([x], axis) => {
      if (axis === null || axis.length === 0)
        return { shape: asShape(shapeOf(x).filter((d) => d !== 1)), dt: x.dt };
      const drop = new Set(axis.map((a) => normalizeAxis(a, x.rank, 'squeeze')));
      for (const a of drop) {
        if (shapeOf(x)[a] !== 1) {
          throw new InvalidArgumentError(
            `[squeeze] Can not squeeze dim[${a}], expected a dimension of 1, got ${shapeOf(x)[a]}: input has shape ` +
              showShape(shapeOf(x)),
          );
        }
      }
      return { shape: asShape(shapeOf(x).filter((_, i) => !drop.has(i))), dt: x.dt };
    },
    run: 'view',
    gradient: ([dy], { shapes }) => [reshape(dy, shapes[0])],
  },
);

/** A new tensor with the same shape and elements; the gradient passes unchanged. Shares storage. @tf tf.identity */
export const identity: <X extends TensorLike>(input: X) => Tensor<DTypeOf<X>> = op<
  [input: TensorLike],
  undefined
>('identity', {
  tf: 'tf.identity',
  dtypes: everyType,
  ulp: 0,
  examples: [{ args: [sample([2, 3])] }, { args: [sample([])] }, { args: [sample([0])] }],
  args: (input) => [[toTensor(input, null, 'identity', 'input')], undefined],
  infer: ([x]) => ({ shape: shapeOf(x), dt: x.dt }),
  run: 'view',
  gradient: ([dy]) => [dy],
});

/** @internal Parses and checks the shape of a tensor to create. */
export function shapeArgument(shape: unknown, operation: string, argument = 'shape'): Shape {
  const dims = integerList(shape, operation, argument);
  checkRank(dims.length, `[${operation}] ${argument}`);
  for (const d of dims) {
    if (d < 0) {
      throw new InvalidArgumentError(
        `[${operation}] ${argument}: Dimension ${d} must be >= 0; got ${describe(dims)}`,
      );
    }
  }
  return asShape(dims);
}
