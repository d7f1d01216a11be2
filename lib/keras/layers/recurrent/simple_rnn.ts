/** SimpleRNN. */
import type { Config } from '../../base/keras_object';
import { RecurrentLayer, splitOptions, type RecurrentLayerOptions } from './recurrent_layer';
import { SimpleRNNCell, type SimpleRNNCellOptions } from './simple_rnn_cell';
import { checkUnits } from './recurrent_cell';

export type SimpleRNNOptions = RecurrentLayerOptions<SimpleRNNCellOptions>;

/**
 * The fully connected recurrent layer: h' = activation(x·kernel + bias + h·recurrentKernel) at each step; inputs
 * [batch, time, n] → the last output [batch, units], or all (`returnSequences`) [batch, time, units]. Weights: kernel [n, units],
 * recurrentKernel [units, units], bias [units]. Call options: `initialState`, `mask`, `training`. @tf tf.keras.layers.SimpleRNN
 */
export class SimpleRNN extends RecurrentLayer<SimpleRNNCell> {
  readonly units: number;

  constructor(units: number, options: SimpleRNNOptions = {}) {
    checkUnits(units, 'SimpleRNN');
    const { layer, cell } = splitOptions<SimpleRNNCellOptions>(options, 'SimpleRNN', 'simple_rnn_cell');
    super(new SimpleRNNCell(units, cell), layer);
    this.units = units;
    this.inputSpec = { ndim: 3 };
  }

  override getConfig(): Config {
    // As in Keras, the seed is not among the options that are saved.
    const { seed: _, ...config } = super.getConfig();
    return config;
  }
}
