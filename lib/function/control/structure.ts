/** Arguments and results of control flow: conditions, and nested structures of tensors. */
import { toTensor, toValue } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { mapStructure, rejectPromise } from '../../core/nest';
import { describe, sameShape, showShape } from '../../core/shape';
import { shapeOf, Tensor } from '../../core/tensor';

/** Arrays and plain objects of tensors; null is an empty leaf. */
export type Structure = unknown;

/** A structure and its tensors. */
export interface FlatStructure {
  readonly tensors: readonly Tensor[];
  /** The structure, with tensors or null as leaves. */
  readonly structure: Structure;
}

/** Flattens a structure. Numbers, booleans, typed arrays and variables become tensors; null and undefined become null. */
export function flattenTensors(value: Structure, op: string, argument: string): FlatStructure {
  rejectPromise(value, `tf.${op}`);
  const tensors: Tensor[] = [];
  const structure = mapStructure(value, (leaf) => {
    if (leaf === null || leaf === undefined) return null;
    const t = toValue(leaf, null, op, argument);
    tensors.push(t);
    return t;
  });
  return { tensors, structure };
}

/** The structure as text with dots for tensors, as in TensorFlow's messages. */
export function showStructure(structure: Structure): string {
  if (structure === null) return 'null';
  if (Array.isArray(structure)) return `[${structure.map(showStructure).join(', ')}]`;
  if (structure instanceof Tensor) return '.';
  return `{${Object.entries(structure as object)
    .map(([k, v]) => `${k}: ${showStructure(v)}`)
    .join(', ')}}`;
}

/** The structure as text with dtypes and shapes. */
export function showTypes(structure: Structure): string {
  if (structure === null) return 'nothing (null or undefined)';
  if (Array.isArray(structure)) return `[${structure.map(showTypes).join(', ')}]`;
  if (structure instanceof Tensor) return `${structure.dtype}${showShape(shapeOf(structure))}`;
  return `{${Object.entries(structure as object)
    .map(([k, v]) => `${k}: ${showTypes(v)}`)
    .join(', ')}}`;
}

export function checkSameStructure(first: Structure, second: Structure, op: string, where: string): void {
  const a = showStructure(first);
  const b = showStructure(second);
  if (a === b) return;
  throw new InvalidArgumentError(
    `[${op}] ${where}: The two structures don't have the same nested structure.\n\nFirst structure: ${a}\n\n` +
      `Second structure: ${b}`,
  );
}

export function showTensor(t: Tensor): string {
  return `a ${t.dtype} tensor of shape ${showShape(shapeOf(t))}`;
}

export function alike(a: Tensor, b: Tensor): boolean {
  return a.dt === b.dt && sameShape(shapeOf(a), shapeOf(b));
}

export function checkCallable(f: unknown, op: string, argument: string): void {
  if (typeof f !== 'function')
    throw new TypeError(`[${op}] '${argument}' must be callable; got ${describe(f)}`);
}

/** Whether a scalar is true; numbers other than 0 are. */
export function isTrue(t: Tensor): boolean {
  const value = t.item();
  return value !== 0 && value !== 0n && value !== false;
}

/** A scalar condition as a tensor. */
export function predicate(value: unknown, op: string, argument: string): Tensor {
  const t = toTensor(value, null, op, argument);
  if (t.rank !== 0) {
    throw new InvalidArgumentError(
      `[${op}] ${argument} must be a scalar, but it has shape ${showShape(shapeOf(t))}; reduce it with tf.reduceAny or ` +
        `tf.reduceAll, or choose elementwise with tf.where`,
    );
  }
  return t;
}
