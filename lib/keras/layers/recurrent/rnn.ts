/** The layer that runs a cell over time. */
import type { TensorLike } from '../../../core/convert';
import { InvalidArgumentError } from '../../../core/errors';
import { describe, showShape } from '../../../core/shape';
import { shapeOf, type Tensor } from '../../../core/tensor';
import { initScope } from '../../../function/eager';
import { cast } from '../../../ops/array/cast';
import { convertToTensor } from '../../../ops/array/convert';
import { zeros, zerosLike } from '../../../ops/array/creation';
import { at } from '../../../ops/array/at';
import { flatten, mapStructure } from '../../../core/nest';
import type { Config } from '../../base/keras_object';
import { withNameScope } from '../../base/naming';
import { namedOptions } from '../../base/named_options';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import { Weight } from '../../base/weight';
import { get as getRegularizer, type RegularizerLike } from '../../regularizers/get';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { shapesOf } from '../inputs';
import { Layer } from '../layer';
import type { CallOptions, LayerOptions } from '../options';
import {
  callCell,
  initialStates,
  isList,
  outputSizeOf,
  type CellLayer,
  type RnnCell,
  type States,
  type StateSize,
} from './cell';
import { checkBoolean, RecurrentCell } from './recurrent_cell';
import { StackedRNNCells } from './stacked_rnn_cells';
import { mapStates, runTimeLoop, swapBatchAndTime, timeMajorMask, type TimeLoopResult } from './time_loop';

/** The options of all recurrent layers. */
export interface RnnOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** All outputs, [batch, time, …], in place of the last one. Default false. */
  returnSequences?: boolean;
  /** The result is a list: the output, then the last states. Default false. */
  returnState?: boolean;
  /** From the last step to the first; the outputs are in the order of the steps. Default false. */
  goBackwards?: boolean;
  /** Each batch goes on with the states of the one before. Default false. */
  stateful?: boolean;
  /** Compiled functions repeat the step's ops for each step, in place of a loop: for very few steps. Default false. */
  unroll?: boolean;
  /** Outputs of masked steps are zeros, in place of the output before. Default false. */
  zeroOutputForMask?: boolean;
  activityRegularizer?: RegularizerLike | null;
}

/** The options of a call. */
export interface RnnCallOptions extends CallOptions {
  /** The states before the first step. Default: zeros, or those of the last call where the layer is stateful. */
  initialState?: unknown;
}

const flags = [
  'returnSequences',
  'returnState',
  'goBackwards',
  'stateful',
  'unroll',
  'zeroOutputForMask',
] as const;

function checkCell(cell: unknown): RnnCell | CellLayer {
  const { call, stateSize } = (cell ?? {}) as Partial<RnnCell>;
  if (typeof call !== 'function')
    throw new InvalidArgumentError(
      `[RNN] Argument \`cell\` should have a \`call\` method. Received: cell=${describe(cell)}`,
    );
  const isSize = (size: unknown): boolean => Number.isInteger(size) || (isList(size) && size.every(isSize));
  if (!isSize(stateSize))
    throw new InvalidArgumentError(
      '[RNN] The RNN cell should have a `stateSize` property (an integer, or a list of integers, one for each state). ' +
        `Received: cell=${describe(cell)}`,
    );
  return cell as RnnCell;
}

/**
 * Runs a cell over the second dimension of its inputs: [batch, time, …] → the last output [batch, size], or all of them
 * (`returnSequences`). The cell is a layer or any object with `stateSize` and `call(inputs, states, { training })`, which returns the
 * output of a step and the next states; a list of cells is stacked (StackedRNNCells). Call options: `initialState`, `mask`
 * [batch, time] (false: the step leaves the states as they are), `training`. In compiled functions the step is traced once.
 * @tf tf.keras.layers.RNN
 */
export class RNN extends Layer {
  static override readonly positional: readonly string[] = ['cell'];
  readonly cell: RnnCell | CellLayer;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly unroll: boolean;
  zeroOutputForMask: boolean;
  readonly stateSize: StateSize;
  /** The states of a stateful layer, once it is built; null otherwise. */
  states: readonly unknown[] | null = null;

  constructor(cell: RnnCell | CellLayer | readonly (RnnCell | CellLayer)[], options: RnnOptions = {}) {
    const {
      returnSequences = false,
      returnState = false,
      goBackwards = false,
      stateful = false,
      unroll = false,
      zeroOutputForMask = false,
      activityRegularizer = null,
      ...others
    } = namedOptions(options, 'RNN');
    const one = checkCell(isList(cell) ? new StackedRNNCells(cell) : cell);
    super({ ...others, activityRegularizer: getRegularizer(activityRegularizer, 'RNN') });
    const given = { returnSequences, returnState, goBackwards, stateful, unroll, zeroOutputForMask };
    for (const name of flags) checkBoolean(given[name], name, this.name);
    this.cell = one;
    this.returnSequences = returnSequences;
    this.returnState = returnState;
    this.goBackwards = goBackwards;
    this.stateful = stateful;
    this.unroll = unroll;
    this.zeroOutputForMask = zeroOutputForMask;
    this.stateSize = one.stateSize;
    this.supportsMasking = true;
    this.usesMask = true;
  }

  /** The states before the first step, of so many sequences. */
  getInitialState(batchSize: number): States {
    const { cell } = this;
    return initialStates(cell, batchSize, cell instanceof Layer ? cell.computeDtype : this.computeDtype);
  }

  override build(sequencesShape: KerasShape): void {
    const { cell } = this;
    if (sequencesShape.length < 3)
      throw new InvalidArgumentError(
        `[${this.name}] the inputs of a recurrent layer have the shape [batch, time, …]; got ${showKerasShape(sequencesShape)}`,
      );
    if (cell instanceof Layer && !cell.built) {
      const stepShape = [sequencesShape[0], ...sequencesShape.slice(2)];
      withNameScope(cell.name, () => (cell as Layer).build(stepShape));
      cell.buildShape = stepShape;
      cell.built = true;
    }
    if (this.stateful) {
      if (this.states === null) this.createStates(sequencesShape);
      else this.resetState();
    }
    this.built = true;
  }

  private createStates(sequencesShape: KerasShape): void {
    const batch = sequencesShape[0];
    if (batch === null)
      throw new InvalidArgumentError(
        `[${this.name}] When using \`stateful: true\` in a RNN, the batch size must be static. Found dynamic batch size: ` +
          `sequence.shape=${showKerasShape(sequencesShape)}`,
      );
    this.states = initScope(() =>
      mapStates(this.getInitialState(batch), (t) => new StateVariable(cast(t, this.variableDtype)) as never),
    );
  }

  /** Sets the states of a stateful layer to zeros. */
  resetState(): void {
    for (const v of flatten(this.states ?? []) as StateVariable[]) v.assign(zerosLike(v.read()));
  }

  /** The same as `resetState`. */
  resetStates(): void {
    this.resetState();
  }

  /** @internal The shape of the output of a step. */
  protected stepShape([batch]: KerasShape): KerasShape {
    return [batch, outputSizeOf(this.cell)];
  }

  /** @internal Those of the states. */
  protected stateShapes([batch]: KerasShape): readonly unknown[] {
    const shapes = (size: StateSize): unknown =>
      typeof size === 'number' ? [batch, size] : size.map(shapes);
    return typeof this.stateSize === 'number' ? [[batch, this.stateSize]] : this.stateSize.map(shapes);
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape | readonly KerasShape[] {
    const step = this.stepShape(inputShape);
    const output = this.returnSequences ? [step[0], inputShape[1], ...step.slice(1)] : step;
    return this.returnState ? ([output, ...this.stateShapes(inputShape)] as KerasShape[]) : output;
  }

  override computeOutputSpec(x: KerasTensor): unknown {
    const isShape = (shape: readonly unknown[]): boolean =>
      shape.every((n) => n === null || typeof n === 'number');
    const specs = (shape: readonly unknown[]): unknown =>
      isShape(shape)
        ? new KerasTensor(shape as KerasShape, this.computeDtype)
        : shape.map((part) => specs(part as readonly unknown[]));
    return specs(this.computeOutputShape(x.shape));
  }

  override computeMask(_: unknown, mask: unknown): unknown {
    const first = (isList(mask) ? flatten(mask)[0] : mask) ?? null;
    const output = this.returnSequences ? first : null;
    return this.returnState ? [output] : output;
  }

  call(sequences: Tensor, options: RnnCallOptions = {}): unknown {
    const { cell } = this;
    const training = options.training === true;
    const dtype = cell instanceof Layer ? cell.computeDtype : this.computeDtype;
    const [batch, time] = sequences.shape;
    if (time === 0)
      throw new InvalidArgumentError(
        `[${this.name}] the inputs have no steps: their shape is ${showShape(sequences.shape)}`,
      );
    const given = options.initialState ?? null;
    const start = this.startStates(given, batch, dtype);
    holdDropout(cell, { shape: [batch, ...sequences.shape.slice(2)], dtype: sequences.dtype }, start);
    let result: TimeLoopResult;
    try {
      result = this.runSteps(sequences, start, {
        training,
        mask: (isList(options.mask) ? (flatten(options.mask)[0] as Tensor | null) : options.mask) ?? null,
        startsAtZero: given === null && !this.stateful && cell instanceof RecurrentCell,
      });
    } finally {
      resetDropout(cell);
    }
    const converted = (t: Tensor): Tensor => (t.dtype === this.computeDtype ? t : cast(t, this.computeDtype));
    const states = mapStates(result.states, converted);
    if (this.stateful) {
      const variables = flatten(this.states) as StateVariable[];
      flatten(states).forEach((t, i) => variables[i].assign(cast(t as Tensor, this.variableDtype)));
    }
    const output = converted(result.outputs ?? result.lastOutput);
    return this.returnState ? [output, ...states] : output;
  }

  private startStates(given: unknown, batch: number, dtype: Layer['computeDtype']): States {
    if (this.stateful && given === null) {
      const expected = (flatten(this.states)[0] as StateVariable).shape[0];
      if (expected !== batch)
        throw new InvalidArgumentError(
          `[${this.name}] If an RNN is stateful, the batch size of the input sequences must be the same as the batch size of ` +
            `the initial state.\n- Expected batch size: ${expected}\n- Received batch size: ${batch}`,
        );
    }
    const states = given ?? (this.stateful ? this.states : this.getInitialState(batch));
    const list = isList(states) ? states : [states];
    const wanted = this.stateShapes([batch]).length;
    if (list.length !== wanted)
      throw new InvalidArgumentError(
        `[${this.name}] initialState must have ${wanted} ${wanted === 1 ? 'state' : 'states'}, as the cell has; got ${list.length}`,
      );
    return mapStructure(list, (t) => cast(convertToTensor(t as TensorLike), dtype)) as States;
  }

  private runSteps(
    sequences: Tensor,
    start: States,
    o: { training: boolean; mask: Tensor | null; startsAtZero: boolean },
  ): TimeLoopResult {
    const { cell, goBackwards, unroll, returnSequences, zeroOutputForMask, name } = this;
    const common = { name, start, goBackwards, unroll, returnSequences, zeroOutputForMask, ...o };
    const mask = o.mask === null ? null : timeMajorMask(o.mask);
    const steps = swapBatchAndTime(sequences);
    // A built-in cell: what depends on the inputs alone is one product for all steps.
    if (cell instanceof RecurrentCell && cell.call === RecurrentCell.prototype.call) {
      const masks = cell.masksFor(at(steps, 0), start[0] as Tensor, o.training);
      const { project, advance } = cell.split(...masks);
      return runTimeLoop({
        ...common,
        mask,
        inputs: project(steps),
        outputIsState: true,
        zeroOutput: () => zerosLike(start[0] as Tensor),
        step: (x, states) => {
          const next = advance(x, states as readonly Tensor[]);
          return { output: next[0], next };
        },
      });
    }
    const step = (x: Tensor, states: States) => callCell(cell, x, states, o.training);
    return runTimeLoop({
      ...common,
      mask,
      inputs: steps,
      outputIsState: false,
      zeroOutput: () =>
        typeof cell.outputSize === 'number'
          ? zeros([shapeOf(sequences)[0], cell.outputSize], this.computeDtype)
          : zerosLike(step(at(steps, 0), start).output),
      step,
    });
  }

  protected override buildFor(inputs: readonly unknown[], options: CallOptions): void {
    super.buildFor(inputs, options);
    const { initialState } = options as RnnCallOptions;
    if (initialState === undefined || initialState === null) return;
    const shapes = { sequencesShape: shapesOf(inputs[0]), initialStateShape: shapesOf(initialState) };
    this.buildShapes = shapes as never;
  }

  /** @internal The shapes of a call with initial states, for files. */
  buildShapes: { readonly sequencesShape: KerasShape; readonly initialStateShape: unknown } | null = null;

  override serializedExtras(): Record<string, unknown> {
    if (this.buildShapes === null) return super.serializedExtras();
    const { sequencesShape, initialStateShape } = this.buildShapes;
    const shapes = { sequences_shape: sequencesShape, initial_state_shape: initialStateShape };
    return { build_config: { shapes_dict: shapes } };
  }

  override buildFromConfig(config: {
    readonly input_shape?: unknown;
    readonly shapes_dict?: { readonly sequences_shape: unknown; readonly initial_state_shape: unknown };
  }): void {
    const { shapes_dict: shapes } = config;
    if (shapes === undefined) {
      super.buildFromConfig(config);
      return;
    }
    super.buildFromConfig({ input_shape: shapes.sequences_shape });
    this.buildShapes = {
      sequencesShape: shapes.sequences_shape as KerasShape,
      initialStateShape: shapes.initial_state_shape,
    };
  }

  override getConfig(): Config {
    const { returnSequences, returnState, goBackwards, stateful, unroll, zeroOutputForMask, cell } = this;
    return {
      ...super.getConfig(),
      ...{ returnSequences, returnState, goBackwards, stateful, unroll, zeroOutputForMask, cell },
    };
  }
}

/** A state that a layer keeps between calls. It is no weight. */
class StateVariable extends Weight {
  constructor(value: Tensor) {
    super(value, {
      name: 'rnn_state',
      trainable: false,
      constraint: null,
      regularizer: null,
      autocast: false,
    });
  }
}

/** Draws the masks of a cell's dropout, before the first step. */
function holdDropout(cell: RnnCell, inputs: Pick<Tensor, 'shape' | 'dtype'>, states: States): void {
  if (cell instanceof RecurrentCell) {
    cell.inputMasks.hold(inputs);
    cell.stateMasks.hold(states[0] as Tensor);
  }
  if (!(cell instanceof StackedRNNCells)) return;
  let x = inputs;
  cell.cells.forEach((one, i) => {
    const own = states[i];
    const list = isList(own) ? own : [own];
    holdDropout(one, x, list);
    x = { shape: [inputs.shape[0], outputSizeOf(one)], dtype: inputs.dtype };
  });
}

function resetDropout(cell: RnnCell): void {
  if (cell instanceof RecurrentCell) {
    cell.inputMasks.reset();
    cell.stateMasks.reset();
  }
  if (cell instanceof StackedRNNCells) cell.cells.forEach(resetDropout);
}
