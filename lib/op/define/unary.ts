/** Elementwise ops of one operand. */
import { native } from '../../binding';
import { toTensor, type TensorLike } from '../../core/convert';
import { context } from '../../core/context';
import { dtypes, type DType } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { makeTensor, shapeOf, Tensor } from '../../core/tensor';
import { badDType, dtypeMask, explain, kernelNumber, roundsOnce } from '../checks';
import { register, type Example, type GradContext, type OpRow, type SymbolicZero } from '../registry';
import { traced } from '../traced';
import * as kernels from '../kernels';

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

/** An elementwise function of one operand: the result has its dtype. */
export type UnaryOp = <X extends TensorLike>(x: X) => Tensor<DTypeOf<X>>;
/** One whose result is bool. */
export type Predicate = (x: TensorLike) => Tensor<'bool'>;

/** The native kernel of that number in the unary table. */
export function runUnary(code: number, x: Tensor, y: Tensor): void {
  kernels.unary(x, y, x.size, code, x.dt.code);
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
    if (context.tracer !== null && context.tracer.traces(x)) {
      return traced(row, [x], null, [{ shape: shapeOf(x), dt: toBool ? dtypes.bool : dt }])[0];
    }
    const y = makeTensor(toBool ? dtypes.bool : dt, shapeOf(x), x.size);
    try {
      runUnary(code, x, y);
    } catch (error) {
      throw explain(error, name, [x]);
    }
    if (context.recorder !== null) context.recorder.record1(row, x, y);
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
  return call as UnaryOp;
}

/** The same with a bool result. */
export function predicate(name: string, spec: UnarySpec): Predicate {
  return unary(name, { ...spec, toBool: true }) as Predicate;
}
