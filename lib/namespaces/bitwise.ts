/** `tf.bitwise`: bitwise operations of integers. */
export * from '../ops/math/bitwise';
