/** `tf.keras.initializers`. */
export { Initializer } from './initializer';
export { Constant, Identity, Ones, Zeros } from './constant_initializers';
export {
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  Orthogonal,
  RandomNormal,
  RandomUniform,
  TruncatedNormal,
  VarianceScaling,
  type OrthogonalOptions,
  type RandomNormalOptions,
  type RandomUniformOptions,
  type SeedOptions,
  type VarianceScalingOptions,
} from './random_initializers';
export { get, type InitializerLike } from './get';
export { STFT, type STFTOptions } from './stft';
export { deserialize, serialize } from './serialization';
