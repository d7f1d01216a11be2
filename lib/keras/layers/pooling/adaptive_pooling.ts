/** Pooling layers whose result has a given size. */
import type { Tensor } from '../../../core/tensor';
import { adaptiveAveragePool, adaptiveMaxPool } from '../../../ops/nn/adaptive_pooling';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { nameOfClass } from '../../base/registry';
import type { KerasShape } from '../../base/shapes';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import type { LayerOptions } from '../options';
import {
  channelsOf,
  dataFormatName,
  dtypeOfInputs,
  integerTuple,
  shapeWith,
  type DataFormat,
  type WindowSize,
} from '../window_arguments';

export interface AdaptivePoolingOptions extends LayerOptions {
  /** Where the channels are in inputs and results. Default 'channels_last'. */
  dataFormat?: DataFormat | null;
}

/** Base class of layers with a given size of the result. */
abstract class BaseAdaptivePooling extends Layer {
  static override readonly positional = ['outputSize'];
  readonly outputSize: readonly number[];
  readonly dataFormat: DataFormat;

  constructor(rank: number, outputSize: WindowSize, options: AdaptivePoolingOptions) {
    const where = nameOfClass(new.target);
    const { dataFormat = null, ...others } = namedOptions(options, where);
    super(others);
    this.outputSize = integerTuple(outputSize, rank, 'outputSize', where);
    this.dataFormat = dataFormatName(dataFormat, where);
    this.inputSpec = { ndim: rank + 2 };
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    const { outputSize, dataFormat } = this;
    return shapeWith(inputShape[0], outputSize, channelsOf(inputShape, dataFormat), dataFormat);
  }

  override computeOutputSpec(x: KerasTensor): KerasTensor {
    return new KerasTensor(this.computeOutputShape(x.shape), dtypeOfInputs(x.dtype, this.computeDtype));
  }

  override getConfig(): Config {
    const { outputSize, dataFormat } = this;
    return { ...super.getConfig(), outputSize, dataFormat };
  }
}

abstract class BaseAdaptiveAveragePooling extends BaseAdaptivePooling {
  call(x: Tensor): Tensor {
    return adaptiveAveragePool(x, this.outputSize, this.dataFormat);
  }
}

/**
 * The means of `outputSize` windows: inputs [batch, steps, channels] → [batch, outputSize, channels]. Of n steps, window i of m has
 * those from ⌊i·n / m⌋ to ⌈(i + 1)·n / m⌉, exclusive. @tf tf.keras.layers.AdaptiveAveragePooling1D
 */
export class AdaptiveAveragePooling1D extends BaseAdaptiveAveragePooling {
  constructor(outputSize: WindowSize, options: AdaptivePoolingOptions = {}) {
    super(1, outputSize, options);
  }
}

/**
 * The means of windows: inputs [batch, height, width, channels] → [batch, …outputSize, channels]; see `AdaptiveAveragePooling1D`.
 * @tf tf.keras.layers.AdaptiveAveragePooling2D
 */
export class AdaptiveAveragePooling2D extends BaseAdaptiveAveragePooling {
  constructor(outputSize: WindowSize, options: AdaptivePoolingOptions = {}) {
    super(2, outputSize, options);
  }
}

/** `AdaptiveAveragePooling2D` over three spatial dimensions. @tf tf.keras.layers.AdaptiveAveragePooling3D */
export class AdaptiveAveragePooling3D extends BaseAdaptiveAveragePooling {
  constructor(outputSize: WindowSize, options: AdaptivePoolingOptions = {}) {
    super(3, outputSize, options);
  }
}

abstract class BaseAdaptiveMaxPooling extends BaseAdaptivePooling {
  call(x: Tensor): Tensor {
    return adaptiveMaxPool(x, this.outputSize, this.dataFormat);
  }
}

/**
 * The maxima of `outputSize` windows: inputs [batch, steps, channels] → [batch, outputSize, channels]. The windows are those of
 * `AdaptiveAveragePooling1D`. @tf tf.keras.layers.AdaptiveMaxPooling1D
 */
export class AdaptiveMaxPooling1D extends BaseAdaptiveMaxPooling {
  constructor(outputSize: WindowSize, options: AdaptivePoolingOptions = {}) {
    super(1, outputSize, options);
  }
}

/**
 * The maxima of windows: inputs [batch, height, width, channels] → [batch, …outputSize, channels]; see `AdaptiveMaxPooling1D`.
 * @tf tf.keras.layers.AdaptiveMaxPooling2D
 */
export class AdaptiveMaxPooling2D extends BaseAdaptiveMaxPooling {
  constructor(outputSize: WindowSize, options: AdaptivePoolingOptions = {}) {
    super(2, outputSize, options);
  }
}

/** `AdaptiveMaxPooling2D` over three spatial dimensions. @tf tf.keras.layers.AdaptiveMaxPooling3D */
export class AdaptiveMaxPooling3D extends BaseAdaptiveMaxPooling {
  constructor(outputSize: WindowSize, options: AdaptivePoolingOptions = {}) {
    super(3, outputSize, options);
  }
}
