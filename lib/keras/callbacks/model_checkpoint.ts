/** Files of the model during training. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { InvalidArgumentError, UnimplementedError } from '../../core/errors';
import { options as resolve } from '../../core/options';
import { fixed, formatText } from '../base/python_text';
import type { Logs } from './callback';
import { BatchCounter, checkSaveFreq, checkText, print, warn } from './checks';
import { MonitorCallback, type MonitorOptions } from './monitor';

export interface ModelCheckpointOptions extends MonitorOptions {
  /** 1: says what it does. Default 0. */
  verbose?: 0 | 1;
  /** Whether only a model is saved that is better than those before. Default false. */
  saveBestOnly?: boolean;
  /** Whether the weights are saved alone, to a file `….weights.h5`. Default false. */
  saveWeightsOnly?: boolean;
  /** 'epoch' (default), or the number of batches from one file to the next. */
  saveFreq?: 'epoch' | number;
  /** The value that the first saved model has to better. Default: none. */
  initialValueThreshold?: number | null;
}

const defaults: Required<ModelCheckpointOptions> = {
  monitor: 'val_loss',
  verbose: 0,
  saveBestOnly: false,
  saveWeightsOnly: false,
  mode: 'auto',
  saveFreq: 'epoch',
  initialValueThreshold: null,
};

/**
 * Saves the model, or its weights, during training. The name of the file may have fields in Python's notation, filled with the
 * epoch, the batch and the values: `'{epoch:02d}-{val_loss:.2f}.keras'`. @tf tf.keras.callbacks.ModelCheckpoint
 */
export class ModelCheckpoint extends MonitorCallback {
  readonly filepath: string;
  readonly saveBestOnly: boolean;
  readonly saveWeightsOnly: boolean;
  readonly saveFreq: 'epoch' | number;
  private readonly verbose: number;
  private readonly counter: BatchCounter;
  private epoch = 0;

  constructor(filepath: string, options: ModelCheckpointOptions | string = {}) {
    const o = resolve(options, 'monitor', defaults, 'ModelCheckpoint');
    super('ModelCheckpoint', { monitor: o.monitor, mode: o.mode, baseline: o.initialValueThreshold });
    this.filepath = checkText(filepath, 'filepath', 'ModelCheckpoint');
    this.saveBestOnly = o.saveBestOnly;
    this.saveWeightsOnly = o.saveWeightsOnly;
    this.saveFreq = checkSaveFreq(o.saveFreq, 'ModelCheckpoint');
    this.verbose = o.verbose;
    this.counter = new BatchCounter(this.saveFreq === 'epoch' ? Infinity : this.saveFreq);
    if (this.saveWeightsOnly && !filepath.endsWith('.weights.h5'))
      throw new InvalidArgumentError(
        '[ModelCheckpoint] When using `saveWeightsOnly: true`, the filepath provided must end in `.weights.h5` (Keras weights ' +
          `format). Received: filepath=${filepath}`,
      );
    if (!this.saveWeightsOnly && !filepath.endsWith('.keras') && !filepath.endsWith('.h5'))
      throw new InvalidArgumentError(
        '[ModelCheckpoint] The filepath provided must end in `.keras` (Keras model format). Received: ' +
          `filepath=${filepath}`,
      );
  }

  override onEpochBegin(epoch: number): void {
    this.epoch = epoch;
  }

  override onTrainBatchEnd(batch: number, logs: Logs = {}): void | Promise<void> {
    if (this.saveFreq !== 'epoch' && this.counter.isDue(batch)) return this.save(this.epoch, batch, logs);
  }

  /** @internal Whether batches concern it. */
  override get watchesBatches(): boolean {
    return this.saveFreq !== 'epoch';
  }

  override onEpochEnd(epoch: number, logs: Logs = {}): void | Promise<void> {
    if (this.saveBestOnly) this.findDirection();
    if (this.saveFreq === 'epoch') return this.save(epoch, null, logs);
    this.counter.endEpoch();
  }

  private async save(epoch: number, batch: number | null, logs: Logs): Promise<void> {
    const fields = { epoch: epoch + 1, ...(batch === null ? {} : { batch: batch + 1 }), ...logs };
    const file = formatText(this.filepath, fields, 'ModelCheckpoint');
    const { model } = this;
    if (model === null || !this.shouldSave(epoch, logs, file)) return;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    if (fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
      throw new InvalidArgumentError(
        `[ModelCheckpoint] Please specify a non-directory filepath. Filepath used is an existing directory: ${file}`,
      );
    if (model.save === undefined || model.saveWeights === undefined)
      throw new UnimplementedError('[ModelCheckpoint] the model cannot be saved');
    await (this.saveWeightsOnly ? model.saveWeights(file) : model.save(file));
    if (this.verbose > 0) print(`\nEpoch ${epoch + 1}: finished saving model to ${file}`);
  }

  private shouldSave(epoch: number, logs: Logs, file: string): boolean {
    const say = (text: string): void => {
      if (this.verbose > 0) print(`\nEpoch ${epoch + 1}: ${text}`);
    };
    if (!this.saveBestOnly) {
      say(`saving model to ${file}`);
      return true;
    }
    const current = logs[this.monitor] as number | undefined;
    if (current === undefined) {
      warn(`Can save best model only with ${this.monitor} available.`);
      return true;
    }
    const best = this.best === null ? 'None' : fixed(this.best, 5);
    if (!this.isImprovement(current, this.best)) {
      say(`${this.monitor} did not improve from ${best}`);
      return false;
    }
    say(`${this.monitor} improved from ${best} to ${fixed(current, 5)}, saving model to ${file}`);
    this.best = current;
    return true;
  }
}
