/** What operations on images share: images and batches of them, channels last or first. */
import { toTensor } from '../../../core/convert';
import { InvalidArgumentError } from '../../../core/errors';
import { describe, showShape } from '../../../core/shape';
import { shapeOf, type Tensor } from '../../../core/tensor';
import { transpose } from '../../../ops/array/movement';
import { expandDims, squeeze } from '../../../ops/array/views';
import { dataFormatName, type DataFormat } from '../../layers/window_arguments';

/** InvalidArgumentError unless a tensor has one of these ranks. */
export function exactRank(x: Tensor, ranks: readonly number[], op: string, argument: string): void {
  if (ranks.includes(x.rank)) return;
  throw new InvalidArgumentError(
    `[${op}] Invalid ${argument} rank: expected rank ${ranks.join(' or ')}. Received: ${argument}.shape=` +
      showShape(shapeOf(x)),
  );
}

export interface DataFormatOption {
  /** Where the channels are: 'channels_last' (null, the default) or 'channels_first'. */
  dataFormat?: DataFormat | null;
}

/** The option, checked; files have null where it was null. */
export const formatOf = (value: unknown, op: string): DataFormat | null =>
  value === null || value === undefined ? null : dataFormatName(value, op);

/** A list of two, each of which `check` accepts. */
export function pairOf(
  value: unknown,
  name: string,
  op: string,
  check: (value: unknown, name: string, op: string) => number,
): readonly [number, number] {
  if (!Array.isArray(value) || value.length !== 2)
    throw new TypeError(`[${op}] ${name} must be a list of two numbers; got ${describe(value)}`);
  const [a, b] = value.map((n: unknown) => check(n, name, op));
  return [a, b];
}

/** Images as a batch with the channels last, and the way back. */
export interface Batch {
  readonly images: Tensor;
  /** The result in the layout of the argument: [batch, height, width, channels, …] goes back to it. */
  readonly restore: (y: Tensor) => Tensor;
}

/** A tensor of one image or several. */
export function imagesOf(value: unknown, op: string, argument = 'images'): Tensor {
  const x = toTensor(value, null, op, argument);
  exactRank(x, [3, 4], op, argument);
  return x;
}

/** Images of 3 or 4 dimensions as a batch. */
export function batchOf(x: Tensor, format: unknown): Batch {
  const isOne = x.rank === 3;
  const isFirst = format === 'channels_first';
  const batch = isOne ? expandDims(x, 0) : x;
  return {
    images: isFirst ? transpose(batch, { perm: [0, 2, 3, 1] }) : batch,
    restore: (y) => {
      const others = shapeOf(y).map((_, d) => d);
      const moved = isFirst ? transpose(y, { perm: [0, 3, 1, 2, ...others.slice(4)] }) : y;
      return isOne ? squeeze(moved, 0) : moved;
    },
  };
}

/** InvalidArgumentError for integers: colors are computed with floats. */
export function floatImages(x: Tensor, op: string): Tensor {
  if (x.dt.kind === 'float') return x;
  throw new InvalidArgumentError(
    `[${op}] Invalid images dtype: expected float dtype. Received: images.dtype=${x.dtype}, shape ${showShape(shapeOf(x))}`,
  );
}
