/** Initializers by name. */
import type { DType } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import { isClass, Lookup } from '../base/lookup';
import * as constants from './constant_initializers';
import { Initializer } from './initializer';
import * as random from './random_initializers';
import { STFT } from './stft';

/** An initializer, its name, or a function of the shape. */
export type InitializerLike = Initializer | string | ((shape: readonly number[], dtype: DType) => Tensor);

const lookup = new Lookup<(shape: readonly number[], dtype: DType) => Tensor>(
  'initializer',
  { ...constants, ...random, STFT },
  {
    ...{ normal: 'RandomNormal', uniform: 'RandomUniform', one: 'Ones', zero: 'Zeros' },
    ...{ OrthogonalInitializer: 'Orthogonal', IdentityInitializer: 'Identity', STFTInitializer: 'STFT' },
  },
  (found) => (isClass(found, Initializer) ? new (found as new () => Initializer)() : (found as Initializer)),
);

/** The initializer that a name or an object stands for. @tf tf.keras.initializers.get */
export function get(identifier: InitializerLike, where = 'initializers.get'): Initializer {
  return lookup.get(identifier, where) as Initializer;
}
