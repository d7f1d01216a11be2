/** Pooling layers. */
export {
  MaxPooling1D,
  MaxPooling2D,
  MaxPooling3D,
  AveragePooling1D,
  AveragePooling2D,
  AveragePooling3D,
} from './pooling';
export {
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
  GlobalMaxPooling3D,
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalAveragePooling3D,
} from './global_pooling';
export {
  AdaptiveAveragePooling1D,
  AdaptiveAveragePooling2D,
  AdaptiveAveragePooling3D,
  AdaptiveMaxPooling1D,
  AdaptiveMaxPooling2D,
  AdaptiveMaxPooling3D,
} from './adaptive_pooling';
export type { MaxPoolingOptions, PoolingOptions, PoolingWithSizeOptions } from './pooling';
export type { GlobalPoolingOptions } from './global_pooling';
export type { AdaptivePoolingOptions } from './adaptive_pooling';
