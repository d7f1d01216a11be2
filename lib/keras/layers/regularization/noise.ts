/** Noise: Gaussian, additive or multiplicative, and alpha dropout. */
import { InvalidArgumentError } from '../../../core/errors';
import { shapeOf, type Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { add, multiply, subtract } from '../../../ops/math/binary';
import { greaterEqual } from '../../../ops/math/compare';
import { statelessNormal, statelessUniform } from '../../../ops/random/random';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { DropoutLayerOptions } from './dropout';
import {
  checkFraction,
  checkNoiseShape,
  concreteShape,
  RandomLayer,
  type MaskShape,
  type RandomLayerOptions,
} from './random_layer';

/** A rate of 1 leaves nothing to scale. */
function checkRemainder(rate: number, layer: string): void {
  if (rate === 1)
    throw new InvalidArgumentError(`[${layer}] \`rate\` must be less than 1 in training. Received: rate=1`);
}

/**
 * In training, adds normally distributed noise of mean 0 and standard deviation `stddev`; else passes its inputs on. With a
 * seed, the noise is Keras's. @tf tf.keras.layers.GaussianNoise
 */
export class GaussianNoise extends RandomLayer {
  static override readonly positional = ['stddev'];
  readonly stddev: number;

  constructor(stddev: number, options: RandomLayerOptions = {}) {
    super(checkFraction(stddev, 'stddev', 'GaussianNoise'), namedOptions(options, 'GaussianNoise'));
    this.stddev = stddev;
  }

  protected disturb(x: Tensor, seed: () => Tensor): Tensor {
    const { stddev, computeDtype: dtype } = this;
    return add(x, statelessNormal(shapeOf(x), seed(), { stddev, dtype }));
  }

  override getConfig(): Config {
    const { stddev, seed } = this;
    return { ...super.getConfig(), stddev, seed };
  }
}

/**
 * In training, multiplies by normally distributed noise of mean 1 and standard deviation √(rate / (1 − rate)); else passes its
 * inputs on. With a seed, the noise is Keras's. @tf tf.keras.layers.GaussianDropout
 */
export class GaussianDropout extends RandomLayer {
  static override readonly positional = ['rate'];
  readonly rate: number;

  constructor(rate: number, options: RandomLayerOptions = {}) {
    super(checkFraction(rate, 'rate', 'GaussianDropout'), namedOptions(options, 'GaussianDropout'));
    this.rate = rate;
  }

  protected disturb(x: Tensor, seed: () => Tensor): Tensor {
    const { rate, computeDtype: dtype } = this;
    checkRemainder(rate, 'GaussianDropout');
    const stddev = Math.sqrt(rate / (1 - rate));
    return multiply(x, statelessNormal(shapeOf(x), seed(), { mean: 1, stddev, dtype }));
  }

  override getConfig(): Config {
    const { rate, seed } = this;
    return { ...super.getConfig(), rate, seed };
  }
}

/** The value at which selu saturates, −λα. */
const saturation = -1.6732632423543772 * 1.0507009873554805;

/**
 * Dropout for selu: in training, sets elements with probability `rate` to the value at which selu saturates, then scales and
 * shifts so that mean 0 and variance 1 stay what they are; else passes its inputs on. @tf tf.keras.layers.AlphaDropout
 */
export class AlphaDropout extends RandomLayer {
  static override readonly positional = ['rate'];
  readonly rate: number;
  readonly noiseShape: MaskShape | null;

  constructor(rate: number, options: DropoutLayerOptions = {}) {
    const { noiseShape = null, ...others } = namedOptions(options, 'AlphaDropout');
    super(checkFraction(rate, 'rate', 'AlphaDropout'), others);
    this.rate = rate;
    this.noiseShape = checkNoiseShape(noiseShape, 'AlphaDropout');
  }

  protected disturb(x: Tensor, seed: () => Tensor): Tensor {
    const { rate } = this;
    checkRemainder(rate, 'AlphaDropout');
    const drawn = statelessUniform(concreteShape(this.noiseShape, x), seed());
    const kept = cast(greaterEqual(drawn, rate), x.dtype);
    const a = 1 / Math.sqrt((1 - rate) * (1 + rate * saturation ** 2));
    const masked = add(multiply(x, kept), multiply(subtract(1, kept), saturation));
    return add(multiply(masked, a), -a * saturation * rate);
  }

  override getConfig(): Config {
    const { rate, seed, noiseShape } = this;
    return { ...super.getConfig(), rate, seed, noiseShape };
  }
}
