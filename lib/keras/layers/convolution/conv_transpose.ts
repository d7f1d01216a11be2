/** Transposed convolutional layers. */
import { InvalidArgumentError } from '../../../core/errors';
import type { Tensor } from '../../../core/tensor';
import { convTranspose } from '../../../ops/nn/conv_transpose';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { nameOfClass } from '../../base/registry';
import type { KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { get as getConstraint, type Constraint } from '../../constraints/get';
import { get as getInitializer } from '../../initializers/get';
import type { Initializer } from '../../initializers/initializer';
import { get as getRegularizer, type WeightRegularizer } from '../../regularizers/get';
import { integerTuple, positiveInteger, type LayerPadding, type WindowSize } from '../window_arguments';
import { BaseConvolution, refuseStridesWithDilation } from './base_convolution';
import type { ConvTransposeLayerOptions } from './options';

/** Base class of `Conv1DTranspose`, `Conv2DTranspose` and `Conv3DTranspose`. */
abstract class BaseConvTranspose extends BaseConvolution {
  static override readonly positional = ['filters', 'kernelSize'];
  readonly filters: number;
  readonly outputPadding: readonly number[] | null;
  readonly kernelInitializer: Initializer;
  readonly kernelRegularizer: WeightRegularizer | null;
  readonly kernelConstraint: Constraint | null;
  kernel: Weight | null = null;

  constructor(rank: number, filters: number, kernelSize: WindowSize, options: ConvTransposeLayerOptions) {
    const where = nameOfClass(new.target);
    const {
      outputPadding = null,
      kernelInitializer = 'glorot_uniform',
      kernelRegularizer = null,
      kernelConstraint = null,
      ...common
    } = namedOptions(options, where);
    super(where, rank, kernelSize, common);
    this.filters = positiveInteger(filters, 'filters', where);
    const { strides } = this;
    this.outputPadding =
      outputPadding === null ? null : integerTuple(outputPadding, rank, 'outputPadding', where, 0);
    this.outputPadding?.forEach((extra, i) => {
      if (extra < strides[i]) return;
      throw new InvalidArgumentError(
        `[${where}] \`output_padding\` must be strictly less than \`strides\` for all dimensions. At dimension ${i}, ` +
          `\`output_padding\` is ${extra} but \`strides\` is ${strides[i]}.`,
      );
    });
    refuseStridesWithDilation(strides, this.dilationRate, where);
    this.kernelInitializer = getInitializer(kernelInitializer, where);
    this.kernelRegularizer = getRegularizer(kernelRegularizer, where);
    this.kernelConstraint = getConstraint(kernelConstraint, where);
  }

  override build(inputShape: KerasShape): void {
    const channels = this.checkInputShape(inputShape);
    this.kernel = this.addWeight({
      name: 'kernel',
      shape: [...this.kernelSize, this.filters, channels],
      initializer: this.kernelInitializer,
      regularizer: this.kernelRegularizer,
      constraint: this.kernelConstraint,
    });
    this.addBias(this.filters);
    this.built = true;
  }

  protected override outputChannels(): number {
    return this.filters;
  }

  protected override outputSizes(spatial: KerasShape): KerasShape {
    return spatial.map((size, i) => {
      if (size === null) return null;
      const stride = this.strides[i];
      const extent = (this.kernelSize[i] - 1) * this.dilationRate[i] + 1;
      const extra = this.outputPadding?.[i];
      if (this.padding === 'valid')
        return (size - 1) * stride + (extra === undefined ? Math.max(extent, stride) : extent + extra);
      return extra === undefined ? size * stride : (size - 1) * stride + (extent % 2) + extra;
    });
  }

  protected override convolve(images: Tensor): Tensor {
    const { strides, dilationRate: dilations } = this;
    const sizes = this.outputSizes(images.shape.slice(1, -1)) as readonly number[];
    return convTranspose(images, this.kernel as Weight, [images.shape[0], ...sizes, this.filters], strides, {
      padding: this.padding as LayerPadding,
      dilations,
    });
  }

  override getConfig(): Config {
    const { filters, outputPadding, kernelInitializer, kernelRegularizer, kernelConstraint } = this;
    return {
      ...super.getConfig(),
      ...{ filters, outputPadding, kernelInitializer, kernelRegularizer, kernelConstraint },
    };
  }
}

/**
 * activation(transposed conv1d(x, kernel) + bias): inputs [batch, steps, channels] → [batch, new steps, filters], where steps are
 * those of a convolution of the result. Weights: kernel [size, filters, channels], bias [filters].
 * @tf tf.keras.layers.Conv1DTranspose
 */
export class Conv1DTranspose extends BaseConvTranspose {
  constructor(filters: number, kernelSize: WindowSize, options: ConvTransposeLayerOptions = {}) {
    super(1, filters, kernelSize, options);
  }
}

/**
 * activation(transposed conv2d(x, kernel) + bias): inputs [batch, height, width, channels] → [batch, new height, new width,
 * filters], which a convolution with these options takes back to the height and width of the inputs. Weights: kernel [height,
 * width, filters, channels], bias [filters]. @tf tf.keras.layers.Conv2DTranspose
 */
export class Conv2DTranspose extends BaseConvTranspose {
  constructor(filters: number, kernelSize: WindowSize, options: ConvTransposeLayerOptions = {}) {
    super(2, filters, kernelSize, options);
  }
}

/**
 * `Conv2DTranspose` over three spatial dimensions. Weights: kernel [depth, height, width, filters, channels], bias [filters].
 * @tf tf.keras.layers.Conv3DTranspose
 */
export class Conv3DTranspose extends BaseConvTranspose {
  constructor(filters: number, kernelSize: WindowSize, options: ConvTransposeLayerOptions = {}) {
    super(3, filters, kernelSize, options);
  }
}
