/** Errors for calls with more arguments than parameters, such as `reduceMean(x, -1, { keepdims: true })`. */
import { InvalidArgumentError } from '../core/errors';
import { extraArgumentsError } from '../core/options';
import { describe } from '../core/shape';

type Callable = (...args: never[]) => unknown;

const probeOption = ' ';
const optionNamesOf = new WeakMap<Callable, readonly string[] | null>();

/** The names of a function's options, in order; null if it has none, or if it throws another error for these arguments. */
function optionNames(name: string, f: Callable, first: readonly unknown[]): readonly string[] | null {
  const before = optionNamesOf.get(f);
  if (before !== undefined) return before;
  let names: readonly string[] | null = null;
  try {
    Reflect.apply(f, undefined, [...first, { [probeOption]: null }] as never[]);
  } catch (error) {
    // The error for an unknown option lists the options.
    const [, of, list] =
      /^\[([^\]]*)\] has no option ' '; it takes (.*)$/.exec(String((error as Error).message)) ?? [];
    if (of !== name) return null;
    names = list.split(', ');
  }
  optionNamesOf.set(f, names);
  return names;
}

/** Functions whose second argument is a list of sizes or axes; in other libraries, these are separate arguments. */
const takesList = new Set(['reshape', 'broadcastTo', 'tile', 'reverse']);

/**
 * Throws if the last parameter of `f` is its options, or if the last extra argument is a number: JavaScript would ignore it.
 * Other extra arguments are allowed, since callers such as `Array.prototype.reduce` pass them. To be called if there are more
 * arguments than `f.length`.
 */
export function checkExtraArguments(name: string, f: Callable, args: readonly unknown[]): void {
  const most = f.length;
  if (most < 2) return;
  const names = optionNames(name, f, args.slice(0, most - 1));
  if (names !== null) throw extraArgumentsError(name, most, args, names);
  if (typeof args[args.length - 1] !== 'number') return;
  const rest = args.slice(1);
  const hint =
    takesList.has(name) && rest.every((v) => typeof v === 'number')
      ? `. Sizes and axes go into one array: ${name}(…, [${rest.join(', ')}])`
      : `: leave out ${args.slice(most).map(describe).join(', ')}`;
  throw new InvalidArgumentError(`[${name}] takes ${most} arguments; got ${args.length}${hint}`);
}
