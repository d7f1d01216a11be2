/** Rows called with more arguments than they take, as with Python's keywords: `reduceMean(x, -1, { keepdims: true })`. */
import { InvalidArgumentError } from '../core/errors';
import { extraArgumentsError } from '../core/options';
import { describe } from '../core/shape';

type Callable = (...args: never[]) => unknown;

const probeOption = ' ';
const optionNamesOf = new WeakMap<Callable, readonly string[] | null>();

/** The names of a function's options, in the order of their places; null where it has none, or cannot tell with these arguments. */
function optionNames(name: string, f: Callable, first: readonly unknown[]): readonly string[] | null {
  const before = optionNamesOf.get(f);
  if (before !== undefined) return before;
  let names: readonly string[] | null = null;
  try {
    Reflect.apply(f, undefined, [...first, { [probeOption]: null }] as never[]);
  } catch (error) {
    // A function knows its options when it is given one that it does not have.
    const [, of, list] =
      /^\[([^\]]*)\] has no option ' '; it takes (.*)$/.exec(String((error as Error).message)) ?? [];
    if (of !== name) return null;
    names = list.split(', ');
  }
  optionNamesOf.set(f, names);
  return names;
}

/** Functions whose second argument is a list of sizes or axes, which other libraries take one by one. */
const takesList = new Set(['reshape', 'broadcastTo', 'tile', 'reverse']);

/**
 * Throws where a function whose last argument is its options was called with more: they would be ignored; and where the last
 * argument of another is a number. Others may be called with more, as `Array.prototype.reduce` and the like do. `f` has as
 * many parameters as it takes arguments.
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
