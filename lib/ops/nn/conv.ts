/** Convolutions over one, two and three spatial dimensions. */
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { memoized } from '../../core/memoize';
import { asShape, describe, type Dims, type Shape, showShape, sizeOf } from '../../core/shape';
import { shapeOf, Tensor } from '../../core/tensor';
import type { DTypeOfPair } from '../../core/dtype_of';
import { checkPrecision, type ConvolutionPrecision } from './conv_precision';
import { convForward, type ConvGeometry } from './conv_ops';
import { badDType, mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { options } from '../../core/options';
import { sample, type Example } from '../../op/registry';
import { reshape } from '../array/views';
import {
  fromChannelsLast,
  perDimension,
  spatialSizes,
  toChannelsLast,
  windowAxes,
  windowDims,
  windowPadding,
  windowShape,
  type Padding,
  type PerDimension,
  type WindowAxes,
  type WindowDim,
} from './window';

/** Padding, in TensorFlow's or Keras's spelling. */
export type ConvPadding = Padding | 'same' | 'valid';

export interface ConvOptions {
  /** The order of the input's dimensions: 'NWC', 'NHWC', 'NDHWC' (the default), or 'NCW', 'NCHW', 'NCDHW'. */
  dataFormat?: string | null;
  /** Distance between the input elements that adjacent filter elements are applied to. Default 1. */
  dilations?: PerDimension | null;
  /** Overrides `tf.config.setConvolutionPrecision` for this call. */
  precision?: ConvolutionPrecision | null;
}

export interface ConvolutionOptions extends ConvOptions {
  /** Default 1. */
  strides?: PerDimension | null;
  /** Default 'VALID'. */
  padding?: ConvPadding;
}

const noOptions = { dataFormat: null, dilations: null, precision: null };
const convolutionDefaults = { strides: null, padding: 'VALID', ...noOptions };

/** Parses padding, also in Keras's spelling. */
function convPadding(value: unknown, axes: WindowAxes, op: string): ReturnType<typeof windowPadding> {
  return windowPadding(typeof value === 'string' ? value.toUpperCase() : value, axes, op);
}

function convPrecision(value: unknown, op: string): ConvolutionPrecision | undefined {
  return value === null ? undefined : checkPrecision(value, op);
}

/** Converts input and filter to tensors of one floating-point dtype. */
export function convOperands(
  input: TensorLike,
  filters: TensorLike,
  op: string,
): readonly [x: Tensor, filter: Tensor] {
  const x = toTensor(input, filters instanceof Tensor ? filters.dt : null, op, 'input');
  const w = toTensor(filters, x.dt, op, 'filters');
  if (x.dt.kind !== 'float') throw badDType(op, 'input', x.dt, floating);
  if (x.dt !== w.dt) throw mixedDTypes(op, x, w);
  return [x, w];
}

/** Checks that a filter has n spatial dimensions, none of size 0, and input and output channels. */
function checkFilter(filter: Shape, n: number, op: string): void {
  if (filter.length !== n + 2) {
    throw new InvalidArgumentError(
      `[${op}] convolution filter must be ${n + 2}-dimensional: ${showShape(filter)}; its dimensions are ` +
        `${n === 1 ? 'one size' : `${n} sizes`}, input channels and output channels`,
    );
  }
  if (filter.slice(0, n + 1).includes(0)) {
    throw new InvalidArgumentError(
      `[${op}] filter must not have zero elements; got shape ${showShape(filter)}`,
    );
  }
}

/** The number of channel groups. `shape` is that of `argument`, which has the convolution's input channels. */
export function convGroups(
  shape: Dims,
  axes: WindowAxes,
  filter: Shape,
  op: string,
  argument = 'input',
): number {
  const last = shape.length - 1;
  const first = last - axes.n;
  const inChannels = shape[axes.channelsFirst ? first : last];
  const [depth, outChannels] = filter.slice(-2);
  if (inChannels % depth !== 0) {
    const place = axes.channelsFirst ? 'first' : 'last';
    const other = axes.channelsFirst ? 'last' : 'first';
    const swapped = shape[axes.channelsFirst ? last : first] === depth;
    const hint = swapped ? `, or say with dataFormat that channels come ${other}` : '';
    throw new InvalidArgumentError(
      `[${op}] input depth must be evenly divisible by filter depth: ${inChannels} vs ${depth}. The ${argument} of shape ` +
        `${showShape(shape)} has ${inChannels} channels (they come ${place}), and the filter of shape ${showShape(filter)}, ` +
        `[…sizes, input channels, output channels], is for ${depth}; make that ` +
        `${showShape([...filter.slice(0, -2), inChannels, outChannels])}${hint}`,
    );
  }
  const groups = Math.max(1, inChannels / depth);
  if (outChannels % groups !== 0) {
    throw new InvalidArgumentError(
      `[${op}] output depth must be evenly divisible by number of groups: ${outChannels} vs ${groups}; the ${inChannels} ` +
        `channels of the ${argument} are ${groups} groups for the filter of shape ${showShape(filter)}`,
    );
  }
  return groups;
}

export function convGeometry(
  batch: number,
  dims: readonly WindowDim[],
  inChannels: number,
  outChannels: number,
  groups: number,
  precision: ConvolutionPrecision | undefined,
): ConvGeometry {
  return {
    batch,
    input: dims.map((d) => d.size),
    output: dims.map((d) => d.out),
    kernel: dims.map((d) => d.kernel),
    strides: dims.map((d) => d.stride),
    dilations: dims.map((d) => d.dilation),
    pads: dims.map((d) => d.before),
    inChannels,
    outChannels,
    groups,
    precision,
  };
}

/** Parses the arguments that convolutions and transposed convolutions have in common. */
export function convArguments(
  op: string,
  n: number,
  filter: Shape,
  strides: unknown,
  padding: unknown,
  dataFormat: unknown,
  dilations: unknown,
  precision: unknown,
  stridesName = 'strides',
) {
  checkFilter(filter, n, op);
  const axes = windowAxes(dataFormat, n, op);
  return {
    axes,
    strideList: perDimension(strides, axes, op, stridesName),
    dilationList: perDimension(dilations ?? 1, axes, op, 'dilations'),
    paddings: convPadding(padding, axes, op),
    precisionOption: convPrecision(precision, op),
  };
}

interface ConvPlan {
  axes: WindowAxes;
  geometry: ConvGeometry;
  /**
   * The input's shape with all batch dimensions flattened into one, and the result's shape with them restored; null if there
   * is only one batch dimension.
   */
  flatShape: Shape | null;
  result: Shape | null;
}

/** The plan of a call, cached by shapes and plain arguments. */
const convPlan = memoized(
  (
    op: string,
    n: number,
    shape: Shape,
    filter: Shape,
    strides: unknown,
    padding: unknown,
    dataFormat: unknown,
    dilations: unknown,
    precision: unknown,
  ): ConvPlan => {
    const { axes, strideList, dilationList, paddings, precisionOption } = convArguments(
      op,
      n,
      filter,
      strides,
      padding,
      dataFormat,
      dilations,
      precision,
      n === 1 ? 'stride' : 'strides',
    );
    const rank = shape.length;
    if (rank < n + 2) {
      throw new InvalidArgumentError(
        `[${op}] convolution input must be ${n + 2}-dimensional: ${showShape(shape)}; its dimensions are batch, ` +
          `${n === 1 ? 'one size' : `${n} sizes`} and channels, with dataFormat ${describe(dataFormat ?? 'channels last')}`,
      );
    }
    // Several batch dimensions are flattened into one.
    const lead = shape.slice(0, rank - n - 1);
    const flatShape = asShape([sizeOf(lead), ...shape.slice(rank - n - 1)]);
    const inChannels = flatShape[axes.channelsFirst ? 1 : n + 1];
    const outChannels = filter[n + 1];
    const groups = convGroups(shape, axes, filter, op);
    const dims = windowDims(
      spatialSizes(flatShape, axes),
      filter.slice(0, n),
      strideList,
      dilationList,
      paddings,
      op,
    );
    const geometry = convGeometry(flatShape[0], dims, inChannels, outChannels, groups, precisionOption);
    if (rank === n + 2) return { axes, geometry, flatShape: null, result: null };
    const outputShape = windowShape(axes, flatShape[0], geometry.output, outChannels).slice(1);
    return { axes, geometry, flatShape, result: asShape([...lead, ...outputShape]) };
  },
  [2, 3],
);

function convolve(
  op: string,
  n: number,
  input: TensorLike,
  filters: TensorLike,
  strides: unknown,
  padding: unknown,
  o: { dataFormat: unknown; dilations: unknown; precision: unknown },
): Tensor {
  const [x, w] = convOperands(input, filters, op);
  const { axes, geometry, flatShape, result } = convPlan(
    op,
    n,
    shapeOf(x),
    shapeOf(w),
    strides,
    padding,
    o.dataFormat,
    o.dilations,
    o.precision,
  );
  const images = toChannelsLast(flatShape === null ? x : reshape(x, flatShape), axes);
  const y = fromChannelsLast(convForward(images, w, geometry), axes);
  return result === null ? y : reshape(y, result);
}

type Conv = <X extends TensorLike, F extends TensorLike>(
  input: X,
  filters: F,
  strides: PerDimension,
  padding: ConvPadding,
  options?: ConvOptions | string,
) => Tensor<DTypeOfPair<X, F>>;

function conv(n: number, examples: readonly Example[]): Conv {
  const name = `conv${n}d`;
  return composite(
    name,
    { tf: `tf.nn.${name}`, dtypes: floating, domain: [-2, 2], examples },
    (
      input: TensorLike,
      filters: TensorLike,
      strides: PerDimension,
      padding: ConvPadding,
      given?: ConvOptions | string,
    ) =>
      convolve(
        name,
        n,
        input,
        filters,
        strides,
        padding,
        options<typeof noOptions>(given, 'dataFormat', noOptions, name),
      ),
  );
}

/**
 * 1-D convolution. y[n, i, o] = Σ x[n, i·stride + k·dilation − pad, c]·filters[k, c, o] over k and c; x is zero-padded.
 * `input` is [batch…, width, channels], `filters` [width, channels / groups, output channels]; float32 and float64.
 * InvalidArgumentError for incompatible shapes. @tf tf.nn.conv1d
 */
export const conv1d: <X extends TensorLike, F extends TensorLike>(
  input: X,
  filters: F,
  stride: PerDimension,
  padding: ConvPadding,
  options?: ConvOptions | string,
) => Tensor<DTypeOfPair<X, F>> = conv(1, [
  { args: [sample([2, 7, 3]), sample([3, 3, 4]), 1, 'SAME'] },
  { args: [sample([2, 8, 3]), sample([4, 3, 2]), 2, 'VALID'] },
  { args: [sample([1, 9, 2]), sample([2, 2, 3]), [1, 3, 1], 'SAME'] },
  { args: [sample([2, 3, 5, 1]), sample([2, 1, 2]), 2, 'SAME'] },
  { args: [sample([1, 9, 2]), sample([3, 2, 2]), 1, 'VALID'], options: { dilations: 2 } },
]);

/**
 * 2-D convolution. y[n, i, j, o] = Σ x[n, i·s + k·d − p, j·s + l·d − p, c]·filters[k, l, c, o] over k, l and c; x is
 * zero-padded. `input` is [batch…, height, width, channels], `filters` [height, width, channels / groups, output channels]:
 * if the input has more channels than a filter, it is a grouped convolution. `strides` and `dilations` are a number or a
 * list of 1, 2 or 4; `padding` is 'SAME', 'VALID' or [[0, 0], [top, bottom], [left, right], [0, 0]]. Floating dtypes;
 * see `tf.config.setConvolutionPrecision` for the accuracy. InvalidArgumentError for incompatible shapes. @tf tf.nn.conv2d
 */
export const conv2d: Conv = conv(2, [
  { args: [sample([2, 4, 3, 3]), sample([3, 3, 3, 4]), 1, 'SAME'] },
  { args: [sample([1, 4, 4, 3]), sample([2, 3, 3, 4]), 1, 'VALID'] },
  { args: [sample([1, 7, 6, 2]), sample([3, 2, 2, 3]), [2, 3], 'SAME'] },
  { args: [sample([1, 6, 5, 2]), sample([4, 3, 2, 2]), 2, 'VALID'] },
  { args: [sample([1, 6, 5, 1]), sample([3, 3, 1, 5]), 1, 'SAME'] },
  { args: [sample([1, 3, 4, 8]), sample([2, 1, 8, 17]), [1, 2, 2, 1], 'SAME'] },
  { args: [sample([2, 4, 4, 5]), sample([1, 1, 5, 3]), 1, 'SAME'] },
  { args: [sample([1, 5, 5, 2]), sample([1, 1, 2, 3]), 3, 'VALID'] },
  {
    args: [
      sample([1, 4, 5, 2]),
      sample([3, 2, 2, 2]),
      1,
      [
        [0, 0],
        [1, 2],
        [0, 3],
        [0, 0],
      ],
    ],
  },
  { args: [sample([1, 5, 6, 2]), sample([3, 2, 2, 2]), 1, 'SAME'], options: { dilations: 2 } },
  { args: [sample([1, 8, 5, 2]), sample([3, 2, 2, 2]), 1, 'VALID'], options: { dilations: [1, 3, 2, 1] } },
  { args: [sample([1, 3, 4, 4]), sample([3, 2, 2, 6]), 1, 'SAME'] },
  { args: [sample([2, 2, 3, 4, 2]), sample([2, 2, 2, 3]), 1, 'VALID'] },
  { args: [sample([0, 5, 5, 2]), sample([3, 3, 2, 4]), 1, 'SAME'] },
  { args: [sample([1, 2, 2, 2]), sample([3, 3, 2, 4]), 1, 'VALID'] },
]);

/**
 * 3-D convolution; see `conv2d`. `input` is [batch…, depth, height, width, channels], `filters` [depth, height, width,
 * channels / groups, output channels]. @tf tf.nn.conv3d
 */
export const conv3d: Conv = conv(3, [
  { args: [sample([1, 4, 5, 3, 2]), sample([3, 2, 3, 2, 3]), [1, 1, 1, 1, 1], 'SAME'] },
  { args: [sample([2, 3, 5, 4, 1]), sample([2, 3, 2, 1, 2]), [1, 1, 2, 2, 1], 'VALID'] },
]);

/**
 * 1-D, 2-D or 3-D convolution, depending on the rank of `filters`: `conv1d`, `conv2d` or `conv3d` with default strides and
 * padding. @tf tf.nn.convolution
 */
export const convolution: <X extends TensorLike, F extends TensorLike>(
  input: X,
  filters: F,
  options?: ConvolutionOptions | PerDimension,
) => Tensor<DTypeOfPair<X, F>> = composite(
  'convolution',
  {
    tf: 'tf.nn.convolution',
    dtypes: floating,
    domain: [-2, 2],
    examples: [
      { args: [sample([2, 5, 6, 3]), sample([3, 3, 3, 4])] },
      { args: [sample([2, 7, 3]), sample([3, 3, 4])], options: { strides: 2, padding: 'SAME' } },
      { args: [sample([1, 3, 4, 5, 2]), sample([2, 2, 2, 2, 2])], options: { strides: [2, 1, 1] } },
      { args: [sample([1, 9, 9, 2]), sample([3, 3, 2, 2])], options: { dilations: 2, padding: 'SAME' } },
    ],
  },
  (input: TensorLike, filters: TensorLike, given?: ConvolutionOptions | PerDimension): Tensor => {
    const o = options<typeof noOptions & { strides: unknown; padding: unknown }>(
      given,
      'strides',
      convolutionDefaults,
      'convolution',
    );
    const w = toTensor(filters, input instanceof Tensor ? input.dt : null, 'convolution', 'filters');
    const n = shapeOf(w).length - 2;
    if (n < 1 || n > 3) {
      throw new InvalidArgumentError(
        `[convolution] num_spatial_dims must be 1, 2, or 3. Received: num_spatial_dims=${n}: filters have shape ` +
          showShape(shapeOf(w)),
      );
    }
    return convolve('convolution', n, input, w, o.strides ?? 1, o.padding, o);
  },
);
