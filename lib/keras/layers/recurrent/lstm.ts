/** LSTM. */
import { checkUnits } from './recurrent_cell';
import { checkUseCudnn, GatedLayer, splitOptions, type RecurrentLayerOptions } from './recurrent_layer';
import { LSTMCell, type LSTMCellOptions } from './lstm_cell';
import { namedOptions } from '../../base/named_options';

export type LSTMOptions = RecurrentLayerOptions<LSTMCellOptions> & {
  /** Default 'auto'. There is no cuDNN: true is an error. */
  useCudnn?: 'auto' | boolean;
};

/**
 * Long short-term memory: `LSTMCell` says what a step is. Inputs [batch, time, n] → the last output [batch, units], or all
 * (`returnSequences`) [batch, time, units]; the states (`returnState`) are the output and the carry. Weights: kernel
 * [n, 4·units], recurrentKernel [units, 4·units], bias [4·units]. Call options: `initialState`, `mask`, `training`.
 * @tf tf.keras.layers.LSTM
 */
export class LSTM extends GatedLayer<LSTMCell> {
  readonly units: number;

  constructor(units: number, options: LSTMOptions = {}) {
    const { useCudnn = 'auto', ...others } = namedOptions(options, 'LSTM');
    checkUnits(units, 'LSTM');
    checkUseCudnn(useCudnn, 'LSTM');
    const { layer, cell } = splitOptions<LSTMCellOptions>(others, 'LSTM', 'lstm_cell');
    super(new LSTMCell(units, cell), layer);
    this.units = units;
    this.inputSpec = { ndim: 3 };
  }

  get unitForgetBias(): boolean {
    return this.cell.unitForgetBias;
  }
}
