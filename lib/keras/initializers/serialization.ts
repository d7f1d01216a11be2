/** Configs of initializers. */
import { serializersOf } from '../saving/serialization';
import { get, type InitializerLike } from './get';

/** The config of an initializer, and the initializer of a config. @tf tf.keras.initializers.serialize @tf tf.keras.initializers.deserialize */
export const { serialize, deserialize } = serializersOf<Exclude<InitializerLike, string>>(
  'initializers',
  (value) => typeof value === 'function',
  (name) => get(name, 'initializers.deserialize'),
);
