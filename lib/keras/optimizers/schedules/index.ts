/** `tf.keras.optimizers.schedules`. */
export {
  CosineDecay,
  CosineDecayRestarts,
  type CosineDecayOptions,
  type CosineDecayRestartsOptions,
} from './cosine';
export {
  ExponentialDecay,
  InverseTimeDecay,
  PolynomialDecay,
  type DecayOptions,
  type PolynomialDecayOptions,
} from './decays';
export { LearningRateSchedule, type ScheduleOptions } from './learning_rate_schedule';
export { PiecewiseConstantDecay } from './piecewise';
export { deserialize, serialize } from './serialization';
