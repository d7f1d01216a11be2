/** Checkpoints: the variables of a training loop in a safetensors file. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { DataLossError, InvalidArgumentError, NotFoundError } from '../core/errors';
import { namedOptions } from '../keras/base/named_options';
import { describe, showShape } from '../core/shape';
import { shapeOf } from '../core/tensor';
import { Variable } from '../core/variable';
import { writeAtomically } from '../io/atomic';
import { openSafetensors, safetensorsParts, type OpenSafetensors } from '../io/safetensors';
import { checkPath, withFile } from '../io/source';
import { constant } from '../ops/array/convert';
import { addCheckpoint } from './state';
import { checkTrackable, variablesOf, type Trackable } from './tracking';

const ending = '.safetensors';
const format = 'gradtape checkpoint 1';
const counterName = 'saveCounter';

export interface RestoreOptions {
  /** Whether variables that the file does not have keep their values, and others in the file are left out. Default: an error. */
  expectPartial?: boolean;
}

/**
 * Keeps the variables of models, optimizers, metrics, and variables of their own, in files: `new tf.train.Checkpoint({ model,
 * optimizer, step })`. A checkpoint is one safetensors file; variables have the names that lead to them, such as
 * `model/layers/dense/vars/0`. @tf tf.train.Checkpoint
 */
export class Checkpoint {
  /** The number of calls of `save`, which is a part of each checkpoint. */
  readonly saveCounter: Variable;
  private readonly objects: Readonly<Record<string, Trackable>>;

  constructor(objects: Readonly<Record<string, Trackable>> = {}) {
    checkTrackable(objects);
    if (Object.hasOwn(objects, counterName))
      throw new InvalidArgumentError(
        `[Checkpoint] '${counterName}' is the name of the checkpoint's own variable`,
      );
    this.objects = { ...objects };
    this.saveCounter = new Variable(constant(0n, { dtype: 'int64' }), {
      name: 'save_counter',
      trainable: false,
    });
  }

  private variables(): Map<string, Variable> {
    return variablesOf({ ...this.objects, [counterName]: this.saveCounter });
  }

  /** Writes the variables to `prefix`.safetensors, which is replaced as a whole; returns the prefix. */
  // eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
  async write(prefix: string): Promise<string> {
    checkPath(prefix, 'Checkpoint.write');
    const tensors = [...this.variables()].map(([name, v]) => [name, v.held] as const);
    writeAtomically(prefix + ending, safetensorsParts(tensors, { format }));
    return prefix;
  }

  /**
   * Writes the variables to `prefix`-N.safetensors, where N counts the calls, and records it as the latest checkpoint of the
   * folder; returns the path without its ending, for `restore`.
   */
  async save(prefix: string): Promise<string> {
    checkPath(prefix, 'Checkpoint.save');
    this.saveCounter.assignAdd(constant(1n, { dtype: 'int64' }));
    const file = await this.write(`${prefix}-${this.saveCounter.item()}`);
    addCheckpoint(file);
    return file;
  }

  /**
   * Assigns the variables from a checkpoint, given as `save` returned it; null does nothing, so that the result of
   * `latestCheckpoint` can be given. Names, dtypes and shapes are checked before the first variable changes.
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
  async restore(prefix: string | null, options: RestoreOptions = {}): Promise<void> {
    const { expectPartial = false } = namedOptions(options, 'Checkpoint.restore');
    if (prefix === null) return;
    checkPath(prefix, 'Checkpoint.restore');
    const file = prefix.endsWith(ending) ? prefix : prefix + ending;
    withFile(file, 'Checkpoint.restore', (source) => {
      const saved = openSafetensors(source);
      if (saved.metadata.format !== format)
        throw new DataLossError(`[${file}] is no checkpoint: its metadata do not say '${format}'`);
      assign(this.variables(), saved, file, expectPartial);
    });
  }

  /** The same as `restore`. */
  read(prefix: string | null, options: RestoreOptions = {}): Promise<void> {
    return this.restore(prefix, options);
  }
}

const listed = (names: readonly string[]): string =>
  names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ');

function assign(
  variables: ReadonlyMap<string, Variable>,
  saved: OpenSafetensors,
  file: string,
  expectPartial: boolean,
): void {
  const missing = [...variables.keys()].filter((name) => !saved.tensors.has(name));
  const others = [...saved.tensors.keys()].filter((name) => !variables.has(name));
  if (!expectPartial && missing.length > 0)
    throw new NotFoundError(
      `[${file}] has no variables ${listed(missing)}: is it a checkpoint of something else?`,
    );
  if (!expectPartial && others.length > 0)
    throw new InvalidArgumentError(
      `[${file}] has variables that the checkpoint's objects do not have: ${listed(others)}. Models and optimizers must have ` +
        `been built, model.build(shape) and optimizer.build(variables), or say { expectPartial: true }`,
    );
  const found = [...variables].filter(([name]) => saved.tensors.has(name));
  for (const [name, v] of found) {
    const { dtype, shape } = saved.tensors.get(name) as { dtype: string | null; shape: readonly number[] };
    const own = shapeOf(v.held);
    if (dtype !== v.dtype || shape.join() !== own.join())
      throw new InvalidArgumentError(
        `[${file}] '${name}' is ${String(dtype)} of shape ${showShape(shape)}; the variable is ${v.dtype} of shape ${showShape(own)}`,
      );
  }
  for (const [name, v] of found) v.assign(saved.read(name));
}

/** Removes a checkpoint, if it is there. */
export function removeCheckpoint(prefix: string): void {
  fs.rmSync(prefix + ending, { force: true });
}

/** The name of the checkpoint within its folder. */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '' || path.basename(name) !== name)
    throw new InvalidArgumentError(
      `[CheckpointManager] checkpointName must be the name of a file; got ${describe(name)}`,
    );
}
