/** Layer normalisation, and the second derivatives of all fused normalisations. */
import { frame, native } from '../../binding';
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { asShape, describe, showShape, sizeBetween } from '../../core/shape';
import { bufferOf, makeTensor, shapeOf, type Tensor } from '../../core/tensor';
import { axesArgument, type Axis } from '../../op/axis';
import { add, multiply, subtract } from '../math/binary';
import { badDType, explain, mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { multiOp } from '../../op/define/general';
import { options } from '../../core/options';
import { broadcastTo, transpose } from '../array/movement';
import { reduceMean, reduceSum } from '../reduce/reduce';
import { fitsFusedKernel } from '../../op/define/reduction';
import { sample, type GradContext } from '../../op/registry';
import { rsqrt, square } from '../math/unary';
import { reshape } from '../array/views';
import { fillWith } from '../../op/strided';
import type { DTypeOf } from '../../core/dtype_of';

/** The sum of the terms that are not null; null if there are none. */
export function sumOf(terms: readonly (Tensor | null)[]): Tensor | null {
  return terms.reduce((a, b) => (a === null ? b : b === null ? a : add(a, b)), null);
}

export const indicesUpTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/**
 * The gradients of a fused gradient op, (dy, x, scale) → (dx, dscale, dshift), with respect to dy, x and scale. `upstream`
 * are the upstream gradients of its three results. Mean and variance are computed over `normalizedAxes`; dscale and dshift
 * are sums over `reducedAxes`, and have the remaining dimensions.
 */
export function normalizationSecondGradient(
  upstream: readonly (Tensor | null)[],
  [dy, x, scale]: readonly [dy: Tensor, x: Tensor, scale: Tensor | null],
  normalizedAxes: readonly number[],
  reducedAxes: readonly number[],
  epsilon: number,
): [ddy: Tensor | null, dx: Tensor | null, dscale: Tensor | null] {
  const [a, b, c] = upstream;
  const mean = (t: Tensor): Tensor => reduceMean(t, { axis: normalizedAxes, keepdims: true });
  const centred = subtract(x, mean(x));
  const r = rsqrt(add(mean(square(centred)), epsilon));
  const h = multiply(centred, r);
  // dx = r·project(dy·scale). The projection removes the mean and the component along h; it is self-adjoint.
  const project = (t: Tensor): Tensor => subtract(subtract(t, mean(t)), multiply(h, mean(multiply(t, h))));
  const scaled = (t: Tensor): Tensor => (scale === null ? t : multiply(t, scale));
  const g = scaled(dy);
  const projected = a === null ? null : multiply(project(a), r);
  const ddy = sumOf([
    projected === null ? null : scaled(projected),
    b === null ? null : multiply(h, b),
    c === null ? null : broadcastTo(c, shapeOf(dy)),
  ]);
  const dscale =
    scale === null || projected === null
      ? null
      : reshape(reduceSum(multiply(dy, projected), { axis: reducedAxes }), shapeOf(scale));
  // dx has two parts: the gradient through h, and the one through the factor r.
  const throughStatistics =
    a === null
      ? null
      : multiply(add(multiply(a, mean(multiply(g, h))), multiply(g, mean(multiply(a, h)))), multiply(r, -1));
  const throughH = sumOf([b === null ? null : multiply(dy, b), throughStatistics]);
  const dx = sumOf([
    throughH === null ? null : multiply(project(throughH), r),
    a === null ? null : multiply(multiply(h, square(r)), multiply(mean(multiply(a, project(g))), -1)),
  ]);
  return [ddy, dx, dscale];
}

interface LayerNormAttrs {
  /** The number of trailing dimensions that are normalised over. */
  n: number;
  scaled: boolean;
  shifted: boolean;
  epsilon: number;
}

type LayerNormArgs = [x: Tensor, scale: Tensor | null, shift: Tensor | null, n: number, epsilon: number];

/** The number of elements in the n trailing dimensions, which are normalised together. */
const rowLength = ({ shape }: Tensor, n: number): number =>
  sizeBetween(shape, shape.length - n, shape.length);

/** Converts gamma or beta and checks that it has the shape of the normalised dimensions; null stays null. */
function parameter(
  name: string,
  what: string,
  value: TensorLike | null,
  x: Tensor,
  axes: readonly number[],
): Tensor | null {
  if (value === null) return null;
  const t = toTensor(value, x.dt, name, what);
  if (t.dt !== x.dt) throw mixedDTypes(name, x, t);
  let fits = shapeOf(t).length === axes.length;
  for (let i = 0; fits && i < axes.length; i++) fits = shapeOf(t)[i] === shapeOf(x)[axes[i]];
  if (fits) return t;
  const shape = axes.map((a) => shapeOf(x)[a]);
  throw new InvalidArgumentError(
    `[${name}] ${what} must have the shape of the normalised dimensions, ${showShape(shape)}; got ` +
      `${showShape(shapeOf(t))} for x of shape ${showShape(shapeOf(x))}`,
  );
}

/** Normalises rows of `length` elements of a non-empty x. A null mean and rstd require `fitsFusedKernel(x)`. */
function runLayerNorm(
  x: Tensor,
  scale: Tensor | null,
  shift: Tensor | null,
  length: number,
  epsilon: number,
  y: Tensor,
  mean: Tensor | null,
  rstd: Tensor | null,
): void {
  const g = scale ?? x;
  const b = shift ?? x;
  frame[0] = x.offset;
  frame[1] = g.offset;
  frame[2] = b.offset;
  frame[3] = y.offset;
  frame[6] = x.size / length;
  frame[7] = length;
  frame[8] = x.dt.code;
  frame[9] = scale === null ? 0 : 1;
  frame[10] = shift === null ? 0 : 1;
  frame[11] = epsilon;
  if (mean === null || rstd === null) {
    frame[12] = 0;
    native.layerNorm(bufferOf(x), bufferOf(g), bufferOf(b), bufferOf(y));
    return;
  }
  frame[4] = mean.offset;
  frame[5] = rstd.offset;
  frame[12] = 1;
  native.layerNorm(bufferOf(x), bufferOf(g), bufferOf(b), bufferOf(y), bufferOf(mean), bufferOf(rstd));
}

/** [y, mean, 1/√(variance + ε)]; the statistics are per row, and only the gradient reads them. */
const layerNormRows = multiOp<LayerNormArgs, LayerNormAttrs>('layerNormRows', {
  tf: '',
  dtypes: floating,
  args: (x, scale, shift, n, epsilon) => {
    const inputs = [x];
    if (scale !== null) inputs.push(scale);
    if (shift !== null) inputs.push(shift);
    return [inputs, { n, scaled: scale !== null, shifted: shift !== null, epsilon }];
  },
  infer: ([x], { n }) => {
    const rows = { shape: asShape(shapeOf(x).slice(0, shapeOf(x).length - n)), dt: x.dt };
    return [{ shape: shapeOf(x), dt: x.dt }, rows, rows];
  },
  run: (inputs, { n, scaled, shifted, epsilon }, [y, mean, rstd]) => {
    const [x] = inputs;
    if (x.size === 0) {
      fillWith(mean, NaN);
      fillWith(rstd, NaN);
      return;
    }
    const shift = shifted ? inputs[inputs.length - 1] : null;
    runLayerNorm(x, scaled ? inputs[1] : null, shift, rowLength(x, n), epsilon, y, mean, rstd);
  },
  saves: { inputs: [0, 1], outputs: true },
  partialDy: true,
  gradient: (dy, { x, y, attrs }: GradContext<LayerNormAttrs>) => {
    const { scaled, shifted, n, epsilon } = attrs;
    if ((dy as readonly (Tensor | null)[])[0] === null)
      return [null, null, null].slice(0, 1 + Number(scaled) + Number(shifted));
    const [dx, dscale, dshift] = layerNormGradient(dy[0], x[0], scaled ? x[1] : null, y[1], y[2], n, epsilon);
    return [dx, ...(scaled ? [dscale] : []), ...(shifted ? [dshift] : [])];
  },
});

type GradientArgs = [
  dy: Tensor,
  x: Tensor,
  scale: Tensor | null,
  mean: Tensor,
  rstd: Tensor,
  n: number,
  epsilon: number,
];

/**
 * The gradients with respect to x, scale and shift. mean and rstd are functions of x, not independent inputs: the derivatives
 * with respect to x include theirs.
 */
const layerNormGradient = multiOp<GradientArgs, LayerNormAttrs>('layerNormGradient', {
  tf: '',
  dtypes: floating,
  args: (dy, x, scale, mean, rstd, n, epsilon) => [
    scale === null ? [dy, x, mean, rstd] : [dy, x, mean, rstd, scale],
    { n, scaled: scale !== null, shifted: true, epsilon },
  ],
  infer: ([, x], { n }) => {
    const parameter = { shape: asShape(shapeOf(x).slice(shapeOf(x).length - n)), dt: x.dt };
    return [{ shape: shapeOf(x), dt: x.dt }, parameter, parameter];
  },
  run: ([dy, x, mean, rstd, gamma], { n, scaled }, [dx, dscale, dshift]) => {
    const scale = scaled ? gamma : x;
    if (x.size === 0) {
      fillWith(dscale, 0);
      fillWith(dshift, 0);
      return;
    }
    frame[0] = dy.offset;
    frame[1] = x.offset;
    frame[2] = scale.offset;
    frame[3] = mean.offset;
    frame[4] = rstd.offset;
    frame[5] = dx.offset;
    frame[6] = dscale.offset;
    frame[7] = dshift.offset;
    frame[8] = mean.size;
    frame[9] = rowLength(x, n);
    frame[10] = x.dt.code;
    frame[11] = scaled ? 1 : 0;
    native.layerNormGradient(
      bufferOf(dy),
      bufferOf(x),
      bufferOf(scale),
      bufferOf(mean),
      bufferOf(rstd),
      bufferOf(dx),
      bufferOf(dscale),
      bufferOf(dshift),
    );
  },
  saves: { inputs: [0, 1, 4] },
  partialDy: true,
  gradient: (upstream, { x, attrs, shapes }: GradContext<LayerNormAttrs>) => {
    const rank = shapes[1].length;
    const lead = rank - attrs.n;
    const normalizedAxes = indicesUpTo(rank).slice(lead);
    const saved = [x[0], x[1], attrs.scaled ? x[4] : null] as const;
    const [ddy, dx, dscale] = normalizationSecondGradient(
      upstream,
      saved,
      normalizedAxes,
      indicesUpTo(lead),
      attrs.epsilon,
    );
    return attrs.scaled ? [ddy, dx, null, null, dscale] : [ddy, dx, null, null];
  },
});

export interface LayerNormOptions {
  /** The axis or axes to normalise over. Default: the last. */
  axis?: Exclude<Axis, null>;
  /** Added to the variance. Default 0.001. */
  epsilon?: number;
}

const defaults = { axis: -1, epsilon: 1e-3 };

/** Checks that a value is a number ≥ 0, and returns it. */
export function checkEpsilon(value: unknown, op: string, argument = 'epsilon'): number {
  if (typeof value === 'number' && value >= 0) return value;
  const Class = typeof value === 'number' ? InvalidArgumentError : TypeError;
  throw new Class(`[${op}] ${argument} must be a number ≥ 0; got ${describe(value)}`);
}

/**
 * Layer normalisation, as computed by Keras's LayerNormalization. y = (x − mean)/√(variance + epsilon)·gamma + beta, with
 * mean and variance over `axis` of each example. gamma and beta have the shape of those axes in ascending order; null stands
 * for ones (gamma) or zeros (beta). Computed in one pass over x; differentiable to any order. For gamma ≈ 1, float32 results
 * are within 1e-6 of those in float64. InvalidArgumentError for a scalar x or incompatible shapes.
 */
export const layerNorm: <X extends TensorLike>(
  x: X,
  gamma: TensorLike | null,
  beta: TensorLike | null,
  options?: LayerNormOptions | Exclude<Axis, null>,
) => Tensor<DTypeOf<X>> = composite(
  'layerNorm',
  {
    tf: '',
    dtypes: floating,
    domain: [-3, 3],
    ulp: 8,
    examples: [
      { args: [sample([3, 5]), sample([5]), sample([5])] },
      { args: [sample([2, 3, 4]), sample([3, 4]), sample([3, 4])], options: { axis: [1, 2] } },
      { args: [sample([2, 3, 4]), sample([3]), null], options: { axis: 1, epsilon: 0.1 } },
      { args: [sample([2, 40]), null, sample([40])] },
      { args: [sample([7]), null, null], options: { epsilon: 1e-5 } },
      { args: [sample([2, 3, 2]), sample([2, 2]), sample([2, 2])], options: { axis: [-1, 0] } },
      { args: [sample([0, 3]), sample([3]), sample([3])] },
      { args: [sample([3, 0]), sample([0]), sample([0])] },
    ],
  },
  (
    x: TensorLike,
    gamma: TensorLike | null,
    beta: TensorLike | null,
    given?: LayerNormOptions | Exclude<Axis, null>,
  ): Tensor => {
    const name = 'layerNorm';
    const t = toTensor(x, null, name, 'x');
    if (t.dt.kind !== 'float') throw badDType(name, 'x', t.dt, floating);
    const { axis, epsilon } = options<{ axis: unknown; epsilon: unknown }>(given, 'axis', defaults, name);
    const rank = shapeOf(t).length;
    if (rank === 0)
      throw new InvalidArgumentError(`[${name}] x must have at least one dimension; got a scalar`);
    const axes = axesArgument(axis, rank, name);
    if (axes.length === 0)
      throw new InvalidArgumentError(`[${name}] axis must name at least one axis; got []`);
    const eps = checkEpsilon(epsilon, name);
    const scale = parameter(name, 'gamma', gamma, t, axes);
    const shift = parameter(name, 'beta', beta, t, axes);
    const n = axes.length;
    if (axes[0] === rank - n) {
      if (!fitsFusedKernel(t)) return layerNormRows(t, scale, shift, n, eps)[0];
      const y = makeTensor(t.dt, shapeOf(t), t.size);
      try {
        runLayerNorm(t, scale, shift, rowLength(t, n), eps, y, null, null);
      } catch (error) {
        throw explain(error, name, [t, scale ?? t, shift ?? t]);
      }
      return y;
    }
    const perm = [...indicesUpTo(rank).filter((a) => !axes.includes(a)), ...axes];
    const y = layerNormRows(transpose(t, { perm }), scale, shift, n, eps)[0];
    return transpose(y, { perm: indicesUpTo(rank).map((a) => perm.indexOf(a)) });
  },
);
