/** Checks a library's results before it is timed. */
import * as fs from 'node:fs';
import { product, type Elements, type Expected, type Tolerance, type Workload } from '../workloads/workload';
import type { TensorFile } from './protocol';

export interface Result {
  shape: readonly number[];
  data: Elements;
}

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const;

export function readResult({ file, shape, dtype }: TensorFile): Result {
  const bytes = fs.readFileSync(file);
  const own = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return { shape, data: new arrays[dtype](own) };
}

/** Compares shapes without dimensions of size 1: libraries that have only matrices return a sum as [1, 1]. */
function sameShape(a: readonly number[], b: readonly number[]): boolean {
  const essential = (shape: readonly number[]): string => shape.filter((n) => n !== 1).join();
  return essential(a) === essential(b);
}

export function equal(got: number, want: number, { relative, absolute }: Tolerance): boolean {
  return (
    Math.abs(got - want) <= absolute + relative * Math.abs(want) ||
    Object.is(got, want) ||
    (Number.isNaN(got) && Number.isNaN(want))
  );
}

/** At most `most` positions in [0, n), evenly spaced, with the first and the last. */
function positions(n: number, most: number): number[] {
  if (n <= most) return Array.from({ length: n }, (_, i) => i);
  // An odd-looking step, so that all columns of a matrix are visited.
  return Array.from({ length: most }, (_, i) =>
    i === most - 1 ? n - 1 : Math.floor((i * (n - 1)) / (most - 1)),
  );
}

/** Compares one tensor at up to `most` positions; returns what differs, or null. */
export function difference(got: Result, want: Expected, tolerance: Tolerance, most: number): string | null {
  if (!sameShape(got.shape, want.shape))
    return `shape [${got.shape.join()}] instead of [${want.shape.join()}]`;
  const n = product(want.shape);
  if (got.data.length !== n) return `${got.data.length} elements instead of ${n}`;
  let wrong: string | null = null;
  let [error, norm] = [0, 0];
  for (const i of positions(n, most)) {
    const [g, w] = [Number(got.data[i]), want.at(i)];
    if (!equal(g, w, tolerance)) wrong ??= `element ${i} is ${g} instead of ${w}`;
    if (wrong !== null && tolerance.l2 === undefined) return wrong;
    error += (g - w) ** 2;
    norm += w ** 2;
  }
  return wrong !== null && Math.sqrt(error / norm) <= tolerance.l2! ? null : wrong;
}

/** How many elements of each result the reference computes: what takes it about a tenth of a second. */
function affordable(workload: Workload, expected: Expected): number {
  const each = Math.max(1, workload.cost / product(expected.shape));
  return Math.max(64, Math.min(4096, Math.floor(1e7 / each)));
}

/**
 * Returns what is wrong with results, or null. They are compared with the definition at many positions, and completely with the results of
 * `first`, the first library that passed, within twice the tolerance.
 */
export function judge(
  workload: Workload,
  expected: readonly Expected[] | null,
  results: readonly Result[],
  first: readonly Result[] | null,
): string | null {
  if (workload.check !== undefined) return workload.check(results);
  if (expected !== null) {
    if (results.length < expected.length) return `${results.length} results instead of ${expected.length}`;
    for (const [i, want] of expected.entries()) {
      const wrong = difference(results[i], want, workload.tolerance, affordable(workload, want));
      if (wrong !== null) return wrong;
    }
  }
  if (first !== null) {
    const { relative, absolute, l2 } = workload.tolerance;
    const twice = { relative: 2 * relative, absolute: 2 * absolute, l2: l2 === undefined ? l2 : 2 * l2 };
    for (const [i, other] of first.slice(0, expected?.length ?? first.length).entries()) {
      const want = { shape: other.shape, at: (at: number) => Number(other.data[at]) };
      const wrong = difference(results[i], want, twice, Infinity);
      if (wrong !== null) return `differs from another library: ${wrong}`;
    }
  }
  return null;
}
