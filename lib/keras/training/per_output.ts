/** What `compile` was given for each output of a model, and the labels and weights of the outputs. */
import { InvalidArgumentError } from '../../core/errors';
import { flatten, isPlainObject } from '../../core/nest';
import type { Tensor } from '../../core/tensor';

/** One for each output: by order, by the output's name, or the only one. */
export type PerOutput<T> = T | readonly (T | null)[] | { readonly [output: string]: T | null };

/** What is given for each of the outputs; null where nothing is. */
export function perOutput<T>(
  given: PerOutput<T> | null,
  names: readonly string[],
  what: string,
): (T | null)[] {
  if (given === null) return names.map(() => null);
  if (Array.isArray(given)) {
    if (given.length !== names.length)
      throw new InvalidArgumentError(
        `[compile] ${what} has ${given.length} entries, and the model ${names.length} output(s), ${names.join(', ')}`,
      );
    return given as (T | null)[];
  }
  if (isPlainObject(given)) {
    const unknown = Object.keys(given).filter((name) => !names.includes(name));
    if (unknown.length > 0)
      throw new InvalidArgumentError(
        `[compile] ${what} names outputs that the model does not have: ${unknown.join(', ')}. It has ${names.join(', ')}`,
      );
    return names.map((name) => (given[name] as T | undefined) ?? null);
  }
  return names.map(() => given as T);
}

/** Labels or weights in the order of the outputs: given by name, in an array, or for the only one. */
export function inOutputOrder(given: unknown, names: readonly string[]): (Tensor | null)[] {
  if (given == null) return names.map(() => null);
  if (isPlainObject(given)) return names.map((name) => (given[name] as Tensor | undefined) ?? null);
  const list = flatten(given) as Tensor[];
  if (list.length === 1 && names.length > 1) return names.map(() => list[0]);
  return list;
}

/** Whether there is one output, or as many classes as labels have numbers: what decides on the kind of accuracy and cross-entropy. */
export function labelKind(yTrue: Tensor | null, yPred: Tensor): 'binary' | 'sparse' | 'categorical' {
  const last = (t: Tensor): number => t.shape[t.rank - 1] ?? 1;
  if (last(yPred) === 1) return 'binary';
  return yTrue === null || yTrue.rank < yPred.rank || last(yTrue) === 1 ? 'sparse' : 'categorical';
}
