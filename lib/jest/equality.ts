/** Equality of tensors for `toEqual`, `toStrictEqual` and all other matchers that compare values. */
import { makePrintable, noteDifferences } from './print';
import { differingElements, kindOf, sameShape, type SlicesValue, type TensorValue } from './values';

function tensorsEqual(a: TensorValue, b: TensorValue): boolean {
  if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false;
  const different = differingElements(a.data(), b.data());
  noteDifferences(a, different);
  noteDifferences(b, different);
  return different.length === 0;
}

function slicesEqual(a: SlicesValue, b: SlicesValue): boolean {
  for (const t of [a.values, a.indices, b.values, b.indices]) makePrintable(t, 'Tensor');
  const [da, db] = [a.denseShape, b.denseShape];
  if (da === null || db === null ? da !== db : !sameShape(da, db)) return false;
  return tensorsEqual(a.values, b.values) && tensorsEqual(a.indices, b.indices);
}

/**
 * Whether two values of the library's classes are equal: of one class, and of the same dtype, shape and elements; undefined
 * where either is none, so that the test framework decides.
 */
export function equalTensors(a: unknown, b: unknown): boolean | undefined {
  for (const value of [a, b]) {
    const kind = kindOf(value);
    if (kind === 'Tensor' || kind === 'Variable') makePrintable(value as TensorValue, kind);
  }
  const kind = kindOf(a);
  const other = kindOf(b);
  if (kind === null || other === null) return undefined;
  if (kind !== other) return false;
  return kind === 'IndexedSlices'
    ? slicesEqual(a as SlicesValue, b as SlicesValue)
    : tensorsEqual(a as TensorValue, b as TensorValue);
}
