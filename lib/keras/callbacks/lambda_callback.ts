/** Callbacks from functions. */
import { options as resolve } from '../../core/options';
import { Callback, type CallbackMethod } from './callback';
import { checkFunction } from './checks';

/** The methods of a callback, each optional. */
export type LambdaCallbackOptions = {
  [M in CallbackMethod | 'onBatchBegin' | 'onBatchEnd']?: Callback[M] | null;
};

const names: Required<LambdaCallbackOptions> = {
  onEpochBegin: null,
  onEpochEnd: null,
  onTrainBegin: null,
  onTrainEnd: null,
  onTrainBatchBegin: null,
  onTrainBatchEnd: null,
  onTestBegin: null,
  onTestEnd: null,
  onTestBatchBegin: null,
  onTestBatchEnd: null,
  onPredictBegin: null,
  onPredictEnd: null,
  onPredictBatchBegin: null,
  onPredictBatchEnd: null,
  onBatchBegin: null,
  onBatchEnd: null,
};

/** A callback from functions: `{ onEpochEnd: (epoch, logs) => … }`. @tf tf.keras.callbacks.LambdaCallback */
export class LambdaCallback extends Callback {
  constructor(functions: LambdaCallbackOptions = {}) {
    super();
    const found = resolve(functions, 'onEpochBegin', names, 'LambdaCallback');
    for (const name of Object.keys(names) as (keyof LambdaCallbackOptions)[]) {
      const method = found[name];
      if (method !== null && method !== undefined)
        Object.assign(this, { [name]: checkFunction(method, name, 'LambdaCallback') });
    }
  }
}
