/**
 * Tensors as test frameworks see them. Nothing of the library is imported: in a test, tensors may be of any copy of it, which
 * mark their classes (lib/core/copies.ts).
 */

export type Kind = 'Tensor' | 'Variable' | 'IndexedSlices';
export type Elements = ArrayLike<number | bigint>;

/** A tensor or a variable. */
export interface TensorValue {
  readonly dtype: string;
  readonly shape: readonly number[];
  data(): Elements;
}

export interface SlicesValue {
  readonly values: TensorValue;
  readonly indices: TensorValue;
  readonly denseShape: readonly number[] | null;
}

const key = Symbol.for('gradtape.copy');

/** Which of the library's classes a value is of, in any copy; null for all else. */
export function kindOf(value: unknown): Kind | null {
  if (typeof value !== 'object' || value === null) return null;
  return (value as { [key]?: { readonly kind: Kind } })[key]?.kind ?? null;
}

/** The element at a flat index; of dtype bool true or false. */
export function elementOf(dtype: string, data: Elements, index: number): number | bigint | boolean {
  return dtype === 'bool' ? data[index] !== 0 : data[index];
}

/** The indices of the element at a flat index, `[1, 0]`. */
export function showIndex(index: number, shape: readonly number[]): string {
  const indices: number[] = [];
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    indices.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return `[${indices.join(', ')}]`;
}

/** The flat indices at which two lists of elements differ: as Object.is has it, NaN equals NaN, and 0 differs from -0. */
export function differingElements(a: Elements, b: Elements): number[] {
  const found: number[] = [];
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) found.push(i);
  return found;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}
