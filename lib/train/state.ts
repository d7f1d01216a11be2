/** `checkpoint.json` of a folder: its checkpoints, the latest last. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { DataLossError } from '../core/errors';
import { writeAtomically } from '../io/atomic';
import { checkPath, readSmallFile } from '../io/source';

const stateFile = (folder: string): string => path.join(folder, 'checkpoint.json');
const maxBytes = 2 ** 24;

/** The paths, without their endings, of the checkpoints that a folder lists; those that are no longer there are left out. */
export function listedCheckpoints(folder: string): string[] {
  const file = stateFile(folder);
  if (!fs.existsSync(file)) return [];
  let json: unknown;
  try {
    json = JSON.parse(readSmallFile(file, 'latestCheckpoint', maxBytes).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DataLossError(`[${file}] is no JSON: ${error.message}`);
  }
  const names = (json as { checkpoints?: unknown } | null)?.checkpoints;
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && name !== '' && path.basename(name) === name && !name.includes('\0');
  if (!Array.isArray(names) || !names.every(isName))
    throw new DataLossError(`[${file}] needs a list of names of files, 'checkpoints'`);
  return names.map((name) => path.join(folder, name)).filter((one) => fs.existsSync(`${one}.safetensors`));
}

/** Writes the list of a folder. */
export function writeCheckpoints(folder: string, checkpoints: readonly string[]): void {
  const json = { checkpoints: checkpoints.map((one) => path.basename(one)) };
  writeAtomically(stateFile(folder), [Buffer.from(`${JSON.stringify(json, null, 1)}\n`)]);
}

/** Records a checkpoint as the latest of its folder. */
export function addCheckpoint(prefix: string): void {
  const folder = path.dirname(prefix);
  const full = path.join(folder, path.basename(prefix));
  writeCheckpoints(folder, [...listedCheckpoints(folder).filter((one) => one !== full), full]);
}

/**
 * The latest checkpoint of a folder, as `Checkpoint.save` and `CheckpointManager` noted it; null if there is none.
 * @tf tf.train.latest_checkpoint
 */
export function latestCheckpoint(folder: string): string | null {
  checkPath(folder, 'latestCheckpoint');
  return listedCheckpoints(folder).at(-1) ?? null;
}
