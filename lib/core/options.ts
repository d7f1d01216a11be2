/** The last argument of most functions. */
import { InvalidArgumentError } from './errors';
import { copyOfArrays } from './lists';
import { describe } from './shape';

/** What was chosen in one of the last calls with some defaults. */
interface CachedOptions {
  /** The bare value of the first option, or an object. */
  readonly bare: boolean;
  readonly keys: readonly string[];
  readonly values: readonly unknown[];
  readonly result: object;
}
interface OptionsCache {
  readonly list: CachedOptions[];
  next: number;
  /** Calls since one was found. */
  missed: number;
}

/** Calls that are remembered for each defaults. */
const maxCached = 4;
/** After so many calls that all say something else, only every so-manieth is remembered. */
const maxMisses = 16;
const caches = new WeakMap<object, OptionsCache>();

/**
 * The options slot: an object of named options, or the bare value of the first optional parameter when that is not a
 * plain object. Unknown names are errors. What is not given is read from `defaults`, the prototype of the result: these stand
 * outside of the function that asks, and never change. Nor may the result be changed: calls that say the same get the same
 * one, since to make it takes as long as a small op.
 */
export function options<O extends object>(
  given: unknown,
  first: keyof O & string,
  defaults: O,
  op: string,
): O {
  if (given === undefined) return defaults;
  const bare = typeof given !== 'object' || given === null || Array.isArray(given) || !isPlainFast(given);
  const known = caches.get(defaults);
  if (known !== undefined) {
    const { list } = known;
    for (let c = 0; c < list.length; c++) {
      const choice = list[c];
      if (choice.bare !== bare) continue;
      if (!(bare ? sameValue(choice, given, first) : sameObject(choice, given))) continue;
      // Most calls are repeated: the next one finds it first.
      list[c] = list[0];
      list[0] = choice;
      known.missed = 0;
      return choice.result as O;
    }
  }
  const chosen = Object.create(defaults) as O;
  if (bare) (chosen as Record<string, unknown>)[first] = given;
  else applyGiven(given as Record<string, unknown>, defaults, chosen, op);
  if (known === undefined || ++known.missed < maxMisses || known.missed % maxMisses === 0)
    cacheOptions(given, bare, first, defaults, chosen, known);
  return chosen;
}

/** Sets what an object gives. */
function applyGiven(given: Record<string, unknown>, defaults: object, chosen: object, op: string): void {
  for (const key in given) {
    const value = given[key];
    if (!Object.hasOwn(defaults, key)) {
      // Not a name of its own: somebody put it on Object.prototype.
      if (!Object.hasOwn(given, key)) continue;
      throw new TypeError(`[${op}] has no option '${key}'; it takes ${Object.keys(defaults).join(', ')}`);
    }
    if (value !== undefined) (chosen as Record<string, unknown>)[key] = value;
  }
}

/** Whether two values are the same, or lists of the same numbers, strings and the like. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return a !== 0 || Object.is(a, b);
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!same(a[i], b[i])) return false;
  return true;
}

function sameValue({ keys, values }: CachedOptions, given: unknown, first: string): boolean {
  return keys[0] === first && same(given, values[0]);
}

function sameObject({ keys, values }: CachedOptions, given: unknown): boolean {
  let i = 0;
  // A loop over the names, without lists of them.
  for (const key in given as object) {
    if (i === keys.length || keys[i] !== key) return false;
    if (!same((given as Record<string, unknown>)[key], values[i])) return false;
    i++;
  }
  return i === keys.length;
}

/** Whether nothing but the value is kept by keeping it: tensors stay the caller's. */
function isPlainData(value: unknown, depth = 0): boolean {
  if (Array.isArray(value))
    return value.length <= 16 && depth < 3 && value.every((v) => isPlainData(v, depth + 1));
  return value === null || (typeof value !== 'object' && typeof value !== 'function');
}

function cacheOptions(
  given: unknown,
  bare: boolean,
  first: string,
  defaults: object,
  chosen: object,
  known: OptionsCache | undefined,
): void {
  const own = bare ? { [first]: given } : (given as Record<string, unknown>);
  const [keys, values] = [Object.keys(own), Object.values(own)];
  if (!values.every((value) => isPlainData(value))) return;
  const copies = values.map((value) => copyOfArrays(value, 'an option'));
  const result = Object.create(defaults) as Record<string, unknown>;
  keys.forEach((key, i) => {
    if (Object.hasOwn(chosen, key)) result[key] = copies[i];
  });
  const choice: CachedOptions = { bare, keys, values: copies, result: result };
  if (known === undefined) caches.set(defaults, { list: [choice], next: 1, missed: 0 });
  else {
    known.list[known.next % maxCached] = choice;
    known.next = (known.next + 1) % maxCached;
  }
}

/**
 * What to throw where a function whose last argument is its options was called with more arguments than it takes, as Python's
 * keywords would be, `stack(list, 0, { axis: 1 })`: they would be ignored. `names`: its options.
 */
export function extraArgumentsError(
  op: string,
  most: number,
  args: ArrayLike<unknown>,
  names: readonly string[],
): InvalidArgumentError {
  const meant = new Map<string, unknown>();
  const given = Array.from(args).slice(most - 1);
  // Axes that other libraries take one by one.
  const isList = (names[0] === 'axis' || names[0] === 'perm') && given.every((v) => typeof v === 'number');
  if (isList) meant.set(names[0], given);
  else
    given.forEach((value, i) => {
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
export function throwExtraArguments(
  op: string,
  most: number,
  args: ArrayLike<unknown>,
  defaults: object,
): never {
  throw extraArgumentsError(op, most, args, Object.keys(defaults));
}

const objectPrototype = Object.prototype;

/** Whether a value is an object literal: most are told by a look, where asking for the prototype is a call. */
const isPlainFast = (value: object): boolean => value.constructor === Object || isPlain(value);

/** Whether a value is an object literal, of this realm or another. */
export function isPlain(value: object): boolean {
  const proto = Object.getPrototypeOf(value) as unknown;
  return proto === objectPrototype || proto === null || Object.getPrototypeOf(proto) === null;
}
