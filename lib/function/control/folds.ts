/** tf.scan, tf.foldl, tf.foldr, tf.mapFn, tf.vectorizedMap. */
import { toTensor } from '../../core/convert';
import { dtypeInfo, type DType } from '../../core/dtype';
import { InvalidArgumentError, OutOfRangeError } from '../../core/errors';
import { mapStructure } from '../../core/nest';
import { withTensors } from '../../core/leaves';
import { options } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import { stack, unstack } from '../../ops/joining';
import { zeros } from '../../ops/creation';
import { checkCallable, checkSameStructure, take, type Taken } from './structure';

/** Arrays and plain objects of tensors. */
type Elements = unknown;

interface Rows {
  readonly taken: Taken;
  readonly count: number;
  /** The structure with the tensors' parts at an index. */
  readonly at: (i: number) => unknown;
}

function rowsOf(elems: Elements, op: string): Rows {
  // A host array of numbers is one tensor.
  const taken = take(Array.isArray(elems) && isHost(elems) ? toOne(elems) : elems, op, 'elems');
  const { tensors } = taken;
  if (tensors.length === 0) throw new InvalidArgumentError(`[${op}] elems must hold at least one tensor`);
  for (const t of tensors) {
    if (t.rank === 0) {
      throw new InvalidArgumentError(`[${op}] elements in elems must be 1+ dimensional Tensors, not scalars`);
    }
    if (t.shape[0] !== tensors[0].shape[0]) {
      throw new InvalidArgumentError(
        `[${op}] the tensors of elems must have the same first dimension; got ${tensors[0].shape[0]} and ${t.shape[0]}`,
      );
    }
  }
  const parts = tensors.map((t) => (t.shape[0] === 0 ? [] : unstack(t)));
  return {
    taken,
    count: tensors[0].shape[0],
    at: (i) =>
      withTensors(
        taken.structure,
        parts.map((p) => p[i]),
      ),
  };
}

const isHost = (value: unknown): boolean =>
  Array.isArray(value) ? value.every(isHost) : typeof value !== 'object' || ArrayBuffer.isView(value);

function toOne(value: unknown): Tensor {
  return toTensor(value, null, 'elems', 'elems');
}

export interface ScanOptions {
  /** The first accumulator. Default: the first element. */
  initializer?: unknown;
  /** From the last element to the first. Default false. */
  reverse?: boolean;
}

const scanDefaults = { initializer: undefined, reverse: false };

function fold(
  op: string,
  fn: (accumulated: never, element: never) => unknown,
  elems: Elements,
  initializer: unknown,
  backwards: boolean,
  each: ((accumulated: Taken, i: number) => void) | null,
): Taken {
  checkCallable(fn, op, 'fn');
  const rows = rowsOf(elems, op);
  const order = Array.from({ length: rows.count }, (_, i) => (backwards ? rows.count - 1 - i : i));
  let now: Taken;
  if (initializer === undefined || initializer === null) {
    const first = order.shift();
    if (first === undefined) {
      throw new OutOfRangeError(`[${op}] elems are empty: without an initializer there is no result`);
    }
    now = take(rows.at(first), op, 'elems');
    each?.(now, first);
  } else {
    now = take(initializer, op, 'initializer');
  }
  for (const i of order) {
    const next = take(fn(now.structure as never, rows.at(i) as never), op, 'the result of fn');
    checkSameStructure(now.structure, next.structure, op, 'the accumulator and the result of fn');
    now = next;
    each?.(now, i);
  }
  return now;
}

/**
 * The accumulators fn(accumulator, element) over the elements of `elems` along its first dimension, stacked. Both may be
 * nested structures. Without `initializer`, the first element is the first accumulator. @tf tf.scan
 */
export function scan<A, E>(fn: (accumulated: A, element: E) => A, elems: E, given?: ScanOptions): A {
  const o = options<{ initializer: unknown; reverse: boolean }>(given, 'initializer', scanDefaults, 'scan');
  const all: Tensor[][] = [];
  const last = fold('scan', fn, elems, o.initializer, o.reverse, (t, i) => (all[i] = [...t.tensors]));
  return withTensors(
    last.structure,
    last.tensors.map((t, k) =>
      all.length === 0 ? zeros([0, ...t.shape], t.dtype) : stack(all.map((row) => row[k])),
    ),
  ) as A;
}

export interface FoldOptions {
  /** The first accumulator. Default: the first element (of foldr: the last). */
  initializer?: unknown;
}

/** The last accumulator fn(accumulator, element) over the elements along the first dimension. @tf tf.foldl */
export function foldl<A, E>(fn: (accumulated: A, element: E) => A, elems: E, given?: FoldOptions): A {
  const o = options<{ initializer: unknown }>(given, 'initializer', { initializer: undefined }, 'foldl');
  return fold('foldl', fn, elems, o.initializer, false, null).structure as A;
}

/** The same from the last element to the first. @tf tf.foldr */
export function foldr<A, E>(fn: (accumulated: A, element: E) => A, elems: E, given?: FoldOptions): A {
  const o = options<{ initializer: unknown }>(given, 'initializer', { initializer: undefined }, 'foldr');
  return fold('foldr', fn, elems, o.initializer, true, null).structure as A;
}

export interface MapFnOptions {
  /** The dtype of the result, or a structure of dtypes: checked, and what an empty `elems` gives. */
  fnOutputSignature?: unknown;
}

/**
 * The results of `fn` on the elements of `elems` along its first dimension, stacked. Both may be nested structures.
 * @tf tf.map_fn
 */
export function mapFn<E, R>(fn: (element: E) => R, elems: E, given?: MapFnOptions | DType): R {
  const o = options<{ fnOutputSignature: unknown }>(
    given,
    'fnOutputSignature',
    { fnOutputSignature: null },
    'mapFn',
  );
  return mapped('mapFn', fn, elems, o.fnOutputSignature);
}

/** The same as `mapFn`. @tf tf.vectorized_map */
export function vectorizedMap<E, R>(fn: (element: E) => R, elems: E): R {
  return mapped('vectorizedMap', fn, elems, null);
}

function mapped<E, R>(op: string, fn: (element: E) => R, elems: E, signature: unknown): R {
  checkCallable(fn, op, 'fn');
  const rows = rowsOf(elems, op);
  if (rows.count === 0) {
    // Nothing tells the results' shapes: as if they were the elements'.
    if (signature === null) return rows.taken.structure as R;
    const { shape } = rows.taken.tensors[0];
    return mapStructure(signature, (d) => zeros(shape, d as DType)) as R;
  }
  const results = Array.from({ length: rows.count }, (_, i) =>
    take(fn(rows.at(i) as E), op, 'the result of fn'),
  );
  const [first] = results;
  for (const r of results) checkSameStructure(first.structure, r.structure, op, 'results of fn');
  if (signature !== null) {
    let next = 0;
    mapStructure(signature, (d) => {
      const t = first.tensors[next++] as Tensor | undefined;
      const want = dtypeInfo(d, `[${op}] fnOutputSignature`);
      if (t !== undefined && t.dt !== want) {
        throw new InvalidArgumentError(
          `[${op}] fnOutputSignature says ${want.name}, but fn returned a ${t.dtype} tensor`,
        );
      }
      return d;
    });
  }
  return withTensors(
    first.structure,
    first.tensors.map((_, k) => stack(results.map((r) => r.tensors[k]))),
  ) as R;
}
