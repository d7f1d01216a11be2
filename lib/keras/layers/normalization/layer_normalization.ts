/** Normalization of each example by its own mean and variance. */
import type { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { reshape } from '../../../ops/array/views';
import { add, multiply } from '../../../ops/math/binary';
import { rsqrt } from '../../../ops/math/unary';
import { layerNorm } from '../../../ops/nn/layer_norm';
import { moments } from '../../../ops/nn/normalization';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import { checkBounds, listOfAxes, requireSizes, type LayerAxis } from '../axes';
import { checkBoolean, ScaleAndCenter, type ScaleAndCenterOptions } from './scale_and_center';
import { weightFor, widened } from './wide';

export interface LayerNormalizationOptions extends ScaleAndCenterOptions {
  /** The axis or axes to normalize over. Default: the last. */
  axis?: LayerAxis;
  /** Deprecated: x·gamma/√(variance + epsilon), without mean and beta. Default false. */
  rmsScaling?: boolean;
}

/**
 * (x − mean)/√(variance + epsilon)·gamma + beta, with mean and variance over `axis` of each example. Weights: gamma and beta, of
 * the sizes of the axes. Floats of 16 bits are computed as float32. @tf tf.keras.layers.LayerNormalization
 */
export class LayerNormalization extends ScaleAndCenter {
  /** One axis until the layer is built, then a list of axes in ascending order. */
  axis: LayerAxis;
  readonly rmsScaling: boolean;

  constructor(options: LayerNormalizationOptions = {}) {
    const { axis = -1, rmsScaling = false, ...others } = namedOptions(options, 'LayerNormalization');
    super(others, 'LayerNormalization');
    const axes = listOfAxes(axis, 'axis', 'LayerNormalization');
    this.axis = typeof axis === 'number' ? axis : axes;
    this.rmsScaling = checkBoolean(rmsScaling, 'rmsScaling', 'LayerNormalization');
  }

  protected override get convertsFloats(): boolean {
    return false;
  }

  override build(inputShape: KerasShape): void {
    const axes = [...listOfAxes(this.axis, 'axis', 'LayerNormalization')].sort((a, b) => a - b);
    checkBounds(axes, inputShape, 'LayerNormalization');
    const sizes = axes.map((axis) => inputShape.at(axis) as number | null);
    const { scale, center, rmsScaling } = this;
    const shape = requireSizes(sizes, inputShape, 'LayerNormalization');
    this.addScaleAndCenter(shape, scale || rmsScaling, center && !rmsScaling);
    this.axis = axes;
    this.built = true;
  }

  call(x: Tensor): Tensor {
    const wide = widened(x);
    const { rank, shape } = x;
    const axes = (this.axis as readonly number[]).map((axis) => (axis < 0 ? axis + rank : axis));
    // The weights are in the order of the axes as they are given, the op's in that of the dimensions.
    const sizes = [...axes].sort((a, b) => a - b).map((axis) => shape[axis]);
    const [gamma, beta] = [this.gamma, this.beta].map((weight) => {
      const value = weightFor(weight, wide);
      return value === null || axes.length === 1 ? value : reshape(value, sizes);
    });
    if (!this.rmsScaling) {
      const y = layerNorm(wide, gamma, beta, { axis: axes, epsilon: this.epsilon });
      return cast(y, this.computeDtype);
    }
    const [, variance] = moments(wide, axes, { keepdims: true });
    const scaled = multiply(wide, rsqrt(add(variance, this.epsilon)));
    const factors = reshape(
      gamma as Tensor,
      shape.map((n, i) => (axes.includes(i) ? n : 1)),
    );
    return cast(multiply(scaled, factors), this.computeDtype);
  }

  override getConfig(): Config {
    const { axis, rmsScaling } = this;
    return { ...super.getConfig(), axis, rmsScaling };
  }
}
