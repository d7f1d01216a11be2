/** Models from `.keras` and legacy `.h5` files. */
import { DataLossError } from '../../core/errors';
import { options as resolve, throwExtraArguments } from '../../core/options';
import { openHdf5 } from '../../io/hdf5';
import { checkPath, withFile, type ByteSource } from '../../io/source';
import { ZipReader } from '../../io/zip/read';
import { withWeightLimit } from '../base/weight_limit';
import type { Model } from '../models/model';
import { assetPath, checkSaveable, isLegacy, maxRatio, parseJson } from './keras_file';
import { loadLegacyModel } from './legacy_h5';
import { deserialize, type CustomObjects, type Json, type Reading } from './serialize';
import { loadWeightsTree, saveables, TreeStore, type Assets, type Saveable } from './weights';

/** The most bytes of a config: more is no config. */
const maxConfigBytes = 2 ** 28;

export interface LoadOptions {
  /** The user's classes and functions, by the names in the file. */
  customObjects?: CustomObjects;
  /** Whether it is compiled as it was when it was saved. Default true. */
  compile?: boolean;
}

const loadDefaults: Required<LoadOptions> = { customObjects: {}, compile: true };

/** Reads a model from a `.keras` or `.h5` file. Nothing in the file is executed. @tf tf.keras.saving.load_model */
// eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
export async function loadModel(file: string, options?: LoadOptions): Promise<Model> {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('loadModel', 2, arguments, loadDefaults);
  const { customObjects, compile } = resolve<Required<LoadOptions>>(
    options,
    'customObjects',
    loadDefaults,
    'loadModel',
  );
  checkPath(file, 'loadModel');
  return withFile(file, 'loadModel', (source) => {
    const model = isLegacy(file)
      ? loadLegacyModel(source, { file, customObjects }, compile)
      : loadZip(source, { file, customObjects, shared: new Map() }, compile);
    return model as Model;
  });
}

/** The files of an object that it would write. */
function readAssets(zip: ZipReader, saveable: Saveable, path: readonly string[]): Assets {
  return Object.fromEntries(
    Object.keys(saveable.savedAssets?.() ?? {}).flatMap((name) => {
      const member = zip.open(assetPath(path, name));
      return member === null ? [] : [[name, member.read(0, member.size, name).toString('utf8')]];
    }),
  );
}

type Loaded = Saveable & { compileFromConfig?: (config: unknown) => void };

function loadZip(source: ByteSource, reading: Reading, compile: boolean): unknown {
  const { file } = reading;
  const zip = new ZipReader(source, maxRatio);
  const [config, weights] = ['config.json', 'model.weights.h5'].map((name) => zip.open(name));
  if (config === null || weights === null)
    throw new DataLossError(
      `[${file}] has no ${config === null ? 'config.json' : 'model.weights.h5'}: it is no .keras file`,
    );
  if (config.size > maxConfigBytes) throw new DataLossError(`[${file}] config.json has ${config.size} bytes`);
  const text = config.read(0, config.size, 'config.json').toString('utf8');
  const json = parseJson(text, `[${file}] config.json`);
  const store = new TreeStore(file, openHdf5(weights));
  return withWeightLimit(weights.size, file, () => {
    const model = deserialize(json, reading) as Loaded;
    checkSaveable(model, file);
    const compiled = (json as { compile_config?: Json }).compile_config;
    if (compile && compiled !== undefined && compiled !== null && Object.keys(compiled).length > 0)
      model.compileFromConfig?.(deserialize(compiled, reading));
    loadWeightsTree(model, store);
    for (const { saveable, path } of saveables(model, new Set()))
      saveable.loadAssets?.(readAssets(zip, saveable, path), file);
    return model;
  });
}
