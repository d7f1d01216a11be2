/** Floats of 16 bits: JavaScript reads and writes them as float32, which has all of their values. */
import { frame, native } from '../binding';
import { dtypes, isConverted, type DTypeInfo, type DTypeTable } from './dtype';

/** Converts `n` elements, from byte `offset` of a buffer to byte `at` of another one. */
function convert(
  from: DTypeInfo,
  source: ArrayBuffer,
  offset: number,
  to: DTypeInfo,
  target: ArrayBuffer,
  at: number,
  n: number,
): void {
  frame[0] = offset;
  frame[1] = at;
  frame[2] = n;
  frame[3] = from.code;
  frame[4] = to.code;
  native.cast(source, target);
}

/** The values of 16-bit floats. */
export function widened(
  dt: DTypeInfo,
  buffer: ArrayBuffer,
  offset: number,
  n: number,
): DTypeTable['float32']['array'] {
  const values = new Float32Array(n);
  convert(dt, buffer, offset, dtypes.float32, values.buffer, 0, n);
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
  convert(dtypes.float32, wide.buffer, 0, dt, buffer, offset, n);
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
  writeNarrowed(dt, [value as number], 1, one.buffer, 0);
  return one[0];
}
