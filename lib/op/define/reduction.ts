/** Reductions over axes, their fused eager kernels, and the broadcast that is the gradient of a sum. */
import { native } from '../../binding';
import { toTensor, type TensorLike } from '../../core/convert';
import { isConverted, type DType } from '../../core/dtype';
import { UnimplementedError } from '../../core/errors';
import { isPlain, throwExtraArguments } from '../../core/options';
import { context, notRecorded } from '../../core/context';
import type { TracedOp } from '../contract';
import { asShape, mergeDims, normalizeAxis, scalarShape, type Shape, sizeOf } from '../../core/shape';
import { aliasTensor, makeTensor, shapeOf, Tensor } from '../../core/tensor';
import { axesArgument, type Axis } from '../axis';
import { setBroadcastReducer } from '../broadcast';
import { badDType, dtypeMask, explain, kernelNumber } from '../checks';
import { options } from '../../core/options';
import { register, type Example, type Grad, type GradContext, type OpDefinition } from '../registry';
import { elideCopy } from '../exact_rewrites';
import { traced } from '../traced';
import type { DTypeOf } from '../../core/dtype_of';
import * as kernels from '../kernels';

export interface ReduceOptions {
  /** The axes to reduce. Default null: all. */
  axis?: Axis;
  /** Keep the reduced axes, with size 1. Default false. */
  keepdims?: boolean;
}

/** A public reduction; `options` may be the axis alone. */
export type Reduction = <X extends TensorLike>(
  inputTensor: X,
  options?: ReduceOptions | Axis,
) => Tensor<DTypeOf<X>>;
/** A public reduction of bool tensors. */
export type LogicalReduction = (inputTensor: TensorLike, options?: ReduceOptions | Axis) => Tensor<'bool'>;
/** A reduction whose dtype `never` is assignable to any: the declared type of the public function states it. */
type UndeclaredReduction = (inputTensor: TensorLike, options?: ReduceOptions | Axis) => Tensor<never>;

export interface ReduceAttrs {
  axes: readonly number[];
  keepdims: boolean;
}

const defaults: Required<ReduceOptions> = { axis: null, keepdims: false };

/** Cached attributes of calls without options, by rank. */
const allAxesByRank: ReduceAttrs[] = [];

function allAxes(rank: number): ReduceAttrs {
  return (allAxesByRank[rank] ??= { axes: Array.from({ length: rank }, (_, i) => i), keepdims: false });
}

/** Parses the options of a reduction: sorted axes in [0, rank), and whether to keep them. */
export function reduceAttrs(given: ReduceOptions | Axis | undefined, rank: number, op: string): ReduceAttrs {
  if (given === undefined) return allAxes(rank);
  if (typeof given === 'number') return { axes: [normalizeAxis(given, rank, op)], keepdims: false };
  let axis: unknown = given;
  let keepdims: unknown = false;
  if (given !== null && !Array.isArray(given)) {
    // Like `options`, which checks unknown names here, but without allocating its result.
    const o = isPlain(given as object) ? (given as ReduceOptions) : options(given, 'axis', defaults, op);
    for (const key in o) if (key !== 'axis' && key !== 'keepdims') options(given, 'axis', defaults, op);
    axis = o.axis;
    if (o.keepdims !== undefined) keepdims = o.keepdims;
  }
  if (typeof keepdims !== 'boolean') throw new TypeError(`[${op}] keepdims must be true or false`);
  return { axes: axesArgument(axis, rank, op), keepdims };
}

/** The shape of the result of a reduction. */
export function reducedShape(shape: Shape, { axes, keepdims }: ReduceAttrs): Shape {
  if (!keepdims && axes.length === shape.length) return scalarShape;
  const out: number[] = [];
  let k = 0;
  for (let d = 0; d < shape.length; d++) {
    if (axes[k] === d) {
      k++;
      if (keepdims) out.push(1);
    } else {
      out.push(shape[d]);
    }
  }
  return asShape(out);
}

/** The number of elements that are reduced to one. */
export function reducedCount(shape: Shape, axes: readonly number[]): number {
  let count = 1;
  for (const axis of axes) count *= shape[axis];
  return count;
}

/**
 * Writes the dimensions of a reduction, coalesced so that kept and reduced ones alternate, and returns their number. The first
 * is a kept one: it has size 1 if the reduction begins with a reduced dimension.
 */
function writeDims(dims: kernels.List, x: Tensor, axes: readonly number[], op: string): number {
  const shape = shapeOf(x);
  dims[0] = 1;
  if (axes.length === shape.length) {
    dims[1] = x.size;
    return shape.length > 0 ? 2 : 0;
  }
  const most = dims.length - 1;
  let lead = 0;
  let n = 0;
  let k = 0;
  let last = false;
  for (let d = 0; d < shape.length; d++) {
    const reduced = axes[k] === d;
    if (reduced) k++;
    if (shape[d] === 1) continue;
    if (n === 0) {
      if (reduced) n = lead = 1;
      dims[n++] = shape[d];
    } else if (reduced === last) {
      dims[n - 1] *= shape[d];
    } else {
      if (n - lead === most) {
        throw new UnimplementedError(
          `[${op}] more than ${most} alternately kept and reduced dimensions; transpose the tensor so that ` +
            `fewer groups alternate`,
        );
      }
      dims[n++] = shape[d];
    }
    last = reduced;
  }
  return n;
}

/** Runs a reduction kernel. */
export function runReduce(kernel: number, x: Tensor, y: Tensor, axes: readonly number[], op: string): void {
  const n = writeDims(kernels.reduceLists.dims, x, axes, op);
  try {
    kernels.reduce(x, y, kernel, x.dt.code, n);
  } catch (error) {
    throw explain(error, op, [x]);
  }
}

const [squareKernel, sqrtKernel, rsqrtKernel] = ['square', 'sqrt', 'rsqrt'].map((name) =>
  kernelNumber(native.unaryNames, name),
);
const [differenceKernel, maximumKernel, multiplyKernel] = ['squaredDifference', 'maximum', 'multiply'].map(
  (name) => kernelNumber(native.binaryNames, name),
);
const [sumKernel, meanKernel] = ['sum', 'mean'].map(kernelOf);

/** The maximum number of elements for a fused eager kernel, which runs several kernels in one native call. */
const small = 1024;

/**
 * Whether an op on x may run as a fused eager kernel: x is small, and the op is not recorded. Results are bit-identical, which
 * excludes floats of 16 bits: they are rounded after each op, but a fused kernel rounds once.
 */
export function fitsFusedKernel(x: Tensor): boolean {
  return x.size <= small && x.size > 0 && !isConverted(x.dt) && notRecorded();
}

/** Mean and variance (with `root`, standard deviation) if `fitsFusedKernel(x)`. If `mean` is `variance`, that is overwritten. */
export function runMoments(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  axes: readonly number[],
  root: boolean,
  op: string,
): void {
  const n = writeDims(kernels.momentsLists.dims, x, axes, op);
  try {
    kernels.moments(x, mean, variance, meanKernel, x.dt.code, n, differenceKernel, root, sqrtKernel);
  } catch (error) {
    throw explain(error, op, [x]);
  }
}

/** y = x / √max(Σ x², epsilon) if `fitsFusedKernel(x)`. */
export function runNormalize(
  x: Tensor,
  y: Tensor,
  axes: readonly number[],
  epsilon: number,
  op: string,
): void {
  const n = writeDims(kernels.normalizeLists.dims, x, axes, op);
  const [square, root, most, times] = [squareKernel, rsqrtKernel, maximumKernel, multiplyKernel];
  try {
    kernels.normalize(x, y, sumKernel, x.dt.code, n, square, root, most, times, epsilon);
  } catch (error) {
    throw explain(error, op, [x]);
  }
}

export interface ReductionSaved {
  x: Tensor;
  y: Tensor;
  axes: readonly number[];
  /** The input's shape. */
  shape: Shape;
}

export interface ReductionSpec {
  tf: string;
  dtypes: readonly DType[];
  /** The tensors that the gradient function reads. Default 'none'. */
  saves?: 'input' | 'output' | 'both' | 'none';
  domain?: readonly [number, number];
  ulp?: number;
  examples?: readonly Example[];
  /** Returns dx, in the input's shape. null: the op is not differentiable. */
  gradient: ((dy: Tensor, saved: ReductionSaved) => Tensor) | null;
  /** The reduction of integers, written in other ops. */
  ofIntegers?: (x: Tensor, attrs: ReduceAttrs, shape: Shape) => Tensor;
  /** Replaces the kernel. */
  run?: (x: Tensor, y: Tensor, axes: readonly number[]) => void;
  /** Groups of adjacent axes are reduced one after the other, so that the axes that the gradient function gets are adjacent. */
  contiguousAxes?: boolean;
}

interface Defined {
  call: UndeclaredReduction;
  /** The reduction with parsed axes; `shape` may differ from `reducedShape` in dimensions of size 1. */
  apply(x: Tensor, attrs: ReduceAttrs, shape: Shape): Tensor;
}

export function kernelOf(name: string): number {
  return kernelNumber(native.reduceNames, name);
}

/** Defines a reduction by a native kernel. */
export function reduction(name: string, kernelName: string, spec: ReductionSpec): UndeclaredReduction {
  return defineReduction(name, kernelName, spec).call;
}

export function defineReduction(name: string, kernelName: string, spec: ReductionSpec): Defined {
  const kernel = kernelOf(kernelName);
  const saves = spec.saves ?? 'none';
  const mask = dtypeMask(spec.dtypes);
  const { gradient, ofIntegers } = spec;
  const run =
    spec.run ?? ((x: Tensor, y: Tensor, axes: readonly number[]) => runReduce(kernel, x, y, axes, name));
  const contiguousAxes = spec.contiguousAxes === true;
  const call = function (input: TensorLike, given?: ReduceOptions | Axis): Tensor {
    // eslint-disable-next-line prefer-rest-params -- a rest parameter is a list made for each call
    if (arguments.length > 2) throwExtraArguments(name, 2, arguments, defaults);
    const x = input instanceof Tensor ? input : toTensor(input, null, name, 'inputTensor');
    if (((mask >> x.dt.code) & 1) === 0) throw badDType(name, 'inputTensor', x.dt, spec.dtypes);
    const attrs = reduceAttrs(given, shapeOf(x).length, name);
    const shape = reducedShape(shapeOf(x), attrs);
    return contiguousAxes && attrs.axes.length > 1
      ? applyByGroups(x, attrs.axes, shape)
      : apply(x, attrs, shape);
  };
  const applyByGroups = (x: Tensor, axes: readonly number[], shape: Shape): Tensor => {
    let y = x;
    for (let end = axes.length; end > 0;) {
      let begin = end - 1;
      while (begin > 0 && axes[begin - 1] === axes[begin] - 1) begin--;
      const attrs = { axes: axes.slice(begin, end), keepdims: true };
      y = apply(y, attrs, begin === 0 ? shape : reducedShape(shapeOf(y), attrs));
      end = begin;
    }
    return y;
  };
  const apply = (x: Tensor, attrs: ReduceAttrs, shape: Shape): Tensor => {
    if (ofIntegers !== undefined && x.dt.kind === 'int') return ofIntegers(x, attrs, shape);
    if (context.tracer?.traces(x) === true) return traced(definition, [x], attrs, [{ shape, dt: x.dt }])[0];
    const y = makeTensor(x.dt, shape, sizeOf(shape));
    run(x, y, attrs.axes);
    if (context.recorder !== null) context.recorder.record(definition, [x], attrs, [y]);
    return y;
  };
  const definition: OpDefinition = {
    name,
    kind: 'reduction',
    tf: spec.tf,
    dtypes: spec.dtypes,
    domain: spec.domain,
    ulp: spec.ulp,
    examples: spec.examples ?? [],
    differentiable: gradient !== null,
    savesInputs: saves === 'input' || saves === 'both' ? 1 : 0,
    savesOutputs: saves === 'output' || saves === 'both',
    gradient:
      gradient === null
        ? null
        : (dy, ctx: GradContext<ReduceAttrs>) => [
            gradient(dy[0], { x: ctx.x[0], y: ctx.y[0], axes: ctx.attrs.axes, shape: ctx.shapes[0] }),
          ],
    tile: spec.run === undefined ? { kind: 'reduce', op: kernel } : undefined,
    execute: ([x], attrs: ReduceAttrs, [y]) => {
      run(x, y, attrs.axes);
    },
    call,
  };
  register(definition);
  return { call: call as UndeclaredReduction, apply };
}

/** Broadcasts dy along `axes`: dx[i] = dy[i without its coordinates along `axes`]. The gradient of a sum. */
export function broadcastAlong(dy: Tensor, axes: readonly number[], shape: Shape): Tensor {
  if (context.tracer?.traces(dy) === true)
    return traced(broadcastDefinition, [dy], axes, [{ shape, dt: dy.dt }])[0];
  const size = sizeOf(shape);
  let dx: Tensor;
  if (dy.size === size) {
    dx = aliasTensor(dy, shape, 'broadcastAlong');
  } else {
    dx = makeTensor(dy.dt, shape, size);
    if (size > 0) fillBroadcast(dy, axes, dx);
  }
  if (context.recorder !== null) context.recorder.record(broadcastDefinition, [dy], axes, [dx]);
  return dx;
}

function fillBroadcast(dy: Tensor, axes: readonly number[], dx: Tensor): void {
  const shape = shapeOf(dx);
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let d = shape.length - 1, k = axes.length - 1; d >= 0; d--) {
    if (axes[k] === d) {
      strides[d] = 0;
      k--;
    } else {
      strides[d] = stride;
      stride *= shape[d];
    }
  }
  const { dims, strides: merged } = mergeDims(shape, [strides]);
  const n = dims.length;
  const lists = kernels.copyLists;
  for (let d = n - 1, step = 1; d >= 0; step *= dims[d--]) {
    lists.dims[d] = dims[d];
    lists.srcStrides[d] = merged[0][d];
    lists.dstStrides[d] = step;
  }
  try {
    kernels.copy(dy, dx, dy.dt.bytes, 0, 0, n);
  } catch (error) {
    throw explain(error, 'broadcastAlong', [dy]);
  }
}

const broadcastDefinition: TracedOp & {
  gradient(dy: readonly Tensor[], ctx: GradContext<readonly number[]>): readonly Grad[];
} = {
  name: 'broadcastAlong',
  repeats: true,
  flops: () => 0,
  differentiable: true,
  savesInputs: 0,
  savesOutputs: false,
  exactRewrite: elideCopy,
  gradient: (dy, ctx) => [sumTo(dy[0], ctx.attrs, ctx.shapes[0])],
  execute: ([dy], axes: readonly number[], [dx]) => {
    if (dy.size === dx.size) return [aliasTensor(dy, shapeOf(dx), 'broadcastAlong')];
    if (dx.size > 0) fillBroadcast(dy, axes, dx);
    return undefined;
  },
};

/** The sum over axes, for gradients. */
export let sumTo: (t: Tensor, axes: readonly number[], shape: Shape) => Tensor;

/** Sets `sumTo`, which is an op (ops/reduce/reduce.ts). `shape`: the result's, with or without the reduced axes as 1. */
export function setSum(f: typeof sumTo): void {
  sumTo = f;
  setBroadcastReducer(f);
}
