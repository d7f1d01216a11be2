/** Softmax and its logarithm along an axis. */
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { sizeBetween, type Shape } from '../../core/shape';
import { makeTensor, shapeOf, type Tensor } from '../../core/tensor';
import { axisArgument, type OneAxis } from '../../op/axis';
import { multiply, subtract } from '../math/binary';
import { badDType, explain } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { op } from '../../op/define/general';
import { options } from '../../core/options';
import { transpose } from '../array/movement';
import { reduceSum } from '../reduce/reduce';
import { fitsFusedKernel } from '../../op/define/reduction';
import { sample, type GradContext } from '../../op/registry';
import * as kernels from '../../op/kernels';
import { negative } from '../math/unary';
import { exp } from '../math/unary_math';
import type { DTypeOf } from '../../core/dtype_of';

const softmaxDefaults = { axis: null } as const;

export interface SoftmaxOptions {
  /** The axis along which the results sum to 1. Default: the last. */
  axis?: OneAxis | null;
}

const last = { axis: -1, keepdims: true } as const;

/** The number of rows along the last axis, and their length. */
export function rowsOf(shape: Shape, size: number): [rows: number, cols: number] {
  const cols = shape[shape.length - 1];
  return [cols === 0 ? 0 : size / cols, cols];
}

/**
 * The kernel along an axis of x, which is not empty; along another than the last only where `fitsFusedKernel` allows it. The same bits
 * as by exchanging axes.
 */
function run(logarithm: boolean, x: Tensor, axis: number, y: Tensor): void {
  const n = shapeOf(x)[axis];
  const step = Math.max(1, sizeBetween(shapeOf(x), axis + 1, shapeOf(x).length));
  kernels.softmax(x, y, n === 0 ? 0 : x.size / n, n, x.dt.code, logarithm, step);
}

/** Rows that work on the last axis. */
function alongLast(
  name: string,
  logarithm: boolean,
  gradient: (dy: Tensor, y: Tensor) => Tensor,
): (x: Tensor) => Tensor {
  return op<[x: Tensor], null>(name, {
    tf: '',
    dtypes: floating,
    domain: [-10, 10],
    ulp: 4,
    examples: [{ args: [sample([3, 5])] }],
    args: (x) => [[x], null],
    infer: ([x]) => {
      if (x.dt.kind !== 'float') throw badDType(name, 'logits', x.dt, floating);
      return { shape: shapeOf(x), dt: x.dt };
    },
    run: ([x], _, [y]) => run(logarithm, x, shapeOf(x).length - 1, y),
    saves: { outputs: true },
    gradient: ([dy], { y }) => [gradient(dy, y[0])],
  });
}

/** The gradients, rows of their own: they can be differentiated again. */
function gradientRow(
  name: string,
  logarithm: boolean,
  again: (g: Tensor, dy: Tensor, y: Tensor, needs: readonly boolean[]) => [Tensor | null, Tensor | null],
): (dy: Tensor, y: Tensor) => Tensor {
  return op<[dy: Tensor, y: Tensor], null>(name, {
    tf: '',
    dtypes: floating,
    domain: [-2, 2],
    examples: [{ args: [sample([3, 5]), sample([3, 5])] }],
    args: (dy, y) => [[dy, y], null],
    infer: ([, y]) => {
      if (!floating.includes(y.dtype)) throw badDType(name, 'y', y.dt, floating);
      return { shape: shapeOf(y), dt: y.dt };
    },
    run: ([dy, y], _, [dx]) => {
      const [rows, cols] = rowsOf(shapeOf(y), y.size);
      kernels.softmaxGradient(dy, y, dx, rows, cols, y.dt.code, logarithm);
    },
    saves: { inputs: [0, 1] },
    gradient: ([g], { x, needs }: GradContext<null>) => again(g, x[0], x[1], needs),
  });
}

const sumRows = (t: Tensor): Tensor => reduceSum(t, last);

/** dx = (dy − Σ dy·y)·y along the last axis, where y is a softmax. */
export const softmaxGradient = gradientRow('softmaxGradient', false, (g, dy, y, needs) => [
  needs[0] ? softmaxGradient(g, y) : null,
  needs[1]
    ? subtract(multiply(g, subtract(dy, sumRows(multiply(dy, y)))), multiply(dy, sumRows(multiply(g, y))))
    : null,
]);

/** dx = dy − eʸ·Σ dy along the last axis, where y is the logarithm of a softmax. */
const logSoftmaxGradient = gradientRow('logSoftmaxGradient', true, (g, dy, y, needs) => [
  needs[0] ? subtract(g, sumRows(multiply(g, exp(y)))) : null,
  needs[1] ? negative(multiply(multiply(g, exp(y)), sumRows(dy))) : null,
]);

const softmaxLast = alongLast('softmaxLast', false, (dy, y) => softmaxGradient(dy, y));
const logSoftmaxLast = alongLast('logSoftmaxLast', true, (dy, y) => logSoftmaxGradient(dy, y));

/** The order of dimensions that exchanges `axis` and the last one: its own inverse. */
export function exchangeLast(axis: number, rank: number): number[] {
  const perm = Array.from({ length: rank }, (_, i) => i);
  perm[axis] = rank - 1;
  perm[rank - 1] = axis;
  return perm;
}

function anyAxis(
  name: string,
  tf: string,
  logarithm: boolean,
  f: (x: Tensor) => Tensor,
): <X extends TensorLike>(logits: X, options?: SoftmaxOptions | OneAxis | null) => Tensor<DTypeOf<X>> {
  return composite(
    name,
    {
      tf,
      dtypes: floating,
      domain: [-10, 10],
      ulp: 4,
      examples: [
        { args: [sample([5])] },
        { args: [sample([2, 3])] },
        { args: [sample([2, 3, 4])], options: { axis: 1 } },
        { args: [sample([2, 3, 4])], options: { axis: 0 } },
        { args: [sample([3, 40], { domain: [-100, 100] })] },
        { args: [sample([2, 0])] },
        { args: [sample([0, 3])] },
        { args: [sample([4, 1])] },
      ],
    },
    (logits: TensorLike, given?: SoftmaxOptions | OneAxis | null): Tensor => {
      const x = toTensor(logits, null, name, 'logits');
      const { axis } = options<{ axis: unknown }>(given ?? undefined, 'axis', softmaxDefaults, name);
      const rank = shapeOf(x).length;
      if (rank === 0) {
        throw new InvalidArgumentError(`[${name}] logits must have at least one dimension; got a scalar`);
      }
      const at = axisArgument(axis ?? -1, rank, name);
      if (x.dt.kind === 'float' && fitsFusedKernel(x)) {
        const y = makeTensor(x.dt, shapeOf(x), x.size);
        try {
          run(logarithm, x, at, y);
        } catch (error) {
          throw explain(error, name, [x]);
        }
        return y;
      }
      if (at === rank - 1) return f(x);
      const perm = exchangeLast(at, rank);
      return transpose(f(transpose(x, { perm })), { perm });
    },
  );
}

/**
 * Softmax. y = exp(x) / Σ exp(x) along `axis`, computed about the largest element so that nothing overflows. A row of
 * −∞, or one with a NaN or +∞, gives NaN. @tf tf.nn.softmax
 */
export const softmax = anyAxis('softmax', 'tf.nn.softmax', false, softmaxLast);

/** The logarithm of softmax. y = x − log Σ exp(x) along `axis`. @tf tf.nn.log_softmax */
export const logSoftmax = anyAxis('logSoftmax', 'tf.nn.log_softmax', true, logSoftmaxLast);
