/** Layers on images. */
export type { BoundingBoxes, Factor, ImageData, ImageLayerOptions, RandomImageOptions } from './image_layer';
export { CenterCrop, RandomCrop, Resizing, type ResizingOptions } from './resizing';
export { RandomBrightness, RandomContrast, type RandomColorOptions } from './color';
export {
  RandomFlip,
  RandomRotation,
  RandomTranslation,
  RandomZoom,
  type RandomAffineOptions,
  type RandomFlipOptions,
  type RandomZoomOptions,
} from './geometry';
export {
  AutoContrast,
  RandomColorDegeneration,
  RandomGrayscale,
  RandomHue,
  RandomInvert,
  RandomPosterization,
  RandomSaturation,
  RandomSharpness,
  Solarization,
  type AutoContrastOptions,
  type RandomGrayscaleOptions,
  type RandomInvertOptions,
  type SolarizationOptions,
} from './augmentation';
export {
  ContrastLimitedAdaptiveHistogramEqualization,
  Equalization,
  type ClaheOptions,
  type EqualizationOptions,
} from './equalization';
export {
  CutMix,
  MixUp,
  RandomErasing,
  type CutMixOptions,
  type MixUpOptions,
  type RandomErasingOptions,
} from './mixing';
export {
  RandomElasticTransform,
  RandomGaussianBlur,
  RandomPerspective,
  RandomShear,
  type RandomElasticTransformOptions,
  type RandomGaussianBlurOptions,
  type RandomPerspectiveOptions,
  type RandomShearOptions,
} from './warping';
export {
  AugMix,
  RandAugment,
  RandomColorJitter,
  type AugMixOptions,
  type RandAugmentOptions,
  type RandomColorJitterOptions,
} from './policies';
export { MaxNumBoundingBoxes, type MaxNumBoundingBoxesOptions } from './bounding_boxes';
