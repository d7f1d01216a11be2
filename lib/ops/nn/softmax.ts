/** Softmax and log-softmax along an axis. */
import { frame, native } from '../../binding';
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { sizeBetween, type Shape } from '../../core/shape';
import { bufferOf, makeTensor, shapeOf, type Tensor } from '../../core/tensor';
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
import { negative } from '../math/unary';
import { exp } from '../math/unary_math';
import type { DTypeOf } from '../../core/dtype_of';

const softmaxDefaults = { axis: null } as const;

export interface SoftmaxOptions {
  /** The axis along which the results sum to 1. Default: the last. */
  axis?: OneAxis | null;
}

type Kind = 0 | 1;
const last = { axis: -1, keepdims: true } as const;

/** The number of rows, and the number of elements in a row, which is along the last axis. */
export function rowsOf(shape: Shape, size: number): [rows: number, cols: number] {
  const cols = shape[shape.length - 1];
  return [cols === 0 ? 0 : size / cols, cols];
}

/**
 * Runs the kernel along an axis of x. An axis other than the last requires `fitsFusedKernel(x)`; the result is bit for bit
 * the same as with transposes.
 */
function run(kind: Kind, x: Tensor, axis: number, y: Tensor): void {
  const n = shapeOf(x)[axis];
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = n === 0 ? 0 : x.size / n;
  frame[3] = n;
  frame[4] = x.dt.code;
  frame[5] = kind;
  frame[6] = Math.max(1, sizeBetween(shapeOf(x), axis + 1, shapeOf(x).length));
  native.softmax(bufferOf(x), bufferOf(y));
}

/** Defines an op along the last axis. */
function defineSoftmax(
  name: string,
  kind: Kind,
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
    run: ([x], _, [y]) => run(kind, x, shapeOf(x).length - 1, y),
    saves: { outputs: true },
    gradient: ([dy], { y }) => [gradient(dy, y[0])],
  });
}

/** Defines the gradient of such an op as an op, so that it is differentiable itself. */
function defineSoftmaxGradient(
  name: string,
  kind: Kind,
  secondGradient: (
    g: Tensor,
    dy: Tensor,
    y: Tensor,
    needs: readonly boolean[],
  ) => [Tensor | null, Tensor | null],
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
      frame[0] = dy.offset;
      frame[1] = y.offset;
      frame[2] = dx.offset;
      frame[3] = rows;
      frame[4] = cols;
      frame[5] = y.dt.code;
      frame[6] = kind;
      native.softmaxGradient(bufferOf(dy), bufferOf(y), bufferOf(dx));
    },
    saves: { inputs: [0, 1] },
    gradient: ([g], { x, needs }: GradContext<null>) => secondGradient(g, x[0], x[1], needs),
  });
}

const sumRows = (t: Tensor): Tensor => reduceSum(t, last);

/** dx = (dy − Σ dy·y)·y along the last axis, where y is a softmax. */
export const softmaxGradient = defineSoftmaxGradient('softmaxGradient', 0, (g, dy, y, needs) => [
  needs[0] ? softmaxGradient(g, y) : null,
  needs[1]
    ? subtract(multiply(g, subtract(dy, sumRows(multiply(dy, y)))), multiply(dy, sumRows(multiply(g, y))))
    : null,
]);

/** dx = dy − eʸ·Σ dy along the last axis, where y is the logarithm of a softmax. */
const logSoftmaxGradient = defineSoftmaxGradient('logSoftmaxGradient', 1, (g, dy, y, needs) => [
  needs[0] ? subtract(g, sumRows(multiply(g, exp(y)))) : null,
  needs[1] ? negative(multiply(multiply(g, exp(y)), sumRows(dy))) : null,
]);

const softmaxLast = defineSoftmax('softmaxLast', 0, (dy, y) => softmaxGradient(dy, y));
const logSoftmaxLast = defineSoftmax('logSoftmaxLast', 1, (dy, y) => logSoftmaxGradient(dy, y));

/** The permutation that exchanges `axis` and the last axis; it is its own inverse. */
export function exchangeLast(axis: number, rank: number): number[] {
  const perm = Array.from({ length: rank }, (_, i) => i);
  perm[axis] = rank - 1;
  perm[rank - 1] = axis;
  return perm;
}

function withAxisOption(
  name: string,
  tf: string,
  kind: Kind,
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
          run(kind, x, at, y);
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
 * Softmax. y = exp(x) / Σ exp(x) along `axis`; the maximum is subtracted first, so that nothing overflows. NaN if all
 * elements are −∞, or one is NaN or +∞. @tf tf.nn.softmax
 */
export const softmax = withAxisOption('softmax', 'tf.nn.softmax', 0, softmaxLast);

/** Log-softmax. y = x − log Σ exp(x) along `axis`. @tf tf.nn.log_softmax */
export const logSoftmax = withAxisOption('logSoftmax', 'tf.nn.log_softmax', 1, logSoftmaxLast);
