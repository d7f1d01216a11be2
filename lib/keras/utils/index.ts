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
export { Progbar, type ProgbarOptions } from './progbar';
