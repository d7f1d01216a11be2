/** Configs of regularizers. */
import { serializersOf } from '../saving/serialization';
import { get, type WeightRegularizer } from './get';

/** The config of a regularizer, and the regularizer of a config. @tf tf.keras.regularizers.serialize @tf tf.keras.regularizers.deserialize */
export const { serialize, deserialize } = serializersOf<WeightRegularizer>(
  'regularizers',
  (value) => typeof value === 'function',
  (name) => get(name, 'regularizers.deserialize'),
);
