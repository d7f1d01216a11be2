/** Each numeric dtype through every family of ops, against plain JavaScript. */
import * as tf from 'gradtape';
import {
  dtypes,
  everyType,
  floating,
  integers,
  isConverted,
  numeric,
  type DType,
} from '../../lib/core/dtype';
import { valuesOf } from '../../lib/core/tensor';

const halves = floating.filter((name) => isConverted(dtypes[name]));

/** The float of a dtype that is nearest to x, halves to even. */
function nearest(x: number, dtype: DType): number {
  if (!Number.isFinite(x) || x === 0) return x;
  const { epsilon, max } = dtypes[dtype];
  const leastNormal = 1 - Math.floor(Math.log2(Number(max)));
  const quantum = epsilon * 2 ** Math.max(Math.floor(Math.log2(Math.abs(x))), leastNormal);
  const q = x / quantum;
  const floor = Math.floor(q);
  const rest = q - floor;
  const whole = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  const y = whole * quantum;
  return Math.abs(y) > max ? Math.sign(y) * Infinity : y;
}

/** A number as an element of the dtype: floats are rounded, integers wrap. */
function elementOf(x: number | bigint, dtype: DType): number | bigint {
  const { kind, bytes, signed, big } = dtypes[dtype];
  if (dtype === 'float64') return Number(x);
  if (dtype === 'float32') return Math.fround(Number(x));
  if (kind === 'float') return nearest(dtype === 'float16' ? Number(x) : Math.fround(Number(x)), dtype);
  if (kind === 'bool') return Number(x) !== 0 ? 1 : 0;
  const n = typeof x === 'bigint' ? x : BigInt(Math.trunc(x));
  const wrapped = signed ? BigInt.asIntN(8 * bytes, n) : BigInt.asUintN(8 * bytes, n);
  return big ? wrapped : Number(wrapped);
}

const flat = (t: tf.Tensor): (number | bigint)[] => [...(t.data() as Iterable<number | bigint>)];
const elements = (values: readonly (number | bigint)[], dtype: DType): (number | bigint)[] =>
  values.map((v) => elementOf(v, dtype));
const of = (values: readonly number[], dtype: DType): tf.Tensor => tf.constant([...values], { dtype });

function expectElements(t: tf.Tensor, dtype: DType, values: readonly (number | bigint)[]): void {
  expect(t.dtype).toBe(dtype);
  expect(flat(t)).toEqual(elements(values, dtype));
}

describe.each(numeric)('%s', (dtype) => {
  const { big, kind, array } = dtypes[dtype];
  const x = of([1, 2, 3, 4, 5, 6], dtype);
  const m = tf.reshape(x, [2, 3]);

  test('tensors from numbers, bigints, nested arrays, typed arrays and other tensors', () => {
    expectElements(tf.constant(7, { dtype }), dtype, [7]);
    expectElements(tf.constant(7n, { dtype }), dtype, [7]);
    expectElements(m, dtype, [1, 2, 3, 4, 5, 6]);
    const own = tf.constant([1, 2], { dtype }).data();
    expectElements(tf.constant(own as never, { dtype }), dtype, [1, 2]);
    expectElements(tf.constant(Float64Array.of(1, 2), { dtype }), dtype, [1, 2]);
    expectElements(tf.constant([own, own] as never, { dtype }), dtype, [1, 2, 1, 2]);
    expectElements(tf.zeros([2], dtype), dtype, [0, 0]);
    expectElements(tf.ones([2], dtype), dtype, [1, 1]);
    expectElements(tf.fill([2], tf.constant(3, { dtype })), dtype, [3, 3]);
    expectElements(tf.eye(2, { dtype }), dtype, [1, 0, 0, 1]);
    expectElements(tf.oneHot([1, 0], 2, { dtype, onValue: 5, offValue: 3 }), dtype, [3, 5, 5, 3]);
    expectElements(tf.zerosLike(m), dtype, [0, 0, 0, 0, 0, 0]);
    expectElements(tf.constant(2, { dtype, shape: [3] }), dtype, [2, 2, 2]);
    expectElements(tf.constant([], { dtype }), dtype, []);
  });

  test('elements are read as data, nested arrays, an item, JSON and text', () => {
    expect(x.data()).toBeInstanceOf(array);
    const values = elements([1, 2, 3, 4, 5, 6], dtype);
    expect(m.array()).toEqual([values.slice(0, 3), values.slice(3)]);
    expect(x.at(2).item()).toBe(values[2]);
    expect(x.toJSON()).toEqual(big ? values.map(String) : values);
    // NumPy writes other floats, such as bfloat16, without a dot.
    const dot = /^float\d+$/.test(dtype) ? '.' : '';
    expect(String(of([1, 2], dtype))).toBe(`tf.Tensor([1${dot} 2${dot}], shape=(2,), dtype=${dtype})`);
    expect(String(new tf.Variable(of([1], dtype)))).toContain(`dtype=${dtype}, numpy=array([1${dot}]`);
    const copy = tf.fromTransferable(structuredClone(m.toTransferable()));
    expectElements(copy, dtype, [1, 2, 3, 4, 5, 6]);
    expect(copy.shape).toEqual([2, 3]);
  });

  test('a number beside a tensor takes its dtype', () => {
    expectElements(x.add(1), dtype, [2, 3, 4, 5, 6, 7]);
    expectElements(tf.multiply(2, x), dtype, [2, 4, 6, 8, 10, 12]);
    if (kind === 'int') {
      expect(() => x.add(1.5)).toThrow(tf.errors.InvalidArgumentError);
      const [min, max] = [dtypes[dtype].min, dtypes[dtype].max].map(BigInt);
      expect(() => x.add(max + 1n)).toThrow(/cannot convert/);
      expect(() => x.add(min - 1n)).toThrow(/cannot convert/);
      expect(() => tf.constant([min - 1n], { dtype })).toThrow(tf.errors.InvalidArgumentError);
      expect(flat(tf.constant([min, max], { dtype }))).toEqual(elements([min, max], dtype));
    } else {
      expectElements(
        x.mul(0.1),
        dtype,
        elements([1, 2, 3, 4, 5, 6], dtype).map((v) => Number(v) * Number(elementOf(0.1, dtype))),
      );
    }
    expect(() => x.add(tf.constant(1, { dtype: dtype === 'int8' ? 'int16' : 'int8' }))).toThrow(
      tf.errors.InvalidArgumentError,
    );
  });

  test('casts to and from every other dtype', () => {
    for (const other of everyType) {
      const values = [0, 1, 2, 96, 112];
      expectElements(tf.cast(of(values, dtype), other), other, values);
      const there = other === 'bool' ? tf.constant([false, true, true]) : of([0, 1, 96], other);
      expectElements(tf.cast(there, dtype), dtype, other === 'bool' ? [0, 1, 1] : [0, 1, 96]);
    }
    if (kind === 'int') {
      const { min, max } = dtypes[dtype];
      const ends = [min, max].map(BigInt);
      const t = tf.constant(ends, { dtype });
      for (const other of integers) expectElements(tf.cast(t, other), other, ends);
      for (const other of integers) {
        const far = [dtypes[other].min, dtypes[other].max].map(BigInt);
        expectElements(tf.cast(tf.constant(far, { dtype: other }), dtype), dtype, far);
      }
      for (const other of floating) expectElements(tf.cast(of([2.5, 3.5], other), dtype), dtype, [2, 3]);
    } else {
      const odd = [
        0.1,
        1 / 3,
        -2.5,
        1e-6,
        3e-8,
        65519,
        65520,
        1e30,
        2 ** -14 + 2 ** -25,
        1 + 2 ** -9,
        1 + 2 ** -11,
        Infinity,
        -0,
      ];
      const from64 = dtype === 'float64' ? odd : odd.map(Math.fround);
      expectElements(tf.cast(of(odd, 'float64'), dtype), dtype, from64);
      expectElements(tf.cast(of(odd, 'float32'), dtype), dtype, odd.map(Math.fround));
      expect(tf.cast(of([NaN], 'float32'), dtype).item()).toBeNaN();
      expectElements(tf.cast(of([-2.5, 3.5], dtype), 'int8'), 'int8', [-2, 3]);
    }
  });

  test('arithmetic wraps integers and rounds floats once', () => {
    const a = kind === 'int' ? [100, 3, 127, 64] : [0.1, 1 / 3, 60000, 7];
    const b = kind === 'int' ? [100, 5, 2, 4] : [0.7, 3, 9, 1e-3];
    const [p, q] = [of(a, dtype), of(b, dtype)];
    const [u, v] = [flat(p), flat(q)] as number[][];
    const pairs = (f: (s: number, t: number) => number | bigint): (number | bigint)[] =>
      u.map((s, i) => f(s, v[i]));
    expectElements(
      p.add(q),
      dtype,
      pairs((s, t) => s + t),
    );
    expectElements(
      p.sub(q),
      dtype,
      pairs((s, t) => s - t),
    );
    expectElements(
      p.mul(q),
      dtype,
      pairs((s, t) => s * t),
    );
    expectElements(
      tf.square(p),
      dtype,
      pairs((s) => s * s),
    );
    expectElements(
      tf.maximum(p, q),
      dtype,
      pairs((s, t) => (s > t ? s : t)),
    );
    expectElements(
      tf.minimum(p, q),
      dtype,
      pairs((s, t) => (s < t ? s : t)),
    );
    expect(flat(tf.less(p, q))).toEqual(u.map((s, i) => Number(s < v[i])));
    expect(flat(tf.equal(p, tf.reverse(tf.reverse(p, [0]), [0])))).toEqual([1, 1, 1, 1]);
    expectElements(tf.where([true, false, true, false], p, q), dtype, [u[0], v[1], u[2], v[3]]);
    expectElements(
      tf.where(tf.greater(p, q), p, 0),
      dtype,
      pairs((s, t) => (s > t ? s : big ? 0n : 0)),
    );
    if (kind === 'int') {
      expectElements(
        tf.floordiv(p, q),
        dtype,
        a.map((s, i) => Math.floor(s / b[i])),
      );
      expectElements(
        tf.floormod(p, q),
        dtype,
        a.map((s, i) => s % b[i]),
      );
      expect(() => tf.floordiv(p, of([1, 0, 1, 1], dtype))).toThrow(/division by zero/);
      const quotient = dtypes[dtype].bytes < 4 ? 'float32' : 'float64';
      expectElements(
        p.div(q),
        quotient,
        a.map((s, i) => s / b[i]),
      );
    } else {
      expectElements(
        p.div(q),
        dtype,
        pairs((s, t) => s / t),
      );
      expectElements(
        tf.sqrt(p),
        dtype,
        pairs((s) => Math.sqrt(s)),
      );
    }
  });

  test('reductions, scans, extremes and order', () => {
    const values = [5, 1, 120, 7, 120, 3];
    const t = tf.reshape(of(values, dtype), [2, 3]);
    expectElements(tf.reduceSum(t), dtype, [256]);
    expectElements(tf.reduceSum(t, 0), dtype, [12, 121, 123]);
    expectElements(tf.reduceSum(t, 1), dtype, [126, 130]);
    expectElements(tf.reduceMax(t, 1), dtype, [120, 120]);
    expectElements(tf.reduceMin(t, 0), dtype, [5, 1, 3]);
    expectElements(tf.reduceProd(of([2, 3, 4], dtype)), dtype, [24]);
    expectElements(tf.reduceMean(of([100, 100, 103], dtype)), dtype, [101]);
    expectElements(tf.cumsum(of([1, 2, 3], dtype), { exclusive: true }), dtype, [0, 1, 3]);
    expect(flat(tf.argmax(t, 1))).toEqual([2, 1]);
    expect(flat(tf.argmin(t, 0))).toEqual([0, 0, 1]);
    expectElements(tf.sort(t, 1), dtype, [1, 5, 120, 3, 7, 120]);
    expectElements(tf.sort(t, { direction: 'DESCENDING' }), dtype, [120, 5, 1, 120, 7, 3]);
    expect(flat(tf.argsort(t, 1))).toEqual([1, 0, 2, 2, 0, 1]);
    const top = tf.math.topK(t, 2);
    expectElements(top.values, dtype, [120, 5, 120, 7]);
    expect(flat(top.indices)).toEqual([2, 0, 1, 0]);
    expectElements(tf.unique(of([3, 1, 3, 2, 1], dtype)).y, dtype, [3, 1, 2]);
    if (kind === 'int') {
      const { min, max } = dtypes[dtype];
      const ends = tf.constant([min, max, 0, 1].map(BigInt), { dtype });
      expectElements(tf.sort(ends), dtype, dtypes[dtype].signed ? [min, 0, 1, max] : [min, 0, 1, max]);
      expect(tf.argmax(ends).item()).toBe(1);
      expect(tf.reduceMax(ends).item()).toBe(max);
      expect(tf.reduceMax(tf.zeros([0], dtype)).item()).toBe(min);
      expectElements(
        tf.reduceMean(tf.constant([max, max].map(BigInt), { dtype })),
        dtype,
        // As in TensorFlow, sums of 64-bit integers wrap before the division.
        big ? [(elementOf(2n * BigInt(max), dtype) as bigint) / 2n] : [max],
      );
    }
  });

  test('places and shapes', () => {
    expectElements(tf.gather(m, [2, 0], { axis: 1 }), dtype, [3, 1, 6, 4]);
    expectElements(
      tf.gatherNd(m, [
        [1, 2],
        [0, 0],
      ]),
      dtype,
      [6, 1],
    );
    expectElements(tf.concat([m, m], 0), dtype, [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
    expectElements(tf.stack([x, x], 1).at(0), dtype, [1, 1]);
    expectElements(tf.transpose(m), dtype, [1, 4, 2, 5, 3, 6]);
    expectElements(tf.pad(of([1], dtype), [[1, 2]], { constantValues: 9 }), dtype, [9, 1, 9, 9]);
    expectElements(tf.tile(of([1, 2], dtype), [2]), dtype, [1, 2, 1, 2]);
    expectElements(tf.broadcastTo(of([1, 2], dtype), [2, 2]), dtype, [1, 2, 1, 2]);
    expectElements(tf.reverse(x, [0]), dtype, [6, 5, 4, 3, 2, 1]);
    expectElements(tf.roll(x, 1, 0), dtype, [6, 1, 2, 3, 4, 5]);
    expectElements(m.at(':', '::-2'), dtype, [3, 1, 6, 4]);
    expectElements(tf.booleanMask(x, [true, false, false, true, false, false]), dtype, [1, 4]);
    expectElements(tf.scatterNd([[1], [3], [1]], of([7, 8, 1], dtype), [4]), dtype, [0, 8, 0, 8]);
    expectElements(tf.tensorScatterNdUpdate(x, [[1]], of([9], dtype)), dtype, [1, 9, 3, 4, 5, 6]);
    expect(tf.split(x, 3).map(flat)).toEqual(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ].map((p) => elements(p, dtype)),
    );
  });

  test('products of matrices, and windows', () => {
    expectElements(tf.matmul(m, m, { transposeB: true }), dtype, [14, 32, 32, 77]);
    const pixels = [...Array(16).keys()].map((i) => (i < 8 ? i : 8 * (i - 7)));
    const image = tf.reshape(of(pixels, dtype), [1, 4, 4, 1]);
    expectElements(tf.nn.maxPool2d(image, 2, 2, 'VALID'), dtype, [5, 7, 48, 64]);
    const [most, places] = tf.nn.maxPoolWithArgmax(image, 2, 2, 'VALID');
    expectElements(most, dtype, [5, 7, 48, 64]);
    expect(flat(places)).toEqual([5, 7, 13, 15]);
    if (kind !== 'float') return;
    expectElements(tf.nn.avgPool2d(image, 2, 2, 'VALID'), dtype, [2.5, 4.5, 28, 44]);
    const filter = tf.ones([2, 2, 1, 1], dtype);
    expectElements(tf.nn.conv2d(image, filter, 2, 'VALID'), dtype, [10, 18, 112, 176]);
  });

  test('variables', () => {
    const v = new tf.Variable(of([1, 2, 3], dtype));
    v.assignAdd([1, 1, 1]);
    v.assignSub(of([2, 0, 0], dtype));
    expectElements(v.read(), dtype, [0, 3, 4]);
    v.scatterAdd(new tf.IndexedSlices(of([3, 1], dtype), [2, 2]));
    expectElements(v.read(), dtype, [0, 3, 8]);
    v.at('1:').assign([7, 8]);
    expectElements(v.read(), dtype, [0, 7, 8]);
    const other = dtype === 'float32' ? 'float64' : 'float32';
    expect(() => v.assign(tf.constant([1, 2, 3], { dtype: other }))).toThrow(tf.errors.InvalidArgumentError);
  });

  test('a compiled function gives what ops give one by one', () => {
    const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor[] => {
      const c = tf.where(tf.greater(a, b), a.mul(2), b.add(a));
      const d = tf.maximum(tf.square(c).sub(b), 3);
      return [
        c,
        d,
        tf.reduceSum(d, 1),
        tf.reduceMax(c.add(d), 0),
        tf.cast(d, 'float32').mul(2),
        tf.matmul(c, d, { transposeB: true }),
      ];
    };
    const a = tf.reshape(
      of(
        [...Array(300).keys()].map((i) => (i * 7) % 100),
        dtype,
      ),
      [3, 100],
    );
    const b = tf.reshape(
      of(
        [...Array(300).keys()].map((i) => (i * 11) % 120),
        dtype,
      ),
      [3, 100],
    );
    const compiled = tf.function(f);
    const want = f(a, b);
    for (let call = 0; call < 2; call++) {
      compiled(a, b).forEach((t, i) => {
        expect(t.dtype).toBe(want[i].dtype);
        expect(t.data()).toEqual(want[i].data());
      });
    }
  });
});

describe.each(halves)('%s differentiated', (dtype) => {
  const { epsilon } = dtypes[dtype];
  const close = (a: tf.Tensor, b: tf.Tensor): void => {
    expect(a.dtype).toBe(dtype);
    const [got, want] = [flat(a), flat(b)] as number[][];
    got.forEach((g, i) =>
      expect(Math.abs(g - want[i])).toBeLessThanOrEqual(epsilon * (2 * Math.abs(want[i]) + 1)),
    );
  };
  const loss = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
    tf.reduceMean(tf.nn.softmax(tf.tanh(tf.matmul(x, w)).mul(2)).mul(tf.sigmoid(w.at(0))));

  test('gradients are those of float32, rounded; compiled they are the same bits', () => {
    const gradients = (x: tf.Tensor, w: tf.Tensor): tf.Tensor[] => {
      const tape = new tf.GradientTape();
      tape.watch([x, w]);
      const y = tape.run(() => loss(x, w));
      return tape.gradient(y, [x, w]).map((g) => g.toTensor());
    };
    const values = [0.5, -0.25, 1, 0.75, -1, 0.125];
    const [x, w] = [tf.reshape(of(values, dtype), [2, 3]), tf.reshape(of(values, dtype), [3, 2])];
    const own = gradients(x, w);
    const wide = gradients(tf.cast(x, 'float32'), tf.cast(w, 'float32'));
    own.forEach((g, i) => close(g, wide[i]));
    tf.function(gradients)(x, w).forEach((g, i) => expect(g.data()).toEqual(own[i].data()));
  });

  test('a jacobian, and the gradient of a mean of more elements than float16 counts', () => {
    const x = of([1, 2], dtype);
    const tape = new tf.GradientTape({ persistent: true });
    tape.watch(x);
    const y = tape.run(() => tf.square(x));
    expectElements(tape.jacobian(y, x), dtype, [2, 0, 0, 4]);
    const long = tf.ones([100_000], dtype);
    const second = new tf.GradientTape();
    second.watch(long);
    const mean = second.run(() => tf.reduceMean(long));
    expect(mean.item()).toBe(1);
    expect((second.gradient(mean, long) as tf.Tensor).at(0).item()).toBe(elementOf(1e-5, dtype));
  });

  test('sums are rounded once', () => {
    const tenth = elementOf(0.1, dtype) as number;
    const t = tf.fill([100, 100], tf.constant(0.1, { dtype }));
    expectElements(tf.reduceSum(t), dtype, [10_000 * tenth]);
    expectElements(tf.reduceSum(t, 0).at('0:1'), dtype, [100 * tenth]);
    expectElements(tf.reduceMean(t, 1).at('0:1'), dtype, [tenth]);
    expectElements(tf.matmul(t, t).at(0, '0:1'), dtype, [100 * tenth * tenth]);
  });

  test('optimizers and random numbers', () => {
    const v = new tf.Variable(of([1, 2], dtype));
    new tf.keras.optimizers.SGD(0.5).applyGradients([[of([1, -1], dtype), v]]);
    expectElements(v.read(), dtype, [0.5, 2.5]);
    const adam = new tf.keras.optimizers.Adam({ learningRate: 0.25 });
    adam.applyGradients([[of([1, -1], dtype), v]]);
    close(v.read(), tf.constant([0.25, 2.75]));
    const u = tf.random.uniform([1000], { minval: 2, maxval: 3, dtype, seed: 1 });
    for (const r of flat(u) as number[]) expect(r >= 2 && r <= 3 && r === elementOf(r, dtype)).toBe(true);
    expect(
      Math.abs(Number(tf.reduceMean(tf.random.normal([10_000], { dtype, seed: 2 })).item())),
    ).toBeLessThan(0.05);
  });

  test('printing and checks', () => {
    const t = of([0.1, 2.5], dtype);
    const tenth = dtype === 'float16' ? 0.1 : (elementOf(0.1, dtype) as number);
    expect(String(t)).toContain(`[${Number(tenth.toPrecision(6))} 2.5]`);
    expect(() => tf.debugging.assertNear(t, [0.1, 2.5])).not.toThrow();
    // The tolerance is ten units in the last place.
    expect(() => tf.debugging.assertNear(t.mul(16), [0.1, 2.5])).toThrow(/\n *1\.[56]/);
    expect(() => tf.debugging.checkNumerics(of([Infinity], dtype), 'm')).toThrow(/Inf/);
  });
});

test('typed arrays keep their dtype', () => {
  expect(tf.constant(Int8Array.of(-1)).dtype).toBe('int8');
  expect(tf.constant(Int16Array.of(-1)).dtype).toBe('int16');
  expect(tf.constant(Uint16Array.of(65535)).item()).toBe(65535);
  expect(tf.constant(Uint32Array.of(2 ** 32 - 1)).item()).toBe(2 ** 32 - 1);
  expect(tf.constant(BigUint64Array.of(2n ** 64n - 1n)).item()).toBe(2n ** 64n - 1n);
  const { Float16Array } = globalThis as { Float16Array?: { of(...values: number[]): never } };
  if (Float16Array !== undefined) {
    expect(tf.constant(Float16Array.of(0.1)).dtype).toBe('float16');
    expect(tf.constant(Float16Array.of(0.1)).item()).toBe(elementOf(0.1, 'float16'));
  }
});

test('what no dtype of integers has is refused', () => {
  expect(() => tf.constant(300, { dtype: 'int8' })).toThrow(/int8/);
  expect(() => tf.constant(-1, { dtype: 'uint64' })).toThrow(/uint64/);
  expect(() => tf.constant(Int32Array.of(70000), { dtype: 'uint16' })).toThrow(/uint16/);
  expect(() => tf.constant(2 ** 64, { dtype: 'uint64' })).toThrow(/uint64/);
});

test('a cast to another dtype and back is left out of a compiled function only where nothing is lost', () => {
  for (const from of everyType) {
    const x =
      from === 'bool'
        ? tf.constant([true, false])
        : of(from.includes('float') ? [0.1, 1 / 3] : [1, 101], from);
    for (const to of everyType) {
      const f = (t: tf.Tensor): tf.Tensor => tf.cast(tf.cast(t, to), from);
      expect(flat(tf.function(f)(x))).toEqual(flat(f(x)));
    }
  }
});

test('unsigned integers beyond the signed range', () => {
  const x = tf.constant([2n ** 63n, 2n ** 64n - 1n, 1n], { dtype: 'uint64' });
  expect(tf.reduceMax(x).item()).toBe(2n ** 64n - 1n);
  expect(tf.argmin(x).item()).toBe(2);
  expect(flat(tf.floordiv(x, 2))).toEqual([2n ** 62n, 2n ** 63n - 1n, 0n]);
  expect(flat(tf.greater(x, 5))).toEqual([1, 1, 0]);
  expect(flat(tf.cast(x, 'float64'))).toEqual([2 ** 63, 2 ** 64, 1]);
  expect(flat(tf.cast(tf.constant([2 ** 63, 2 ** 64 - 2048], { dtype: 'float64' }), 'uint64'))).toEqual([
    2n ** 63n,
    2n ** 64n - 2048n,
  ]);
  const y = tf.constant([2 ** 31, 2 ** 32 - 1, 1], { dtype: 'uint32' });
  expect(flat(tf.sort(y))).toEqual([1, 2 ** 31, 2 ** 32 - 1]);
  expect(flat(tf.floordiv(y, 2))).toEqual([2 ** 30, 2 ** 31 - 1, 0]);
  const [, places] = tf.nn.maxPoolWithArgmax(tf.reshape(x, [1, 1, 3, 1]), [1, 3], 1, 'VALID');
  expect(flat(places)).toEqual([1]);
});

test.each(integers)('full-range random %s, where TensorFlow draws them', (dtype) => {
  const g = tf.random.Generator.fromSeed(1);
  const { bytes, big } = dtypes[dtype];
  if (bytes < 4) {
    expect(() => g.uniformFullInt([2], dtype as never)).toThrow(tf.errors.InvalidArgumentError);
  } else {
    const drawn = big ? [6679402142117448868n, 684265014234019051n] : [4175744164n, 1555169499n];
    expect([...valuesOf(g.uniformFullInt([2], dtype as 'uint32'))]).toEqual(elements(drawn, dtype));
  }
});
