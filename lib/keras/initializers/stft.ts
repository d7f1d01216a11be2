/** The kernels of short-time Fourier transforms. */
import type { TensorLike } from '../../core/convert';
import type { DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { constant, convertToTensor } from '../../ops/array/convert';
import { reshape } from '../../ops/array/views';
import { divide, multiply } from '../../ops/math/binary';
import { abs, sqrt, square } from '../../ops/math/unary';
import { reduceSum } from '../../ops/reduce/reduce';
import type { Config } from '../base/keras_object';
import { namedOptions } from '../base/named_options';
import { isWindowName, windowNames, windowValues } from '../base/window_values';
import { Initializer } from './initializer';

export interface STFTOptions {
  /** The part of the transform. Default 'real'. */
  side?: 'real' | 'imag';
  /** The name of a window, its values, or null for none. Default 'hann'. */
  window?: string | TensorLike | null;
  /** Divide the window by the root of the sum of its squares, by the sum of its magnitudes, or by nothing. Default 'density'. */
  scaling?: 'density' | 'spectrum' | null;
  /** Whether the named window is periodic. Default false. */
  periodic?: boolean;
}

/**
 * Kernels of convolutions that are short-time Fourier transforms: window[t]·cos(2π·t·f / n) or −sin, for the shape
 * [frame length, 1, n/2 + 1]. @tf tf.keras.initializers.STFT
 */
export class STFT extends Initializer {
  readonly side: 'real' | 'imag';
  readonly window: string | TensorLike | null;
  readonly scaling: 'density' | 'spectrum' | null;
  readonly periodic: boolean;

  constructor(options: STFTOptions = {}) {
    super();
    const given = namedOptions(options, 'STFT');
    const { side = 'real', window = 'hann', scaling = 'density', periodic = false, ...others } = given;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined)
      throw new TypeError(`[STFT] has no option '${unknown}'; it takes side, window, scaling, periodic`);
    if (!['real', 'imag'].includes(side))
      throw new InvalidArgumentError(`[STFT] side should be 'real' or 'imag', not ${describe(side)}`);
    if (typeof window === 'string' && !isWindowName(window))
      throw new InvalidArgumentError(
        `[STFT] Unknown window type '${window}'. It is one of ${windowNames.join(', ')}, values, or null`,
      );
    if (scaling !== null && !['density', 'spectrum'].includes(scaling))
      throw new InvalidArgumentError(
        `[STFT] Scaling is invalid, it must be null, 'density' or 'spectrum'. Received scaling=${describe(scaling)}`,
      );
    if (typeof periodic !== 'boolean')
      throw new TypeError(`[STFT] periodic must be true or false; got ${describe(periodic)}`);
    this.side = side;
    this.window = window;
    this.scaling = scaling;
    this.periodic = periodic;
  }

  call(shape: readonly number[], dtype: DType): Tensor {
    if (shape.length !== 3)
      throw new InvalidArgumentError(
        `[STFT] the shape must be [frame length, 1, frequencies]; got ${describe(shape)}`,
      );
    const [frame, , frequencies] = shape;
    const n = 2 * (frequencies - 1);
    const part = this.side === 'real' ? Math.cos : Math.sin;
    const values = Float64Array.from({ length: frame * frequencies }, (_, i) =>
      part((-2 * Math.PI * Math.floor(i / frequencies) * (i % frequencies)) / n),
    );
    const kernel = reshape(cast(constant(values), dtype), [frame, 1, frequencies]);
    if (this.window === null) return kernel;
    const window =
      typeof this.window === 'string'
        ? cast(constant(windowValues(this.window, frame, this.periodic)), dtype)
        : cast(convertToTensor(this.window), dtype);
    if (window.rank !== 1 || window.size !== frame)
      throw new InvalidArgumentError(
        `[STFT] The shape of \`window\` must be equal to [frame_length], here [${frame}]. Received: window shape=` +
          showShape(shapeOf(window)),
      );
    const windowed = multiply(kernel, reshape(window, [frame, 1, 1]));
    if (this.scaling === null) return windowed;
    return divide(
      windowed,
      this.scaling === 'density' ? sqrt(reduceSum(square(window))) : reduceSum(abs(window)),
    );
  }

  override getConfig(): Config {
    const { side, window, periodic, scaling } = this;
    return { side, window, periodic, scaling };
  }
}
