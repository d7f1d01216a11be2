/** Signatures of calls: dtypes and shapes of tensors, structure, and host values select the specialization. */
import { toTensor } from '../core/convert';
import type { DTypeInfo } from '../core/dtype';
import { InvalidArgumentError } from '../core/errors';
import { IndexedSlices } from '../core/indexed_slices';
import { isPlain } from '../core/options';
import { sameShape, type Shape } from '../core/shape';
import { placeholderOf, shapeOf, Tensor } from '../core/tensor';
import { Variable } from '../core/variable';

export interface BoundCall {
  /**
   * The key of the specialization. It refers to objects and variables by their index in `objects` and `variables`, so it
   * identifies a specialization only together with these.
   */
  readonly key: string;
  /** The tensors among the arguments, in order. */
  readonly tensors: readonly Tensor[];
  /** Objects and functions that are neither tensors nor structures; like variables, each is listed once, by identity. */
  readonly objects: readonly object[];
  readonly variables: readonly Variable[];
}

/** The index of a value in a list, to which it is appended if it is new. */
function indexIn<T>(list: T[], value: T): number {
  const at = list.indexOf(value);
  return at >= 0 ? at : list.push(value) - 1;
}

/** Binds arguments: typed arrays become tensors; numbers, strings, booleans and other objects are part of the key. */
export function bind(args: readonly unknown[], name: string): BoundCall {
  const tensors: Tensor[] = [];
  const objects: object[] = [];
  const variables: Variable[] = [];
  let key = '';
  const visit = (node: unknown): void => {
    if (node instanceof Tensor) {
      tensors.push(node);
      key += `T${node.dt.code}[${shapeOf(node).join()}]`;
    } else if (ArrayBuffer.isView(node)) {
      visit(toTensor(node, null, name, 'an argument'));
    } else if (node instanceof Variable) {
      key += `V${node.dt.code}[${node.shape.join()}]${node.trainable ? 't' : ''}${indexIn(variables, node)};`;
    } else if (node instanceof IndexedSlices) {
      key += 'S';
      visit(node.values);
      visit(node.indices);
      key += `${node.denseShape === null ? '' : node.denseShape.join()};`;
    } else if (Array.isArray(node)) {
      key += '(';
      node.forEach(visit);
      key += ')';
    } else if (typeof node === 'object' && node !== null && isPlain(node)) {
      key += '{';
      for (const k of sortedKeys(node)) {
        key += `${JSON.stringify(k)}:`;
        visit((node as Record<string, unknown>)[k]);
      }
      key += '}';
    } else if ((typeof node === 'object' && node !== null) || typeof node === 'function') {
      key += `O${indexIn(objects, node)};`;
    } else {
      key +=
        typeof node === 'string'
          ? JSON.stringify(node)
          : `${typeof node}:${Object.is(node, -0) ? '-0' : String(node)};`;
    }
  };
  try {
    args.forEach(visit);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidArgumentError(`[${name}] the arguments are nested too deeply, or contain themselves`);
  }
  return { key, tensors, objects, variables };
}

/** Sorted, since the order of an object's keys is not part of the signature. */
function sortedKeys(node: object): string[] {
  return Object.keys(node).sort();
}

interface Entry<T> {
  readonly dts: readonly DTypeInfo[];
  readonly shapes: Shape[];
  readonly value: T;
}

const maxRecent = 4;

/** A cache for the last few signatures of tensors only. The lookup builds no key, which would take longer than a small call. */
export class Recent<T> {
  private readonly entries: Entry<T>[] = [];

  find(args: readonly unknown[]): T | null {
    for (const entry of this.entries) if (matches(entry, args)) return entry.value;
    return null;
  }

  /** Adds the value for arguments that `find` did not find. */
  remember(args: readonly unknown[], value: T): void {
    const tensors = args.filter((a): a is Tensor => a instanceof Tensor);
    if (tensors.length !== args.length) return;
    this.entries.unshift({ dts: tensors.map((t) => t.dt), shapes: tensors.map((t) => shapeOf(t)), value });
    if (this.entries.length > maxRecent) this.entries.pop();
  }
}

function matches<T>({ dts, shapes }: Entry<T>, args: readonly unknown[]): boolean {
  if (args.length !== dts.length) return false;
  for (let i = 0; i < args.length; i++) {
    const t = args[i];
    // Symbolic tensors take the slow path.
    if (!(t instanceof Tensor) || t.dt !== dts[i] || placeholderOf(t) !== null) return false;
    if (shapeOf(t) !== shapes[i] && !sameShape(shapeOf(t), shapes[i])) return false;
  }
  return true;
}

/** The arguments with each tensor, or typed array, replaced by the next of `tensors`. */
export function replaceTensors(args: readonly unknown[], tensors: readonly Tensor[]): unknown[] {
  let next = 0;
  const visit = (node: unknown): unknown => {
    if (node instanceof Tensor || ArrayBuffer.isView(node)) return tensors[next++];
    if (node instanceof IndexedSlices)
      return new IndexedSlices(tensors[next++], tensors[next++], node.denseShape);
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node !== 'object' || node === null || !isPlain(node)) return node;
    const replaced = new Map(
      sortedKeys(node).map((k): [string, unknown] => [k, visit((node as Record<string, unknown>)[k])]),
    );
    return Object.fromEntries(Object.keys(node).map((k) => [k, replaced.get(k)]));
  };
  return args.map(visit);
}
