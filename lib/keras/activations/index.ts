/** `tf.keras.activations`. */
export * from './activations';
export { linear } from './linear';
export { getActivation as get, type Activation, type ActivationLike } from './get';
export { deserialize, serialize } from './serialization';
