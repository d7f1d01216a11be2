/** Transposed convolutions: the gradient of a convolution with respect to its input, as an op. */
import type { TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { memoized } from '../../core/memoize';
import { showShape, type Shape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { DTypeOfPair } from '../../core/dtype_of';
import {
  convArguments,
  convGeometry,
  convGroups,
  convOperands,
  type ConvOptions,
  type ConvPadding,
} from './conv';
import { convBackpropInput, type ConvGeometry } from './conv_ops';
import { composite } from '../../op/define/composite';
import { options } from '../../core/options';
import { sample, type Example } from '../../op/registry';
import { integerList } from '../../op/strided';
import type { ShapeLike } from '../array/views';
import {
  checkWindowRank,
  fromChannelsLast,
  spatialSizes,
  toChannelsLast,
  windowDims,
  windowShape,
  type PerDimension,
  type WindowAxes,
} from './window';

export interface ConvTransposeOptions extends ConvOptions {
  /** Padding of the convolution whose transpose this is. Default 'SAME'. */
  padding?: ConvPadding;
}

const defaults = { padding: 'SAME', dataFormat: null, dilations: null, precision: null };

interface TransposePlan {
  axes: WindowAxes;
  geometry: ConvGeometry;
}

/** The plan of a call, cached by shapes and plain arguments. */
const transposePlan = memoized(
  (
    op: string,
    n: number,
    input: Shape,
    filter: Shape,
    outputShape: readonly number[],
    strides: unknown,
    padding: unknown,
    dataFormat: unknown,
    dilations: unknown,
    precision: unknown,
  ): TransposePlan => {
    const { axes, strideList, dilationList, paddings, precisionOption } = convArguments(
      op,
      n,
      filter,
      strides,
      padding,
      dataFormat,
      dilations,
      precision,
    );
    checkWindowRank(input, axes, op, 'input');
    const batch = input[0];
    const outChannels = input[axes.channelsFirst ? 1 : n + 1];
    if (filter[n + 1] !== outChannels) {
      throw new InvalidArgumentError(
        `[${op}] filter and input must have the same depth: the last dimension of the filter of shape ` +
          `${showShape(filter)} and the ${outChannels} channels of the input of shape ${showShape(input)}`,
      );
    }
    const shape = outputShape.length === n ? windowShape(axes, batch, outputShape, filter[n]) : outputShape;
    if (shape.length !== n + 2 || shape.some((d) => d < 0)) {
      throw new InvalidArgumentError(
        `[${op}] outputShape must be ${n + 2} sizes, or the ${n} spatial ones alone; got ${showShape(shape)}`,
      );
    }
    if (shape[0] !== batch) {
      throw new InvalidArgumentError(
        `[${op}] input and outputShape must have the same batch size: ${batch} and ${shape[0]}`,
      );
    }
    const inChannels = shape[axes.channelsFirst ? 1 : n + 1];
    const groups = convGroups(shape, axes, filter, op, 'output');
    const dims = windowDims(
      spatialSizes(shape, axes),
      filter.slice(0, n),
      strideList,
      dilationList,
      paddings,
      op,
    );
    const sizes = spatialSizes(input, axes);
    dims.forEach((d, i) => {
      if (d.out === sizes[i]) return;
      throw new InvalidArgumentError(
        `[${op}] Size of input doesn't match computed: actual = ${sizes[i]}, computed = ${d.out} spatial_dim: ${i} ` +
          `output: ${d.size} filter: ${d.kernel} stride: ${d.stride} dilation: ${d.dilation}; outputShape is ${showShape(shape)}`,
      );
    });
    const geometry = convGeometry(batch, dims, inChannels, outChannels, groups, precisionOption);
    return { axes, geometry };
  },
  [2, 3],
);

function convolveTransposed(
  op: string,
  n: number,
  input: TensorLike,
  filters: TensorLike,
  outputShape: ShapeLike,
  strides: PerDimension,
  given: unknown,
): Tensor {
  const o: { padding: unknown; dataFormat: unknown; dilations: unknown; precision: unknown } = options<
    typeof defaults
  >(given, 'padding', defaults, op);
  const [y, w] = convOperands(input, filters, op);
  const { axes, geometry } = transposePlan(
    op,
    n,
    shapeOf(y),
    shapeOf(w),
    integerList(outputShape, op, 'outputShape'),
    strides,
    o.padding,
    o.dataFormat,
    o.dilations,
    o.precision,
  );
  return fromChannelsLast(convBackpropInput(toChannelsLast(y, axes), w, geometry), axes);
}

type ConvTranspose = <X extends TensorLike, F extends TensorLike>(
  input: X,
  filters: F,
  outputShape: ShapeLike,
  strides: PerDimension,
  options?: ConvTransposeOptions | ConvPadding,
) => Tensor<DTypeOfPair<X, F>>;

function defineConvTranspose(n: number, examples: readonly Example[]): ConvTranspose {
  const name = `conv${n}dTranspose`;
  return composite(
    name,
    { tf: `tf.nn.conv${n}d_transpose`, dtypes: floating, domain: [-2, 2], examples },
    (
      input: TensorLike,
      filters: TensorLike,
      outputShape: ShapeLike,
      strides: PerDimension,
      given?: ConvTransposeOptions | ConvPadding,
    ) => convolveTransposed(name, n, input, filters, outputShape, strides, given),
  );
}

/**
 * Transposed 1-D convolution: the gradient of `conv1d` with respect to an input of shape `outputShape`. `filters` is [width,
 * output channels, input channels]. @tf tf.nn.conv1d_transpose
 */
export const conv1dTranspose: ConvTranspose = defineConvTranspose(1, [
  { args: [sample([2, 3, 4]), sample([3, 2, 4]), [2, 6, 2], 2] },
  { args: [sample([1, 4, 1]), sample([2, 3, 1]), [1, 5, 3], 1], options: { padding: 'VALID' } },
]);

/**
 * Transposed 2-D convolution: the gradient of `conv2d` with respect to an input of shape `outputShape`, for which `conv2d`
 * must have a result of the shape of `input`. `filters` is [height, width, output channels, input channels]; `padding` is
 * that of `conv2d`. `outputShape` may be the spatial sizes alone. InvalidArgumentError for incompatible shapes.
 * @tf tf.nn.conv2d_transpose
 */
export const conv2dTranspose: ConvTranspose = defineConvTranspose(2, [
  { args: [sample([1, 3, 3, 4]), sample([3, 3, 2, 4]), [1, 6, 6, 2], 2] },
  { args: [sample([2, 3, 2, 3]), sample([3, 2, 2, 3]), [2, 5, 3, 2], 2] },
  { args: [sample([1, 3, 3, 2]), sample([3, 3, 3, 2]), [1, 8, 7, 3], 2], options: { padding: 'VALID' } },
  { args: [sample([1, 3, 3, 2]), sample([2, 2, 3, 2]), [1, 9, 9, 3], [1, 3, 3, 1]] },
  { args: [sample([1, 4, 4, 2]), sample([3, 3, 1, 2]), [1, 4, 4, 1], 1] },
]);

/** Transposed 3-D convolution; see `conv2dTranspose`. @tf tf.nn.conv3d_transpose */
export const conv3dTranspose: ConvTranspose = defineConvTranspose(3, [
  { args: [sample([1, 2, 3, 2, 3]), sample([2, 3, 2, 2, 3]), [1, 4, 6, 4, 2], 2] },
  {
    args: [sample([1, 2, 2, 2, 1]), sample([2, 2, 2, 2, 1]), [1, 3, 3, 3, 2], [1, 1, 1, 1, 1]],
    options: { padding: 'VALID' },
  },
]);

/**
 * `conv1dTranspose`, `conv2dTranspose` or `conv3dTranspose`, depending on the length of `outputShape`.
 * @tf tf.nn.conv_transpose
 */
export const convTranspose: ConvTranspose = composite(
  'convTranspose',
  {
    tf: 'tf.nn.conv_transpose',
    dtypes: floating,
    domain: [-2, 2],
    examples: [
      { args: [sample([1, 3, 3, 4]), sample([3, 3, 2, 4]), [1, 6, 6, 2], 2] },
      { args: [sample([2, 3, 4]), sample([3, 2, 4]), [2, 6, 2], 2] },
    ],
  },
  (
    input: TensorLike,
    filters: TensorLike,
    outputShape: ShapeLike,
    strides: PerDimension,
    given?: ConvTransposeOptions | ConvPadding,
  ): Tensor => {
    const n = integerList(outputShape, 'convTranspose', 'outputShape').length - 2;
    if (n < 1 || n > 3) {
      throw new InvalidArgumentError(
        `[convTranspose] outputShape must be of length 3, 4 or 5; got ${n + 2} sizes`,
      );
    }
    return convolveTransposed('convTranspose', n, input, filters, outputShape, strides, given);
  },
);
