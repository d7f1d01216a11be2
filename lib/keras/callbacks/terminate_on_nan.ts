/** The end of training that diverges. */
import { FailedPreconditionError } from '../../core/errors';
import { options as resolve } from '../../core/options';
import { floatText } from '../base/python_text';
import { Callback, type Logs } from './callback';
import { print } from './checks';

export interface TerminateOnNaNOptions {
  /** Whether `fit` rejects, without the `onTrainEnd` of callbacks. Default false: it ends as usual. */
  raiseError?: boolean;
}

const defaults: Required<TerminateOnNaNOptions> = { raiseError: false };

/** Ends training when the loss is NaN or infinite. @tf tf.keras.callbacks.TerminateOnNaN */
export class TerminateOnNaN extends Callback {
  readonly raiseError: boolean;

  constructor(options: TerminateOnNaNOptions | boolean = {}) {
    super();
    this.raiseError = resolve(options, 'raiseError', defaults, 'TerminateOnNaN').raiseError;
  }

  override onBatchEnd(batch: number, logs: Logs = {}): void {
    const loss = logs.loss as number | undefined;
    if (loss === undefined || Number.isFinite(loss)) return;
    if (this.raiseError)
      throw new FailedPreconditionError(
        `[TerminateOnNaN] NaN or Inf loss encountered at batch ${batch}. Loss value: ${floatText(loss)}. Terminating ` +
          'training immediately.',
      );
    print(`Batch ${batch}: Invalid loss, terminating training`);
    if (this.model !== null) this.model.stopTraining = true;
  }
}
