/** `tf.keras`. */
export * as optimizers from './optimizers';
