/** `tf.keras.ops.image`. */
export * from './borders';
export { hsvToRgb, resize, rgbToGrayscale, rgbToHsv, type ResizeOptions } from './color';
export type { DataFormatOption } from './common';
export * from './sampling';
export * from './warping';
