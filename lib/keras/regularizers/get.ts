/** Regularizers by name. */
import type { Tensor } from '../../core/tensor';
import { isClass, Lookup } from '../base/lookup';
import * as regularizers from './regularizers';

const { Regularizer } = regularizers;

/** What gives a weight's penalty. */
export type WeightRegularizer = (x: Tensor) => Tensor;
/** A regularizer, its name, or a function of the weight. */
export type RegularizerLike = WeightRegularizer | string;

const lookup = new Lookup<WeightRegularizer>(
  'regularizer',
  regularizers,
  { l1: 'L1', l2: 'L2', l1_l2: 'L1L2', orthogonal: 'OrthogonalRegularizer' },
  (found) =>
    isClass(found, Regularizer) ? new (found as new () => regularizers.L1)() : (found as WeightRegularizer),
);

/** The regularizer that a name or a function stands for; null: none. @tf tf.keras.regularizers.get */
export function get(
  identifier: RegularizerLike | null,
  where = 'regularizers.get',
): WeightRegularizer | null {
  return identifier === null ? null : lookup.get(identifier, where);
}
