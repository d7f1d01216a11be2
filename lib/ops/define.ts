/**
 * How a row becomes a function. Each helper takes a declaration and returns a specialised closure, made once: no
 * look-up by name, no argument objects, no allocation beyond the result on the eager path.
 */
import { frame, native } from '../binding';
import { toTensor, type TensorLike } from '../core/convert';
import { dtypes, type DType, type DTypeInfo } from '../core/dtype';
import { InvalidArgumentError } from '../core/errors';
import { outOfMemory } from '../core/out_of_memory';
import { Readable } from '../core/readable';
import { scope } from '../core/scope';
import {
  broadcastShapes,
  checkElements,
  maxElements,
  sameShape,
  showShape,
  sizeOf,
  type Shape,
} from '../core/shape';
import { aliasTensor, bufferOf, makeTensor, shapeOf, specOf, Tensor } from '../core/tensor';
import { runBroadcast, unbroadcast } from './broadcast';
import {
  register,
  type Example,
  type Grad,
  type GradContext,
  type GradientFunction,
  type OpRow,
  type OpFacts,
  type SymbolicZero,
} from './registry';
import { following } from './composite';
import { simplerBinary } from './simpler';
import { overSpent, spent } from './spare';
import { traced } from './traced';

/** Bit i set for dtype code i. */
export function dtypeMask(list: readonly DType[]): number {
  return list.reduce((mask, name) => mask | (1 << dtypes[name].code), 0);
}

export function badDType(
  op: string,
  argument: string,
  dt: DTypeInfo,
  allowed: readonly DType[],
): InvalidArgumentError {
  return new InvalidArgumentError(
    `[${op}] ${argument} has dtype ${dt.name}, which the op does not take; it takes ${allowed.join(', ')}`,
  );
}

/** Turns an error of the native binding into one that names the op: a tensor was disposed, or memory ran out. */
export function explain(error: unknown, op: string, inputs: readonly Tensor[]): unknown {
  for (const t of inputs) t.assertAlive(op);
  return outOfMemory(error, op, inputs);
}

// ---------------------------------------------------------------------------------------------------- unary

export interface UnarySpec {
  dtypes: readonly DType[];
  tf: string;
  /** What the gradient reads. Default 'input'. */
  saves?: 'input' | 'output' | 'both' | 'none';
  domain?: readonly [number, number];
  ulp?: number;
  examples?: readonly Example[];
  /** One element in plain JavaScript: see OpRow.js. */
  js?: (x: number) => number;
  /** dx from dy; `x` and `y` are there as `saves` says. null: no gradient passes. */
  gradient: ((dy: Tensor, saved: { x: Tensor; y: Tensor }) => Tensor | SymbolicZero) | null;
  /** The result is bool. */
  toBool?: boolean;
  /** See TracedOp.simpler. */
  simpler?: OpRow['simpler'];
}

export type UnaryOp = (x: TensorLike) => Tensor;

/** The number of a kernel in one of the native tables. */
export function kernelNumber(names: readonly string[], name: string): number {
  const code = names.indexOf(name);
  if (code < 0) throw new Error(`no native kernel is named ${name}`);
  return code;
}

/** What is right to half a unit in the last place is an instruction or two. */
const roundsOnce = (ulp: number | undefined): boolean => ulp !== undefined && ulp <= 0.5;

/** The native kernel of that number in the unary table. */
export function runUnary(code: number, x: Tensor, y: Tensor): void {
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = x.size;
  frame[3] = code;
  frame[4] = x.dt.code;
  native.unary(bufferOf(x), bufferOf(y));
}

/** An elementwise op of one operand: a row of the native unary table of the same name. */
export function unary(name: string, spec: UnarySpec): UnaryOp {
  const code = kernelNumber(native.unaryNames, name);
  const mask = dtypeMask(spec.dtypes);
  const saves = spec.saves ?? 'input';
  const gradient = spec.gradient;
  const toBool = spec.toBool === true;
  const call = (input: TensorLike): Tensor => {
    const x = input instanceof Tensor ? input : toTensor(input, null, name, 'x');
    const dt = x.dt;
    if (((mask >> dt.code) & 1) === 0) throw badDType(name, 'x', dt, spec.dtypes);
    if (scope.tracer !== null && scope.tracer.traces(x)) {
      return traced(row, [x], null, [{ shape: shapeOf(x), dt: toBool ? dtypes.bool : dt }])[0];
    }
    const y = makeTensor(toBool ? dtypes.bool : dt, shapeOf(x), x.size);
    try {
      runUnary(code, x, y);
    } catch (error) {
      throw explain(error, name, [x]);
    }
    if (scope.recorder !== null) scope.recorder.record1(row, x, y);
    return y;
  };
  const row: OpRow = {
    name,
    kind: 'unary',
    tf: spec.tf,
    dtypes: spec.dtypes,
    domain: spec.domain,
    ulp: spec.ulp,
    examples: spec.examples ?? [],
    js: spec.js,
    differentiable: gradient !== null,
    savesInputs: saves === 'input' || saves === 'both' ? 1 : 0,
    savesOutputs: saves === 'output' || saves === 'both',
    gradient:
      gradient === null ? null : (dy, ctx: GradContext) => [gradient(dy[0], { x: ctx.x[0], y: ctx.y[0] })],
    tile: { kind: 'unary', op: code, cheap: roundsOnce(spec.ulp) },
    simpler: spec.simpler,
    execute: ([x], _, [y]) => {
      runUnary(code, x, y);
    },
    call,
  };
  register(row);
  return call;
}

// ---------------------------------------------------------------------------------------------------- binary

export interface BinarySaved {
  a: Tensor;
  b: Tensor;
  y: Tensor;
}

export interface BinarySpec {
  dtypes: readonly DType[];
  tf: string;
  /** What the gradients read: any of a, b, y. Default both inputs. */
  saves?: readonly ('a' | 'b' | 'y')[];
  domain?: readonly [number, number];
  ulp?: number;
  examples?: readonly Example[];
  /** One element in plain JavaScript: see OpRow.js. */
  js?: (x: number, y: number) => number;
  /**
   * The gradients with respect to a and to b, in the shape of the result; they are summed back over broadcast
   * dimensions here. null as a whole: no gradient passes.
   */
  gradient:
    | readonly [
        (dy: Tensor, saved: BinarySaved) => Tensor | SymbolicZero | null,
        (dy: Tensor, saved: BinarySaved) => Tensor | SymbolicZero | null,
      ]
    | null;
  toBool?: boolean;
  /** The values of a that give b itself, and of b that give a itself, bit for bit: −0, not 0, for a sum of floats. */
  neutral?: { readonly a?: number; readonly b?: number };
  /** a is the gradient of a result, and the row the last to read it where it is spent: see ops/spare.ts. */
  spends?: boolean;
  /** Checks values before the kernel runs (a zero divisor); an empty result needs none. */
  check?: (a: Tensor, b: Tensor) => void;
}

export type BinaryOp = (a: TensorLike, b: TensorLike) => Tensor;

/** Converts a pair: a host value beside a tensor takes that tensor's dtype. */
export function convertPair(a: TensorLike, b: TensorLike, op: string): [Tensor, Tensor] {
  const aIsHost = !(a instanceof Tensor || a instanceof Readable);
  if (aIsHost && (b instanceof Tensor || b instanceof Readable))
    return [toTensor(a, b.dt, op, 'x'), toTensor(b, null, op, 'y')];
  const x = toTensor(a, null, op, 'x');
  return [x, toTensor(b, x.dt, op, 'y')];
}

export function mixedDTypes(op: string, x: Tensor, y: Tensor): InvalidArgumentError {
  return new InvalidArgumentError(
    `[${op}] cannot compute ${op} as input #1(zero-based) was expected to be a ${x.dt.name} tensor but is a ` +
      `${y.dt.name} tensor; cast one of them, tf.cast(y, '${x.dt.name}')`,
  );
}

export function incompatible(op: string, a: Shape, b: Shape): InvalidArgumentError {
  return new InvalidArgumentError(
    `[${op}] Incompatible shapes: ${showShape(a)} vs. ${showShape(b)}; sizes must be equal, or one of them 1, ` +
      `counted from the last dimension`,
  );
}

/** An elementwise op of two operands with broadcasting: a row of the native binary table of the same name. */
export function binary(name: string, spec: BinarySpec): BinaryOp {
  const code = kernelNumber(native.binaryNames, name);
  const mask = dtypeMask(spec.dtypes);
  const saves = spec.saves ?? ['a', 'b'];
  const gradient = spec.gradient;
  const toBool = spec.toBool === true;
  const check = spec.check ?? null;
  const spends = spec.spends === true;
  /** In a function that is being traced. Apart: its tensors may be of a class of their own, and `call` is fast for one. */
  const note = (a: Tensor, b: Tensor): Tensor => {
    const { dt } = a;
    if (b.dt !== dt) throw mixedDTypes(name, a, b);
    if (((mask >> dt.code) & 1) === 0) throw badDType(name, 'x', dt, spec.dtypes);
    return traced(row, [a, b], null, [{ shape: resultShape(name, a, b), dt: toBool ? dtypes.bool : dt }])[0];
  };
  const call = (left: TensorLike, right: TensorLike): Tensor => {
    let a: Tensor, b: Tensor;
    if (left instanceof Tensor && right instanceof Tensor) {
      a = left;
      b = right;
    } else {
      [a, b] = convertPair(left, right, name);
    }
    if (scope.tracer !== null && (scope.tracer.traces(a) || scope.tracer.traces(b))) return note(a, b);
    const dt = a.dt;
    if (b.dt !== dt) throw mixedDTypes(name, a, b);
    if (((mask >> dt.code) & 1) === 0) throw badDType(name, 'x', dt, spec.dtypes);
    const own = shapeOf(a);
    const shape = own === shapeOf(b) ? own : resultShape(name, a, b);
    const size = shape === own ? a.size : sizeOf(shape);
    if (check !== null && size > 0) check(a, b);
    let y: Tensor;
    if (spends && a === spent.dy && shape === own && b.size === size) a = y = overSpent(a);
    else y = makeTensor(toBool ? dtypes.bool : dt, shape, size);
    try {
      runBinary(code, a, b, y);
    } catch (error) {
      throw explain(error, name, [a, b]);
    }
    if (scope.recorder !== null) scope.recorder.record2(row, a, b, y);
    return y;
  };
  const row: OpRow = {
    name,
    kind: toBool ? 'compare' : 'binary',
    tf: spec.tf,
    dtypes: spec.dtypes,
    domain: spec.domain,
    ulp: spec.ulp,
    examples: spec.examples ?? [],
    js: spec.js,
    differentiable: gradient !== null,
    savesInputs: (saves.includes('a') ? 1 : 0) | (saves.includes('b') ? 2 : 0),
    savesOutputs: saves.includes('y'),
    gradient:
      gradient === null
        ? null
        : (dy, ctx: GradContext) => {
            const saved: BinarySaved = { a: ctx.x[0], b: ctx.x[1], y: ctx.y[0] };
            const da = ctx.needs[0] ? gradient[0](dy[0], saved) : null;
            const db = ctx.needs[1] ? gradient[1](dy[0], saved) : null;
            return [
              da instanceof Tensor ? unbroadcast(da, ctx.shapes[0]) : da,
              db instanceof Tensor ? unbroadcast(db, ctx.shapes[1]) : db,
            ];
          },
    tile: {
      kind: 'binary',
      op: code,
      cheap: roundsOnce(spec.ulp),
      dtypes: check === null ? undefined : [dtypes.float32, dtypes.float64],
    },
    simpler: (given, around, out) => simplerBinary(given, around, out, spec.neutral),
    fallible: check === null ? undefined : ([a]) => a.dt.kind === 'int',
    execute: ([a, b], _, [y]) => {
      if (check !== null && y.size > 0) check(a, b);
      runBinary(code, a, b, y);
    },
    call,
  };
  register(row);
  return call;
}

/** The native kernel of that number in the binary table; a and b broadcast to y's shape. */
export function runBinary(code: number, a: Tensor, b: Tensor, y: Tensor): void {
  const n = y.size;
  frame[0] = a.offset;
  frame[1] = b.offset;
  frame[2] = y.offset;
  frame[4] = code;
  frame[5] = a.dt.code;
  const mode = a.size === n && b.size === n ? 0 : b.size === 1 ? 2 : a.size === 1 ? 1 : 3;
  if (mode < 3) {
    frame[3] = n;
    frame[6] = mode;
    native.binary(bufferOf(a), bufferOf(b), bufferOf(y));
  } else if (n > 0) {
    runBroadcast(code, a, b, y);
  }
}

function resultShape(name: string, x: Tensor, y: Tensor): Shape {
  const a = shapeOf(x);
  const b = shapeOf(y);
  if (sameShape(a, b)) return a;
  if (y.size === 1 && b.length <= a.length) return a;
  if (x.size === 1 && a.length <= b.length) return b;
  const shape = broadcastShapes(a, b);
  if (shape === null) throw incompatible(name, a, b);
  const size = sizeOf(shape);
  if (size > maxElements) checkElements(size, shape, `[${name}]`);
  return shape;
}

// ---------------------------------------------------------------------------------------------------- any op

export interface OutSpec {
  shape: Shape;
  dt: DTypeInfo;
}

/**
 * The general row. The public call is `(...args) => result`:
 * `args` turns the user's arguments into input tensors and attributes (all validation that needs no shapes);
 * `infer` says the results' shapes and dtypes (the shape rule; all other validation), and nothing is computed in it;
 * `run` fills the results, which the framework has allocated.
 * Where the shapes depend on data, `infer` gives null, and `run` makes the results itself and returns them.
 */
export interface OpSpec<P extends unknown[], A> extends OpFacts {
  tf: string;
  dtypes: readonly DType[];
  kind?: OpRow['kind'];
  domain?: readonly [number, number];
  ulp?: number;
  examples?: readonly Example[];
  args: (...args: P) => [readonly Tensor[], A];
  infer: (inputs: readonly Tensor[], attrs: A) => OutSpec | readonly OutSpec[] | null;
  /** 'view': the one result has the first input's elements in the inferred shape, and shares its storage. */
  run:
    ((inputs: readonly Tensor[], attrs: A, outputs: readonly Tensor[]) => void | readonly Tensor[]) | 'view';
  /** See TracedOp. */
  reordered?: (attrs: A, perm: readonly number[]) => A | null;
  /** Which inputs (by index) and whether the outputs are read by the gradient. Default: nothing. */
  saves?: { inputs?: readonly number[] | 'all'; outputs?: boolean };
  gradient: GradientFunction<A> | null;
  /** Of several results: `dy` is null where nothing flowed, instead of zeros. */
  partialDy?: boolean;
  /** See RecordedOp. */
  materializesZeros?: boolean;
}

export interface Defined<P extends unknown[], A> {
  one: (...args: P) => Tensor;
  many: (...args: P) => Tensor[];
  /** What `one` does after its arguments are understood. */
  apply: (inputs: readonly Tensor[], attrs: A) => Tensor;
}

/** @internal What `op`, `multiOp` and parts of ops are made by. */
export function defineOp<P extends unknown[], A>(
  name: string,
  spec: OpSpec<P, A>,
  single: boolean,
): Defined<P, A> {
  const { args, infer, run } = spec;
  const inputs = spec.saves?.inputs ?? [];
  /** Shapes that depend on data which are known although a function is being traced. */
  const shapesNow = (xs: readonly Tensor[], attrs: A): readonly OutSpec[] | null => {
    if (run === 'view' || xs.some((x) => x.isSymbolic)) return null;
    return (run(xs, attrs, []) as readonly Tensor[]).map(specOf);
  };
  const compute = (xs: readonly Tensor[], attrs: A): readonly Tensor[] => {
    const { tracer } = scope;
    if (tracer !== null && xs.some((x) => tracer.traces(x))) {
      const specs = infer(xs, attrs) ?? shapesNow(xs, attrs);
      const list = specs === null || isList(specs) ? specs : [specs];
      list?.forEach((out) => sizeOfOut(name, out));
      // An op without results is nothing to a graph.
      return list?.length === 0 ? [] : traced(row, xs, attrs, list);
    }
    let outputs: readonly Tensor[];
    try {
      if (run === 'view') {
        outputs = [aliasTensor(xs[0], (infer(xs, attrs) as OutSpec).shape, name)];
      } else {
        const inferred = infer(xs, attrs);
        if (inferred === null) outputs = [];
        else if (isList(inferred)) {
          const made = new Array<Tensor>(inferred.length);
          for (let i = 0; i < made.length; i++) made[i] = allocate(name, inferred[i]);
          outputs = made;
        } else outputs = [allocate(name, inferred)];
        // A run may hand back results of its own instead (tensors that share an input's storage).
        const own = run(xs, attrs, outputs);
        if (own !== undefined) outputs = own;
      }
    } catch (error) {
      throw explain(error, name, xs);
    }
    if (scope.recorder !== null) scope.recorder.record(row, xs, attrs, outputs);
    return outputs;
  };
  /** The one result, where nothing is traced: without a list of results and their specifications. */
  const apply = (xs: readonly Tensor[], attrs: A): Tensor => {
    if (scope.tracer !== null || run === 'view') return compute(xs, attrs)[0];
    let y: Tensor;
    try {
      const inferred = infer(xs, attrs) as OutSpec | null;
      const made = inferred === null ? [] : [allocate(name, inferred)];
      y = ((run(xs, attrs, made) as readonly Tensor[] | undefined) ?? made)[0];
    } catch (error) {
      throw explain(error, name, xs);
    }
    if (scope.recorder !== null) scope.recorder.record(row, xs, attrs, [y]);
    return y;
  };
  const one = following(name, args, (parsed) => apply(parsed[0], parsed[1]));
  const many = following(name, args, (parsed) => {
    const ys = compute(parsed[0], parsed[1]);
    // Tapes and tracers keep the list, which the caller may change.
    return ys.slice();
  });
  const row: OpRow = {
    name,
    kind: spec.kind ?? 'op',
    tf: spec.tf,
    dtypes: spec.dtypes,
    domain: spec.domain,
    ulp: spec.ulp,
    examples: spec.examples ?? [],
    differentiable: spec.gradient !== null,
    savesInputs: inputs === 'all' ? -1 : inputs.reduce((mask, i) => mask | (1 << i), 0),
    savesOutputs: spec.saves?.outputs ?? false,
    partialDy: spec.partialDy,
    materializesZeros: spec.materializesZeros,
    gradient: spec.gradient,
    execute: run,
    tile: spec.tile,
    simpler: spec.simpler,
    regrouped: spec.regrouped,
    broadcasts: spec.broadcasts,
    permutes: spec.permutes,
    reordered: spec.reordered,
    leastResults: spec.leastResults,
    fallible: spec.fallible,
    host: spec.host,
    call: single ? one : many,
  };
  register(row);
  return { one, many, apply };
}

const isList = (inferred: OutSpec | readonly OutSpec[]): inferred is readonly OutSpec[] =>
  Array.isArray(inferred);

function sizeOfOut(name: string, out: OutSpec): number {
  const size = sizeOf(out.shape);
  if (size > maxElements) checkElements(size, out.shape, `[${name}]`);
  return size;
}

const allocate = (name: string, out: OutSpec): Tensor => makeTensor(out.dt, out.shape, sizeOfOut(name, out));

/** An op with one result. */
export function op<P extends unknown[], A>(name: string, spec: OpSpec<P, A>): (...args: P) => Tensor {
  return defineOp(name, spec, true).one;
}

/** An op with several results, which come as an array. */
export function multiOp<P extends unknown[], A>(name: string, spec: OpSpec<P, A>): (...args: P) => Tensor[] {
  return defineOp(name, spec, false).many;
}

// ---------------------------------------------------------------------------------------------------- the rest

export { composite, type CompositeSpec } from './composite';
export { options } from '../core/options';
export type { Grad };
