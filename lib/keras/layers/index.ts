/** `tf.keras.layers`. */
export { Layer } from './layer';
export type { AddWeightOptions, CallOptions, LayerOptions } from './options';
export { InputSpec, type InputSpecLike, type InputSpecOptions, type InputSpecs } from './input_spec';
export * from './activation';
export * from './attention';
export * from './convolution';
export * from './core';
export * from './merging';
export * from './normalization';
export * from './pooling';
export * from './preprocessing';
export * from './recurrent';
export * from './regularization';
export * from './reshaping';
export { deserialize, serialize } from './serialization';
// Last: of the names of a class, documentation shows the first as its own.
export * from './aliases';
