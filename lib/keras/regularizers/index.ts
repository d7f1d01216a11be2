/** `tf.keras.regularizers`. */
export { L1, L1L2, L2, OrthogonalRegularizer, Regularizer } from './regularizers';
export { get, type RegularizerLike } from './get';
export { deserialize, serialize } from './serialization';
