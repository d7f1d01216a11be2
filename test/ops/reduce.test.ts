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
const numeric: DType[] = ['float32', 'float64', 'int32', 'int64', 'uint8'];
const cases: Case[] = [
  { name: 'reduceSum', run: (x, axis) => tf.reduceSum(x, { axis }), of: total, dtypes: numeric },
  {
    name: 'reduceMean',
    run: (x, axis) => tf.reduceMean(x, axis),
    of: (v) => total(v) / v.length,
    dtypes: numeric,
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
        if (!floating && dtype !== 'bool') want = Number.isNaN(want) ? 0 : Math.trunc(want);
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
    expect(Math.abs((tf.reduceSum(t).item() as number) / exact - 1)).toBeLessThan(1e-7);
    expect(Math.abs((tf.reduceMean(t).item() as number) / (exact / n) - 1)).toBeLessThan(2e-7);
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
