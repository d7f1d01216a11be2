/** Separable convolutional layers. */
import type { Tensor } from '../../../core/tensor';
import { expandDims, squeeze } from '../../../ops/array/views';
import { separableConv2d } from '../../../ops/nn/depthwise';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { nameOfClass } from '../../base/registry';
import type { KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { get as getConstraint, type Constraint } from '../../constraints/get';
import { get as getInitializer } from '../../initializers/get';
import type { Initializer } from '../../initializers/initializer';
import { get as getRegularizer, type WeightRegularizer } from '../../regularizers/get';
import { positiveInteger, type WindowSize } from '../window_arguments';
import { BaseConvolution } from './base_convolution';
import type { SeparableConvOptions } from './options';

/** Base class of `SeparableConv1D` and `SeparableConv2D`. */
abstract class BaseSeparableConv extends BaseConvolution {
  static override readonly positional = ['filters', 'kernelSize'];
  readonly filters: number;
  readonly depthMultiplier: number;
  readonly depthwiseInitializer: Initializer;
  readonly pointwiseInitializer: Initializer;
  readonly depthwiseRegularizer: WeightRegularizer | null;
  readonly pointwiseRegularizer: WeightRegularizer | null;
  readonly depthwiseConstraint: Constraint | null;
  readonly pointwiseConstraint: Constraint | null;
  depthwiseKernel: Weight | null = null;
  pointwiseKernel: Weight | null = null;

  constructor(rank: number, filters: number, kernelSize: WindowSize, options: SeparableConvOptions) {
    const where = nameOfClass(new.target);
    const {
      depthMultiplier = 1,
      depthwiseInitializer = 'glorot_uniform',
      pointwiseInitializer = 'glorot_uniform',
      depthwiseRegularizer = null,
      pointwiseRegularizer = null,
      depthwiseConstraint = null,
      pointwiseConstraint = null,
      ...common
    } = namedOptions(options, where);
    super(where, rank, kernelSize, common);
    this.filters = positiveInteger(filters, 'filters', where);
    this.depthMultiplier = positiveInteger(depthMultiplier, 'depthMultiplier', where);
    this.depthwiseInitializer = getInitializer(depthwiseInitializer, where);
    this.pointwiseInitializer = getInitializer(pointwiseInitializer, where);
    this.depthwiseRegularizer = getRegularizer(depthwiseRegularizer, where);
    this.pointwiseRegularizer = getRegularizer(pointwiseRegularizer, where);
    this.depthwiseConstraint = getConstraint(depthwiseConstraint, where);
    this.pointwiseConstraint = getConstraint(pointwiseConstraint, where);
  }

  override build(inputShape: KerasShape): void {
    const channels = this.checkInputShape(inputShape);
    const { rank, kernelSize, depthMultiplier, filters } = this;
    this.depthwiseKernel = this.addWeight({
      name: 'depthwise_kernel',
      shape: [...kernelSize, channels, depthMultiplier],
      initializer: this.depthwiseInitializer,
      regularizer: this.depthwiseRegularizer,
      constraint: this.depthwiseConstraint,
    });
    this.pointwiseKernel = this.addWeight({
      name: 'pointwise_kernel',
      shape: [...new Array<number>(rank).fill(1), channels * depthMultiplier, filters],
      initializer: this.pointwiseInitializer,
      regularizer: this.pointwiseRegularizer,
      constraint: this.pointwiseConstraint,
    });
    this.addBias(filters);
    this.built = true;
  }

  protected override outputChannels(): number {
    return this.filters;
  }

  protected override convolve(images: Tensor): Tensor {
    const { rank, strides, dilationRate: dilations } = this;
    const padding = this.padding === 'same' ? 'SAME' : 'VALID';
    const depthwise = this.depthwiseKernel as Weight;
    const pointwise = this.pointwiseKernel as Weight;
    if (rank === 2) return separableConv2d(images, depthwise, pointwise, strides, padding, { dilations });
    const rows = separableConv2d(
      expandDims(images, 1),
      expandDims(depthwise, 0),
      expandDims(pointwise, 0),
      [1, strides[0]],
      padding,
      { dilations: [1, dilations[0]] },
    );
    return squeeze(rows, [1]);
  }

  override getConfig(): Config {
    const { filters, depthMultiplier, depthwiseInitializer, pointwiseInitializer } = this;
    const { depthwiseRegularizer, pointwiseRegularizer, depthwiseConstraint, pointwiseConstraint } = this;
    return {
      ...super.getConfig(),
      ...{ filters, depthMultiplier, depthwiseInitializer, pointwiseInitializer },
      ...{ depthwiseRegularizer, pointwiseRegularizer, depthwiseConstraint, pointwiseConstraint },
    };
  }
}

/**
 * A depthwise convolution, then a product of each step's channels with one matrix: inputs [batch, steps, channels] → [batch, new
 * steps, filters]. Weights: depthwise kernel [size, channels, depthMultiplier], pointwise kernel [1, channels · depthMultiplier,
 * filters], bias [filters]. @tf tf.keras.layers.SeparableConv1D
 */
export class SeparableConv1D extends BaseSeparableConv {
  constructor(filters: number, kernelSize: WindowSize, options: SeparableConvOptions = {}) {
    super(1, filters, kernelSize, options);
  }
}

/**
 * A depthwise convolution, then a 1×1 convolution: inputs [batch, height, width, channels] → [batch, new height, new width,
 * filters]. Weights: depthwise kernel [height, width, channels, depthMultiplier], pointwise kernel [1, 1, channels ·
 * depthMultiplier, filters], bias [filters]. @tf tf.keras.layers.SeparableConv2D
 */
export class SeparableConv2D extends BaseSeparableConv {
  constructor(filters: number, kernelSize: WindowSize, options: SeparableConvOptions = {}) {
    super(2, filters, kernelSize, options);
  }
}
