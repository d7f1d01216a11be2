/** `tf.keras`. */
export * as optimizers from './optimizers';
export * as activations from './activations';
