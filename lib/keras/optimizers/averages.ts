/** Exponential moving averages of variables. */
import { dtypes, type DTypeInfo } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { where } from '../../ops/index/indexing';
import { add, multiply } from '../../ops/math/binary';
import { eagerUpdater, type Updater } from './update';

/**
 * Updates the average of each variable with the momentum of the current step, and overwrites the variables with their
 * averages in steps for which `overwrites` returns true; null: never.
 */
export function updateAverages(
  updater: Updater,
  variables: readonly Variable[],
  averages: readonly Variable[],
  momentum: () => number,
  overwrites: (() => boolean) | null,
): void {
  const isDue = overwrites === null ? null : updater.number(dtypes.bool, () => (overwrites() ? 1 : 0));
  const weights = new Map<DTypeInfo, [Tensor, Tensor]>();
  variables.forEach((v, i) => {
    const { dt } = v;
    const pair = weights.get(dt) ?? [updater.number(dt, momentum), updater.number(dt, () => 1 - momentum())];
    weights.set(dt, pair);
    const old = updater.value(v);
    const average = add(multiply(updater.value(averages[i]), pair[0]), multiply(old, pair[1]));
    updater.assign(averages[i], average);
    if (overwrites === null || isDue === null) return;
    if (updater !== eagerUpdater) updater.assign(v, where(isDue, average, old));
    else if (overwrites()) updater.assign(v, average);
  });
}
