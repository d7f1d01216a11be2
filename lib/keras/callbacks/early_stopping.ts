/** The end of training where a value no longer improves. */
import { options as resolve } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import type { Logs } from './callback';
import { checkCount, print, warn } from './checks';
import { MonitorCallback, type MonitorOptions } from './monitor';

export interface EarlyStoppingOptions extends MonitorOptions {
  /** A change by less is no improvement. Default 0. */
  minDelta?: number;
  /** The number of epochs without an improvement after which training ends. Default 0. */
  patience?: number;
  /** 1: says what it does. Default 0. */
  verbose?: 0 | 1;
  /** A value that has to be bettered for an epoch to count as an improvement. Default: none. */
  baseline?: number | null;
  /** Whether the weights of the best epoch are assigned when training ends. Default false. */
  restoreBestWeights?: boolean;
  /** The epoch from which it watches. Default 0. */
  startFromEpoch?: number;
}

const defaults: Required<EarlyStoppingOptions> = {
  monitor: 'val_loss',
  minDelta: 0,
  patience: 0,
  verbose: 0,
  mode: 'auto',
  baseline: null,
  restoreBestWeights: false,
  startFromEpoch: 0,
};

/** Ends training when the value that it watches has stopped improving. @tf tf.keras.callbacks.EarlyStopping */
export class EarlyStopping extends MonitorCallback {
  readonly patience: number;
  readonly baseline: number | null;
  readonly restoreBestWeights: boolean;
  readonly startFromEpoch: number;
  /** The epochs since the last improvement. */
  wait = 0;
  /** The epoch after which training ended; 0: it did not end here. */
  stoppedEpoch = 0;
  bestEpoch = 0;
  bestWeights: Tensor[] | null = null;
  private readonly verbose: number;

  constructor(options: EarlyStoppingOptions | string = {}) {
    const o = resolve(options, 'monitor', defaults, 'EarlyStopping');
    super('EarlyStopping', { monitor: o.monitor, mode: o.mode, minDelta: o.minDelta });
    this.patience = checkCount(o.patience, 'patience', 'EarlyStopping');
    this.startFromEpoch = checkCount(o.startFromEpoch, 'startFromEpoch', 'EarlyStopping');
    this.baseline = o.baseline;
    this.restoreBestWeights = o.restoreBestWeights;
    this.verbose = o.verbose;
  }

  override onTrainBegin(): void {
    this.wait = 0;
    this.stoppedEpoch = 0;
    this.best = null;
    this.bestWeights = null;
    this.bestEpoch = 0;
  }

  override onEpochEnd(epoch: number, logs: Logs = {}): void {
    this.findDirection();
    const current = this.monitored(logs);
    const { model } = this;
    if (current === null || model === null || epoch < this.startFromEpoch) return;
    const keep = (): void => {
      this.bestEpoch = epoch;
      if (this.restoreBestWeights) this.bestWeights = model.getWeights();
    };
    if (this.restoreBestWeights && this.bestWeights === null) keep();
    this.wait++;
    if (this.isImprovement(current, this.best)) {
      this.best = current;
      keep();
      if (this.baseline === null || this.isImprovement(current, this.baseline)) this.wait = 0;
      return;
    }
    if (this.wait < this.patience || epoch === 0) return;
    this.stoppedEpoch = epoch;
    model.stopTraining = true;
  }

  private monitored(logs: Logs): number | null {
    const value = logs[this.monitor] as number | undefined;
    if (value === undefined)
      warn(
        `Early stopping conditioned on metric \`${this.monitor}\` which is not available. Available metrics are: ` +
          Object.keys(logs).join(','),
      );
    return value ?? null;
  }

  override onTrainEnd(): void {
    if (this.stoppedEpoch > 0 && this.verbose > 0) print(`Epoch ${this.stoppedEpoch + 1}: early stopping`);
    if (!this.restoreBestWeights || this.bestWeights === null) return;
    if (this.verbose > 0)
      print(`Restoring model weights from the end of the best epoch: ${this.bestEpoch + 1}.`);
    this.model?.setWeights(this.bestWeights);
  }
}
