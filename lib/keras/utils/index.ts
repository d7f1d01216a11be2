/** `tf.keras.utils`. */
export { setRandomSeed } from '../base/seed';
export {
  normalize,
  type NormalizeOptions,
  padSequences,
  type PadSequencesOptions,
  toCategorical,
  type ToCategoricalOptions,
} from './arrays';
export {
  packXYSampleWeight,
  splitDataset,
  type SplitDatasetOptions,
  type TimeseriesDataset,
  timeseriesDatasetFromArray,
  type TimeseriesOptions,
  unpackXYSampleWeight,
} from './datasets';
export type { DirectoryDataset, DirectoryOptions } from './directories';
export { type DecodeImage, imageDatasetFromDirectory, type ImageDirectoryOptions } from './image_dataset';
export { textDatasetFromDirectory, type TextDirectoryOptions } from './text_dataset';
export { modelToSvg, type ModelToSvgOptions, plotModel, type PlotModelOptions } from './plot/plot_model';
export { PyDataset, PyDataset as Sequence, type PyDatasetOptions } from './py_dataset';
export type { BatchSequence } from '../training/sequence_source';
export { clearSession, getSourceInputs, isKerasTensor } from './session';
export {
  disableInteractiveLogging,
  enableInteractiveLogging,
  isInteractiveLoggingEnabled,
} from '../base/settings';
export { Progbar, type ProgbarOptions } from './progbar';
