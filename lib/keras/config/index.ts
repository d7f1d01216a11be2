/** `tf.keras.config`. */
export { dtypePolicy, setDtypePolicy } from '../base/dtype_policy';
export {
  disableInteractiveLogging,
  enableInteractiveLogging,
  epsilon,
  type FloatType,
  floatx,
  imageDataFormat,
  type ImageDataFormat,
  isInteractiveLoggingEnabled,
  maxEpochs,
  maxStepsPerEpoch,
  setEpsilon,
  setFloatx,
  setImageDataFormat,
  setMaxEpochs,
  setMaxStepsPerEpoch,
} from '../base/settings';
