import * as tf from 'gradtape';
import { dtypes } from '../../lib/core/dtype';
import { tensorFrom } from '../../lib/core/tensor';

const { InvalidArgumentError } = tf.errors;
const modes = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

/** The slow way, along the middle of [outer, n, inner]. */
function scanned(
  values: number[],
  [outer, n, inner]: number[],
  product: boolean,
  exclusive: boolean,
  reverse: boolean,
): number[] {
  const out = new Array<number>(values.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let total = product ? 1 : 0;
      for (let k = 0; k < n; k++) {
        const at = (o * n + (reverse ? n - 1 - k : k)) * inner + i;
        const next = product ? total * values[at] : total + values[at];
        out[at] = exclusive ? total : next;
        total = next;
      }
    }
  }
  return out;
}

describe.each([
  ['cumsum', tf.cumsum, false],
  ['cumprod', tf.cumprod, true],
] as const)('%s', (_, f, product) => {
  test.each(modes)('exclusive %j, reverse %j', (exclusive, reverse) => {
    for (const shape of [
      [1, 7, 1],
      [3, 4, 1],
      [1, 5, 6],
      [2, 3, 700],
      [9, 2, 3],
      [2, 0, 3],
      [0, 2, 2],
    ]) {
      const size = shape.reduce((a, b) => a * b, 1);
      const values = Array.from({ length: size }, (_, k) => ((k * 7) % 5) - 2);
      const want = scanned(values, shape, product, exclusive, reverse);
      for (const dt of [dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64]) {
        const x = tensorFrom(dt, shape, dt.big ? values.map((v) => BigInt(v)) : values);
        const y = f(x, { axis: 1, exclusive, reverse });
        expect(y.shape).toEqual(shape);
        expect(Array.from(y.data() as ArrayLike<number | bigint>, (v) => Number(v) + 0)).toEqual(
          want.map((v) => v + 0),
        );
      }
    }
  });

  test('the axis may be given alone, and counts from the end', () => {
    const x = [
      [1, 2],
      [3, 4],
    ];
    expect(f(x, 1).array()).toEqual(
      product
        ? [
            [1, 2],
            [3, 12],
          ]
        : [
            [1, 3],
            [3, 7],
          ],
    );
    expect(f(x, -2).array()).toEqual(
      product
        ? [
            [1, 2],
            [3, 8],
          ]
        : [
            [1, 2],
            [4, 6],
          ],
    );
    expect(f(new Uint8Array([200, 100])).array()).toEqual(product ? [200, 20000 & 255] : [200, 44]);
  });

  test.each(modes)(
    'first and second derivative, with zeros: exclusive %j, reverse %j',
    (exclusive, reverse) => {
      const values = [2, 0, 3, -1, 0, 0.5, 1.5, 2.5, 0];
      const weights = [1, -2, 0.5, 3, 1, 2, -1, 0.7, 0.3];
      const run = (x: tf.TensorLike) =>
        tf.reduceSum(
          tf.multiply(
            tf.square(f(x, { axis: 0, exclusive, reverse })),
            tensorFrom(dtypes.float64, [3, 3], weights),
          ),
        );
      const gradientAt = (v: number[]) => {
        const x = new tf.Variable(tensorFrom(dtypes.float64, [3, 3], v));
        const tape = new tf.GradientTape();
        return (
          tape.gradient(
            tape.run(() => run(x)),
            x,
          ) as tf.Tensor
        ).data() as Float64Array;
      };
      const x = new tf.Variable(tensorFrom(dtypes.float64, [3, 3], values));
      const outer = new tf.GradientTape();
      const sum = outer.run(() => {
        const inner = new tf.GradientTape();
        const y = inner.run(() => run(x));
        return tf.reduceSum(inner.gradient(y, x) as tf.Tensor);
      });
      const second = (outer.gradient(sum, x) as tf.Tensor).data() as Float64Array;
      const first = gradientAt(values);
      const h = 1e-5;
      values.forEach((_, i) => {
        const moved = (by: number) => values.map((v, k) => (k === i ? v + by : v));
        const at = (by: number) => run(tensorFrom(dtypes.float64, [3, 3], moved(by))).item() as number;
        expect(first[i]).toBeCloseTo((at(h) - at(-h)) / (2 * h), 4);
        const sumOf = (g: Float64Array) => g.reduce((a, b) => a + b, 0);
        expect(second[i]).toBeCloseTo(
          (sumOf(gradientAt(moved(h))) - sumOf(gradientAt(moved(-h)))) / (2 * h),
          3,
        );
      });
    },
  );

  test('bad input', () => {
    expect(() => f([1, 2], 1)).toThrow(InvalidArgumentError);
    expect(() => f([1, 2], 1)).toThrow(/axis = 1 is out of range.*\[-1, 1\)/);
    expect(() => f(1)).toThrow(/axis = 0 is out of range/);
    expect(() => f([true])).toThrow(/dtype bool/);
    expect(() => f([1], { exclusive: 1 as unknown as boolean })).toThrow(TypeError);
  });
});

describe.each([
  ['argmax', tf.argmax, 1],
  ['argmin', tf.argmin, -1],
] as const)('%s', (_, f, sign) => {
  test.each([
    [1, 9, 1],
    [4, 5000, 1],
    [3, 7, 2],
    [2, 40, 600],
    [9, 3, 70],
    [0, 3, 2],
  ])('[%d, %d, %d]', (...shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Array.from({ length: size }, (_, k) => (k * 7919) % 31);
    const [outer, n, inner] = shape;
    const want: number[] = [];
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let best = 0;
        for (let k = 1; k < n; k++) {
          const at = (r: number) => sign * values[(o * n + r) * inner + i];
          if (at(k) > at(best)) best = k;
        }
        want.push(best);
      }
    }
    for (const dt of [dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64, dtypes.uint8]) {
      const y = f(tensorFrom(dt, shape, dt.big ? values.map((v) => BigInt(v)) : values), 1);
      expect(y.dtype).toBe('int32');
      expect(y.shape).toEqual([outer, inner]);
      expect(Array.from(y.data() as Int32Array)).toEqual(want);
    }
  });

  test('NaN is skipped, unless there is nothing else', () => {
    const edge = sign * Infinity;
    expect(f([NaN, 1, NaN, 1]).item()).toBe(1);
    expect(f([NaN, NaN]).item()).toBe(0);
    expect(f([1, NaN, edge]).item()).toBe(2);
    expect(
      f(
        [
          [NaN, 1],
          [2, NaN],
          [2, 1],
        ],
        { axis: 0 },
      ).array(),
    ).toEqual([1, 0]);
    const long = new Float32Array(10_000).fill(NaN);
    long[7777] = 3;
    expect(f(long).item()).toBe(7777);
  });

  test('the first of equals; bools; int64 results', () => {
    expect(f([3, 3, 3]).item()).toBe(0);
    expect(f([false, true, true]).item()).toBe(sign > 0 ? 1 : 0);
    const y = f([1, 5, 0], { outputType: 'int64' });
    expect(y.dtype).toBe('int64');
    expect(y.item()).toBe(sign > 0 ? 1n : 2n);
  });

  test('no gradient passes', () => {
    const x = new tf.Variable([1, 2]);
    const tape = new tf.GradientTape();
    expect(
      tape.gradient(
        tape.run(() => f(x)),
        x,
      ),
    ).toBeNull();
  });

  test('bad input', () => {
    expect(() => f(tensorFrom(dtypes.float32, [0, 3], []))).toThrow(InvalidArgumentError);
    expect(() => f(tensorFrom(dtypes.float32, [0, 3], []))).toThrow(
      /Reduction axis 0 is empty in shape \[0,3\]/,
    );
    expect(f(tensorFrom(dtypes.float32, [0, 3], []), 1).shape).toEqual([0]);
    expect(() => f(3)).toThrow(/axis = 0 is out of range/);
    expect(() => f([1], { outputType: 'float32' as 'int32' })).toThrow(/outputType must be int32 or int64/);
  });
});
