/** Convolutions over one, two and three dimensions of space. */
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

/** A padding, also as Keras writes it. */
export type ConvPadding = Padding | 'same' | 'valid';

export interface ConvOptions {
  /** The order of the input's dimensions: 'NWC', 'NHWC', 'NDHWC' (the default), or 'NCW', 'NCHW', 'NCDHW'. */
  dataFormat?: string | null;
  /** Distance between the elements of the input that neighbouring elements of the filter meet. Default 1. */
  dilations?: PerDimension | null;
  /** In place of `tf.config.setConvolutionPrecision` for this call. */
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

/** 'same' and 'valid' too, as Keras writes them. */
function convPadding(value: unknown, axes: WindowAxes, op: string): ReturnType<typeof windowPadding> {
  return windowPadding(typeof value === 'string' ? value.toUpperCase() : value, axes, op);
}

function convPrecision(value: unknown, op: string): ConvolutionPrecision | undefined {
  return value === null ? undefined : checkPrecision(value, op);
}

/** Input and filter as tensors of one floating dtype. */
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

/** Throws unless a filter has n sizes, none of them 0, and channels. */
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

/** How many groups of channels there are. `argument` is the one whose shape and channels these are. */
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

/** What the arguments of a convolution, and of its transpose, say beside the shapes. */
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
    steps: perDimension(strides, axes, op, stridesName),
    apart: perDimension(dilations ?? 1, axes, op, 'dilations'),
    around: convPadding(padding, axes, op),
    exact: convPrecision(precision, op),
  };
}

interface ConvPlan {
  axes: WindowAxes;
  geometry: ConvGeometry;
  /** The input's shape with its dimensions of batch taken together, and the result's with them apart; null where there is one. */
  flat: Shape | null;
  result: Shape | null;
}

/** All that follows from the shapes and from the arguments that are no tensors. */
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
    const { axes, steps, apart, around, exact } = convArguments(
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
    // More dimensions of batch than one are taken together.
    const lead = shape.slice(0, rank - n - 1);
    const flat = asShape([sizeOf(lead), ...shape.slice(rank - n - 1)]);
    const inChannels = flat[axes.channelsFirst ? 1 : n + 1];
    const outChannels = filter[n + 1];
    const groups = convGroups(shape, axes, filter, op);
    const dims = windowDims(spatialSizes(flat, axes), filter.slice(0, n), steps, apart, around, op);
    const geometry = convGeometry(flat[0], dims, inChannels, outChannels, groups, exact);
    if (rank === n + 2) return { axes, geometry, flat: null, result: null };
    const each = windowShape(axes, flat[0], geometry.output, outChannels).slice(1);
    return { axes, geometry, flat, result: asShape([...lead, ...each]) };
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
  const { axes, geometry, flat, result } = convPlan(
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
  const images = toChannelsLast(flat === null ? x : reshape(x, flat), axes);
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
 * Convolution along one dimension of space. y[n, i, o] = Σ x[n, i·stride + k·dilation − pad, c]·filters[k, c, o] over k and
 * c; x is 0 outside. `input` is [batch…, width, channels], `filters` [width, channels / groups, output channels]; float32
 * and float64. InvalidArgumentError where shapes do not fit. @tf tf.nn.conv1d
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
 * Convolution over two dimensions of space. y[n, i, j, o] = Σ x[n, i·s + k·d − p, j·s + l·d − p, c]·filters[k, l, c, o] over
 * k, l and c; x is 0 outside. `input` is [batch…, height, width, channels], `filters` [height, width, channels / groups,
 * output channels]: where the input has more channels than a filter, groups of channels are convolved by themselves.
 * `strides` and `dilations` are a number or a list of 1, 2 or 4; `padding` is 'SAME', 'VALID' or [[0, 0], [top, bottom],
 * [left, right], [0, 0]]. Floating dtypes. InvalidArgumentError where shapes do not fit. How exact results are:
 * `tf.config.setConvolutionPrecision`. @tf tf.nn.conv2d
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
 * Convolution over three dimensions of space: `conv2d` with one more. `input` is [batch…, depth, height, width, channels],
 * `filters` [depth, height, width, channels / groups, output channels]. @tf tf.nn.conv3d
 */
export const conv3d: Conv = conv(3, [
  { args: [sample([1, 4, 5, 3, 2]), sample([3, 2, 3, 2, 3]), [1, 1, 1, 1, 1], 'SAME'] },
  { args: [sample([2, 3, 5, 4, 1]), sample([2, 3, 2, 1, 2]), [1, 1, 2, 2, 1], 'VALID'] },
]);

/**
 * Convolution over as many dimensions of space as `filters` has beside its channels, 1 to 3: `conv1d`, `conv2d` or
 * `conv3d` with defaults. @tf tf.nn.convolution
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
