/** Unary elementwise ops. */
import { native } from '../../binding';
import { toTensor, type TensorLike } from '../../core/convert';
import { context } from '../../core/context';
import { dtypes, type DType } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { makeTensor, shapeOf, Tensor } from '../../core/tensor';
import { badDType, dtypeMask, explain, kernelNumber, roundsOnce } from '../checks';
import { register, type Example, type GradContext, type OpDefinition, type SymbolicZero } from '../registry';
import { traced } from '../traced';
import * as kernels from '../kernels';

export interface UnarySpec {
  dtypes: readonly DType[];
  tf: string;
  /** The tensors that the gradient function reads. Default 'input'. */
  saves?: 'input' | 'output' | 'both' | 'none';
  domain?: readonly [number, number];
  ulp?: number;
  examples?: readonly Example[];
  /** One element in plain JavaScript: see OpDefinition.js. */
  js?: (x: number) => number;
  /** Returns dx; `x` and `y` are defined according to `saves`. null: the op is not differentiable. */
  gradient: ((dy: Tensor, saved: { x: Tensor; y: Tensor }) => Tensor | SymbolicZero) | null;
  /** The result is bool. */
  toBool?: boolean;
  /** See OpTraits.exactRewrite. */
  exactRewrite?: OpDefinition['exactRewrite'];
}

/** A unary elementwise function whose result has the operand's dtype. */
export type UnaryOp = <X extends TensorLike>(x: X) => Tensor<DTypeOf<X>>;
/** A unary elementwise function whose result is bool. */
export type Predicate = (x: TensorLike) => Tensor<'bool'>;

/** Runs the kernel `code` of the native unary table. */
export function runUnary(code: number, x: Tensor, y: Tensor): void {
  kernels.unary(x, y, x.size, code, x.dt.code);
}

/** Defines a unary elementwise op, by the native kernel of the same name. */
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
    if (context.tracer !== null && context.tracer.traces(x)) {
      return traced(definition, [x], null, [{ shape: shapeOf(x), dt: toBool ? dtypes.bool : dt }])[0];
    }
    const y = makeTensor(toBool ? dtypes.bool : dt, shapeOf(x), x.size);
    try {
      runUnary(code, x, y);
    } catch (error) {
      throw explain(error, name, [x]);
    }
    if (context.recorder !== null) context.recorder.record1(definition, x, y);
    return y;
  };
  const definition: OpDefinition = {
    name,
    kind: 'unary',
    elementwise: name,
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
    exactRewrite: spec.exactRewrite,
    execute: ([x], _, [y]) => {
      runUnary(code, x, y);
    },
    call,
  };
  register(definition);
  return call as UnaryOp;
}

/** Like `unary`, with a bool result. */
export function predicate(name: string, spec: UnarySpec): Predicate {
  return unary(name, { ...spec, toBool: true }) as Predicate;
}
