/** Layers that enlarge their inputs. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { transpose } from '../../../ops/array/movement';
import { resize } from '../../../ops/image/resize';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import type { LayerOptions } from '../options';
import { dataFormatName, integerTuple, positiveInteger, type DataFormat } from '../window_arguments';
import { firstSpatial, repeated, ShapeLayer } from './shape_layer';

const enlarged = (shape: KerasShape, size: readonly number[], first: number): KerasShape =>
  shape.map((n, axis) => (n === null ? null : n * (size[axis - first] ?? 1)));

/** Repeats each step: [batch, steps, channels] → [batch, size·steps, channels]. @tf tf.keras.layers.UpSampling1D */
export class UpSampling1D extends ShapeLayer {
  static override readonly positional = ['size'];
  readonly size: number;

  /** @param size How often. Default 2. */
  constructor(size = 2, options: LayerOptions = {}) {
    super(namedOptions(options, 'UpSampling1D'));
    this.size = positiveInteger(size, 'size', 'UpSampling1D');
    this.inputSpec = { ndim: 3 };
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    return enlarged(inputShape, [this.size], 1);
  }

  call(x: Tensor): Tensor {
    return repeated(x, [this.size], 1);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), size: this.size };
  }
}

export type Interpolation = 'nearest' | 'bilinear' | 'bicubic' | 'area' | 'lanczos3' | 'lanczos5';
const interpolations: readonly string[] = [
  'nearest',
  'bilinear',
  'bicubic',
  'area',
  'lanczos3',
  'lanczos5',
] satisfies Interpolation[];

export interface UpSampling2DOptions extends LayerOptions {
  /** Where the channels are. Default 'channels_last'. */
  dataFormat?: DataFormat | null;
  /** How the new pixels are found. 'nearest' (default) repeats rows and columns; the others are those of `tf.image.resize`. */
  interpolation?: Interpolation;
}

/**
 * Enlarges images: [batch, height, width, channels] → [batch, size[0]·height, size[1]·width, channels].
 * @tf tf.keras.layers.UpSampling2D
 */
export class UpSampling2D extends ShapeLayer {
  static override readonly positional = ['size'];
  readonly size: readonly number[];
  readonly dataFormat: DataFormat;
  readonly interpolation: Interpolation;

  /** @param size The factors of height and width, or one for both. Default 2. */
  constructor(size: number | readonly number[] = 2, options: UpSampling2DOptions = {}) {
    const { dataFormat = null, interpolation = 'nearest', ...others } = namedOptions(options, 'UpSampling2D');
    super(others);
    this.dataFormat = dataFormatName(dataFormat, 'UpSampling2D');
    this.size = integerTuple(size, 2, 'size', 'UpSampling2D');
    const method: unknown = typeof interpolation === 'string' ? interpolation.toLowerCase() : interpolation;
    if (!interpolations.includes(method as string))
      throw new InvalidArgumentError(
        `[UpSampling2D] interpolation must be one of ${interpolations.join(', ')}; got ${describe(interpolation)}`,
      );
    this.interpolation = method as Interpolation;
    this.inputSpec = { ndim: 4 };
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    return enlarged(inputShape, this.size, firstSpatial(this.dataFormat));
  }

  call(x: Tensor): Tensor {
    const { size, interpolation } = this;
    const first = firstSpatial(this.dataFormat);
    if (interpolation === 'nearest') return repeated(x, size, first);
    const channelsFirst = first === 2;
    const images = channelsFirst ? transpose(x, { perm: [0, 2, 3, 1] }) : x;
    const [, height, width] = images.shape;
    const y = cast(
      resize(images, [height * size[0], width * size[1]], { method: interpolation }),
      x.dt.kind === 'float' ? x.dtype : this.computeDtype,
    );
    return channelsFirst ? transpose(y, { perm: [0, 3, 1, 2] }) : y;
  }

  override getConfig(): Config {
    const { size, dataFormat, interpolation } = this;
    return { ...super.getConfig(), size, dataFormat, interpolation };
  }
}

export interface UpSampling3DOptions extends LayerOptions {
  /** Where the channels are. Default 'channels_last'. */
  dataFormat?: DataFormat | null;
}

/** Repeats the elements of volumes [batch, depth, height, width, channels] along three axes. @tf tf.keras.layers.UpSampling3D */
export class UpSampling3D extends ShapeLayer {
  static override readonly positional = ['size'];
  readonly size: readonly number[];
  readonly dataFormat: DataFormat;

  /** @param size How often along each of the three, or one number for all. Default 2. */
  constructor(size: number | readonly number[] = 2, options: UpSampling3DOptions = {}) {
    const { dataFormat = null, ...others } = namedOptions(options, 'UpSampling3D');
    super(others);
    this.dataFormat = dataFormatName(dataFormat, 'UpSampling3D');
    this.size = integerTuple(size, 3, 'size', 'UpSampling3D');
    this.inputSpec = { ndim: 5 };
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    return enlarged(inputShape, this.size, firstSpatial(this.dataFormat));
  }

  call(x: Tensor): Tensor {
    return repeated(x, this.size, firstSpatial(this.dataFormat));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), size: this.size, dataFormat: this.dataFormat };
  }
}
