/** Control flow and functions over elements. They accept symbolic tensors too; files cannot hold their functions. */
import { toTensor, type TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { flatten, mapStructure } from '../../core/nest';
import { describe } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import { cond as condOp, switchCase } from '../../function/control/cond';
import { mapFn, scan as scanOp, vectorizedMap as vectorizedMapOp } from '../../function/control/folds';
import { whileLoop as whileLoopOp } from '../../function/control/while_loop';
import { at } from '../../ops/array/at';
import { zeros } from '../../ops/array/creation';
import { concat, stack } from '../../ops/array/joining';
import { transpose, reverse as reversed } from '../../ops/array/movement';
import { slice } from '../../ops/array/slicing';
import { expandDims, reshape } from '../../ops/array/views';
import { add, maximum, minimum } from '../../ops/math/binary';
import { less } from '../../ops/math/compare';
import { options as readOptions } from '../../core/options';
import { applyOperation, type OperationDefinition } from './operation';
import { as, axisOf } from './define';

/** Calls f with tensors, or records it for symbolic ones: the operands are one list, in which functions may stand. */
function higher(
  className: string,
  run: (operands: readonly unknown[]) => unknown,
  operands: readonly unknown[],
): unknown {
  const definition: OperationDefinition = {
    module: 'core',
    className,
    tensors: ['operands'],
    run: ([list]) => run(list as readonly unknown[]),
  };
  return applyOperation(definition, [operands], {});
}

function callable(f: unknown, name: string, op: string): void {
  if (typeof f !== 'function') throw new TypeError(`[${op}] ${name} must be a function; got ${describe(f)}`);
}

/** The result of one of two functions without arguments. @tf tf.keras.ops.cond */
export function cond<R>(pred: unknown, trueFn: () => R, falseFn: () => R): R {
  callable(trueFn, 'trueFn', 'cond');
  callable(falseFn, 'falseFn', 'cond');
  return higher('Cond', ([p, f, g]) => condOp(p as TensorLike, f as () => R, g as () => R), [
    pred,
    trueFn,
    falseFn,
  ]) as R;
}

/** The result of the function with this index, which is limited to those that there are, for the operands. @tf tf.keras.ops.switch */
export function switchBranch<A extends readonly unknown[], R>(
  index: unknown,
  branches: readonly ((...operands: A) => R)[],
  ...operands: A
): R {
  if (!Array.isArray(branches) || branches.length === 0)
    throw new TypeError(`[switch] branches must be an array of functions; got ${describe(branches)}`);
  branches.forEach((branch) => callable(branch, 'branches', 'switch'));
  const run = ([i, ...values]: readonly unknown[]): unknown => {
    const place = as(toTensor(i, null, 'switch', 'index'), 'int32');
    return switchCase(
      minimum(maximum(place, 0), branches.length - 1),
      branches.map((branch: (...all: unknown[]) => unknown) => () => branch(...values)),
    );
  };
  return higher('Switch', run, [index, ...operands]) as R;
}

interface WhileOptions {
  /** The largest number of iterations; null (default): no limit. */
  maximumIterations?: number | null;
}

/** Replaces variables, an array or a single one, by `body(...)` of them while `condition(...)` is true. @tf tf.keras.ops.while_loop */
export function whileLoop<V>(
  condition: (...vars: never[]) => unknown,
  body: (...vars: never[]) => unknown,
  loopVars: V,
  options?: WhileOptions | number | null,
): V {
  callable(condition, 'cond', 'whileLoop');
  callable(body, 'body', 'whileLoop');
  const { maximumIterations } = readOptions(
    options,
    'maximumIterations',
    { maximumIterations: null as number | null },
    'whileLoop',
  );
  const isList = Array.isArray(loopVars);
  const next = (...vars: unknown[]): unknown[] => {
    const found = (body as (...all: unknown[]) => unknown)(...vars);
    return isList ? (found as unknown[]) : [found];
  };
  const run = (vars: readonly unknown[]): unknown => {
    const tensors = vars.map((v) => asTensors(v, 'whileLoop'));
    const test = condition as (...all: unknown[]) => unknown;
    const last = whileLoopOp(test, next, tensors, { maximumIterations });
    return isList ? last : last[0];
  };
  return higher('WhileLoop', run, isList ? (loopVars as unknown[]) : [loopVars]) as V;
}

/** Replaces a value by `bodyFun(i, value)` for i from `lower` to below `upper`. @tf tf.keras.ops.fori_loop */
export function foriLoop<V>(
  lower: unknown,
  upper: unknown,
  bodyFun: (i: Tensor, value: V) => V,
  initVal: V,
): V {
  callable(bodyFun, 'bodyFun', 'foriLoop');
  const run = ([from, to, first]: readonly unknown[]): unknown => {
    const [begin, end] = [from, to].map((n) =>
      as(toTensor(n as TensorLike, null, 'foriLoop', 'bounds'), 'int32'),
    );
    const [, value] = whileLoopOp(
      (i: Tensor) => less(i, end),
      (i: Tensor, v: V) => [add(i, 1), bodyFun(i, v)],
      [begin, asTensors(first, 'foriLoop') as V],
    );
    return value;
  };
  return higher('ForiLoop', run, [lower, upper, initVal]) as V;
}

/** Numbers and arrays of numbers as tensors; structures keep their form. */
function asTensors(value: unknown, op: string): unknown {
  if (value instanceof Tensor) return value;
  return flatten(value).some((leaf) => leaf instanceof Tensor)
    ? mapStructure(value, (leaf) => toTensor(leaf, null, op, 'x'))
    : toTensor(value, null, op, 'x');
}

/** f of each slice along the first dimension, stacked. @tf tf.keras.ops.map */
export function map<X, R>(f: (x: X) => R, xs: X): R {
  callable(f, 'f', 'map');
  return higher('Map', ([elements]) => mapFn(f, elements as X), [xs]) as R;
}

/** The same as `map`. @tf tf.keras.ops.vectorized_map */
export function vectorizedMap<X, R>(f: (x: X) => R, elements: X): R {
  callable(f, 'f', 'vectorizedMap');
  return higher('VectorizedMap', ([xs]) => vectorizedMapOp(f, xs as X), [elements]) as R;
}

interface ScanOptions {
  /** The number of steps, if there are no elements. */
  length?: number | null;
  /** Whether to go from the last element to the first. Default false. */
  reverse?: boolean;
  /** Without effect on the result. */
  unroll?: number | boolean;
}

const leaf = (x: unknown): Tensor => toTensor(x, null, 'scan', 'xs');
const each = (structure: unknown, f: (t: Tensor) => Tensor): unknown =>
  structure instanceof Tensor
    ? f(structure)
    : mapStructure(structure, (x) => (x === null ? null : f(leaf(x))));

/**
 * `[carry, y] = f(carry, x)` for the slices of xs along the first dimension, in order: `[carry, ys]`, the last carry and all y,
 * stacked. xs may be null if `length` is set. @tf tf.keras.ops.scan
 */
export function scan<C, X, Y>(
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X | null,
  options?: ScanOptions | number | null,
): [C, Y] {
  callable(f, 'f', 'scan');
  const defaults: Required<ScanOptions> = { length: null, reverse: false, unroll: 1 };
  const { length, reverse } = readOptions(options, 'length', defaults, 'scan');
  if (xs === null && length === null) throw new InvalidArgumentError('[scan] needs xs, or the option length');
  const run = ([first, elements]: readonly unknown[]): unknown => {
    const has = elements !== null;
    const all = has ? each(elements, (t) => t) : zeros([length as number]);
    const n = length ?? leaf(flatten(all)[0]).shape[0];
    if (n === 0) throw new InvalidArgumentError('[scan] there are no elements');
    const ordered = reverse ? each(all, (t) => reversed(t, [0])) : all;
    const step = (carry: C, x: unknown): readonly [C, Y] => f(carry, (has ? x : null) as X);
    const [c, y] = step(
      asTensors(first, 'scan') as C,
      each(ordered, (t) => at(t, 0)),
    );
    const start = each(y, (t) => expandDims(t, 0));
    if (n === 1) return [c, start];
    const rest = each(ordered, (t) => at(t, '1:'));
    const steps = scanOp((state: readonly [C, Y], x: unknown) => [...step(state[0], x)] as [C, Y], rest, {
      initializer: [c, y] as [C, Y],
    }) as unknown as [unknown, unknown];
    const parts = flatten(steps[1]) as Tensor[];
    let next = 0;
    const ys = each(start, (t) => concat([t, parts[next++]], 0));
    return [each(steps[0], (t) => at(t, -1)), reverse ? each(ys, (t) => reversed(t, [0])) : ys];
  };
  return higher('Scan', run, [init, xs]) as [C, Y];
}

interface AssociativeOptions {
  /** Whether to go from the last element to the first. Default false. */
  reverse?: boolean;
  /** Default 0. */
  axis?: number;
}

/** The part of each tensor that a slice of the first dimension names. */
const every = (xs: readonly Tensor[], items: string): Tensor[] => xs.map((x) => at(x, items));

/** The results of an associative f of the first 1, 2, 3… elements, in a logarithmic number of calls. */
function associative(f: (a: Tensor[], b: Tensor[]) => Tensor[], xs: readonly Tensor[]): Tensor[] {
  const n = xs[0].shape[0];
  if (n < 2) return [...xs];
  const pairs = f(every(xs, `:${n - 1}:2`), every(xs, '1::2'));
  const odd = associative(f, pairs);
  const even = every(xs, '2::2');
  const later = even[0].shape[0] === 0 ? even : f(n % 2 === 0 ? every(odd, ':-1') : odd, even);
  return xs.map((x, k) => {
    const evens = concat([at(x, ':1'), later[k]], 0);
    const count = Math.floor(n / 2);
    const woven = stack(
      [
        slice(
          evens,
          evens.shape.map(() => 0),
          [count, ...x.shape.slice(1)],
        ),
        odd[k],
      ],
      1,
    );
    const flat = reshape(woven, [2 * count, ...x.shape.slice(1)]);
    return n % 2 === 0 ? flat : concat([flat, at(evens, '-1:')], 0);
  });
}

/** The results of an associative function f(a, b) of whole slices: of the first 1, 2, 3… elements along an axis. @tf tf.keras.ops.associative_scan */
export function associativeScan<X>(
  f: (a: X, b: X) => X,
  elems: X,
  options?: AssociativeOptions | boolean,
): X {
  callable(f, 'f', 'associativeScan');
  const { reverse, axis } = readOptions(options, 'reverse', { reverse: false, axis: 0 }, 'associativeScan');
  const run = ([elements]: readonly unknown[]): unknown => {
    const toFront = (t: Tensor): Tensor => exchanged(reverse ? reversed(t, [axis]) : t, axis);
    const back = (t: Tensor): Tensor => (reverse ? reversed(exchanged(t, axis), [axis]) : exchanged(t, axis));
    const inForm = (parts: readonly Tensor[]): X => {
      let next = 0;
      return each(elements, () => exchanged(parts[next++], axis)) as X;
    };
    const xs = flatten(each(elements, toFront)) as Tensor[];
    const join = (a: Tensor[], b: Tensor[]): Tensor[] =>
      (flatten(f(inForm(a), inForm(b))) as Tensor[]).map((t) => exchanged(t, axis));
    const found = associative(join, xs);
    let next = 0;
    return each(elements, () => back(found[next++]));
  };
  return higher('AssociativeScan', run, [elems]) as X;
}

/** The axis exchanged with the first one. */
function exchanged(x: Tensor, axis: number): Tensor {
  const along = axisOf(axis, x.rank, 'associativeScan');
  if (along === 0) return x;
  return transpose(x, { perm: x.shape.map((_, i) => (i === 0 ? along : i === along ? 0 : i)) });
}
