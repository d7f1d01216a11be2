/** Products of vectors, matrices and tensors. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { concat, stack } from '../../ops/array/joining';
import { transpose } from '../../ops/array/movement';
import { pad } from '../../ops/array/padding';
import { slice } from '../../ops/array/slicing';
import { zerosLike } from '../../ops/array/creation';
import { expandDims, reshape } from '../../ops/array/views';
import { at } from '../../ops/array/at';
import { diagonalOf } from '../../ops/linalg/structure';
import { matmul } from '../../ops/linalg/matmul';
import { tensordot as contract } from '../../ops/linalg/tensordot';
import * as binary from '../../ops/math/binary';
import { clipByValue } from '../../ops/math/select';
import { sqrt, square } from '../../ops/math/unary';
import { conv1d } from '../../ops/nn/conv';
import { reduceMean, reduceSum } from '../../ops/reduce/reduce';
import { as, axisOf, both, exact, floats, likes, oneOf, wideFloating, wideFloats } from './define';
import { floating, promoted } from './dtypes';
import { integer, operation } from './operation';
import type { Binary } from './types';

const { multiply, subtract, divide } = binary;
type Both = (a: Tensor, b: Tensor) => Tensor;

/** A product that is computed in a floating dtype, and converted back. */
const throughFloats =
  (f: Both): Both =>
  (a, b) =>
    as(f(floating(a, 'dot'), floating(b, 'dot')), a.dtype);

const product = (a: Tensor, b: Tensor): Tensor => {
  if (a.rank === 0 || b.rank === 0) return multiply(a, b);
  return contract(a, b, [[a.rank - 1], [Math.max(0, b.rank - 2)]]);
};

/** The products of the rows of x1 and the columns of x2, or of a scalar and a tensor. @tf tf.keras.ops.dot */
export const dot = both('Dot', throughFloats(product));
/** The products along the last axes of both. @tf tf.keras.ops.inner */
export const inner = both(
  'Inner',
  throughFloats((a, b) =>
    a.rank === 0 || b.rank === 0 ? multiply(a, b) : contract(a, b, [[a.rank - 1], [b.rank - 1]]),
  ),
);
/** The sum of the products of all elements. @tf tf.keras.ops.vdot */
export const vdot = both(
  'Vdot',
  throughFloats((a, b) => contract(reshape(a, [-1]), reshape(b, [-1]), [[0], [0]])),
);
/** The products of each element of x1 and each of x2, a matrix. @tf tf.keras.ops.outer */
export const outer = both('Outer', (a, b) => multiply(reshape(a, [-1, 1]), reshape(b, [-1])));

/** The axes that are summed: a number (the last of x1 and the first of x2), or a pair of lists. */
type Axes = number | readonly [number | readonly number[], number | readonly number[]];

/** Sums of products over axes of both; default: the last two of x1 and the first two of x2. @tf tf.keras.ops.tensordot */
export const tensordot = operation<Binary<[options?: { axes?: Axes } | Axes]>>({
  module: 'numpy',
  className: 'Tensordot',
  tensors: ['x1', 'x2'],
  optional: { axes: 2 },
  check: ({ axes }) => {
    if (typeof axes !== 'number' && !Array.isArray(axes))
      throw new TypeError(`[tensordot] axes must be an integer or a pair of lists; got ${describe(axes)}`);
    return { axes };
  },
  run: (args, { axes }) => {
    const [a, b] = promoted(likes(args), 'tensordot');
    const isNarrow = a.dt.kind !== 'float' && a.dtype !== 'int32' && a.dtype !== 'int64';
    const [x, y] = isNarrow ? [floating(a, 'tensordot'), floating(b, 'tensordot')] : [a, b];
    return as(contract(x, y, axes as number), a.dtype);
  },
});

/** Blocks x1[i]·x2: the Kronecker product. @tf tf.keras.ops.kron */
export const kron = both('Kron', (a, b) => {
  const rank = Math.max(a.rank, b.rank);
  const sizes = [a, b].map((x) => [...new Array<number>(rank - x.rank).fill(1), ...x.shape]);
  const interleaved = (which: number): number[] =>
    sizes[which].flatMap((size) => (which === 0 ? [size, 1] : [1, size]));
  return reshape(
    multiply(reshape(a, interleaved(0)), reshape(b, interleaved(1))),
    sizes[0].map((size, i) => size * sizes[1][i]),
  );
});

interface CrossOptions {
  /** The axis of x1 with the vectors. Default: the last. */
  axisa?: number;
  /** That of x2. */
  axisb?: number;
  /** That of the result. */
  axisc?: number;
  /** All three. */
  axis?: number | null;
}

/** x with the axis last. */
function lastAxis(x: Tensor, axis: number, op: string): Tensor {
  const from = axisOf(axis, x.rank, op);
  const others = x.shape.map((_, i) => i).filter((i) => i !== from);
  return transpose(x, { perm: [...others, from] });
}

/** The cross products of vectors of 3 (or 2) elements; of two vectors of 2, scalars. @tf tf.keras.ops.cross */
export const cross = operation<Binary<[options?: CrossOptions | number]>>({
  module: 'numpy',
  className: 'Cross',
  tensors: ['x1', 'x2'],
  optional: { axisa: -1, axisb: -1, axisc: -1, axis: null },
  run: (args, { axisa, axisb, axisc, axis }) => {
    const common = axis === null ? null : integer(axis, 'axis', 'cross');
    const [a, b] = promoted(likes(args), 'cross').map((x, i) =>
      lastAxis(x, common ?? integer([axisa, axisb][i], i === 0 ? 'axisa' : 'axisb', 'cross'), 'cross'),
    );
    const sizes = [a, b].map((x) => x.shape[x.rank - 1]);
    if (sizes.some((size) => size !== 2 && size !== 3))
      throw new InvalidArgumentError(`[cross] vectors must have 2 or 3 elements; got ${sizes.join(' and ')}`);
    const parts = [a, b].map((x, i) => {
      const found = [...new Array<number>(sizes[i]).keys()].map((k) => at(x, '...', k));
      return found.length === 3 ? found : [...found, zerosLike(found[0])];
    });
    const [p, q] = parts;
    const minor = (i: number, j: number): Tensor => subtract(multiply(p[i], q[j]), multiply(p[j], q[i]));
    if (sizes[0] === 2 && sizes[1] === 2) return minor(0, 1);
    return stack([minor(1, 2), minor(2, 0), minor(0, 1)], common ?? integer(axisc, 'axisc', 'cross'));
  },
});

/** Sums of products of two vectors, one of which is shifted. */
function correlation(a: Tensor, b: Tensor, mode: 'valid' | 'same' | 'full'): Tensor {
  if (a.rank !== 1 || b.rank !== 1)
    throw new InvalidArgumentError(
      `[correlate] x1 and x2 must be vectors; got ranks ${a.rank} and ${b.rank}`,
    );
  const [n, m] = [a.size, b.size];
  const around = mode === 'valid' ? 0 : Math.max(m - 1, 0);
  const x = around === 0 ? a : pad(a, [[around, around]]);
  const y = reshape(conv1d(reshape(x, [1, -1, 1]), reshape(b, [-1, 1, 1]), 1, 'VALID'), [-1]);
  if (mode !== 'same') return y;
  const size = Math.max(n, m);
  return slice(y, [Math.floor((n + m - 1 - size) / 2)], [size]);
}

/** The correlation of two vectors; mode 'valid' (default), 'same' or 'full'. @tf tf.keras.ops.correlate */
export const correlate = operation<
  Binary<[options?: { mode?: 'valid' | 'same' | 'full' } | 'valid' | 'same' | 'full']>
>({
  module: 'numpy',
  className: 'Correlate',
  tensors: ['x1', 'x2'],
  optional: { mode: 'valid' },
  check: ({ mode }) => ({ mode: oneOf(mode, ['valid', 'same', 'full'], 'mode', 'correlate') }),
  run: (args, { mode }) => {
    const [a, b] = wideFloats(likes(args), 'correlate');
    return correlation(a, b, mode as 'valid');
  },
});

/** The Pearson correlation coefficients of the rows of x. @tf tf.keras.ops.corrcoef */
export const corrcoef = exact('Corrcoef', (value) => {
  const x = wideFloating(value);
  const centered = subtract(x, reduceMean(x, { axis: -1, keepdims: true }));
  const rows = x.rank === 1 ? expandDims(centered, 0) : centered;
  const covariance = divide(matmul(rows, rows, { transposeB: true }), Math.max(x.shape[x.rank - 1] - 1, 0));
  const deviation = sqrt(diagonalOf(covariance));
  const scale = multiply(expandDims(deviation, -1), expandDims(deviation, -2));
  const y = clipByValue(divide(covariance, scale), -1, 1);
  return x.rank === 1 ? reshape(y, []) : y;
});

/** The Euclidean distances of the rows of x and those of y: [..., m, d] and [..., n, d] give [..., m, n]. @tf tf.keras.ops.cdist */
export const cdist = both(
  'CDist',
  (x, y) => {
    if (x.rank < 2 || y.rank < 2)
      throw new InvalidArgumentError(
        `[cdist] x and y must have at least 2 dimensions; got ${x.rank} and ${y.rank}`,
      );
    if (x.shape[x.rank - 1] !== y.shape[y.rank - 1])
      throw new InvalidArgumentError(
        `[cdist] the last dimensions must be equal; got ${x.shape[x.rank - 1]} and ${y.shape[y.rank - 1]}`,
      );
    const difference = subtract(expandDims(x, -2), expandDims(y, -3));
    return sqrt(reduceSum(square(difference), { axis: -1 }));
  },
  floats,
  { module: 'math', functionName: 'cdist' },
);

/** x1 and x2, joined along an axis; null (default): their elements. @tf tf.keras.ops.append */
export const append = operation<Binary<[options?: { axis?: number | null } | number | null]>>({
  module: 'numpy',
  className: 'Append',
  tensors: ['x1', 'x2'],
  optional: { axis: null },
  check: ({ axis }) => ({ axis: axis === null ? null : integer(axis, 'axis', 'append') }),
  run: (args, { axis }) => {
    const pair = promoted(likes(args), 'append');
    return axis === null
      ? concat(
          pair.map((x) => reshape(x, [-1])),
          0,
        )
      : concat(pair, axis as number);
  },
});
