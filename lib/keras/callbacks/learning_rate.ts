/** Callbacks that set the learning rate. */
import { InvalidArgumentError } from '../../core/errors';
import { options as resolve } from '../../core/options';
import { describe } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import { floatText } from '../base/python_text';
import type { Optimizer } from '../optimizers';
import { Callback, type Logs } from './callback';
import { checkCount, checkFunction, checkNumber, print, warn } from './checks';
import { rateOf } from './optimizer_of';
import { MonitorCallback, type MonitorOptions } from './monitor';

/** The optimizer of the model that is trained. */
function optimizerOf(callback: Callback, where: string): Optimizer {
  const optimizer = callback.model?.optimizer;
  if (optimizer == null)
    throw new InvalidArgumentError(`[${where}] the model has no optimizer: compile it first`);
  return optimizer;
}

export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the learning rate is multiplied by, less than 1. Default 0.1. */
  factor?: number;
  /** The number of epochs without an improvement after which it is. Default 10. */
  patience?: number;
  /** 1: says what it does. Default 0. */
  verbose?: 0 | 1;
  /** A change by less is no improvement. Default 1e-4. */
  minDelta?: number;
  /** The epochs after a reduction that do not count. Default 0. */
  cooldown?: number;
  /** What the learning rate does not fall below. Default 0. */
  minLr?: number;
}

const plateauDefaults: Required<ReduceLROnPlateauOptions> = {
  monitor: 'val_loss',
  factor: 0.1,
  patience: 10,
  verbose: 0,
  mode: 'auto',
  minDelta: 1e-4,
  cooldown: 0,
  minLr: 0,
};

/**
 * Multiplies the learning rate by `factor` when the value that it watches has stopped improving; adds `learning_rate` to the
 * values of an epoch. @tf tf.keras.callbacks.ReduceLROnPlateau
 */
export class ReduceLROnPlateau extends MonitorCallback {
  readonly factor: number;
  readonly patience: number;
  readonly cooldown: number;
  readonly minLr: number;
  wait = 0;
  /** The epochs of the current cooldown that are left. */
  cooldownCounter = 0;
  private readonly verbose: number;

  constructor(options: ReduceLROnPlateauOptions | string = {}) {
    const o = resolve(options, 'monitor', plateauDefaults, 'ReduceLROnPlateau');
    super('ReduceLROnPlateau', { monitor: o.monitor, mode: o.mode, minDelta: o.minDelta });
    this.factor = checkNumber(o.factor, 'factor', 'ReduceLROnPlateau');
    if (this.factor >= 1)
      throw new InvalidArgumentError(
        `[ReduceLROnPlateau] does not support a factor >= 1.0. Received factor=${this.factor}`,
      );
    this.patience = checkCount(o.patience, 'patience', 'ReduceLROnPlateau');
    this.cooldown = checkCount(o.cooldown, 'cooldown', 'ReduceLROnPlateau');
    this.minLr = checkNumber(o.minLr, 'minLr', 'ReduceLROnPlateau');
    this.verbose = o.verbose;
  }

  override onTrainBegin(): void {
    this.best = null;
    this.cooldownCounter = 0;
    this.wait = 0;
  }

  override onEpochEnd(epoch: number, logs: Logs = {}): void {
    this.findDirection();
    const optimizer = optimizerOf(this, 'ReduceLROnPlateau');
    logs.learning_rate = rateOf(optimizer);
    const current = logs[this.monitor] as number | undefined;
    if (current === undefined) {
      warn(
        `Learning rate reduction is conditioned on metric \`${this.monitor}\` which is not available. Available metrics ` +
          `are: ${Object.keys(logs).join(',')}.`,
      );
      return;
    }
    if (this.inCooldown()) {
      this.cooldownCounter--;
      this.wait = 0;
    }
    if (this.isImprovement(current, this.best)) {
      this.best = current;
      this.wait = 0;
    } else if (!this.inCooldown() && ++this.wait >= this.patience && this.reduce(optimizer, epoch)) {
      this.cooldownCounter = this.cooldown;
      this.wait = 0;
    }
  }

  inCooldown(): boolean {
    return this.cooldownCounter > 0;
  }

  private reduce(optimizer: Optimizer, epoch: number): boolean {
    const before = rateOf(optimizer);
    if (before <= Math.fround(this.minLr)) return false;
    const rate = Math.max(before * this.factor, this.minLr);
    optimizer.learningRate = rate;
    if (this.verbose > 0)
      print(`\nEpoch ${epoch + 1}: ReduceLROnPlateau reducing learning rate to ${floatText(rate)}.`);
    return true;
  }
}

export interface LearningRateSchedulerOptions {
  /** 1: says what it does. Default 0. */
  verbose?: 0 | 1;
}

const schedulerDefaults: Required<LearningRateSchedulerOptions> = { verbose: 0 };

/**
 * Sets the learning rate at the beginning of each epoch to `schedule(epoch, learningRate)`; adds `learning_rate` to the values of
 * an epoch. @tf tf.keras.callbacks.LearningRateScheduler
 */
export class LearningRateScheduler extends Callback {
  readonly schedule: (epoch: number, learningRate: number) => number;
  private readonly verbose: number;

  constructor(
    schedule: (epoch: number, learningRate: number) => number,
    options: LearningRateSchedulerOptions | 0 | 1 = {},
  ) {
    super();
    this.schedule = checkFunction(schedule, 'schedule', 'LearningRateScheduler');
    this.verbose = resolve(options, 'verbose', schedulerDefaults, 'LearningRateScheduler').verbose;
  }

  override onEpochBegin(epoch: number): void {
    const optimizer = optimizerOf(this, 'LearningRateScheduler');
    const found: unknown = this.schedule(epoch, rateOf(optimizer));
    const rate = found instanceof Tensor && found.rank === 0 ? Number(found.item()) : found;
    if (typeof rate !== 'number')
      throw new InvalidArgumentError(
        `[LearningRateScheduler] The output of the \`schedule\` function should be a number. Got: ${describe(rate)}`,
      );
    optimizer.learningRate = rate;
    if (this.verbose > 0)
      print(`\nEpoch ${epoch + 1}: LearningRateScheduler setting learning rate to ${floatText(rate)}.`);
  }

  override onEpochEnd(_epoch: number, logs: Logs = {}): void {
    logs.learning_rate = rateOf(optimizerOf(this, 'LearningRateScheduler'));
  }
}
