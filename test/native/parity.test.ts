/** The tables that TypeScript and C++ both have say the same. */
import '../../lib/index';
import { native } from '../../lib/binding';
import { dtypeByCode, dtypes, everyType, type DType } from '../../lib/core/dtype';
import { tensorFrom, valuesOf, viewOf } from '../../lib/core/tensor';
import { cast } from '../../lib/ops/array/cast';
import { opDefinitions } from '../../lib/op/registry';

test('each dtype is one of native code, in the same place', () => {
  expect(native.dtypes).toMatchObject(
    dtypeByCode.map((dt) => ({ name: dt.name, code: dt.code, bytes: dt.bytes })),
  );
});

test('codes mean the same on both sides: a cast to each type is read back', () => {
  const expected: Record<DType, number | bigint> = {
    float32: Math.fround(2.7),
    float64: Math.fround(2.7),
    int32: 2,
    int64: 2n,
    uint8: 2,
    bool: 1,
    int8: 2,
    int16: 2,
    uint16: 2,
    uint32: 2,
    uint64: 2n,
    float16: 2.69921875,
    bfloat16: 2.703125,
  };
  const x = tensorFrom(dtypes.float32, [1], [2.7]);
  for (const name of everyType) {
    const y = cast(x, name);
    expect(y.dtype).toBe(name);
    expect(valuesOf(y)[0]).toBe(expected[name]);
    const back = cast(y, 'float64');
    expect(viewOf(back)[0]).toBe(Number(expected[name]));
  }
});

const all = [...opDefinitions().values()];

test('every native unary op has a row, and every unary row a native op', () => {
  const rows = all.filter((row) => row.tile?.kind === 'unary').map((row) => row.name);
  expect([...native.unaryNames].sort()).toEqual(rows.sort());
});

test('every native binary op has a row, and every binary row a native op', () => {
  const rows = all.filter((row) => row.tile?.kind === 'binary').map((row) => row.name);
  expect([...native.binaryNames].sort()).toEqual(rows.sort());
});
