/** `tf.keras.optimizers`. */
export { Adam, type AdamOptions } from './adam';
export type { Gradient } from './checks';
export { Optimizer } from './optimizer';
export type { LearningRate, LearningRateSchedule, OptimizerOptions, ScheduledRate } from './options';
export { SGD, type SGDOptions } from './sgd';
