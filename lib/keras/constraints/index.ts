/** `tf.keras.constraints`. */
export { Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm } from './constraints';
export { get, type ConstraintLike } from './get';
export { deserialize, serialize } from './serialization';
