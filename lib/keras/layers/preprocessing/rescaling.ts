/** Numbers, multiplied and shifted. */
import type { TensorLike } from '../../../core/convert';
import { toTensor } from '../../../core/convert';
import type { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { add, multiply } from '../../../ops/math/binary';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { LayerOptions } from '../options';
import { SameShapeLayer } from '../same_shape_layer';

export interface RescalingOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** What is added: a number, or one for each channel. Default 0. */
  offset?: TensorLike;
}

/** x·scale + offset, in the dtype of the layer; results have the shape of the inputs. @tf tf.keras.layers.Rescaling */
export class Rescaling extends SameShapeLayer {
  static override readonly positional = ['scale'];
  private readonly scaleBy: Tensor;
  private readonly offsetBy: Tensor;

  /** @param scale The factor: a number, or one for each channel. */
  constructor(scale: TensorLike, options: RescalingOptions = {}) {
    const { offset = 0, ...others } = namedOptions(options, 'Rescaling');
    super(others);
    this.scaleBy = toTensor(scale, null, 'Rescaling', 'scale');
    this.offsetBy = toTensor(offset, null, 'Rescaling', 'offset');
    this.scale = scale;
    this.offset = offset;
    this.supportsMasking = true;
  }

  readonly scale: TensorLike;
  readonly offset: TensorLike;

  call(x: Tensor): Tensor {
    const dtype = this.computeDtype;
    return add(multiply(cast(x, dtype), cast(this.scaleBy, dtype)), cast(this.offsetBy, dtype));
  }

  override getConfig(): Config {
    const { scale, offset } = this;
    return { ...super.getConfig(), scale, offset };
  }
}
