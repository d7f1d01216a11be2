/** Nested structures: arrays and plain objects of leaves (`tf.nest`). */
import { ResourceExhaustedError } from './errors';
import { copyOfList, maxDepth, tooDeep } from './lists';
import { isPlain } from './options';

/** Whether a value is a plain object: a node of a structure, not a leaf. */
export const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && isPlain(value);

const what = 'a structure of arrays and objects';
/** Limit on visited nodes: arrays that each hold the next one twice have 2³⁰ leaves after thirty levels. */
const maxNodes = 2 ** 24;

/** A traversal, which enforces the limits on depth and size. */
class Traversal {
  private nodes = 0;

  /** The elements of an array; null if `node` is no array. */
  elements(node: unknown, depth: number): unknown[] | null {
    if (!Array.isArray(node)) return null;
    const elements = copyOfList(node, what);
    this.enter(elements.length, depth);
    return elements;
  }

  /** The entries of a plain object; null if `node` is none. */
  entries(node: unknown, depth: number): [string, unknown][] | null {
    if (!isPlainObject(node)) return null;
    const entries = Object.entries(node);
    this.enter(entries.length, depth);
    return entries;
  }

  private enter(children: number, depth: number): void {
    if (depth === maxDepth) throw tooDeep(what);
    this.nodes += children;
    if (this.nodes > maxNodes) throw new ResourceExhaustedError(`${what} has more than ${maxNodes} parts`);
  }
}

/** The leaves, in order: array elements by index, object values in insertion order. */
export function flatten(structure: unknown): unknown[] {
  if (!Array.isArray(structure) && !isPlainObject(structure)) return [structure];
  const walk = new Traversal();
  const leaves: unknown[] = [];
  const visit = (node: unknown, depth: number): void => {
    const children = walk.elements(node, depth) ?? walk.entries(node, depth)?.map(([, child]) => child);
    if (children === undefined) leaves.push(node);
    else for (const child of children) visit(child, depth + 1);
  };
  visit(structure, 0);
  return leaves;
}

/** A structure like `structure` with each leaf replaced by `f(leaf)`. */
export function mapStructure(structure: unknown, f: (leaf: unknown) => unknown): unknown {
  const walk = new Traversal();
  const visit = (node: unknown, depth: number): unknown => {
    const elements = walk.elements(node, depth);
    if (elements !== null) return elements.map((child) => visit(child, depth + 1));
    const entries = walk.entries(node, depth);
    if (entries === null) return f(node);
    return Object.fromEntries(entries.map(([k, child]) => [k, visit(child, depth + 1)]));
  };
  return visit(structure, 0);
}

/** A structure like `structure` with `leaves` in place of its leaves, in order. */
export function packAs(structure: unknown, leaves: readonly unknown[]): unknown {
  let next = 0;
  return mapStructure(structure, () => leaves[next++]);
}

/** Throws a TypeError if a callback returned a Promise: ops after its first await would be missed. */
export function rejectPromise(result: unknown, where: string): void {
  if (
    typeof result === 'object' &&
    result !== null &&
    typeof (result as { then?: unknown }).then === 'function'
  ) {
    // The TypeError is the only report: a later rejection of the promise must not become an unhandled one.
    (result as Promise<unknown>).then(undefined, () => undefined);
    throw new TypeError(
      `${where}: the callback returned a Promise, and what it computes after its first await would be missed; ` +
        `pass a synchronous function and await before or after it`,
    );
  }
}
