/** Elementwise selection between two tensors, and clipping. */
import { type AnyTensorLike, toTensor, type TensorLike } from '../../core/convert';
import { dtypes, everyType, numeric } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { broadcastShapes, sameShape, showShape, sizeOf } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { DTypeOf, DTypeOfPair } from '../../core/dtype_of';
import { maximum, minimum } from './binary';
import { writeTernaryBroadcast } from '../../op/broadcast';
import { unbroadcast } from '../../op/broadcast';
import { composite } from '../../op/define/composite';
import { convertPair, mixedDTypes } from '../../op/checks';
import { op } from '../../op/define/general';
import { sample } from '../../op/registry';
import { shrinkOperands } from '../../op/exact_rewrites';
import * as kernels from '../../op/kernels';

const condition = (shape: readonly number[]) => sample(shape, { dtype: 'bool' });

/**
 * x where the condition is true, else y; all three broadcast. Elements that are not selected get gradient 0, but the
 * function that computed them may turn that into NaN: the gradient of select(x > 0, log(x), 0) is 0 · ∞ = NaN at 0. Make the
 * argument safe first: log(select(x > 0, x, 1)).
 * InvalidArgumentError for shapes that don't broadcast, x and y of different dtypes, a condition that is not bool.
 * @tf tf.where
 */
export const select: <X extends AnyTensorLike, Y extends AnyTensorLike>(
  condition: AnyTensorLike,
  x: X,
  y: Y,
) => Tensor<DTypeOfPair<X, Y>> = op<
  [condition: AnyTensorLike, x: AnyTensorLike, y: AnyTensorLike],
  undefined
>('where', {
  tf: 'tf.where',
  tile: { kind: 'select', op: 0, cheap: true },
  exactRewrite: shrinkOperands,
  dtypes: everyType,
  strings: true,
  domain: [-10, 10],
  ulp: 0,
  examples: [
    { args: [condition([2, 3]), sample([2, 3]), sample([2, 3])] },
    { args: [condition([]), sample([4]), sample([4])] },
    { args: [condition([3, 1]), sample([4]), sample([])] },
    { args: [condition([2, 1, 3]), sample([4, 1]), sample([2, 4, 3])] },
    { args: [condition([0]), sample([]), sample([0])] },
  ],
  args: (c, x, y) => {
    const cond = toTensor(c, dtypes.bool, 'where', 'condition');
    if (cond.dt !== dtypes.bool) {
      throw new InvalidArgumentError(
        `[where] condition must be bool; it is ${cond.dt.name}: compare it, tf.notEqual(condition, 0)`,
      );
    }
    const [a, b] = convertPair(x, y, 'where');
    if (a.dt !== b.dt) throw mixedDTypes('where', a, b);
    return [[cond, a, b], undefined];
  },
  infer: ([c, a, b]) => {
    const both = sameShape(shapeOf(a), shapeOf(b)) ? shapeOf(a) : broadcastShapes(shapeOf(a), shapeOf(b));
    const shape =
      both === null ? null : sameShape(both, shapeOf(c)) ? both : broadcastShapes(shapeOf(c), both);
    if (shape === null) {
      throw new InvalidArgumentError(
        `[where] condition ${showShape(shapeOf(c))}, x ${showShape(shapeOf(a))} and y ${showShape(shapeOf(b))} must be broadcastable`,
      );
    }
    return { shape, dt: a.dt };
  },
  run: (inputs, _, [out]) => {
    if (out.size === 0) return;
    const [c, a, b] = inputs;
    const { size } = out;
    const isFlat = (t: Tensor): boolean => t.size === 1 || t.size === size;
    let n = 1;
    if (isFlat(c) && isFlat(a) && isFlat(b)) {
      const lists = kernels.selectLists;
      lists.dims[0] = size;
      lists.cStrides[0] = c.size === 1 ? 0 : 1;
      lists.aStrides[0] = a.size === 1 ? 0 : 1;
      lists.bStrides[0] = b.size === 1 ? 0 : 1;
    } else {
      n = writeTernaryBroadcast('where', shapeOf(out), inputs);
    }
    kernels.select(c, a, b, out, n, out.dt.bytes);
  },
  saves: { inputs: [0] },
  gradient: ([dy], { x, needs, shapes }) => [
    null,
    needs[1] ? unbroadcast(select(x[0], dy, 0), shapes[1]) : null,
    needs[2] ? unbroadcast(select(x[0], 0, dy), shapes[2]) : null,
  ],
});

/**
 * Clips the elements to [clipValueMin, clipValueMax]: max(min(x, clipValueMax), clipValueMin). NaN stays NaN. The bounds may
 * be tensors that broadcast to x's shape. The gradient is 1 at a bound.
 * InvalidArgumentError for bounds that do not broadcast to x's shape. @tf tf.clip_by_value
 */
export const clipByValue: <X extends TensorLike>(
  x: X,
  clipValueMin: TensorLike,
  clipValueMax: TensorLike,
) => Tensor<DTypeOf<X>> = composite(
  'clipByValue',
  {
    tf: 'tf.clip_by_value',
    dtypes: numeric,
    domain: [-10, 10],
    ulp: 0,
    examples: [
      { args: [sample([2, 3]), sample([], { values: 1 }), sample([], { values: 4 })] },
      { args: [sample([2, 3]), sample([3], { domain: [1, 2] }), sample([2, 1], { domain: [3, 5] })] },
      { args: [sample([0]), sample([], { values: 1 }), sample([], { values: 4 })] },
    ],
  },
  (x: TensorLike, clipValueMin: TensorLike, clipValueMax: TensorLike): Tensor => {
    const t = toTensor(x, null, 'clipByValue', 'x');
    const low = toTensor(clipValueMin, t.dt, 'clipByValue', 'clipValueMin');
    const high = toTensor(clipValueMax, t.dt, 'clipByValue', 'clipValueMax');
    checkBound(t, low, 'clipValueMin');
    checkBound(t, high, 'clipValueMax');
    return maximum(minimum(t, high), low);
  },
);

function checkBound(t: Tensor, bound: Tensor, name: string): void {
  if (bound.dt !== t.dt) throw mixedDTypes('clipByValue', t, bound);
  if (shapeOf(bound).length === 0) return;
  const shape = broadcastShapes(shapeOf(t), shapeOf(bound));
  if (shape === null || sizeOf(shape) !== t.size || shape.length !== shapeOf(t).length) {
    throw new InvalidArgumentError(
      `[clipByValue] ${name} of shape ${showShape(shapeOf(bound))} does not broadcast to x's shape ${showShape(shapeOf(t))}`,
    );
  }
}
