/** `tf.keras.losses`. */
export { Loss, type LossOptions, type Reduction } from './loss';
export * from './classes';
export * from './functions';
export { get, type LossFunction, type LossLike } from './get';
export { deserialize, serialize } from './serialization';
