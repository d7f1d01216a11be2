/** The arguments and shapes that convolutional and pooling layers have in common. */
import { dtypeInfo, type DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { copyOfList } from '../../core/lists';
import { describe } from '../../core/shape';
import { showKerasShape, type KerasShape } from '../base/shapes';
import { imageDataFormat } from '../base/settings';

/** One integer for all spatial dimensions, or one for each of them. */
export type WindowSize = number | readonly number[];
export type LayerPadding = 'valid' | 'same';
export type DataFormat = 'channels_last' | 'channels_first';

/** A whole number ≥ 1. InvalidArgumentError or TypeError otherwise. */
export function positiveInteger(value: unknown, name: string, where: string): number {
  if (typeof value !== 'number')
    throw new TypeError(`[${where}] \`${name}\` must be a positive integer; got ${describe(value)}`);
  if (!Number.isSafeInteger(value) || value <= 0)
    throw new InvalidArgumentError(
      `[${where}] Invalid value for argument \`${name}\`. Expected a strictly positive value. Received ${name}=${value}.`,
    );
  return value;
}

/** n integers ≥ `least`, from one for all or a list of n. */
export function integerTuple(
  value: unknown,
  n: number,
  name: string,
  where: string,
  least: 0 | 1 = 1,
): readonly number[] {
  const message = `[${where}] The \`${name}\` argument must be ${n} integers. Received ${name}=${describe(value)}`;
  if (typeof value !== 'number' && !Array.isArray(value)) throw new TypeError(message);
  const list: readonly unknown[] =
    typeof value === 'number' ? new Array<number>(n).fill(value) : copyOfList(value, where, name);
  if (list.length !== n) throw new InvalidArgumentError(message);
  return list.map((part) => {
    if (typeof part !== 'number') throw new TypeError(message);
    if (!Number.isSafeInteger(part) || part < least)
      throw new InvalidArgumentError(
        `${message}, including the value ${part} that does not satisfy \`value ${least === 0 ? '>= 0' : '> 0'}\``,
      );
    return part;
  });
}

/** A padding in lower case. */
export function paddingName<P extends string>(value: unknown, allowed: readonly P[], where: string): P {
  if (typeof value !== 'string')
    throw new TypeError(
      `[${where}] The \`padding\` argument must be one of ${allowed.join(', ')}. Received: ${describe(value)}`,
    );
  const padding = value.toLowerCase() as P;
  if (!allowed.includes(padding))
    throw new InvalidArgumentError(
      `[${where}] The \`padding\` argument must be one of ${allowed.join(', ')}. Received: ${value}`,
    );
  return padding;
}

/** A data format; null is the default one. */
export function dataFormatName(value: unknown, where: string): DataFormat {
  if (value === null) return imageDataFormat();
  if (typeof value !== 'string')
    throw new TypeError(
      `[${where}] The \`dataFormat\` argument must be 'channels_last' or 'channels_first'. Received: ${describe(value)}`,
    );
  const format = value.toLowerCase();
  if (format !== 'channels_last' && format !== 'channels_first')
    throw new InvalidArgumentError(
      `[${where}] The \`data_format\` argument must be one of channels_first, channels_last. Received: data_format=${value}`,
    );
  return format;
}

/** The windows of a layer. */
export interface LayerWindows {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** 'causal' pads so that there are as many windows as with 'same'. */
  readonly padding: LayerPadding | 'causal';
}

/** The sizes of the spatial dimensions of a shape. */
export const spatialPart = (shape: KerasShape, format: DataFormat): KerasShape =>
  format === 'channels_last' ? shape.slice(1, -1) : shape.slice(2);

/** The number of channels; null if it varies. */
export const channelsOf = (shape: KerasShape, format: DataFormat): number | null =>
  format === 'channels_last' ? shape[shape.length - 1] : shape[1];

/** The shape of batch, spatial dimensions and channels in a data format. */
export const shapeWith = (
  batch: number | null,
  spatial: KerasShape,
  channels: number | null,
  format: DataFormat,
): KerasShape => (format === 'channels_last' ? [batch, ...spatial, channels] : [batch, channels, ...spatial]);

/** The number of window positions in each spatial dimension. InvalidArgumentError if there is none. */
export function windowCounts(spatial: KerasShape, windows: LayerWindows, where: string): KerasShape {
  const { sizes, strides, dilations, padding } = windows;
  return spatial.map((size, i) => {
    if (size === null) return null;
    if (padding !== 'valid') return Math.floor((size - 1) / strides[i]) + 1;
    const count = Math.floor((size - dilations[i] * (sizes[i] - 1) - 1) / strides[i]) + 1;
    if (count > 0) return count;
    throw new InvalidArgumentError(
      `[${where}] Computed output size would be zero or negative. Received spatial dimensions ` +
        `${showKerasShape(spatial)} for windows of size ${describe(sizes)} with strides ${describe(strides)}, dilation ` +
        `${describe(dilations)} and padding '${padding}'`,
    );
  });
}

/** The dtype of results that have that of the inputs; floats are computed in the layer's. */
export const dtypeOfInputs = (dtype: DType, computeDtype: DType): DType =>
  dtypeInfo(dtype).kind === 'float' ? computeDtype : dtype;
