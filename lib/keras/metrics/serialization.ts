/** Configs of metrics. */
import { serializersOf } from '../saving/serialization';
import { get } from './get';
import { Metric } from './metric';

/** The config of a metric, and the metric of a config. @tf tf.keras.metrics.serialize @tf tf.keras.metrics.deserialize */
export const { serialize, deserialize } = serializersOf<Metric>(
  'metrics',
  (value) => value instanceof Metric,
  (name) => get(name, 'metrics.deserialize'),
);
