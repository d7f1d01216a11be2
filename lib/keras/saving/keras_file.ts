/** `.keras` files as they are written, and `.weights.h5` files. */
import * as fs from 'node:fs';
import { DataLossError, InvalidArgumentError, NotFoundError } from '../../core/errors';
import { options as resolve, throwExtraArguments } from '../../core/options';
import { describe } from '../../core/shape';
import { writeAtomically } from '../../io/atomic';
import { hdf5Parts, openHdf5 } from '../../io/hdf5';
import { checkPath, withFile, type ByteSource } from '../../io/source';
import { ZipReader } from '../../io/zip/read';
import { zipMember, zipParts } from '../../io/zip/write';
import { loadLegacyWeights, saveLegacyModel } from './legacy_h5';
import { serialize, withSharing, configText, type Json } from './serialize';
import { isShardMap, loadShards, saveShards } from './shards';
import { loadWeightsTree, saveables, TreeStore, weightsTree, type Saveable } from './weights';

/** The version of Keras whose format is written. */
const kerasVersion = '3.15.1';
/** How many times its stored size a member may have; Keras does not compress. */
export const maxRatio = 100;

export const isLegacy = (file: string): boolean => /\.(h5|hdf5)$/.test(file);

const twoDigits = (n: number): string => `${n}`.padStart(2, '0');

function dateSaved(): string {
  const d = new Date();
  const day = [d.getFullYear(), twoDigits(d.getMonth() + 1), twoDigits(d.getDate())].join('-');
  return `${day}@${[d.getHours(), d.getMinutes(), d.getSeconds()].map(twoDigits).join(':')}`;
}

export function checkSaveable(model: unknown, where: string): asserts model is Saveable {
  if (typeof (model as Partial<Saveable> | null | undefined)?.savedVariables !== 'function')
    throw new TypeError(`[${where}] needs a model; got ${describe(model)}`);
}

function checkOverwrite(overwrite: boolean, file: string, where: string): void {
  if (!overwrite && fs.existsSync(file))
    throw new InvalidArgumentError(`[${where}] there is a file '${file}' already, and overwrite is false`);
}

export interface SaveOptions {
  /** Whether a file of that name is replaced; otherwise it is an error. Default true. */
  overwrite?: boolean;
  /** Whether `.h5` files get the state of the optimizer; `.keras` files always do. Default true. */
  includeOptimizer?: boolean;
}

const saveDefaults: Required<SaveOptions> = { overwrite: true, includeOptimizer: true };

/**
 * Writes a model, its weights and the state of its optimizer to a `.keras` file, or to one of Keras's legacy format, `.h5`. A
 * file of that name is replaced as a whole, once all is written. @tf tf.keras.saving.save_model
 */
// eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
export async function saveModel(model: Saveable, file: string, options?: SaveOptions): Promise<void> {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments('saveModel', 3, arguments, saveDefaults);
  checkSaveable(model, 'saveModel');
  checkPath(file, 'saveModel');
  const { overwrite, includeOptimizer } = resolve<Required<SaveOptions>>(
    options,
    'overwrite',
    saveDefaults,
    'saveModel',
  );
  if (!file.endsWith('.keras') && !isLegacy(file))
    throw new InvalidArgumentError(
      `[saveModel] Invalid filepath extension for saving. Please add the \`.keras\` extension, or \`.h5\` for the legacy ` +
        `format. Received: filepath=${file}`,
    );
  checkOverwrite(overwrite, file, 'saveModel');
  if (isLegacy(file)) {
    saveLegacyModel(model, file, includeOptimizer);
    return;
  }
  const metadata = { keras_version: kerasVersion, date_saved: dateSaved() };
  const config = configText(withSharing(() => serialize(model)));
  const { size, parts } = hdf5Parts(weightsTree(model));
  writeAtomically(
    file,
    zipParts([
      zipMember('metadata.json', Buffer.from(JSON.stringify(metadata))),
      zipMember('config.json', Buffer.from(config)),
      { name: 'model.weights.h5', size, parts },
      ...[...saveables(model, new Set())].flatMap(({ saveable, path }) =>
        Object.entries(saveable.savedAssets?.() ?? {}).map(([name, text]) =>
          zipMember(assetPath(path, name), Buffer.from(text)),
        ),
      ),
    ]),
  );
}

/** The object of a JSON in a file. */
export function parseJson(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new DataLossError(`${what} is no JSON: ${String((error as Error).message)}`);
  }
}

/** The member of a `.keras` file that holds an asset of an object, such as its vocabulary; `path` is the object's. */
export const assetPath = (path: readonly string[], name: string): string =>
  ['assets', ...path, name].join('/');

export interface SaveWeightsOptions {
  /** Whether a file of that name is replaced; otherwise it is an error. Default true. */
  overwrite?: boolean;
  /** The most GiB of one file; the weights go to several, and `file`, a `.weights.json`, says where each is. Default: one file. */
  maxShardSize?: number | null;
  /** Layers whose weights are left out, with all that is in them. */
  objectsToSkip?: readonly unknown[];
}

const saveWeightsDefaults: Required<SaveWeightsOptions> = {
  overwrite: true,
  maxShardSize: null,
  objectsToSkip: [],
};

/**
 * Writes the weights, and the state of the optimizer, to a `.weights.h5` file, or to several. @tf tf.keras.saving.save_weights
 */
// eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
export async function saveWeights(
  model: Saveable,
  file: string,
  options?: SaveWeightsOptions,
): Promise<void> {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments('saveWeights', 3, arguments, saveWeightsDefaults);
  checkSaveable(model, 'saveWeights');
  checkPath(file, 'saveWeights');
  const { overwrite, maxShardSize, objectsToSkip } = resolve<Required<SaveWeightsOptions>>(
    options,
    'overwrite',
    saveWeightsDefaults,
    'saveWeights',
  );
  checkSkipped(objectsToSkip, 'saveWeights');
  checkBuilt(model, 'saveWeights');
  if (maxShardSize === null ? !file.endsWith('.weights.h5') : !isShardMap(file))
    throw new InvalidArgumentError(
      `[saveWeights] The filename must end in \`${maxShardSize === null ? '.weights.h5`' : '.weights.json` when maxShardSize is specified'}. ` +
        `Received: filepath=${file}`,
    );
  if (maxShardSize !== null && !(typeof maxShardSize === 'number' && maxShardSize > 0))
    throw new InvalidArgumentError(
      `[saveWeights] maxShardSize is a positive number of GiB; got ${describe(maxShardSize)}`,
    );
  checkOverwrite(overwrite, file, 'saveWeights');
  if (maxShardSize === null) writeAtomically(file, hdf5Parts(weightsTree(model, objectsToSkip)).parts());
  else saveShards(model, file, maxShardSize, objectsToSkip);
}

function checkSkipped(objects: unknown, where: string): void {
  if (!Array.isArray(objects))
    throw new TypeError(`[${where}] objectsToSkip must be an array of layers; got ${describe(objects)}`);
}

function checkBuilt(model: Saveable, where: string): void {
  if ((model as { built?: boolean }).built === false)
    throw new InvalidArgumentError(
      `[${where}] the model '${model.name}' has not been built yet. Try building it first by calling it on some data or by ` +
        `using \`build()\`.`,
    );
}

export interface LoadWeightsOptions {
  /** Whether layers that do not fit their weights in the file keep what they have, with a warning. Default false: an error. */
  skipMismatch?: boolean;
  /** Layers that keep their weights, with all that is in them. Not for `.keras` and legacy files. */
  objectsToSkip?: readonly unknown[];
  /** Of legacy `.h5` files: layers are found by their names instead of their order. Default false. */
  byName?: boolean;
}

const loadWeightsDefaults: Required<LoadWeightsOptions> = {
  skipMismatch: false,
  objectsToSkip: [],
  byName: false,
};

/**
 * Assigns the weights of a `.weights.h5`, `.weights.json`, `.keras` or legacy `.h5` file to a model of the same structure.
 * @tf tf.keras.saving.load_weights
 */
// eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
export async function loadWeights(
  model: Saveable,
  file: string,
  options?: LoadWeightsOptions,
): Promise<void> {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments('loadWeights', 3, arguments, loadWeightsDefaults);
  checkSaveable(model, 'loadWeights');
  checkPath(file, 'loadWeights');
  const chosen = resolve<Required<LoadWeightsOptions>>(
    options,
    'skipMismatch',
    loadWeightsDefaults,
    'loadWeights',
  );
  const { objectsToSkip, byName } = chosen;
  checkSkipped(objectsToSkip, 'loadWeights');
  checkBuilt(model, 'loadWeights');
  const isTree = file.endsWith('.weights.h5') || isShardMap(file);
  if (!isTree && objectsToSkip.length > 0)
    throw new InvalidArgumentError(
      `[loadWeights] \`objectsToSkip\` only supports loading '.weights.h5' files. Received: ${file}`,
    );
  if (byName && (isTree || !isLegacy(file)))
    throw new InvalidArgumentError(
      `[loadWeights] \`byName\` only supports loading legacy '.h5' or '.hdf5' files. Received: ${file}`,
    );
  if (isShardMap(file)) loadShards(model, file, chosen);
  else withFile(file, 'loadWeights', (source) => loadWeightsFrom(model, source, chosen, isTree));
}

function loadWeightsFrom(
  model: Saveable,
  source: ByteSource,
  options: Required<LoadWeightsOptions>,
  isTree: boolean,
): void {
  const file = source.name;
  if (isTree) loadWeightsTree(model, new TreeStore(file, openHdf5(source)), options);
  else if (isLegacy(file)) loadLegacyWeights(model, openHdf5(source), file, options);
  else if (file.endsWith('.keras')) {
    const weights = new ZipReader(source, maxRatio).open('model.weights.h5');
    if (weights === null) throw new NotFoundError(`[${file}] has no model.weights.h5`);
    loadWeightsTree(model, new TreeStore(file, openHdf5(weights)), options);
  } else
    throw new InvalidArgumentError(
      `[loadWeights] File format not supported: filepath=${file}. Weights are read from \`.weights.h5\`, ` +
        `\`.weights.json\`, \`.keras\` and legacy \`.h5\` files.`,
    );
}
