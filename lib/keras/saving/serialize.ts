/** Configs as Keras writes them: JSON in Python's names, from and to objects. */
import { DataLossError, InvalidArgumentError, UnimplementedError } from '../../core/errors';
import { maxDepth } from '../../core/lists';
import { isPlain } from '../../core/options';
import { describe } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import { constant } from '../../ops/array/convert';
import { DTypePolicy } from '../base/dtype_policy';
import type { Config } from '../base/keras_object';
import { fromPythonName, snakeCase, toPythonName } from '../base/naming';
import { registered, registrationOf, type SerializableClass } from '../base/registry';
import { Ellipsis, Slice } from '../symbolic/index_items';
import { KerasTensor } from '../symbolic/keras_tensor';

/** Values of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An object with a config. */
interface Configured {
  getConfig(): Config;
  /** The module and class under which Keras knows it, where they are not those of its class. */
  serializedAs?(): { module: string; className: string; registeredName: string | null };
  /** Further entries beside the config: how it was built and compiled. */
  serializedExtras?(): Record<string, unknown>;
}

const isConfigured = (value: object): value is Configured =>
  typeof (value as Partial<Configured>).getConfig === 'function';

/** Numbers that Keras reads as floats only: JSON knows no difference between 0 and 0.0, Python does. */
const floats =
  /"(learning_rate|momentum|beta|threshold|min_freq|top_db|mag_exp|min_power|ref_power)":(-?\d+)(?=[,}])/g;

/** The text of a config. */
export const configText = (config: Json): string => JSON.stringify(config).replace(floats, '"$1":$2.0');

/** The config of an object, as Keras writes it. InvalidArgumentError for what has no config. */
export function serialize(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(serialize);
  if (value instanceof Tensor)
    return { class_name: '__tensor__', config: { value: value.array() as Json, dtype: value.dtype } };
  if (value instanceof KerasTensor) return serializeKerasTensor(value, (index) => index);
  if (value instanceof Slice)
    return {
      class_name: '__slice__',
      config: { start: value.start, stop: value.stop, step: value.step },
    };
  if (value instanceof Ellipsis) return { class_name: '__ellipsis__', config: {} };
  if (value instanceof DTypePolicy)
    return {
      module: 'keras',
      class_name: 'DTypePolicy',
      config: { name: value.name },
      registered_name: null,
    };
  if ((typeof value === 'object' || typeof value === 'function') && isConfigured(value))
    return serializeObject(value);
  if (typeof value === 'function') return serializeFunction(value as (...args: never[]) => unknown);
  if (typeof value === 'object' && isPlain(value))
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, serialize(part)]));
  throw new InvalidArgumentError(`[saving] ${describe(value)} cannot be written into a config`);
}

/** A symbolic tensor in a config; `renumber` maps the index of its call among all calls to that among the model's. */
export function serializeKerasTensor(
  t: KerasTensor,
  renumber: (index: number, operation: object) => number,
): Json {
  const { history } = t;
  const place =
    history === null
      ? null
      : [history.operation.name, renumber(history.nodeIndex, history.operation), history.tensorIndex];
  return { class_name: '__keras_tensor__', config: { shape: t.shape, dtype: t.dtype, keras_history: place } };
}

function serializeObject(value: Configured): Json {
  const known = registrationOf(value.constructor);
  const own = value.serializedAs?.() ?? {
    module: known?.module ?? null,
    className: known?.className ?? value.constructor.name,
    registeredName: known === null ? value.constructor.name : known.registeredName,
  };
  const config = Object.fromEntries(
    Object.entries(value.getConfig()).map(([key, part]) => [toPythonName(key), serialize(part)]),
  );
  const extras = Object.fromEntries(
    Object.entries(value.serializedExtras?.() ?? {}).map(([key, part]) => [key, serialize(part)]),
  );
  const json: Record<string, Json> = {
    module: own.module,
    class_name: own.className,
    config,
    registered_name: own.registeredName,
    ...extras,
  };
  noteShared(value, json);
  return json;
}

/** The configs of the objects that were serialized so far; null where nobody needs to know which are the same. */
let sharing: Map<object, { readonly json: Record<string, Json>; readonly id: number }> | null = null;

/** Runs f; objects that occur several times in what it serializes say so, and are one object again when they are read. */
export function withSharing<T>(f: () => T): T {
  const before = sharing;
  sharing = new Map();
  try {
    return f();
  } finally {
    sharing = before;
  }
}

function noteShared(value: object, json: Record<string, Json>): void {
  if (sharing === null) return;
  const known = sharing.get(value);
  if (known === undefined) sharing.set(value, { json, id: sharing.size + 1 });
  else known.json.shared_object_id = json.shared_object_id = known.id;
}

function serializeFunction(value: (...args: never[]) => unknown): Json {
  const known = registrationOf(value);
  if (known !== null && known.module !== null) return snakeCase(known.className);
  if (value.name === '')
    throw new InvalidArgumentError(
      '[saving] a function without a name cannot be saved: name it, and give it in customObjects where the file is loaded',
    );
  return {
    module: 'builtins',
    class_name: 'function',
    config: value.name,
    registered_name: known?.registeredName ?? value.name,
  };
}

/** Classes and functions of the user's by the names that files have for them. */
export type CustomObjects = Readonly<Record<string, unknown>>;

/** What is being read, for messages. */
export interface Reading {
  readonly file: string;
  readonly customObjects: CustomObjects;
  /** The objects that occur several times, by their ids in the file. */
  readonly shared?: Map<number, unknown>;
}

export type JsonObject = { readonly [key: string]: Json };
/** A name in a config; what is none is shown as JSON. */
const text = (value: Json | undefined): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null);
export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object made from its config: only of classes that Keras, `registerKerasSerializable` or `customObjects` know. */
export function deserialize(value: Json, reading: Reading, depth = 0): unknown {
  if (depth > maxDepth) throw new DataLossError(`[${reading.file}] the config is nested too deeply`);
  if (Array.isArray(value)) return value.map((part: Json) => deserialize(part, reading, depth + 1));
  if (!isJsonObject(value)) return value;
  const { class_name: className, config } = value;
  if (typeof className !== 'string' || config === undefined)
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [key, deserialize(part, reading, depth + 1)]),
    );
  if (className === '__tensor__' && isJsonObject(config))
    return constant(config.value as number, { dtype: config.dtype as 'float32' });
  if (className === '__slice__' && isJsonObject(config)) {
    const { start = null, stop = null, step = null } = config as Record<string, number | null>;
    return new Slice(start, stop, step);
  }
  if (className === '__ellipsis__') return new Ellipsis();
  if (className === 'function') return findFunction(value, reading);
  return construct(value, reading, depth);
}

/** The values of a config under the names of the constructor's options. */
export function deserializeConfig(config: JsonObject, reading: Reading, depth: number): Config {
  const entries = Object.entries(config).filter(([key]) => key !== 'quantization_config');
  if ((config.quantization_config ?? null) !== null)
    throw new UnimplementedError(`[${reading.file}] quantized layers are not supported`);
  return Object.fromEntries(
    entries.map(([key, part]) => [fromPythonName(key), deserialize(part, reading, depth + 1)]),
  );
}

/** The user's class or function of that name: in a scope, registered, or in the options of the call. */
function customObject({ customObjects }: Reading, name: string): unknown {
  return registered(null, name) ?? (Object.hasOwn(customObjects, name) ? customObjects[name] : null);
}

function findFunction({ config, registered_name: name }: JsonObject, reading: Reading): unknown {
  const wanted = typeof name === 'string' ? name : text(config);
  const found = customObject(reading, wanted) ?? customObject(reading, text(config));
  if (typeof found !== 'function')
    throw new InvalidArgumentError(
      `[${reading.file}] the file names the function '${wanted}', which is not known: give it in customObjects`,
    );
  return found;
}

function construct(value: JsonObject, reading: Reading, depth: number): unknown {
  const className = text(value.class_name);
  const { shared_object_id: sharedId } = value;
  if (typeof sharedId === 'number' && reading.shared?.has(sharedId)) return reading.shared.get(sharedId);
  const { module, registered_name: registeredName, config, build_config: build } = value;
  const custom = customObject(reading, text(registeredName)) ?? customObject(reading, className);
  const found = custom ?? (typeof module === 'string' ? registered(module, className) : null);
  if (found === null || typeof found !== 'function' || !('fromConfig' in found))
    throw new InvalidArgumentError(
      `[${reading.file}] Could not locate class '${className}' of ${text(module)}. Make sure custom classes are ` +
        `registered with \`registerKerasSerializable\`, or give them in customObjects`,
    );
  const kind = found as unknown as SerializableClass & {
    fromSerialized?(config: JsonObject, reading: Reading, depth: number): unknown;
  };
  if (config === null || !isJsonObject(config))
    throw new DataLossError(`[${reading.file}] the config of '${className}' is no object`);
  try {
    const made =
      kind.fromSerialized === undefined
        ? kind.fromConfig(deserializeConfig(config, reading, depth))
        : kind.fromSerialized(config, reading, depth);
    if (build !== undefined && build !== null && isJsonObject(build)) buildFrom(made, build);
    if (typeof sharedId === 'number') reading.shared?.set(sharedId, made);
    return made;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // That of a part names the file already.
    if (message.startsWith(`[${reading.file}]`)) throw error;
    throw new InvalidArgumentError(`[${reading.file}] the config of '${className}': ${message}`, {
      cause: error,
    });
  }
}

/** Builds a layer as the file says that it was built. */
function buildFrom(layer: unknown, build: JsonObject): void {
  const { built, buildFromConfig } = layer as {
    built?: boolean;
    buildFromConfig?: (config: JsonObject) => void;
  };
  if (built === false && buildFromConfig !== undefined) buildFromConfig.call(layer, build);
}
