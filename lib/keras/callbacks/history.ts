/** The record of a training. */
import { Callback, type Logs } from './callback';

/** The values of each epoch, by name; `fit` returns it. @tf tf.keras.callbacks.History */
export class History extends Callback {
  readonly history: Record<string, number[]> = {};
  /** The numbers of the epochs. */
  epoch: number[] = [];

  override onTrainBegin(): void {
    this.epoch = [];
  }

  override onEpochEnd(epoch: number, logs: Logs = {}): void {
    this.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) (this.history[name] ??= []).push(value);
  }
}
