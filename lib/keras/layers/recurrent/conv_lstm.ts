/** Convolutional LSTMs. */
import type { KerasShape } from '../../base/shapes';
import { namedOptions } from '../../base/named_options';
import type { WindowSize } from '../window_arguments';
import { ConvLSTMCell, type ConvLSTMCellOptions } from './conv_lstm_cell';
import { GatedLayer, splitOptions, type RecurrentLayerOptions } from './recurrent_layer';

export type ConvLSTMOptions = RecurrentLayerOptions<ConvLSTMCellOptions>;

/** What the three have in common. */
abstract class ConvLSTM extends GatedLayer<ConvLSTMCell> {
  static override readonly positional = ['filters', 'kernelSize'];
  readonly filters: number;

  protected constructor(
    rank: number,
    filters: number,
    kernelSize: WindowSize,
    options: ConvLSTMOptions | undefined,
    where: string,
  ) {
    const given = namedOptions(options, where);
    const { layer, cell } = splitOptions<ConvLSTMCellOptions>(given, where, 'conv_lstm_cell');
    super(new ConvLSTMCell(rank, filters, kernelSize, cell, where), layer);
    this.filters = filters;
    this.inputSpec = { ndim: rank + 3 };
  }

  get kernelSize(): readonly number[] {
    return this.cell.kernelSize;
  }

  protected override stepShape(inputShape: KerasShape): KerasShape {
    return this.cell.stateShape([inputShape[0], ...inputShape.slice(2)]);
  }

  protected override stateShapes(inputShape: KerasShape): readonly unknown[] {
    const shape = inputShape.length > 1 ? this.stepShape(inputShape) : inputShape;
    return [shape, shape];
  }
}

/**
 * LSTM whose products are 1-D convolutions: inputs [batch, time, size, channels] → the last output [batch, new size, filters], or
 * all (`returnSequences`). Weights: kernel [kernelSize, channels, 4·filters], recurrentKernel [kernelSize, filters, 4·filters],
 * bias [4·filters]. @tf tf.keras.layers.ConvLSTM1D
 */
export class ConvLSTM1D extends ConvLSTM {
  constructor(filters: number, kernelSize: WindowSize, options: ConvLSTMOptions = {}) {
    super(1, filters, kernelSize, options, 'ConvLSTM1D');
  }
}

/**
 * LSTM whose products are 2-D convolutions: inputs [batch, time, height, width, channels] → the last output [batch, new height,
 * new width, filters], or all (`returnSequences`). Weights: kernel [height, width, channels, 4·filters], recurrentKernel [height,
 * width, filters, 4·filters], bias [4·filters]. @tf tf.keras.layers.ConvLSTM2D
 */
export class ConvLSTM2D extends ConvLSTM {
  constructor(filters: number, kernelSize: WindowSize, options: ConvLSTMOptions = {}) {
    super(2, filters, kernelSize, options, 'ConvLSTM2D');
  }
}

/**
 * LSTM whose products are 3-D convolutions: inputs [batch, time, depth, height, width, channels] → the last output [batch, new
 * depth, new height, new width, filters], or all (`returnSequences`). Weights: kernel [depth, height, width, channels, 4·filters],
 * recurrentKernel [depth, height, width, filters, 4·filters], bias [4·filters]. @tf tf.keras.layers.ConvLSTM3D
 */
export class ConvLSTM3D extends ConvLSTM {
  constructor(filters: number, kernelSize: WindowSize, options: ConvLSTMOptions = {}) {
    super(3, filters, kernelSize, options, 'ConvLSTM3D');
  }
}
