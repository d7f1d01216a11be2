/** Elements of tensors as files store them: raw bytes, row-major, little-endian unless said otherwise. */
import { dtypes, type DType } from '../core/dtype';
import { DataLossError } from '../core/errors';
import { maxDepth } from '../core/lists';
import { asShape, maxElements, sizeOf } from '../core/shape';
import { bufferOf, makeTensor, viewOf, type Tensor } from '../core/tensor';
import type { ByteSource } from './source';

/** The bytes of a tensor's elements, in place. They must not leave the library, or change. */
export function bytesOf(t: Tensor): Uint8Array {
  viewOf(t);
  return new Uint8Array(bufferOf(t), t.offset, t.size * t.dt.bytes);
}

/** The number of elements of a shape; null if no tensor has that shape. */
export function elementsOf(shape: readonly number[], bytes: number): number | null {
  if (shape.length > maxDepth) return null;
  let size = 1;
  for (const n of shape) {
    if (!Number.isSafeInteger(n) || n < 0 || n > maxElements) return null;
    size *= n;
  }
  return size <= maxElements && Number.isSafeInteger(size * bytes) ? size : null;
}

/** A tensor of elements in a file. The range is checked before memory is allocated. */
export function readTensor(
  source: ByteSource,
  at: number,
  dtype: DType,
  shape: readonly number[],
  what: string,
  bigEndian = false,
): Tensor {
  const dt = dtypes[dtype];
  const elements = elementsOf(shape, dt.bytes);
  if (elements === null)
    throw new DataLossError(
      `[${source.name}] ${what} has the shape [${shape.join(',')}], which no tensor has`,
    );
  source.check(at, elements * dt.bytes, what);
  const t = makeTensor(dt, asShape([...shape]), sizeOf(shape));
  const bytes = bytesOf(t);
  source.readInto(at, bytes, what);
  if (bigEndian) swapBytes(bytes, dt.bytes);
  // Kernels expect 0 and 1.
  if (dt.kind === 'bool') for (let i = 0; i < bytes.length; i++) bytes[i] = bytes[i] === 0 ? 0 : 1;
  return t;
}

/** Reverses the bytes of each element. */
function swapBytes(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else if (width === 8) buffer.swap64();
}
