/** What the cells of SimpleRNN, LSTM, GRU and ConvLSTM have in common: weights, dropout, and a step in two parts. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { getActivation, type Activation, type ActivationLike } from '../../activations/get';
import type { Config } from '../../base/keras_object';
import { SeedGenerator } from '../../base/seed';
import { namedOptions } from '../../base/named_options';
import type { Weight } from '../../base/weight';
import { get as getConstraint, type Constraint, type ConstraintLike } from '../../constraints/get';
import { get as getInitializer, type InitializerLike } from '../../initializers/get';
import type { Initializer } from '../../initializers/initializer';
import { get as getRegularizer, type RegularizerLike, type WeightRegularizer } from '../../regularizers/get';
import { Layer } from '../layer';
import type { LayerOptions } from '../options';
import {
  DropoutMasks,
  listOf,
  zeroStates,
  type CellCallOptions,
  type RnnCell,
  type States,
  type StateSize,
} from './cell';

/** The options that all of these cells and their layers have. */
export interface WeightOptions {
  /** Applied to the new state, or to what it is made of. Default 'tanh'; null: none. */
  activation?: ActivationLike | null;
  /** Default true. */
  useBias?: boolean;
  /** Of the weights for the inputs. Default 'glorot_uniform'. */
  kernelInitializer?: InitializerLike;
  /** Of the weights for the state. Default 'orthogonal'. */
  recurrentInitializer?: InitializerLike;
  /** Default 'zeros'. */
  biasInitializer?: InitializerLike;
  kernelRegularizer?: RegularizerLike | null;
  recurrentRegularizer?: RegularizerLike | null;
  biasRegularizer?: RegularizerLike | null;
  kernelConstraint?: ConstraintLike | null;
  recurrentConstraint?: ConstraintLike | null;
  biasConstraint?: ConstraintLike | null;
  /** The fraction of the inputs that are dropped in training: the same ones at each step. Default 0. */
  dropout?: number;
  /** That of the state. Default 0. */
  recurrentDropout?: number;
  /** The seed of dropout. Default: one that is drawn. */
  seed?: number | null;
}

/** The options of gated cells, beside. */
export interface GateOptions {
  /** Applied to the gates. Default 'sigmoid'; null: none. */
  recurrentActivation?: ActivationLike | null;
  /** Masks of dropout for all gates together, 2, or for each gate, 1. Default 2; 1 where `recurrentDropout` is not 0. */
  implementation?: 1 | 2;
}

/** A step in two parts: what depends on the inputs alone, computed for all steps at once, and the rest. */
export interface SplitStep {
  /** Of inputs [batch, …] or, all steps at once, [time, batch, …]. */
  readonly project: (inputs: Tensor) => Tensor;
  /** The next states from what `project` gives for a step; the first one is the output. */
  readonly advance: (projected: Tensor, states: readonly Tensor[]) => readonly Tensor[];
}

function fraction(value: unknown, name: string, where: string): number {
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new TypeError(`[${where}] ${name} must be a number from 0 to 1; got ${describe(value)}`);
  return Math.min(1, Math.max(0, value));
}

/** TypeError unless an option is true or false. */
export function checkBoolean(value: unknown, name: string, where: string): void {
  if (typeof value !== 'boolean')
    throw new TypeError(`[${where}] ${name} must be true or false; got ${describe(value)}`);
}

/** InvalidArgumentError unless the number of units is a positive integer. */
export function checkUnits(units: unknown, where: string, name = 'units'): void {
  if (!Number.isInteger(units) || (units as number) <= 0)
    throw new InvalidArgumentError(
      `[${where}] Received an invalid value for argument \`${name}\`, expected a positive integer, got ${describe(units)}.`,
    );
}

/** The first layers of what a cell does: options, weights, dropout. Subclasses say how a step is split. */
export abstract class RecurrentCell extends Layer implements RnnCell {
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly recurrentInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: WeightRegularizer | null;
  readonly recurrentRegularizer: WeightRegularizer | null;
  readonly biasRegularizer: WeightRegularizer | null;
  readonly kernelConstraint: Constraint | null;
  readonly recurrentConstraint: Constraint | null;
  readonly biasConstraint: Constraint | null;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly seed: number | null;
  readonly seedGenerator: SeedGenerator;
  /** @internal */
  readonly inputMasks: DropoutMasks;
  /** @internal */
  readonly stateMasks: DropoutMasks;
  kernel: Weight | null = null;
  recurrentKernel: Weight | null = null;
  bias: Weight | null = null;
  abstract readonly stateSize: StateSize;

  /** `maskCount`: the masks of dropout that a call draws. */
  constructor(options: WeightOptions & LayerOptions, where: string, maskCount: number) {
    const {
      activation = 'tanh',
      useBias = true,
      kernelInitializer = 'glorot_uniform',
      recurrentInitializer = 'orthogonal',
      biasInitializer = 'zeros',
      kernelRegularizer = null,
      recurrentRegularizer = null,
      biasRegularizer = null,
      kernelConstraint = null,
      recurrentConstraint = null,
      biasConstraint = null,
      dropout = 0,
      recurrentDropout = 0,
      seed = null,
      ...others
    } = namedOptions(options, where);
    super(others);
    checkBoolean(useBias, 'useBias', where);
    this.activation = getActivation(activation, where);
    this.useBias = useBias;
    this.kernelInitializer = getInitializer(kernelInitializer, where);
    this.recurrentInitializer = getInitializer(recurrentInitializer, where);
    this.biasInitializer = getInitializer(biasInitializer, where);
    this.kernelRegularizer = getRegularizer(kernelRegularizer, where);
    this.recurrentRegularizer = getRegularizer(recurrentRegularizer, where);
    this.biasRegularizer = getRegularizer(biasRegularizer, where);
    this.kernelConstraint = getConstraint(kernelConstraint, where);
    this.recurrentConstraint = getConstraint(recurrentConstraint, where);
    this.biasConstraint = getConstraint(biasConstraint, where);
    this.dropout = fraction(dropout, 'dropout', where);
    this.recurrentDropout = fraction(recurrentDropout, 'recurrentDropout', where);
    this.seed = seed;
    this.seedGenerator = new SeedGenerator(seed);
    this.inputMasks = new DropoutMasks(this.dropout, maskCount, this.seedGenerator);
    this.stateMasks = new DropoutMasks(this.recurrentDropout, maskCount, this.seedGenerator);
  }

  /** Adds the kernels and the bias. */
  protected addWeights(
    kernel: readonly number[],
    recurrentKernel: readonly number[],
    bias: readonly number[],
    biasInitializer: Initializer,
  ): void {
    this.kernel = this.addWeight({
      name: 'kernel',
      shape: kernel,
      initializer: this.kernelInitializer,
      regularizer: this.kernelRegularizer,
      constraint: this.kernelConstraint,
    });
    this.recurrentKernel = this.addWeight({
      name: 'recurrent_kernel',
      shape: recurrentKernel,
      initializer: this.recurrentInitializer,
      regularizer: this.recurrentRegularizer,
      constraint: this.recurrentConstraint,
    });
    if (this.useBias)
      this.bias = this.addWeight({
        name: 'bias',
        shape: bias,
        initializer: biasInitializer,
        regularizer: this.biasRegularizer,
        constraint: this.biasConstraint,
      });
    this.built = true;
  }

  /** @internal The step, with the masks of dropout: null where nothing is dropped. */
  abstract split(inputMasks: readonly Tensor[] | null, stateMasks: readonly Tensor[] | null): SplitStep;

  /** @internal The masks that apply in a call. */
  masksFor(
    inputs: Tensor,
    state: Tensor,
    training: boolean,
  ): readonly [readonly Tensor[] | null, readonly Tensor[] | null] {
    if (!training) return [null, null];
    const applies = (rate: number): boolean => rate > 0 && rate < 1;
    return [
      applies(this.dropout) ? this.inputMasks.for(inputs) : null,
      applies(this.recurrentDropout) ? this.stateMasks.for(state) : null,
    ];
  }

  /** One step: the output and the next states, from inputs [batch, …] and the states before. */
  call(inputs: Tensor, states: States | Tensor, options: CellCallOptions = {}): [Tensor, States | Tensor] {
    const before = listOf(states) as readonly Tensor[];
    const masks = this.masksFor(inputs, before[0], options.training === true);
    const { project, advance } = this.split(...masks);
    const next = advance(project(inputs), before);
    return [next[0], Array.isArray(states) ? next : next[0]];
  }

  /** The states before the first step: zeros. */
  getInitialState(batchSize: number): States {
    return zeroStates(this.stateSize, batchSize, this.computeDtype);
  }

  override getConfig(): Config {
    const { activation, useBias, kernelInitializer, recurrentInitializer, biasInitializer } = this;
    const { kernelRegularizer, recurrentRegularizer, biasRegularizer, dropout, recurrentDropout, seed } =
      this;
    const { kernelConstraint, recurrentConstraint, biasConstraint } = this;
    return {
      ...super.getConfig(),
      ...{ activation, useBias, kernelInitializer, recurrentInitializer, biasInitializer },
      ...{ kernelRegularizer, recurrentRegularizer, biasRegularizer },
      ...{ kernelConstraint, recurrentConstraint, biasConstraint, dropout, recurrentDropout, seed },
    };
  }
}

/** A cell with an activation of gates. */
export abstract class GatedCell extends RecurrentCell {
  readonly recurrentActivation: Activation;
  /** 1 where the gates have masks of their own. */
  readonly implementation: 1 | 2;

  constructor(options: WeightOptions & GateOptions & LayerOptions, where: string, gates: number) {
    const { recurrentActivation = 'sigmoid', implementation = 2, ...others } = namedOptions(options, where);
    if ((implementation as number) !== 1 && (implementation as number) !== 2)
      throw new InvalidArgumentError(
        `[${where}] implementation must be 1 or 2; got ${describe(implementation)}`,
      );
    const single =
      implementation === 2 && fraction(others.recurrentDropout ?? 0, 'recurrentDropout', where) === 0;
    super(others, where, single ? 1 : gates);
    this.recurrentActivation = getActivation(recurrentActivation, where);
    this.implementation = single ? 2 : 1;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), recurrentActivation: this.recurrentActivation };
  }
}
