/** What runs in recurrent layers: cells, their states, and the dropout that they share among the steps. */
import { context } from '../../../core/context';
import type { Tensor } from '../../../core/tensor';
import { ones, zeros } from '../../../ops/array/creation';
import { statelessDropout } from '../../../ops/nn/dropout';
import { drawSeed, type SeedGenerator } from '../../base/seed';
import { Layer } from '../layer';

/** The sizes of states: of one, or of each; of stacked cells those of each cell. */
export type StateSize = number | readonly StateSize[];

/** Tensors in nested arrays, as the sizes are. */
export type States = readonly (Tensor | States)[];

/** The options of a cell's call. */
export interface CellCallOptions {
  /** Whether the call is part of training. */
  training?: boolean;
}

/**
 * What `RNN` runs at each step: a layer or any object with these. `call(inputs, states)` returns the output and the next states.
 */
export interface RnnCell {
  readonly stateSize: StateSize;
  /** The size of the output. Default: that of the first state. */
  readonly outputSize?: number | null;
  call(inputs: Tensor, states: States, options?: CellCallOptions): [Tensor, States | Tensor];
  /** The states before the first step. Default: zeros. */
  getInitialState?(batchSize: number): States | Tensor;
}

/** A cell that is a layer. */
export type CellLayer = Layer & RnnCell;

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** The states as a list. */
export const listOf = (states: States | Tensor): States => (isList(states) ? states : [states]);

/** The size of a cell's output. */
export function outputSizeOf({ outputSize, stateSize }: RnnCell): number {
  if (typeof outputSize === 'number') return outputSize;
  let size: StateSize = stateSize;
  while (typeof size !== 'number') size = size[0];
  return size;
}

/** Zeros for states of these sizes. */
export function zeroStates(size: StateSize, batchSize: number, dtype: Layer['computeDtype']): States {
  const one = (s: StateSize): Tensor | States =>
    typeof s === 'number' ? zeros([batchSize, s], dtype) : s.map(one);
  return listOf(one(size));
}

/** The states of a cell before the first step. */
export function initialStates(cell: RnnCell, batchSize: number, dtype: Layer['computeDtype']): States {
  if (cell.getInitialState !== undefined) return listOf(cell.getInitialState(batchSize));
  return zeroStates(cell.stateSize, batchSize, dtype);
}

/** Calls a cell. */
export function callCell(
  cell: RnnCell,
  inputs: Tensor,
  states: States,
  training: boolean,
): { output: Tensor; next: States } {
  const [output, next] =
    cell instanceof Layer
      ? cell<[Tensor, States | Tensor]>(inputs, states, { training })
      : cell.call(inputs, states, { training });
  return { output, next: listOf(next) };
}

/** What masks are drawn for. */
type Described = Pick<Tensor, 'shape' | 'dtype'>;

interface Drawn {
  readonly masks: readonly Tensor[];
  /** The trace in which they were drawn, which alone may use them. */
  readonly tracer: object | null;
}

/** The masks of a cell's dropout: drawn once for all steps, until they are reset. */
export class DropoutMasks {
  private drawn: Drawn | null = null;
  private held = false;

  constructor(
    private readonly rate: number,
    /** Masks for so many products of the same inputs. */
    private readonly count: number,
    private readonly seed: SeedGenerator,
  ) {}

  /** The masks for inputs of that shape, [1] or one for each product; null where nothing is dropped. */
  for({ shape, dtype }: Described): readonly Tensor[] | null {
    if (this.rate === 0) return null;
    const { tracer } = context;
    const usable = this.held || this.drawn?.tracer === null || this.drawn?.tracer === tracer;
    if (this.drawn === null || !usable) {
      const masks = Array.from({ length: this.count }, () =>
        this.rate === 1
          ? (zeros(shape, dtype) as Tensor)
          : (statelessDropout(ones(shape, dtype), this.rate, drawSeed(this.seed) as Tensor) as Tensor),
      );
      this.drawn = { masks, tracer };
    }
    return this.drawn.masks;
  }

  /** Draws the masks if there are none, and keeps them until `reset`, in the traces of steps too. */
  hold(inputs: Described): void {
    if (this.for(inputs) !== null) this.held = true;
  }

  reset(): void {
    this.drawn = null;
    this.held = false;
  }
}
