/** Signatures of calls: dtypes and shapes of tensors, structure, host values and the receiver (`this`) select the specialization. */
import { toTensor } from '../core/convert';
import { InvalidArgumentError } from '../core/errors';
import { IndexedSlices } from '../core/indexed_slices';
import { isPlain } from '../core/options';
import { shapeOf, Tensor } from '../core/tensor';
import { Variable } from '../core/variable';

export interface CallSignature {
  /**
   * The key: everything that selects the specialization but the identity of objects and variables, which it refers to by their
   * index in `objects` and `variables`.
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

/** The signature of a call. Typed arrays become tensors. */
export function signatureOf(args: readonly unknown[], name: string): CallSignature {
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

/** The receiver (`this`) of a compiled method. It precedes the arguments, and is part of the signature by identity. */
export class Receiver {
  constructor(readonly value: object) {}
}

const receivers = new WeakMap<object, Receiver>();

/** The receiver for a value of `this`; null if there is none. */
export function receiverOf(value: unknown): Receiver | null {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || value === globalThis)
    return null;
  let receiver = receivers.get(value);
  if (receiver === undefined) receivers.set(value, (receiver = new Receiver(value)));
  return receiver;
}

/** Whether a function may use its own `this`: its source contains the word, and it is no arrow function. */
export function mayUseThis(f: (...args: never[]) => unknown): boolean {
  const source = Function.prototype.toString.call(f);
  return /\bthis\b/.test(source) && !/^(async\s*)?(\(|[\w$]+\s*=>)/.test(source);
}
