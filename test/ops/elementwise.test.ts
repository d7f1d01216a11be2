/**
 * Elementwise ops where arithmetic is special: wrapping, floor division, NaN, signed zeros, infinities, kinks of gradients,
 * errors. The expected values were read off TensorFlow 2.21; the conformance loop covers the ordinary ones.
 */
import * as tf from 'gradtape';
import { select } from '../../lib/ops/math/select';

const inf = Infinity;
const nan = NaN;
const f32 = (values: number[]) => Float32Array.from(values);
const i32 = (values: number[]) => Int32Array.from(values);
const i64 = (values: bigint[]) => BigInt64Array.from(values);
const u8 = (values: number[]) => Uint8Array.from(values);
const list = (t: tf.Tensor) => Array.from(t.data() as Iterable<number | bigint>);

/** Gradients of Σ f(...xs) with respect to every x. */
function gradients(f: (...xs: tf.Tensor[]) => tf.Tensor, ...values: number[][]): (number[] | null)[] {
  const xs = values.map((v) => tf.add(f32(v), 0));
  const tape = new tf.GradientTape();
  xs.forEach((x) => tape.watch(x));
  const y = tape.run(() => f(...xs));
  return (tape.gradient(y, xs) as (tf.Tensor | null)[]).map((g) =>
    g === null ? null : (list(g) as number[]),
  );
}

/** A function of dyadic arguments to the results of a list against one right operand. */
const numerators = [-5, 5, -0, 0, inf, -inf, nan, 7.5, -7.5];
const against = (f: (a: Float32Array, b: number) => tf.Tensor, b: number) => list(f(f32(numerators), b));

describe('integers', () => {
  test('wrap around in every dtype', () => {
    expect(list(tf.add(i32([2 ** 31 - 1, -(2 ** 31)]), i32([1, -1])))).toEqual([-(2 ** 31), 2 ** 31 - 1]);
    expect(list(tf.multiply(i32([65536, 123456789]), i32([65536, 1000])))).toEqual([0, -1097262584]);
    expect(list(tf.subtract(u8([3, 5]), u8([5, 3])))).toEqual([254, 2]);
    expect(list(tf.square(u8([16, 17])))).toEqual([0, 33]);
    expect(list(tf.add(i64([2n ** 63n - 1n]), 1))).toEqual([-(2n ** 63n)]);
    expect(list(tf.negative(i32([-(2 ** 31), 5])))).toEqual([-(2 ** 31), -5]);
    expect(list(tf.abs(i64([-(2n ** 63n), -5n])))).toEqual([-(2n ** 63n), 5n]);
    expect(list(tf.pow(i32([3, -7, 2]), i32([21, 3, 31])))).toEqual([1870418611, -343, -(2 ** 31)]);
  });

  test('floordiv and floormod round down, truncatediv and truncatemod toward zero', () => {
    const a = [7, -7, 7, -7, -(2 ** 31), 0];
    const b = [2, 2, -2, -2, -1, 3];
    expect(list(tf.floordiv(i32(a), i32(b)))).toEqual([3, -4, -4, 3, -(2 ** 31), 0]);
    expect(list(tf.floormod(i32(a), i32(b)))).toEqual([1, 1, -1, -1, 0, 0]);
    expect(list(tf.truncatediv(i32(a), i32(b)))).toEqual([3, -3, -3, 3, -(2 ** 31), 0]);
    expect(list(tf.truncatemod(i32(a), i32(b)))).toEqual([1, -1, 1, -1, 0, 0]);
    expect(list(tf.floordiv(i64([-(2n ** 63n), -7n]), i64([-1n, 2n])))).toEqual([-(2n ** 63n), -4n]);
    expect(list(tf.floordiv(u8([200, 7]), u8([3, 255])))).toEqual([66, 0]);
  });

  test('division by zero is an error that says where', () => {
    for (const f of [tf.floordiv, tf.floormod, tf.truncatediv, tf.truncatemod]) {
      for (const [x, y] of [
        [i32([1, 2]), i32([1, 0])],
        [i64([1n, 2n]), i64([1n, 0n])],
        [u8([1, 2]), u8([1, 0])],
      ] as const) {
        expect(() => f(x, y)).toThrow(tf.errors.InvalidArgumentError);
        expect(() => f(x, y)).toThrow(/Integer division by zero: element 1 of y/);
      }
      expect(() => f(i32([1, 2]), 0)).toThrow('Integer division by zero');
      expect(f(i32([]), i32([])).shape).toEqual([0]);
    }
    const late = new Int32Array(5000).fill(1);
    late[4321] = 0;
    expect(() => tf.floordiv(tf.cast(1, 'int32'), late)).toThrow('element 4321');
  });

  test('a negative exponent is an error', () => {
    expect(() => tf.pow(i32([2, 1]), i32([3, -1]))).toThrow(tf.errors.InvalidArgumentError);
    expect(() => tf.pow(i64([2n]), i64([-3n]))).toThrow(
      'Integers to negative integer powers are not allowed: element 0 of y (int64)',
    );
    expect(list(tf.pow(i32([2, 0]), 0))).toEqual([1, 1]);
  });

  test('divide gives float64 for int32 and int64, float32 for uint8', () => {
    expect(tf.divide(i32([3, -7]), i32([5, 2])).dtype).toBe('float64');
    expect(list(tf.divide(i32([3, -7, 1]), i32([5, 2, 0])))).toEqual([0.6, -3.5, inf]);
    expect(tf.divide(i64([1n]), 3).dtype).toBe('float64');
    expect(tf.divide(u8([3]), u8([5])).dtype).toBe('float32');
    expect(list(tf.divideNoNan(i32([3, 1]), i32([5, 0])))).toEqual([0.6, 0]);
  });

  test('sign, relu, round, maximum keep integers', () => {
    expect(list(tf.sign(i32([-9, 0, 9])))).toEqual([-1, 0, 1]);
    expect(list(tf.relu(i64([-9n, 9n])))).toEqual([0n, 9n]);
    expect(list(tf.round(i32([-9, 9])))).toEqual([-9, 9]);
    expect(list(tf.maximum(u8([200, 3]), u8([100, 5])))).toEqual([200, 5]);
    expect(list(tf.minimum(i64([-(2n ** 60n)]), i64([2n ** 60n])))).toEqual([-(2n ** 60n)]);
  });
});

describe('floats', () => {
  test('floordiv', () => {
    expect(against(tf.floordiv, 2)).toEqual([-3, 2, -0, 0, inf, -inf, nan, 3, -4]);
    expect(against(tf.floordiv, 0)).toEqual([-inf, inf, nan, nan, inf, -inf, nan, inf, -inf]);
    expect(against(tf.floordiv, inf)).toEqual([-0, 0, -0, 0, nan, nan, nan, 0, -0]);
    expect(against(tf.floordiv, -inf)).toEqual([0, -0, 0, -0, nan, nan, nan, -0, 0]);
  });

  test('floormod', () => {
    expect(against(tf.floormod, 2)).toEqual([1, 1, -0, 0, nan, nan, nan, 1.5, 0.5]);
    expect(against(tf.floormod, -2)).toEqual([-1, -1, -0, 0, nan, nan, nan, -0.5, -1.5]);
    expect(against(tf.floormod, 0)).toEqual(numerators.map(() => nan));
    expect(against(tf.floormod, inf)).toEqual([inf, 5, -0, 0, nan, nan, nan, 7.5, inf]);
    expect(against(tf.floormod, -inf)).toEqual([-5, -inf, -0, 0, nan, nan, nan, -inf, -7.5]);
  });

  test('truncatediv', () => {
    expect(against(tf.truncatediv, 2)).toEqual([-2, 2, -0, 0, inf, -inf, nan, 3, -3]);
    expect(against(tf.truncatediv, 0)).toEqual([-inf, inf, nan, nan, inf, -inf, nan, inf, -inf]);
  });

  test('pow', () => {
    expect(against(tf.pow, 0)).toEqual(numerators.map(() => 1));
    expect(against(tf.pow, 2)).toEqual([25, 25, 0, 0, inf, inf, nan, 56.25, 56.25]);
    expect(against(tf.pow, 3)).toEqual([-125, 125, -0, 0, inf, -inf, nan, 421.875, -421.875]);
    expect(against(tf.pow, inf)).toEqual([inf, inf, 0, 0, inf, inf, nan, inf, inf]);
    expect(against(tf.pow, -inf)).toEqual([0, 0, inf, inf, 0, 0, nan, 0, 0]);
    expect(list(tf.pow(f32([-2, -0, 0, 4]), f32([0.5, -1, -0.5, 0.5])))).toEqual([nan, -inf, inf, 2]);
    expect(list(tf.pow(1, f32([nan, inf, -inf])))).toEqual([1, 1, 1]);
  });

  test('maximum and minimum propagate NaN from either side, at every place of a vector', () => {
    for (let n = 1; n < 40; n++) {
      const plain = new Float32Array(n).fill(1);
      const holed = new Float32Array(n).fill(2);
      holed[n - 1] = nan;
      for (const f of [tf.maximum, tf.minimum]) {
        expect(list(f(plain, holed))[n - 1]).toBeNaN();
        expect(list(f(holed, plain))[n - 1]).toBeNaN();
        expect(list(f(holed, 3))[n - 1]).toBeNaN();
        expect(list(f(nan, plain)).every(Number.isNaN)).toBe(true);
      }
    }
    expect(list(tf.maximum(f32([-inf, inf, 3]), 2))).toEqual([2, inf, 3]);
  });

  test('the NoNan and xlog families', () => {
    expect(list(tf.divideNoNan(f32([1, 0, nan, inf]), f32([0, 0, 0, 0])))).toEqual([0, 0, 0, 0]);
    expect(list(tf.multiplyNoNan(f32([inf, nan, 2]), f32([0, 0, 3])))).toEqual([0, 0, 6]);
    expect(list(tf.xlogy(f32([0, 0, 0, 2]), f32([0, nan, -1, 1])))).toEqual([0, 0, 0, 0]);
    expect(list(tf.xlog1py(f32([0, 0, 3]), f32([-1, nan, 0])))).toEqual([0, 0, 0]);
    expect(list(tf.xdivy(f32([0, 0, 3]), f32([0, nan, 2])))).toEqual([0, 0, 1.5]);
  });

  test('round goes to even, floor and ceil keep the sign of zero', () => {
    expect(list(tf.round(f32([0.5, 1.5, 2.5, -0.5, -1.5, 8388609])))).toEqual([0, 2, 2, -0, -2, 8388609]);
    expect(list(tf.floor(f32([-0.5, -0, 0.5, 3e9])))).toEqual([-1, -0, 0, Math.fround(3e9)]);
    expect(list(tf.ceil(f32([-0.5, 0.5, -inf])))).toEqual([-0, 1, -inf]);
  });

  test('ends of the math functions', () => {
    const x = f32([0, -0, 1, -1, inf, -inf, nan]);
    expect(list(tf.sqrt(x))).toEqual([0, -0, 1, nan, inf, nan, nan]);
    expect(list(tf.rsqrt(x))).toEqual([inf, -inf, 1, nan, 0, nan, nan]);
    expect(list(tf.reciprocal(x))).toEqual([inf, -inf, 1, -1, 0, -0, nan]);
    expect(list(tf.log(x))).toEqual([-inf, -inf, 0, nan, inf, nan, nan]);
    expect(list(tf.log1p(f32([0, -0, -1, -2, inf, nan])))).toEqual([0, -0, -inf, nan, inf, nan]);
    expect(list(tf.exp(f32([0, inf, -inf, 89, -104, nan])))).toEqual([1, inf, 0, inf, 0, nan]);
    expect(list(tf.expm1(f32([0, -0, inf, -inf, nan])))).toEqual([0, -0, inf, -1, nan]);
    expect(list(tf.tanh(f32([-0, 40, -inf, nan])))).toEqual([-0, 1, -1, nan]);
    expect(list(tf.sigmoid(f32([0, inf, -inf, nan])))).toEqual([0.5, 1, 0, nan]);
    expect(list(tf.softplus(f32([inf, -inf, 1000, nan])))).toEqual([inf, 0, 1000, nan]);
    expect(list(tf.erf(f32([-0, inf, -inf, 5, nan])))).toEqual([-0, 1, -1, 1, nan]);
    expect(list(tf.sin(f32([-0, inf, nan])))).toEqual([-0, nan, nan]);
    expect(list(tf.sign(f32([-3, -0, 3, nan])))).toEqual([-1, 0, 1, nan]);
    expect(list(tf.relu(f32([-3, 3, inf, -inf, nan])))).toEqual([0, 3, inf, 0, nan]);
    expect(list(tf.erf(Float64Array.of(inf, -inf)))).toEqual([1, -1]);
  });

  test('sin, cos and tan of huge numbers are right', () => {
    for (const v of [1e6, 1.7e6, 1e10, 1e30, 3e38].map(Math.fround)) {
      // As good as for small ones: to 2 units in the last place.
      for (const [got, want] of [
        [tf.sin(f32([v])), Math.sin(v)],
        [tf.sin(f32([-v])), -Math.sin(v)],
        [tf.cos(f32([v])), Math.cos(v)],
      ] as const) {
        expect(Math.abs((list(got)[0] as number) - want)).toBeLessThanOrEqual(2 * 2 ** -23 * Math.abs(want));
      }
      expect(list(tf.tan(f32([v])))).toEqual([Math.fround(Math.tan(v))]);
    }
  });

  test('expm1, log1p and softplus keep small arguments', () => {
    const tiny = [1e-3, 1e-7, 1e-20, -1e-7, 1e-40].map(Math.fround);
    list(tf.expm1(f32(tiny))).forEach((y, i) => expect(Number(y) / Math.expm1(tiny[i])).toBeCloseTo(1, 6));
    list(tf.log1p(f32(tiny))).forEach((y, i) => expect(Number(y) / Math.log1p(tiny[i])).toBeCloseTo(1, 6));
    expect(Number(tf.softplus(-60).item()) / Math.exp(-60)).toBeCloseTo(1, 6);
  });

  test('predicates', () => {
    const x = f32([1, nan, inf, -inf, -0]);
    expect(tf.isNan(x).array()).toEqual([false, true, false, false, false]);
    expect(tf.isFinite(x).array()).toEqual([true, false, false, false, true]);
    expect(tf.isInf(x).array()).toEqual([false, false, true, true, false]);
  });
});

describe('comparisons and logic', () => {
  test('NaN compares unequal to everything', () => {
    expect(tf.equal(f32([nan, 0]), f32([nan, -0])).array()).toEqual([false, true]);
    expect(tf.notEqual(f32([nan, 1]), f32([nan, 1])).array()).toEqual([true, false]);
    for (const f of [tf.less, tf.lessEqual, tf.greater, tf.greaterEqual]) {
      expect(f(f32([nan, 1]), f32([1, nan])).array()).toEqual([false, false]);
    }
  });

  test('large int64 compare exactly', () => {
    expect(tf.less(i64([2n ** 62n]), i64([2n ** 62n + 1n])).array()).toEqual([true]);
    expect(tf.greaterEqual(u8([200]), u8([100])).array()).toEqual([true]);
  });

  test('bool: equality and logic only', () => {
    const a = [true, true, false, false];
    const b = [true, false, true, false];
    expect(tf.equal(a, b).array()).toEqual([true, false, false, true]);
    expect(tf.logicalAnd(a, b).array()).toEqual([true, false, false, false]);
    expect(tf.logicalOr(a, b).array()).toEqual([true, true, true, false]);
    expect(tf.logicalXor(a, b).array()).toEqual([false, true, true, false]);
    expect(tf.logicalNot(a).array()).toEqual([false, false, true, true]);
    for (const f of [tf.less, tf.add, tf.maximum]) expect(() => f(a, b)).toThrow(/bool/);
    expect(() => tf.logicalAnd(i32([1]), i32([1]))).toThrow(/int32/);
  });
});

describe('cast', () => {
  const cast = (x: tf.TensorLike, dtype: tf.DType) => list(tf.cast(x, dtype));
  const x = [nan, inf, -inf, 3e9, -3e9, 300, -1, -1.9, 255.9, 1e6];

  test('floats truncate; what does not fit is the least integer', () => {
    const least = -(2 ** 31);
    for (const values of [f32(x), Float64Array.from(x)]) {
      expect(cast(values, 'int32')).toEqual([least, least, least, least, least, 300, -1, -1, 255, 1000000]);
      expect(cast(values, 'uint8')).toEqual([0, 0, 0, 0, 0, 44, 255, 255, 255, 64]);
      expect(cast(values, 'int64').slice(0, 5)).toEqual([
        -(2n ** 63n),
        -(2n ** 63n),
        -(2n ** 63n),
        3000000000n,
        -3000000000n,
      ]);
      expect(tf.cast(values, 'bool').array()).toEqual(x.map(() => true));
    }
    expect(cast(Float64Array.of(-2147483648.5, 2147483647.5, 2147483648), 'int32')).toEqual([
      least,
      2 ** 31 - 1,
      least,
    ]);
  });

  test('integers lose their high bits; bool is 0 and 1', () => {
    expect(cast(i32([-1, 300, 256]), 'uint8')).toEqual([255, 44, 0]);
    expect(cast(i64([2n ** 40n + 5n, -(2n ** 33n) - 1n]), 'int32')).toEqual([5, -1]);
    expect(tf.cast(i32([-1, 256, 0]), 'bool').array()).toEqual([true, true, false]);
    expect(cast([true, false], 'float32')).toEqual([1, 0]);
    expect(cast([true, false], 'int64')).toEqual([1n, 0n]);
    expect(cast(f32([0.1]), 'float64')).toEqual([Math.fround(0.1)]);
  });

  test('the same dtype gives the same tensor; unknown names are errors', () => {
    const t = tf.add(1, 1);
    expect(tf.cast(t, 'float32')).toBe(t);
    expect(() => tf.cast(t, 'float31' as tf.DType)).toThrow(TypeError);
  });

  test('gradients pass between floats', () => {
    const v = new tf.Variable(Float64Array.of(2));
    const tape = new tf.GradientTape();
    const y = tape.run(() => tf.square(tf.cast(v, 'float32')));
    const g = tape.gradient(y, v) as tf.Tensor;
    expect([g.dtype, list(g)]).toEqual(['float64', [4]]);
  });
});

describe('where and clipByValue', () => {
  test('all three broadcast', () => {
    expect(select([[true], [false]], [1, 2], 0).array()).toEqual([
      [1, 2],
      [0, 0],
    ]);
    expect(select(true, [[1], [2]], f32([5, 6, 7])).array()).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
    expect(select([true, false], i64([1n, 2n]), i64([3n])).array()).toEqual([1n, 3n]);
    expect(select([true, false], u8([1, 2]), u8([3, 4])).array()).toEqual([1, 4]);
    expect(select([true, false], [true, true], [false, false]).array()).toEqual([true, false]);
    expect(select([[true, false, true]], tf.add([[[1]], [[2]]], 0), [[3], [4]]).array()).toEqual([
      [
        [1, 3, 1],
        [1, 4, 1],
      ],
      [
        [2, 3, 2],
        [2, 4, 2],
      ],
    ]);
    expect(select([], 1, []).shape).toEqual([0]);
  });

  test('errors', () => {
    expect(() => select([true, false], [1, 2, 3], 0)).toThrow(
      'condition [2], x [3] and y [] must be broadcastable',
    );
    expect(() => select(tf.add(i32([1, 0]), 0), [1, 2], 0)).toThrow('condition must be bool; it is int32');
    expect(() => select([true], tf.add(i32([1]), 0), tf.add(1, 0))).toThrow(/int32.*float32/);
    expect(() => tf.clipByValue([1, 2], [0, 0, 0], 1)).toThrow(
      'clipValueMin of shape [3] does not broadcast',
    );
    expect(() => tf.clipByValue(1, [0, 0], 1)).toThrow(tf.errors.InvalidArgumentError);
  });

  test('clipByValue', () => {
    expect(list(tf.clipByValue(f32([nan, 2, -1, 0.5]), 0, 1))).toEqual([nan, 1, 0, 0.5]);
    expect(list(tf.clipByValue(f32([0, 0.5, 2]), 1, 0))).toEqual([1, 1, 1]);
    expect(list(tf.clipByValue(i32([0, 5, 2]), 1, 3))).toEqual([1, 3, 2]);
  });
});

describe('gradients at kinks and ends', () => {
  test('unary', () => {
    expect(gradients(tf.relu, [0, nan, -1, 2])).toEqual([[0, 0, 0, 1]]);
    expect(gradients(tf.abs, [0, -4, 4])).toEqual([[0, -1, 1]]);
    expect(gradients(tf.sqrt, [0, 4])).toEqual([[inf, 0.25]]);
    expect(gradients(tf.sign, [0, -4])).toEqual([[0, 0]]);
    for (const f of [tf.floor, tf.ceil, tf.round]) expect(gradients(f, [0.5])).toEqual([null]);
    expect(gradients(tf.softplus, [0, 100])).toEqual([[0.5, 1]]);
    expect(gradients((x) => select(tf.greater(x, 0), tf.log(x), 0), [0])).toEqual([[nan]]);
    expect(gradients((x) => tf.clipByValue(x, 0, 1), [0, 1, 2, -1])).toEqual([[1, 1, 0, 0]]);
  });

  test('ties and NaN of maximum and minimum', () => {
    expect(gradients(tf.maximum, [1, nan, 2], [1, 1, nan])).toEqual([
      [1, 0, 0],
      [0, 1, 1],
    ]);
    expect(gradients(tf.minimum, [1, nan, 2], [1, 1, nan])).toEqual([
      [1, 0, 0],
      [0, 1, 1],
    ]);
    expect(gradients((x) => tf.maximum(x, 0), [0, -1, 1])).toEqual([[1, 0, 1]]);
  });

  test('pow', () => {
    const [dx, dy] = gradients(tf.pow, [0, -2, 2, 0, -2, 0], [0, 2, 3, 2, 0.5, -1]);
    expect(dx).toEqual([nan, -4, 12, 0, nan, -inf]);
    expect(dy).toEqual([0, 0, Math.fround(8 * Math.fround(Math.log(2))), 0, nan, nan]);
  });

  test('remainders, safe divisions, logarithms', () => {
    expect(gradients(tf.floordiv, [5, -5], [2, 2])).toEqual([null, null]);
    expect(gradients(tf.floormod, [5, -5], [2, 3])).toEqual([
      [1, 1],
      [-2, 2],
    ]);
    expect(gradients(tf.divideNoNan, [5, 1], [0, 2])).toEqual([
      [0, 0.5],
      [0, -0.25],
    ]);
    expect(gradients(tf.multiplyNoNan, [5, 1], [0, 2])).toEqual([
      [0, 2],
      [5, 1],
    ]);
    expect(gradients(tf.xlogy, [0, 1, 0], [0, 2, 2])).toEqual([
      [0, Math.fround(Math.LN2), 0],
      [0, 0.5, 0],
    ]);
    expect(gradients(tf.xdivy, [0, 1], [0, 2])).toEqual([
      [0, 0.5],
      [-0, -0.25],
    ]);
    expect(gradients(tf.equal, [1], [1])).toEqual([null, null]);
  });

  test('broadcast operands get the sum', () => {
    expect(gradients(tf.multiply, [1, 2, 3], [2])).toEqual([[2, 2, 2], [6]]);
    expect(gradients((c, x, y) => select(tf.greater(c, 0), x, y), [1, -1, 1], [7], [8])).toEqual([
      null,
      [2],
      [1],
    ]);
  });

  test('second order of the functions with gradient kernels', () => {
    for (const [f, second] of [
      [tf.tanh, (v: number) => -2 * Math.tanh(v) * (1 - Math.tanh(v) ** 2)],
      [
        tf.sigmoid,
        (v: number) => {
          const s = 1 / (1 + Math.exp(-v));
          return s * (1 - s) * (1 - 2 * s);
        },
      ],
      [(x: tf.Tensor) => tf.relu(tf.multiply(x, x)), () => 2],
    ] as const) {
      const v = new tf.Variable(Float64Array.of(0.3, -1.2));
      const outer = new tf.GradientTape();
      const g = outer.run(() => {
        const inner = new tf.GradientTape();
        return inner.gradient(
          inner.run(() => f(tf.add(v, 0))),
          v,
        ) as tf.Tensor;
      });
      const h = outer.gradient(g, v) as tf.Tensor;
      list(h).forEach((got, i) => expect(Number(got)).toBeCloseTo(second([0.3, -1.2][i]), 12));
    }
  });
});
