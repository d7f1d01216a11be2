/** `tf.keras.optimizers`. */
export { Adam, type AdamOptions } from './adam';
export { Optimizer, type Gradient } from './optimizer';
export type { LearningRate, LearningRateSchedule, OptimizerOptions } from './options';
export { SGD, type SGDOptions } from './sgd';
