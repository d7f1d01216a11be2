/** The last argument of most functions. */

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

const objectPrototype = Object.prototype;

/** Whether a value is an object literal, of this realm or another. */
export function isPlain(value: object): boolean {
  const proto = Object.getPrototypeOf(value) as unknown;
  return proto === objectPrototype || proto === null || Object.getPrototypeOf(proto) === null;
}
