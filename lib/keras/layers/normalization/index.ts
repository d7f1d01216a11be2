/** Layers that normalize. */
export { BatchNormalization, type BatchNormalizationOptions } from './batch_normalization';
export type { RenormClipping } from './batch_renorm';
export { GroupNormalization, type GroupNormalizationOptions } from './group_normalization';
export { LayerNormalization, type LayerNormalizationOptions } from './layer_normalization';
export { SpectralNormalization, type SpectralNormalizationOptions } from './spectral_normalization';
export {
  RMSNormalization,
  UnitNormalization,
  type RMSNormalizationOptions,
  type UnitNormalizationOptions,
} from './unit_normalization';
