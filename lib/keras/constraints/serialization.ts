/** Configs of constraints. */
import { serializersOf } from '../saving/serialization';
import { get, type Constraint } from './get';

/** The config of a constraint, and the constraint of a config. @tf tf.keras.constraints.serialize @tf tf.keras.constraints.deserialize */
export const { serialize, deserialize } = serializersOf<Constraint>(
  'constraints',
  (value) => typeof value === 'function',
  (name) => get(name, 'constraints.deserialize'),
);
