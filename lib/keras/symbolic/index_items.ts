/** The items of an index, `x[1:3, ..., -1]`, as they stand among the arguments of a recorded call. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import { showKerasShape, type KerasShape } from '../base/shapes';

/** Python's `start:stop:step`. */
export class Slice {
  constructor(
    readonly start: number | null,
    readonly stop: number | null,
    readonly step: number | null,
  ) {
    for (const part of [start, stop, step])
      if (part !== null && !Number.isInteger(part))
        throw new InvalidArgumentError(
          `[getItem] the start, stop and step of a slice are integers or null; got ${describe(part)}`,
        );
  }
}

/** Python's `...`. */
export class Ellipsis {}

/** An item of an index: an integer, a slice '1:3', '...', or null, which adds a dimension. */
export type IndexItem = number | string | null;

/** An item as it is recorded. */
export function toRecordedItem(item: unknown): unknown {
  if (typeof item !== 'string') return item;
  if (item.trim() === '...') return new Ellipsis();
  const fields = item.split(':').map((field) => field.trim());
  if (fields.length < 2 || fields.length > 3 || !fields.every((field) => /^(-?\d+)?$/.test(field)))
    throw new InvalidArgumentError(
      `[getItem] the items of an index are integers, slices such as '1:3', '...' and null; got ${describe(item)}`,
    );
  const [start, stop, step = ''] = fields;
  const end = (field: string): number | null => (field === '' ? null : Number(field));
  return new Slice(end(start), end(stop), end(step));
}

/** A recorded item as `at` accepts it. */
export function fromRecordedItem(item: unknown): unknown {
  if (item instanceof Ellipsis) return '...';
  if (!(item instanceof Slice)) return item;
  const { start, stop, step } = item;
  return `${start ?? ''}:${stop ?? ''}${step === null ? '' : `:${step}`}`;
}

/** The number of elements that a slice of a dimension has; null if that depends on a dimension that varies. */
function sliceSize({ start, stop, step }: Slice, size: number | null): number | null {
  if (size === null) return null;
  const by = step ?? 1;
  const limit = (end: number | null, otherwise: number, low: number, high: number): number =>
    end === null ? otherwise : Math.min(high, Math.max(low, end < 0 ? end + size : end));
  const forwards = by > 0;
  const first = limit(start, forwards ? 0 : size - 1, forwards ? 0 : -1, forwards ? size : size - 1);
  const last = limit(stop, forwards ? size : -1, forwards ? 0 : -1, forwards ? size : size - 1);
  return Math.max(0, Math.ceil((last - first) / by));
}

/** The shape of an indexed tensor, from the recorded items of the index. */
export function indexedShape(shape: KerasShape, key: readonly unknown[]): KerasShape {
  const used = key.filter((item) => item !== null && !(item instanceof Ellipsis)).length;
  if (used > shape.length)
    throw new InvalidArgumentError(
      `[getItem] Too many indices for a tensor of shape ${showKerasShape(shape)}: got ${used}`,
    );
  const items = key.some((item) => item instanceof Ellipsis) ? key : [...key, new Ellipsis()];
  const result: (number | null)[] = [];
  let next = 0;
  for (const item of items) {
    if (item === null) result.push(1);
    else if (item instanceof Ellipsis) {
      const until = next + shape.length - used;
      while (next < until) result.push(shape[next++]);
    } else if (item instanceof Slice) {
      if (item.step === 0) throw new InvalidArgumentError('[getItem] the step of a slice must not be 0');
      result.push(sliceSize(item, shape[next++]));
    } else {
      const size = shape[next++];
      if (typeof item !== 'number' || !Number.isInteger(item))
        throw new TypeError(
          `[getItem] the items of an index are integers, slices such as '1:3', '...' and null; got ${describe(item)}`,
        );
      if (size !== null && (item < -size || item >= size))
        throw new InvalidArgumentError(
          `[getItem] index ${item} is out of bounds for axis ${next - 1} of a tensor of shape ${showKerasShape(shape)}`,
        );
    }
  }
  return result;
}
