/**
 * tf.scan, tf.foldl, tf.foldr, tf.mapFn, tf.vectorizedMap. Inside a traced function, short ones are unrolled; scan_loop.ts traces
 * long ones as loops.
 */
import { toTensor } from '../../core/convert';
import { dtypeInfo, type DType } from '../../core/dtype';
import { InvalidArgumentError, OutOfRangeError } from '../../core/errors';
import { checkTensors, everyLeaf } from '../../core/lists';
import { mapStructure } from '../../core/nest';
import { withTensors } from '../../core/leaves';
import { options as parseOptions, throwExtraArguments } from '../../core/options';
import { shapeOf, type Tensor } from '../../core/tensor';
import { context } from '../../core/context';
import { at } from '../../ops/array/at';
import { concat, stack, unstack } from '../../ops/array/joining';
import { zeros } from '../../ops/array/creation';
import { maxUnrolled } from './while_loop';
import { stepInLoop } from './scan_loop';
import {
  alike,
  checkCallable,
  checkSameStructure,
  showTensor,
  flattenTensors,
  type FlatStructure,
} from './structure';

const foldlDefaults = { initializer: undefined } as const;
const mapFnDefaults = { fnOutputSignature: null } as const;

/** Arrays and plain objects of tensors. */
type Elements = unknown;

/** The elements of `elems` along the first dimension. */
interface ElementList {
  readonly flat: FlatStructure;
  readonly count: number;
  /** The structure with the tensors' slices at an index. */
  readonly at: (i: number) => unknown;
}

function elementsOf(elems: Elements, op: string): ElementList {
  // An array of host values is a single tensor.
  const flat = flattenTensors(Array.isArray(elems) && isHost(elems) ? toOne(elems) : elems, op, 'elems');
  const { tensors } = flat;
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
  let unstacked: Tensor[][] | null = null;
  return {
    flat,
    count,
    at: (i) => {
      if (usesLoop(count)) {
        const each = tensors.map((t) => at(t, i));
        return withTensors(flat.structure, each);
      }
      unstacked ??= tensors.map((t) => (count === 0 ? [] : unstack(t)));
      return withTensors(
        flat.structure,
        unstacked.map((p) => p[i]),
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
  /** Whether to go from the last element to the first. Default false. */
  reverse?: boolean;
}

const scanDefaults = { initializer: undefined, reverse: false };

interface Folded {
  readonly last: FlatStructure;
  /** The accumulators by element, for elements processed one by one. */
  readonly single: ReadonlyMap<number, readonly Tensor[]>;
  /** The stacked accumulators of a compiled loop, from element `first` on. */
  readonly looped: { readonly first: number; readonly tensors: readonly Tensor[] } | null;
}

/** Whether this many steps run in a compiled loop instead of being unrolled. */
const usesLoop = (steps: number): boolean => context.tracer !== null && steps > maxUnrolled;

function fold(
  op: string,
  fn: (accumulated: never, element: never) => unknown,
  elems: Elements,
  initializer: unknown,
  reverse: boolean,
  keepAll: boolean,
): Folded {
  checkCallable(fn, op, 'fn');
  const rows = elementsOf(elems, op);
  const single = new Map<number, readonly Tensor[]>();
  let looped: Folded['looped'] = null;
  let low = 0;
  let high = rows.count;
  let accumulator: FlatStructure;
  if (initializer === undefined || initializer === null) {
    if (rows.count === 0) {
      throw new OutOfRangeError(`[${op}] elems are empty: without an initializer there is no result`);
    }
    const first = reverse ? --high : low++;
    accumulator = flattenTensors(rows.at(first), op, 'elems');
    if (keepAll) single.set(first, accumulator.tensors);
  } else {
    accumulator = flattenTensors(initializer, op, 'initializer');
  }
  const step = (before: unknown, element: unknown): FlatStructure => {
    const next = flattenTensors(fn(before as never, element as never), op, 'the result of fn');
    checkSameStructure(before, next.structure, op, 'the accumulator and the result of fn');
    return next;
  };
  if (usesLoop(high - low)) {
    const loop = stepInLoop(accumulator.structure, {
      op,
      step: (before, element) => {
        const next = step(before, element).structure;
        return { next, output: keepAll ? next : null };
      },
      elements: rows.flat,
      first: low,
      count: high - low,
      reverse,
    });
    if (loop !== null) {
      accumulator = flattenTensors(loop.next, op, 'the result of fn');
      looped = { first: loop.first, tensors: flattenTensors(loop.stacked, op, 'the result of fn').tensors };
      if (reverse) high = loop.first;
      else low = loop.first + loop.count;
    }
  }
  if (keepAll) checkTensors(high - low, op);
  for (let n = high - low; n > 0; n--) {
    const i = reverse ? --high : low++;
    accumulator = step(accumulator.structure, rows.at(i));
    if (keepAll) single.set(i, accumulator.tensors);
  }
  return { last: accumulator, single, looped };
}

/** Joins the results computed one by one and in a loop: one stacked tensor for each of `count` results. */
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
    const stacks = [...stackOf(before), looped.tensors[k], ...stackOf(rows.slice(before.length))];
    return stacks.length === 1 ? stacks[0] : concat(stacks, 0);
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
  if (arguments.length > 3) throwExtraArguments('scan', 3, arguments, scanDefaults);
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
  if (arguments.length > 3) throwExtraArguments('foldl', 3, arguments, foldlDefaults);
  const o = parseOptions<{ initializer: unknown }>(options, 'initializer', foldlDefaults, 'foldl');
  return fold('foldl', fn, elems, o.initializer, false, false).last.structure as A;
}

/** Like `foldl`, from the last element to the first. @tf tf.foldr */
export function foldr<A, E>(
  fn: (accumulated: A, element: E) => A,
  elems: E,
  options: FoldOptions<A> & { initializer: A },
): A;
export function foldr<E>(fn: (accumulated: E, element: E) => E, elems: E, options?: FoldOptions<E>): E;
export function foldr<A, E>(fn: (accumulated: A, element: E) => A, elems: E, options?: FoldOptions<A>): A;
export function foldr<A, E>(fn: (accumulated: A, element: E) => A, elems: E, options?: FoldOptions<A>): A {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments('foldr', 3, arguments, foldlDefaults);
  const o = parseOptions<{ initializer: unknown }>(options, 'initializer', foldlDefaults, 'foldr');
  return fold('foldr', fn, elems, o.initializer, true, false).last.structure as A;
}

/** Checks that results to be stacked have the same shape and dtype. */
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
  /** The dtype of the result, or a structure of dtypes: they are checked, and used for the result of empty `elems`. */
  fnOutputSignature?: unknown;
}

/**
 * The results of `fn` on the elements of `elems` along its first dimension, stacked. Both may be nested structures.
 * @tf tf.map_fn
 */
export function mapFn<E, R>(fn: (element: E) => R, elems: E, options?: MapFnOptions | DType): R {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments('mapFn', 3, arguments, mapFnDefaults);
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
  const rows = elementsOf(elems, op);
  if (rows.count === 0) {
    // The shapes of results are unknown: those of the elements are used.
    if (signature === null) return rows.flat.structure as R;
    const { shape } = rows.flat.tensors[0];
    return mapStructure(signature, (d) => zeros(shape, d as DType)) as R;
  }
  const single = new Map<number, readonly Tensor[]>();
  let looped: Folded['looped'] = null;
  let first: FlatStructure | null = null;
  const call = (element: unknown): FlatStructure => {
    const result = flattenTensors(fn(element as E), op, 'the result of fn');
    if (first !== null) checkSameStructure(first.structure, result.structure, op, 'results of fn');
    first ??= result;
    return result;
  };
  let low = 0;
  if (usesLoop(rows.count)) {
    const step = (_: unknown, element: unknown) => ({ next: [], output: call(element).structure });
    const elements = rows.flat;
    const loop = stepInLoop([], { op, step, elements, first: 0, count: rows.count, reverse: false });
    first = null;
    if (loop !== null) {
      low = loop.count;
      first = flattenTensors(loop.stacked, op, 'the result of fn');
      looped = { first: 0, tensors: first.tensors };
    }
  }
  checkTensors(rows.count - low, op);
  for (; low < rows.count; low++) single.set(low, call(rows.at(low)).tensors);
  const { structure, tensors } = first as unknown as FlatStructure;
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
