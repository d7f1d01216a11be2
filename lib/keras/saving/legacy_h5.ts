/** Keras's legacy format of whole models, `.h5`: configs as attributes, weights by the names of layers. */
import { DataLossError, InvalidArgumentError } from '../../core/errors';
import { showShape } from '../../core/shape';
import { shapeOf } from '../../core/tensor';
import { writeAtomically } from '../../io/atomic';
import { hdf5Parts, openHdf5, type H5Group, type ReadGroup } from '../../io/hdf5';
import type { ByteSource } from '../../io/source';
import { withWeightLimit } from '../base/weight_limit';
import type { Weight } from '../base/weight';
import { fromLegacy, toLegacy } from './legacy_config';
import { configText, deserialize, serialize, type Json, type Reading } from './serialize';
import { assignAll, checkFits, datasetOf, groupAt, type Assignment, type Saveable } from './weights';

/** What this format needs of a layer. */
interface LegacyLayer {
  readonly name: string;
  readonly trainableWeights: readonly Weight[];
  readonly nonTrainableWeights: readonly Weight[];
}

interface LegacyOptimizer {
  readonly name: string;
  readonly variables: readonly Weight[];
}

/** And of a model. */
interface LegacyModel extends LegacyLayer, Saveable {
  readonly layers: readonly LegacyLayer[];
  readonly optimizer: LegacyOptimizer | null;
  /** The weights of the model itself. */
  savedVariables(): readonly Weight[];
  compileConfig(): Record<string, unknown>;
  compileFromConfig(config: unknown): void;
}

/** The most bytes of an attribute's list of names, as Keras has it. */
const maxAttribute = 64512;

/** A list of names, in several attributes where it is too long for one. */
function namesAttribute(name: string, names: readonly string[]): Record<string, readonly string[]> {
  const longest = Math.max(1, ...names.map((text) => Buffer.byteLength(text)));
  const most = Math.max(1, Math.floor(maxAttribute / longest));
  if (names.length <= most) return { [name]: names };
  const found: Record<string, readonly string[]> = {};
  for (let i = 0; i * most < names.length; i++) found[`${name}${i}`] = names.slice(i * most, (i + 1) * most);
  return found;
}

function readNames(group: ReadGroup, name: string): string[] {
  const list = (value: unknown): string[] => {
    const texts: unknown[] = Array.isArray(value) ? value : [value];
    if (texts.some((text) => typeof text !== 'string'))
      throw new DataLossError(`[legacy .h5] the attribute ${name} of ${group.path} is no list of names`);
    return texts as string[];
  };
  const whole = group.attribute(name);
  if (whole !== null) return list(whole);
  const names: string[] = [];
  for (let i = 0; ; i++) {
    const part = group.attribute(`${name}${i}`);
    if (part === null) return names;
    names.push(...list(part));
  }
}

const legacyWeights = (layer: LegacyLayer): Weight[] => [
  ...layer.trainableWeights,
  ...layer.nonTrainableWeights,
];

/** Adds weights under their paths, and the list of these. */
function addWeights(group: H5Group, weights: readonly (readonly [string, Weight])[]): void {
  group.attributes = {
    ...group.attributes,
    ...namesAttribute(
      'weight_names',
      weights.map(([name]) => name),
    ),
  };
  for (const [path, weight] of weights) {
    const names = path.split('/');
    const parent = groupAt(group, names.slice(0, -1));
    const own = (parent.datasets ??= {});
    const last = names[names.length - 1];
    if (last in own) throw new InvalidArgumentError(`[saveModel] two weights have the path '${path}'`);
    own[last] = datasetOf(weight);
  }
}

const withPaths = (weights: readonly Weight[]): [string, Weight][] => weights.map((w) => [w.path, w]);

/** Writes a model as Keras writes `.h5` files. */
export function saveLegacyModel(saveable: Saveable, file: string, includeOptimizer: boolean): void {
  const model = saveable as LegacyModel;
  const versions = { keras_version: '3.15.1', backend: 'tensorflow' };
  const { class_name, config } = toLegacy(serialize(model)) as Record<string, Json>;
  const weights: H5Group = {
    attributes: {
      ...versions,
      ...namesAttribute(
        'layer_names',
        model.layers.map(({ name }) => name),
      ),
    },
  };
  for (const layer of model.layers)
    addWeights(groupAt(weights, [layer.name]), withPaths(legacyWeights(layer)));
  addWeights(groupAt(weights, ['top_level_model_weights']), withPaths(model.savedVariables()));
  const root: H5Group = {
    attributes: { ...versions, model_config: configText({ class_name, config }) },
    groups: { model_weights: weights },
  };
  const { optimizer } = model;
  if (includeOptimizer && optimizer !== null) {
    const { optimizer: optimizerConfig, ...training } = toLegacy(serialize(model.compileConfig())) as Record<
      string,
      Json
    >;
    (root.attributes as Record<string, string>).training_config = configText({
      ...training,
      optimizer_config: optimizerConfig,
    });
    addWeights(groupAt(root, ['optimizer_weights']), optimizerPaths(optimizer));
  }
  writeAtomically(file, hdf5Parts(root).parts());
}

/** The variables of an optimizer, under paths that begin with its name. */
function optimizerPaths({ name, variables }: LegacyOptimizer): [string, Weight][] {
  const used = new Map<string, number>();
  return variables.map((v) => {
    const path = `${name}/${v.name.replace(/:\d+$/, '').replaceAll('/', '_')}`;
    const count = used.get(path) ?? 0;
    used.set(path, count + 1);
    return [count === 0 ? path : `${path}_${count}`, v];
  });
}

function jsonAttribute(root: ReadGroup, name: string, file: string): Json {
  const text = root.attribute(name);
  if (text === null) return null;
  try {
    if (typeof text === 'string') return JSON.parse(text) as Json;
  } catch {
    // Below.
  }
  throw new DataLossError(`[${file}] the attribute ${name} is no JSON`);
}

/** Reads a model of a `.h5` file. */
export function loadLegacyModel(source: ByteSource, reading: Reading, compile: boolean): unknown {
  const { file } = reading;
  const root = openHdf5(source);
  const config = jsonAttribute(root, 'model_config', file);
  if (config === null) throw new DataLossError(`[${file}] No model config found in the file`);
  return withWeightLimit(source.size, file, () => {
    const model = deserialize(fromLegacy(config, file), reading) as LegacyModel;
    const weights = root.group('model_weights');
    if (weights === null) throw new DataLossError(`[${file}] has no model_weights`);
    loadLegacyWeights(model, weights, file, { skipMismatch: false, byName: false });
    const training = compile ? jsonAttribute(root, 'training_config', file) : null;
    if (training === null) return model;
    const { optimizer_config: optimizer, ...others } = fromLegacy(training, file) as Record<string, Json>;
    model.compileFromConfig(deserialize({ ...others, optimizer }, reading));
    loadOptimizer(model, root, file);
    return model;
  });
}

function loadOptimizer({ optimizer }: LegacyModel, root: ReadGroup, file: string): void {
  const group = root.group('optimizer_weights');
  if (group === null || optimizer === null) return;
  const { variables } = optimizer;
  const names = readNames(group, 'weight_names');
  // A file of a model that was never trained has no slots; Keras 2 has other variables, without the learning rate.
  if (names.length === variables.length && /iterations?$/.test(names[0]))
    assignAll(match(variables, group, names, 'the optimizer', file, false));
  else if (names.length > 0)
    process.emitWarning(
      `[${file}] Error in loading the saved optimizer state: it has ${names.length} variables, the optimizer ` +
        `${variables.length}. As a result, your model is starting with a freshly initialized optimizer.`,
    );
}

export interface LegacyOptions {
  readonly skipMismatch: boolean;
  readonly byName: boolean;
}

/** Assigns the weights of a `.h5` file, of a whole model or of weights alone, to the layers in their order or by their names. */
export function loadLegacyWeights(
  saveable: Saveable,
  root: ReadGroup,
  file: string,
  options: LegacyOptions,
): void {
  const model = saveable as LegacyModel;
  const group = (readNames(root, 'layer_names').length === 0 ? root.group('model_weights') : null) ?? root;
  const names = readNames(group, 'layer_names');
  const assignments = options.byName
    ? matchByName(model, group, names, file, options.skipMismatch)
    : matchByOrder(model, group, names, file, options.skipMismatch);
  const top = group.group('top_level_model_weights');
  if (top !== null) {
    const topNames = readNames(top, 'weight_names');
    assignments.push(
      ...match(model.savedVariables(), top, topNames, 'the model itself', file, options.skipMismatch),
    );
  }
  assignAll(assignments);
}

function layerGroup(group: ReadGroup, name: string, file: string): { group: ReadGroup; names: string[] } {
  const found = group.group(name);
  if (found === null) throw new DataLossError(`[${file}] ${group.path}/${name} is missing, or is no group`);
  return { group: found, names: readNames(found, 'weight_names') };
}

function matchByOrder(
  model: LegacyModel,
  group: ReadGroup,
  names: readonly string[],
  file: string,
  skipMismatch: boolean,
): Assignment[] {
  const layers = model.layers.filter((layer) => legacyWeights(layer).length > 0);
  const saved = names
    .map((name) => ({ name, ...layerGroup(group, name, file) }))
    .filter((entry) => entry.names.length > 0);
  if (saved.length !== layers.length)
    throw new InvalidArgumentError(
      `[${file}] Layer count mismatch when loading weights from file. Model expected ${layers.length} layers, found ` +
        `${saved.length} saved layers.`,
    );
  return saved.flatMap((entry, i) => {
    const what = `layer #${i} (named ${layers[i].name} in the current model, ${entry.name} in the save file)`;
    return match(legacyWeights(layers[i]), entry.group, entry.names, what, file, skipMismatch);
  });
}

function matchByName(
  model: LegacyModel,
  group: ReadGroup,
  names: readonly string[],
  file: string,
  skipMismatch: boolean,
): Assignment[] {
  return names.flatMap((name) => {
    const layer = model.layers.find((one) => one.name === name);
    if (layer === undefined) return [];
    const found = layerGroup(group, name, file);
    return match(legacyWeights(layer), found.group, found.names, `layer '${name}'`, file, skipMismatch);
  });
}

function match(
  weights: readonly Weight[],
  group: ReadGroup,
  names: readonly string[],
  what: string,
  file: string,
  skipMismatch: boolean,
): Assignment[] {
  if (names.length !== weights.length) {
    const message = `[${file}] Weight count mismatch for ${what}: it expects ${weights.length} weight(s), and the file has ${names.length}`;
    if (!skipMismatch) throw new InvalidArgumentError(message);
    process.emitWarning(`${message}; they are skipped`);
    return [];
  }
  const found: Assignment[] = [];
  weights.forEach((variable, i) => {
    const dataset = group.dataset(names[i]);
    if (dataset === null)
      throw new DataLossError(`[${file}] ${group.path}/${names[i]} is missing, or is no dataset`);
    const shape = shapeOf(variable.held);
    if (skipMismatch && dataset.shape.join() !== shape.join()) {
      process.emitWarning(
        `[${file}] Skipping loading weights for ${what} due to mismatch in shape for weight ${variable.path}: it has ` +
          `${showShape(shape)}, the file ${showShape(dataset.shape)}`,
      );
      return;
    }
    checkFits(dataset, variable, `[${file}] ${group.path}/${names[i]}`, what);
    found.push({ variable, dataset });
  });
  return found;
}
