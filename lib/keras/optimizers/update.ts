/** A rule applied to a variable and its slots. */
import { makeTensor, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { applyRule, type Rule } from '../../ops/optimizer_rules';
import type { Slot } from './slot';

/**
 * Updates `variable` and `slots` by the native rule, in place where no one can tell. Tensors that were read from them
 * before keep their elements.
 * `gradient` has the variable's dtype and shape.
 */
export function update(
  rule: Rule,
  numbers: readonly number[],
  gradient: Tensor,
  variable: Variable,
  slots: readonly Slot[],
): void {
  const old = variable.held;
  const inPlace = variable.writable;
  const next = inPlace ? old : makeTensor(old.dt, old.shape, old.size);
  const targets = slots.map((slot) => slot.target());
  applyRule(rule, numbers, gradient, [old, ...slots.map((slot) => slot.held)], [next, ...targets]);
  slots.forEach((slot, i) => slot.settle(targets[i]));
  if (inPlace) variable.overwritten();
  else variable.adopt(next);
}
