/** tf.scan, tf.foldl, tf.foldr, tf.mapFn, tf.vectorizedMap. */
import { toTensor } from '../../core/convert';
import { dtypeInfo, type DType } from '../../core/dtype';
import { InvalidArgumentError, OutOfRangeError } from '../../core/errors';
import { checkTensors, everyLeaf } from '../../core/lists';
import { mapStructure } from '../../core/nest';
import { withTensors } from '../../core/leaves';
import { options as parseOptions, refuseSurplus } from '../../core/options';
import { shapeOf, type Tensor } from '../../core/tensor';
import { context } from '../../core/context';
import { at } from '../../ops/array/at';
import { concat, stack, unstack } from '../../ops/array/joining';
import { zeros } from '../../ops/array/creation';
import { mostUnrolled } from './loops';
import { stepInLoop } from './scan_loop';
import { alike, checkCallable, checkSameStructure, showTensor, take, type Taken } from './structure';

const foldlDefaults = { initializer: undefined } as const;
const mapFnDefaults = { fnOutputSignature: null } as const;

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
    if (shapeOf(t)[0] !== shapeOf(tensors[0])[0]) {
      throw new InvalidArgumentError(
        `[${op}] the tensors of elems must have the same first dimension; got ${shapeOf(tensors[0])[0]} and ${shapeOf(t)[0]}`,
      );
    }
  }
  const count = shapeOf(tensors[0])[0];
  let parts: Tensor[][] | null = null;
  return {
    taken,
    count,
    at: (i) => {
      if (isLong(count)) {
        const each = tensors.map((t) => at(t, i));
        return withTensors(taken.structure, each);
      }
      parts ??= tensors.map((t) => (count === 0 ? [] : unstack(t)));
      return withTensors(
        taken.structure,
        parts.map((p) => p[i]),
      );
    },
  };
}

const isHost = (value: unknown): boolean =>
  everyLeaf(value, (leaf) => typeof leaf !== 'object' || ArrayBuffer.isView(leaf), 'elems');

function toOne(value: unknown): Tensor {
  return toTensor(value, null, 'elems', 'elems');
}

export interface ScanOptions<A = unknown> {
  /** The first accumulator. Default: the first element. */
  initializer?: A;
  /** From the last element to the first. Default false. */
  reverse?: boolean;
}

const scanDefaults = { initializer: undefined, reverse: false };

interface Folded {
  readonly last: Taken;
  /** The accumulators by element, as far as they were computed one by one. */
  readonly single: ReadonlyMap<number, readonly Tensor[]>;
  /** Those of a loop, stacked, from the element `first` on. */
  readonly looped: { readonly first: number; readonly tensors: readonly Tensor[] } | null;
}

/** Whether so many steps are made by a loop of the program. */
const isLong = (steps: number): boolean => context.tracer !== null && steps > mostUnrolled;

function fold(
  op: string,
  fn: (accumulated: never, element: never) => unknown,
  elems: Elements,
  initializer: unknown,
  backwards: boolean,
  keeps: boolean,
): Folded {
  checkCallable(fn, op, 'fn');
  const rows = rowsOf(elems, op);
  const single = new Map<number, readonly Tensor[]>();
  let looped: Folded['looped'] = null;
  let low = 0;
  let high = rows.count;
  let now: Taken;
  if (initializer === undefined || initializer === null) {
    if (rows.count === 0) {
      throw new OutOfRangeError(`[${op}] elems are empty: without an initializer there is no result`);
    }
    const first = backwards ? --high : low++;
    now = take(rows.at(first), op, 'elems');
    if (keeps) single.set(first, now.tensors);
  } else {
    now = take(initializer, op, 'initializer');
  }
  const step = (before: unknown, element: unknown): Taken => {
    const next = take(fn(before as never, element as never), op, 'the result of fn');
    checkSameStructure(before, next.structure, op, 'the accumulator and the result of fn');
    return next;
  };
  if (isLong(high - low)) {
    const done = stepInLoop(now.structure, {
      op,
      step: (before, element) => {
        const next = step(before, element).structure;
        return { next, given: keeps ? next : null };
      },
      elements: rows.taken,
      first: low,
      count: high - low,
      backwards,
    });
    if (done !== null) {
      now = take(done.next, op, 'the result of fn');
      looped = { first: done.first, tensors: take(done.given, op, 'the result of fn').tensors };
      if (backwards) high = done.first;
      else low = done.first + done.count;
    }
  }
  if (keeps) checkTensors(high - low, op);
  for (let n = high - low; n > 0; n--) {
    const i = backwards ? --high : low++;
    now = step(now.structure, rows.at(i));
    if (keeps) single.set(i, now.tensors);
  }
  return { last: now, single, looped };
}

/** What was computed one by one and in a loop, as one tensor for each of `count`. */
function stackAll(
  op: string,
  { single, looped }: Pick<Folded, 'single' | 'looped'>,
  count: number,
  ofNone: (k: number) => Tensor,
): Tensor[] {
  const rows = [...single.keys()].sort((a, b) => a - b);
  const resultsOf = (i: number): readonly Tensor[] => single.get(i) as readonly Tensor[];
  for (const i of rows) checkAlike(op, rows[0], resultsOf(rows[0]), i, resultsOf(i));
  return Array.from({ length: count }, (_, k) => {
    const stackOf = (list: readonly number[]): Tensor[] =>
      list.length === 0 ? [] : [stack(list.map((i) => resultsOf(i)[k]))];
    if (looped === null) return stackOf(rows)[0] ?? ofNone(k);
    const before = rows.filter((i) => i < looped.first);
    const pieces = [...stackOf(before), looped.tensors[k], ...stackOf(rows.slice(before.length))];
    return pieces.length === 1 ? pieces[0] : concat(pieces, 0);
  });
}

/**
 * The accumulators fn(accumulator, element) over the elements of `elems` along its first dimension, stacked. Both may be
 * nested structures. Without `initializer`, the first element is the first accumulator. @tf tf.scan
 */
export function scan<A, E>(
  fn: (accumulated: A, element: E) => A,
  elems: E,
  options: ScanOptions<A> & { initializer: A },
): A;
export function scan<E>(fn: (accumulated: E, element: E) => E, elems: E, options?: ScanOptions<E>): E;
export function scan<A, E>(fn: (accumulated: A, element: E) => A, elems: E, options?: ScanOptions<A>): A;
export function scan<A, E>(fn: (accumulated: A, element: E) => A, elems: E, options?: ScanOptions<A>): A {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) refuseSurplus('scan', 3, arguments, scanDefaults);
  const o = parseOptions<{ initializer: unknown; reverse: boolean }>(
    options,
    'initializer',
    scanDefaults,
    'scan',
  );
  const folded = fold('scan', fn, elems, o.initializer, o.reverse, true);
  const { structure, tensors } = folded.last;
  const none = (k: number): Tensor => zeros([0, ...shapeOf(tensors[k])], tensors[k].dtype);
  return withTensors(structure, stackAll('scan', folded, tensors.length, none)) as A;
}

export interface FoldOptions<A = unknown> {
  /** The first accumulator. Default: the first element (of foldr: the last). */
  initializer?: A;
}

/** The last accumulator fn(accumulator, element) over the elements along the first dimension. @tf tf.foldl */
export function foldl<A, E>(
  fn: (accumulated: A, element: E) => A,
  elems: E,
  options: FoldOptions<A> & { initializer: A },
): A;
export function foldl<E>(fn: (accumulated: E, element: E) => E, elems: E, options?: FoldOptions<E>): E;
export function foldl<A, E>(fn: (accumulated: A, element: E) => A, elems: E, options?: FoldOptions<A>): A;
export function foldl<A, E>(fn: (accumulated: A, element: E) => A, elems: E, options?: FoldOptions<A>): A {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) refuseSurplus('foldl', 3, arguments, foldlDefaults);
  const o = parseOptions<{ initializer: unknown }>(options, 'initializer', foldlDefaults, 'foldl');
  return fold('foldl', fn, elems, o.initializer, false, false).last.structure as A;
}

/** The same from the last element to the first. @tf tf.foldr */
export function foldr<A, E>(
  fn: (accumulated: A, element: E) => A,
  elems: E,
  options: FoldOptions<A> & { initializer: A },
): A;
export function foldr<E>(fn: (accumulated: E, element: E) => E, elems: E, options?: FoldOptions<E>): E;
export function foldr<A, E>(fn: (accumulated: A, element: E) => A, elems: E, options?: FoldOptions<A>): A;
export function foldr<A, E>(fn: (accumulated: A, element: E) => A, elems: E, options?: FoldOptions<A>): A {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) refuseSurplus('foldr', 3, arguments, foldlDefaults);
  const o = parseOptions<{ initializer: unknown }>(options, 'initializer', foldlDefaults, 'foldr');
  return fold('foldr', fn, elems, o.initializer, true, false).last.structure as A;
}

/** Results that are to be stacked have one shape and dtype. */
function checkAlike(
  op: string,
  i: number,
  first: readonly Tensor[],
  j: number,
  other: readonly Tensor[],
): void {
  other.forEach((t, k) => {
    if (alike(t, first[k])) return;
    throw new InvalidArgumentError(
      `[${op}] the results are stacked, so that all must have the same shape and dtype; for element ${i} there is ` +
        `${showTensor(first[k])}, for element ${j} ${showTensor(t)}`,
    );
  });
}

export interface MapFnOptions {
  /** The dtype of the result, or a structure of dtypes: checked, and what an empty `elems` gives. */
  fnOutputSignature?: unknown;
}

/**
 * The results of `fn` on the elements of `elems` along its first dimension, stacked. Both may be nested structures.
 * @tf tf.map_fn
 */
export function mapFn<E, R>(fn: (element: E) => R, elems: E, options?: MapFnOptions | DType): R {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) refuseSurplus('mapFn', 3, arguments, mapFnDefaults);
  const o = parseOptions<{ fnOutputSignature: unknown }>(
    options,
    'fnOutputSignature',
    mapFnDefaults,
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
  const single = new Map<number, readonly Tensor[]>();
  let looped: Folded['looped'] = null;
  let first: Taken | null = null;
  const call = (element: unknown): Taken => {
    const result = take(fn(element as E), op, 'the result of fn');
    if (first !== null) checkSameStructure(first.structure, result.structure, op, 'results of fn');
    first ??= result;
    return result;
  };
  let low = 0;
  if (isLong(rows.count)) {
    const step = (_: unknown, element: unknown) => ({ next: [], given: call(element).structure });
    const elements = rows.taken;
    const done = stepInLoop([], { op, step, elements, first: 0, count: rows.count, backwards: false });
    first = null;
    if (done !== null) {
      low = done.count;
      first = take(done.given, op, 'the result of fn');
      looped = { first: 0, tensors: first.tensors };
    }
  }
  checkTensors(rows.count - low, op);
  for (; low < rows.count; low++) single.set(low, call(rows.at(low)).tensors);
  const { structure, tensors } = first as unknown as Taken;
  if (signature !== null) {
    let next = 0;
    mapStructure(signature, (d) => {
      const t = tensors[next++] as Tensor | undefined;
      const want = dtypeInfo(d, `[${op}] fnOutputSignature`);
      if (t !== undefined && t.dt !== want) {
        throw new InvalidArgumentError(
          `[${op}] fnOutputSignature says ${want.name}, but fn returned a ${t.dtype} tensor`,
        );
      }
      return d;
    });
  }
  const none = (k: number): Tensor => tensors[k];
  return withTensors(structure, stackAll(op, { single, looped }, tensors.length, none)) as R;
}
