/** Several cells as one. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { Tensor } from '../../../core/tensor';
import type { Config } from '../../base/keras_object';
import { withNameScope } from '../../base/naming';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import { Layer } from '../layer';
import type { LayerOptions } from '../options';
import {
  callCell,
  initialStates,
  isList,
  outputSizeOf,
  type CellCallOptions,
  type CellLayer,
  type RnnCell,
  type States,
  type StateSize,
} from './cell';

/**
 * Cells that `RNN` runs one after the other at each step: the output of one is the input of the next. The states are a list with
 * those of each cell. @tf tf.keras.layers.StackedRNNCells
 */
export class StackedRNNCells extends Layer implements RnnCell {
  static override readonly positional = ['cells'];
  readonly cells: readonly (RnnCell | CellLayer)[];

  constructor(cells: readonly (RnnCell | CellLayer)[], options: LayerOptions = {}) {
    if (!isList(cells) || cells.length === 0)
      throw new InvalidArgumentError(
        `[StackedRNNCells] takes a list of at least one cell; got ${describe(cells)}`,
      );
    for (const cell of cells as readonly (Partial<RnnCell> | null)[]) {
      if (typeof cell?.call !== 'function')
        throw new InvalidArgumentError(
          `[StackedRNNCells] All cells must have a \`call\` method. Received cell without a \`call\` method: ${describe(cell)}`,
        );
      if (cell.stateSize === undefined)
        throw new InvalidArgumentError(
          `[StackedRNNCells] All cells must have a \`stateSize\` property. Received cell without a \`stateSize\`: ${describe(cell)}`,
        );
    }
    super(namedOptions(options, 'StackedRNNCells'));
    this.cells = [...cells];
  }

  get stateSize(): StateSize {
    return this.cells.map((cell) => cell.stateSize);
  }

  get outputSize(): number {
    return outputSizeOf(this.cells[this.cells.length - 1]);
  }

  getInitialState(batchSize: number): States {
    return this.cells.map((cell) => {
      const states = initialStates(cell, batchSize, this.computeDtype);
      return cell.getInitialState === undefined && typeof cell.stateSize === 'number' ? states[0] : states;
    });
  }

  override build(inputShape: KerasShape): void {
    let shape = inputShape;
    for (const cell of this.cells) {
      if (cell instanceof Layer && !cell.built) {
        const own = shape;
        withNameScope(cell.name, () => (cell as Layer).build(own));
        cell.buildShape = own;
        cell.built = true;
      }
      shape = [shape[0], outputSizeOf(cell)];
    }
    this.built = true;
  }

  call(inputs: Tensor, states: States, options: CellCallOptions = {}): [Tensor, States] {
    let output = inputs;
    const next = this.cells.map((cell, i) => {
      const own = states[i];
      const found = callCell(cell, output, isList(own) ? own : [own], options.training === true);
      output = found.output;
      return own instanceof Tensor ? found.next[0] : found.next;
    });
    return [output, next];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), cells: this.cells };
  }
}
