/** Sparsemax along an axis. */
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { options } from '../../core/options';
import { shapeOf, type Tensor } from '../../core/tensor';
import { axisArgument, type OneAxis } from '../../op/axis';
import { badDType } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { cast } from '../array/cast';
import { range } from '../array/creation';
import { transpose } from '../array/movement';
import { sort } from '../index/sort';
import { realDivide, subtract } from '../math/binary';
import { greater } from '../math/compare';
import { cumsum } from '../math/scan';
import { select } from '../math/select';
import { relu } from '../math/unary';
import { reduceSum } from '../reduce/reduce';
import { exchangeLast } from './softmax';

const defaults = { axis: -1 } as const;

/**
 * Sparsemax as Keras 3.15 computes it. y = max(x − τ, 0) along `axis`. With z, the elements in descending order, and their
 * cumulative sums c, the support is the first k elements, those with z > (c − 1)/i, i = 1, 2…; τ = (Σ c − 1)/k over the support.
 * For k > 1 that is not the τ of Martins & Astudillo, (c_k − 1)/k: the results then sum to less than 1.
 * @tf tf.keras.activations.sparsemax
 */
export const sparsemax: <X extends TensorLike>(
  x: X,
  options?: { axis?: OneAxis } | OneAxis,
) => Tensor<DTypeOf<X>> = composite(
  'sparsemax',
  {
    tf: 'tf.keras.activations.sparsemax',
    dtypes: floating,
    domain: [-1, 1],
    ulp: 8,
    examples: [
      { args: [sample([3, 5])] },
      { args: [sample([7], { domain: [-3, 3] })] },
      { args: [sample([2, 3, 4])], options: { axis: 1 } },
      { args: [sample([4, 1])] },
      { args: [sample([0, 3])] },
    ],
  },
  (x: TensorLike, given?: { axis?: OneAxis } | OneAxis): Tensor => {
    const name = 'sparsemax';
    const t = toTensor(x, null, name, 'x');
    if (t.dt.kind !== 'float') throw badDType(name, 'x', t.dt, floating);
    const { axis } = options<{ axis: unknown }>(given, 'axis', defaults, name);
    const rank = shapeOf(t).length;
    if (rank === 0)
      throw new InvalidArgumentError(`[${name}] x must have at least one dimension; got a scalar`);
    const at = axisArgument(axis, rank, name);
    if (at === rank - 1) return alongLast(t);
    const perm = exchangeLast(at, rank);
    return transpose(alongLast(transpose(t, { perm })), { perm });
  },
);

const rows = { axis: -1, keepdims: true } as const;

function alongLast(t: Tensor): Tensor {
  const sorted = sort(t, { direction: 'DESCENDING' });
  const sums = cumsum(sorted, { axis: -1 });
  const places = cast(range(1, shapeOf(t)[shapeOf(t).length - 1] + 1), t.dtype);
  const support = greater(subtract(sorted, realDivide(subtract(sums, 1), places)), 0);
  const k = reduceSum(cast(support, t.dtype), rows);
  const tau = realDivide(subtract(reduceSum(select(support, sums, 0), rows), 1), k);
  return relu(subtract(t, tau));
}
