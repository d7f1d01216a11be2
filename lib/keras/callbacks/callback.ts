/** Callbacks: what happens at certain points of training. */
import type { TensorLike } from '../../core/convert';
import type { Tensor } from '../../core/tensor';
import { withDefaults } from '../base/named_options';
import { nameOfClass } from '../base/registry';
import type { Weight } from '../base/weight';
import type { Optimizer } from '../optimizers';

/** A layer of the model, as callbacks see it. */
export interface TrainedLayer {
  readonly name: string;
  readonly weights: Weight[];
}

/** What callbacks use of the model that is trained. */
export interface TrainedModel {
  readonly name: string;
  readonly built: boolean;
  readonly optimizer: Optimizer | null;
  /** Set to true, it ends training after the step. */
  stopTraining: boolean;
  /** Whether Ctrl-C ended the training. */
  readonly interrupted: boolean;
  readonly weights: Weight[];
  readonly trainableWeights: Weight[];
  readonly metrics: readonly object[];
  readonly layers?: readonly TrainedLayer[];
  getWeights(): Tensor[];
  setWeights(values: readonly TensorLike[]): void;
  save?(file: string): Promise<void>;
  saveWeights?(file: string): Promise<void>;
  loadWeights?(file: string): Promise<void>;
  toJson?(): string;
  /** @internal A callback that restored a training says in which epoch it goes on. */
  resumeFrom?: number | null;
}

/** Values by name, such as `loss` and `val_accuracy`. */
export type Logs = Record<string, number>;

/** How `fit` was called. */
export interface TrainingParams {
  readonly verbose: 0 | 1 | 2;
  readonly epochs: number;
  /** The number of batches of an epoch; null: not known. */
  readonly steps: number | null;
}

/** A method's result may be a promise, which is awaited. */
export type MaybePromise = void | Promise<void>;

/**
 * Base class of callbacks: a subclass overrides the methods of the points at which it does something. @tf tf.keras.callbacks.Callback
 */
export class Callback {
  /** The model that is trained. */
  model: TrainedModel | null = null;
  params: TrainingParams | null = null;

  /** A callback without a constructor of its own has no options: TypeError for any. */
  constructor(options?: Readonly<Record<string, never>>) {
    if (options !== undefined) withDefaults(options, {}, nameOfClass(this.constructor));
  }

  /** @internal Whether its methods for batches do anything. */
  get watchesBatches(): boolean {
    return true;
  }

  setModel(model: TrainedModel): void {
    this.model = model;
  }

  setParams(params: TrainingParams): void {
    this.params = params;
  }

  onTrainBegin(_logs?: Logs): MaybePromise {}
  onTrainEnd(_logs?: Logs): MaybePromise {}
  onTestBegin(_logs?: Logs): MaybePromise {}
  onTestEnd(_logs?: Logs): MaybePromise {}
  onPredictBegin(_logs?: Logs): MaybePromise {}
  onPredictEnd(_logs?: Logs): MaybePromise {}
  onEpochBegin(_epoch: number, _logs?: Logs): MaybePromise {}
  onEpochEnd(_epoch: number, _logs?: Logs): MaybePromise {}
  /** What `onTrainBatchBegin` does unless it is overridden. */
  onBatchBegin(_batch: number, _logs?: Logs): MaybePromise {}
  /** What `onTrainBatchEnd` does unless it is overridden. */
  onBatchEnd(_batch: number, _logs?: Logs): MaybePromise {}
  onTrainBatchBegin(batch: number, logs?: Logs): MaybePromise {
    return this.onBatchBegin(batch, logs);
  }
  onTrainBatchEnd(batch: number, logs?: Logs): MaybePromise {
    return this.onBatchEnd(batch, logs);
  }
  onTestBatchBegin(_batch: number, _logs?: Logs): MaybePromise {}
  onTestBatchEnd(_batch: number, _logs?: Logs): MaybePromise {}
  onPredictBatchBegin(_batch: number, _logs?: Logs): MaybePromise {}
  onPredictBatchEnd(_batch: number, _logs?: Logs): MaybePromise {}
}

/** The methods that training calls. */
export type CallbackMethod = Exclude<
  keyof Callback,
  'model' | 'params' | 'watchesBatches' | 'setModel' | 'setParams' | 'onBatchBegin' | 'onBatchEnd'
>;
