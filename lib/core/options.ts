/** The last argument of most functions. */

/**
 * The options slot: an object of named options, or the bare value of the first optional parameter when that is not a
 * plain object. Unknown names are errors.
 */
export function options<O extends object>(
  given: unknown,
  first: keyof O & string,
  defaults: O,
  op: string,
): O {
  if (given === undefined) return defaults;
  if (typeof given !== 'object' || given === null || Array.isArray(given) || !isPlain(given)) {
    return { ...defaults, [first]: given };
  }
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(defaults, key)) {
      throw new TypeError(`[${op}] has no option '${key}'; it takes ${Object.keys(defaults).join(', ')}`);
    }
  }
  const chosen = { ...defaults, ...given };
  for (const key of Object.keys(chosen) as (keyof O)[])
    if (chosen[key] === undefined) chosen[key] = defaults[key];
  return chosen;
}

function isPlain(value: object): boolean {
  const proto = Object.getPrototypeOf(value) as unknown;
  return proto === null || Object.getPrototypeOf(proto) === null;
}
