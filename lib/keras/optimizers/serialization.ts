/** Configs of optimizers. */
import { serializersOf } from '../saving/serialization';
import { getOptimizer } from './get';
import { Optimizer } from './optimizer';

/** The config of an optimizer, and the optimizer of a config. @tf tf.keras.optimizers.serialize @tf tf.keras.optimizers.deserialize */
export const { serialize, deserialize } = serializersOf<Optimizer>(
  'optimizers',
  (value) => value instanceof Optimizer,
  (name) => getOptimizer(name, 'optimizers.deserialize'),
);
