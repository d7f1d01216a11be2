/** The layout of a formatted array: brackets, rows, blank lines, '...' and line breaks. */

import { checkHeap } from '../lists';

export interface Layout {
  /** Between two elements: `' '` or `', '`. */
  readonly separator: string;
  /** The maximum number of columns of a line. */
  readonly width: number;
  /** The indentation of continuation lines, including the column of the opening bracket. */
  readonly indent: string;
  /** The number of elements shown at each end of a long axis; undefined: all are shown. */
  readonly edge?: number;
}

/** The positions shown along an axis of n elements, in order; if `gap` is set, '...' follows the first `head` of them. */
export function visible(
  n: number,
  edge: number | undefined,
): { positions: number[]; head: number; gap: boolean } {
  const gap = edge !== undefined && n > 2 * edge;
  if (!gap) return { positions: Array.from({ length: n }, (_, i) => i), head: n, gap };
  // The last element is always shown, even if `edge` is 0.
  const tail = Math.max(edge, 1);
  const positions = Array.from({ length: edge + tail }, (_, i) => (i < edge ? i : n - edge - tail + i));
  return { positions, head: edge, gap };
}

/** Estimated bytes of heap for each formatted element. */
const textBytes = 100;

/** Throws if V8's heap cannot hold the text of the elements shown. */
export function checkText(shape: readonly number[], edge: number | undefined): void {
  const seen = shape.reduce(
    (count, n) => count * (edge === undefined || n <= 2 * edge ? n : edge + Math.max(edge, 1)),
    1,
  );
  checkHeap(seen, textBytes, seen, `the text of an array of shape [${shape.join()}]`);
}

/** Flat row-major positions of the elements that determine the format: those shown, or all if the edge is 0. */
export function shownPositions(shape: readonly number[], edge: number | undefined): number[] {
  checkText(shape, edge === 0 ? undefined : edge);
  let flat = [0];
  for (const n of shape) {
    const { positions } = visible(n, edge === 0 ? undefined : edge);
    flat = flat.flatMap((base) => positions.map((i) => base * n + i));
  }
  return flat;
}

/** Wraps words into lines of at most `width` columns, unless a single word is longer. */
function wrapRow(words: readonly string[], layout: Layout, indent: string, width: number): string {
  const limit = width - Math.max(layout.separator.trimEnd().length, 1);
  let text = '';
  let line = indent;
  words.forEach((word, i) => {
    if (line.length + word.length > limit && line.length > indent.length) {
      text += `${line.trimEnd()}\n`;
      line = indent;
    }
    line += i < words.length - 1 ? word + layout.separator : word;
  });
  return text + line;
}

/**
 * Nested brackets around the elements of an array of the given shape, which has no dimension 0; `element` returns the text
 * of the element at a flat row-major position.
 */
export function nested(shape: readonly number[], layout: Layout, element: (at: number) => string): string {
  const level = (axis: number, base: number, indent: string, width: number): string => {
    if (axis === shape.length) return element(base);
    const { positions, head, gap } = visible(shape[axis], layout.edge);
    const items = positions.map((i) => level(axis + 1, base * shape[axis] + i, `${indent} `, width - 1));
    if (gap) items.splice(head, 0, '...');
    const inner = shape.length - axis - 1;
    if (inner === 0) return `[${wrapRow(items, layout, indent, width).slice(indent.length)}]`;
    return `[${items.join(layout.separator.trimEnd() + '\n'.repeat(inner) + indent)}]`;
  };
  return level(0, 0, layout.indent, layout.width);
}
