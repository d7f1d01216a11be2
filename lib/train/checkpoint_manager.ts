/** Checkpoints of which only the latest are kept. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { InvalidArgumentError } from '../core/errors';
import { throwExtraArguments } from '../core/options';
import { describe } from '../core/shape';
import { checkPath } from '../io/source';
import { constant } from '../ops/array/convert';
import { namedOptions } from '../keras/base/named_options';
import { checkName, Checkpoint, removeCheckpoint } from './checkpoint';
import { listedCheckpoints, writeCheckpoints } from './state';

export interface CheckpointManagerOptions {
  /** The first part of the names of the files. Default 'ckpt'. */
  checkpointName?: string;
}

export interface ManagedSaveOptions {
  /** The number in the name of the file. Default: that of the calls of `save`. */
  checkpointNumber?: number;
}

/**
 * Saves a checkpoint again and again in a folder, and removes old ones: `maxToKeep` stay, all if it is null.
 * @tf tf.train.CheckpointManager
 */
export class CheckpointManager {
  private kept: string[];
  private readonly checkpointName: string;

  constructor(
    readonly checkpoint: Checkpoint,
    readonly directory: string,
    private readonly maxToKeep: number | null,
    options: CheckpointManagerOptions = {},
  ) {
    if (arguments.length > 4)
      // eslint-disable-next-line prefer-rest-params
      throwExtraArguments('CheckpointManager', 4, arguments, { checkpointName: 'ckpt' });
    if (!(checkpoint instanceof Checkpoint))
      throw new TypeError(`[CheckpointManager] needs a tf.train.Checkpoint; got ${describe(checkpoint)}`);
    checkPath(directory, 'CheckpointManager');
    if (maxToKeep !== null && (!Number.isInteger(maxToKeep) || maxToKeep < 1))
      throw new InvalidArgumentError(
        `[CheckpointManager] maxToKeep must be an integer of at least 1, or null for all; got ${describe(maxToKeep)}`,
      );
    const { checkpointName = 'ckpt' } = namedOptions(options, 'CheckpointManager');
    checkName(checkpointName);
    this.checkpointName = checkpointName;
    fs.mkdirSync(directory, { recursive: true });
    this.kept = listedCheckpoints(directory);
  }

  /** The checkpoints that are kept, the latest last, in the form that `restore` accepts. */
  get checkpoints(): string[] {
    return [...this.kept];
  }

  /** The latest checkpoint; null if there is none. */
  get latestCheckpoint(): string | null {
    return this.kept.at(-1) ?? null;
  }

  /** Writes a checkpoint, then removes those that are too many. Returns its path, for `restore`. */
  async save(options: ManagedSaveOptions = {}): Promise<string> {
    const { checkpointNumber } = namedOptions(options, 'CheckpointManager.save');
    if (checkpointNumber !== undefined && !(Number.isSafeInteger(checkpointNumber) && checkpointNumber >= 0))
      throw new InvalidArgumentError(
        `[CheckpointManager.save] checkpointNumber must be an integer of at least 0; got ${describe(checkpointNumber)}`,
      );
    const { saveCounter } = this.checkpoint;
    saveCounter.assignAdd(constant(1n, { dtype: 'int64' }));
    const number = checkpointNumber ?? saveCounter.item();
    const file = await this.checkpoint.write(path.join(this.directory, `${this.checkpointName}-${number}`));
    const all = [...this.kept.filter((one) => one !== file), file];
    const from = this.maxToKeep === null ? 0 : Math.max(0, all.length - this.maxToKeep);
    this.kept = all.slice(from);
    // What is listed is there, at any moment.
    writeCheckpoints(this.directory, this.kept);
    for (const old of all.slice(0, from)) removeCheckpoint(old);
    return file;
  }

  /** Restores the latest checkpoint; null if there is none, and nothing changes. Otherwise its path. */
  async restoreOrInitialize(): Promise<string | null> {
    const latest = this.latestCheckpoint;
    await this.checkpoint.restore(latest);
    return latest;
  }
}
