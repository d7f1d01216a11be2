/** `tf.keras.models`. */
export { Model, type FunctionalOptions, type ModelOptions } from './model';
export { type LayerChoice } from './layer_choice';
export { Sequential } from './sequential';
export { saveModel } from '../saving/keras_file';
export { loadModel } from '../saving/load_model';
export { modelFromJson } from './model_from_json';
export { loadLayersModel, type LoadLayersModelOptions } from '../saving/tfjs';
export { cloneModel, type CloneModelOptions } from './clone_model';
