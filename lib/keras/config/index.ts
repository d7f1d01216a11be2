/** `tf.keras.config`. */
export { dtypePolicy, setDtypePolicy } from '../base/dtype_policy';
