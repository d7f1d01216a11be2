/** Max and average pooling. */
import { toTensor, type TensorLike } from '../../core/convert';
import { floating, numeric, type DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { memoized } from '../../core/memoize';
import { asShape, describe, type Shape, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { badDType, dtypeMask } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { options } from '../../core/options';
import { internalUnaryOp, internalBinaryOp } from '../../op/define/internal';
import { sample, symbolicZero, type Example, type GradContext } from '../../op/registry';
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

type Dims = readonly WindowDim[];
type PoolOp = (t: Tensor, dims: Dims) => Tensor;
type PoolGradientOp = (x: Tensor, t: Tensor, dims: Dims) => Tensor;

/** Writes windows of one to three spatial dimensions; missing leading ones have size 1. */
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

/** Codes of the native binding. */
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

/** The shape with the spatial sizes of the output ('out') or of the input ('size'). */
function pooledShape(shape: Shape, dims: Dims, sizes: 'out' | 'size'): Shape {
  const pooled = shape.slice();
  for (let i = 0; i < dims.length; i++) pooled[i + 1] = dims[i][sizes];
  return asShape(pooled);
}
const outShape = (x: Tensor, dims: Dims): Shape => pooledShape(shapeOf(x), dims, 'out');
const inShape = (y: Tensor, dims: Dims): Shape => pooledShape(shapeOf(y), dims, 'size');

// Internal ops, on tensors with channels last.

export const maxPoolLast: PoolOp = internalUnaryOp<Dims>('maxPoolLast', {
  dtypes: numeric,
  ulp: 0,
  infer: ([x], dims) => ({ shape: outShape(x, dims), dt: x.dt }),
  run: ([x], dims, [y]) => run('max', dims, x, null, y, null),
  saves: { inputs: [0] },
  gradient: ([dy], { x, attrs }: GradContext<Dims>) => [maxPoolGradient(x[0], dy, attrs)],
});

/** The gradient of maxPoolLast: each element of dy goes to the first maximum of its window. */
const maxPoolGradient: PoolGradientOp = internalBinaryOp<Dims>('maxPoolGradient', {
  dtypes: floating,
  infer: ([x]) => ({ shape: shapeOf(x), dt: x.dt }),
  run: ([x, dy], dims, [dx]) => run('maxGradient', dims, x, null, dy, dx),
  saves: { inputs: [0] },
  gradient: ([g], { x, needs, attrs }: GradContext<Dims>) => [
    symbolicZero,
    needs[1] ? maxPoolAt(x[0], g, attrs) : null,
  ],
});

/**
 * The elements of g at the positions of the maxima of x's windows. g has a dtype of the same width as x, or that of x if x has
 * no kernels of its own.
 */
export const maxPoolAt: PoolGradientOp = internalBinaryOp<Dims>('maxPoolAt', {
  dtypes: floating,
  infer: ([x, g], dims) => ({ shape: outShape(x, dims), dt: g.dt }),
  run: ([x, g], dims, [y]) => run('at', dims, x, g, y, null),
  saves: { inputs: [0] },
  gradient: ([dy], { x, needs, attrs }: GradContext<Dims>) => [
    symbolicZero,
    needs[1] ? maxPoolGradient(x[0], dy, attrs) : null,
  ],
});

const avgPoolLast: PoolOp = internalUnaryOp<Dims>('avgPoolLast', {
  dtypes: floating,
  infer: ([x], dims) => ({ shape: outShape(x, dims), dt: x.dt }),
  run: ([x], dims, [y]) => run('mean', dims, x, null, y, null),
  gradient: ([dy], { attrs }: GradContext<Dims>) => [avgPoolGradient(dy, attrs)],
});

const avgPoolGradient: PoolOp = internalUnaryOp<Dims>('avgPoolGradient', {
  dtypes: floating,
  infer: ([dy], dims) => ({ shape: inShape(dy, dims), dt: dy.dt }),
  run: ([dy], dims, [dx]) => run('meanGradient', dims, null, null, dy, dx),
  gradient: ([g], { attrs }: GradContext<Dims>) => [avgPoolLast(g, attrs)],
});

// Public functions.

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
  /** Whether explicit padding is supported. */
  explicit: boolean;
  pool: (x: Tensor, dims: Dims) => Tensor;
}

const kindOf = (dtypes: readonly DType[], explicit: boolean, pool: Kind['pool']): Kind => ({
  dtypes,
  mask: dtypeMask(dtypes),
  explicit,
  pool,
});
export const maxKind = kindOf(numeric, true, (x, dims) => maxPoolLast(x, dims));
export const avgKind = kindOf(floating, false, (x, dims) => avgPoolLast(x, dims));

export function poolInput(name: string, value: TensorLike, kind: Kind): Tensor {
  const x = toTensor(value, null, name, 'input');
  if (((kind.mask >> x.dt.code) & 1) === 0) throw badDType(name, 'input', x.dt, kind.dtypes);
  return x;
}

function applyPooling(x: Tensor, kind: Kind, axes: WindowAxes, dims: Dims): Tensor {
  return fromChannelsLast(kind.pool(toChannelsLast(x, axes), dims), axes);
}

/** The windows of a pooling call, cached by shape and plain arguments. */
export const poolWindows = memoized(
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
    const strideList = perDimension(strides, axes, name, 'strides');
    const pads = windowPadding(padding, axes, name, { explicit: explicit && axes.n < 3 });
    if (typeof pads !== 'string') {
      pads.forEach((pair, i) => {
        if (Math.max(pair[0], pair[1]) < kernels[i]) return;
        throw new InvalidArgumentError(
          `[${name}] padding [${pair.join(', ')}] needs to be smaller than the window size ${kernels[i]}`,
        );
      });
    }
    const dilationList = dilations ?? kernels.map(() => 1);
    return windowDims(spatialSizes(shape, axes), kernels, strideList, dilationList, pads, name);
  },
  [1],
);

const noFormat = { dataFormat: null };

/** Defines a pooling function for n spatial dimensions; 0 stands for as many as the input has. */
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
      const dims = poolWindows(name, shapeOf(x), axes, ksize, strides, padding, kind.explicit, null);
      return applyPooling(x, kind, axes, dims);
    },
  );
}

const examples1d: readonly Example[] = [
  { args: [sample([2, 7, 3]), 2, 2, 'VALID'] },
  { args: [sample([1, 7, 2]), 3, 1, 'SAME'] },
  { args: [sample([2, 5, 1]), [4], [3], 'SAME'] },
];
const examples2d: readonly Example[] = [
  { args: [sample([2, 4, 6, 3]), 2, 2, 'VALID'] },
  { args: [sample([1, 5, 5, 20]), 3, 2, 'SAME'] },
  { args: [sample([1, 7, 4, 2]), [3, 2], [1, 3], 'SAME'] },
  { args: [sample([2, 5, 6, 1]), [1, 2, 3, 1], [1, 1, 2, 1], 'VALID'] },
  { args: [sample([1, 3, 3, 2]), 5, 1, 'SAME'] },
  { args: [sample([1, 5, 5, 2]), 2, 3, 'VALID'] },
  { args: [sample([0, 4, 4, 2]), 2, 2, 'SAME'] },
  // For an empty result, TensorFlow leaves the gradient uninitialised.
  { args: [sample([1, 2, 4, 2]), [3, 2], 1, 'VALID'], noGradient: true },
];
const examples3d: readonly Example[] = [
  { args: [sample([1, 4, 4, 4, 2]), 2, 2, 'VALID'] },
  { args: [sample([1, 3, 4, 5, 2]), [2, 3, 2], [1, 2, 2], 'SAME'] },
];
const mixedExamples: readonly Example[] = [examples1d[1], examples2d[0], examples2d[1], examples3d[1]];

/**
 * Max pooling: the maximum of each window, for each channel. `input` is [batch, …spatial, channels] with one to three spatial
 * dimensions; ksize and strides are one number or one per spatial dimension; padding is 'VALID', 'SAME' or, for up to two
 * spatial dimensions, a list of pairs that are smaller than the window. A window with a NaN gives NaN. The gradient goes to
 * the first maximum. InvalidArgumentError for incompatible shapes. @tf tf.nn.max_pool
 */
export const maxPool = pooling('maxPool', 'tf.nn.max_pool', 0, maxKind, mixedExamples);
/** `maxPool` over one spatial dimension. @tf tf.nn.max_pool1d */
export const maxPool1d = pooling('maxPool1d', 'tf.nn.max_pool1d', 1, maxKind, examples1d);
/** `maxPool` over two spatial dimensions. @tf tf.nn.max_pool2d */
export const maxPool2d = pooling('maxPool2d', 'tf.nn.max_pool2d', 2, maxKind, examples2d);
/** `maxPool` over three spatial dimensions. @tf tf.nn.max_pool3d */
export const maxPool3d = pooling('maxPool3d', 'tf.nn.max_pool3d', 3, maxKind, examples3d);
/**
 * Average pooling: the mean of each window, for each channel, without padded elements. The arguments are those of `maxPool`,
 * with padding 'VALID' or 'SAME'. @tf tf.nn.avg_pool
 */
export const avgPool = pooling('avgPool', 'tf.nn.avg_pool', 0, avgKind, mixedExamples);
/** `avgPool` over one spatial dimension. @tf tf.nn.avg_pool1d */
export const avgPool1d = pooling('avgPool1d', 'tf.nn.avg_pool1d', 1, avgKind, examples1d);
/** `avgPool` over two spatial dimensions. @tf tf.nn.avg_pool2d */
export const avgPool2d = pooling('avgPool2d', 'tf.nn.avg_pool2d', 2, avgKind, examples2d);
/** `avgPool` over three spatial dimensions. @tf tf.nn.avg_pool3d */
export const avgPool3d = pooling('avgPool3d', 'tf.nn.avg_pool3d', 3, avgKind, examples3d);

export interface PoolWindowOptions {
  /** Default 1 in each dimension. */
  strides?: PerDimension | null;
  /** Default 'VALID'. */
  padding?: Padding;
  /** 'NWC', 'NHWC', 'NDHWC' (default), or 'NCW', 'NCHW', 'NCDHW'. */
  dataFormat?: string | null;
  /** Distance between the elements of a window. Default 1. */
  dilations?: PerDimension | null;
}

/** The plan of a call of `pool`, cached by shape and plain arguments. */
const poolPlan = memoized(
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
    const dims = poolWindows(name, shape, axes, windowSizes, strides ?? 1, padding, explicit, dilations);
    return { axes, dims };
  },
  [0],
);

/**
 * Max ('MAX') or average ('AVG') pooling over windows of `windowShape`, one size per spatial dimension. Dilation requires
 * padding 'VALID'. @tf tf.nn.pool
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
    const { axes, dims } = poolPlan(
      shapeOf(x),
      windowSizes,
      kind.explicit,
      o.strides,
      o.padding,
      o.dataFormat,
      o.dilations,
    );
    return applyPooling(x, kind, axes, dims);
  },
);
