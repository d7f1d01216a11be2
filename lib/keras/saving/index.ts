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
  loadWeights,
  saveModel,
  saveWeights,
  type LoadWeightsOptions,
  type SaveOptions,
  type SaveWeightsOptions,
} from './keras_file';
export { loadModel, type LoadOptions } from './load_model';
export {
  deserializeKerasObject,
  serializeKerasObject,
  type Deserialize,
  type DeserializeOptions,
  type Serialize,
} from './serialization';
export type { CustomObjects, Json } from './serialize';
export type { Saveable } from './weights';
