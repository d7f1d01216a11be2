export { Cropping1D, Cropping2D, Cropping3D, type CroppingOptions } from './cropping';
export { Flatten, Permute, RepeatVector, Reshape, type FlattenOptions } from './reshape';
export type { Margins } from './shape_layer';
export {
  UpSampling1D,
  UpSampling2D,
  UpSampling3D,
  type Interpolation,
  type UpSampling2DOptions,
  type UpSampling3DOptions,
} from './up_sampling';
export { ZeroPadding1D, ZeroPadding2D, ZeroPadding3D, type ZeroPaddingOptions } from './zero_padding';
