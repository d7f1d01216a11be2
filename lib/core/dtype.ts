/// <reference lib="es2020.bigint" preserve="true" />
// Above: BigInt64Array in the declarations of users whose target is older, as that of `tsc --init` was up to TypeScript 5.8.
/**
 * The element types: one table that everything else reads. `native/kernels/dtypes.h` has the same list, which is compared
 * with this one when the library is loaded.
 */

import { native } from '../binding';
import { InternalError } from './errors';
import { describe } from './shape';

export type TypedArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

type TypedArrayConstructor =
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | Int32ArrayConstructor
  | BigInt64ArrayConstructor
  | Uint8ArrayConstructor;

/** The names of the element types, as TensorFlow spells them. */
export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'uint8' | 'bool';

/** What `of` of a typed array's constructor returns: `Float32Array<ArrayBuffer>` where TypeScript (5.7 on) has that. */
type ArrayOf<C extends { of(...items: never[]): unknown }> = ReturnType<C['of']>;

/**
 * What the compiler knows of each element type, one row for each: the array that `data()` returns, the element that `item()`
 * returns, and the type that a division (`tf.divide`) of two such tensors has.
 */
export interface DTypeTable {
  float32: { array: ArrayOf<Float32ArrayConstructor>; element: number; quotient: 'float32' };
  float64: { array: ArrayOf<Float64ArrayConstructor>; element: number; quotient: 'float64' };
  int32: { array: ArrayOf<Int32ArrayConstructor>; element: number; quotient: 'float64' };
  int64: { array: ArrayOf<BigInt64ArrayConstructor>; element: bigint; quotient: 'float64' };
  uint8: { array: ArrayOf<Uint8ArrayConstructor>; element: number; quotient: 'float32' };
  bool: { array: ArrayOf<Uint8ArrayConstructor>; element: boolean; quotient: never };
}

/** The element types that typed arrays of users have, by the arrays' `Symbol.toStringTag`. */
export interface HostArrayDTypes {
  Float32Array: 'float32';
  Float64Array: 'float64';
  Int32Array: 'int32';
  BigInt64Array: 'int64';
  Uint8Array: 'uint8';
  Uint8ClampedArray: 'uint8';
}

/** A row is frozen: users find it as a tensor's `dt`. */
export interface DTypeInfo {
  readonly name: DType;
  /** Index in the native tables. */
  readonly code: number;
  /** Bytes of one element. */
  readonly bytes: number;
  readonly kind: 'float' | 'int' | 'bool';
  readonly signed: boolean;
  readonly array: TypedArrayConstructor;
  /** True where elements are bigints in JavaScript. */
  readonly big: boolean;
  /** Least and greatest value of integer types. */
  readonly min: number | bigint;
  readonly max: number | bigint;
}

const float32: DTypeInfo = Object.freeze({
  name: 'float32',
  code: 0,
  bytes: 4,
  kind: 'float',
  signed: true,
  array: Float32Array,
  big: false,
  min: -3.4028234663852886e38,
  max: 3.4028234663852886e38,
});
const float64: DTypeInfo = Object.freeze({
  name: 'float64',
  code: 1,
  bytes: 8,
  kind: 'float',
  signed: true,
  array: Float64Array,
  big: false,
  min: -Number.MAX_VALUE,
  max: Number.MAX_VALUE,
});
const int32: DTypeInfo = Object.freeze({
  name: 'int32',
  code: 2,
  bytes: 4,
  kind: 'int',
  signed: true,
  array: Int32Array,
  big: false,
  min: -(2 ** 31),
  max: 2 ** 31 - 1,
});
const int64: DTypeInfo = Object.freeze({
  name: 'int64',
  code: 3,
  bytes: 8,
  kind: 'int',
  signed: true,
  array: BigInt64Array,
  big: true,
  min: -(2n ** 63n),
  max: 2n ** 63n - 1n,
});
const uint8: DTypeInfo = Object.freeze({
  name: 'uint8',
  code: 4,
  bytes: 1,
  kind: 'int',
  signed: false,
  array: Uint8Array,
  big: false,
  min: 0,
  max: 255,
});
const bool: DTypeInfo = Object.freeze({
  name: 'bool',
  code: 5,
  bytes: 1,
  kind: 'bool',
  signed: false,
  array: Uint8Array,
  big: false,
  min: 0,
  max: 1,
});

/** Every element type by name. */
export const dtypes = Object.freeze({ float32, float64, int32, int64, uint8, bool }) satisfies Record<
  DType,
  DTypeInfo
>;

/** Every element type, by native code. */
export const dtypeByCode: readonly DTypeInfo[] = Object.values(dtypes);

/** What a row says, as native code has it. */
function nativeRow({ name, code, bytes, kind, signed }: DTypeInfo): string {
  const nativeKind =
    kind === 'float' ? 'floating' : kind === 'bool' ? 'bool' : signed ? 'signed' : 'unsigned';
  return `${name} with code ${code}, ${bytes} bytes and kind ${nativeKind}`;
}
for (const dt of dtypeByCode) {
  const row = native.dtypes.at(dt.code);
  const listed = row
    ? `${row.name} with code ${row.code}, ${row.bytes} bytes and kind ${row.kind}`
    : 'nothing';
  if (listed !== nativeRow(dt))
    throw new InternalError(
      `The native addon lists ${listed} as a dtype where the library has ${nativeRow(dt)}.`,
    );
}

/** Sets of types that op rows name. */
export const floating: readonly DType[] = ['float32', 'float64'];
export const integers: readonly DType[] = ['int32', 'int64', 'uint8'];
export const indexTypes: readonly DType[] = ['int32', 'int64'];
export const numeric: readonly DType[] = [...floating, ...integers];
export const everyType: readonly DType[] = [...numeric, 'bool'];

export function isDType(name: unknown): name is DType {
  return typeof name === 'string' && Object.hasOwn(dtypes, name);
}

/** The row of a dtype name; a TypeError names the argument and lists the names. */
export function dtypeInfo(name: unknown, where = 'dtype'): DTypeInfo {
  if (isDType(name)) return dtypes[name];
  throw new TypeError(`${where} must be one of ${Object.keys(dtypes).join(', ')}; got ${describe(name)}`);
}
