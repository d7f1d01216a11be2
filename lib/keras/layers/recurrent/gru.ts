/** GRU. */
import { namedOptions } from '../../base/named_options';
import { checkUnits } from './recurrent_cell';
import { GRUCell, type GRUCellOptions } from './gru_cell';
import { checkUseCudnn, GatedLayer, splitOptions, type RecurrentLayerOptions } from './recurrent_layer';

export type GRUOptions = RecurrentLayerOptions<GRUCellOptions> & {
  /** Default 'auto'. There is no cuDNN: true is an error. */
  useCudnn?: 'auto' | boolean;
};

/**
 * Gated recurrent units: `GRUCell` says what a step is. Inputs [batch, time, n] → the last output [batch, units], or all
 * (`returnSequences`) [batch, time, units]. Weights: kernel [n, 3·units], recurrentKernel [units, 3·units], bias [2, 3·units]
 * (`resetAfter`) or [3·units]. Call options: `initialState`, `mask`, `training`. @tf tf.keras.layers.GRU
 */
export class GRU extends GatedLayer<GRUCell> {
  readonly units: number;

  constructor(units: number, options: GRUOptions = {}) {
    const { useCudnn = 'auto', ...others } = namedOptions(options, 'GRU');
    checkUnits(units, 'GRU');
    checkUseCudnn(useCudnn, 'GRU');
    const { layer, cell } = splitOptions<GRUCellOptions>(others, 'GRU', 'gru_cell');
    super(new GRUCell(units, cell), layer);
    this.units = units;
    this.inputSpec = { ndim: 3 };
  }

  get resetAfter(): boolean {
    return this.cell.resetAfter;
  }
}
