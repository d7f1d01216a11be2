/** Operations of windows: convolution and pooling. */
import { toTensor, type TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { expandDims, squeeze } from '../../ops/array/views';
import {
  adaptiveAveragePool as adaptiveAverage,
  adaptiveMaxPool as adaptiveLargest,
} from '../../ops/nn/adaptive_pooling';
import { convolution } from '../../ops/nn/conv';
import { convTranspose as transposed } from '../../ops/nn/conv_transpose';
import { depthwiseConv2d, separableConv2d } from '../../ops/nn/depthwise';
import { avgPool, maxPool as largest } from '../../ops/nn/pooling';
import { fromChannelsLast, toChannelsLast, type WindowAxes } from '../../ops/nn/window';
import type { Config } from '../base/keras_object';
import {
  dataFormatName,
  integerTuple,
  paddingName,
  windowCounts,
  type DataFormat,
  type LayerPadding,
  type WindowSize,
} from '../layers/window_arguments';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { floating, promoted } from './dtypes';
import { operation } from './operation';
import type { Operand, Unary } from './types';

export interface PoolOptions {
  /** Distance between adjacent windows. Default: the size of a window. */
  strides?: WindowSize | null;
  /** 'valid' (default): no padding. 'same': windows reach over both ends. */
  padding?: LayerPadding;
  /** Where the channels are. Default 'channels_last'. */
  dataFormat?: DataFormat | null;
}

export interface ConvOptions {
  /** Distance between adjacent windows. Default 1. */
  strides?: WindowSize;
  /** 'valid' (default): no padding. 'same': windows reach over both ends. */
  padding?: LayerPadding;
  /** Where the channels are. Default 'channels_last'. */
  dataFormat?: DataFormat | null;
  /** Distance between the elements of a window. Default 1. */
  dilationRate?: WindowSize;
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Elements that are added at the end of each dimension; null (default): as many as the padding requires. */
  outputPadding?: WindowSize | null;
}

/** The windows of a call, for an input with channels first or last. */
interface Windows {
  /** With channels last. */
  readonly x: Tensor;
  readonly n: number;
  readonly axes: WindowAxes;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: LayerPadding;
}

const upper = (padding: LayerPadding): 'SAME' | 'VALID' => (padding === 'same' ? 'SAME' : 'VALID');

/** The config with its padding in lower case, and a data format. */
function checkWindows(config: Config, op: string): Config {
  return {
    ...config,
    padding: paddingName(config.padding, ['valid', 'same'], op),
    dataFormat: dataFormatName(config.dataFormat, op),
  };
}

function windowsOf(x: Tensor, config: Config, op: string, strides = config.strides): Windows {
  const n = x.rank - 2;
  if (n < 1 || n > 3)
    throw new InvalidArgumentError(
      `[${op}] inputs must have 1 to 3 spatial dimensions besides batch and channels; got shape ${showShape(shapeOf(x))}`,
    );
  const axes = { n, channelsFirst: config.dataFormat === 'channels_first' };
  return {
    x: toChannelsLast(x, axes),
    n,
    axes,
    strides: integerTuple(strides, n, 'strides', op),
    dilations: integerTuple(config.dilationRate ?? 1, n, 'dilationRate', op),
    padding: config.padding as LayerPadding,
  };
}

const pooling = (
  className: string,
  op: string,
  pool: typeof avgPool,
): Unary<[poolSize: WindowSize, options?: PoolOptions]> =>
  operation<Unary<[poolSize: WindowSize, options?: PoolOptions]>>({
    module: 'nn',
    className,
    tensors: ['inputs'],
    required: ['poolSize'],
    optional: { strides: null, padding: 'valid', dataFormat: null },
    check: (config) => checkWindows(config, op),
    run: ([inputs], config) => {
      const { poolSize, strides } = config;
      const { x, n, axes, ...windows } = windowsOf(
        toTensor(inputs, null, op, 'inputs'),
        config,
        op,
        strides ?? poolSize,
      );
      const sizes = integerTuple(poolSize, n, 'poolSize', op);
      windowCounts(x.shape.slice(1, -1), { ...windows, sizes }, op);
      return fromChannelsLast(pool(x, sizes, windows.strides, upper(windows.padding)), axes);
    },
  });

/** The mean of each window and channel. @tf tf.keras.ops.average_pool */
export const averagePool = pooling('AveragePool', 'averagePool', avgPool);
/** The maximum of each window and channel. @tf tf.keras.ops.max_pool */
export const maxPool = pooling('MaxPool', 'maxPool', largest);

export interface AdaptivePoolOptions {
  /** Where the channels are. Default 'channels_last'. */
  dataFormat?: DataFormat | null;
}

const adaptivePooling = (
  className: string,
  op: string,
  pool: typeof adaptiveAverage,
): Unary<[outputSize: WindowSize, options?: AdaptivePoolOptions]> =>
  operation<Unary<[outputSize: WindowSize, options?: AdaptivePoolOptions]>>({
    module: 'nn',
    className,
    tensors: ['inputs'],
    required: ['outputSize'],
    optional: { dataFormat: null },
    check: (config) => ({ ...config, dataFormat: dataFormatName(config.dataFormat, op) }),
    run: ([inputs], { outputSize, dataFormat }) =>
      pool(toTensor(inputs, null, op, 'inputs'), outputSize as number[], {
        dataFormat: dataFormat as DataFormat,
      }),
  });

/** The mean of each of `outputSize` windows along each dimension. @tf tf.keras.ops.adaptive_average_pool */
export const adaptiveAveragePool = adaptivePooling(
  'AdaptiveAveragePool',
  'adaptiveAveragePool',
  adaptiveAverage,
);
/** The maximum of each of `outputSize` windows along each dimension. @tf tf.keras.ops.adaptive_max_pool */
export const adaptiveMaxPool = adaptivePooling('AdaptiveMaxPool', 'adaptiveMaxPool', adaptiveLargest);

/** A convolution of inputs with a kernel. */
export interface Convolve<O = ConvOptions> {
  (inputs: TensorLike, kernel: TensorLike, options?: O): Tensor;
  (inputs: Operand, kernel: Operand, options?: O): KerasTensor;
}

const convDefaults = { strides: 1, padding: 'valid', dataFormat: null, dilationRate: 1 };

/** The operands as floats of one dtype. */
const floats = (operands: readonly unknown[], op: string): readonly Tensor[] =>
  promoted(operands as TensorLike[], op).map((t) => floating(t, op));

function checkKernel(kernel: Tensor, n: number, name: string, op: string): void {
  if (kernel.rank !== n + 2)
    throw new InvalidArgumentError(
      `[${op}] ${name} must have ${n} spatial dimensions besides two of channels; got shape ${showShape(shapeOf(kernel))}`,
    );
}

/**
 * The convolution of inputs [batch, …, channels] with a kernel [window…, channels, filters]; a kernel of fewer channels convolves in
 * groups. @tf tf.keras.ops.conv
 */
export const conv = operation<Convolve>({
  module: 'nn',
  className: 'Conv',
  tensors: ['inputs', 'kernel'],
  optional: convDefaults,
  check: (config) => checkWindows(config, 'conv'),
  run: (operands, config) => {
    const [inputs, kernel] = floats(operands, 'conv');
    const { x, n, axes, strides, dilations, padding } = windowsOf(inputs, config, 'conv');
    checkKernel(kernel, n, 'kernel', 'conv');
    const sizes = kernel.shape.slice(0, n);
    windowCounts(x.shape.slice(1, -1), { sizes, strides, dilations, padding }, 'conv');
    return fromChannelsLast(convolution(x, kernel, { strides, padding: upper(padding), dilations }), axes);
  },
});

/** The spatial sizes of a transposed convolution's result. */
function transposedSizes(
  { x, strides, dilations, padding }: Windows,
  kernel: Tensor,
  outputPadding: readonly number[] | null,
): readonly number[] {
  return x.shape.slice(1, -1).map((size, i) => {
    const stride = strides[i];
    const extent = (kernel.shape[i] - 1) * dilations[i] + 1;
    const extra = outputPadding?.[i];
    if (padding === 'valid')
      return (size - 1) * stride + (extra === undefined ? Math.max(extent, stride) : extent + extra);
    return extra === undefined ? size * stride : (size - 1) * stride + (extent % 2) + extra;
  });
}

/**
 * The transposed convolution of inputs [batch, …, channels] with a kernel [window…, filters, channels].
 * @tf tf.keras.ops.conv_transpose
 */
export const convTranspose = operation<Convolve<ConvTransposeOptions>>({
  module: 'nn',
  className: 'ConvTranspose',
  tensors: ['inputs', 'kernel'],
  optional: { ...convDefaults, outputPadding: null },
  check: (config) => checkWindows(config, 'convTranspose'),
  run: (operands, config) => {
    const op = 'convTranspose';
    const [inputs, kernel] = floats(operands, op);
    const windows = windowsOf(inputs, config, op);
    const { x, n, strides, dilations, padding } = windows;
    checkKernel(kernel, n, 'kernel', op);
    const { outputPadding } = config;
    const extra = outputPadding === null ? null : integerTuple(outputPadding, n, 'outputPadding', op, 0);
    if (extra?.some((more, i) => more >= strides[i]) === true)
      throw new InvalidArgumentError(
        `[${op}] outputPadding must be less than strides in each dimension; got ${describe(extra)} and ${describe(strides)}`,
      );
    const shape = [x.shape[0], ...transposedSizes(windows, kernel, extra), kernel.shape[n]];
    return fromChannelsLast(transposed(x, kernel, shape, strides, { padding, dilations }), windows.axes);
  },
});

/** `f`, which has two spatial dimensions, of one or two. */
function inPlane(
  { x, n, axes, strides, dilations }: Windows,
  kernels: readonly Tensor[],
  f: (
    x: Tensor,
    kernels: readonly Tensor[],
    strides: readonly number[],
    dilations: readonly number[],
  ) => Tensor,
  op: string,
): Tensor {
  if (n > 2)
    throw new InvalidArgumentError(
      `[${op}] inputs must have 1 or 2 spatial dimensions; got shape ${showShape(shapeOf(x))}`,
    );
  if (n === 2) return fromChannelsLast(f(x, kernels, strides, dilations), axes);
  const rows = f(
    expandDims(x, 1),
    kernels.map((kernel) => expandDims(kernel, 0)),
    // Strides in a plane are equal.
    [strides[0], strides[0]],
    [1, dilations[0]],
  );
  return fromChannelsLast(squeeze(rows, [1]), axes);
}

/**
 * The convolution of each channel of inputs [batch, …, channels] with kernels of its own, [window…, channels, multiplier], for 1 or 2
 * spatial dimensions. @tf tf.keras.ops.depthwise_conv
 */
export const depthwiseConv = operation<Convolve>({
  module: 'nn',
  className: 'DepthwiseConv',
  tensors: ['inputs', 'kernel'],
  optional: convDefaults,
  check: (config) => checkWindows(config, 'depthwiseConv'),
  run: (operands, config) => {
    const op = 'depthwiseConv';
    const [inputs, kernel] = floats(operands, op);
    const windows = windowsOf(inputs, config, op);
    checkKernel(kernel, windows.n, 'kernel', op);
    return inPlane(
      windows,
      [kernel],
      (x, [w], strides, dilations) => depthwiseConv2d(x, w, strides, upper(windows.padding), { dilations }),
      op,
    );
  },
});

export interface SeparableConvolve {
  (
    inputs: TensorLike,
    depthwiseKernel: TensorLike,
    pointwiseKernel: TensorLike,
    options?: ConvOptions,
  ): Tensor;
  (inputs: Operand, depthwiseKernel: Operand, pointwiseKernel: Operand, options?: ConvOptions): KerasTensor;
}

/**
 * A depthwise convolution, then a convolution of windows of one element with a kernel [1…, channels·multiplier, filters].
 * @tf tf.keras.ops.separable_conv
 */
export const separableConv = operation<SeparableConvolve>({
  module: 'nn',
  className: 'SeparableConv',
  tensors: ['inputs', 'depthwiseKernel', 'pointwiseKernel'],
  optional: convDefaults,
  check: (config) => checkWindows(config, 'separableConv'),
  run: (operands, config) => {
    const op = 'separableConv';
    const [inputs, ...kernels] = floats(operands, op);
    const windows = windowsOf(inputs, config, op);
    checkKernel(kernels[0], windows.n, 'depthwiseKernel', op);
    checkKernel(kernels[1], windows.n, 'pointwiseKernel', op);
    return inPlane(
      windows,
      kernels,
      (x, [depthwise, pointwise], strides, dilations) =>
        separableConv2d(x, depthwise, pointwise, strides, upper(windows.padding), { dilations }),
      op,
    );
  },
});
