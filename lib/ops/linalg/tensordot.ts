/** Contraction of two tensors over axes, as one matrix product. */
import type { TensorLike } from '../../core/convert';
import { numeric } from '../../core/dtype';
import type { DTypeOfPair } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { describe, normalizeAxis, showShape, sizeOf } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { badDType, convertPair, mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { integer, integerList } from '../../op/strided';
import { transpose } from '../array/movement';
import { reshape } from '../array/views';
import { matmul } from './matmul';

/** The axes of `tensordot`: a number of axes, or the axes of each operand. */
export type TensordotAxes = number | readonly [number | readonly number[], number | readonly number[]];

/** Parses the axes to [those of a, those of b]. */
function contractionAxes(a: Tensor, b: Tensor, axes: unknown): [number[], number[]] {
  if (!Array.isArray(axes)) {
    const count = integer(axes, 'tensordot', 'axes');
    if (count < 0)
      throw new InvalidArgumentError(`[tensordot] \`axes\` must be at least 0. Received: ${count}.`);
    const least = Math.min(a.rank, b.rank);
    if (count > least) {
      throw new InvalidArgumentError(
        `[tensordot] \`axes\` must not be larger than the number of dimensions of the tensors, which have shapes ` +
          `${showShape(a.shape)} and ${showShape(b.shape)}. Received: ${count}`,
      );
    }
    const range = Array.from({ length: count }, (_, i) => i);
    return [range.map((i) => a.rank - count + i), range];
  }
  if (axes.length !== 2) {
    throw new InvalidArgumentError(
      `[tensordot] \`axes\` must be an integer or have length 2. Received: ${describe(axes)}.`,
    );
  }
  const lists = [a, b].map((t, side) =>
    integerList(axes[side], 'tensordot', `axes[${side}]`).map((axis) =>
      normalizeAxis(axis, t.rank, 'tensordot'),
    ),
  );
  if (lists[0].length !== lists[1].length) {
    throw new InvalidArgumentError(
      `[tensordot] Different number of contraction axes \`a\` and \`b\`, ${lists[0].length} != ${lists[1].length}.`,
    );
  }
  lists.forEach((list, side) => {
    if (new Set(list).size < list.length)
      throw new InvalidArgumentError(`[tensordot] axes[${side}] has an axis twice: ${describe(axes[side])}`);
  });
  return [lists[0], lists[1]];
}

/**
 * Tensor contraction: the sum of products over the given axes of both operands; the result has the other axes of a, then
 * those of b. `axes` is a number n, for the last n axes of a and the first n of b, or a pair of lists of axes.
 * InvalidArgumentError for sizes that differ, or axes out of range. @tf tf.tensordot
 */
export const tensordot: <A extends TensorLike, B extends TensorLike>(
  a: A,
  b: B,
  axes: TensordotAxes,
) => Tensor<DTypeOfPair<A, B>> = composite(
  'tensordot',
  {
    tf: 'tf.tensordot',
    dtypes: numeric,
    domain: [-2, 2],
    ulp: 4,
    examples: [
      { args: [sample([2, 3]), sample([3, 4]), 1] },
      { args: [sample([2]), sample([3]), 0] },
      { args: [sample([2, 3, 4]), sample([3, 4, 2]), 2] },
      {
        args: [
          sample([2, 3, 4]),
          sample([4, 3, 2]),
          [
            [2, 1],
            [0, 1],
          ],
        ],
      },
      { args: [sample([2, 3]), sample([4, 3]), [1, -1]] },
      { args: [sample([2, 3]), sample([4, 3]), [[1], [0]]] },
    ],
  },
  (left: TensorLike, right: TensorLike, axes: TensordotAxes): Tensor => {
    const [a, b] = convertPair(left, right, 'tensordot');
    if (a.dt !== b.dt) throw mixedDTypes('tensordot', a, b);
    if (!numeric.includes(a.dtype)) throw badDType('tensordot', 'a', a.dt, numeric);
    const [axesA, axesB] = contractionAxes(a, b, axes);
    axesA.forEach((axis, i) => {
      if (shapeOf(a)[axis] === shapeOf(b)[axesB[i]]) return;
      throw new InvalidArgumentError(
        `[tensordot] Matrix size-incompatible: axis ${axis} of a, of shape ${showShape(shapeOf(a))}, and axis ${axesB[i]} ` +
          `of b, of shape ${showShape(shapeOf(b))}, must have the same size`,
      );
    });
    const freeA = shapeOf(a).flatMap((_, d) => (axesA.includes(d) ? [] : [d]));
    const freeB = shapeOf(b).flatMap((_, d) => (axesB.includes(d) ? [] : [d]));
    const inner = sizeOf(axesA.map((d) => shapeOf(a)[d]));
    const dimsA = freeA.map((d) => shapeOf(a)[d]);
    const dimsB = freeB.map((d) => shapeOf(b)[d]);
    const x = reshape(transpose(a, { perm: [...freeA, ...axesA] }), [sizeOf(dimsA), inner]);
    const y = reshape(transpose(b, { perm: [...axesB, ...freeB] }), [inner, sizeOf(dimsB)]);
    return reshape(matmul(x, y), [...dimsA, ...dimsB]);
  },
);
