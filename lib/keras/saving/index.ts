/** `tf.keras.saving`. */
export {
  customObjectScope,
  getCustomObjects,
  getRegisteredName,
  getRegisteredObject,
  registerKerasSerializable,
  type RegisteredObjectOptions,
} from '../base/registry';
export {
  loadModel,
  loadWeights,
  saveModel,
  saveWeights,
  type LoadOptions,
  type LoadWeightsOptions,
  type SaveOptions,
  type SaveWeightsOptions,
} from './keras_file';
export {
  deserializeKerasObject,
  serializeKerasObject,
  type Deserialize,
  type DeserializeOptions,
  type Serialize,
} from './serialization';
export type { CustomObjects, Json } from './serialize';
export type { Saveable } from './weights';
