/**
 * Configs of Keras 2, of its `.h5` files and of TensorFlow.js, in the form of Keras 3: classes have modules, calls of layers have
 * arguments, and options that no longer exist are left out.
 */
import { DataLossError } from '../../core/errors';
import { maxDepth } from '../../core/lists';
import { registered } from '../base/registry';
import type { Json } from './serialize';

type JsonObject = { readonly [key: string]: Json };
const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where classes are looked for, by the option that has the config; first those of all others. */
const modules: readonly (readonly [RegExp, readonly string[]])[] = [
  [/initializer$/, ['keras.initializers']],
  [/regularizer$/, ['keras.regularizers']],
  [/constraint$/, ['keras.constraints']],
  [/^optimizer/, ['keras.optimizers']],
  [/^loss$/, ['keras.losses']],
  [/metrics$/, ['keras.metrics', 'keras.losses']],
  [/^learning_rate$/, ['keras.optimizers.schedules']],
  [/dtype/, ['keras']],
];
const layerModules = ['keras.layers', 'keras'];
const otherModules = [
  'keras.losses',
  'keras.metrics',
  'keras.initializers',
  'keras.regularizers',
  'keras.constraints',
];

const functionalModule = 'keras.src.models.functional';

/** `.h5` files have the names of Keras's Python classes; these differ from the public ones. */
const pythonNames: Readonly<Record<string, string>> = { GroupQueryAttention: 'GroupedQueryAttention' };
const publicNames: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(pythonNames).map(([name, python]) => [python, name]),
);

function moduleOf(className: string, key: string): string | null {
  const listed = modules.find(([pattern]) => pattern.test(key))?.[1];
  const candidates = listed ?? [...layerModules, ...otherModules];
  return candidates.find((module) => registered(module, className) !== null) ?? null;
}

/** Options of Keras 2 that Keras 3 no longer has, by class. */
const dropped: readonly (readonly [RegExp, readonly string[]])[] = [
  [/./, ['batch_input_shape', 'input_dtype', 'quantization_config', 'is_legacy_optimizer', 'decay']],
  [
    /^(LSTM|GRU|SimpleRNN|RNN|StackedRNNCells|\w*Cell|ConvLSTM\dD)$/,
    ['implementation', 'time_major', 'input_dim', 'input_length'],
  ],
  [/^Embedding$/, ['input_length', 'activity_regularizer']],
  [
    /^BatchNormalization/,
    ['renorm', 'renorm_clipping', 'renorm_momentum', 'virtual_batch_size', 'fused', 'adjustment'],
  ],
  [
    /^(Separable|Depthwise)Conv\dD$/,
    ['kernel_initializer', 'kernel_regularizer', 'kernel_constraint', 'groups'],
  ],
  [/^DepthwiseConv\dD$/, ['filters']],
  [/^Lambda$/, ['module', 'function_type', 'output_shape_type', 'output_shape_module']],
];

/** Options with new names. */
const renamed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  LeakyReLU: { alpha: 'negative_slope' },
  Adam: { lr: 'learning_rate' },
  SGD: { lr: 'learning_rate' },
  RMSprop: { lr: 'learning_rate' },
};

/** The options of classes in whose configs TensorFlow.js has those of other objects too. */
const ownOptions: Readonly<Record<string, ReadonlySet<string>>> = {
  RNN: new Set([
    'cell',
    'name',
    'trainable',
    'dtype',
    'return_sequences',
    'return_state',
    'go_backwards',
    'stateful',
    'unroll',
    'zero_output_for_mask',
  ]),
};

/** Options that TensorFlow.js writes as null where they were not given. */
const booleans = new Set(['unit_forget_bias']);

/** An entry of a table: names come from files, and may be those of `Object.prototype`. */
export const entryOf = <T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;

/** How a config of Keras 2 is read: by what wrote it. */
export interface LegacyOptions {
  /** Activations that mean something else there. */
  readonly activations?: Readonly<Record<string, string>>;
  /** Options that a config may lack, by class, where their default is not that of Keras 3. */
  readonly defaults?: Readonly<Record<string, JsonObject>>;
}

/** The config in the form of Keras 3. DataLossError if it is nested too deeply. */
export function fromLegacy(json: Json, file: string, options: LegacyOptions = {}): Json {
  return new Converter(file, options).convert(json, '', 0);
}

const isPlace = (value: readonly Json[]): boolean =>
  value.length >= 3 && typeof value[0] === 'string' && typeof value[1] === 'number';

/**
 * Keras 2 counted the call that made a Sequential model as its first; Keras 3 does not. Returns a function that numbers the calls in
 * the places `[layer, call, tensor]` of such models from 0.
 */
function callsOfSequentials(config: JsonObject): (places: Json) => Json {
  const first = new Map<string, number>();
  for (const layer of config.layers as Json[])
    if (isObject(layer) && layer.class_name === 'Sequential') first.set(layer.name as string, Infinity);
  if (first.size === 0) return (places) => places;
  const visit = (value: Json, depth: number, f: (name: string, call: number) => number): Json => {
    if (!Array.isArray(value) || depth > maxDepth) return value;
    const list = value as Json[];
    if (!isPlace(list) || !first.has(list[0] as string)) return list.map((part) => visit(part, depth + 1, f));
    return [list[0], f(list[0] as string, list[1] as number), ...list.slice(2)];
  };
  const note = (name: string, call: number): number => {
    first.set(name, Math.min(call, first.get(name) as number));
    return call;
  };
  for (const layer of config.layers as Json[])
    if (isObject(layer)) visit(layer.inbound_nodes ?? null, 0, note);
  visit(config.output_layers ?? null, 0, note);
  return (places) => visit(places, 0, (name, call) => call - (first.get(name) as number));
}

class Converter {
  constructor(
    private readonly file: string,
    private readonly options: LegacyOptions,
  ) {}

  convert(value: Json, key: string, depth: number): Json {
    if (depth > maxDepth) throw new DataLossError(`[${this.file}] the config is nested too deeply`);
    if (Array.isArray(value)) return value.map((part: Json) => this.convert(part, key, depth + 1));
    if (typeof value === 'string' && /activation$/.test(key))
      return entryOf(this.options.activations, value) ?? value;
    if (!isObject(value)) return value;
    const { class_name: className } = value;
    if (className === '__tuple__') return this.convert(value.items ?? [], key, depth + 1);
    if (typeof className === 'string' && value.config !== undefined && !className.startsWith('__'))
      return this.convertObject(value, className, key, depth);
    return this.convertEntries(value, depth);
  }

  private convertEntries(value: JsonObject, depth: number): JsonObject {
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [key, this.convert(part, key, depth + 1)]),
    );
  }

  private convertObject(value: JsonObject, pythonName: string, key: string, depth: number): Json {
    const className = entryOf(publicNames, pythonName) ?? pythonName;
    if (typeof value.module === 'string') return this.convertEntries(value, depth);
    const { config } = value;
    if (className === 'Policy' && isObject(config)) return config.name ?? 'float32';
    if (className === 'Sequential') return this.sequential(value, depth);
    if (className === 'Functional' || className === 'Model') return this.functional(value, depth);
    if (!isObject(config)) return this.convertEntries(value, depth);
    const module = moduleOf(className, key);
    return {
      ...this.convertEntries(value, depth),
      module,
      registered_name: module === null ? className : null,
      class_name: className,
      config: this.layerConfig(className, config, depth),
    };
  }

  private layerConfig(className: string, config: JsonObject, depth: number): JsonObject {
    const left = new Set(
      dropped.filter(([pattern]) => pattern.test(className)).flatMap(([, names]) => names),
    );
    const names = entryOf(renamed, className);
    const own = entryOf(ownOptions, className);
    const found: Record<string, Json> = { ...entryOf(this.options.defaults, className) };
    for (const [key, part] of Object.entries(config))
      if (own?.has(key) !== false && !left.has(key) && !(part === null && booleans.has(key)))
        found[entryOf(names, key) ?? key] = this.convert(part, key, depth + 2);
    if (className === 'InputLayer' && config.batch_input_shape !== undefined)
      found.batch_shape = config.batch_input_shape;
    // An axis in a list of one.
    if (Array.isArray(found.axis) && found.axis.length === 1 && className.startsWith('BatchNorm'))
      found.axis = (found.axis as Json[])[0];
    return found;
  }

  private sequential(value: JsonObject, depth: number): Json {
    // Up to Keras 2.2 the config was the list of layers.
    const config: JsonObject = Array.isArray(value.config)
      ? { layers: value.config }
      : (value.config as JsonObject);
    if (!isObject(config) || !Array.isArray(config.layers))
      throw new DataLossError(`[${this.file}] the config of a Sequential model needs a list of layers`);
    const layers = config.layers as Json[];
    const [first] = layers;
    const own = isObject(first) && isObject(first.config) ? first.config : {};
    const converted = layers.map((layer) => this.convert(layer, 'layers', depth + 1));
    if (isObject(first) && first.class_name !== 'InputLayer' && Array.isArray(own.batch_input_shape))
      converted.unshift({
        module: 'keras.layers',
        class_name: 'InputLayer',
        config: {
          batch_shape: own.batch_input_shape as Json,
          dtype: typeof own.dtype === 'string' ? own.dtype : 'float32',
          name: `${typeof own.name === 'string' ? own.name : 'first'}_input`,
        },
        registered_name: null,
      });
    const rest = this.convertEntries({ ...config, layers: null }, depth + 1);
    return {
      ...this.named(value),
      module: 'keras',
      class_name: 'Sequential',
      registered_name: null,
      config: { ...rest, layers: converted },
    };
  }

  /** What a functional model says of a layer beside its config. */
  private named(value: JsonObject): JsonObject {
    const { class_name: _, config: __, ...others } = value;
    return this.convertEntries(others, 0);
  }

  private functional(value: JsonObject, depth: number): Json {
    const { config } = value;
    if (!isObject(config) || !Array.isArray(config.layers))
      throw new DataLossError(`[${this.file}] the config of a functional model needs a list of layers`);
    let isOld = false;
    const renumber = callsOfSequentials(config);
    const layers = (config.layers as Json[]).map((layer) => {
      const converted = this.convert(layer, 'layers', depth + 1);
      if (!isObject(layer) || !isObject(converted) || !Array.isArray(layer.inbound_nodes)) return converted;
      const nodes = renumber(layer.inbound_nodes) as Json[];
      if (nodes.some((node) => Array.isArray(node))) isOld = true;
      return { ...converted, inbound_nodes: nodes.map((node) => this.node(node, depth)) };
    });
    const places = (list: Json | undefined): Json =>
      isOld && Array.isArray(list) && list.length === 1 && Array.isArray(list[0])
        ? (list as Json[])[0]
        : (list ?? null);
    const { trainable = true, name = null } = config;
    return {
      ...this.named(value),
      module: functionalModule,
      class_name: 'Functional',
      registered_name: 'Functional',
      config: {
        ...(name === null ? {} : { name }),
        trainable,
        layers,
        input_layers: places(config.input_layers),
        output_layers: places(renumber(config.output_layers ?? null)),
      },
    };
  }

  /** A call of a layer: Keras 2 lists the tensors, each with the options of the call. */
  private node(node: Json, depth: number): Json {
    if (!Array.isArray(node)) return this.convert(node, 'node', depth + 1);
    const entries = node as Json[];
    // A single tensor may stand alone.
    const list = typeof entries[0] === 'string' ? [entries] : (entries as Json[][]);
    const tensors = list.map((entry) => this.tensor(entry as Json));
    const options = Array.isArray(list[0]) ? list[0][3] : undefined;
    const kwargs = isObject(options)
      ? Object.fromEntries(
          Object.entries(options).map(([key, part]) => [key, this.callOption(part, depth + 1)]),
        )
      : {};
    return { args: tensors.length === 1 ? tensors : [tensors], kwargs };
  }

  private tensor(place: Json): Json {
    if (!Array.isArray(place) || place.length < 3 || typeof place[0] !== 'string')
      throw new DataLossError(
        `[${this.file}] a call of a layer names the tensor ${JSON.stringify(place)}, which is no place`,
      );
    return { class_name: '__keras_tensor__', config: { keras_history: (place as Json[]).slice(0, 3) } };
  }

  private callOption(value: Json, depth: number): Json {
    if (Array.isArray(value) && value.length === 3 && isPlace(value)) return this.tensor(value);
    if (Array.isArray(value)) return value.map((part: Json) => this.callOption(part, depth + 1));
    return this.convert(value, '', depth + 1);
  }
}

/** A config of Keras 3 in the form of its `.h5` files: layers have no modules. */
export function toLegacy(json: Json, inLayers = true): Json {
  if (Array.isArray(json)) return json.map((part: Json) => toLegacy(part, inLayers));
  if (!isObject(json)) return json;
  if (typeof json.class_name === 'string' && isObject(json.config) && inLayers) {
    const {
      module,
      registered_name: registeredName,
      class_name: className,
      config,
      build_config: _,
      ...others
    } = json;
    if (module === 'builtins') return json;
    const pythonName = entryOf(pythonNames, className) ?? className;
    const { compile_config: __, ...rest } = others;
    const layers: JsonObject = config.layers === undefined ? {} : { layers: toLegacy(config.layers) };
    return {
      class_name: typeof registeredName === 'string' ? registeredName : pythonName,
      config: { ...config, ...layers },
      ...rest,
    };
  }
  return Object.fromEntries(Object.entries(json).map(([key, part]) => [key, toLegacy(part, inLayers)]));
}
