/** Layers that regularize: dropout, noise, penalties. */
export { ActivityRegularization, type ActivityRegularizationOptions } from './activity_regularization';
export {
  Dropout,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
  type DropoutLayerOptions,
  type ImageDropoutOptions,
  type SpatialDropoutOptions,
} from './dropout';
export { AlphaDropout, GaussianDropout, GaussianNoise } from './noise';
export type { RandomLayerOptions } from './random_layer';
