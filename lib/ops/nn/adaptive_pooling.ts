/** Adaptive pooling: pooling to a given output size, over windows that follow from it. */
import type { TensorLike } from '../../core/convert';
import { floating, numeric, type DType } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { memoized } from '../../core/memoize';
import { options } from '../../core/options';
import { asShape, describe, showShape, type Dims } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { composite } from '../../op/define/composite';
import { integerList } from '../../op/strided';
import { sample, type Example } from '../../op/registry';
import { constant } from '../array/convert';
import { pad } from '../array/padding';
import { reshape } from '../array/views';
import { gather } from '../index/indexing';
import { realDivide } from '../math/binary';
import { reduceSum } from '../reduce/reduce';
import { avgKind, maxKind, poolInput } from './pooling';
import { fromChannelsLast, spatialSizes, toChannelsLast, type WindowAxes, type WindowDim } from './window';

export interface AdaptivePoolOptions {
  /** 'channels_last' (default) or 'channels_first'. */
  dataFormat?: string | null;
}

/** The windows along one axis: window i is [⌊i·n / out⌋, ⌈(i + 1)·n / out⌉). */
interface AxisWindows {
  /** They are of one size and equally far apart, as those of plain pooling are. */
  readonly regular: WindowDim | null;
  /** Otherwise: the elements of all windows, each of `largest`. Smaller windows end with element n, which does not exist. */
  readonly elements: Int32Array;
  readonly largest: number;
  /** The size of each window. */
  readonly sizes: Float64Array;
}

const axisWindows = memoized((n: number, out: number): AxisWindows => {
  const starts = new Float64Array(out).map((_, i) => Math.floor((i * n) / out));
  const sizes = starts.map((start, i) => Math.ceil(((i + 1) * n) / out) - start);
  const largest = sizes.reduce((a, b) => Math.max(a, b));
  const stride = out > 1 ? starts[1] : 1;
  const isRegular = stride > 0 && starts.every((start, i) => start === i * stride && sizes[i] === largest);
  const regular = { size: n, kernel: largest, stride, dilation: 1, out, before: 0, after: 0 };
  const elements = new Int32Array(out * largest).map((_, at) => {
    const i = Math.floor(at / largest);
    const k = at % largest;
    return k < sizes[i] ? starts[i] + k : n;
  });
  return { regular: isRegular ? regular : null, elements, largest, sizes };
});

const whole = (size: number): WindowDim => ({
  size,
  kernel: 1,
  stride: 1,
  dilation: 1,
  out: size,
  before: 0,
  after: 0,
});

/** Windows along spatial dimension `axis` alone. */
const alongAxis = (spatial: Dims, axis: number, window: WindowDim): WindowDim[] =>
  spatial.map((size, i) => (i === axis ? window : whole(size)));

/** The spatial sizes with that of one axis replaced. */
const replaced = (spatial: Dims, axis: number, size: number): number[] =>
  spatial.map((n, i) => (i === axis ? size : n));

interface Kind {
  readonly name: string;
  readonly tf: string;
  readonly dtypes: readonly DType[];
  readonly pooling: typeof maxKind;
  /** Pools over windows that are not regular, along spatial dimension `axis` of x with channels last. */
  irregular(x: Tensor, axis: number, windows: AxisWindows): Tensor;
}

function maxOfWindows(x: Tensor, axis: number, { elements, largest }: AxisWindows): Tensor {
  const shape = shapeOf(x);
  const n = shape[axis + 1];
  // A smaller window repeats its last element, which changes neither the maximum nor the first place where it is.
  const repeated = elements.map((at, i) => (at < n ? at : elements[i - 1]));
  const spread = gather(x, repeated, { axis: axis + 1 });
  const out = elements.length / largest;
  const window = { ...whole(elements.length), kernel: largest, stride: largest, out };
  const spatial = replaced(shape.slice(1, -1), axis, elements.length);
  return maxKind.pool(spread, alongAxis(spatial, axis, window));
}

function meanOfWindows(x: Tensor, axis: number, { elements, largest, sizes }: AxisWindows): Tensor {
  const shape = shapeOf(x);
  const rank = shape.length;
  const at = axis + 1;
  // The element that does not exist is 0.
  const padded = pad(
    x,
    shape.map((_, i) => [0, i === at ? 1 : 0]),
  );
  const spread = gather(padded, elements, { axis: at });
  const out = sizes.length;
  const windows = reshape(spread, [...shape.slice(0, at), out, largest, ...shape.slice(at + 1)]);
  const column = asShape(new Array<number>(rank).fill(1).map((one, i) => (i === at ? out : one)));
  const counts = reshape(constant(sizes, { dtype: x.dtype }), column);
  return realDivide(reduceSum(windows, { axis: at + 1 }), counts);
}

/** Pools one spatial dimension after the other, so that of equal maxima the one that Keras chooses gets the gradient. */
function poolAxes(x: Tensor, outputs: readonly number[], kind: Kind): Tensor {
  let y = x;
  outputs.forEach((out, axis) => {
    const spatial = shapeOf(y).slice(1, -1);
    const n = spatial[axis];
    if (n === out) return;
    const windows = axisWindows(n, out);
    y =
      windows.regular === null
        ? kind.irregular(y, axis, windows)
        : kind.pooling.pool(y, alongAxis(spatial, axis, windows.regular));
  });
  return y;
}

/** The most windows along one axis. */
const maxWindows = 2 ** 24;

/** Parses the size of the result: one number for all n spatial dimensions, or one for each. */
function outputSizes(value: unknown, n: number, op: string): number[] {
  const list = integerList(value, op, 'outputSize');
  const sizes = typeof value === 'number' ? new Array<number>(n).fill(list[0]) : list;
  if (sizes.length !== n)
    throw new InvalidArgumentError(
      `[${op}] outputSize must be one integer, or ${n} for the ${n} spatial dimensions of the input; got ${describe(value)}`,
    );
  if (sizes.some((size) => size < 1 || size > maxWindows))
    throw new InvalidArgumentError(
      `[${op}] outputSize must be between 1 and ${maxWindows}; got ${describe(value)}`,
    );
  return sizes;
}

const defaults = { dataFormat: null };

function dataAxes(format: unknown, n: number, op: string): WindowAxes {
  if (format === null || format === 'channels_last') return { n, channelsFirst: false };
  if (format === 'channels_first') return { n, channelsFirst: true };
  throw new InvalidArgumentError(
    `[${op}] dataFormat must be 'channels_last' or 'channels_first'; got ${describe(format)}`,
  );
}

type AdaptivePool = <X extends TensorLike>(
  input: X,
  outputSize: number | readonly number[],
  options?: AdaptivePoolOptions | string | null,
) => Tensor<DTypeOf<X>>;

const examples: readonly Example[] = [
  { args: [sample([2, 7, 3]), 3] },
  { args: [sample([1, 8, 2]), [4]] },
  { args: [sample([2, 3, 2]), 5] },
  { args: [sample([2, 5, 7, 3]), [2, 3]] },
  { args: [sample([1, 6, 4, 2]), 1] },
  { args: [sample([1, 3, 5, 7]), [3, 2]], options: { dataFormat: 'channels_first' } },
  { args: [sample([1, 3, 5, 4, 2]), [2, 4, 3]] },
];

function adaptivePool(kind: Kind): AdaptivePool {
  const { name, tf, dtypes, pooling } = kind;
  return composite(
    name,
    { tf, dtypes, ulp: 4, examples },
    (input: TensorLike, outputSize: unknown, given?: unknown): Tensor => {
      const x = poolInput(name, input, pooling);
      const shape = shapeOf(x);
      const n = shape.length - 2;
      if (n < 1 || n > 3)
        throw new InvalidArgumentError(
          `[${name}] input must have 3 to 5 dimensions: batch, 1 to 3 spatial ones and channels; got shape ` +
            showShape(shape),
        );
      const { dataFormat } = options<{ dataFormat: unknown }>(given, 'dataFormat', defaults, name);
      const axes = dataAxes(dataFormat, n, name);
      const outputs = outputSizes(outputSize, n, name);
      if (spatialSizes(shape, axes).includes(0))
        throw new InvalidArgumentError(
          `[${name}] the spatial dimensions of the input must not be empty; got shape ${showShape(shape)}`,
        );
      return fromChannelsLast(poolAxes(toChannelsLast(x, axes), outputs, kind), axes);
    },
  );
}

/**
 * Average pooling to a given size. Along a dimension of n elements, result i of m is the mean of the elements from ⌊i·n / m⌋ to
 * ⌈(i + 1)·n / m⌉, exclusive. `input` is [batch, …spatial, channels] with one to three spatial dimensions; outputSize is one
 * number for all of them, or one for each. Floating dtypes. InvalidArgumentError for incompatible shapes.
 * @tf tf.keras.ops.adaptive_average_pool
 */
export const adaptiveAveragePool: AdaptivePool = adaptivePool({
  name: 'adaptiveAveragePool',
  tf: 'tf.keras.ops.adaptive_average_pool',
  dtypes: floating,
  pooling: avgKind,
  irregular: meanOfWindows,
});

/** Max pooling to a given size; see `adaptiveAveragePool`. @tf tf.keras.ops.adaptive_max_pool */
export const adaptiveMaxPool: AdaptivePool = adaptivePool({
  name: 'adaptiveMaxPool',
  tf: 'tf.keras.ops.adaptive_max_pool',
  dtypes: numeric,
  pooling: maxKind,
  irregular: maxOfWindows,
});
