/** Dropout of elements, and of whole channels. */
import type { Tensor } from '../../../core/tensor';
import { zerosLike } from '../../../ops/array/creation';
import { statelessDropout } from '../../../ops/nn/dropout';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { LayerOptions } from '../options';
import { dataFormatName, type DataFormat } from '../window_arguments';
import {
  checkFraction,
  checkNoiseShape,
  RandomLayer,
  type MaskShape,
  type RandomLayerOptions,
} from './random_layer';

export interface DropoutLayerOptions extends RandomLayerOptions {
  /**
   * The shape of the mask, which broadcasts with the inputs: elements that share one of the mask are kept or dropped together.
   * Null in it stands for the size of the inputs. Default: the shape of the inputs.
   */
  noiseShape?: MaskShape | null;
}

/** @internal x with elements set to 0 with probability `rate`, the others divided by 1 − rate. */
export function dropped(x: Tensor, rate: number, noiseShape: MaskShape | null, seed: () => Tensor): Tensor {
  return rate === 1 ? zerosLike(x) : statelessDropout(x, rate, seed(), { noiseShape });
}

/**
 * In training, sets elements to 0 with probability `rate`, and divides the others by 1 − rate, so that the expected sum is that
 * of the inputs; else passes its inputs on. With a seed, it drops what Keras drops. No weights. @tf tf.keras.layers.Dropout
 */
export class Dropout extends RandomLayer {
  static override readonly positional = ['rate'];
  readonly rate: number;
  readonly noiseShape: MaskShape | null;

  constructor(rate: number, options: DropoutLayerOptions = {}) {
    const { noiseShape = null, ...others } = namedOptions(options, 'Dropout');
    super(checkFraction(rate, 'rate', 'Dropout'), others);
    this.rate = rate;
    this.noiseShape = checkNoiseShape(noiseShape, 'Dropout');
  }

  protected disturb(x: Tensor, seed: () => Tensor): Tensor {
    return dropped(x, this.rate, this.noiseShape, seed);
  }

  override getConfig(): Config {
    const { rate, seed, noiseShape } = this;
    return { ...super.getConfig(), rate, seed, noiseShape };
  }
}

export type SpatialDropoutOptions = Pick<LayerOptions, 'name' | 'dtype'> & Pick<RandomLayerOptions, 'seed'>;

export interface ImageDropoutOptions extends SpatialDropoutOptions {
  /** 'channels_last' (default) or 'channels_first'. */
  dataFormat?: DataFormat | null;
}

/** Drops channels as a whole. */
abstract class SpatialDropout extends RandomLayer {
  static override readonly positional = ['rate'];
  readonly rate: number;

  /** @param rank The rank of the inputs. */
  protected constructor(rate: number, options: SpatialDropoutOptions, rank: number, layer: string) {
    super(checkFraction(rate, 'rate', layer), options);
    this.rate = rate;
    this.inputSpec = { ndim: rank };
  }

  /** Whether the channels are the second dimension, not the last. */
  protected get channelsFirst(): boolean {
    return false;
  }

  protected disturb(x: Tensor, seed: () => Tensor): Tensor {
    const channels = this.channelsFirst ? 1 : x.rank - 1;
    const noiseShape = x.shape.map((n, i) => (i === 0 || i === channels ? n : 1));
    return dropped(x, this.rate, noiseShape, seed);
  }

  override getConfig(): Config {
    // As in Keras: the dtype of the variables in place of the policy, and no `trainable`.
    const { rate, seed, name, dtype } = this;
    return { rate, seed, name, dtype };
  }
}

/** Drops the channels of images or volumes. */
abstract class ImageDropout extends SpatialDropout {
  readonly dataFormat: DataFormat;

  protected constructor(rate: number, options: ImageDropoutOptions, rank: number, layer: string) {
    const { dataFormat = null, ...others } = namedOptions(options, layer);
    super(rate, others, rank, layer);
    this.dataFormat = dataFormatName(dataFormat, layer);
  }

  protected override get channelsFirst(): boolean {
    return this.dataFormat === 'channels_first';
  }

  override getConfig(): Config {
    return { ...super.getConfig(), dataFormat: this.dataFormat };
  }
}

/**
 * Dropout of whole channels: in training, a channel of an example is 0 at all steps with probability `rate`. Inputs
 * [batch, steps, channels]. @tf tf.keras.layers.SpatialDropout1D
 */
export class SpatialDropout1D extends SpatialDropout {
  constructor(rate: number, options: SpatialDropoutOptions = {}) {
    super(rate, namedOptions(options, 'SpatialDropout1D'), 3, 'SpatialDropout1D');
  }
}

/**
 * Dropout of whole channels: in training, a channel of an image is 0 with probability `rate`. Inputs
 * [batch, rows, columns, channels], or [batch, channels, rows, columns]. @tf tf.keras.layers.SpatialDropout2D
 */
export class SpatialDropout2D extends ImageDropout {
  constructor(rate: number, options: ImageDropoutOptions = {}) {
    super(rate, options, 4, 'SpatialDropout2D');
  }
}

/**
 * Dropout of whole channels: in training, a channel of a volume is 0 with probability `rate`. Inputs
 * [batch, depth, rows, columns, channels], or with the channels second. @tf tf.keras.layers.SpatialDropout3D
 */
export class SpatialDropout3D extends ImageDropout {
  constructor(rate: number, options: ImageDropoutOptions = {}) {
    super(rate, options, 5, 'SpatialDropout3D');
  }
}
