/**
 * Event files, which TensorBoard reads: records of a length, a payload and masked CRC-32C checksums of both, where a payload is an
 * `Event` in the encoding of Protocol Buffers.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { crc32c } from './crc32';

/** The numbers of fields in TensorFlow's event.proto, summary.proto and tensor.proto. */
const fields = {
  event: { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sourceMetadata: 10 },
  summary: { value: 1 },
  value: { tag: 1, tensor: 8, metadata: 9 },
  metadata: { pluginData: 1 },
  pluginData: { name: 1, content: 2 },
  tensor: { dtype: 1, shape: 2, content: 4, strings: 8 },
  shape: { dimension: 2 },
  dimension: { size: 1 },
  sourceMetadata: { writer: 1 },
} as const;
/** The numbers of DataType in types.proto. */
const dataTypes = { float32: 1, float64: 2, string: 7 } as const;

function varint(n: number): number[] {
  const bytes: number[] = [];
  let rest = n;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

const integer = (field: number, n: number): Buffer => Buffer.from([...varint(field * 8), ...varint(n)]);

/** A field of bytes: text, or a message. */
function bytes(field: number, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : part)),
  );
  return Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(body.length)]), body]);
}

function double(field: number, value: number): Buffer {
  const encoded = Buffer.alloc(9);
  encoded[0] = field * 8 + 1;
  encoded.writeDoubleLE(value, 1);
  return encoded;
}

/** What a summary shows: numbers in row-major order, or strings. */
export type SummaryTensor =
  | {
      readonly dtype: 'float32' | 'float64';
      readonly shape: readonly number[];
      readonly values: readonly number[];
    }
  | {
      readonly dtype: 'string';
      readonly shape: readonly number[];
      readonly values: readonly (string | Uint8Array)[];
    };

function encodeTensor(t: SummaryTensor): Buffer[] {
  const { tensor, shape, dimension } = fields;
  const sizes = t.shape.map((n) => bytes(shape.dimension, integer(dimension.size, n)));
  const head = [integer(tensor.dtype, dataTypes[t.dtype]), bytes(tensor.shape, ...sizes)];
  if (t.dtype === 'string') return [...head, ...t.values.map((value) => bytes(tensor.strings, value))];
  const array = t.dtype === 'float32' ? Float32Array.from(t.values) : Float64Array.from(t.values);
  return [...head, bytes(tensor.content, new Uint8Array(array.buffer))];
}

/** A value of a summary; `plugin` is the part of TensorBoard that shows it. */
export interface SummaryValue {
  readonly tag: string;
  readonly plugin: string;
  readonly pluginContent?: string;
  readonly tensor: SummaryTensor;
}

/** @internal The encoding of a summary value. */
function encodeValue({ tag, plugin, pluginContent, tensor }: SummaryValue): Buffer {
  const { value, metadata, pluginData } = fields;
  const content = pluginContent === undefined ? [] : [bytes(pluginData.content, pluginContent)];
  return Buffer.concat([
    bytes(value.tag, tag),
    bytes(value.tensor, ...encodeTensor(tensor)),
    bytes(value.metadata, bytes(metadata.pluginData, bytes(pluginData.name, plugin), ...content)),
  ]);
}

/** The checksum as it is stored: rotated, so that the CRC of data that contain CRCs says something. */
function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function encodeRecord(payload: Buffer): Buffer {
  const framed = Buffer.alloc(payload.length + 16);
  framed.writeBigUInt64LE(BigInt(payload.length), 0);
  framed.writeUInt32LE(maskedCrc(framed.subarray(0, 8)), 8);
  payload.copy(framed, 12);
  framed.writeUInt32LE(maskedCrc(payload), payload.length + 12);
  return framed;
}

/** Files of one process that begin in the same second have names of their own. */
let files = 0;

/** Writes an event file into a folder. Events are kept until `flush`. */
export class EventFileWriter {
  /** The path of the file. */
  readonly file: string;
  private pending: Buffer[] = [];

  constructor(folder: string) {
    const seconds = `${Math.floor(Date.now() / 1000)}`.padStart(10, '0');
    const name = `events.out.tfevents.${seconds}.${os.hostname()}.${process.pid}.${files++}.v2`;
    this.file = path.join(folder, name);
    const { event, sourceMetadata } = fields;
    this.add(
      bytes(event.fileVersion, 'brain.Event:2'),
      bytes(event.sourceMetadata, bytes(sourceMetadata.writer, 'tensorflow.core.util.events_writer')),
    );
  }

  private add(...parts: readonly Buffer[]): void {
    this.pending.push(
      encodeRecord(Buffer.concat([double(fields.event.wallTime, Date.now() / 1000), ...parts])),
    );
  }

  /** Adds a value of a step. */
  write(step: number, value: SummaryValue): void {
    const { event, summary } = fields;
    const steps = step === 0 ? [] : [integer(event.step, step)];
    this.add(...steps, bytes(event.summary, bytes(summary.value, encodeValue(value))));
  }

  /** Appends the events to the file, which it creates. */
  flush(): void {
    if (this.pending.length === 0) return;
    fs.mkdirSync(path.dirname(this.file), { recursive: true });
    fs.appendFileSync(this.file, Buffer.concat(this.pending));
    this.pending = [];
  }
}
