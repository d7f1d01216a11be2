/** Initializers without randomness. */
import type { TensorLike } from '../../core/convert';
import type { DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { options as resolveOptions } from '../../core/options';
import { showShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { convertToTensor } from '../../ops/array/convert';
import { ones, zeros } from '../../ops/array/creation';
import { broadcastTo } from '../../ops/array/movement';
import { eye } from '../../ops/array/patterns';
import { multiply } from '../../ops/math/binary';
import type { Config } from '../base/keras_object';
import { Initializer } from './initializer';

/** Zeros. @tf tf.keras.initializers.Zeros */
export class Zeros extends Initializer {
  call(shape: readonly number[], dtype: DType): Tensor {
    return zeros(shape, dtype);
  }
}

/** Ones. @tf tf.keras.initializers.Ones */
export class Ones extends Initializer {
  call(shape: readonly number[], dtype: DType): Tensor {
    return ones(shape, dtype);
  }
}

const constantDefaults: { value: TensorLike } = { value: 0 };

/** One value everywhere, or values that are broadcast to the shape. Default 0. @tf tf.keras.initializers.Constant */
export class Constant extends Initializer {
  readonly value: TensorLike;

  constructor(options?: { value?: TensorLike } | TensorLike) {
    super();
    this.value = resolveOptions<{ value: TensorLike }>(options, 'value', constantDefaults, 'Constant').value;
  }

  call(shape: readonly number[], dtype: DType): Tensor {
    return broadcastTo(cast(convertToTensor(this.value), dtype), shape);
  }

  override getConfig(): Config {
    return { value: this.value };
  }
}

/** `gain` times the identity matrix; for two dimensions only. @tf tf.keras.initializers.Identity */
export class Identity extends Initializer {
  readonly gain: number;

  constructor(options?: { gain?: number } | number) {
    super();
    this.gain = resolveOptions<{ gain: number }>(options, 'gain', { gain: 1 }, 'Identity').gain;
  }

  call(shape: readonly number[], dtype: DType): Tensor {
    if (shape.length !== 2)
      throw new InvalidArgumentError(
        `[Identity] the identity matrix has two dimensions; got the shape ${showShape(shape)}`,
      );
    const matrix = eye(shape[0], { numColumns: shape[1], dtype });
    return this.gain === 1 ? matrix : multiply(matrix, this.gain);
  }

  override getConfig(): Config {
    return { gain: this.gain };
  }
}
