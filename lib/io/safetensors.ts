/** Safetensors files: 8 bytes with the length of a JSON, the JSON, the elements of the tensors. */
import type { TensorLike } from '../core/convert';
import { everyType, type DType } from '../core/dtype';
import { DataLossError, InvalidArgumentError, NotFoundError, UnimplementedError } from '../core/errors';
import { isPlain, options as resolve, throwExtraArguments } from '../core/options';
import { describe } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { namedTensors, withSource, type FileLike } from './arguments';
import { writeAtomically } from './atomic';
import { checkPath, type ByteSource } from './source';
import { bytesOf, elementsOf, readTensor } from './stored';

/** F32, BF16, I64, U8, BOOL… */
const nameOf = (dtype: DType): string =>
  dtype.toUpperCase().replace('FLOAT', 'F').replace('INT', 'I').replace('UI', 'U');
const dtypeOf = new Map(everyType.map((dtype) => [nameOf(dtype), dtype]));
/** What the reference implementation reads at most. */
const maxHeader = 100_000_000;

interface Entry {
  readonly name: string;
  /** As the file names it. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  readonly entries: readonly Entry[];
  /** Where the elements begin. */
  readonly start: number;
}

function readHeader(source: ByteSource): Header {
  const { name: file } = source;
  if (source.size < 8)
    throw new DataLossError(`[${file}] is no safetensors file: it has ${source.size} bytes`);
  const first = source.read(0, 8, 'the length of the header');
  const length = first.readUInt32LE(0) + first.readUInt32LE(4) * 2 ** 32;
  if (length > maxHeader)
    throw new DataLossError(`[${file}] is no safetensors file: its header would have ${length} bytes`);
  const text = source.read(8, length, 'the header').toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new DataLossError(`[${file}] the header is no JSON: ${(error as Error).message}`);
  }
  if (typeof json !== 'object' || json === null || !isPlain(json))
    throw new DataLossError(`[${file}] the header is no JSON object`);
  const { __metadata__: metadata = {}, ...rest } = json as Record<string, unknown>;
  const entries = Object.entries(rest).map(([name, value]) => readEntry(name, value, file));
  const start = 8 + length;
  checkCoverage(entries, source.size - start, file);
  return { metadata: readMetadata(metadata, file), entries, start };
}

function readMetadata(value: unknown, file: string): Record<string, string> {
  if (typeof value !== 'object' || value === null || Object.values(value).some((v) => typeof v !== 'string'))
    throw new DataLossError(`[${file}] __metadata__ must be an object of texts`);
  return { ...value };
}

function readEntry(name: string, value: unknown, file: string): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const areSizes = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
  if (typeof dtype !== 'string' || !areSizes(shape) || !areSizes(offsets) || offsets.length !== 2)
    throw new DataLossError(
      `[${file}] the header says of '${name}': ${JSON.stringify(value)}, no dtype, shape and data_offsets`,
    );
  return { name, dtype, shape, begin: offsets[0], end: offsets[1] };
}

/** The tensors must follow each other without gaps up to the end of the file. */
function checkCoverage(entries: readonly Entry[], bytes: number, file: string): void {
  let at = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at || end < begin || end > bytes)
      throw new DataLossError(
        `[${file}] '${name}' lies at the bytes ${begin} to ${end} of ${bytes}; the one before ends at ${at}`,
      );
    at = end;
  }
  if (at !== bytes)
    throw new DataLossError(`[${file}] has ${bytes} bytes of elements; its header lists ${at}`);
}

function readEntryTensor(source: ByteSource, start: number, entry: Entry): Tensor {
  const { name, shape, begin, end } = entry;
  const dtype = dtypeOf.get(entry.dtype);
  if (dtype === undefined)
    throw new UnimplementedError(
      `[${source.name}] '${name}' has the dtype ${entry.dtype}; those that can be read are ${[...dtypeOf.keys()].join(', ')}`,
    );
  const bytes = dtypeBytes(entry.dtype);
  if (elementsOf(shape, bytes) !== (end - begin) / bytes)
    throw new DataLossError(
      `[${source.name}] '${name}' has the shape [${shape.join(',')}] of ${entry.dtype}, but ${end - begin} bytes`,
    );
  return readTensor(source, start + begin, dtype, shape, `'${name}'`);
}

const dtypeBytes = (name: string): number => (name === 'BOOL' ? 1 : Number(/\d+$/.exec(name)?.[0]) / 8);

export interface LoadSafetensorsOptions {
  /** The names of the tensors to read; null (default): all. */
  names?: readonly string[] | null;
}

const loadDefaults: Required<LoadSafetensorsOptions> = { names: null };

/** Reads the tensors of a safetensors file, or some of them: only these are read from the disk. */
// eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
export async function loadSafetensors(
  file: FileLike,
  options?: LoadSafetensorsOptions | readonly string[] | null,
): Promise<Record<string, Tensor>> {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('loadSafetensors', 2, arguments, loadDefaults);
  const { names: wanted } = resolve<Required<LoadSafetensorsOptions>>(
    options,
    'names',
    loadDefaults,
    'loadSafetensors',
  );
  if (wanted !== null && (!Array.isArray(wanted) || wanted.some((name: unknown) => typeof name !== 'string')))
    throw new TypeError(`[loadSafetensors] names must be an array of strings; got ${describe(wanted)}`);
  return withSource(file, 'loadSafetensors', (source) => {
    const { entries, start } = readHeader(source);
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    const chosen = ((wanted ?? [...byName.keys()]) as readonly string[]).map((name) => {
      const entry = byName.get(name);
      if (entry === undefined)
        throw new NotFoundError(
          `[${source.name}] has no tensor '${name}'; it has ${[...byName.keys()].join(', ')}`,
        );
      return entry;
    });
    return Object.fromEntries(chosen.map((entry) => [entry.name, readEntryTensor(source, start, entry)]));
  });
}

/** A file that is open: what it has, and its tensors one by one. */
export interface OpenSafetensors {
  readonly metadata: Readonly<Record<string, string>>;
  /** The dtype is null where no tensor has that of the file. */
  readonly tensors: ReadonlyMap<string, { readonly dtype: DType | null; readonly shape: readonly number[] }>;
  read(name: string): Tensor;
}

export function openSafetensors(source: ByteSource): OpenSafetensors {
  const { metadata, entries, start } = readHeader(source);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return {
    metadata,
    tensors: new Map(
      entries.map(({ name, dtype, shape }) => [name, { dtype: dtypeOf.get(dtype) ?? null, shape }]),
    ),
    read: (name) => readEntryTensor(source, start, byName.get(name) as Entry),
  };
}

/** What a safetensors file says of its tensors, without reading them. */
export interface SafetensorsInfo {
  metadata: Record<string, string>;
  tensors: Record<string, { dtype: string; shape: readonly number[] }>;
}

/** The metadata of a safetensors file, and the dtypes (as the file names them) and shapes of its tensors. */
// eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
export async function safetensorsInfo(file: FileLike): Promise<SafetensorsInfo> {
  return withSource(file, 'safetensorsInfo', (source) => {
    const { metadata, entries } = readHeader(source);
    const tensors = entries.map(({ name, dtype, shape }) => [name, { dtype, shape: [...shape] }] as const);
    return { metadata: { ...metadata }, tensors: Object.fromEntries(tensors) };
  });
}

export interface SaveSafetensorsOptions {
  /** Texts that are stored with the tensors. */
  metadata?: Readonly<Record<string, string>>;
}

const saveDefaults: Required<SaveSafetensorsOptions> = { metadata: {} };

/** Writes tensors by name to a safetensors file, which is replaced as a whole. */
// eslint-disable-next-line @typescript-eslint/require-await -- errors are rejections
export async function saveSafetensors(
  file: string,
  tensors: Readonly<Record<string, TensorLike>>,
  options?: SaveSafetensorsOptions,
): Promise<void> {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments('saveSafetensors', 3, arguments, saveDefaults);
  checkPath(file, 'saveSafetensors');
  const { metadata } = resolve<Required<SaveSafetensorsOptions>>(
    options,
    'metadata',
    saveDefaults,
    'saveSafetensors',
  );
  writeAtomically(file, safetensorsParts(namedTensors(tensors, 'saveSafetensors'), metadata));
}

/** The parts of a file. */
export function* safetensorsParts(
  tensors: readonly (readonly [string, Tensor])[],
  metadata: Readonly<Record<string, string>>,
): Generator<Uint8Array> {
  if (
    typeof metadata !== 'object' ||
    metadata === null ||
    Object.values(metadata).some((v) => typeof v !== 'string')
  )
    throw new TypeError(`[saveSafetensors] metadata must be an object of strings; got ${describe(metadata)}`);
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  // Wide elements first, so that all are aligned.
  const sorted = [...tensors].sort(([a, x], [b, y]) => y.dt.bytes - x.dt.bytes || (a < b ? -1 : 1));
  let at = 0;
  for (const [name, t] of sorted) {
    if (name === '__metadata__')
      throw new InvalidArgumentError(`[saveSafetensors] a tensor cannot have the name ${name}`);
    const end = at + t.size * t.dt.bytes;
    const entry = { dtype: nameOf(t.dtype), shape: t.shape, data_offsets: [at, end] };
    Object.defineProperty(header, name, { value: entry, enumerable: true });
    at = end;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Math.ceil(text.length / 8) * 8;
  const head = Buffer.alloc(8 + length, ' ');
  head.writeBigUInt64LE(BigInt(length), 0);
  text.copy(head, 8);
  yield head;
  for (const [, t] of sorted) yield bytesOf(t);
}
