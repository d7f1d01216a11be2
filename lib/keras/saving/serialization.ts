/** Configs of objects, and objects of configs: `tf.keras.saving`, and `serialize` and `deserialize` of its other modules. */
import { InvalidArgumentError } from '../../core/errors';
import { options as resolve, throwExtraArguments } from '../../core/options';
import { describe } from '../../core/shape';
import { fromLegacy } from './legacy_config';
import { deserialize as fromJson, serialize as toJson, type CustomObjects, type Json } from './serialize';

/** The config of an object, with the class that it is of, as Keras writes it. @tf tf.keras.saving.serialize_keras_object */
export function serializeKerasObject(object: unknown): Json {
  return toJson(object);
}

export interface DeserializeOptions {
  /** The user's classes and functions, by the names in the config. */
  customObjects?: CustomObjects;
}

const defaults: Required<DeserializeOptions> = { customObjects: {} };

function read(config: unknown, options: unknown, where: string): unknown {
  const { customObjects } = resolve<Required<DeserializeOptions>>(options, 'customObjects', defaults, where);
  if (typeof customObjects !== 'object' || customObjects === null)
    throw new TypeError(
      `[${where}] customObjects must be an object, { Name: Class }; got ${describe(customObjects)}`,
    );
  if (
    config === undefined ||
    typeof config === 'function' ||
    typeof config === 'symbol' ||
    typeof config === 'bigint'
  )
    throw new TypeError(`[${where}] needs a config, as serialize returns it; got ${describe(config)}`);
  let json: Json;
  try {
    // Configs of Keras 2, without modules, too. A copy: what is in a config is data.
    json = fromLegacy(JSON.parse(JSON.stringify(config)) as Json, where);
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
    throw new InvalidArgumentError(`[${where}] the config is no JSON: ${error.message}`, { cause: error });
  }
  return fromJson(json, { file: where, customObjects });
}

/** The object that a config describes. Nothing in it is executed. @tf tf.keras.saving.deserialize_keras_object */
export function deserializeKerasObject(config: unknown, options?: DeserializeOptions): unknown {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('deserializeKerasObject', 2, arguments, defaults);
  return read(config, options, 'deserializeKerasObject');
}

/** `serialize` of a module. */
export type Serialize<T> = (object: T) => Json;
/** `deserialize` of a module. */
export type Deserialize<T> = (config: unknown, options?: DeserializeOptions) => T;

/** `serialize` and `deserialize` of one module: names are looked up there, and what is none of its objects is an error. */
export function serializersOf<T>(
  module: string,
  isOne: (value: unknown) => boolean,
  byName: ((name: string) => unknown) | null,
): { serialize: Serialize<T>; deserialize: Deserialize<T> } {
  const check = (value: unknown, where: string): T => {
    if (!isOne(value))
      throw new InvalidArgumentError(
        `[${module}.${where}] needs one of keras.${module}; got ${describe(value)}`,
      );
    return value as T;
  };
  return {
    serialize: (object) => toJson(check(object, 'serialize')),
    deserialize: (config, options) => {
      const where = `${module}.deserialize`;
      const found =
        typeof config === 'string' && byName !== null ? byName(config) : read(config, options, where);
      return check(found, 'deserialize');
    },
  };
}
