/** Pooling layers. */
import { isPlain } from '../../../core/options';
import type { Tensor } from '../../../core/tensor';
import { avgPool, maxPool } from '../../../ops/nn/pooling';
import { fromChannelsLast, toChannelsLast, type WindowAxes } from '../../../ops/nn/window';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { classNameOf, nameOfClass } from '../../base/registry';
import type { KerasShape } from '../../base/shapes';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import type { LayerOptions } from '../options';
import {
  channelsOf,
  dataFormatName,
  dtypeOfInputs,
  integerTuple,
  paddingName,
  shapeWith,
  spatialPart,
  windowCounts,
  type DataFormat,
  type LayerPadding,
  type WindowSize,
} from '../window_arguments';

export interface PoolingOptions extends LayerOptions {
  /** Distance between adjacent windows. Default: the size of a window. */
  strides?: WindowSize | null;
  /** 'valid': no padding. 'same': windows reach over both ends, so that there are ⌈size / stride⌉. Default 'valid'. */
  padding?: LayerPadding;
  /** Where the channels are in inputs and results. Default 'channels_last'. */
  dataFormat?: DataFormat | null;
}

export interface PoolingWithSizeOptions extends PoolingOptions {
  /** The size of a window. */
  poolSize: WindowSize;
}

export interface MaxPoolingOptions extends PoolingOptions {
  /** The size of a window. Default 2. */
  poolSize?: WindowSize;
}

/** Whether a first argument is the object of options, with the size of a window among them. */
const isOptions = <O extends object>(first: WindowSize | O): first is O =>
  typeof first === 'object' && first !== null && isPlain(first);

/** Base class of layers that reduce each window, for each channel. */
abstract class BasePooling extends Layer {
  static override readonly positional = ['poolSize'];
  readonly poolSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: LayerPadding;
  readonly dataFormat: DataFormat;
  private readonly axes: WindowAxes;

  constructor(rank: number, first: WindowSize | PoolingWithSizeOptions, options: PoolingOptions) {
    const where = nameOfClass(new.target);
    const {
      poolSize,
      strides = null,
      padding = 'valid',
      dataFormat = null,
      ...others
    } = isOptions(first)
      ? { ...first, ...namedOptions(options, where) }
      : { ...namedOptions(options, where), poolSize: first };
    super(others);
    this.poolSize = integerTuple(poolSize, rank, 'poolSize', where);
    this.strides = integerTuple(strides ?? this.poolSize, rank, 'strides', where);
    this.padding = paddingName(padding, ['valid', 'same'], where);
    this.dataFormat = dataFormatName(dataFormat, where);
    this.axes = { n: rank, channelsFirst: this.dataFormat === 'channels_first' };
    this.inputSpec = { ndim: rank + 2 };
    this.built = true;
  }

  /** @internal Pools inputs with channels last. */
  protected abstract pool(images: Tensor, padding: 'SAME' | 'VALID'): Tensor;

  call(x: Tensor): Tensor {
    const pooled = this.pool(toChannelsLast(x, this.axes), this.padding === 'same' ? 'SAME' : 'VALID');
    return fromChannelsLast(pooled, this.axes);
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    const { poolSize: sizes, strides, padding, dataFormat } = this;
    const windows = { sizes, strides, padding, dilations: sizes.map(() => 1) };
    const counts = windowCounts(spatialPart(inputShape, dataFormat), windows, classNameOf(this));
    return shapeWith(inputShape[0], counts, channelsOf(inputShape, dataFormat), dataFormat);
  }

  override computeOutputSpec(x: KerasTensor): KerasTensor {
    return new KerasTensor(this.computeOutputShape(x.shape), dtypeOfInputs(x.dtype, this.computeDtype));
  }

  override getConfig(): Config {
    const { poolSize, strides, padding, dataFormat } = this;
    return { ...super.getConfig(), poolSize, strides, padding, dataFormat };
  }
}

abstract class BaseMaxPooling extends BasePooling {
  constructor(rank: number, first: WindowSize | MaxPoolingOptions, options: PoolingOptions) {
    super(rank, isOptions(first) ? { ...first, poolSize: first.poolSize ?? 2 } : first, options);
  }

  protected override pool(images: Tensor, padding: 'SAME' | 'VALID'): Tensor {
    return maxPool(images, this.poolSize, this.strides, padding);
  }
}

/**
 * The maximum of each window and channel: inputs [batch, steps, channels] → [batch, new steps, channels]. The size of a window,
 * by default 2, may also be among the options. @tf tf.keras.layers.MaxPooling1D
 */
export class MaxPooling1D extends BaseMaxPooling {
  constructor(poolSize: WindowSize | MaxPoolingOptions = 2, options: PoolingOptions = {}) {
    super(1, poolSize, options);
  }
}

/**
 * The maximum of each window and channel: inputs [batch, height, width, channels] → [batch, new height, new width, channels]. The
 * size of a window, by default 2, may also be among the options. @tf tf.keras.layers.MaxPooling2D
 */
export class MaxPooling2D extends BaseMaxPooling {
  constructor(poolSize: WindowSize | MaxPoolingOptions = 2, options: PoolingOptions = {}) {
    super(2, poolSize, options);
  }
}

/** `MaxPooling2D` over three spatial dimensions. @tf tf.keras.layers.MaxPooling3D */
export class MaxPooling3D extends BaseMaxPooling {
  constructor(poolSize: WindowSize | MaxPoolingOptions = 2, options: PoolingOptions = {}) {
    super(3, poolSize, options);
  }
}

abstract class BaseAveragePooling extends BasePooling {
  protected override pool(images: Tensor, padding: 'SAME' | 'VALID'): Tensor {
    return avgPool(images, this.poolSize, this.strides, padding);
  }
}

/**
 * The mean of each window and channel, without padded elements: inputs [batch, steps, channels] → [batch, new steps, channels]. The size
 * of a window may also be among the options.
 * @tf tf.keras.layers.AveragePooling1D
 */
export class AveragePooling1D extends BaseAveragePooling {
  constructor(poolSize: WindowSize | PoolingWithSizeOptions, options: PoolingOptions = {}) {
    super(1, poolSize, options);
  }
}

/**
 * The mean of each window and channel, without padded elements: inputs [batch, height, width, channels] → [batch, new height, new
 * width, channels]. @tf tf.keras.layers.AveragePooling2D
 */
export class AveragePooling2D extends BaseAveragePooling {
  constructor(poolSize: WindowSize | PoolingWithSizeOptions, options: PoolingOptions = {}) {
    super(2, poolSize, options);
  }
}

/** `AveragePooling2D` over three spatial dimensions. @tf tf.keras.layers.AveragePooling3D */
export class AveragePooling3D extends BaseAveragePooling {
  constructor(poolSize: WindowSize | PoolingWithSizeOptions, options: PoolingOptions = {}) {
    super(3, poolSize, options);
  }
}
