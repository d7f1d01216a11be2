/** Binary elementwise ops, whose operands broadcast. */
import { native } from '../../binding';
import type { AnyTensorLike, TensorLike } from '../../core/convert';
import { context } from '../../core/context';
import { dtypes, floating, stringType, type DType, type DTypeInfo } from '../../core/dtype';
import type { DTypeOfPair } from '../../core/dtype_of';
import { broadcastShapes, checkElements, maxElements, sameShape, sizeOf, type Shape } from '../../core/shape';
import { makeTensor, shapeOf, Tensor } from '../../core/tensor';
import { runBroadcast, unbroadcast } from '../broadcast';
import {
  badDType,
  convertPair,
  dtypeMask,
  explain,
  incompatible,
  kernelNumber,
  mixedDTypes,
  roundsOnce,
} from '../checks';
import { reuseDonated } from '../donation';
import { rewriteBinary } from '../exact_rewrites';
import { register, type Example, type GradContext, type OpDefinition, type SymbolicZero } from '../registry';
import { viaNumbers } from '../strings';
import { traced } from '../traced';
import * as kernels from '../kernels';

export interface BinarySaved {
  a: Tensor;
  b: Tensor;
  y: Tensor;
}

export interface BinarySpec {
  dtypes: readonly DType[];
  tf: string;
  /** The tensors that the gradient functions read: any of a, b, y. Default: both inputs. */
  saves?: readonly ('a' | 'b' | 'y')[];
  domain?: readonly [number, number];
  ulp?: number;
  examples?: readonly Example[];
  /** One element in plain JavaScript: see OpDefinition.js. */
  js?: (x: number, y: number) => number;
  /**
   * The gradient functions of a and b, which return gradients in the shape of the result; these are then summed over
   * broadcast dimensions. null: the op is not differentiable.
   */
  gradient:
    | readonly [
        (dy: Tensor, saved: BinarySaved) => Tensor | SymbolicZero | null,
        (dy: Tensor, saved: BinarySaved) => Tensor | SymbolicZero | null,
      ]
    | null;
  toBool?: boolean;
  /** It takes tensors of strings too: see op/strings.ts. */
  strings?: boolean;
  /** Identity elements: the value of a for which y is b, of b for which y is a, bit for bit. For float sums −0, not 0. */
  neutral?: { readonly a?: number; readonly b?: number };
  /** `a` is an upstream gradient, which the kernel may overwrite if it is donated: see op/donation.ts. */
  reusesDonated?: boolean;
  /** Checks values before the kernel runs (a zero divisor); not called if the result is empty. */
  check?: (a: Tensor, b: Tensor) => void;
}

/** A binary elementwise function whose result has the dtype of the operands. */
export type BinaryOp = <X extends TensorLike, Y extends TensorLike>(x: X, y: Y) => Tensor<DTypeOfPair<X, Y>>;
/** A binary elementwise function whose result is bool. */
export type Comparison = (x: TensorLike, y: TensorLike) => Tensor<'bool'>;
/** A comparison that takes tensors of strings too. */
export type Equality = (x: AnyTensorLike, y: AnyTensorLike) => Tensor<'bool'>;

/** The gradients with respect to both operands, in their shapes. */
function binaryGradient(
  gradient: NonNullable<BinarySpec['gradient']>,
  dy: Tensor,
  { x, y, needs, shapes }: GradContext,
): (Tensor | SymbolicZero | null)[] {
  const saved: BinarySaved = { a: x[0], b: x[1], y: y[0] };
  return gradient.map((of, i) => {
    const dx = needs[i] ? of(dy, saved) : null;
    return dx instanceof Tensor ? unbroadcast(dx, shapes[i]) : dx;
  });
}

/** Defines a binary elementwise op with broadcasting, by the native kernel of the same name. */
export function binary(name: string, spec: BinarySpec): BinaryOp {
  const code = kernelNumber(native.binaryNames, name);
  const mask = dtypeMask(spec.dtypes);
  const saves = spec.saves ?? ['a', 'b'];
  const gradient = spec.gradient;
  const toBool = spec.toBool === true;
  const check = spec.check ?? null;
  const reusesDonated = spec.reusesDonated === true;
  const isText = (dt: DTypeInfo): boolean => spec.strings === true && dt === stringType;
  /** Adds the op to the graph being traced. Kept out of `call`, so that the eager path stays small. */
  const emit = (a: Tensor, b: Tensor): Tensor => {
    const { dt } = a;
    if (b.dt !== dt) throw mixedDTypes(name, a, b);
    if (((mask >> dt.code) & 1) === 0 && !isText(dt)) throw badDType(name, 'x', dt, spec.dtypes);
    return traced(definition, [a, b], null, [
      { shape: resultShape(name, a, b), dt: toBool ? dtypes.bool : dt },
    ])[0];
  };
  const call = (left: TensorLike, right: TensorLike): Tensor => {
    let a: Tensor, b: Tensor;
    if (left instanceof Tensor && right instanceof Tensor) {
      a = left;
      b = right;
    } else {
      [a, b] = convertPair(left, right, name);
    }
    if (context.tracer !== null && (context.tracer.traces(a) || context.tracer.traces(b))) return emit(a, b);
    const dt = a.dt;
    if (b.dt !== dt) throw mixedDTypes(name, a, b);
    if (((mask >> dt.code) & 1) === 0) {
      if (isText(dt)) return viaNumbers([a, b], [dtypes.bool], ([x, y]) => [call(x, y)])[0];
      throw badDType(name, 'x', dt, spec.dtypes);
    }
    const own = shapeOf(a);
    const shape = own === shapeOf(b) ? own : resultShape(name, a, b);
    const size = shape === own ? a.size : sizeOf(shape);
    if (check !== null && size > 0) check(a, b);
    let y: Tensor;
    if (reusesDonated && a === context.donated && shape === own && b.size === size) a = y = reuseDonated(a);
    else y = makeTensor(toBool ? dtypes.bool : dt, shape, size);
    try {
      runBinary(code, a, b, y);
    } catch (error) {
      throw explain(error, name, [a, b]);
    }
    if (context.recorder !== null) context.recorder.record2(definition, a, b, y);
    return y;
  };
  const definition: OpDefinition = {
    name,
    kind: toBool ? 'compare' : 'binary',
    elementwise: name,
    tf: spec.tf,
    dtypes: spec.dtypes,
    domain: spec.domain,
    ulp: spec.ulp,
    examples: spec.examples ?? [],
    js: spec.js,
    differentiable: gradient !== null,
    savesInputs: (saves.includes('a') ? 1 : 0) | (saves.includes('b') ? 2 : 0),
    savesOutputs: saves.includes('y'),
    gradient: gradient === null ? null : (dy, ctx) => binaryGradient(gradient, dy[0], ctx),
    tile: {
      kind: 'binary',
      op: code,
      cheap: roundsOnce(spec.ulp),
      dtypes: check === null ? undefined : floating.map((name) => dtypes[name]),
    },
    exactRewrite: (call, context, out) => rewriteBinary(call, context, out, spec.neutral),
    fallible: check === null ? undefined : ([a]) => a.dt.kind === 'int',
    execute: ([a, b], _, [y]) => {
      if (check !== null && y.size > 0) check(a, b);
      runBinary(code, a, b, y);
    },
    call,
  };
  register(definition);
  return call as BinaryOp;
}

interface ActivationGradientSpec extends Pick<BinarySpec, 'dtypes' | 'saves' | 'domain' | 'ulp'> {
  /** The gradient with respect to b. */
  second: NonNullable<BinarySpec['gradient']>[1];
}

/**
 * Defines the gradient of an activation as an op of the upstream gradient and b, the activation's input or output. It is linear in
 * the upstream gradient, whose buffer it reuses if that is donated.
 */
export function activationGradient(name: string, { second, ...spec }: ActivationGradientSpec): BinaryOp {
  const op = binary(name, {
    ...spec,
    tf: '',
    reusesDonated: true,
    gradient: [(dy, { b }) => op(dy, b), second],
  });
  return op;
}

/** Like `binary`, with a bool result. */
export function comparison(name: string, spec: BinarySpec): Comparison {
  return binary(name, { ...spec, toBool: true }) as Comparison;
}

/** Runs the kernel `code` of the native binary table; a and b broadcast to y's shape. */
export function runBinary(code: number, a: Tensor, b: Tensor, y: Tensor): void {
  const n = y.size;
  const mode = a.size === n && b.size === n ? 0 : b.size === 1 ? 2 : a.size === 1 ? 1 : 3;
  if (mode < 3) kernels.binary(a, b, y, n, code, a.dt.code, mode);
  else if (n > 0) runBroadcast(code, a, b, y);
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
