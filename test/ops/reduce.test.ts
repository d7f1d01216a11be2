import * as tf from 'gradtape';
import type { DType } from 'gradtape';
import { dtypes } from '../../lib/core/dtype';
import { tensorFrom } from '../../lib/core/tensor';

/** A tensor of any dtype and shape from numbers. */
function tensor(values: readonly number[], shape: readonly number[], dtype: DType): tf.Tensor {
  return tensorFrom(dtypes[dtype], shape, dtype === 'int64' ? values.map((v) => BigInt(v)) : values);
}

/** Deterministic numbers in [0, 1). */
function numbers(n: number, seed = 1): number[] {
  let state = seed >>> 0;
  return Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}

/** Reduction of nested positions, the slow way: the groups of elements that make each result. */
function groups(shape: readonly number[], axes: readonly number[]): number[][] {
  const kept = shape.map((_, d) => !axes.includes(d));
  const size = shape.reduce((a, b) => a * b, 1);
  const count = shape.reduce((a, b, d) => (kept[d] ? a * b : a), 1);
  const out: number[][] = Array.from({ length: count }, () => []);
  for (let i = 0; i < size; i++) {
    let rest = i;
    let at = 0;
    let stride = 1;
    for (let d = shape.length - 1; d >= 0; d--) {
      const index = rest % shape[d];
      rest = (rest - index) / shape[d];
      if (kept[d]) {
        at += index * stride;
        stride *= shape[d];
      }
    }
    out[at].push(i);
  }
  return out;
}

const shapes: [number[], number[]][] = [
  [[7], [0]],
  [[1], [0]],
  [[4, 5], [0]],
  [[4, 5], [1]],
  [
    [4, 5],
    [0, 1],
  ],
  [[3, 4, 5], [1]],
  [
    [3, 4, 5],
    [0, 2],
  ],
  [
    [2, 3, 4, 5],
    [1, 3],
  ],
  [
    [2, 3, 4, 5],
    [0, 2],
  ],
  [
    [2, 1, 3, 1],
    [1, 2],
  ],
  [[5, 1000], [1]],
  [[1000, 5], [0]],
  [[100, 70], [0]],
  [[20, 3, 130], [1]],
  [[2, 70000], [1]],
  [[9000, 3], [0]],
  [[0, 3], [0]],
  [[0, 3], [1]],
  [[3, 0, 2], [1]],
  [[3], []],
];

interface Case {
  name: string;
  run: (x: tf.Tensor, axis: number[]) => tf.Tensor;
  of: (v: number[]) => number;
  dtypes: DType[];
}

const near = (got: number, want: number, dtype: DType) => {
  if (dtype === 'float32' || dtype === 'float64') {
    const tolerance = dtype === 'float32' ? 2e-6 : 1e-13;
    const same = Object.is(got, want) || got === want;
    if (!same && !(Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want)))) {
      throw new Error(`${got} is not ${want}`);
    }
  } else if (got !== want) {
    throw new Error(`${got} is not ${want}`);
  }
};

const total = (v: number[]) => v.reduce((a, b) => a + b, 0);
const variance = (v: number[]) => {
  const mean = total(v) / v.length;
  return total(v.map((u) => (u - mean) ** 2)) / v.length;
};
const numeric: DType[] = ['float32', 'float64', 'int32', 'int64', 'uint8'];
const cases: Case[] = [
  { name: 'reduceSum', run: (x, axis) => tf.reduceSum(x, { axis }), of: total, dtypes: numeric },
  {
    name: 'reduceMean',
    run: (x, axis) => tf.reduceMean(x, axis),
    of: (v) => total(v) / v.length,
    dtypes: numeric,
  },
  {
    name: 'reduceProd',
    run: (x, axis) => tf.reduceProd(x, { axis }),
    of: (v) => v.reduce((p, u) => p * u, 1),
    dtypes: ['float32', 'float64'],
  },
  {
    name: 'reduceMax',
    run: (x, axis) => tf.reduceMax(x, { axis }),
    of: (v) => Math.max(...v),
    dtypes: numeric,
  },
  {
    name: 'reduceMin',
    run: (x, axis) => tf.reduceMin(x, { axis }),
    of: (v) => Math.min(...v),
    dtypes: numeric,
  },
  {
    name: 'reduceAny',
    run: (x, axis) => tf.reduceAny(x, { axis }),
    of: (v) => Number(v.includes(1)),
    dtypes: ['bool'],
  },
  {
    name: 'reduceAll',
    run: (x, axis) => tf.reduceAll(x, { axis }),
    of: (v) => Number(!v.includes(0)),
    dtypes: ['bool'],
  },
  {
    name: 'reduceEuclideanNorm',
    run: (x, axis) => tf.reduceEuclideanNorm(x, { axis }),
    of: (v) => Math.sqrt(total(v.map((u) => u * u))),
    dtypes: ['float32', 'float64'],
  },
  {
    name: 'reduceVariance',
    run: (x, axis) => tf.reduceVariance(x, { axis }),
    of: variance,
    dtypes: ['float32', 'float64'],
  },
  {
    name: 'reduceStd',
    run: (x, axis) => tf.reduceStd(x, { axis }),
    of: (v) => Math.sqrt(variance(v)),
    dtypes: ['float32', 'float64'],
  },
  {
    name: 'reduceLogsumexp',
    run: (x, axis) => tf.reduceLogsumexp(x, { axis }),
    of: (v) => Math.log(total(v.map(Math.exp))),
    dtypes: ['float32', 'float64'],
  },
];

describe.each(cases)('$name', ({ run, of, dtypes: types }) => {
  test.each(types.flatMap((dtype) => shapes.map(([shape, axes]) => [dtype, shape, axes] as const)))(
    '%s %j over %j',
    (dtype, shape, axes) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const floating = dtype === 'float32' || dtype === 'float64';
      const values = numbers(size, size + 7).map((u) => {
        if (dtype === 'bool') return u < 0.3 ? 1 : 0;
        if (floating) return Math.fround(u * 2 - 0.7);
        return dtype === 'uint8' ? Math.floor(u * 256) : Math.floor(u * 21) - 10;
      });
      const y = run(tensor(values, shape, dtype), [...axes]);
      expect(y.shape).toEqual(shape.filter((_, d) => !axes.includes(d)));
      const got = y.data();
      groups(shape, axes).forEach((group, i) => {
        let want = of(group.map((k) => values[k]));
        if (!floating && dtype !== 'bool') {
          if (want === -Infinity) want = Number(dtypes[dtype].min);
          else if (want === Infinity) want = Number(dtypes[dtype].max);
          want = Number.isNaN(want) ? 0 : Math.trunc(want);
        }
        if (dtype === 'uint8') want &= 255;
        near(Number(got[i]), want, dtype);
      });
    },
  );
});

describe('gradients of sums and means', () => {
  const x = () =>
    new tf.Variable([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  const gradient = (v: tf.Variable, f: (x: tf.Variable) => tf.Tensor) => {
    const tape = new tf.GradientTape();
    const y = tape.run(() => f(v));
    return (tape.gradient(y, v) as tf.Tensor).array();
  };

  test('the sum over rows spreads to each element', () => {
    expect(gradient(x(), (v) => tf.reduceSum(v, 1).mul([10, 20]))).toEqual([
      [10, 10, 10],
      [20, 20, 20],
    ]);
  });
  test('the sum over columns, kept', () => {
    expect(gradient(x(), (v) => tf.reduceSum(v, { axis: 0, keepdims: true }).mul([1, 2, 3]))).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });
  test('the mean divides', () => {
    const sixth = Math.fround(1 / 6);
    expect(gradient(x(), (v) => tf.reduceMean(v.square()))).toEqual(
      [
        [2, 4, 6],
        [8, 10, 12],
      ].map((row) => row.map((v) => Math.fround(v * sixth))),
    );
  });
  test('a broadcast operand gets the sum over what it was broadcast along', () => {
    const b = new tf.Variable([1, 2, 3]);
    expect(gradient(b, (v) => v.mul(x().read()))).toEqual([5, 7, 9]);
    const s = new tf.Variable(2);
    expect(gradient(s, (v) => v.mul(x().read()))).toEqual(21);
    const c = new tf.Variable([[1], [2]]);
    expect(gradient(c, (v) => v.mul(x().read()))).toEqual([[6], [15]]);
  });
  test('the second derivative passes through the mean', () => {
    const v = new tf.Variable([1, 2, 3, 4]);
    const outer = new tf.GradientTape();
    const g = outer.run(() => {
      const inner = new tf.GradientTape();
      const y = inner.run(() => tf.reduceMean(v.mul(v).mul(v)));
      return inner.gradient(y, v) as tf.Tensor;
    });
    expect((outer.gradient(g, v) as tf.Tensor).array()).toEqual([1.5, 3, 4.5, 6]);
  });
});

describe('accuracy', () => {
  test('the sum of 10⁷ floats is right to a millionth, whatever their order', () => {
    const n = 10_000_000;
    const values = new Float32Array(n);
    let state = 1;
    let exact = 0;
    for (let i = 0; i < n; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      values[i] = state / 2 ** 32;
      exact += values[i];
    }
    const t = new tf.Variable(values).read();
    // The nearest float or its neighbour: which, depends on how many elements a register has.
    expect(Math.abs(tf.reduceSum(t).item() / exact - 1)).toBeLessThan(2 ** -23);
    expect(Math.abs(tf.reduceMean(t).item() / (exact / n) - 1)).toBeLessThan(2e-7);
  });
  test('the mean of uint8 does not wrap, the sum does', () => {
    const t = new tf.Variable(new Uint8Array([200, 100, 255])).read();
    expect(tf.reduceMean(t).item()).toBe(185);
    expect(tf.reduceSum(t).item()).toBe(555 & 255);
  });
});

describe('bad input', () => {
  const x = new tf.Variable([[1, 2]]);
  test.each([
    [
      'an axis that is out of range',
      () => tf.reduceSum(x, 2),
      tf.errors.InvalidArgumentError,
      /axis = 2 is out of range.*\[-2, 2\)/,
    ],
    ['an axis twice', () => tf.reduceSum(x, [0, -2]), tf.errors.InvalidArgumentError, /names axis 0 twice/],
    ['a fractional axis', () => tf.reduceSum(x, 0.5), TypeError, /must be an integer/],
    [
      'an unknown option',
      () => tf.reduceSum(x, { axes: 1 } as tf.ReduceOptions),
      TypeError,
      /takes axis, keepdims/,
    ],
    [
      'keepdims that is no boolean',
      () => tf.reduceSum(x, { keepdims: 1 } as unknown as tf.ReduceOptions),
      TypeError,
      /keepdims must be/,
    ],
    ['a dtype', () => tf.reduceSum([true]), tf.errors.InvalidArgumentError, /dtype bool.*takes float32/],
  ] as const)('%s', (_, f, kind, message) => {
    expect(f).toThrow(kind);
    expect(f).toThrow(message);
  });
});

/** Checks a gradient, and a second derivative, against differences of float64 values. */
function checkGradient(f: (x: tf.TensorLike) => tf.Tensor, shape: number[], values: number[]): void {
  const weighted = (x: tf.TensorLike) => {
    const y = f(x);
    const weights = tensorFrom(dtypes.float64, y.shape, numbers(y.size, 99));
    return tf.reduceSum(tf.multiply(y, weights));
  };
  const gradientAt = (v: number[]) => {
    const x = new tf.Variable(tensorFrom(dtypes.float64, shape, v));
    const tape = new tf.GradientTape();
    return (
      tape.gradient(
        tape.run(() => weighted(x)),
        x,
      ) as tf.Tensor
    ).data() as Float64Array;
  };
  const at = (v: number[]) => weighted(tensorFrom(dtypes.float64, shape, v)).item() as number;
  const h = 1e-5;
  const moved = (i: number, by: number) => values.map((v, k) => (k === i ? v + by : v));
  const gradient = gradientAt(values);
  const direction = numbers(values.length, 5);
  // The Hessian times a direction, from a tape within a tape.
  const x = new tf.Variable(tensorFrom(dtypes.float64, shape, values));
  const outer = new tf.GradientTape();
  const along = outer.run(() => {
    const inner = new tf.GradientTape();
    const y = inner.run(() => weighted(x));
    const g = inner.gradient(y, x) as tf.Tensor;
    return tf.reduceSum(tf.multiply(g, tensorFrom(dtypes.float64, shape, direction)));
  });
  const second = outer.gradient(along, x) as tf.Tensor | null;
  const product = second === null ? values.map(() => 0) : Array.from(second.data() as Float64Array);
  for (let i = 0; i < values.length; i++) {
    expect(gradient[i]).toBeCloseTo((at(moved(i, h)) - at(moved(i, -h))) / (2 * h), 5);
    const above = gradientAt(moved(i, h));
    const below = gradientAt(moved(i, -h));
    const want = direction.reduce((sum, d, k) => sum + (d * (above[k] - below[k])) / (2 * h), 0);
    expect(product[i]).toBeCloseTo(want, 4);
  }
}

const reductions = {
  reduceSum: tf.reduceSum,
  reduceMean: tf.reduceMean,
  reduceProd: tf.reduceProd,
  reduceMax: tf.reduceMax,
  reduceMin: tf.reduceMin,
  reduceVariance: tf.reduceVariance,
  reduceStd: tf.reduceStd,
  reduceLogsumexp: tf.reduceLogsumexp,
  reduceEuclideanNorm: tf.reduceEuclideanNorm,
};
describe.each(Object.entries(reductions))('gradients of %s', (_, f) => {
  const axesList: tf.Axis[] = [null, 0, -1, [0, 2], [1, 2], []];
  const values = numbers(12, 3).map((u) => u * 4 - 1.5);
  test.each(axesList.flatMap((axis) => [true, false].map((keepdims) => [axis, keepdims] as const)))(
    'axis %j, keepdims %j',
    (axis, keepdims) => {
      if (f === tf.reduceStd && axis !== null && Array.isArray(axis) && axis.length === 0) return; // √ at 0
      checkGradient((x) => f(x, { axis, keepdims }), [2, 3, 2], values);
    },
  );
});

describe('products of zeros', () => {
  test.each([
    ['none', [2, 3, 4]],
    ['one', [2, 0, 4]],
    ['two', [0, 3, 0]],
    ['three', [0, 0, 0]],
  ])('gradient and second derivative of reduceProd: %s', (_, v) =>
    checkGradient((x) => tf.reduceProd(x), [3], v),
  );
  test('over axes that are no neighbours', () =>
    checkGradient((x) => tf.reduceProd(x, [0, 2]), [2, 2, 2], [1, 0, 3, 2, 0, 2, 1, 5]));
});

describe('special values', () => {
  const { NaN: nan, Infinity: inf } = globalThis;
  test('NaN wins in maximum and minimum, wherever it stands', () => {
    for (let at = 0; at < 200; at += 13) {
      const v = Float32Array.from(numbers(200));
      v[at] = nan;
      expect(tf.reduceMax(v).item()).toBeNaN();
      expect(tf.reduceMin(v).item()).toBeNaN();
    }
  });
  test('infinities', () => {
    expect(tf.reduceMax([-inf, -inf]).item()).toBe(-inf);
    expect(tf.reduceLogsumexp([-inf, -inf]).item()).toBe(-inf);
    expect(tf.reduceLogsumexp([-inf, NaN]).item()).toBeNaN();
    expect(tf.reduceLogsumexp([inf, NaN, 1]).item()).toBeNaN();
    expect(tf.reduceLogsumexp([inf, -inf]).item()).toBe(inf);
    expect(tf.reduceLogsumexp(tf.fill([200_000], 1)).item()).toBeCloseTo(1 + Math.log(200_000), 5);
    expect(tf.reduceLogsumexp(tf.zeros([2, 0]), 1).array()).toEqual([-inf, -inf]);
    expect(tf.reduceLogsumexp([-inf, 0]).item()).toBe(0);
    expect(tf.reduceLogsumexp([inf, 0]).item()).toBe(inf);
    expect(tf.reduceLogsumexp([1000, 1000]).item()).toBeCloseTo(1000 + Math.log(2), 3);
    expect(tf.reduceLogsumexp([]).item()).toBe(-inf);
  });
  test('ties share the gradient of an extreme', () => {
    const g = (f: (x: tf.TensorLike) => tf.Tensor, v: number[]) => {
      const x = new tf.Variable(v);
      const tape = new tf.GradientTape();
      return (
        tape.gradient(
          tape.run(() => f(x)),
          x,
        ) as tf.Tensor
      ).array();
    };
    expect(g(tf.reduceMax, [1, 3, 3, 2])).toEqual([0, 0.5, 0.5, 0]);
    expect(g(tf.reduceMin, [1, 1, 1, 1])).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(g(tf.reduceStd, [2, 2])).toEqual([nan, nan]);
    expect(g(tf.reduceEuclideanNorm, [0, 0])).toEqual([nan, nan]);
  });
  test('the variance of large numbers with small differences', () => {
    expect(tf.reduceVariance(new Float32Array([10001, 10002, 10003])).item()).toBeCloseTo(2 / 3, 6);
  });
  test('any and all give bools, and of nothing false and true', () => {
    expect(
      tf
        .reduceAny(
          [
            [false, true],
            [false, false],
          ],
          1,
        )
        .array(),
    ).toEqual([true, false]);
    expect(
      tf
        .reduceAll(
          [
            [false, true],
            [true, true],
          ],
          0,
        )
        .array(),
    ).toEqual([false, true]);
    const none = tensorFrom(dtypes.bool, [2, 0], []);
    expect(tf.reduceAny(none, 1).array()).toEqual([false, false]);
    expect(tf.reduceAll(none, 1).array()).toEqual([true, true]);
  });
  test('a scalar reduces to itself', () => {
    expect(tf.reduceSum(3).array()).toBe(3);
    expect(tf.reduceMax(3, []).array()).toBe(3);
    expect(() => tf.reduceSum(3, 0)).toThrow(/axis = 0 is out of range/);
  });
  test('integer variance is refused', () => {
    expect(() => tf.reduceVariance(new Int32Array([1, 2]))).toThrow(/dtype int32.*takes float32, float64/);
  });
});
