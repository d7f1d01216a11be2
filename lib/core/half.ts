/** Floats of 16 bits: JavaScript reads and writes them as float32, which has all of their values. */
import { convertElements } from '../binding';
import { dtypes, isConverted, type DTypeInfo, type DTypeTable } from './dtype';

/** The values of 16-bit floats. */
export function widened(
  dt: DTypeInfo,
  buffer: ArrayBuffer,
  offset: number,
  n: number,
): DTypeTable['float32']['array'] {
  const values = new Float32Array(n);
  convertElements(dt.code, buffer, offset, dtypes.float32.code, values.buffer, 0, n);
  return values;
}

/** Writes `n` numbers as 16-bit floats, rounded to float32 first, as TensorFlow does. */
export function writeNarrowed(
  dt: DTypeInfo,
  values: ArrayLike<number>,
  n: number,
  buffer: ArrayBuffer,
  offset: number,
): void {
  const wide = new Float32Array(n);
  wide.set(values);
  convertElements(dtypes.float32.code, wide.buffer, 0, dt.code, buffer, offset, n);
}

/** The number of a floating dtype that is nearest to another number. Uses the argument buffer. */
export function rounded(dt: DTypeInfo, value: number): number {
  if (dt === dtypes.float32) return Math.fround(value);
  if (!isConverted(dt)) return value;
  writeNarrowed(dt, [value], 1, one.buffer, 0);
  return widened(dt, one.buffer, 0, 1)[0];
}

const one = new Uint16Array(1);

/** An element as it is stored. Uses the argument buffer. */
export function storedElement(dt: DTypeInfo, value: number | bigint): number | bigint {
  if (!isConverted(dt)) return value;
  one[0] = 0; // An element may have one byte alone.
  writeNarrowed(dt, [value as number], 1, one.buffer, 0);
  return one[0];
}
