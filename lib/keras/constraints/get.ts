/** Constraints by name. */
import type { Tensor } from '../../core/tensor';
import { isClass, Lookup } from '../base/lookup';
import * as constraints from './constraints';

/** What projects a weight. */
export type Constraint = (w: Tensor) => Tensor;
/** A constraint, its name, or a function of the weight. */
export type ConstraintLike = Constraint | string;

const lookup = new Lookup<Constraint>('constraint', constraints, {}, (found) =>
  isClass(found, constraints.Constraint)
    ? new (found as new () => constraints.NonNeg)()
    : (found as Constraint),
);

/** The constraint that a name or a function stands for; null: none. @tf tf.keras.constraints.get */
export function get(identifier: ConstraintLike | null, where = 'constraints.get'): Constraint | null {
  return identifier === null ? null : lookup.get(identifier, where);
}
