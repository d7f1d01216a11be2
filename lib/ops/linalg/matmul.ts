/** Matrix products: matmul, matvec. */
import type { TensorLike } from '../../core/convert';
import { numeric } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import type { DTypeOfPair } from '../../core/dtype_of';
import {
  asShape,
  broadcastShapes,
  broadcastStrides,
  type Dims,
  joinShapes,
  mergeDims,
  type Shape,
  showShape,
  sizeOf,
} from '../../core/shape';
import { isPlain, throwExtraArguments } from '../../core/options';
import { context } from '../../core/context';
import type { RewriteContext } from '../../op/contract';
import { makeTensor, shapeOf, Tensor } from '../../core/tensor';
import { unbroadcast } from '../../op/broadcast';
import { badDType, convertPair, dtypeMask, mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { op } from '../../op/define/general';
import { options } from '../../core/options';
import { publicCall, opDefinitions, sample, type GradContext } from '../../op/registry';
import { reshape } from '../array/views';
import * as kernels from '../../op/kernels';

export interface MatmulOptions {
  /** Multiply the transpose of `a`. Default false. */
  transposeA?: boolean;
  /** Multiply the transpose of `b`. Default false. */
  transposeB?: boolean;
  /** For real numbers the same as `transposeA`. */
  adjointA?: boolean;
  /** For real numbers the same as `transposeB`. */
  adjointB?: boolean;
}

/** Which operands are transposed. */
export interface Transposes {
  readonly ta: boolean;
  readonly tb: boolean;
}

const noOptions: Required<MatmulOptions> = {
  transposeA: false,
  transposeB: false,
  adjointA: false,
  adjointB: false,
};
/** All combinations, by ta + 2·tb. */
const allTransposes: readonly Transposes[] = [
  { ta: false, tb: false },
  { ta: true, tb: false },
  { ta: false, tb: true },
  { ta: true, tb: true },
];
const noTransposes = allTransposes[0];

export const transposesOf = (ta: boolean, tb: boolean): Transposes =>
  allTransposes[(ta ? 1 : 0) + (tb ? 2 : 0)];

/** Fast path of `parseTransposes`: null for everything but undefined or a plain object with boolean transposeA, transposeB. */
function fastTransposes(given: unknown): Transposes | null {
  if (given === undefined) return noTransposes;
  if (typeof given !== 'object' || given === null || !isPlain(given)) return null;
  let seen = 0;
  for (const key in given) {
    const value = (given as Record<string, unknown>)[key];
    if (typeof value !== 'boolean') return null;
    if (key === 'transposeA') seen |= value ? 1 : 0;
    else if (key === 'transposeB') seen |= value ? 2 : 0;
    else return null;
  }
  return allTransposes[seen];
}

export function parseTransposes(given: MatmulOptions | boolean | Transposes | undefined): Transposes {
  if (given === undefined) return noTransposes;
  if (typeof given === 'object' && given !== null && 'ta' in given) return given;
  const o = options<Required<MatmulOptions>>(given, 'transposeA', noOptions, 'matmul');
  for (const key in o) {
    if (typeof o[key as keyof MatmulOptions] === 'boolean') continue;
    throw new TypeError(`[matmul] ${key} must be true or false`);
  }
  if ((o.transposeA && o.adjointA) || (o.transposeB && o.adjointB)) {
    const side = o.transposeA && o.adjointA ? 'A' : 'B';
    throw new InvalidArgumentError(
      `[matmul] Only one of transpose${side} and adjoint${side} can be true; for real numbers they are the same`,
    );
  }
  return { ta: o.transposeA || o.adjointA, tb: o.transposeB || o.adjointB };
}

function notMatrix(i: number, t: Tensor): InvalidArgumentError {
  return new InvalidArgumentError(
    `[matmul] In[${i}] ndims must be >= 2: ${shapeOf(t).length}; it has shape ${showShape(shapeOf(t))}. ` +
      `For a matrix and a vector there is tf.linalg.matvec, for two vectors tf.reduceSum(tf.multiply(a, b))`,
  );
}

/** Checks the operands' shapes; returns the shape of op(A)·op(B). */
export function productShape(a: Tensor, b: Tensor, { ta, tb }: Transposes): Shape {
  const ra = shapeOf(a).length;
  const rb = shapeOf(b).length;
  if (ra < 2) throw notMatrix(0, a);
  if (rb < 2) throw notMatrix(1, b);
  const m = shapeOf(a)[ra - (ta ? 1 : 2)];
  const k = shapeOf(a)[ra - (ta ? 2 : 1)];
  const n = shapeOf(b)[rb - (tb ? 2 : 1)];
  if (k !== shapeOf(b)[rb - (tb ? 1 : 2)]) {
    const flags = [ta && 'transposeA', tb && 'transposeB'].filter((f) => f !== false);
    throw new InvalidArgumentError(
      `[matmul] Matrix size-incompatible: In[0]: ${showShape(shapeOf(a))}, In[1]: ${showShape(shapeOf(b))}` +
        (flags.length > 0 ? ` with ${flags.join(' and ')}` : '') +
        `; the inner sizes ${k} and ${shapeOf(b)[rb - (tb ? 1 : 2)]} must be equal`,
    );
  }
  if (ra === 2 && rb === 2) return asShape([m, n]);
  const batch = broadcastShapes(shapeOf(a).slice(0, -2), shapeOf(b).slice(0, -2));
  if (batch === null) {
    throw new InvalidArgumentError(
      `[matmul] In[0] and In[1] must have compatible batch dimensions: ${showShape(shapeOf(a))} vs. ` +
        `${showShape(shapeOf(b))}; all but the last two sizes must be equal, or one of them 1`,
    );
  }
  return asShape([...batch, m, n]);
}

/** Strides of the batch dimensions in elements; 0 for broadcast dimensions. */
function batchStrides(shape: Shape, batch: Dims): number[] {
  const matrix = shape[shape.length - 1] * shape[shape.length - 2];
  return broadcastStrides(shape.slice(0, -2), batch).map((s) => s * matrix);
}

/** C = activation(op(A)·op(B) + bias + residual); −1: no activation. */
export function runProduct(
  a: Tensor,
  b: Tensor,
  c: Tensor,
  { ta, tb }: Transposes,
  bias: Tensor | null,
  residual: Tensor | null,
  activation: number,
): void {
  const ra = shapeOf(a).length;
  const rc = shapeOf(c).length;
  const m = shapeOf(c)[rc - 2];
  const n = shapeOf(c)[rc - 1];
  const k = shapeOf(a)[ra - (ta ? 2 : 1)];
  let rank = 0;
  if (rc > 2) {
    const batch = shapeOf(c).slice(0, -2);
    const { dims, strides } = mergeDims(batch, [
      batchStrides(shapeOf(a), batch),
      batchStrides(shapeOf(b), batch),
    ]);
    const lists = kernels.matmulLists;
    const most = lists.dims.length;
    rank = dims.length;
    if (rank > most) {
      throw new InvalidArgumentError(
        `[matmul] ${rank} batch dimensions that cannot be merged; at most ${most}`,
      );
    }
    for (let d = 0; d < rank; d++) {
      lists.dims[d] = dims[d];
      lists.aStrides[d] = strides[0][d];
      lists.bStrides[d] = strides[1][d];
    }
  }
  kernels.matmul(a, b, c, bias, residual, a.dt.code, m, n, k, ta, tb, false, activation, rank);
}

function run(inputs: readonly Tensor[], attrs: Transposes, outputs: readonly Tensor[]): void {
  const c = outputs[0];
  if (c.size > 0) runProduct(inputs[0], inputs[1], c, attrs, null, null, -1);
}

export function gradientOfA(dy: Tensor, b: Tensor, { ta, tb }: Transposes): Tensor {
  return ta ? product(b, dy, { ta: tb, tb: true }) : product(dy, b, { ta: false, tb: !tb });
}

export function gradientOfB(dy: Tensor, a: Tensor, { ta, tb }: Transposes, shape: Shape): Tensor {
  let x = a;
  let g = dy;
  if (!ta && shape.length === 2 && shapeOf(a).length > 2) {
    // B is shared by the whole batch: one product with all rows of the batch, instead of one per matrix and a sum.
    const rows = sizeOf(shapeOf(a).slice(0, -1));
    x = reshape(a, [rows, shapeOf(a)[shapeOf(a).length - 1]]);
    g = reshape(dy, [rows, shapeOf(dy)[shapeOf(dy).length - 1]]);
  }
  return tb ? product(g, x, { ta: true, tb: ta }) : product(x, g, { ta: !ta, tb: false });
}

/** If the tensor is a transpose of the last two dimensions, the transposed tensor; else null. */
function transposeSource(t: Tensor, graph: RewriteContext): Tensor | null {
  const producer = graph.producer(t);
  const perm = producer === null ? undefined : producer.op.permutes?.(producer);
  if (producer === null || perm === undefined) return null;
  const n = perm.length;
  const swapsLastTwo = perm.every((d, i) => d === (i < n - 2 ? i : 2 * n - 3 - i));
  return swapsLastTwo ? producer.inputs[0] : null;
}

/** 2·m·n·k, computed from the sizes m·k, k·n and m·n of the three matrices. */
export function matmulFlops([a, b]: readonly Tensor[], [c]: readonly Tensor[]): number {
  return 2 * Math.round(Math.sqrt(a.size * b.size * c.size));
}

const product = op<[a: TensorLike, b: TensorLike, given?: MatmulOptions | boolean | Transposes], Transposes>(
  'matmul',
  {
    flops: matmulFlops,
    tf: 'tf.linalg.matmul',
    dtypes: numeric,
    domain: [-2, 2],
    examples: [
      { args: [sample([2, 3]), sample([3, 4])] },
      { args: [sample([3, 2]), sample([3, 4])], options: { transposeA: true } },
      { args: [sample([2, 3]), sample([4, 3])], options: { transposeB: true } },
      { args: [sample([3, 2]), sample([4, 3])], options: { transposeA: true, transposeB: true } },
      { args: [sample([2, 1, 2, 3]), sample([5, 3, 4])] },
      { args: [sample([2, 2, 3]), sample([3, 4])] },
      { args: [sample([3, 2]), sample([2, 3, 1, 4])], options: { transposeA: true, transposeB: false } },
      { args: [sample([1, 40]), sample([3, 40])], options: { transposeB: true } },
      { args: [sample([2, 0]), sample([0, 3])] },
      { args: [sample([0, 2]), sample([2, 3])] },
    ],
    args: (left, right, given) => [convertPair(left, right, 'matmul'), parseTransposes(given)],
    infer: ([a, b], attrs) => {
      if (a.dt !== b.dt) throw mixedDTypes('matmul', a, b);
      if (!numeric.includes(a.dtype)) throw badDType('matmul', 'a', a.dt, numeric);
      return { shape: productShape(a, b, attrs), dt: a.dt };
    },
    run,
    // Absorbs transposes of the last two dimensions.
    reassociatingRewrite: (call, graph) => {
      const { ta, tb } = call.attrs as Transposes;
      const [a, b] = call.inputs.map((t) => transposeSource(t, graph));
      if (a === null && b === null) return null;
      return {
        ...call,
        inputs: [a ?? call.inputs[0], b ?? call.inputs[1]],
        attrs: { ta: ta !== (a !== null), tb: tb !== (b !== null) },
      };
    },
    saves: { inputs: [0, 1] },
    gradient: ([dy], ctx: GradContext<Transposes>) => [
      ctx.needs[0] ? unbroadcast(gradientOfA(dy, ctx.x[1], ctx.attrs), ctx.shapes[0]) : null,
      ctx.needs[1] ? unbroadcast(gradientOfB(dy, ctx.x[0], ctx.attrs, ctx.shapes[1]), ctx.shapes[1]) : null,
    ],
  },
);

const definition = opDefinitions().get('matmul') as NonNullable<
  ReturnType<ReturnType<typeof opDefinitions>['get']>
>;
const typeMask = dtypeMask(numeric);
/** Larger results take the general path, which checks the number of elements. */
const maxFastSize = 2 ** 24;

/**
 * Matrix product. C[…, i, j] = Σₖ A[…, i, k]·B[…, k, j]; leading dimensions are batch dimensions, which broadcast. Integers
 * wrap. InvalidArgumentError for a tensor of fewer than two dimensions, different inner sizes, or batch dimensions that do
 * not broadcast. @tf tf.linalg.matmul
 */
export const matmul: <A extends TensorLike, B extends TensorLike>(
  a: A,
  b: B,
  options?: MatmulOptions | boolean,
) => Tensor<DTypeOfPair<A, B>> = publicCall(
  'matmul',
  function (a: TensorLike, b: TensorLike, given?: MatmulOptions | boolean): Tensor<never> {
    // eslint-disable-next-line prefer-rest-params -- a rest parameter would allocate an array per call
    if (arguments.length > 3) throwExtraArguments('matmul', 3, arguments, noOptions);
    // Eager fast path for two matrices, which allocates no lists. All other cases, and all errors, are left to `product`.
    if (!(a instanceof Tensor && b instanceof Tensor) || a.dt !== b.dt || context.tracer !== null)
      return product(a, b, given);
    const x = shapeOf(a);
    const y = shapeOf(b);
    const attrs = fastTransposes(given);
    if (x.length !== 2 || y.length !== 2 || attrs === null || ((typeMask >> a.dt.code) & 1) === 0)
      return product(a, b, given);
    const { ta, tb } = attrs;
    const m = ta ? x[1] : x[0];
    const k = ta ? x[0] : x[1];
    const n = tb ? y[0] : y[1];
    const size = m * n;
    if (k !== (tb ? y[1] : y[0]) || size === 0 || size > maxFastSize) return product(a, b, given);
    const c = makeTensor(a.dt, asShape([m, n]), size);
    try {
      kernels.matmul(a, b, c, null, null, a.dt.code, m, n, k, ta, tb, false, -1, 0);
    } catch {
      return product(a, b, given); // throws a descriptive error
    }
    if (context.recorder !== null) context.recorder.record(definition, [a, b], attrs, [c]);
    return c as Tensor<never>;
  },
);

export interface MatvecOptions {
  /** Multiply by the transpose of `a`. Default false. */
  transposeA?: boolean;
  /** The same as `transposeA` for real numbers. */
  adjointA?: boolean;
}

const one = [1];
const matvecDefaults: Required<MatvecOptions> = { transposeA: false, adjointA: false };

/**
 * Matrix-vector product. y[…, i] = Σₖ A[…, i, k]·b[…, k]; leading dimensions are batch dimensions, which broadcast.
 * InvalidArgumentError as for `matmul`. @tf tf.linalg.matvec
 */
export const matvec: <A extends TensorLike, B extends TensorLike>(
  a: A,
  b: B,
  options?: MatvecOptions | boolean,
) => Tensor<DTypeOfPair<A, B>> = composite(
  'matvec',
  {
    tf: 'tf.linalg.matvec',
    dtypes: numeric,
    domain: [-2, 2],
    examples: [
      { args: [sample([2, 3]), sample([3])] },
      { args: [sample([3, 2]), sample([3])], options: { transposeA: true } },
      { args: [sample([4, 2, 3]), sample([3])] },
      { args: [sample([2, 3]), sample([4, 3])] },
    ],
  },
  (a: TensorLike, b: TensorLike, given?: MatvecOptions | boolean): Tensor => {
    const o = options<Required<MatvecOptions>>(given, 'transposeA', matvecDefaults, 'matvec');
    const [x, y] = convertPair(a, b, 'matvec');
    if (shapeOf(y).length < 1 || shapeOf(x).length < 2) {
      throw new InvalidArgumentError(
        `[matvec] a must be a matrix and b a vector, or batches of such; got shapes ${showShape(shapeOf(x))} and ` +
          showShape(shapeOf(y)),
      );
    }
    if (!numeric.includes(x.dtype)) throw badDType('matvec', 'a', x.dt, numeric);
    const column = reshape(y, joinShapes(shapeOf(y), y.rank, one, 0, 1, shapeOf(y), y.rank));
    const c = o === matvecDefaults ? matmul(x, column) : matmul(x, column, { ...o });
    return reshape(c, shapeOf(c).slice(0, -1));
  },
);
