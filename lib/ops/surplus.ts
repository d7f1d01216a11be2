/** Arguments behind the last one, as Python's keywords would be: `reduceMean(x, -1, { keepdims: true })`. */
import { InvalidArgumentError } from '../core/errors';
import { isPlain } from '../core/options';
import { describe } from '../core/shape';

type Callable = (...args: never[]) => unknown;

const unknownOption = ' ';
const known = new WeakMap<Callable, readonly string[] | null>();

/** The names of a function's options, in the order of their places; null where it has none, or cannot tell with these arguments. */
function optionNames(name: string, f: Callable, first: readonly unknown[]): readonly string[] | null {
  const before = known.get(f);
  if (before !== undefined) return before;
  let names: readonly string[] | null = null;
  try {
    Reflect.apply(f, undefined, [...first, { [unknownOption]: null }] as never[]);
  } catch (error) {
    // A function knows its options when it is given one that it does not have.
    const [, of, list] =
      /^\[([^\]]*)\] has no option ' '; it takes (.*)$/.exec(String((error as Error).message)) ?? [];
    if (of !== name) return null;
    names = list.split(', ');
  }
  known.set(f, names);
  return names;
}

/**
 * Throws where a function whose last argument is its options was called with more: they would be ignored. Others may be called
 * with more, as `Array.prototype.reduce` and the like do. `f` has as many parameters as it takes arguments.
 */
export function refuseSurplus(name: string, f: Callable, args: readonly unknown[]): void {
  const most = f.length;
  if (most < 2) return;
  const names = optionNames(name, f, args.slice(0, most - 1));
  if (names === null) return;
  const meant = new Map<string, unknown>();
  args.slice(most - 1).forEach((value, i) => {
    if (typeof value === 'object' && value !== null && isPlain(value)) {
      for (const [key, v] of Object.entries(value)) meant.set(key, v);
    } else if (i < names.length && value !== undefined) {
      meant.set(names[i], value);
    }
  });
  const options = [...meant].map(([key, value]) => `${key}: ${describe(value)}`).join(', ');
  throw new InvalidArgumentError(
    `[${name}] takes ${most} arguments, the last of which may be all its options in one object; got ${args.length}. ` +
      `Write ${name}(${'…, '.repeat(most - 1)}{ ${options} }); it has the options ${names.join(', ')}`,
  );
}
