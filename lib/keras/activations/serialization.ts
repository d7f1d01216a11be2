/** Activations in configs: their names, or the configs of the user's functions. */
import { serializersOf } from '../saving/serialization';
import { getActivation, type Activation } from './get';

/** What a config has for an activation, and the activation of it. @tf tf.keras.activations.serialize @tf tf.keras.activations.deserialize */
export const { serialize, deserialize } = serializersOf<Activation>(
  'activations',
  (value) => typeof value === 'function',
  (name) => getActivation(name, 'activations.deserialize'),
);
