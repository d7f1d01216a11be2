/** The options of constructors that take one object. */
import { isPlain, options as resolve } from '../../core/options';
import { describe } from '../../core/shape';

/** The options, which must be a plain object. TypeError otherwise. */
export function namedOptions<O extends object>(options: O | undefined, where: string): O {
  if (options === undefined) return {} as O;
  if (typeof options === 'object' && options !== null && isPlain(options)) return options;
  throw new TypeError(
    `[${where}] takes its options as one object, { name: value }; got ${describe(options)}`,
  );
}

/** The options and the defaults of those that are not given. TypeError for options that are not among the defaults. */
export function withDefaults<O extends object>(given: Partial<O> | undefined, defaults: O, where: string): O {
  return { ...defaults, ...resolve<O>(namedOptions(given, where), '' as never, defaults, where) };
}
