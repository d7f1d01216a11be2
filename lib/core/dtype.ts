/// <reference lib="es2020.bigint" preserve="true" />
// Above: BigInt64Array in the declarations of users whose target is older, as that of `tsc --init` was up to TypeScript 5.8.
/**
 * The element types: one table that everything else reads. `native/kernels/dtypes.h` has the same list, which is compared
 * with this one when the library is loaded.
 */

import { native } from '../binding';
import { InternalError, InvalidArgumentError } from './errors';
import { describe } from './shape';

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

type TypedArrayConstructor =
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | Int8ArrayConstructor
  | Int16ArrayConstructor
  | Int32ArrayConstructor
  | BigInt64ArrayConstructor
  | Uint8ArrayConstructor
  | Uint16ArrayConstructor
  | Uint32ArrayConstructor
  | BigUint64ArrayConstructor;

/** What `of` of a typed array's constructor returns: `Float32Array<ArrayBuffer>` where TypeScript (5.7 on) has that. */
type ArrayOf<C extends { of(...items: never[]): unknown }> = ReturnType<C['of']>;

/**
 * What the compiler knows of each element type, one row for each: the array that `data()` returns, the element that `item()`
 * returns, and the type that a division (`tf.divide`) of two such tensors has. The 16-bit floats are read as float32, which
 * has all of their values.
 */
export interface DTypeTable {
  float32: { array: ArrayOf<Float32ArrayConstructor>; element: number; quotient: 'float32' };
  float64: { array: ArrayOf<Float64ArrayConstructor>; element: number; quotient: 'float64' };
  int32: { array: ArrayOf<Int32ArrayConstructor>; element: number; quotient: 'float64' };
  int64: { array: ArrayOf<BigInt64ArrayConstructor>; element: bigint; quotient: 'float64' };
  uint8: { array: ArrayOf<Uint8ArrayConstructor>; element: number; quotient: 'float32' };
  bool: { array: ArrayOf<Uint8ArrayConstructor>; element: boolean; quotient: never };
  int8: { array: ArrayOf<Int8ArrayConstructor>; element: number; quotient: 'float32' };
  int16: { array: ArrayOf<Int16ArrayConstructor>; element: number; quotient: 'float32' };
  uint16: { array: ArrayOf<Uint16ArrayConstructor>; element: number; quotient: 'float32' };
  uint32: { array: ArrayOf<Uint32ArrayConstructor>; element: number; quotient: 'float64' };
  uint64: { array: ArrayOf<BigUint64ArrayConstructor>; element: bigint; quotient: 'float64' };
  float16: { array: ArrayOf<Float32ArrayConstructor>; element: number; quotient: 'float16' };
  bfloat16: { array: ArrayOf<Float32ArrayConstructor>; element: number; quotient: 'bfloat16' };
  string: { array: string[]; element: string; quotient: never };
}

/** The names of all element types, as TensorFlow spells them. */
export type AnyDType = keyof DTypeTable;
/** Those that most ops take: numbers and bool. `Tensor` alone is a tensor of one of these, `Tensor<'string'>` one of strings. */
export type DType = Exclude<AnyDType, 'string'>;

/** The element types that typed arrays of users have, by the arrays' `Symbol.toStringTag`. */
export const hostArrayDTypes = {
  Float16Array: 'float16',
  Float32Array: 'float32',
  Float64Array: 'float64',
  Int8Array: 'int8',
  Int16Array: 'int16',
  Int32Array: 'int32',
  BigInt64Array: 'int64',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Uint16Array: 'uint16',
  Uint32Array: 'uint32',
  BigUint64Array: 'uint64',
} as const satisfies Readonly<Record<string, DType>>;
export type HostArrayDTypes = typeof hostArrayDTypes;

/** A Float16Array, which older versions of Node.js and TypeScript's libraries don't have. */
export interface Float16ArrayLike {
  readonly [Symbol.toStringTag]: 'Float16Array';
  readonly length: number;
  readonly [index: number]: number;
}

/** A row is frozen: users find it as a tensor's `dt`. */
export interface DTypeInfo {
  readonly name: DType;
  /** Index in the native tables. */
  readonly code: number;
  /** Bytes of one element. */
  readonly bytes: number;
  readonly kind: 'float' | 'int' | 'bool' | 'string';
  readonly signed: boolean;
  /** The array that users get. */
  readonly array: TypedArrayConstructor;
  /** The array over elements as they are stored: the bits of 16-bit floats, else the same as `array`. */
  readonly stored: TypedArrayConstructor;
  /** True where elements are bigints in JavaScript. */
  readonly big: boolean;
  /** Least and greatest finite value. */
  readonly min: number | bigint;
  readonly max: number | bigint;
  /** The distance of 1 from the next larger number; 1 for integers. */
  readonly epsilon: number;
}

type Row = readonly [
  kind: 'bool' | 'signed' | 'unsigned' | 'floating',
  stored: TypedArrayConstructor,
  /** Of floats. */
  max?: number,
  epsilon?: number,
];

/** The list of the element types, in the order of their codes. */
const rows: Readonly<Record<DType, Row>> = {
  float32: ['floating', Float32Array, 2 ** 128 - 2 ** 104, 2 ** -23],
  float64: ['floating', Float64Array, Number.MAX_VALUE, Number.EPSILON],
  int32: ['signed', Int32Array],
  int64: ['signed', BigInt64Array],
  uint8: ['unsigned', Uint8Array],
  bool: ['bool', Uint8Array],
  int8: ['signed', Int8Array],
  int16: ['signed', Int16Array],
  uint16: ['unsigned', Uint16Array],
  uint32: ['unsigned', Uint32Array],
  uint64: ['unsigned', BigUint64Array],
  float16: ['floating', Uint16Array, 2 ** 16 - 2 ** 5, 2 ** -10],
  bfloat16: ['floating', Uint16Array, 2 ** 128 - 2 ** 120, 2 ** -7],
};

function infoOf(name: DType, code: number): DTypeInfo {
  const [kind, stored, largest, epsilon] = rows[name];
  const bytes = stored.BYTES_PER_ELEMENT;
  const big = stored === BigInt64Array || stored === BigUint64Array;
  const range = ((): [number | bigint, number | bigint] => {
    if (kind === 'bool') return [0, 1];
    if (largest !== undefined) return [-largest, largest];
    const values = 2n ** BigInt(8 * bytes);
    const least = kind === 'signed' ? -values / 2n : 0n;
    const greatest = least + values - 1n;
    return big ? [least, greatest] : [Number(least), Number(greatest)];
  })();
  return Object.freeze({
    name,
    code,
    bytes,
    kind: kind === 'floating' ? 'float' : kind === 'bool' ? 'bool' : 'int',
    signed: kind === 'floating' || kind === 'signed',
    array: kind === 'floating' && bytes < 4 ? Float32Array : stored,
    stored,
    big,
    min: range[0],
    max: range[1],
    epsilon: epsilon ?? 1,
  });
}

/** Every element type, by native code. */
export const dtypeByCode: readonly DTypeInfo[] = (Object.keys(rows) as DType[]).map(infoOf);

/** Every element type by name. */
export const dtypes = Object.freeze(Object.fromEntries(dtypeByCode.map((dt) => [dt.name, dt]))) as Readonly<
  Record<DType, DTypeInfo>
>;

// Native code has the same list.
for (const [code, name] of (Object.keys(rows) as DType[]).entries()) {
  const own = `${name} with code ${code}, ${dtypes[name].bytes} bytes and kind ${rows[name][0]}`;
  const row = native.dtypes.at(code);
  const listed = row
    ? `${row.name} with code ${row.code}, ${row.bytes} bytes and kind ${row.kind}`
    : 'nothing';
  if (listed !== own)
    throw new InternalError(`The native addon lists ${listed} as a dtype where the library has ${own}.`);
}
if (native.dtypes.length !== dtypeByCode.length)
  throw new InternalError(
    `The native addon lists ${native.dtypes.length} dtypes, the library ${dtypeByCode.length}.`,
  );

/** Whether elements are stored as bits that are converted to be read: the floats of 16 bits. */
export const isConverted = (dt: DTypeInfo): boolean => dt.stored !== dt.array;

/** The least positive normal number of a floating dtype, whose largest number is (2 − ε)·2ⁿ: 2¹⁻ⁿ. */
export const leastNormal = ({ max, epsilon }: DTypeInfo): number => (2 * (2 - epsilon)) / Number(max);

/** What takes the place of the array over elements for strings, which have none. */
const noArray = class {
  constructor() {
    throw new InvalidArgumentError('a tensor of dtype string has no numbers, and this op takes no strings');
  }
} as unknown as TypedArrayConstructor;

/**
 * The dtype of strings, whose elements are in host storage (core/strings.ts); native code does not know it. It is none of `dtypes`:
 * the few ops that take strings say so, see `strings` in op/strings.ts. Its infinite size makes other allocations fail.
 */
export const stringType: DTypeInfo = Object.freeze({
  name: 'string' as DType,
  code: dtypeByCode.length,
  bytes: Infinity,
  kind: 'string',
  signed: false,
  array: Array as unknown as TypedArrayConstructor,
  stored: noArray,
  big: false,
  min: 0,
  max: 0,
  epsilon: 1,
});

function named(test: (dt: DTypeInfo) => boolean): readonly DType[] {
  return dtypeByCode.filter(test).map((dt) => dt.name);
}

// What ops accept, by kinds; floats come first.
export const floating = named((dt) => dt.kind === 'float');
export const integers = named((dt) => dt.kind === 'int');
export const numeric: readonly DType[] = [...floating, ...integers];
/** Numbers that may be negative. */
export const signed = numeric.filter((name) => dtypes[name].signed);
export const everyType: readonly DType[] = [...numeric, ...named((dt) => dt.kind === 'bool')];
/** Integers of 4 and 8 bytes: what random bits make. */
export const wideIntegers = named((dt) => dt.kind === 'int' && dt.bytes >= 4);
/** What names places: indices, sizes, positions. */
export const indexTypes: readonly DType[] = ['int32', 'int64'];
export const booleans = named((dt) => dt.kind === 'bool');

export function isDType(name: unknown): name is DType {
  return typeof name === 'string' && Object.hasOwn(dtypes, name);
}

/** The row of a dtype name; a TypeError names the argument and lists the names. */
export function dtypeInfo(name: unknown, where = 'dtype'): DTypeInfo {
  if (isDType(name)) return dtypes[name];
  throw new TypeError(`${where} must be one of ${Object.keys(dtypes).join(', ')}; got ${describe(name)}`);
}
