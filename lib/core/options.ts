/** The options argument, the last parameter of most public functions. */
import { InvalidArgumentError } from './errors';
import { copyOfArrays } from './lists';
import { describe } from './shape';

/** The options of an earlier call, resolved. */
interface CachedOptions {
  /** Whether the argument was the bare value of the first option instead of an object. */
  readonly bare: boolean;
  readonly keys: readonly string[];
  readonly values: readonly unknown[];
  readonly result: object;
}
interface OptionsCache {
  readonly list: CachedOptions[];
  next: number;
  /** Cache misses since the last hit. */
  missed: number;
}

/** Cached calls for each defaults object. */
const maxCached = 4;
/** After this many misses in a row, only every `maxMisses`-th call is cached. */
const maxMisses = 16;
const caches = new WeakMap<object, OptionsCache>();

/**
 * Resolves the options argument: an object of named options, or the bare value of the option `first` if that is not a plain
 * object. Unknown names are errors. Options that are not given are inherited from `defaults`, the prototype of the result;
 * `defaults` must be a constant, since it is also the key of the cache. Creating the result takes as long as a small op, so
 * equal calls get the same cached object, which callers must not change.
 */
export function options<O extends object>(
  given: unknown,
  first: keyof O & string,
  defaults: O,
  op: string,
): O {
  if (given === undefined) return defaults;
  const bare = typeof given !== 'object' || given === null || Array.isArray(given) || !isPlainFast(given);
  const cache = caches.get(defaults);
  if (cache !== undefined) {
    const { list } = cache;
    for (let c = 0; c < list.length; c++) {
      const cached = list[c];
      if (cached.bare !== bare) continue;
      if (!(bare ? sameValue(cached, given, first) : sameObject(cached, given))) continue;
      // Most calls repeat the one before: move to front.
      list[c] = list[0];
      list[0] = cached;
      cache.missed = 0;
      return cached.result as O;
    }
  }
  const chosen = Object.create(defaults) as O;
  if (bare) (chosen as Record<string, unknown>)[first] = given;
  else applyGiven(given as Record<string, unknown>, defaults, chosen, op);
  if (cache === undefined || ++cache.missed < maxMisses || cache.missed % maxMisses === 0)
    cacheOptions(given, bare, first, defaults, chosen, cache);
  return chosen;
}

/** Copies the given options to the result, and checks their names. */
function applyGiven(given: Record<string, unknown>, defaults: object, chosen: object, op: string): void {
  for (const key in given) {
    const value = given[key];
    if (!Object.hasOwn(defaults, key)) {
      // An inherited name: someone extended Object.prototype.
      if (!Object.hasOwn(given, key)) continue;
      throw new TypeError(
        `[${op}] has no option '${key}'; it takes ${Object.keys(defaults).join(', ') || 'none'}`,
      );
    }
    if (value !== undefined) (chosen as Record<string, unknown>)[key] = value;
  }
}

/** Whether two values are equal; arrays are compared by their elements. */
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
  // Iterates without allocating a list of keys.
  for (const key in given as object) {
    if (i === keys.length || keys[i] !== key) return false;
    if (!same((given as Record<string, unknown>)[key], values[i])) return false;
    i++;
  }
  return i === keys.length;
}

/** Whether a value consists of primitives and small arrays. Others are not cached: the cache must not retain tensors. */
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
  cache: OptionsCache | undefined,
): void {
  const own = bare ? { [first]: given } : (given as Record<string, unknown>);
  const [keys, values] = [Object.keys(own), Object.values(own)];
  if (!values.every((value) => isPlainData(value))) return;
  const copies = values.map((value) => copyOfArrays(value, 'an option'));
  const result = Object.create(defaults) as Record<string, unknown>;
  keys.forEach((key, i) => {
    if (Object.hasOwn(chosen, key)) result[key] = copies[i];
  });
  const cached: CachedOptions = { bare, keys, values: copies, result };
  if (cache === undefined) caches.set(defaults, { list: [cached], next: 1, missed: 0 });
  else {
    cache.list[cache.next % maxCached] = cached;
    cache.next = (cache.next + 1) % maxCached;
  }
}

/**
 * The error for a call with more arguments than parameters, of a function whose last parameter is its options. JavaScript
 * would ignore the extra ones in `stack(list, 0, { axis: 1 })`, as one translates it from Python. `names`: the options.
 */
export function extraArgumentsError(
  op: string,
  most: number,
  args: ArrayLike<unknown>,
  names: readonly string[],
): InvalidArgumentError {
  const meant = new Map<string, unknown>();
  const given = Array.from(args).slice(most - 1);
  // Axes as separate arguments, as in other libraries.
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

/** Throws that error. Functions call this if `arguments.length > most`, a test that costs nothing. */
export function throwExtraArguments(
  op: string,
  most: number,
  args: ArrayLike<unknown>,
  defaults: object,
): never {
  throw extraArgumentsError(op, most, args, Object.keys(defaults));
}

const objectPrototype = Object.prototype;

/** Like `isPlain`, but faster for most object literals, since getPrototypeOf is a call. */
const isPlainFast = (value: object): boolean => value.constructor === Object || isPlain(value);

/** Whether a value is an object literal, of this realm or another. */
export function isPlain(value: object): boolean {
  const proto = Object.getPrototypeOf(value) as unknown;
  return proto === objectPrototype || proto === null || Object.getPrototypeOf(proto) === null;
}
