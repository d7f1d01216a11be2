/** Cumulative sums and products, and the linear recurrence that the gradient of a product needs. */
import { native } from '../../binding';
import { toTensor, type TensorLike } from '../../core/convert';
import { numeric } from '../../core/dtype';
import { throwExtraArguments } from '../../core/options';
import type { Shape } from '../../core/shape';
import { makeTensor, shapeOf, specOf, type Tensor } from '../../core/tensor';
import { context } from '../../core/context';
import type { TracedOp } from '../../op/contract';
import { axisArgument, type OneAxis } from '../../op/axis';
import type { DTypeOf } from '../../core/dtype_of';
import { add, multiply } from './binary';
import { badDType, explain, kernelNumber } from '../../op/checks';
import { options } from '../../core/options';
import {
  register,
  sample,
  type Example,
  type Grad,
  type GradContext,
  type OpDefinition,
} from '../../op/registry';
import { traced } from '../../op/traced';
import * as kernels from '../../op/kernels';

export interface ScanOptions {
  /** The axis to accumulate along. Default 0. */
  axis?: OneAxis;
  /** Exclude each element from its own result, so that the first result is the empty sum or product. Default false. */
  exclusive?: boolean;
  /** Accumulate from the end to the beginning. Default false. */
  reverse?: boolean;
}

export type Scan = <X extends TensorLike>(x: X, options?: ScanOptions | OneAxis) => Tensor<DTypeOf<X>>;

interface ScanAttrs {
  /** Adjacent axes, which are flattened into one. */
  axes: readonly number[];
  exclusive: boolean;
  reverse: boolean;
}

/** The native kernels. */
const scanNames = ['cumsum', 'cumprod'] as const;
type ScanName = (typeof scanNames)[number];

/** The number of elements before, along and after the axes. */
function layoutOf(shape: Shape, axes: readonly number[]): [outer: number, n: number, inner: number] {
  let outer = 1;
  let n = 1;
  let inner = 1;
  const first = axes.length === 0 ? 0 : axes[0];
  for (let d = 0; d < shape.length; d++) {
    if (d < first) outer *= shape[d];
    else if (d < first + axes.length) n *= shape[d];
    else inner *= shape[d];
  }
  return [outer, n, inner];
}

const codes = Object.fromEntries(
  scanNames.map((name) => [name, kernelNumber(native.scanNames, name)]),
) as Record<ScanName, number>;

/** The cumulative sum or product along adjacent axes, which are flattened into one. */
export function scanAxes(
  name: ScanName,
  x: Tensor,
  axes: readonly number[],
  exclusive: boolean,
  reverse: boolean,
): Tensor {
  const attrs: ScanAttrs = { axes, exclusive, reverse };
  if (context.tracer?.traces(x) === true) return traced(definitions[name], [x], attrs, [specOf(x)])[0];
  const y = makeTensor(x.dt, shapeOf(x), x.size);
  runScan(name, x, y, attrs);
  if (context.recorder !== null) context.recorder.record(definitions[name], [x], attrs, [y]);
  return y;
}

function runScan(name: ScanName, x: Tensor, y: Tensor, { axes, exclusive, reverse }: ScanAttrs): void {
  const [outer, n, inner] = layoutOf(shapeOf(x), axes);
  try {
    kernels.scan(x, y, codes[name], x.dt.code, outer, n, inner, exclusive, reverse);
  } catch (error) {
    throw explain(error, name, [x]);
  }
}

const defaults: Required<ScanOptions> = { axis: 0, exclusive: false, reverse: false };

function scan(name: ScanName): Scan {
  const call = function (input: TensorLike, given?: ScanOptions | OneAxis): Tensor {
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 2) throwExtraArguments(name, 2, arguments, defaults);
    const x = toTensor(input, null, name, 'x');
    if (!numeric.includes(x.dt.name)) throw badDType(name, 'x', x.dt, numeric);
    const { axis, exclusive, reverse } = options<Required<ScanOptions>>(given, 'axis', defaults, name);
    if (typeof exclusive !== 'boolean' || typeof reverse !== 'boolean') {
      throw new TypeError(`[${name}] exclusive and reverse must be true or false`);
    }
    return scanAxes(name, x, [axisArgument(axis, shapeOf(x).length, name)], exclusive, reverse);
  };
  return call as Scan;
}

/**
 * Cumulative sum along an axis; integers wrap. yᵢ = x₀ + … + xᵢ; with `exclusive` up to xᵢ₋₁, with `reverse` from the end.
 * @tf tf.math.cumsum
 */
export const cumsum = scan('cumsum');

/**
 * Cumulative product along an axis; integers wrap. yᵢ = x₀ · … · xᵢ; with `exclusive` up to xᵢ₋₁, with `reverse` from the
 * end. The gradient is correct for elements that are 0. @tf tf.math.cumprod
 */
export const cumprod = scan('cumprod');

const examples: Example[] = [
  { args: [sample([7])] },
  { args: [sample([3, 4])], options: { axis: 1 } },
  { args: [sample([3, 4])], options: { axis: 0, exclusive: true } },
  { args: [sample([2, 3, 4])], options: { axis: -2, reverse: true } },
  { args: [sample([2, 5])], options: { axis: 1, exclusive: true, reverse: true } },
  { args: [sample([0, 3])], options: { axis: 1 } },
];

function defineScan(
  name: ScanName,
  call: Scan,
  saves: boolean,
  domain: readonly [number, number],
  gradient: (dy: Tensor, x: Tensor, attrs: ScanAttrs) => Tensor,
): OpDefinition {
  const definition: OpDefinition = {
    name,
    kind: 'op',
    tf: `tf.math.${name}`,
    dtypes: numeric,
    domain,
    ulp: 8,
    examples,
    differentiable: true,
    savesInputs: saves ? 1 : 0,
    savesOutputs: false,
    gradient: (dy, ctx: GradContext<ScanAttrs>) => [gradient(dy[0], ctx.x[0], ctx.attrs)],
    execute: ([x], attrs: ScanAttrs, [y]) => {
      runScan(name, x, y, attrs);
    },
    call,
  };
  register(definition);
  return definition;
}

const definitions: Record<ScanName, OpDefinition> = {
  cumsum: defineScan('cumsum', cumsum, false, [-10, 10], (dy, _, { axes, exclusive, reverse }) =>
    scanAxes('cumsum', dy, axes, exclusive, !reverse),
  ),
  // dxᵢ = P(0, i) · Σ over j ≥ i of dyⱼ · P(i + 1, j + 1), where P(m, n) = xₘ · … · xₙ₋₁. The sum is a linear recurrence.
  cumprod: defineScan('cumprod', cumprod, true, [0.5, 2], (dy, x, { axes, exclusive, reverse }) =>
    multiply(scanAxes('cumprod', x, axes, true, reverse), recurrence(x, dy, axes, exclusive, !reverse)),
  ),
};

/**
 * Linear recurrence hᵢ = bᵢ + aᵢ₋₁·hᵢ₋₁ along adjacent axes; exclusive: hᵢ = bᵢ₋₁ + aᵢ₋₁·hᵢ₋₁, h₀ = 0. Its gradient is a
 * recurrence again, so that cumulative products have derivatives of every order, even if elements are 0.
 */
function recurrence(
  a: Tensor,
  b: Tensor,
  axes: readonly number[],
  exclusive: boolean,
  reverse: boolean,
): Tensor {
  const attrs: ScanAttrs = { axes, exclusive, reverse };
  if (context.tracer !== null && (context.tracer.traces(a) || context.tracer.traces(b)))
    return traced(recurrenceOp, [a, b], attrs, [specOf(a)])[0];
  const y = makeTensor(a.dt, shapeOf(a), a.size);
  runRecurrence(a, b, y, attrs);
  if (context.recorder !== null) context.recorder.record(recurrenceOp, [a, b], attrs, [y]);
  return y;
}

function runRecurrence(a: Tensor, b: Tensor, y: Tensor, { axes, exclusive, reverse }: ScanAttrs): void {
  const [outer, n, inner] = layoutOf(shapeOf(a), axes);
  kernels.recurrence(a, b, y, a.dt.code, outer, n, inner, exclusive, reverse);
}

const recurrenceOp: TracedOp & {
  gradient(dy: readonly Tensor[], ctx: GradContext<ScanAttrs>): readonly Grad[];
} = {
  name: 'recurrence',
  execute: ([a, b], attrs: ScanAttrs, [y]) => {
    runRecurrence(a, b, y, attrs);
  },
  differentiable: true,
  savesInputs: 1,
  savesOutputs: true,
  gradient: ([dh], { x: [a], y: [h], attrs: { axes, exclusive, reverse } }) => {
    // The gradient with respect to the state hᵢ₊₁, through all later states.
    const dState = recurrence(a, dh, axes, true, !reverse);
    return [multiply(dState, h), exclusive ? dState : add(dh, multiply(a, dState))];
  },
};
