/**
 * Common to convolution and pooling: parsing of window arguments (size, stride, dilation, padding, data format), and the
 * output sizes that follow from them.
 */
import { InvalidArgumentError, UnimplementedError } from '../../core/errors';
import { copyOfList } from '../../core/lists';
import { asShape, describe, type Dims, type Shape, showShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { transpose } from '../array/movement';

/** Padding of one dimension. */
export type PadPair = readonly [before: number, after: number];

/**
 * 'VALID': no padding. 'SAME': the input is padded so that there are ⌈size / stride⌉ windows; an odd element of padding is
 * at the end. A list: explicit padding of each dimension, where batch and channels have [0, 0].
 */
export type Padding = 'SAME' | 'VALID' | readonly PadPair[];

/** One number for all spatial dimensions, a list with one for each of them, or with one for each dimension of the tensor. */
export type PerDimension = number | readonly number[];

/** The window along one spatial dimension. */
export interface WindowDim {
  /** Input size. */
  size: number;
  /** The number of elements in the window, which are `dilation` apart. */
  kernel: number;
  stride: number;
  dilation: number;
  /** Output size: the number of window positions. */
  out: number;
  /** Padding. Window o begins at input element o·stride − before. */
  before: number;
  after: number;
}

/** The data format of a tensor. */
export interface WindowAxes {
  /** The number of spatial dimensions. */
  n: number;
  /** true: NC…, false: N…C. */
  channelsFirst: boolean;
}

const formats: readonly (readonly [last: string, first: string])[] = [
  ['NWC', 'NCW'],
  ['NHWC', 'NCHW'],
  ['NDHWC', 'NCDHW'],
];
const axesLast: readonly WindowAxes[] = [1, 2, 3].map((n) => ({ n, channelsFirst: false }));
const axesFirst: readonly WindowAxes[] = [1, 2, 3].map((n) => ({ n, channelsFirst: true }));

/** Parses `dataFormat` for 1 ≤ n ≤ 3 spatial dimensions; null means channels last. Equal formats give the same object. */
export function windowAxes(format: unknown, n: number, op: string): WindowAxes {
  if (format === null || format === undefined) return axesLast[n - 1];
  const [last, first] = formats[n - 1];
  if (format === last) return axesLast[n - 1];
  if (format === first) return axesFirst[n - 1];
  throw new InvalidArgumentError(
    `[${op}] dataFormat must be '${last}' or '${first}'; got ${describe(format)}`,
  );
}

/** The axis of the i-th spatial dimension. */
function spatialAxis({ channelsFirst }: WindowAxes, i: number): number {
  return i + (channelsFirst ? 2 : 1);
}

/** The sizes of the spatial dimensions of a shape. */
export function spatialSizes(shape: Dims, axes: WindowAxes): number[] {
  const from = spatialAxis(axes, 0);
  return shape.slice(from, from + axes.n);
}

/** The shape of batch, spatial dimensions and channels in the given data format. */
export function windowShape(axes: WindowAxes, batch: number, spatial: Dims, channels: number): Shape {
  return axes.channelsFirst ? asShape([batch, channels, ...spatial]) : channelsLast(batch, spatial, channels);
}

/** [batch, …spatial, channels]. */
export function channelsLast(batch: number, spatial: Dims, channels: number): Shape {
  if (spatial.length === 2) return asShape([batch, spatial[0], spatial[1], channels]);
  const shape = [batch];
  for (let i = 0; i < spatial.length; i++) shape.push(spatial[i]);
  shape.push(channels);
  return asShape(shape);
}

/** Parses one integer ≥ 1, or a list of 1, n or n + 2 (with 1 for batch and channels); returns a list of n. */
export function perDimension(value: unknown, axes: WindowAxes, op: string, argument: string): number[] {
  const { n } = axes;
  let list: readonly unknown[];
  if (typeof value === 'number') list = [value];
  else if (Array.isArray(value)) list = copyOfList(value, op, argument);
  else {
    throw new TypeError(
      `[${op}] ${argument} must be an integer or an array of 1, ${n} or ${n + 2} of them; got ${describe(value)}`,
    );
  }
  if (list.length !== 1 && list.length !== n && list.length !== n + 2) {
    const lengths = n === 1 ? '1 or 3' : `1, ${n} or ${n + 2}`;
    throw new InvalidArgumentError(
      `[${op}] ${argument} should be of length ${lengths}. Received: ${argument}=${describe(value)} of length ${list.length}`,
    );
  }
  for (const v of list) {
    if (typeof v !== 'number' || !Number.isInteger(v)) {
      throw new TypeError(`[${op}] ${argument} must be integers; got ${describe(value)}`);
    }
    if (v < 1 || v > maxWindow) {
      throw new InvalidArgumentError(
        `[${op}] ${argument} must be larger than 0 and at most ${maxWindow}; got ${describe(value)}`,
      );
    }
  }
  const numbers = list as readonly number[];
  if (numbers.length === n + 2) {
    if (numbers[0] !== 1 || numbers[axes.channelsFirst ? 1 : n + 1] !== 1) {
      throw new UnimplementedError(
        `[${op}] ${argument} other than 1 in the batch and channel dimensions are not supported; got ${describe(value)}`,
      );
    }
    const from = spatialAxis(axes, 0);
    return numbers.slice(from, from + n);
  }
  return numbers.length === n ? numbers.slice() : new Array<number>(n).fill(numbers[0]);
}

/** The maximum of window sizes, strides and paddings, so that native index arithmetic does not overflow. */
const maxWindow = 2 ** 31 - 1;

/** Parses padding; returns it for the spatial dimensions. `explicit`: whether the op supports lists. */
export function windowPadding(
  value: unknown,
  axes: WindowAxes,
  op: string,
  { explicit = true }: { explicit?: boolean } = {},
): 'SAME' | 'VALID' | readonly PadPair[] {
  if (value === 'SAME' || value === 'VALID') return value;
  const { n } = axes;
  const accepted = explicit ? `'SAME', 'VALID' or an array of ${n + 2} pairs` : `'SAME' or 'VALID'`;
  if (!Array.isArray(value) || !explicit) {
    const Class = typeof value === 'string' ? InvalidArgumentError : TypeError;
    throw new Class(`[${op}] padding must be ${accepted}; got ${describe(value)}`);
  }
  const list = copyOfList(value, op, 'padding');
  if (list.length !== n + 2) {
    throw new InvalidArgumentError(
      `[${op}] When padding is a list, it must be of size ${n + 2}. Received: padding=${describe(value)} of size ${list.length}`,
    );
  }
  const pairs = list.map((given) => {
    const isInteger = (v: unknown): v is number => typeof v === 'number' && Number.isInteger(v);
    const pair = Array.isArray(given) ? copyOfList(given, op, 'padding') : [];
    if (pair.length !== 2 || !isInteger(pair[0]) || !isInteger(pair[1])) {
      throw new TypeError(
        `[${op}] padding must be ${accepted} of integers [before, after]; got ${describe(value)}`,
      );
    }
    if (pair[0] < 0 || pair[1] < 0 || pair[0] > maxWindow || pair[1] > maxWindow) {
      throw new InvalidArgumentError(
        `[${op}] All elements of explicit paddings must be nonnegative and at most ${maxWindow}; got ${describe(value)}`,
      );
    }
    return pair as unknown as PadPair;
  });
  for (const pair of [pairs[0], pairs[axes.channelsFirst ? 1 : n + 1]]) {
    if (pair[0] === 0 && pair[1] === 0) continue;
    throw new InvalidArgumentError(
      `[${op}] Nonzero explicit padding in the batch or depth dimensions is not supported; got ${describe(value)}`,
    );
  }
  const from = spatialAxis(axes, 0);
  return pairs.slice(from, from + n);
}

/** Computes the output size and padding of one dimension. */
export function windowDim(
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
  padding: 'SAME' | 'VALID' | PadPair,
  op: string,
): WindowDim {
  const extent = (kernel - 1) * dilation + 1;
  if (padding === 'SAME') {
    const out = Math.ceil(size / stride);
    const total = Math.max(0, (out - 1) * stride + extent - size);
    const before = Math.floor(total / 2);
    return { size, kernel, stride, dilation, out, before, after: total - before };
  }
  const [before, after] = padding === 'VALID' ? [0, 0] : padding;
  const out = Math.trunc((size + before + after - extent + stride) / stride);
  if (out < 0) {
    throw new InvalidArgumentError(
      `[${op}] Computed output size would be negative: ${out} [input_size: ${size + before + after}, ` +
        `effective_filter_size: ${extent}, stride: ${stride}]`,
    );
  }
  return { size, kernel, stride, dilation, out: out + 0, before, after };
}

/** `windowDim` for all spatial dimensions. */
export function windowDims(
  sizes: Dims,
  kernels: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  padding: 'SAME' | 'VALID' | readonly PadPair[],
  op: string,
): WindowDim[] {
  return sizes.map((size, i) =>
    windowDim(
      size,
      kernels[i],
      strides[i],
      dilations[i],
      typeof padding === 'string' ? padding : padding[i],
      op,
    ),
  );
}

/** Throws unless a shape has batch, n spatial dimensions and channels. */
export function checkWindowRank(shape: Shape, { n }: WindowAxes, op: string, argument: string): void {
  if (shape.length === n + 2) return;
  throw new InvalidArgumentError(
    `[${op}] ${argument} must be ${n + 2}-dimensional: batch, ${n === 1 ? 'one spatial dimension' : `${n} spatial dimensions`} ` +
      `and channels; got shape ${showShape(shape)}`,
  );
}

/** Transposes a tensor in the given data format to channels last. */
export function toChannelsLast(t: Tensor, { n, channelsFirst }: WindowAxes): Tensor {
  if (!channelsFirst) return t;
  return transpose(t, { perm: [0, ...Array.from({ length: n }, (_, i) => i + 2), 1] });
}

/** Transposes a tensor with channels last to the given data format. */
export function fromChannelsLast(t: Tensor, { n, channelsFirst }: WindowAxes): Tensor {
  if (!channelsFirst) return t;
  return transpose(t, { perm: [0, n + 1, ...Array.from({ length: n }, (_, i) => i + 1)] });
}
