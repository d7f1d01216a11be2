/** The last argument of most functions. */
import { InvalidArgumentError } from './errors';
import { describe } from './shape';

/**
 * The options slot: an object of named options, or the bare value of the first optional parameter when that is not a
 * plain object. Unknown names are errors. What is not given is read from `defaults`, the prototype of the result (a copy
 * took half of a small call): these stand outside of the function that asks, and never change.
 */
export function options<O extends object>(
  given: unknown,
  first: keyof O & string,
  defaults: O,
  op: string,
): O {
  if (given === undefined) return defaults;
  const chosen = Object.create(defaults) as O;
  if (typeof given !== 'object' || given === null || Array.isArray(given) || !isPlain(given)) {
    (chosen as Record<string, unknown>)[first] = given;
    return chosen;
  }
  // A loop over the names, without lists of them: this is on every call's way that has options.
  for (const key in given) {
    const value = (given as Record<string, unknown>)[key];
    if (!Object.hasOwn(defaults, key)) {
      // Not a name of its own: somebody put it on Object.prototype.
      if (!Object.hasOwn(given, key)) continue;
      throw new TypeError(`[${op}] has no option '${key}'; it takes ${Object.keys(defaults).join(', ')}`);
    }
    if (value !== undefined) (chosen as Record<string, unknown>)[key] = value;
  }
  return chosen;
}

/**
 * What to throw where a function whose last argument is its options was called with more arguments than it takes, as Python's
 * keywords would be, `stack(list, 0, { axis: 1 })`: they would be ignored. `names`: its options.
 */
export function surplusError(
  op: string,
  most: number,
  args: ArrayLike<unknown>,
  names: readonly string[],
): InvalidArgumentError {
  const meant = new Map<string, unknown>();
  Array.from(args)
    .slice(most - 1)
    .forEach((value, i) => {
      if (typeof value === 'object' && value !== null && isPlain(value)) {
        for (const [key, v] of Object.entries(value)) meant.set(key, v);
      } else if (i < names.length && value !== undefined) {
        meant.set(names[i], value);
      }
    });
  const options = [...meant].map(([key, value]) => `${key}: ${describe(value)}`).join(', ');
  const takes = most === 1 ? '1 argument, which' : `${most} arguments, the last of which`;
  return new InvalidArgumentError(
    `[${op}] takes ${takes} may be all its options in one object; got ${args.length}. ` +
      `Write ${op}(${'…, '.repeat(most - 1)}{ ${options} }); it has the options ${names.join(', ')}`,
  );
}

/** Throws it. To be asked for where `arguments.length > most`, which costs nothing. */
export function refuseSurplus(op: string, most: number, args: ArrayLike<unknown>, defaults: object): never {
  throw surplusError(op, most, args, Object.keys(defaults));
}

const objectPrototype = Object.prototype;

/** Whether a value is an object literal, of this realm or another. */
export function isPlain(value: object): boolean {
  const proto = Object.getPrototypeOf(value) as unknown;
  return proto === objectPrototype || proto === null || Object.getPrototypeOf(proto) === null;
}
