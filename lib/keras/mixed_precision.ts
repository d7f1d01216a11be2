/** `tf.keras.mixedPrecision`. */
export { DTypePolicy, DTypePolicy as Policy } from './base/dtype_policy';
export { dtypePolicy as globalPolicy, setDtypePolicy as setGlobalPolicy } from './base/dtype_policy';
export { LossScaleOptimizer } from './optimizers';
