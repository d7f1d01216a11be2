/** NumPy's files of arrays: `.npy`, and `.npz`, a zip of these. */
import { toTensor, type TensorLike } from '../core/convert';
import type { DType } from '../core/dtype';
import { DataLossError, UnimplementedError } from '../core/errors';
import type { Tensor } from '../core/tensor';
import { transpose } from '../ops/array/movement';
import { namedTensors, withSource, type FileLike } from './arguments';
import { writeAtomically } from './atomic';
import { checkPath, type ByteSource } from './source';
import { bytesOf, readTensor } from './stored';
import { ZipReader } from './zip/read';
import { zipParts } from './zip/write';

const magic = Buffer.from('\x93NUMPY', 'latin1');
/** The longest header; NumPy's own are about a hundred bytes. */
const maxHeader = 1 << 16;

/** NumPy's codes, without the byte order. bfloat16 has none. */
const codes: Readonly<Partial<Record<DType, string>>> = {
  float16: 'f2',
  float32: 'f4',
  float64: 'f8',
  int8: 'i1',
  int16: 'i2',
  int32: 'i4',
  int64: 'i8',
  uint8: 'u1',
  uint16: 'u2',
  uint32: 'u4',
  uint64: 'u8',
  bool: 'b1',
};
const dtypeOf = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as DType]));

interface Header {
  readonly dtype: DType;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly start: number;
}

function readHeader(source: ByteSource): Header {
  const { name: file } = source;
  if (source.size < 12 || !source.read(0, 6, 'the magic').equals(magic))
    throw new DataLossError(`[${file}] is no .npy file`);
  const prefix = source.read(6, 6, 'the header');
  const version = prefix[0];
  if (version < 1 || version > 3)
    throw new UnimplementedError(`[${file}] has version ${version} of the format; 1 to 3 are known`);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? prefix.readUInt16LE(2) : prefix.readUInt32LE(2);
  if (length > maxHeader) throw new DataLossError(`[${file}] has a header of ${length} bytes`);
  const text = source.read(start, length, 'the header').toString(version === 3 ? 'utf8' : 'latin1');
  return { ...parseHeader(text, file), start: start + length };
}

/** The header is a dictionary in Python's syntax. */
function parseHeader(text: string, file: string): Omit<Header, 'start'> {
  const descr = /'descr':\s*(?:'([^']*)'|([[(]))/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  const shape = /'shape':\s*\(([\dL,\s]*)\)/.exec(text);
  if (descr === null || order === null || shape === null)
    throw new DataLossError(`[${file}] the header is not readable: ${JSON.stringify(text.slice(0, 200))}`);
  const sizes = shape[1].split(',').map((size) => size.trim());
  if (sizes.at(-1) === '') sizes.pop();
  if (sizes.some((size) => !/^\d+L?$/.test(size)))
    throw new DataLossError(`[${file}] the header has no shape: ${JSON.stringify(shape[1].slice(0, 200))}`);
  const code = /^([<>=|]?)(\w+)$/.exec(descr[1] ?? '');
  const dtype = code === null ? undefined : dtypeOf.get(code[2]);
  if (code === null || dtype === undefined)
    throw new UnimplementedError(
      `[${file}] has elements of NumPy's type '${descr[1] ?? 'structured'}'; those that can be read are ` +
        `${[...dtypeOf.keys()].join(', ')}`,
    );
  return {
    dtype,
    bigEndian: code[1] === '>',
    fortranOrder: order[1] === 'True',
    shape: sizes.map((size) => parseInt(size, 10)),
  };
}

function readArray(source: ByteSource): Tensor {
  const { dtype, bigEndian, fortranOrder, shape, start } = readHeader(source);
  const stored = fortranOrder ? [...shape].reverse() : shape;
  const t = readTensor(source, start, dtype, stored, 'the array', bigEndian);
  return fortranOrder && shape.length > 1 ? transpose(t) : t;
}

/** Reads an array of NumPy's, a `.npy` file. */
// eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
export async function loadNpy(file: FileLike): Promise<Tensor> {
  return withSource(file, 'loadNpy', readArray);
}

/** Reads the arrays of a `.npz` file by name. */
// eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
export async function loadNpz(file: FileLike): Promise<Record<string, Tensor>> {
  return withSource(file, 'loadNpz', (source) => {
    const zip = new ZipReader(source);
    const arrays = zip.names
      .filter((name) => name.endsWith('.npy'))
      .map((name) => [name.slice(0, -4), readArray(zip.open(name) as ByteSource)] as const);
    return Object.fromEntries(arrays);
  });
}

function headerOf(t: Tensor, where: string): Buffer {
  const code = codes[t.dtype];
  if (code === undefined)
    throw new UnimplementedError(
      `[${where}] NumPy has no ${t.dtype}: cast the tensor to float32, or write a safetensors file`,
    );
  const descr = `${t.dt.bytes === 1 ? '|' : '<'}${code}`;
  const shape = t.shape.length === 1 ? `(${t.shape[0]},)` : `(${t.shape.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  // With the newline, the elements begin at a multiple of 64.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  const out = Buffer.alloc(length, ' ');
  magic.copy(out);
  out.set([1, 0], 6);
  out.writeUInt16LE(length - 10, 8);
  out.write(text, 10, 'latin1');
  out[length - 1] = 10;
  return out;
}

/** Writes a tensor to a `.npy` file, which is replaced as a whole. */
// eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
export async function saveNpy(file: string, tensor: TensorLike): Promise<void> {
  checkPath(file, 'saveNpy');
  const t = toTensor(tensor, null, 'saveNpy', 'tensor');
  writeAtomically(file, [headerOf(t, 'saveNpy'), bytesOf(t)]);
}

/** Writes tensors by name to a `.npz` file, which is replaced as a whole. */
// eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
export async function saveNpz(file: string, tensors: Readonly<Record<string, TensorLike>>): Promise<void> {
  checkPath(file, 'saveNpz');
  const members = namedTensors(tensors, 'saveNpz').map(([name, t]) => {
    const header = headerOf(t, 'saveNpz');
    return {
      name: `${name}.npy`,
      size: header.length + t.size * t.dt.bytes,
      parts: () => [header, bytesOf(t)],
    };
  });
  writeAtomically(file, zipParts(members));
}
