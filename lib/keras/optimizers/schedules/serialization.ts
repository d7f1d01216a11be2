/** Configs of schedules. */
import { serializersOf } from '../../saving/serialization';
import { LearningRateSchedule } from './learning_rate_schedule';

/**
 * The config of a schedule, and the schedule of a config.
 * @tf tf.keras.optimizers.schedules.serialize @tf tf.keras.optimizers.schedules.deserialize
 */
export const { serialize, deserialize } = serializersOf<LearningRateSchedule>(
  'optimizers.schedules',
  (value) => value instanceof LearningRateSchedule,
  null,
);
