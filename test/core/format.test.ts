import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import {
  type PrintData,
  type PrintOptions,
  arrayToString,
  shapeToString,
  tensorRepr,
  tensorToString,
  variableRepr,
} from '../../lib/core/format';

/** Written by test/golden/generate_printing.py, which explains the fields. */
interface Case {
  name: string;
  dtype: string;
  shape: number[];
  data?: (number | string | boolean)[];
  packed?: string;
  str?: string;
  repr?: string;
  variable?: string;
  options?: PrintOptions & { prefix?: string };
  text?: string;
}

interface Golden {
  tensorflow: string;
  numpy: string;
  shapes: { shape: (number | null)[] | null; text: string }[];
  partialVariable: string;
  unrankedVariable: string;
  cases: Case[];
}

const golden = JSON.parse(
  readFileSync(join(__dirname, '../golden/fixtures/printing.json'), 'utf8'),
) as Golden;

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  complex64: Float32Array,
  complex128: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** Sixteen-bit floats as numbers: `exponentBits` is 5 for float16 and 8 for bfloat16. */
function fromBits(bits: number, exponentBits: number): number {
  const fractionBits = 15 - exponentBits;
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const size =
    exponent === 2 ** exponentBits - 1
      ? fraction === 0
        ? Infinity
        : NaN
      : exponent === 0
        ? fraction * 2 ** (1 - bias)
        : (1 + fraction) * 2 ** (exponent - bias);
  return bits & 0x8000 ? -size : size;
}

const NAMED: Record<string, number> = { nan: NaN, inf: Infinity, '-inf': -Infinity, '-0': -0 };

function decode(c: Case): PrintData {
  if (c.packed !== undefined) {
    const bytes = new Uint8Array(inflateSync(Buffer.from(c.packed, 'base64'))).buffer;
    if (c.dtype === 'float16') return Array.from(new Uint16Array(bytes), (bits) => fromBits(bits, 5));
    if (c.dtype === 'bfloat16') return Array.from(new Uint16Array(bytes), (bits) => fromBits(bits, 8));
    return new ARRAYS[c.dtype as keyof typeof ARRAYS](bytes);
  }
  const data = c.data!;
  if (c.dtype === 'string') return data.map((hex) => new Uint8Array(Buffer.from(hex as string, 'hex')));
  if (c.dtype === 'bool') return data;
  if (c.dtype === 'int64') return BigInt64Array.from(data as string[], BigInt);
  if (c.dtype === 'uint64') return BigUint64Array.from(data as string[], BigInt);
  const numbers = data.map((v) => (typeof v === 'string' ? NAMED[v] : (v as number)));
  if (c.dtype === 'float16' || c.dtype === 'bfloat16') return numbers;
  return new ARRAYS[c.dtype as 'float32'](numbers);
}

const byDtype = new Map<string, Case[]>();
for (const c of golden.cases) byDtype.set(c.dtype, [...(byDtype.get(c.dtype) ?? []), c]);

test('the recorded cases are all there', () => {
  expect([golden.tensorflow, golden.numpy]).toEqual(['2.21.0', '2.4.6']);
  expect(golden.cases.length).toBeGreaterThanOrEqual(850);
  expect([...byDtype.keys()].sort()).toEqual(
    [...Object.keys(ARRAYS), 'bfloat16', 'float16', 'string'].sort(),
  );
});

describe.each([...byDtype])('printing %s as TensorFlow', (dtype, cases) => {
  test.each(cases.map((c): [string, Case] => [`${c.name}, shape ${shapeToString(c.shape)}`, c]))(
    '%s',
    (_, c) => {
      const data = decode(c);
      if (c.options !== undefined) {
        const { prefix, ...options } = c.options;
        expect(arrayToString(data, c.shape, dtype, prefix, options)).toBe(c.text);
        return;
      }
      expect(tensorToString(data, c.shape, dtype)).toBe(c.str);
      expect(tensorRepr(data, c.shape, dtype)).toBe(c.repr);
      if (c.variable !== undefined) expect(variableRepr('w:0', data, c.shape, dtype)).toBe(c.variable);
    },
  );
});

test.each(golden.shapes)('the shape $text', ({ shape, text }) => {
  expect(shapeToString(shape)).toBe(text);
});

test('a variable shows the shape it may take, not that of its value', () => {
  const value = new Float32Array([1, 2]);
  expect(variableRepr('w:0', value, [2], 'float32', [null])).toBe(golden.partialVariable);
  expect(variableRepr('w:0', value, [2], 'float32', null)).toBe(golden.unrankedVariable);
});

test('strings are written as their UTF-8 bytes, int64 given as numbers like bigints', () => {
  expect(tensorToString(['é'], [], 'string')).toBe("tf.Tensor(b'\\xc3\\xa9', shape=(), dtype=string)");
  expect(tensorToString([1, -20], [2], 'int64')).toBe('tf.Tensor([  1 -20], shape=(2,), dtype=int64)');
});

test('data that do not fill the shape are refused, and so are dtypes without text', () => {
  expect(() => arrayToString([1, 2, 3], [2, 2], 'float32')).toThrow(RangeError);
  expect(() => tensorToString([1, 2, 3], [2, 2], 'float32')).toThrow('shape (2, 2)');
  expect(() => tensorRepr([1], [], 'complex64')).toThrow('length 2, not 1');
  expect(() => tensorToString([1], [], 'resource')).toThrow(TypeError);
});

test('an array of any length can be written in full', () => {
  const count = 200_000;
  const text = arrayToString(new Float32Array(count).fill(1e-6), [count], 'float32', '', {
    threshold: Infinity,
  });
  expect(text.match(/1\.e-06/g)).toHaveLength(count);
});
