/** What a call gave: its results, or an error, and what the variables hold afterwards. */
import * as tf from 'gradtape';
import type { TypedArray } from '../../lib/core/dtype';
import { helperFile } from './helpers';
import { fileName } from './module';

/** A tensor's value at one moment, or anything else that a function returned. */
export type Snapshot =
  | { readonly dtype: tf.DType; readonly shape: readonly number[]; readonly data: TypedArray }
  | { readonly other: unknown };

/** The variables, and those of each optimizer: it makes some when it first needs them. */
export type State = readonly (readonly Snapshot[])[];

export interface Failure {
  readonly name: string;
  readonly message: string;
  /** Lines of the program on the stack, the innermost first; empty where the program's text did not run. */
  readonly lines: readonly number[];
  /** Thrown while the function was traced. */
  readonly tracing: boolean;
}

export interface Outcome {
  readonly values: readonly Snapshot[] | null;
  readonly error: Failure | null;
  readonly state: State;
  /** The functions of the program that ran, by number. */
  readonly ran: ReadonlySet<number>;
}

export function snapshots(value: unknown): Snapshot[] {
  if (value instanceof tf.Tensor || value instanceof tf.Variable)
    return [{ dtype: value.dtype, shape: [...value.shape], data: value.data() }];
  if (Array.isArray(value)) return value.flatMap(snapshots);
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return Object.values(value).flatMap(snapshots);
  return [{ other: value }];
}

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error))
    return { name: typeof error, message: String(error), lines: [], tracing: false };
  const stack = error.stack ?? '';
  const lines = [...stack.matchAll(new RegExp(`${fileName}:(\\d+)`, 'g'))].map((m) => Number(m[1]));
  // The functions that programs call are on the stack as well where JavaScript runs.
  const runs = lines.length > 0 || stack.includes(helperFile);
  const traces = /Trace\.run \(/.test(stack);
  return { name: error.constructor.name, message: error.message, lines, tracing: traces && runs };
}

const show = (s: Snapshot): string =>
  'other' in s
    ? String(s.other)
    : `${s.dtype} [${s.shape.join(', ')}] ${[...s.data.slice(0, 12)].map((v) => (Object.is(v, -0) ? '-0' : String(v))).join(' ')}${
        s.data.length > 12 ? ' …' : ''
      }`;

export const showAll = (list: readonly Snapshot[]): string => list.map(show).join('; ');

export const stateOf = (groups: readonly (readonly tf.Variable[])[]): State =>
  groups.map((g) => snapshots([...g]));

/** The tolerance of a value; null means bit for bit. */
export interface Tolerance {
  /** Of an element, where the largest magnitude is `scale`. */
  width(element: number, scale: number): number;
  /**
   * NaN is right as well: into a branch that was not taken a compiled function sends a gradient of zeros, as TensorFlow does,
   * and zero times infinity is NaN.
   */
  readonly nan: boolean;
}

/** Null, or in what two values differ. NaN is NaN, whatever its bits. */
export function difference(got: Snapshot, want: Snapshot, tolerance: Tolerance | null): string | null {
  const fail = (): string => `${show(got)}, eagerly ${show(want)}`;
  if ('other' in got || 'other' in want) {
    return 'other' in got && 'other' in want && Object.is(got.other, want.other) ? null : fail();
  }
  if (got.dtype !== want.dtype || got.shape.join() !== want.shape.join()) return fail();
  let scale = 1;
  if (tolerance !== null) {
    for (const w of want.data) if (Number.isFinite(Number(w))) scale = Math.max(scale, Math.abs(Number(w)));
  }
  for (let i = 0; i < want.data.length; i++) {
    const [g, w] = [got.data[i], want.data[i]];
    if (Object.is(g, w)) continue;
    if (tolerance !== null && typeof g !== 'bigint') {
      if (Math.abs(Number(g) - Number(w)) <= tolerance.width(i, scale)) continue;
      if (tolerance.nan && Number.isNaN(g)) continue;
    }
    return `element ${i} is ${String(g)} in ${fail()}`;
  }
  return null;
}

/** Null, or the first difference of two states; what only one of them has made yet is left out. */
export function stateDifference(got: State, want: State, tolerance: Tolerance | null): string | null {
  for (const [g, group] of got.entries()) {
    for (const [i, s] of group.entries()) {
      const found = i < want[g].length ? difference(s, want[g][i], tolerance) : null;
      if (found !== null) return `variable ${i}${g === 0 ? '' : ` of optimizer ${g - 1}`}: ${found}`;
    }
  }
  return null;
}
