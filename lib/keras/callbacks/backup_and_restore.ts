/** Training that goes on where it was interrupted. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { DataLossError, InvalidArgumentError, UnimplementedError } from '../../core/errors';
import { options as resolve } from '../../core/options';
import { describe } from '../../core/shape';
import { writeAtomically } from '../../io/atomic';
import { Callback, type TrainedModel } from './callback';
import { BatchCounter, checkSaveFreq } from './checks';

export interface BackupAndRestoreOptions {
  /** 'epoch' (default), or the number of batches from one backup to the next. */
  saveFreq?: 'epoch' | number;
  /** Whether the backup before is kept too, and is used where the last one cannot be read. Default false. */
  doubleCheckpoint?: boolean;
  /** Whether the backup is deleted when training has finished. Default true. */
  deleteCheckpoint?: boolean;
}

const defaults: Required<BackupAndRestoreOptions> = {
  saveFreq: 'epoch',
  doubleCheckpoint: false,
  deleteCheckpoint: true,
};

/**
 * Saves weights, the state of the optimizer and the epoch to `backupDir` during training. If the process ends before `fit` does,
 * the same call of `fit` in the next one goes on with the epoch after the last backup. @tf tf.keras.callbacks.BackupAndRestore
 */
export class BackupAndRestore extends Callback {
  readonly backupDir: string;
  private readonly saveFreq: 'epoch' | number;
  private readonly doubleCheckpoint: boolean;
  private readonly deleteCheckpoint: boolean;
  private readonly counter: BatchCounter;
  private readonly weightsFile: string;
  private readonly metadataFile: string;
  private epoch = 0;

  constructor(backupDir: string, options: BackupAndRestoreOptions | 'epoch' | number = {}) {
    super();
    if (typeof backupDir !== 'string' || backupDir === '')
      throw new InvalidArgumentError(
        `[BackupAndRestore] backupDir must be the path of a folder; got ${describe(backupDir)}`,
      );
    const o = resolve(options, 'saveFreq', defaults, 'BackupAndRestore');
    this.backupDir = backupDir;
    this.saveFreq = checkSaveFreq(o.saveFreq, 'BackupAndRestore');
    this.doubleCheckpoint = o.doubleCheckpoint;
    this.deleteCheckpoint = o.deleteCheckpoint;
    this.counter = new BatchCounter(this.saveFreq === 'epoch' ? Infinity : this.saveFreq);
    this.weightsFile = path.join(backupDir, 'latest.weights.h5');
    this.metadataFile = path.join(backupDir, 'training_metadata.json');
  }

  private trained(): TrainedModel & { loadWeights: Loading; saveWeights: Loading } {
    const { model } = this;
    if (model?.loadWeights === undefined || model.saveWeights === undefined)
      throw new UnimplementedError('[BackupAndRestore] the model has no files');
    return model as TrainedModel & { loadWeights: Loading; saveWeights: Loading };
  }

  override async onTrainBegin(): Promise<void> {
    const { model } = this;
    if (model?.built === false)
      throw new InvalidArgumentError(
        `[BackupAndRestore] the model must be built before \`fit()\` is called. Model '${model.name}' is unbuilt. You can ` +
          'build it beforehand by calling it on a batch of data.',
      );
    try {
      await this.restore('');
    } catch (error) {
      if (!fs.existsSync(`${this.weightsFile}.bkp`)) throw error;
      await this.restore('.bkp');
    }
  }

  private async restore(suffix: string): Promise<void> {
    const model = this.trained();
    const [weights, metadata] = [`${this.weightsFile}${suffix}`, `${this.metadataFile}${suffix}`];
    if (!fs.existsSync(weights)) return;
    const text = fs.existsSync(metadata) ? fs.readFileSync(metadata, 'utf8') : '{}';
    let epoch: unknown;
    try {
      ({ epoch } = JSON.parse(text) as { epoch?: unknown });
    } catch (error) {
      throw new DataLossError(`[${metadata}] is no JSON`, { cause: error });
    }
    // A copy of the file before has a name that loading does not take.
    if (suffix !== '') fs.copyFileSync(weights, this.weightsFile);
    await model.loadWeights(this.weightsFile);
    this.epoch = Number.isInteger(epoch) ? (epoch as number) : 0;
    if (this.epoch > 0) model.resumeFrom = this.epoch;
  }

  /** @internal Whether batches concern it. */
  override get watchesBatches(): boolean {
    return this.saveFreq !== 'epoch';
  }

  override onTrainBatchEnd(batch: number): void | Promise<void> {
    if (this.saveFreq !== 'epoch' && this.counter.isDue(batch)) return this.backUp(batch);
  }

  override onEpochEnd(epoch: number): void | Promise<void> {
    // An epoch that Ctrl-C ended is repeated.
    if (this.model?.interrupted === true) return;
    this.epoch = epoch + 1;
    if (this.saveFreq === 'epoch') return this.backUp(0);
    this.counter.endEpoch();
  }

  private async backUp(batch: number): Promise<void> {
    fs.mkdirSync(this.backupDir, { recursive: true });
    if (this.doubleCheckpoint)
      for (const file of [this.weightsFile, this.metadataFile])
        if (fs.existsSync(file)) fs.copyFileSync(file, `${file}.bkp`);
    await this.trained().saveWeights(this.weightsFile);
    writeAtomically(this.metadataFile, [Buffer.from(JSON.stringify({ epoch: this.epoch, batch }))]);
  }

  override onTrainEnd(): void {
    if (!this.deleteCheckpoint || this.model?.interrupted === true || !fs.existsSync(this.backupDir)) return;
    for (const file of [this.weightsFile, this.metadataFile])
      for (const suffix of ['', '.bkp']) fs.rmSync(`${file}${suffix}`, { force: true });
    // The folder may have other files.
    if (fs.readdirSync(this.backupDir).length === 0) fs.rmdirSync(this.backupDir);
  }
}

type Loading = (file: string) => Promise<void>;
