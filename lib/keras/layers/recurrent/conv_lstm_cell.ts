/** The cell of ConvLSTM1D, ConvLSTM2D and ConvLSTM3D. */
import { InvalidArgumentError } from '../../../core/errors';
import type { Tensor } from '../../../core/tensor';
import { zeros } from '../../../ops/array/creation';
import { concat, split } from '../../../ops/array/joining';
import { reshape } from '../../../ops/array/views';
import { add, multiply } from '../../../ops/math/binary';
import { convolution } from '../../../ops/nn/conv';
import { fromChannelsLast, toChannelsLast, type WindowAxes } from '../../../ops/nn/window';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import type { LayerOptions } from '../options';
import {
  channelsOf,
  dataFormatName,
  integerTuple,
  paddingName,
  positiveInteger,
  shapeWith,
  spatialPart,
  windowCounts,
  type DataFormat,
  type LayerPadding,
  type WindowSize,
} from '../window_arguments';
import type { States } from './cell';
import { lstmGates, UnitForgetBias } from './lstm_cell';
import { biased } from './projection';
import {
  checkBoolean,
  GatedCell,
  type GateOptions,
  type SplitStep,
  type WeightOptions,
} from './recurrent_cell';

export interface ConvLSTMCellOptions
  extends WeightOptions, Omit<GateOptions, 'implementation'>, Omit<LayerOptions, 'activityRegularizer'> {
  /** Of the convolution of the inputs, one for all dimensions or one for each. Default 1. */
  strides?: WindowSize;
  /** Of the convolution of the inputs; that of the state is always 'same'. Default 'valid'. */
  padding?: LayerPadding | Uppercase<LayerPadding>;
  /** Where the channels are. Default 'channels_last'. */
  dataFormat?: DataFormat | null;
  /** Of the convolution of the inputs. Default 1; others exclude strides other than 1. */
  dilationRate?: WindowSize;
  /** Whether the bias of the forget gate begins as 1. Default true. */
  unitForgetBias?: boolean;
}

/** One step of a convolutional LSTM: the products of LSTMCell are convolutions. */
export class ConvLSTMCell extends GatedCell {
  static override readonly positional = ['rank', 'filters', 'kernelSize'];
  readonly filters: number;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: LayerPadding;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly unitForgetBias: boolean;
  readonly stateSize: readonly [number, number];
  private readonly axes: WindowAxes;
  private inputShape: KerasShape | null = null;

  /** @param where The name of the layer, for messages. */
  constructor(
    readonly rank: number,
    filters: number,
    kernelSize: WindowSize,
    options: ConvLSTMCellOptions = {},
    where = 'ConvLSTMCell',
  ) {
    const {
      strides = 1,
      padding = 'valid',
      dataFormat = null,
      dilationRate = 1,
      unitForgetBias = true,
      ...others
    } = namedOptions(options, where);
    checkBoolean(unitForgetBias, 'unitForgetBias', where);
    super({ ...others, implementation: 1 }, where, 4);
    this.filters = positiveInteger(filters, 'filters', where);
    this.kernelSize = integerTuple(kernelSize, rank, 'kernelSize', where);
    this.strides = integerTuple(strides, rank, 'strides', where);
    this.dilationRate = integerTuple(dilationRate, rank, 'dilationRate', where);
    if (Math.max(...this.strides) > 1 && Math.max(...this.dilationRate) > 1)
      throw new InvalidArgumentError(
        `[${where}] Specifying \`strides > 1\` is not compatible with \`dilationRate > 1\`. Received: ` +
          `strides=[${this.strides.join(', ')}] and dilationRate=[${this.dilationRate.join(', ')}]`,
      );
    this.padding = paddingName<LayerPadding>(padding, ['valid', 'same'], where);
    this.dataFormat = dataFormatName(dataFormat, where);
    this.axes = { n: rank, channelsFirst: this.dataFormat === 'channels_first' };
    this.unitForgetBias = unitForgetBias;
    this.stateSize = [filters, filters];
  }

  override build(inputShape: KerasShape): void {
    const { filters, kernelSize, biasInitializer } = this;
    const channels = channelsOf(inputShape, this.dataFormat);
    if (spatialPart(inputShape, this.dataFormat).includes(null) || channels === null)
      throw new InvalidArgumentError(
        `[${this.name}] ConvLSTM layers only support static input shapes for the spatial dimension and the channels. Received ` +
          `invalid input shape: input_shape=${showKerasShape(inputShape)}`,
      );
    this.inputShape = inputShape;
    const bias = this.unitForgetBias ? new UnitForgetBias(biasInitializer) : biasInitializer;
    const [kernel, recurrent] = [channels, filters].map((n) => [...kernelSize, n, 4 * filters]);
    this.addWeights(kernel, recurrent, [4 * filters], bias);
  }

  /** @internal The shape of the states for inputs of a step. */
  stateShape(inputShape: KerasShape): KerasShape {
    const { kernelSize: sizes, strides, dilationRate: dilations, padding, dataFormat } = this;
    const windows = { sizes, strides, dilations, padding };
    const spatial = windowCounts(spatialPart(inputShape, dataFormat), windows, this.name);
    return shapeWith(inputShape[0], spatial, this.filters, dataFormat);
  }

  override getInitialState(batchSize: number): States {
    const [, ...rest] = this.stateShape(this.inputShape as KerasShape) as number[];
    return [0, 1].map(() => zeros([batchSize, ...rest], this.computeDtype) as Tensor);
  }

  /** The convolution with each gate's part of the kernel, of x times the gate's mask; of all gates at once without masks. */
  private convolve(
    x: Tensor,
    kernel: Tensor,
    masks: readonly Tensor[] | null,
    windows: { strides: number[]; padding: string; dilations: number[] },
  ): Tensor {
    const options = { ...windows, padding: windows.padding.toUpperCase() as 'SAME' };
    const one = (images: Tensor, w: Tensor): Tensor => {
      // Steps and sequences are one dimension.
      const images2 =
        images.rank === this.rank + 3 ? reshape(images, [-1, ...images.shape.slice(2)]) : images;
      const y = convolution(toChannelsLast(images2, this.axes), w, options);
      return images2 === images ? y : reshape(y, [...images.shape.slice(0, 2), ...y.shape.slice(1)]);
    };
    if (masks === null) return one(x, kernel);
    const parts = split(kernel, 4, { axis: this.rank + 1 });
    return concat(
      parts.map((part, i) => one(multiply(x, masks[i]), part)),
      -1,
    );
  }

  override split(inputMasks: readonly Tensor[] | null, stateMasks: readonly Tensor[] | null): SplitStep {
    const kernel = (this.kernel as Weight).read();
    const recurrentKernel = (this.recurrentKernel as Weight).read();
    const bias = this.bias?.read() ?? null;
    const { strides, padding, dilationRate: dilations, axes } = this;
    const ofInputs = { strides: [...strides], padding, dilations: [...dilations] };
    const each = strides.map(() => 1);
    const ofState = { strides: each, padding: 'same', dilations: each };
    return {
      project: (x) => biased(this.convolve(x, kernel, inputMasks, ofInputs), bias),
      advance: (projected, [h, c]) => {
        const sums = add(projected, this.convolve(h, recurrentKernel, stateMasks, ofState));
        const carry = toChannelsLast(c, axes);
        const gates = split(sums, 4, { axis: -1 });
        return lstmGates(gates, carry, this.activation, this.recurrentActivation).map((t) =>
          fromChannelsLast(t, axes),
        );
      },
    };
  }

  override getConfig(): Config {
    const { filters, kernelSize, strides, padding, dataFormat, dilationRate, unitForgetBias } = this;
    return {
      ...super.getConfig(),
      ...{ filters, kernelSize, strides, padding, dataFormat, dilationRate, unitForgetBias },
    };
  }
}
