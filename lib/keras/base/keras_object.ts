/** What layers, losses, initializers and the like have in common: a config from which an equal object can be made. */
import { Callable } from './callable';
import { withDefaults } from './named_options';
import { classNameOf } from './registry';

/** @internal The method by which Node prints an object. */
export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** A config: the constructor's arguments by their names. Values are plain data or other objects with a config. */
export type Config = Record<string, unknown>;

interface Constructor<T> {
  new (...args: never[]): T;
  readonly positional: readonly string[];
}

/**
 * Base class of callable objects with a config. `fromConfig(object.getConfig())` makes an equal object: it calls the constructor
 * with the values of `positional` in their order, and an object of all others.
 */
export abstract class KerasObject extends Callable {
  /** The names of the constructor's arguments that come before the options. */
  static readonly positional: readonly string[] = [];

  /** A class without a constructor of its own has no options: TypeError for any. */
  constructor(options?: Readonly<Record<string, never>>) {
    super();
    if (options !== undefined) withDefaults(options, {}, classNameOf(this));
  }

  static fromConfig<T>(this: Constructor<T>, config: Config): T {
    const options = { ...config };
    const first = this.positional.map((name) => {
      const value = options[name];
      Reflect.deleteProperty(options, name);
      return value;
    });
    return new this(...([...first, options] as never[]));
  }

  /** The constructor's arguments by their names. */
  getConfig(): Config {
    return {};
  }

  /** @internal */
  [inspectSymbol](): string {
    return `<${classNameOf(this)}>`;
  }
}
