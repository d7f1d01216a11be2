/** A rule applied to a variable and its slots. */
import type { IndexedSlices } from '../../core/indexed_slices';
import { makeTensor, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { applyRule, applyRuleToRows, type Rule } from '../../ops/optimizer_rules';
import { copyOf } from '../../ops/rows';
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
  const { inPlace } = variable;
  const next = inPlace ? old : makeTensor(old.dt, old.shape, old.size);
  const targets = slots.map((slot) => slot.target());
  applyRule(rule, numbers, gradient, [old, ...slots.map((slot) => slot.held)], [next, ...targets]);
  slots.forEach((slot, i) => slot.settle(targets[i]));
  if (inPlace) variable.overwritten();
  else variable.adopt(next);
}

/** Gradient descent for the rows that a sparse gradient names; rows that repeat meet one after another. */
export function descendRows({ values, indices }: IndexedSlices, variable: Variable, rate: number): void {
  const inPlace = variable.writable;
  const value = inPlace ? variable.held : copyOf(variable.held);
  applyRuleToRows('sgd', [rate], values, indices, value);
  if (inPlace) variable.overwritten();
  else variable.adopt(value);
}
