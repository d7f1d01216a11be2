/** The progress of training on the terminal. */
import { Progbar } from '../utils/progbar';
import { Callback, type Logs } from './callback';
import { write } from '../base/settings';

/** Draws Keras's progress bar. @tf tf.keras.callbacks.ProgbarLogger */
export class ProgbarLogger extends Callback {
  private bar: Progbar | null = null;
  private seen = 0;
  /** Whether `fit` runs: the batches of its validation are not shown. */
  private inFit = false;

  override onTrainBegin(): void {
    this.inFit = true;
  }

  override onTrainEnd(): void {
    this.inFit = false;
  }

  override onEpochBegin(epoch: number): void {
    const { verbose = 0, epochs = 1 } = this.params ?? {};
    this.begin();
    if (verbose > 0 && epochs > 1) write(`Epoch ${epoch + 1}/${epochs}\n`);
  }

  override onTestBegin(): void {
    if (!this.inFit) this.begin();
  }

  override onPredictBegin(): void {
    this.begin();
  }

  private begin(): void {
    this.seen = 0;
    this.bar = new Progbar(this.params?.steps ?? null, {
      verbose: this.params?.verbose ?? 0,
      statelessMetrics: [],
    });
  }

  /** @internal Counts a batch; true if its values are to be drawn now. */
  wants(batch: number): boolean {
    this.seen = batch + 1;
    return this.bar?.isDue() === true;
  }

  override onTrainBatchEnd(batch: number, logs: Logs = {}): void {
    this.seen = batch + 1;
    this.bar?.update(this.seen, logs, false);
  }

  override onTestBatchEnd(batch: number, logs: Logs = {}): void {
    if (!this.inFit) this.onTrainBatchEnd(batch, logs);
  }

  override onPredictBatchEnd(batch: number): void {
    this.onTrainBatchEnd(batch);
  }

  override onEpochEnd(_epoch: number, logs: Logs = {}): void {
    this.end(logs);
  }

  override onTestEnd(logs: Logs = {}): void {
    if (!this.inFit) this.end(logs);
  }

  override onPredictEnd(): void {
    this.end({});
  }

  private end(logs: Logs): void {
    this.bar?.finish(this.seen, logs);
    this.bar = null;
  }
}
