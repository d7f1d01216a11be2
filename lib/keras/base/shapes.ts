/** Shapes of which some dimensions are not known. */

/** Null is a dimension that varies, such as that of the batch. */
export type KerasShape = readonly (number | null)[];

/** As Python prints it: `(None, 3)`, `(None,)`. */
export function showKerasShape(shape: KerasShape): string {
  const parts = shape.map((n) => (n === null ? 'None' : `${n}`));
  return `(${parts.join(', ')}${parts.length === 1 ? ',' : ''})`;
}
