/** `tf.io`: files of tensors. */
export type { FileLike } from '../io/arguments';
export { loadNpy, loadNpz, saveNpy, saveNpz } from '../io/npy';
export { loadSafetensors, safetensorsInfo, saveSafetensors } from '../io/safetensors';
export type { LoadSafetensorsOptions, SafetensorsInfo, SaveSafetensorsOptions } from '../io/safetensors';
