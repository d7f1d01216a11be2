/**
 * What convolutions and pooling share: the arguments that say how a window moves over the spatial dimensions, and the
 * sizes that follow.
 */
import { InvalidArgumentError, UnimplementedError } from '../../core/errors';
import { copyOfList } from '../../core/lists';
import { asShape, describe, type Dims, type Shape, showShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { transpose } from '../array/movement';

/** [before, after] of one dimension. */
export type PadPair = readonly [before: number, after: number];

/**
 * 'VALID': windows lie inside the input. 'SAME': the input is padded so that there are ⌈size / stride⌉ windows, the odd
 * element at the end. A list: so much before and after each dimension, those of batch and channels [0, 0].
 */
export type Padding = 'SAME' | 'VALID' | readonly PadPair[];

/** A number for all spatial dimensions, a list of one for each, or of one for each dimension of the tensor. */
export type PerDimension = number | readonly number[];

/** How a window moves along one spatial dimension. */
export interface WindowDim {
  /** Elements of the input. */
  size: number;
  /** Elements of the window, `dilation` apart. */
  kernel: number;
  stride: number;
  dilation: number;
  /** Positions of the window. */
  out: number;
  /** Padding. Window o begins at o·stride − before. */
  before: number;
  after: number;
}

/** The spatial dimensions of a tensor, and where its batch and channels are. */
export interface WindowAxes {
  /** Spatial dimensions. */
  n: number;
  /** N…C with false, NC… with true. */
  channelsFirst: boolean;
}

const formats: readonly (readonly [last: string, first: string])[] = [
  ['NWC', 'NCW'],
  ['NHWC', 'NCHW'],
  ['NDHWC', 'NCDHW'],
];
const axesLast: readonly WindowAxes[] = [1, 2, 3].map((n) => ({ n, channelsFirst: false }));
const axesFirst: readonly WindowAxes[] = [1, 2, 3].map((n) => ({ n, channelsFirst: true }));

/** `dataFormat` for n = 1, 2 or 3 spatial dimensions; null is the default, channels last. The same object each time. */
export function windowAxes(format: unknown, n: number, op: string): WindowAxes {
  if (format === null || format === undefined) return axesLast[n - 1];
  const [last, first] = formats[n - 1];
  if (format === last) return axesLast[n - 1];
  if (format === first) return axesFirst[n - 1];
  throw new InvalidArgumentError(
    `[${op}] dataFormat must be '${last}' or '${first}'; got ${describe(format)}`,
  );
}

/** The place of the i-th spatial dimension in a tensor. */
export function spatialAxis({ channelsFirst }: WindowAxes, i: number): number {
  return i + (channelsFirst ? 2 : 1);
}

/** The sizes of the spatial dimensions of a shape. */
export function spatialSizes(shape: Dims, axes: WindowAxes): number[] {
  const from = spatialAxis(axes, 0);
  return shape.slice(from, from + axes.n);
}

/** [batch, …spatial, channels] in the tensor's own order. */
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

/** A list of n numbers ≥ 1 from a number, or a list of 1, n or n + 2 of them, those of batch and channels 1. */
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

/** Windows, strides and paddings beyond this have no use, and would overflow in native code. */
const maxWindow = 2 ** 31 - 1;

/** Padding as it holds for the spatial dimensions; lists only where the op takes them. */
export function windowPadding(
  value: unknown,
  axes: WindowAxes,
  op: string,
  { explicit = true }: { explicit?: boolean } = {},
): 'SAME' | 'VALID' | readonly PadPair[] {
  if (value === 'SAME' || value === 'VALID') return value;
  const { n } = axes;
  const takes = explicit ? `'SAME', 'VALID' or an array of ${n + 2} pairs` : `'SAME' or 'VALID'`;
  if (!Array.isArray(value) || !explicit) {
    const Class = typeof value === 'string' ? InvalidArgumentError : TypeError;
    throw new Class(`[${op}] padding must be ${takes}; got ${describe(value)}`);
  }
  const list = copyOfList(value, op, 'padding');
  if (list.length !== n + 2) {
    throw new InvalidArgumentError(
      `[${op}] When padding is a list, it must be of size ${n + 2}. Received: padding=${describe(value)} of size ${list.length}`,
    );
  }
  const pairs = list.map((given) => {
    const whole = (v: unknown): v is number => typeof v === 'number' && Number.isInteger(v);
    const pair = Array.isArray(given) ? copyOfList(given, op, 'padding') : [];
    if (pair.length !== 2 || !whole(pair[0]) || !whole(pair[1])) {
      throw new TypeError(
        `[${op}] padding must be ${takes} of integers [before, after]; got ${describe(value)}`,
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

/** Output size and padding of one dimension. */
export function windowDim(
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
  padding: 'SAME' | 'VALID' | PadPair,
  op: string,
): WindowDim {
  const reach = (kernel - 1) * dilation + 1;
  if (padding === 'SAME') {
    const out = Math.ceil(size / stride);
    const total = Math.max(0, (out - 1) * stride + reach - size);
    const before = Math.floor(total / 2);
    return { size, kernel, stride, dilation, out, before, after: total - before };
  }
  const [before, after] = padding === 'VALID' ? [0, 0] : padding;
  const out = Math.trunc((size + before + after - reach + stride) / stride);
  if (out < 0) {
    throw new InvalidArgumentError(
      `[${op}] Computed output size would be negative: ${out} [input_size: ${size + before + after}, ` +
        `effective_filter_size: ${reach}, stride: ${stride}]`,
    );
  }
  return { size, kernel, stride, dilation, out: out + 0, before, after };
}

/** All spatial dimensions: `sizes`, `kernels`, `strides` and `dilations` in their order. */
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

/** The tensor with its channels last. */
export function toChannelsLast(t: Tensor, { n, channelsFirst }: WindowAxes): Tensor {
  if (!channelsFirst) return t;
  return transpose(t, { perm: [0, ...Array.from({ length: n }, (_, i) => i + 2), 1] });
}

/** A result with channels last in the order that the user asked for. */
export function fromChannelsLast(t: Tensor, { n, channelsFirst }: WindowAxes): Tensor {
  if (!channelsFirst) return t;
  return transpose(t, { perm: [0, n + 1, ...Array.from({ length: n }, (_, i) => i + 1)] });
}
