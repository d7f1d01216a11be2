/** Activations by name. */
import type { Tensor } from '../../core/tensor';
import type { Callable } from '../base/callable';
import { Lookup } from '../base/lookup';
import * as activations from './activations';
import { linear } from './linear';

/** An activation, such as a function of `tf.keras.activations`. */
export type Activation = (x: Tensor) => Tensor;
/** An activation, or its name. */
export type ActivationLike = Activation | string | Callable;

const lookup = new Lookup<Activation>('activation', { ...activations, linear }, { swish: 'silu' });

/** The activation that a name or a function stands for; null is `linear`. @tf tf.keras.activations.get */
export function getActivation(identifier: ActivationLike | null, where = 'activations.get'): Activation {
  return identifier === null ? linear : lookup.get(identifier, where);
}
