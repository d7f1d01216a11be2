/** Layers on images. */
export type { Factor, ImageData, ImageLayerOptions, RandomImageOptions } from './image_layer';
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
