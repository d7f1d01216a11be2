/** Depthwise and separable convolution. */
import { frame, native } from '../../binding';
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { memoized } from '../../core/memoize';
import { asShape, type Shape, showShape } from '../../core/shape';
import { bufferOf, shapeOf, type Tensor } from '../../core/tensor';
import { convFlops } from './conv_ops';
import { matmul } from '../linalg/matmul';
import { badDType, mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { options } from '../../core/options';
import { internalBinaryOp } from '../../op/define/internal';
import { broadcastTo } from '../array/movement';
import type { DTypeOfPair } from '../../core/dtype_of';
import { writeWindows } from './pooling';
import { sample, type GradContext } from '../../op/registry';
import { reshape } from '../array/views';
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

export interface DepthwiseWindows {
  readonly dims: readonly WindowDim[];
  /** The filter's shape. */
  readonly filter: Shape;
}
type Windows = DepthwiseWindows;
type Product = (a: Tensor, b: Tensor, windows: Windows) => Tensor;

/** Codes of the native binding: which of x, w and y is computed from the other two. */
const kinds = { y: 0, x: 1, w: 2 } as const;

function write(kind: keyof typeof kinds, windows: Windows, x: Tensor, w: Tensor, y: Tensor): void {
  frame[0] = x.offset;
  frame[1] = w.offset;
  frame[2] = y.offset;
  frame[3] = x.dt.code;
  frame[4] = kinds[kind];
  frame[5] = shapeOf(x)[0];
  frame[6] = shapeOf(x)[3];
  writeWindows(7, windows.dims, 2);
}

/** Writes the arguments of a forward depthwise convolution to the argument buffer. */
export function writeDepthwise(x: Tensor, w: Tensor, y: Tensor, windows: DepthwiseWindows): void {
  write('y', windows, x, w, y);
}

function run(kind: keyof typeof kinds, windows: Windows, x: Tensor, w: Tensor, y: Tensor): void {
  write(kind, windows, x, w, y);
  native.depthwise(bufferOf(x), bufferOf(w), bufferOf(y));
}

// Three ops, each linear in both inputs; the gradients of each are the other two. x is [n, h, w, c·m], w [kh, kw, c, m],
// y [n, oh, ow, c·m].

/** y = Σ w·x over the window of each position and channel. */
const depthwise: Product = internalBinaryOp<Windows>('depthwise', {
  flops: ([, w], [y]) => convFlops(y, w, 2),
  dtypes: floating,
  infer: ([x], { dims: [h, w] }) => ({
    shape: asShape([shapeOf(x)[0], h.out, w.out, shapeOf(x)[3]]),
    dt: x.dt,
  }),
  run: ([x, w], windows, [y]) => run('y', windows, x, w, y),
  saves: { inputs: [0, 1] },
  gradient: ([dy], { x, needs, attrs }: GradContext<Windows>) => [
    needs[0] ? depthwiseInput(dy, x[1], attrs) : null,
    needs[1] ? depthwiseFilter(x[0], dy, attrs) : null,
  ],
});

/** The gradient of `depthwise` with respect to x. */
const depthwiseInput: Product = internalBinaryOp<Windows>('depthwiseInput', {
  flops: ([dy, w]) => convFlops(dy, w, 2),
  dtypes: floating,
  infer: ([dy], { dims: [h, w] }) => ({
    shape: asShape([shapeOf(dy)[0], h.size, w.size, shapeOf(dy)[3]]),
    dt: dy.dt,
  }),
  run: ([dy, w], windows, [x]) => run('x', windows, x, w, dy),
  saves: { inputs: [0, 1] },
  gradient: ([g], { x, needs, attrs }: GradContext<Windows>) => [
    needs[0] ? depthwise(g, x[1], attrs) : null,
    needs[1] ? depthwiseFilter(g, x[0], attrs) : null,
  ],
});

/** The gradient of `depthwise` with respect to w. */
const depthwiseFilter: Product = internalBinaryOp<Windows>('depthwiseFilter', {
  flops: ([, dy], [w]) => convFlops(dy, w, 2),
  dtypes: floating,
  infer: ([x], { filter }) => ({ shape: filter, dt: x.dt }),
  run: ([x, dy], windows, [w]) => run('w', windows, x, w, dy),
  saves: { inputs: [0, 1] },
  gradient: ([g], { x, needs, attrs }: GradContext<Windows>) => [
    needs[0] ? depthwiseInput(x[1], g, attrs) : null,
    needs[1] ? depthwise(x[0], g, attrs) : null,
  ],
});

export interface DepthwiseConv2dOptions {
  /** 'NHWC' (default) or 'NCHW'. */
  dataFormat?: string | null;
  /** Distance between the elements of a window. Default 1. */
  dilations?: PerDimension | null;
}

interface DepthwisePlan {
  axes: WindowAxes;
  windows: Windows;
}

/** The plan of a call, cached by shapes and plain arguments. */
const depthwisePlan = memoized(
  (
    name: string,
    input: Shape,
    filter: Shape,
    strides: unknown,
    padding: unknown,
    dataFormat: unknown,
    dilations: unknown,
  ): DepthwisePlan => {
    const axes = windowAxes(dataFormat, 2, name);
    checkWindowRank(input, axes, name, 'input');
    if (filter.length !== 4) {
      throw new InvalidArgumentError(
        `[${name}] filter must be 4-dimensional: height, width, channels and multiplier; got shape ${showShape(filter)}`,
      );
    }
    const [kh, kw, channels] = filter;
    if (input[axes.channelsFirst ? 1 : 3] !== channels) {
      throw new InvalidArgumentError(
        `[${name}] input and filter must have the same depth: ${input[axes.channelsFirst ? 1 : 3]} vs ${channels} ` +
          `(input ${showShape(input)}, filter ${showShape(filter)})`,
      );
    }
    if (kh === 0 || kw === 0) {
      throw new InvalidArgumentError(`[${name}] filter must not be empty; got shape ${showShape(filter)}`);
    }
    const strideList = perDimension(strides, axes, name, 'strides');
    const dilationList = perDimension(dilations ?? 1, axes, name, 'dilations');
    const paddings = windowPadding(padding, axes, name);
    const dims = windowDims(spatialSizes(input, axes), [kh, kw], strideList, dilationList, paddings, name);
    return { axes, windows: { dims, filter } };
  },
  [1, 2],
);

const noOptions = { dataFormat: null, dilations: null };

/** Depthwise convolution with channels last; `complete` continues from its result, and applies the data format. */
function convolve(
  name: string,
  input: TensorLike,
  filter: TensorLike,
  strides: unknown,
  padding: unknown,
  given: unknown,
  complete: (last: Tensor, axes: WindowAxes) => Tensor,
): Tensor {
  const x = toTensor(input, null, name, 'input');
  if (x.dt.kind !== 'float') throw badDType(name, 'input', x.dt, floating);
  const f = toTensor(filter, x.dt, name, 'filter');
  if (f.dt !== x.dt) throw mixedDTypes(name, x, f);
  const o = options<{ dataFormat: unknown; dilations: unknown }>(given, 'dataFormat', noOptions, name);
  const { axes, windows } = depthwisePlan(
    name,
    shapeOf(x),
    shapeOf(f),
    strides,
    padding,
    o.dataFormat,
    o.dilations,
  );
  const [, , channels, multiplier] = shapeOf(f);
  let last = toChannelsLast(x, axes);
  if (multiplier !== 1) {
    // Repeats each input channel per output channel, so that the kernel is vectorised over channels. The gradient of the
    // broadcast sums over the repeats.
    const shape = shapeOf(last);
    last = reshape(broadcastTo(reshape(last, [...shape, 1]), [...shape, multiplier]), [
      ...shape.slice(0, 3),
      channels * multiplier,
    ]);
  }
  return complete(depthwise(last, f, windows), axes);
}

/**
 * Depthwise convolution: each channel has its own m filters. y[b, i, j, c·m + q] = Σ filter[di, dj, c, q]·x[b,
 * i·stride + di·dilation − before, …, c]. input is [batch, height, width, channels], filter [height, width, channels, m];
 * the result has channels·m channels. padding is 'VALID', 'SAME' or a list of pairs. InvalidArgumentError for incompatible
 * shapes. @tf tf.nn.depthwise_conv2d
 */
export const depthwiseConv2d: <X extends TensorLike, F extends TensorLike>(
  input: X,
  filter: F,
  strides: PerDimension,
  padding: Padding,
  options?: DepthwiseConv2dOptions | string | null,
) => Tensor<DTypeOfPair<X, F>> = composite(
  'depthwiseConv2d',
  {
    tf: 'tf.nn.depthwise_conv2d',
    dtypes: floating,
    domain: [-2, 2],
    examples: [
      { args: [sample([2, 5, 6, 3]), sample([3, 3, 3, 1]), [1, 1, 1, 1], 'SAME'] },
      { args: [sample([1, 5, 4, 18]), sample([3, 3, 18, 1]), [1, 2, 2, 1], 'SAME'] },
      { args: [sample([1, 5, 7, 2]), sample([2, 3, 2, 3]), [1, 1, 1, 1], 'VALID'] },
      { args: [sample([1, 8, 7, 2]), sample([3, 2, 2, 2]), [1, 3, 3, 1], 'VALID'] },
      {
        args: [sample([1, 7, 9, 2]), sample([3, 3, 2, 1]), [1, 1, 1, 1], 'SAME'],
        options: { dilations: [2, 3] },
      },
      {
        args: [
          sample([1, 4, 5, 2]),
          sample([3, 3, 2, 1]),
          [1, 2, 2, 1],
          [
            [0, 0],
            [1, 2],
            [3, 0],
            [0, 0],
          ],
        ],
      },
      { args: [sample([1, 3, 3, 1]), sample([5, 5, 1, 4]), [1, 1, 1, 1], 'SAME'] },
      // For an empty result, TensorFlow leaves the filter's gradient uninitialised.
      { args: [sample([0, 4, 4, 2]), sample([3, 3, 2, 1]), [1, 1, 1, 1], 'SAME'], noGradient: true },
      { args: [sample([1, 2, 2, 2]), sample([3, 3, 2, 1]), [1, 1, 1, 1], 'VALID'], noGradient: true },
    ],
  },
  (
    input: TensorLike,
    filter: TensorLike,
    strides: PerDimension,
    padding: Padding,
    given?: DepthwiseConv2dOptions | string | null,
  ): Tensor => convolve('depthwiseConv2d', input, filter, strides, padding, given, fromChannelsLast),
);

/**
 * Separable convolution: `depthwiseConv2d`, then a 1×1 convolution with pointwiseFilter of shape [1, 1, channels·m, outputs].
 * @tf tf.nn.separable_conv2d
 */
export const separableConv2d: <X extends TensorLike, F extends TensorLike>(
  input: X,
  depthwiseFilter: F,
  pointwiseFilter: TensorLike,
  strides: PerDimension,
  padding: Padding,
  options?: DepthwiseConv2dOptions | string | null,
) => Tensor<DTypeOfPair<X, F>> = composite(
  'separableConv2d',
  {
    tf: 'tf.nn.separable_conv2d',
    dtypes: floating,
    domain: [-1, 1],
    ulp: 8,
    examples: [
      { args: [sample([2, 5, 6, 3]), sample([3, 3, 3, 2]), sample([1, 1, 6, 4]), [1, 1, 1, 1], 'SAME'] },
      { args: [sample([1, 8, 7, 2]), sample([3, 2, 2, 1]), sample([1, 1, 2, 3]), [1, 2, 2, 1], 'VALID'] },
    ],
  },
  (
    input: TensorLike,
    depthwiseFilter: TensorLike,
    pointwiseFilter: TensorLike,
    strides: PerDimension,
    padding: Padding,
    given?: DepthwiseConv2dOptions | string | null,
  ): Tensor => {
    const name = 'separableConv2d';
    return convolve(name, input, depthwiseFilter, strides, padding, given, (y, axes) => {
      const p = toTensor(pointwiseFilter, y.dt, name, 'pointwiseFilter');
      if (p.dt !== y.dt) throw mixedDTypes(name, y, p);
      const [batch, height, width, channels] = shapeOf(y);
      const [h, w, inputs, outputs] = shapeOf(p);
      if (shapeOf(p).length !== 4 || h !== 1 || w !== 1 || inputs !== channels) {
        throw new InvalidArgumentError(
          `[${name}] pointwiseFilter must have shape [1,1,${channels},outputs], for the ${channels} channels of the ` +
            `depthwise result; got ${showShape(shapeOf(p))}`,
        );
      }
      const pixels = batch * height * width;
      const last = matmul(reshape(y, [pixels, channels]), reshape(p, [channels, outputs]));
      return fromChannelsLast(reshape(last, [batch, height, width, outputs]), axes);
    });
  },
);
