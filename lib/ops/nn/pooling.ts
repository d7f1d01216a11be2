/** Pooling: the largest or the mean of each window. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypeInfo, floating, numeric, type DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { remembered } from '../../core/remember';
import { detached } from '../../core/context';
import { asShape, describe, type Shape, showShape, sizeOf } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../array/cast';
import { range } from '../array/creation';
import { badDType, dtypeMask } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { options } from '../../core/options';
import { partOfOne, partOfTwo } from '../../op/define/part';
import { broadcastTo } from '../array/movement';
import { sample, symbolicZero, type Example, type GradContext } from '../../op/registry';
import { reshape } from '../array/views';
import type { DTypeOf } from '../../core/dtype_of';
import {
  checkWindowRank,
  fromChannelsLast,
  perDimension,
  spatialSizes,
  toChannelsLast,
  windowAxes,
  windowDims,
  windowPadding,
  type Padding,
  type PerDimension,
  type WindowAxes,
  type WindowDim,
} from './window';
import * as kernels from '../../op/kernels';

const poolDefaults = { strides: null, padding: 'VALID', dataFormat: null, dilations: null } as const;
const maxPoolWithArgmaxDefaults = {
  dataFormat: 'NHWC',
  outputDtype: 'int32',
  includeBatchInIndex: false,
} as const;

type Dims = readonly WindowDim[];
type OfOne = (t: Tensor, dims: Dims) => Tensor;
type OfTwo = (x: Tensor, t: Tensor, dims: Dims) => Tensor;
const last: readonly WindowAxes[] = [1, 2, 3].map((n) => ({ n, channelsFirst: false }));

/** Writes windows of one to three spatial dimensions; missing ones in front are 1. */
export function writeWindows(lists: typeof kernels.poolLists, dims: Dims): void {
  const missing = lists.size.length - dims.length;
  for (let i = 0; i < missing; i++) {
    lists.size[i] = lists.out[i] = lists.kernel[i] = lists.stride[i] = lists.dilation[i] = 1;
    lists.before[i] = 0;
  }
  for (let i = 0; i < dims.length; i++) {
    const d = dims[i];
    const at = missing + i;
    lists.size[at] = d.size;
    lists.out[at] = d.out;
    lists.kernel[at] = d.kernel;
    lists.stride[at] = d.stride;
    lists.dilation[at] = d.dilation;
    lists.before[at] = d.before;
  }
}

/** Kinds of the native entry. */
const kinds = { max: 0, at: 1, maxGradient: 2, mean: 3, meanGradient: 4 } as const;

/** Each kind uses some of the tensors. */
function run(
  kind: keyof typeof kinds,
  dims: Dims,
  x: Tensor | null,
  g: Tensor | null,
  y: Tensor,
  dx: Tensor | null,
): void {
  const shape = shapeOf((x ?? dx) as Tensor);
  writeWindows(kernels.poolLists, dims);
  kernels.pool(x, g, y, dx, (x ?? y).dt.code, kinds[kind], shape[0], shape[shape.length - 1]);
}

/** The shape with other sizes of space: those of the windows, or of what they move over. */
function pooledShape(shape: Shape, dims: Dims, sizes: 'out' | 'size'): Shape {
  const pooled = shape.slice();
  for (let i = 0; i < dims.length; i++) pooled[i + 1] = dims[i][sizes];
  return asShape(pooled);
}
const outShape = (x: Tensor, dims: Dims): Shape => pooledShape(shapeOf(x), dims, 'out');
const inShape = (y: Tensor, dims: Dims): Shape => pooledShape(shapeOf(y), dims, 'size');

// Rows of tensors with channels last.

const maxPoolLast: OfOne = partOfOne<Dims>('maxPoolLast', {
  dtypes: numeric,
  ulp: 0,
  infer: ([x], dims) => ({ shape: outShape(x, dims), dt: x.dt }),
  run: ([x], dims, [y]) => run('max', dims, x, null, y, null),
  saves: { inputs: [0] },
  gradient: ([dy], { x, attrs }: GradContext<Dims>) => [maxPoolGradient(x[0], dy, attrs)],
});

/** dx: each element of dy goes to the first of the largest in its window. */
const maxPoolGradient: OfTwo = partOfTwo<Dims>('maxPoolGradient', {
  dtypes: floating,
  infer: ([x]) => ({ shape: shapeOf(x), dt: x.dt }),
  run: ([x, dy], dims, [dx]) => run('maxGradient', dims, x, null, dy, dx),
  saves: { inputs: [0] },
  gradient: ([g], { x, needs, attrs }: GradContext<Dims>) => [
    symbolicZero,
    needs[1] ? maxPoolAt(x[0], g, attrs) : null,
  ],
});

/** The elements of g where those of x are the largest of their windows. g may be of any type as wide as x's. */
const maxPoolAt: OfTwo = partOfTwo<Dims>('maxPoolAt', {
  dtypes: floating,
  infer: ([x, g], dims) => ({ shape: outShape(x, dims), dt: g.dt }),
  run: ([x, g], dims, [y]) => run('at', dims, x, g, y, null),
  saves: { inputs: [0] },
  gradient: ([dy], { x, needs, attrs }: GradContext<Dims>) => [
    symbolicZero,
    needs[1] ? maxPoolGradient(x[0], dy, attrs) : null,
  ],
});

const avgPoolLast: OfOne = partOfOne<Dims>('avgPoolLast', {
  dtypes: floating,
  infer: ([x], dims) => ({ shape: outShape(x, dims), dt: x.dt }),
  run: ([x], dims, [y]) => run('mean', dims, x, null, y, null),
  gradient: ([dy], { attrs }: GradContext<Dims>) => [avgPoolGradient(dy, attrs)],
});

const avgPoolGradient: OfOne = partOfOne<Dims>('avgPoolGradient', {
  dtypes: floating,
  infer: ([dy], dims) => ({ shape: inShape(dy, dims), dt: dy.dt }),
  run: ([dy], dims, [dx]) => run('meanGradient', dims, null, null, dy, dx),
  gradient: ([g], { attrs }: GradContext<Dims>) => [avgPoolLast(g, attrs)],
});

// What users call.

export interface PoolOptions {
  /** 'NWC', 'NHWC', 'NDHWC' (default), or 'NCW', 'NCHW', 'NCDHW'. */
  dataFormat?: string | null;
}

type PoolCall = <X extends TensorLike>(
  input: X,
  ksize: PerDimension,
  strides: PerDimension,
  padding: Padding,
  options?: PoolOptions | string | null,
) => Tensor<DTypeOf<X>>;

interface Kind {
  dtypes: readonly DType[];
  mask: number;
  /** Takes padding as a list. */
  explicit: boolean;
  pool: (x: Tensor, dims: Dims) => Tensor;
}

const kindOf = (dtypes: readonly DType[], explicit: boolean, pool: Kind['pool']): Kind => ({
  dtypes,
  mask: dtypeMask(dtypes),
  explicit,
  pool,
});
const maxKind = kindOf(numeric, true, (x, dims) => maxPoolLast(x, dims));
const avgKind = kindOf(floating, false, (x, dims) => avgPoolLast(x, dims));

function poolInput(name: string, value: TensorLike, kind: Kind): Tensor {
  const x = toTensor(value, null, name, 'input');
  if (((kind.mask >> x.dt.code) & 1) === 0) throw badDType(name, 'input', x.dt, kind.dtypes);
  return x;
}

function pooled(x: Tensor, kind: Kind, axes: WindowAxes, dims: Dims): Tensor {
  return fromChannelsLast(kind.pool(toChannelsLast(x, axes), dims), axes);
}

/** The windows of a pooling call on x of that shape. */
const windowsOf = remembered(
  (
    name: string,
    shape: Shape,
    axes: WindowAxes,
    ksize: unknown,
    strides: unknown,
    padding: unknown,
    explicit: boolean,
    dilations: readonly number[] | null,
  ): Dims => {
    checkWindowRank(shape, axes, name, 'input');
    const kernels = perDimension(ksize, axes, name, 'ksize');
    const steps = perDimension(strides, axes, name, 'strides');
    const pads = windowPadding(padding, axes, name, { explicit: explicit && axes.n < 3 });
    if (typeof pads !== 'string') {
      pads.forEach((pair, i) => {
        if (Math.max(pair[0], pair[1]) < kernels[i]) return;
        throw new InvalidArgumentError(
          `[${name}] padding [${pair.join(', ')}] needs to be smaller than the window size ${kernels[i]}`,
        );
      });
    }
    const apart = dilations ?? kernels.map(() => 1);
    return windowDims(spatialSizes(shape, axes), kernels, steps, apart, pads, name);
  },
  [1],
);

const noFormat = { dataFormat: null };

/** n spatial dimensions, or with 0 as many as the input has. */
function pooling(name: string, tf: string, n: number, kind: Kind, examples: readonly Example[]): PoolCall {
  return composite(
    name,
    { tf, dtypes: kind.dtypes, ulp: kind.explicit ? 0 : 4, examples },
    (input: TensorLike, ksize: unknown, strides: unknown, padding: unknown, given?: unknown): Tensor => {
      const x = poolInput(name, input, kind);
      const { dataFormat } = options<{ dataFormat: unknown }>(given, 'dataFormat', noFormat, name);
      const spatial = n === 0 ? shapeOf(x).length - 2 : n;
      if (spatial < 1 || spatial > 3) {
        throw new InvalidArgumentError(
          `[${name}] input must have 3 to 5 dimensions: batch, 1 to 3 spatial ones and channels; got shape ` +
            showShape(shapeOf(x)),
        );
      }
      const axes = windowAxes(dataFormat, spatial, name);
      const dims = windowsOf(name, shapeOf(x), axes, ksize, strides, padding, kind.explicit, null);
      return pooled(x, kind, axes, dims);
    },
  );
}

const ofOne: readonly Example[] = [
  { args: [sample([2, 7, 3]), 2, 2, 'VALID'] },
  { args: [sample([1, 7, 2]), 3, 1, 'SAME'] },
  { args: [sample([2, 5, 1]), [4], [3], 'SAME'] },
];
const ofTwo: readonly Example[] = [
  { args: [sample([2, 4, 6, 3]), 2, 2, 'VALID'] },
  { args: [sample([1, 5, 5, 20]), 3, 2, 'SAME'] },
  { args: [sample([1, 7, 4, 2]), [3, 2], [1, 3], 'SAME'] },
  { args: [sample([2, 5, 6, 1]), [1, 2, 3, 1], [1, 1, 2, 1], 'VALID'] },
  { args: [sample([1, 3, 3, 2]), 5, 1, 'SAME'] },
  { args: [sample([1, 5, 5, 2]), 2, 3, 'VALID'] },
  { args: [sample([0, 4, 4, 2]), 2, 2, 'SAME'] },
  // Without windows TensorFlow leaves the gradient uninitialised.
  { args: [sample([1, 2, 4, 2]), [3, 2], 1, 'VALID'], noGradient: true },
];
const ofThree: readonly Example[] = [
  { args: [sample([1, 4, 4, 4, 2]), 2, 2, 'VALID'] },
  { args: [sample([1, 3, 4, 5, 2]), [2, 3, 2], [1, 2, 2], 'SAME'] },
];
const mixed: readonly Example[] = [ofOne[1], ofTwo[0], ofTwo[1], ofThree[1]];

/**
 * The largest element of each window, for each channel. `input` is [batch, …spatial, channels] with one to three spatial
 * dimensions; ksize and strides are numbers or one for each of them; padding is 'VALID', 'SAME' or, up to two dimensions, a
 * list of pairs that are smaller than the window. A window with a NaN gives NaN. The gradient goes to the first of the
 * largest. InvalidArgumentError where shapes do not fit. @tf tf.nn.max_pool
 */
export const maxPool = pooling('maxPool', 'tf.nn.max_pool', 0, maxKind, mixed);
/** `maxPool` over one spatial dimension. @tf tf.nn.max_pool1d */
export const maxPool1d = pooling('maxPool1d', 'tf.nn.max_pool1d', 1, maxKind, ofOne);
/** `maxPool` over two spatial dimensions. @tf tf.nn.max_pool2d */
export const maxPool2d = pooling('maxPool2d', 'tf.nn.max_pool2d', 2, maxKind, ofTwo);
/** `maxPool` over three spatial dimensions. @tf tf.nn.max_pool3d */
export const maxPool3d = pooling('maxPool3d', 'tf.nn.max_pool3d', 3, maxKind, ofThree);
/**
 * The mean of each window, for each channel; padding does not count. Arguments are those of `maxPool`, with padding
 * 'VALID' or 'SAME'. @tf tf.nn.avg_pool
 */
export const avgPool = pooling('avgPool', 'tf.nn.avg_pool', 0, avgKind, mixed);
/** `avgPool` over one spatial dimension. @tf tf.nn.avg_pool1d */
export const avgPool1d = pooling('avgPool1d', 'tf.nn.avg_pool1d', 1, avgKind, ofOne);
/** `avgPool` over two spatial dimensions. @tf tf.nn.avg_pool2d */
export const avgPool2d = pooling('avgPool2d', 'tf.nn.avg_pool2d', 2, avgKind, ofTwo);
/** `avgPool` over three spatial dimensions. @tf tf.nn.avg_pool3d */
export const avgPool3d = pooling('avgPool3d', 'tf.nn.avg_pool3d', 3, avgKind, ofThree);

export interface PoolWindowOptions {
  /** Default 1 in each dimension. */
  strides?: PerDimension | null;
  /** Default 'VALID'. */
  padding?: Padding;
  /** 'NWC', 'NHWC', 'NDHWC' (default), or 'NCW', 'NCHW', 'NCDHW'. */
  dataFormat?: string | null;
  /** Distances between the elements of a window. Default 1. */
  dilations?: PerDimension | null;
}

/** What `pool` makes of its arguments. */
const generalPlan = remembered(
  (
    shape: Shape,
    windowSizes: readonly number[],
    explicit: boolean,
    strides: unknown,
    padding: unknown,
    dataFormat: unknown,
    given: unknown,
  ): { axes: WindowAxes; dims: Dims } => {
    const name = 'pool';
    const axes = windowAxes(dataFormat, windowSizes.length, name);
    const dilations = perDimension(given ?? 1, axes, name, 'dilations');
    if (padding !== 'VALID' && dilations.some((d) => d > 1)) {
      throw new InvalidArgumentError(
        `[${name}] pooling with padding ${describe(padding)} is not implemented for dilations ${describe(dilations)}; it takes 'VALID'`,
      );
    }
    const dims = windowsOf(name, shape, axes, windowSizes, strides ?? 1, padding, explicit, dilations);
    return { axes, dims };
  },
  [0],
);

/**
 * Pooling by type: 'MAX' or 'AVG' over windows of `windowShape`, one size for each spatial dimension. Dilated windows take
 * no padding. @tf tf.nn.pool
 */
export const pool: <X extends TensorLike>(
  input: X,
  windowSizes: readonly number[],
  poolingType: 'MAX' | 'AVG',
  options?: PoolWindowOptions | PerDimension,
) => Tensor<DTypeOf<X>> = composite(
  'pool',
  {
    tf: 'tf.nn.pool',
    dtypes: floating,
    ulp: 4,
    examples: [
      { args: [sample([1, 6, 2]), [2], 'MAX'] },
      { args: [sample([1, 5, 6, 2]), [2, 3], 'AVG'], options: { strides: [2, 1], padding: 'SAME' } },
      { args: [sample([1, 7, 6, 2]), [2, 3], 'MAX'], options: { dilations: [3, 2] } },
      { args: [sample([1, 7, 6, 2]), [2, 2], 'AVG'], options: { dilations: [2, 3] } },
      { args: [sample([1, 4, 4, 4, 1]), [2, 2, 2], 'MAX'], options: { padding: 'SAME' } },
    ],
  },
  (
    input: TensorLike,
    windowSizes: readonly number[],
    poolingType: 'MAX' | 'AVG',
    given?: PoolWindowOptions | PerDimension,
  ): Tensor => {
    const name = 'pool';
    const kind = poolingType === 'MAX' ? maxKind : avgKind;
    if (poolingType !== 'MAX' && poolingType !== 'AVG') {
      throw new InvalidArgumentError(
        `[${name}] poolingType must be 'MAX' or 'AVG'; got ${describe(poolingType)}`,
      );
    }
    const x = poolInput(name, input, avgKind);
    const o = options<{ strides: unknown; padding: unknown; dataFormat: unknown; dilations: unknown }>(
      given,
      'strides',
      poolDefaults,
      name,
    );
    if (!Array.isArray(windowSizes) || windowSizes.length < 1 || windowSizes.length > 3) {
      throw new InvalidArgumentError(
        `[${name}] windowShape must be an array of 1 to 3 sizes, one for each spatial dimension; got ${describe(windowSizes)}`,
      );
    }
    const { axes, dims } = generalPlan(
      shapeOf(x),
      windowSizes,
      kind.explicit,
      o.strides,
      o.padding,
      o.dataFormat,
      o.dilations,
    );
    return pooled(x, kind, axes, dims);
  },
);

export interface MaxPoolWithArgmaxOptions<I extends 'int32' | 'int64' = 'int32' | 'int64'> {
  /** 'NHWC', the only one. */
  dataFormat?: string;
  /** 'int32' (default) or 'int64'. */
  outputDtype?: I;
  /** Count positions from the beginning of the batch, not of each example. Default false. */
  includeBatchInIndex?: boolean;
}

/** The position of each element, from the beginning of its example or of the batch. */
function positionsIn(shape: Shape, dtype: 'int32' | 'int64', fromBatch: boolean): Tensor {
  const size = sizeOf(shape);
  if (fromBatch) return reshape(range(size, { dtype }), shape);
  const [n, ...rest] = shape;
  return broadcastTo(reshape(range(size === 0 ? 0 : size / n, { dtype }), [1, ...rest]), shape);
}
const knownPositions = remembered(
  (shape: Shape, dtype: 'int32' | 'int64', fromBatch: boolean) =>
    detached(() => positionsIn(shape, dtype, fromBatch)),
  [0],
);

/**
 * [the largest element of each window, its position]: the flat one, (y·width + x)·channels + c, within its example.
 * Arguments are those of `maxPool2d`. Positions are int32 unless outputDtype says 'int64'. @tf tf.nn.max_pool_with_argmax
 */
export const maxPoolWithArgmax: <X extends TensorLike, I extends 'int32' | 'int64' = 'int32'>(
  input: X,
  ksize: PerDimension,
  strides: PerDimension,
  padding: Padding,
  options?: MaxPoolWithArgmaxOptions<I> | string,
) => [output: Tensor<DTypeOf<X>>, argmax: Tensor<NoInfer<I>>] = composite(
  'maxPoolWithArgmax',
  {
    tf: 'tf.nn.max_pool_with_argmax',
    dtypes: numeric,
    ulp: 0,
    examples: [
      { args: [sample([2, 4, 6, 3]), 2, 2, 'VALID'] },
      { args: [sample([2, 5, 4, 2]), [3, 2], [2, 1], 'SAME'], options: { includeBatchInIndex: true } },
      { args: [sample([1, 3, 3, 20]), 2, 1, 'SAME'], options: { outputDtype: 'int64' } },
    ],
  },
  (
    input: TensorLike,
    ksize: PerDimension,
    strides: PerDimension,
    padding: Padding,
    given?: MaxPoolWithArgmaxOptions | string,
  ): [Tensor, Tensor] => {
    const name = 'maxPoolWithArgmax';
    const x = poolInput(name, input, maxKind);
    const o = options<Required<MaxPoolWithArgmaxOptions>>(
      given,
      'dataFormat',
      maxPoolWithArgmaxDefaults,
      name,
    );
    if (o.dataFormat !== 'NHWC') {
      throw new InvalidArgumentError(`[${name}] dataFormat must be 'NHWC'; got ${describe(o.dataFormat)}`);
    }
    const out = dtypeInfo(o.outputDtype, `[${name}] outputDtype`);
    if (out.name !== 'int32' && out.name !== 'int64') {
      throw new InvalidArgumentError(`[${name}] outputDtype must be int32 or int64; got ${out.name}`);
    }
    const dims = windowsOf(name, shapeOf(x), last[1], ksize, strides, padding, false, null);
    // Positions go through the same windows as elements; they have to be as wide as these.
    const key = x.dt.bytes === 1 ? cast(x, 'int32') : x;
    const wide = key.dt.bytes === 8 ? 'int64' : 'int32';
    const batch = o.includeBatchInIndex;
    const positions = (x.size <= 1024 ? knownPositions : positionsIn)(shapeOf(x), wide, batch);
    const argmax = cast(maxPoolAt(key, positions, dims), out.name);
    return [maxPoolLast(x, dims), argmax];
  },
);
