/** Pooling layers whose window is the whole input. */
import { describe } from '../../../core/shape';
import { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { zerosLike } from '../../../ops/array/creation';
import { expandDims } from '../../../ops/array/views';
import { realDivide } from '../../../ops/math/binary';
import { select } from '../../../ops/math/select';
import { reduceMax, reduceMean, reduceSum } from '../../../ops/reduce/reduce';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { nameOfClass } from '../../base/registry';
import type { KerasShape } from '../../base/shapes';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import type { CallOptions, LayerOptions } from '../options';
import {
  channelsOf,
  dataFormatName,
  dtypeOfInputs,
  shapeWith,
  spatialPart,
  type DataFormat,
} from '../window_arguments';

export interface GlobalPoolingOptions extends LayerOptions {
  /** Where the channels are in inputs and results. Default 'channels_last'. */
  dataFormat?: DataFormat | null;
  /** Whether spatial dimensions remain, with size 1. Default false. */
  keepdims?: boolean;
}

/** Base class of layers that reduce all spatial dimensions. */
abstract class BaseGlobalPooling extends Layer {
  readonly dataFormat: DataFormat;
  readonly keepdims: boolean;
  /** @internal The spatial dimensions. */
  protected readonly axis: readonly number[];

  constructor(rank: number, options: GlobalPoolingOptions) {
    const where = nameOfClass(new.target);
    const { dataFormat = null, keepdims = false, ...others } = namedOptions(options, where);
    super(others);
    if (typeof keepdims !== 'boolean')
      throw new TypeError(`[${where}] keepdims must be true or false; got ${describe(keepdims)}`);
    this.dataFormat = dataFormatName(dataFormat, where);
    this.keepdims = keepdims;
    const first = this.dataFormat === 'channels_last' ? 1 : 2;
    this.axis = Array.from({ length: rank }, (_, i) => first + i);
    this.inputSpec = { ndim: rank + 2 };
    this.built = true;
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    const { dataFormat, keepdims } = this;
    const ones = keepdims ? spatialPart(inputShape, dataFormat).map(() => 1) : [];
    return shapeWith(inputShape[0], ones, channelsOf(inputShape, dataFormat), dataFormat);
  }

  override computeOutputSpec(x: KerasTensor): KerasTensor {
    return new KerasTensor(this.computeOutputShape(x.shape), dtypeOfInputs(x.dtype, this.computeDtype));
  }

  override getConfig(): Config {
    const { dataFormat, keepdims } = this;
    return { ...super.getConfig(), dataFormat, keepdims };
  }
}

abstract class BaseGlobalMaxPooling extends BaseGlobalPooling {
  call(x: Tensor): Tensor {
    const { axis, keepdims } = this;
    return reduceMax(x, { axis, keepdims });
  }
}

/** The maximum of each channel: inputs [batch, steps, channels] → [batch, channels]. @tf tf.keras.layers.GlobalMaxPooling1D */
export class GlobalMaxPooling1D extends BaseGlobalMaxPooling {
  constructor(options: GlobalPoolingOptions = {}) {
    super(1, options);
  }
}

/**
 * The maximum of each channel: inputs [batch, height, width, channels] → [batch, channels].
 * @tf tf.keras.layers.GlobalMaxPooling2D
 */
export class GlobalMaxPooling2D extends BaseGlobalMaxPooling {
  constructor(options: GlobalPoolingOptions = {}) {
    super(2, options);
  }
}

/** `GlobalMaxPooling2D` over three spatial dimensions. @tf tf.keras.layers.GlobalMaxPooling3D */
export class GlobalMaxPooling3D extends BaseGlobalMaxPooling {
  constructor(options: GlobalPoolingOptions = {}) {
    super(3, options);
  }
}

abstract class BaseGlobalAveragePooling extends BaseGlobalPooling {
  call(x: Tensor, _options?: CallOptions): Tensor {
    const { axis, keepdims } = this;
    return reduceMean(x, { axis, keepdims });
  }
}

/**
 * The mean of each channel: inputs [batch, steps, channels] → [batch, channels]. With a mask [batch, steps], which comes with the
 * inputs or is the option `mask` of a call, the mean of the steps for which it is true. @tf tf.keras.layers.GlobalAveragePooling1D
 */
export class GlobalAveragePooling1D extends BaseGlobalAveragePooling {
  constructor(options: GlobalPoolingOptions = {}) {
    super(1, options);
    this.supportsMasking = true;
    this.usesMask = true;
  }

  override call(x: Tensor, { mask = null }: CallOptions = {}): Tensor {
    if (!(mask instanceof Tensor)) return super.call(x);
    const { axis, keepdims, dataFormat } = this;
    const kept = expandDims(cast(mask, 'bool'), dataFormat === 'channels_last' ? 2 : 1);
    const sum = reduceSum(select(kept, x, zerosLike(x)), { axis, keepdims });
    return realDivide(sum, reduceSum(cast(kept, x.dtype), { axis, keepdims }));
  }

  override computeMask(): null {
    return null;
  }
}

/**
 * The mean of each channel: inputs [batch, height, width, channels] → [batch, channels].
 * @tf tf.keras.layers.GlobalAveragePooling2D
 */
export class GlobalAveragePooling2D extends BaseGlobalAveragePooling {
  constructor(options: GlobalPoolingOptions = {}) {
    super(2, options);
  }
}

/** `GlobalAveragePooling2D` over three spatial dimensions. @tf tf.keras.layers.GlobalAveragePooling3D */
export class GlobalAveragePooling3D extends BaseGlobalAveragePooling {
  constructor(options: GlobalPoolingOptions = {}) {
    super(3, options);
  }
}
