/** Configs of losses. */
import { serializersOf } from '../saving/serialization';
import { get, type LossFunction } from './get';
import type { Loss } from './loss';

/** The config of a loss, and the loss of a config. @tf tf.keras.losses.serialize @tf tf.keras.losses.deserialize */
export const { serialize, deserialize } = serializersOf<Loss | LossFunction>(
  'losses',
  (value) => typeof value === 'function',
  (name) => get(name, 'losses.deserialize'),
);
