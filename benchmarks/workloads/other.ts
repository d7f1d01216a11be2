/** Embeddings, random numbers, sorting, small eager ops. */
import { million } from './elementwise';
import { close, type Elements, type Expected, type Target, type Workload } from './workload';

const best = (ratio: number): Target => ({ kind: 'ratio', ratio });
const within = (ns: number): Target => ({ kind: 'time', ns });
const exact = { relative: 0, absolute: 0 };

const [vocabulary, width, picked] = [50_000, 128, 10_000];
const table = { shape: [vocabulary, width] } as const;
const indices = { shape: [picked], dtype: 'int32', low: 0, high: vocabulary } as const;

const gather: Workload = {
  name: 'embedding/gather 10k of 50k rows of 128',
  kind: 'gather',
  params: {},
  inputs: [table, indices],
  cost: picked * width,
  target: best(0.7),
  tolerance: exact,
  reference: ([t, index]: readonly Elements[]) => [
    {
      shape: [picked, width],
      at: (i) => Number(t[Number(index[Math.floor(i / width)]) * width + (i % width)]),
    },
  ],
};

const rate = 0.01;
/** Updates the table in place, as in training: a step of gradient descent on the rows that were looked up. */
const scatter: Workload = {
  name: 'embedding/sparse update of 10k rows',
  kind: 'sparseUpdate',
  params: { rate },
  inputs: [table, indices, { shape: [picked, width] }],
  cost: picked * width,
  target: best(0.7),
  tolerance: { relative: 1e-5, absolute: 1e-5 },
  // Checked with a table of zeros.
  reference: ([, index, updates]: readonly Elements[]) => {
    let change: Float64Array | null = null;
    return [
      {
        shape: [vocabulary, width],
        at: (i) => {
          if (change === null) {
            change = new Float64Array(vocabulary * width);
            for (let j = 0; j < updates.length; j++) {
              change[Number(index[Math.floor(j / width)]) * width + (j % width)] -= rate * Number(updates[j]);
            }
          }
          return change[i];
        },
      },
    ];
  },
};

/** Statistics of random numbers, which differ between libraries. */
function moments(data: Elements): { mean: number; deviation: number; low: number; high: number } {
  let [sum, squares, low, high] = [0, 0, Infinity, -Infinity];
  for (const element of data) {
    const x = Number(element);
    sum += x;
    squares += x * x;
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  const mean = sum / data.length;
  return { mean, deviation: Math.sqrt(squares / data.length - mean * mean), low, high };
}

function randomWorkload(f: 'normal' | 'uniform'): Workload {
  const [mean, deviation] = f === 'normal' ? [0, 1] : [0.5, Math.sqrt(1 / 12)];
  return {
    name: `random/${f} 1M`,
    kind: 'random',
    params: { f, n: million },
    inputs: [],
    cost: million,
    target: { kind: 'ratio', ratio: 0.5, to: ['TensorFlow'] },
    tolerance: exact,
    reference: null,
    check: ([result]) => {
      if (result.data.length !== million) return `${result.data.length} numbers instead of ${million}`;
      const m = moments(result.data);
      // Five standard errors.
      if (Math.abs(m.mean - mean) > (5 * deviation) / 1024) return `the mean is ${m.mean} instead of ${mean}`;
      if (Math.abs(m.deviation - deviation) > (5 * deviation) / 1024) {
        return `the standard deviation is ${m.deviation} instead of ${deviation}`;
      }
      const [low, high] = f === 'normal' ? [-7, 7] : [0, 1];
      return m.low < low || m.high > high ? `numbers from ${m.low} to ${m.high}` : null;
    },
  };
}

const wide = { shape: [million], low: -1000, high: 1000 } as const;
let sorted: { of: Elements; data: Float32Array } | null = null;
function sort(x: Elements): Float32Array {
  if (sorted?.of !== x) sorted = { of: x, data: Float32Array.from(x as Float32Array).sort() };
  return sorted.data;
}

const sorting: readonly Workload[] = [
  {
    name: 'sort/sort 1M',
    kind: 'sort',
    params: {},
    inputs: [wide],
    cost: million * 20,
    target: best(1),
    tolerance: exact,
    reference: ([x]): Expected[] => [{ shape: [million], at: (i) => sort(x)[i] }],
  },
  {
    name: 'sort/topK 10 of 1M',
    kind: 'topK',
    params: { k: 10 },
    inputs: [wide],
    cost: million,
    target: best(1),
    tolerance: exact,
    // Only values are compared: among equal elements the order of positions is not specified.
    reference: ([x]): Expected[] => [{ shape: [10], at: (i) => sort(x)[million - 1 - i] }],
  },
];

/** A small eager op on [8, 8]. */
function small(
  name: string,
  kind: string,
  params: Workload['params'],
  inputs: Workload['inputs'],
  expected: (inputs: readonly Elements[]) => Expected,
): Workload {
  return {
    name: `eager/${name}`,
    kind,
    params,
    inputs,
    cost: 64,
    target: within(200),
    tolerance: close,
    reference: (data) => [expected(data)],
  };
}

const square = { shape: [8, 8] } as const;
const at = (shape: readonly number[], f: (index: number) => number): Expected => ({ shape, at: f });

const smallWorkloads: readonly Workload[] = [
  small('sum 64', 'reduce', { f: 'sum', axes: [0, 1] }, [{ ...square, low: 0 }], ([x]) =>
    at([], () => (x as Float32Array).reduce((a, b) => a + b, 0)),
  ),
  small(
    'matmul 8x8',
    'matmul',
    { transposeA: false, transposeB: false, dtype: 'float32', batch: 1, m: 8, k: 8, n: 8 },
    [square, square],
    ([x, y]) =>
      at([8, 8], (i) => {
        let sum = 0;
        for (let k = 0; k < 8; k++) sum += Number(x[(i & 56) + k]) * Number(y[8 * k + (i & 7)]);
        return sum;
      }),
  ),
  small('transpose 8x8', 'transpose', { perm: [1, 0] }, [square], ([x]) =>
    at([8, 8], (i) => Number(x[8 * (i & 7) + (i >> 3)])),
  ),
  small('reshape 64', 'reshape', { shape: [64] }, [square], ([x]) => at([64], (i) => Number(x[i]))),
  small('concat 2x32', 'concat', {}, [{ shape: [32] }, { shape: [32] }], ([x, y]) =>
    at([64], (i) => Number(i < 32 ? x[i] : y[i - 32])),
  ),
  small(
    'gather 8 of 8 rows',
    'gather',
    {},
    [square, { shape: [8], dtype: 'int32', low: 0, high: 8 }],
    ([x, index]) => at([8, 8], (i) => Number(x[8 * Number(index[i >> 3]) + (i & 7)])),
  ),
  small('softmax 8x8', 'softmax', {}, [square], ([x]) =>
    at([8, 8], (i) => {
      const row = Array.from(x as Float32Array).slice(i & 56, (i & 56) + 8);
      return Math.exp(Number(x[i])) / row.reduce((a, v) => a + Math.exp(v), 0);
    }),
  ),
];

export const otherWorkloads: readonly Workload[] = [
  gather,
  scatter,
  randomWorkload('normal'),
  randomWorkload('uniform'),
  ...sorting,
  ...smallWorkloads,
];
