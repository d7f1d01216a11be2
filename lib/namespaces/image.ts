/** `tf.image`: resizing, crops, flips, colors and adjustments of images. */
export { resize, type ResizeOptions } from '../ops/image/resize';
export type { ResizeMethod } from '../ops/image/resampling';
export { cropAndResize, extractPatches, type CropAndResizeOptions } from '../ops/image/patches';
export {
  centralCrop,
  cropToBoundingBox,
  flipLeftRight,
  flipUpDown,
  padToBoundingBox,
  resizeWithCropOrPad,
  rot90,
  transposeImage as transpose,
} from '../ops/image/geometry';
export {
  convertImageDtype,
  grayscaleToRgb,
  hsvToRgb,
  rgbToGrayscale,
  rgbToHsv,
  type ConvertImageDtypeOptions,
} from '../ops/image/color';
export {
  adjustBrightness,
  adjustContrast,
  adjustGamma,
  adjustHue,
  adjustSaturation,
  perImageStandardization,
  totalVariation,
  type AdjustGammaOptions,
} from '../ops/image/adjust';
