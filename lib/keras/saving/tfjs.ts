/** Models that TensorFlow.js saved, or its converter made of Keras's: `model.json` and files of weights. */
import { DataLossError, InvalidArgumentError, UnimplementedError } from '../../core/errors';
import { options as resolve, throwExtraArguments } from '../../core/options';
import { checkPath, readSmallFile } from '../../io/source';
import { clipByValue } from '../../ops/math/select';
import { add, multiply } from '../../ops/math/binary';
import type { Tensor } from '../../core/tensor';
import { registerKerasSerializable } from '../base/registry';
import type { Weight } from '../base/weight';
import { withWeightLimit } from '../base/weight_limit';
import { Model } from '../models/model';
import { parseJson } from './keras_file';
import { entryOf, fromLegacy } from './legacy_config';
import { deserialize, isJsonObject, type CustomObjects, type Json } from './serialize';
import { readManifest, type ManifestTensor } from './tfjs_manifest';
import { assignAll, checkFits, saveables, type Assignment, type Saveable } from './weights';

/** The most bytes of a model.json: more is none. */
const maxTopologyBytes = 2 ** 28;

/** Keras 2's hard sigmoid, which TensorFlow.js has: x/5 + 1/2 within [0, 1]. Keras 3's is x/6 + 1/2. */
const hardSigmoidOfTfjs = (x: Tensor): Tensor => clipByValue(add(multiply(x, 0.2), 0.5), 0, 1);
registerKerasSerializable('gradtape', 'hard_sigmoid_of_tfjs')(hardSigmoidOfTfjs as never);
const legacyOptions = {
  activations: { hard_sigmoid: 'gradtape>hard_sigmoid_of_tfjs' },
  defaults: { GRU: { reset_after: false }, GRUCell: { reset_after: false } },
};

export interface LoadLayersModelOptions {
  /** The user's classes and functions, by the names in the file. */
  customObjects?: CustomObjects;
  /** Whether it is compiled as it was when it was saved; the optimizer starts anew. Default true. */
  compile?: boolean;
}

const defaults: Required<LoadLayersModelOptions> = { customObjects: {}, compile: true };

/**
 * Reads a layers model of TensorFlow.js: `model.json`, and the files of weights beside it that it names, also quantized ones.
 * Nothing in the files is executed. `file` may begin with `file://`, as in TensorFlow.js.
 */
// eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
export async function loadLayersModel(file: string, options?: LoadLayersModelOptions): Promise<Model> {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('loadLayersModel', 2, arguments, defaults);
  const { customObjects, compile } = resolve<Required<LoadLayersModelOptions>>(
    options,
    'customObjects',
    defaults,
    'loadLayersModel',
  );
  checkPath(file, 'loadLayersModel');
  const name = file.replace(/^file:\/\//, '');
  const text = readSmallFile(name, 'loadLayersModel', maxTopologyBytes).toString('utf8');
  const json = parseJson(text, `[${name}] the file`);
  if (!isJsonObject(json)) throw new DataLossError(`[${name}] is no JSON object`);
  const { modelTopology: topology, weightsManifest, format } = json;
  if (format === 'graph-model' || (isJsonObject(topology) && topology.node !== undefined))
    throw new UnimplementedError(
      `[${name}] is a graph model; layers models can be read: convert it with --output_format=tfjs_layers_model`,
    );
  if (!isJsonObject(topology)) throw new DataLossError(`[${name}] has no modelTopology`);
  const { model_config: config = topology, training_config: training = null } = topology;
  const { tensors, bytes } = readManifest(weightsManifest, name);
  const reading = { file: name, customObjects };
  return withWeightLimit(bytes, name, () => {
    const model = deserialize(fromLegacy(config, name, legacyOptions), reading);
    if (!(model instanceof Model)) throw new DataLossError(`[${name}] modelTopology is not that of a model`);
    assignAll(
      matchWeights(
        model,
        tensors.filter(({ isOfOptimizer }) => !isOfOptimizer),
        name,
      ),
    );
    const compiled = json.trainingConfig ?? training;
    if (compile && compiled !== null) {
      if (!isJsonObject(compiled)) throw new DataLossError(`[${name}] trainingConfig is no object`);
      const { optimizer_config: optimizer = null, ...others } = compiled;
      const read = fromLegacy({ ...others, optimizer: kerasOptimizer(optimizer) }, name);
      model.compileFromConfig(deserialize(read, reading) as Record<string, unknown>);
    }
    return model;
  });
}

/** Optimizers of TensorFlow.js that Keras has under other names, with those of their options. */
const optimizers: Readonly<Record<string, { name: string; options: Readonly<Record<string, string>> }>> = {
  Momentum: { name: 'SGD', options: { useNesterov: 'nesterov' } },
  RMSProp: { name: 'RMSprop', options: { decay: 'rho' } },
};

function kerasOptimizer(json: Json): Json {
  if (!isJsonObject(json) || typeof json.class_name !== 'string' || !isJsonObject(json.config)) return json;
  const known = entryOf(optimizers, json.class_name);
  if (known === undefined) return json;
  const { name, options } = known;
  const entries = Object.entries(json.config).map(([key, value]): [string, Json] => [
    entryOf(options, key) ?? key,
    value,
  ]);
  return { ...json, class_name: name, config: Object.fromEntries<Json>(entries) };
}

/** The layers of a model, those of the models in it in place of these. */
function* leafLayers(model: Model, seen = new Set<unknown>()): Generator<Saveable> {
  for (const layer of model.layers) {
    if (seen.has(layer)) continue;
    seen.add(layer);
    if (layer instanceof Model) yield* leafLayers(layer, seen);
    else yield layer;
  }
}

interface Entry {
  readonly tensor: ManifestTensor;
  /** The name without that of the tensor itself. */
  readonly owners: readonly string[];
  readonly last: string;
}

/**
 * Assigns the tensors to weights by their names, `layer/…/kernel`. Between them stand names of cells and wrapped layers, which differ from
 * version to version. Keras 3's converter numbers the weights of a layer: `layer/0`.
 */
function matchWeights(model: Model, tensors: readonly ManifestTensor[], file: string): Assignment[] {
  const byOwner = new Map<string, Set<Entry>>();
  const left = new Set<Entry>();
  const names = new Set<string>();
  for (const tensor of tensors) {
    if (names.has(tensor.name)) throw new DataLossError(`[${file}] lists the weight '${tensor.name}' twice`);
    names.add(tensor.name);
    const owners = tensor.name.replace(/:\d+$/, '').split('/');
    const entry = { tensor, last: owners.pop() as string, owners };
    left.add(entry);
    for (const owner of owners) {
      const list = byOwner.get(owner) ?? new Set();
      byOwner.set(owner, list.add(entry));
    }
  }
  const assignments: Assignment[] = [];
  for (const layer of leafLayers(model)) {
    const own = byOwner.get(layer.name) ?? new Set<Entry>();
    const weights = [...saveables(layer, new Set())].flatMap(
      ({ saveable }) => saveable.savedVariables() as readonly Weight[],
    );
    weights.forEach((variable, i) => {
      const entry = bestEntry(variable, i, own);
      if (entry === null || !left.has(entry))
        throw new InvalidArgumentError(
          `[${file}] has no weight for '${variable.path}'; of the layer '${layer.name}' it has ` +
            ([...own].map(({ tensor }) => `'${tensor.name}'`).join(', ') || 'none'),
        );
      own.delete(entry);
      left.delete(entry);
      checkFits(entry.tensor, variable, `[${file}] '${entry.tensor.name}'`, layer.name);
      assignments.push({ variable, dataset: entry.tensor });
    });
  }
  if (left.size > 0)
    throw new InvalidArgumentError(
      `[${file}] Provided weight data has no target variable: ${[...left].map(({ tensor }) => tensor.name).join(', ')}`,
    );
  return assignments;
}

/** The entry for the i-th weight of a layer: that of its name, with most of the names in its path; the first of those. */
function bestEntry(weight: Weight, i: number, entries: ReadonlySet<Entry>): Entry | null {
  const path = weight.path.split('/');
  const name = path.pop() as string;
  let best: Entry | null = null;
  let bestScore = -1;
  for (const entry of entries) {
    // DepthwiseConv2D's kernel had the name `depthwise_kernel`.
    const isExact = entry.last === name || entry.last === `${i}`;
    if (!isExact && !entry.last.endsWith(`_${name}`)) continue;
    const shared = entry.owners.filter((owner) => path.includes(owner)).length;
    const score = (isExact ? 1000 : 0) + shared;
    if (score > bestScore) [best, bestScore] = [entry, score];
  }
  return best;
}
