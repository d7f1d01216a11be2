/** The weights of a TensorFlow.js model: files whose bytes a manifest assigns to tensors. */
import * as path from 'node:path';
import { dtypeInfo, type DType } from '../../core/dtype';
import { DataLossError, UnimplementedError } from '../../core/errors';
import { asShape, sizeOf } from '../../core/shape';
import { makeTensor, viewOf, type Tensor } from '../../core/tensor';
import { ByteSource, withFile } from '../../io/source';
import { elementsOf, readTensor } from '../../io/stored';
import { cast } from '../../ops/array/cast';
import { isJsonObject, type Json } from './serialize';
import type { StoredTensor } from './weights';

/** A tensor of a manifest, which is read when it is asked for. */
export interface ManifestTensor extends StoredTensor {
  readonly name: string;
  /** Whether it belongs to the optimizer. */
  readonly isOfOptimizer: boolean;
}

const storedDTypes: readonly unknown[] = ['float32', 'int32', 'bool'];
const quantizedDTypes: readonly unknown[] = ['uint8', 'uint16', 'float16'];

/** Several files as if they were one; each is open only while it is read. */
class Shards extends ByteSource {
  constructor(
    name: string,
    private readonly parts: readonly { readonly file: string; readonly size: number }[],
  ) {
    super(
      name,
      parts.reduce((sum, { size }) => sum + size, 0),
    );
  }

  protected copy(at: number, target: Uint8Array): void {
    let start = 0;
    for (const { file, size } of this.parts) {
      const from = Math.max(at, start);
      const to = Math.min(at + target.length, start + size);
      const [begin, offset] = [from - start, from - at];
      if (to > from)
        withFile(file, 'loadLayersModel', (source) =>
          source.readInto(begin, target.subarray(offset, offset + to - from), 'the weights'),
        );
      start += size;
    }
  }
}

/** The path of a file that the manifest names. DataLossError if it is not within the folder of the model. */
function shardPath(folder: string, name: Json, file: string): string {
  if (
    typeof name !== 'string' ||
    name === '' ||
    /[\\\0]|^[A-Za-z]:/.test(name) ||
    path.posix.isAbsolute(name) ||
    name.split('/').includes('..')
  )
    throw new DataLossError(
      `[${file}] weightsManifest names the file ${JSON.stringify(name)}; it must be in the folder of the model`,
    );
  return path.join(folder, name);
}

/** The tensors of all groups, and the number of bytes of their files. DataLossError if the files have not the size of the tensors. */
export function readManifest(
  manifest: Json | undefined,
  file: string,
): { tensors: ManifestTensor[]; bytes: number } {
  if (!Array.isArray(manifest))
    throw new DataLossError(
      `[${file}] has no weightsManifest, which lists the weights: loadLayersModel reads models with their weights`,
    );
  const tensors: ManifestTensor[] = [];
  let bytes = 0;
  for (const group of manifest as readonly Json[]) {
    if (!isJsonObject(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights))
      throw new DataLossError(`[${file}] each group of weightsManifest has paths and weights`);
    const parts = (group.paths as readonly Json[]).map((name) => {
      const shard = shardPath(path.dirname(file), name, file);
      return { file: shard, size: withFile(shard, 'loadLayersModel', ({ size }) => size) };
    });
    const source = new Shards(file, parts);
    let at = 0;
    for (const entry of group.weights as readonly Json[]) {
      const { tensor, length } = manifestTensor(entry, source, at);
      tensors.push(tensor);
      at += length;
    }
    if (at !== source.size)
      throw new DataLossError(
        `[${file}] the weights of ${JSON.stringify(group.paths)} take ${at} bytes by the manifest; the files have ${source.size}`,
      );
    bytes += source.size;
  }
  return { tensors, bytes };
}

/** How numbers are stored in fewer bits: value = stored · scale + min. */
interface Quantization {
  readonly dtype: DType;
  readonly scale: number;
  readonly min: number;
}

function quantizationOf(value: Json | undefined, what: string): Quantization | null {
  if (value === undefined || value === null) return null;
  const { dtype, scale = null, min = null } = isJsonObject(value) ? value : {};
  const isFinite = (n: Json): n is number => Number.isFinite(n);
  const isScaled = dtype !== 'float16';
  if (!quantizedDTypes.includes(dtype) || (isScaled && !(isFinite(scale) && isFinite(min))))
    throw new DataLossError(
      `${what} has the quantization ${JSON.stringify(value)}; it is float16, or uint8 or uint16 with scale and min`,
    );
  return { dtype: dtype as DType, scale: Number(scale), min: Number(min) };
}

/** The tensor that an entry says is stored from byte `at` on, and its number of bytes. */
function manifestTensor(
  entry: Json,
  source: ByteSource,
  at: number,
): { tensor: ManifestTensor; length: number } {
  const { name: file } = source;
  const { name, shape, dtype, group, quantization } = isJsonObject(entry) ? entry : {};
  const isShape = Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
  if (typeof name !== 'string' || !isShape || typeof dtype !== 'string')
    throw new DataLossError(
      `[${file}] weightsManifest lists ${JSON.stringify(entry)}, no name, shape and dtype`,
    );
  const what = `[${file}] the weight '${name}'`;
  if (!storedDTypes.includes(dtype))
    throw new UnimplementedError(
      `${what} has the dtype ${dtype}; those that can be read are ${storedDTypes.join(', ')}`,
    );
  const quantized = quantizationOf(quantization, what);
  const stored = quantized?.dtype ?? (dtype as DType);
  const { bytes } = dtypeInfo(stored, what);
  const size = elementsOf(shape as number[], bytes);
  if (size === null)
    throw new DataLossError(`${what} has the shape [${shape.join(',')}], which no tensor has`);
  source.check(at, size * bytes, `the weight '${name}'`);
  const tensor: ManifestTensor = {
    name,
    isOfOptimizer: group === 'optimizer',
    shape: shape as number[],
    dtype: dtype as DType,
    typeName: dtype,
    read: () => {
      const values = readTensor(source, at, stored, shape as number[], `the weight '${name}'`);
      return quantized === null ? values : dequantize(values, quantized, dtype as DType);
    },
  };
  return { tensor, length: size * bytes };
}

function dequantize(stored: Tensor, { dtype, scale, min }: Quantization, to: DType): Tensor {
  if (dtype === 'float16') return cast(stored, to);
  const t = makeTensor(
    dtypeInfo('float32', 'loadLayersModel'),
    asShape([...stored.shape]),
    sizeOf(stored.shape),
  );
  const from = viewOf(stored) as Uint8Array | Uint16Array;
  const values = viewOf(t) as Float32Array;
  const isInteger = to === 'int32';
  // As TensorFlow.js computes it: in double precision.
  for (let i = 0; i < from.length; i++) {
    const value = from[i] * scale + min;
    values[i] = isInteger ? Math.round(value) : value;
  }
  return cast(t, to);
}
