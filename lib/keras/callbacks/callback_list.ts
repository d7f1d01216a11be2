/** Several callbacks as one. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import { withDefaults } from '../base/named_options';
import {
  Callback,
  type CallbackMethod,
  type MaybePromise,
  type Logs,
  type TrainedModel,
  type TrainingParams,
} from './callback';
import { History } from './history';
import { ProgbarLogger } from './progbar_logger';

export interface CallbackListOptions extends Partial<TrainingParams> {
  /** Adds a `History` if there is none. Default false. */
  addHistory?: boolean;
  /** Adds a `ProgbarLogger` if there is none. Default false. */
  addProgbar?: boolean;
  model?: TrainedModel | null;
}

const defaults: Required<CallbackListOptions> = {
  addHistory: false,
  addProgbar: false,
  model: null,
  verbose: 0,
  epochs: 1,
  steps: null,
};

/**
 * Several callbacks as one, for training loops of one's own; `fit` takes it in place of an array. Its methods call those of each
 * callback in order, and resolve when these have finished. @tf tf.keras.callbacks.CallbackList
 */
export class CallbackList {
  readonly callbacks: Callback[];
  /** The record of the training; null if there is none. */
  readonly history: History | null;
  params: TrainingParams;

  constructor(callbacks: readonly Callback[] | Callback | null = null, options: CallbackListOptions = {}) {
    const { addHistory, addProgbar, model, ...params } = withDefaults(options, defaults, 'CallbackList');
    const list: unknown[] = callbacks === null ? [] : [callbacks].flat(Infinity);
    for (const callback of list)
      if (!(callback instanceof Callback))
        throw new InvalidArgumentError(
          `[callbacks] each callback must be an object of tf.keras.callbacks.Callback; got ${describe(callback)}`,
        );
    this.callbacks = list as Callback[];
    const found = this.callbacks.find((callback) => callback instanceof History);
    if (found === undefined && addHistory) this.callbacks.push(new History());
    if (addProgbar && !this.callbacks.some((callback) => callback instanceof ProgbarLogger))
      this.callbacks.push(new ProgbarLogger());
    this.history = this.callbacks.find((callback) => callback instanceof History) ?? null;
    this.params = params;
    if (model !== null) this.setModel(model);
    this.setParams(this.params);
  }

  setModel(model: TrainedModel): void {
    for (const callback of this.callbacks) callback.setModel(model);
  }

  setParams(params: TrainingParams): void {
    this.params = params;
    for (const callback of this.callbacks) callback.setParams(params);
  }

  /** @internal The callbacks that override a method. Reading the values of a batch waits for it, so it is left out where none does. */
  listeners(method: CallbackMethod): Callback[] {
    const alias = aliases[method];
    const isOfBatch = method.includes('Batch');
    return this.callbacks.filter(
      (callback) =>
        (!isOfBatch || callback.watchesBatches) &&
        (callback[method] !== Callback.prototype[method] ||
          (alias !== undefined && callback[alias] !== Callback.prototype[alias])),
    );
  }

  /** @internal */
  async call(method: CallbackMethod, ...args: [(number | Logs)?, Logs?]): Promise<void> {
    for (const callback of this.listeners(method)) {
      const result = (callback[method] as (...args: unknown[]) => MaybePromise).apply(callback, args);
      if (result !== undefined) await result;
    }
  }

  onTrainBegin = (logs?: Logs): Promise<void> => this.call('onTrainBegin', logs);
  onTrainEnd = (logs?: Logs): Promise<void> => this.call('onTrainEnd', logs);
  onTestBegin = (logs?: Logs): Promise<void> => this.call('onTestBegin', logs);
  onTestEnd = (logs?: Logs): Promise<void> => this.call('onTestEnd', logs);
  onPredictBegin = (logs?: Logs): Promise<void> => this.call('onPredictBegin', logs);
  onPredictEnd = (logs?: Logs): Promise<void> => this.call('onPredictEnd', logs);
  onEpochBegin = (epoch: number, logs?: Logs): Promise<void> => this.call('onEpochBegin', epoch, logs);
  onEpochEnd = (epoch: number, logs?: Logs): Promise<void> => this.call('onEpochEnd', epoch, logs);
  onTrainBatchBegin = (batch: number, logs?: Logs): Promise<void> =>
    this.call('onTrainBatchBegin', batch, logs);
  onTrainBatchEnd = (batch: number, logs?: Logs): Promise<void> => this.call('onTrainBatchEnd', batch, logs);
  onTestBatchBegin = (batch: number, logs?: Logs): Promise<void> =>
    this.call('onTestBatchBegin', batch, logs);
  onTestBatchEnd = (batch: number, logs?: Logs): Promise<void> => this.call('onTestBatchEnd', batch, logs);
  onPredictBatchBegin = (batch: number, logs?: Logs): Promise<void> =>
    this.call('onPredictBatchBegin', batch, logs);
  onPredictBatchEnd = (batch: number, logs?: Logs): Promise<void> =>
    this.call('onPredictBatchEnd', batch, logs);
}

/** The methods that others call by default. */
const aliases: Partial<Record<CallbackMethod, 'onBatchBegin' | 'onBatchEnd'>> = {
  onTrainBatchBegin: 'onBatchBegin',
  onTrainBatchEnd: 'onBatchEnd',
};
