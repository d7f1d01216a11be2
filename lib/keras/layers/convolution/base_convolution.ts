/** What convolutional layers have in common: windows, bias and activation. */
import { InvalidArgumentError } from '../../../core/errors';
import type { Tensor } from '../../../core/tensor';
import { add } from '../../../ops/math/binary';
import { fromChannelsLast, toChannelsLast, type WindowAxes } from '../../../ops/nn/window';
import { getActivation, type Activation } from '../../activations/get';
import type { Config } from '../../base/keras_object';
import { classNameOf } from '../../base/registry';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { get as getConstraint, type Constraint } from '../../constraints/get';
import { get as getInitializer } from '../../initializers/get';
import type { Initializer } from '../../initializers/initializer';
import { get as getRegularizer, type WeightRegularizer } from '../../regularizers/get';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import {
  channelsOf,
  dataFormatName,
  integerTuple,
  paddingName,
  shapeWith,
  spatialPart,
  windowCounts,
  type DataFormat,
  type LayerPadding,
  type WindowSize,
} from '../window_arguments';
import type { ConvolutionLayerOptions } from './options';

/** The options of a layer, whose padding may be causal. */
type CommonOptions = Omit<ConvolutionLayerOptions, 'padding'> & { padding?: LayerPadding | 'causal' };

/** A layer that convolves over `rank` spatial dimensions: activation(convolution(inputs) + bias). */
export abstract class BaseConvolution extends Layer {
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: LayerPadding | 'causal';
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly biasInitializer: Initializer;
  readonly biasRegularizer: WeightRegularizer | null;
  readonly biasConstraint: Constraint | null;
  bias: Weight | null = null;
  /** @internal The data format as ops take it. */
  protected readonly axes: WindowAxes;

  /** @param where The name of the class, for messages. */
  protected constructor(
    where: string,
    readonly rank: number,
    kernelSize: WindowSize,
    options: CommonOptions,
  ) {
    const {
      strides = 1,
      padding = 'valid',
      dataFormat = null,
      dilationRate = 1,
      activation = null,
      useBias = true,
      biasInitializer = 'zeros',
      biasRegularizer = null,
      activityRegularizer = null,
      biasConstraint = null,
      ...others
    } = options;
    super({ ...others, activityRegularizer: getRegularizer(activityRegularizer, where) });
    this.kernelSize = integerTuple(kernelSize, rank, 'kernelSize', where);
    this.strides = integerTuple(strides, rank, 'strides', where);
    this.dilationRate = integerTuple(dilationRate, rank, 'dilationRate', where);
    this.padding = paddingName(padding, this.paddings, where);
    this.dataFormat = dataFormatName(dataFormat, where);
    this.axes = { n: rank, channelsFirst: this.dataFormat === 'channels_first' };
    this.activation = getActivation(activation, where);
    this.useBias = useBias;
    this.biasInitializer = getInitializer(biasInitializer, where);
    this.biasRegularizer = getRegularizer(biasRegularizer, where);
    this.biasConstraint = getConstraint(biasConstraint, where);
    this.inputSpec = { minNdim: rank + 2 };
  }

  /** @internal The paddings that the layer takes. */
  protected get paddings(): readonly (LayerPadding | 'causal')[] {
    return ['valid', 'same'];
  }

  /** @internal The number of channels of the result. */
  protected abstract outputChannels(inputChannels: number | null): number | null;

  /** @internal The convolution of inputs with channels last. */
  protected abstract convolve(images: Tensor): Tensor;

  /** @internal Checks the shape of the inputs, of which it returns the number of channels. */
  protected checkInputShape(inputShape: KerasShape): number {
    const where = classNameOf(this);
    const { rank, dataFormat } = this;
    if (inputShape.length !== rank + 2)
      throw new InvalidArgumentError(
        `[${where}] the inputs must have ${rank + 2} dimensions: batch, ${rank} spatial and channels. Received the shape ` +
          showKerasShape(inputShape),
      );
    const channels = channelsOf(inputShape, dataFormat);
    if (channels === null)
      throw new InvalidArgumentError(
        `[${where}] the number of channels of the inputs must be known; got the shape ${showKerasShape(inputShape)} with ` +
          `data format '${dataFormat}'`,
      );
    this.computeOutputShape(inputShape);
    this.inputSpec = { minNdim: rank + 2, axes: { [dataFormat === 'channels_last' ? -1 : 1]: channels } };
    return channels;
  }

  /** @internal */
  protected addBias(channels: number): void {
    if (!this.useBias) return;
    this.bias = this.addWeight({
      name: 'bias',
      shape: [channels],
      initializer: this.biasInitializer,
      regularizer: this.biasRegularizer,
      constraint: this.biasConstraint,
    });
  }

  call(x: Tensor): Tensor {
    const sums = this.convolve(toChannelsLast(x, this.axes));
    const biased = this.bias === null ? sums : add(sums, this.bias);
    return this.activation(fromChannelsLast(biased, this.axes));
  }

  /** @internal The spatial sizes of the result. */
  protected outputSizes(spatial: KerasShape): KerasShape {
    const { kernelSize: sizes, strides, dilationRate: dilations, padding } = this;
    return windowCounts(spatial, { sizes, strides, dilations, padding }, classNameOf(this));
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    const { dataFormat } = this;
    return shapeWith(
      inputShape[0],
      this.outputSizes(spatialPart(inputShape, dataFormat)),
      this.outputChannels(channelsOf(inputShape, dataFormat)),
      dataFormat,
    );
  }

  override computeOutputSpec(x: KerasTensor): KerasTensor {
    return new KerasTensor(this.computeOutputShape(x.shape), this.computeDtype);
  }

  override getConfig(): Config {
    const { kernelSize, strides, padding, dataFormat, dilationRate, activation, useBias } = this;
    const { biasInitializer, biasRegularizer, activityRegularizer, biasConstraint } = this;
    return {
      ...super.getConfig(),
      ...{ kernelSize, strides, padding, dataFormat, dilationRate, activation, useBias },
      ...{ biasInitializer, biasRegularizer, activityRegularizer, biasConstraint },
    };
  }
}

/** InvalidArgumentError if both strides and dilation are greater than 1. */
export function refuseStridesWithDilation(
  strides: readonly number[],
  dilationRate: readonly number[],
  where: string,
): void {
  if (Math.max(...strides) <= 1 || Math.max(...dilationRate) <= 1) return;
  throw new InvalidArgumentError(
    `[${where}] \`strides > 1\` not supported in conjunction with \`dilation_rate > 1\`. Received: ` +
      `strides=[${strides.join(', ')}] and dilation_rate=[${dilationRate.join(', ')}]`,
  );
}
