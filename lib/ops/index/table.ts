/** Lookups in tables whose keys are strings or integers. */
import { dtypes, integers, stringType } from '../../core/dtype';
import { shapeOf, storageView, stringsOf, valuesOf, type Tensor } from '../../core/tensor';
import { internalUnaryOp } from '../../op/define/internal';

/** A key of a table: a string of bytes, or an integer. */
export type TableKey = string | bigint;

/** A table of integers. It is an object with an identity: compiled functions read what it has when they run. */
export interface LookupTable {
  find(key: TableKey): bigint;
}

/** @internal The elements of a tensor of strings or integers as keys. */
export const keysOf = (x: Tensor): readonly TableKey[] =>
  x.dt === stringType
    ? stringsOf(x)
    : Array.from(valuesOf(x) as ArrayLike<number | bigint>, (v) => BigInt(v));

/** @internal What the table has for each element: int64. */
export const tableLookup = internalUnaryOp<LookupTable>('tableLookup', {
  dtypes: integers,
  infer: ([x]) => ({ shape: shapeOf(x), dt: dtypes.int64 }),
  host: 'tables are JavaScript maps',
  fallible: true,
  run: ([x], table, [y]) => {
    const out = storageView(y) as BigInt64Array;
    const first = y.offset / 8;
    const keys = keysOf(x);
    for (let i = 0; i < keys.length; i++) out[first + i] = table.find(keys[i]);
  },
  gradient: null,
});
