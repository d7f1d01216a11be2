/** Convolutional layers. */
import { InvalidArgumentError } from '../../../core/errors';
import type { Tensor } from '../../../core/tensor';
import { convolution, type ConvPadding } from '../../../ops/nn/conv';
import { effectiveWeight } from '../../base/lora_weight';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { classNameOf, nameOfClass } from '../../base/registry';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { get as getConstraint, type Constraint } from '../../constraints/get';
import { get as getInitializer } from '../../initializers/get';
import type { Initializer } from '../../initializers/initializer';
import { get as getRegularizer, type WeightRegularizer } from '../../regularizers/get';
import { addLora, loraArguments, loraConfig, type LoraOptions } from '../lora';
import { positiveInteger, type LayerPadding, type WindowSize } from '../window_arguments';
import { BaseConvolution, refuseStridesWithDilation } from './base_convolution';
import type { Conv1DOptions, ConvLayerOptions } from './options';

/** Base class of `Conv1D`, `Conv2D` and `Conv3D`. */
abstract class BaseConv extends BaseConvolution {
  static override readonly positional = ['filters', 'kernelSize'];
  readonly filters: number;
  readonly groups: number;
  readonly kernelInitializer: Initializer;
  readonly kernelRegularizer: WeightRegularizer | null;
  readonly kernelConstraint: Constraint | null;
  kernel: Weight | null = null;
  /** The rank of LoRA; null: none. */
  loraRank: number | null;
  loraAlpha: number | null;
  /** Whether `enableLora` was called. */
  loraEnabled = false;
  loraKernelA: Weight | null = null;
  loraKernelB: Weight | null = null;

  constructor(rank: number, filters: number, kernelSize: WindowSize, options: Conv1DOptions) {
    const where = nameOfClass(new.target);
    const {
      groups = 1,
      kernelInitializer = 'glorot_uniform',
      kernelRegularizer = null,
      kernelConstraint = null,
      loraRank = null,
      loraAlpha = null,
      ...common
    } = namedOptions(options, where);
    super(where, rank, kernelSize, common);
    this.filters = positiveInteger(filters, 'filters', where);
    this.groups = positiveInteger(groups, 'groups', where);
    if (filters % groups !== 0)
      throw new InvalidArgumentError(
        `[${where}] The number of filters must be evenly divisible by the number of groups. Received: groups=${groups}, ` +
          `filters=${filters}.`,
      );
    refuseStridesWithDilation(this.strides, this.dilationRate, where);
    this.kernelInitializer = getInitializer(kernelInitializer, where);
    this.kernelRegularizer = getRegularizer(kernelRegularizer, where);
    this.kernelConstraint = getConstraint(kernelConstraint, where);
    ({ loraRank: this.loraRank, loraAlpha: this.loraAlpha } = loraArguments({ loraRank, loraAlpha }, where));
  }

  override build(inputShape: KerasShape): void {
    const channels = this.checkInputShape(inputShape);
    const { groups, filters } = this;
    if (channels % groups !== 0)
      throw new InvalidArgumentError(
        `[${classNameOf(this)}] The number of input channels must be evenly divisible by the number of groups. Received ` +
          `groups=${groups}, but the input has ${channels} channels (full input shape is ${showKerasShape(inputShape)}).`,
      );
    this.kernel = this.addWeight({
      name: 'kernel',
      shape: [...this.kernelSize, channels / groups, filters],
      initializer: this.kernelInitializer,
      regularizer: this.kernelRegularizer,
      constraint: this.kernelConstraint,
    });
    this.addBias(filters);
    this.built = true;
    if (this.loraRank !== null) this.enableLora(this.loraRank, { loraAlpha: this.loraAlpha });
  }

  /**
   * Freezes the kernel and uses kernel + (loraAlpha / rank)·A·B in its place, with trained float32 weights A with the rank as
   * the kernel's last dimension and
   * B [rank, filters]. Files get that sum as the kernel. The model must be compiled again. InvalidArgumentError if the layer is not
   * built, has LoRA already, or has a constraint of the kernel.
   * @tf tf.keras.layers.Conv2D
   */
  enableLora(rank: number, options: LoraOptions = {}): void {
    const { kernel: weight, kernelRegularizer: regularizer, kernelConstraint: constraint } = this;
    const added = addLora(this, { weight, name: 'kernel', regularizer, constraint }, rank, options);
    ({
      a: this.loraKernelA,
      b: this.loraKernelB,
      loraRank: this.loraRank,
      loraAlpha: this.loraAlpha,
    } = added);
    this.loraEnabled = true;
  }

  protected override outputChannels(): number {
    return this.filters;
  }

  protected override convolve(images: Tensor): Tensor {
    const { strides, dilationRate: dilations } = this;
    const padding = this.paddingOfOp();
    const kernel = effectiveWeight(this.kernel as Weight, this.computeDtype);
    const y = convolution(images, kernel, { strides, padding, dilations });
    if (y.size === 0 && images.size > 0)
      throw new InvalidArgumentError(
        `[${classNameOf(this)}] The convolution operation resulted in an empty output. Output shape: ` +
          `${showKerasShape(y.shape)}. This can happen if the input is too small for the given kernel size, strides, ` +
          `dilation rate, and padding mode. Please check the input shape and convolution parameters.`,
      );
    return y;
  }

  /** @internal The padding in the terms of ops. */
  protected paddingOfOp(): ConvPadding {
    return this.padding as LayerPadding;
  }

  override getConfig(): Config {
    const { filters, groups, kernelInitializer, kernelRegularizer, kernelConstraint } = this;
    return {
      ...super.getConfig(),
      ...{ filters, groups, kernelInitializer, kernelRegularizer, kernelConstraint },
      ...loraConfig(this),
    };
  }
}

/**
 * activation(conv1d(x, kernel) + bias): inputs [batch, steps, channels] → [batch, new steps, filters]. Weights: kernel [size,
 * channels / groups, filters], bias [filters]. @tf tf.keras.layers.Conv1D
 */
export class Conv1D extends BaseConv {
  constructor(filters: number, kernelSize: WindowSize, options: Conv1DOptions = {}) {
    super(1, filters, kernelSize, options);
  }

  protected override get paddings(): readonly (LayerPadding | 'causal')[] {
    return ['valid', 'same', 'causal'];
  }

  protected override paddingOfOp(): ConvPadding {
    if (this.padding !== 'causal') return this.padding;
    const before = this.dilationRate[0] * (this.kernelSize[0] - 1);
    return [
      [0, 0],
      [before, 0],
      [0, 0],
    ];
  }
}

/**
 * activation(conv2d(x, kernel) + bias): inputs [batch, height, width, channels] → [batch, new height, new width, filters].
 * Weights: kernel [height, width, channels / groups, filters], bias [filters]. @tf tf.keras.layers.Conv2D
 */
export class Conv2D extends BaseConv {
  constructor(filters: number, kernelSize: WindowSize, options: ConvLayerOptions = {}) {
    super(2, filters, kernelSize, options);
  }
}

/**
 * activation(conv3d(x, kernel) + bias): inputs [batch, depth, height, width, channels] → [batch, new depth, new height, new
 * width, filters]. Weights: kernel [depth, height, width, channels / groups, filters], bias [filters].
 * @tf tf.keras.layers.Conv3D
 */
export class Conv3D extends BaseConv {
  constructor(filters: number, kernelSize: WindowSize, options: ConvLayerOptions = {}) {
    super(3, filters, kernelSize, options);
  }
}
