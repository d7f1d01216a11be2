/** Reads what TensorFlow computed: test/golden/fixtures/ops and dtypes. test/golden/README.md describes the format. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { dtypes, isDType, type DType } from '../../lib/core/dtype';
import { tensorFrom, type Tensor } from '../../lib/core/tensor';

export interface Recorded {
  shape: number[];
  dtype: string;
  values: unknown[];
}

export type RecordedArgument =
  Recorded | number | string | boolean | null | RecordedArgument[] | { int64: string };

export interface GoldenCase {
  args: RecordedArgument[];
  options?: Record<string, RecordedArgument>;
  outputs?: Recorded[];
  error?: string;
  dy?: (Recorded | null)[];
  grads?: (Recorded | null)[];
  gradError?: string;
  note?: string;
}

const fixtures = path.join(__dirname, '..', 'golden', 'fixtures');
const folder = path.join(fixtures, 'ops');

export const howToRecord = (op: string): string =>
  `record it: npm run build:ts && node scripts/dump-registry.js > /tmp/registry.json && ` +
  `python test/golden/generate.py /tmp/registry.json --only ${op} (test/golden/README.md says which Python)`;

/** The cases of an op definition, or null where nothing was recorded. */
export function goldenCases(op: string): GoldenCase[] | null {
  const files = ['ops', 'dtypes'].map((set) => path.join(fixtures, set, `${op}.json`));
  if (!fs.existsSync(files[0])) return null;
  return files
    .filter((file) => fs.existsSync(file))
    .flatMap((file) => (JSON.parse(fs.readFileSync(file, 'utf8')) as { cases: GoldenCase[] }).cases);
}

/** The names of all recorded op definitions. */
export function recordedOps(): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
}

export function isRecorded(a: unknown): a is Recorded {
  return typeof a === 'object' && a !== null && !Array.isArray(a) && 'values' in a && 'shape' in a;
}

/** A number of a fixture: NaN, infinities and −0 stand as strings. */
export function toNumber(value: unknown): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' ? (value === '-0' ? -0 : Number(value)) : (value as number);
}

/** Elements as a tensor of dtype `dtype` wants them. */
export function elements(values: readonly unknown[], dtype: DType): (number | bigint)[] {
  return dtypes[dtype].big
    ? values.map((v) => BigInt(typeof v === 'string' ? v : Math.trunc(v as number)))
    : values.map((v) => toNumber(v));
}

export function isOurs(r: Recorded): boolean {
  return isDType(r.dtype);
}

export function recordedTensor(r: Recorded): Tensor {
  return tensorFrom(dtypes[r.dtype as DType], r.shape, elements(r.values, r.dtype as DType));
}
