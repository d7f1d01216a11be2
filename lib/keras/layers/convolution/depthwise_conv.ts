/** Depthwise convolutional layers. */
import type { Tensor } from '../../../core/tensor';
import { expandDims, squeeze } from '../../../ops/array/views';
import { depthwiseConv2d } from '../../../ops/nn/depthwise';
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
import type { DepthwiseConvOptions } from './options';

/** Base class of `DepthwiseConv1D` and `DepthwiseConv2D`. */
abstract class BaseDepthwiseConv extends BaseConvolution {
  static override readonly positional = ['kernelSize'];
  readonly depthMultiplier: number;
  readonly depthwiseInitializer: Initializer;
  readonly depthwiseRegularizer: WeightRegularizer | null;
  readonly depthwiseConstraint: Constraint | null;
  kernel: Weight | null = null;

  constructor(rank: number, kernelSize: WindowSize, options: DepthwiseConvOptions) {
    const where = nameOfClass(new.target);
    const {
      depthMultiplier = 1,
      depthwiseInitializer = 'glorot_uniform',
      depthwiseRegularizer = null,
      depthwiseConstraint = null,
      ...common
    } = namedOptions(options, where);
    super(where, rank, kernelSize, common);
    this.depthMultiplier = positiveInteger(depthMultiplier, 'depthMultiplier', where);
    this.depthwiseInitializer = getInitializer(depthwiseInitializer, where);
    this.depthwiseRegularizer = getRegularizer(depthwiseRegularizer, where);
    this.depthwiseConstraint = getConstraint(depthwiseConstraint, where);
  }

  override build(inputShape: KerasShape): void {
    const channels = this.checkInputShape(inputShape);
    this.kernel = this.addWeight({
      name: 'kernel',
      shape: [...this.kernelSize, channels, this.depthMultiplier],
      initializer: this.depthwiseInitializer,
      regularizer: this.depthwiseRegularizer,
      constraint: this.depthwiseConstraint,
    });
    this.addBias(channels * this.depthMultiplier);
    this.built = true;
  }

  protected override outputChannels(inputChannels: number | null): number | null {
    return inputChannels === null ? null : inputChannels * this.depthMultiplier;
  }

  protected override convolve(images: Tensor): Tensor {
    const { rank, strides, dilationRate } = this;
    const padding = this.padding === 'same' ? 'SAME' : 'VALID';
    const kernel = this.kernel as Weight;
    if (rank === 2) return depthwiseConv2d(images, kernel, strides, padding, { dilations: dilationRate });
    const rows = depthwiseConv2d(expandDims(images, 1), expandDims(kernel, 0), [1, strides[0]], padding, {
      dilations: [1, dilationRate[0]],
    });
    return squeeze(rows, [1]);
  }

  override getConfig(): Config {
    const { depthMultiplier, depthwiseInitializer, depthwiseRegularizer, depthwiseConstraint } = this;
    return {
      ...super.getConfig(),
      ...{ depthMultiplier, depthwiseInitializer, depthwiseRegularizer, depthwiseConstraint },
    };
  }
}

/**
 * Convolution of each channel with its own filters: inputs [batch, steps, channels] → [batch, new steps, channels ·
 * depthMultiplier]. Weights: kernel [size, channels, depthMultiplier], bias [channels · depthMultiplier].
 * @tf tf.keras.layers.DepthwiseConv1D
 */
export class DepthwiseConv1D extends BaseDepthwiseConv {
  constructor(kernelSize: WindowSize, options: DepthwiseConvOptions = {}) {
    super(1, kernelSize, options);
  }
}

/**
 * Convolution of each channel with its own filters: inputs [batch, height, width, channels] → [batch, new height, new width,
 * channels · depthMultiplier]. Weights: kernel [height, width, channels, depthMultiplier], bias [channels · depthMultiplier].
 * @tf tf.keras.layers.DepthwiseConv2D
 */
export class DepthwiseConv2D extends BaseDepthwiseConv {
  constructor(kernelSize: WindowSize, options: DepthwiseConvOptions = {}) {
    super(2, kernelSize, options);
  }
}
