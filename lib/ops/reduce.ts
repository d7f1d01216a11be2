/** Reductions over axes. */
import { dtypes, numeric } from '../core/dtype';
import { makeTensor, type Tensor } from '../core/tensor';
import { realDivide } from './binary';
import { kernelOf, reducedCount, reduction, runReduce, setSum, spread } from './reduction';

/**
 * Sum over axes; integers wrap. y = Σ x. An empty sum is 0. @tf tf.math.reduce_sum
 */
export const reduceSum = reduction('reduceSum', 'sum', {
  tf: 'tf.math.reduce_sum',
  dtypes: numeric,
  domain: [-10, 10],
  ulp: 4,
  gradient: (dy, { axes, shape }) => spread(dy, axes, shape),
});
setSum((t, axes, shape) => reduceSum.apply(t, { axes, keepdims: false }, shape));

const sumLong = kernelOf('sumLong');

/** Sums in int64, divides towards zero. An empty mean of integers is 0. */
function integerMean(x: Tensor, y: Tensor, axes: readonly number[]): void {
  const sums = makeTensor(dtypes.int64, y.shape, y.size);
  runReduce(sumLong, x, sums, axes, 'reduceMean');
  const count = BigInt(reducedCount(x.shape, axes));
  const from = sums.view() as BigInt64Array;
  const to = y.view() as { [i: number]: number | bigint };
  for (let i = 0; i < from.length; i++) {
    const mean = count === 0n ? 0n : from[i] / count;
    to[i] = y.dt.big ? mean : Number(mean);
  }
}

/**
 * Mean over axes. y = Σ x / n; integers are summed as int64 and divided towards zero. The mean of nothing is NaN (0 for
 * integers). @tf tf.math.reduce_mean
 */
export const reduceMean = reduction('reduceMean', 'mean', {
  tf: 'tf.math.reduce_mean',
  dtypes: numeric,
  domain: [-10, 10],
  ulp: 4,
  fallback: integerMean,
  gradient: (dy, { axes, shape }) => spread(realDivide(dy, reducedCount(shape, axes)), axes, shape),
});
