/** Copies of layers from their configs. */
import type { Config } from './keras_object';
import { KerasObject } from './keras_object';

/** An equal object made from the config, with the values of `changes`; objects in the config are copied too. */
export function cloneOf<T extends { getConfig(): Config }>(object: T, changes: Config = {}): T {
  const copyOf = (value: unknown): unknown => {
    if (value instanceof KerasObject) return cloneOf(value);
    return Array.isArray(value) ? value.map(copyOf) : value;
  };
  const config: Config = {};
  for (const [key, value] of Object.entries(object.getConfig())) config[key] = copyOf(value);
  const kind = object.constructor as unknown as { fromConfig(config: Config): T };
  return kind.fromConfig({ ...config, ...changes });
}
