/** Nested structures: arrays and plain objects of leaves, as arguments and results mirror them. */
import { isPlain } from './options';

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && isPlain(value);

/** The leaves, in order: array elements by index, object values in insertion order. */
export function flatten(structure: unknown): unknown[] {
  const leaves: unknown[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    else if (isPlainObject(node)) Object.values(node).forEach(visit);
    else leaves.push(node);
  };
  visit(structure);
  return leaves;
}

/** A structure like `structure` with each leaf replaced by `f(leaf)`. */
export function mapStructure(structure: unknown, f: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(structure)) return structure.map((node) => mapStructure(node, f));
  if (isPlainObject(structure)) {
    return Object.fromEntries(Object.entries(structure).map(([k, node]) => [k, mapStructure(node, f)]));
  }
  return f(structure);
}

/** A structure like `structure` with `leaves` in place of its leaves, in order. */
export function packAs(structure: unknown, leaves: readonly unknown[]): unknown {
  let next = 0;
  return mapStructure(structure, () => leaves[next++]);
}

/** Throws a TypeError where a callback returned a Promise: what it does later is not seen. */
export function rejectPromise(result: unknown, where: string): void {
  if (
    typeof result === 'object' &&
    result !== null &&
    typeof (result as { then?: unknown }).then === 'function'
  ) {
    // The promise is the caller's mistake; its own failure must not become an unhandled rejection besides.
    (result as Promise<unknown>).then(undefined, () => undefined);
    throw new TypeError(
      `${where}: the callback returned a Promise, and what it computes after its first await would be missed; ` +
        `pass a synchronous function and await before or after it`,
    );
  }
}
