/** Optimizers whose whole step is one native rule. */
import type { DTypeInfo } from '../../core/dtype';
import type { IndexedSlices } from '../../core/indexed_slices';
import { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import type { Rule } from '../../ops/state/optimizer_rules';
import { Optimizer } from './optimizer';
import type { OptimizerOptions } from './options';
import { groupByDType, type RuleOfVariable, type Update, type Updater } from './update';

export abstract class RuleOptimizer<O extends OptimizerOptions> extends Optimizer<O> {
  /** @internal The rule and the state of a variable; `index` is its index in the slot lists. */
  protected abstract rule(index: number): RuleOfVariable;

  /** @internal The numbers of the rule for variables of a dtype. */
  protected abstract numbers(dt: DTypeInfo, learningRate: number): readonly number[];

  /** @internal */
  protected override updateVariables(
    gradients: readonly (Tensor | IndexedSlices)[],
    variables: readonly Variable[],
    updater: Updater,
  ): void {
    const numbers = (dt: DTypeInfo): readonly number[] => this.numbers(dt, this.rateOfStep);
    const updates: Update[] = [];
    let rule: Rule | null = null;
    variables.forEach((variable, i) => {
      const gradient = gradients[i];
      if (gradient instanceof Tensor) {
        const definition = this.rule(this.position(variable));
        rule = definition.rule;
        updates.push({ gradient, variable, slots: definition.slots });
      } else {
        updater.descendRows(numbers, gradient, variable);
      }
    });
    for (const group of groupByDType(updates)) updater.update(rule as unknown as Rule, numbers, group);
  }
}
