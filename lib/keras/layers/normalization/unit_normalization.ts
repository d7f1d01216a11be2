/** Normalization by the norm, and by the root mean square. */
import type { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { add, multiply } from '../../../ops/math/binary';
import { rsqrt, square } from '../../../ops/math/unary';
import { l2Normalize } from '../../../ops/nn/normalization';
import { reduceMean } from '../../../ops/reduce/reduce';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { checkBounds, listOfAxes, requireSizes, type LayerAxis } from '../axes';
import type { LayerOptions } from '../options';
import { SameShapeLayer } from '../same_shape_layer';
import { checkNumber } from './scale_and_center';
import { weightFor, widened } from './wide';

export interface UnitNormalizationOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** The axis or axes over which the norm is taken. Default: the last. */
  axis?: LayerAxis;
}

/** x / ‖x‖₂, the norm over `axis`: at least 10⁻¹². No weights. @tf tf.keras.layers.UnitNormalization */
export class UnitNormalization extends SameShapeLayer {
  readonly axis: LayerAxis;

  constructor(options: UnitNormalizationOptions = {}) {
    const { axis = -1, ...others } = namedOptions(options, 'UnitNormalization');
    super(others);
    const axes = listOfAxes(axis, 'axis', 'UnitNormalization');
    this.axis = typeof axis === 'number' ? axis : axes;
    this.supportsMasking = true;
    this.built = true;
  }

  call(x: Tensor): Tensor {
    checkBounds(listOfAxes(this.axis, 'axis', 'UnitNormalization'), x.shape, 'UnitNormalization');
    return l2Normalize(x, { axis: this.axis, epsilon: 1e-24 });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}

export interface RMSNormalizationOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** The axis or axes over which the mean is taken. Default: the last. */
  axis?: LayerAxis;
  /** Added to the mean of squares. Default 1e-6. */
  epsilon?: number;
}

/**
 * x/√(mean(x²) + epsilon)·scale, the mean over `axis`. Weights: scale, of the sizes of the axes, which broadcasts with the last
 * dimensions of the inputs. Floats of 16 bits are computed as float32. @tf tf.keras.layers.RMSNormalization
 */
export class RMSNormalization extends SameShapeLayer {
  /** One axis until the layer is built, then a list of axes in ascending order. */
  axis: LayerAxis;
  readonly epsilon: number;
  scale: Weight | null = null;

  constructor(options: RMSNormalizationOptions = {}) {
    const { axis = -1, epsilon = 1e-6, ...others } = namedOptions(options, 'RMSNormalization');
    super(others);
    const axes = listOfAxes(axis, 'axis', 'RMSNormalization');
    this.axis = typeof axis === 'number' ? axis : axes;
    this.epsilon = checkNumber(epsilon, 'epsilon', 'RMSNormalization');
  }

  override build(inputShape: KerasShape): void {
    const axes = [...listOfAxes(this.axis, 'axis', 'RMSNormalization')].sort((a, b) => a - b);
    checkBounds(axes, inputShape, 'RMSNormalization');
    const sizes = axes.map((axis) => inputShape.at(axis) as number | null);
    this.scale = this.addWeight({
      name: 'scale',
      shape: requireSizes(sizes, inputShape, 'RMSNormalization'),
      initializer: 'ones',
    });
    this.axis = axes;
    this.built = true;
  }

  call(x: Tensor): Tensor {
    const wide = widened(x);
    const squares = reduceMean(square(wide), { axis: this.axis, keepdims: true });
    const y = multiply(wide, rsqrt(add(squares, this.epsilon)));
    return cast(multiply(y, weightFor(this.scale, wide) as Tensor), x.dtype);
  }

  override getConfig(): Config {
    const { axis, epsilon } = this;
    return { ...super.getConfig(), axis, epsilon };
  }
}
