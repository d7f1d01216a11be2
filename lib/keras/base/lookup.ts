/** Identifiers: what an option such as `kernelInitializer: 'glorot_uniform'` names. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import { snakeCase } from './naming';
import { registered } from './registry';

/** The exports of a namespace by all names that Keras takes: `GlorotUniform`, `glorot_uniform`, `glorotUniform`, aliases. */
export class Lookup<T> {
  private readonly byName = new Map<string, unknown>();

  /** @param what What the namespace has, for messages: 'initializer'. */
  constructor(
    private readonly what: string,
    namespace: Readonly<Record<string, unknown>>,
    aliases: Readonly<Record<string, string>> = {},
    private readonly make: (found: unknown) => T = (found) => found as T,
  ) {
    for (const [name, value] of Object.entries(namespace)) {
      if (typeof value !== 'function') continue;
      const snake = snakeCase(name);
      for (const key of [name, snake, name[0].toLowerCase() + name.slice(1)])
        if (!this.byName.has(key)) this.byName.set(key, value);
    }
    for (const [alias, name] of Object.entries(aliases)) this.byName.set(alias, this.byName.get(name));
  }

  /** What has that name, or is registered under it by the user. */
  find(name: string): unknown {
    return this.byName.get(name) ?? registered(null, name) ?? registered(null, `Custom>${name}`);
  }

  /** The object that an identifier names: a name, or an object already. */
  get(identifier: unknown, place: unknown): T {
    // `get` is public, and takes anything.
    const where = typeof place === 'string' ? place : this.what;
    if (typeof identifier === 'string') {
      const found = this.find(identifier);
      if (found === null || found === undefined) {
        throw new InvalidArgumentError(
          `[${where}] Could not interpret ${this.what} identifier: '${identifier}'. It is a name (` +
            `${[...new Set([...this.byName.keys()].map(snakeCase))].join(', ')}) or a callable object`,
        );
      }
      return this.make(found);
    }
    if (typeof identifier === 'function') return this.make(identifier);
    throw new InvalidArgumentError(
      `[${where}] Could not interpret ${this.what} identifier: ${describe(identifier)}. It is a name or a callable object`,
    );
  }
}

/** Whether a function is a class, which is to be constructed: its prototype has more than the constructor of plain functions. */
export function isClass(value: unknown, base: abstract new (...args: never[]) => unknown): boolean {
  return typeof value === 'function' && (value === base || value.prototype instanceof base);
}
