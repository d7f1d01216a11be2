/** Nested structures: arrays and plain objects of leaves, as arguments and results mirror them. */
import { ResourceExhaustedError } from './errors';
import { listOf, maxDepth, tooDeep } from './lists';
import { isPlain } from './options';

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && isPlain(value);

const what = 'a structure of arrays and objects';
/** The most nodes of a structure: an array that holds another twice, and so on for thirty levels, has as many as no memory holds. */
const maxNodes = 2 ** 24;

/** Where a walk through a structure is. */
class Walk {
  private nodes = 0;

  /** The parts of an array; null for what is none. */
  parts(node: unknown, depth: number): unknown[] | null {
    if (!Array.isArray(node)) return null;
    const parts = listOf(node, what);
    this.enter(parts.length, depth);
    return parts;
  }

  /** The parts of a plain object by name; null for what is none. */
  entries(node: unknown, depth: number): [string, unknown][] | null {
    if (!isPlainObject(node)) return null;
    const entries = Object.entries(node);
    this.enter(entries.length, depth);
    return entries;
  }

  private enter(parts: number, depth: number): void {
    if (depth === maxDepth) throw tooDeep(what);
    this.nodes += parts;
    if (this.nodes > maxNodes) throw new ResourceExhaustedError(`${what} has more than ${maxNodes} parts`);
  }
}

/** The leaves, in order: array elements by index, object values in insertion order. */
export function flatten(structure: unknown): unknown[] {
  const walk = new Walk();
  const leaves: unknown[] = [];
  const visit = (node: unknown, depth: number): void => {
    const parts = walk.parts(node, depth) ?? walk.entries(node, depth)?.map(([, part]) => part);
    if (parts === undefined) leaves.push(node);
    else for (const part of parts) visit(part, depth + 1);
  };
  visit(structure, 0);
  return leaves;
}

/** A structure like `structure` with each leaf replaced by `f(leaf)`. */
export function mapStructure(structure: unknown, f: (leaf: unknown) => unknown): unknown {
  const walk = new Walk();
  const visit = (node: unknown, depth: number): unknown => {
    const parts = walk.parts(node, depth);
    if (parts !== null) return parts.map((part) => visit(part, depth + 1));
    const entries = walk.entries(node, depth);
    if (entries === null) return f(node);
    return Object.fromEntries(entries.map(([k, part]) => [k, visit(part, depth + 1)]));
  };
  return visit(structure, 0);
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
