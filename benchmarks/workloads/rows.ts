/** Reductions, softmax and other row-wise ops, movement. */
import { million } from './elementwise';
import {
  close,
  product,
  type Elements,
  type Expected,
  type Target,
  type Tolerance,
  type Workload,
} from './workload';

const n = 1024;
const best = (ratio: number): Target => ({ kind: 'ratio', ratio });
const own = (workload: string, ratio: number): Target => ({ kind: 'own', workload, ratio });

/** A result that is computed once, at the first access to an element. */
function lazily(
  make: () => { shape: readonly number[]; data: ArrayLike<number> },
  shape: readonly number[],
): Expected {
  let made: ArrayLike<number> | null = null;
  return { shape, at: (i) => (made ??= make().data)[i] };
}

function sumWorkload(name: string, axes: readonly number[], target: Target): Workload {
  const shape = axes.length === 2 ? [] : [n];
  return {
    name: `reduce/${name} 1M`,
    kind: 'reduce',
    params: { f: 'sum', axes },
    // Positive numbers, so that the tolerance relative to the sum is meaningful.
    inputs: [{ shape: [n, n], low: 0, high: 1 }],
    cost: n * n,
    target,
    tolerance: { relative: 2e-5, absolute: 0 },
    reference: ([x]) => [
      lazily(() => {
        const data = new Float64Array(product(shape));
        for (let i = 0; i < x.length; i++) {
          data[axes.length === 2 ? 0 : axes[0] === 0 ? i % n : Math.floor(i / n)] += Number(x[i]);
        }
        return { shape, data };
      }, shape),
    ],
  };
}

const argmax: Workload = {
  name: 'reduce/argmax 1M',
  kind: 'argmax',
  params: {},
  inputs: [{ shape: [million] }],
  cost: million,
  target: own('reduce/sum all 1M', 1.2),
  tolerance: { relative: 0, absolute: 0 },
  reference: ([x]: readonly Elements[]) => [
    lazily(
      () => ({ shape: [], data: [(x as Float32Array).reduce((m, v, i, a) => (v > a[m] ? i : m), 0)] }),
      [],
    ),
  ],
};

/** A workload on the rows of a matrix: `f` computes a row of the result. */
function rowWorkload(
  name: string,
  kind: string,
  more: Pick<Workload, 'inputs' | 'target'> & { tolerance?: Tolerance; outputs?: number },
  f: (row: Float64Array, i: number, inputs: readonly Elements[]) => ArrayLike<number>,
): Workload {
  const width = more.outputs ?? n;
  return {
    name: `rows/${name} 1024x1024`,
    kind,
    params: {},
    inputs: more.inputs,
    cost: 4 * n * n,
    target: more.target,
    tolerance: more.tolerance ?? { relative: 2e-5, absolute: 1e-6 },
    reference: (inputs) => {
      const x = inputs[0] as Float32Array;
      let last = -1;
      let made: ArrayLike<number> = [];
      return [
        {
          shape: width === 1 ? [n] : [n, width],
          at: (index) => {
            const i = Math.floor(index / width);
            if (i !== last) made = f(Float64Array.from(x.subarray(i * n, (i + 1) * n)), i, inputs);
            last = i;
            return made[index % width];
          },
        },
      ];
    },
  };
}

const sum = (row: Float64Array): number => row.reduce((a, b) => a + b, 0);

function softmax(row: Float64Array): Float64Array {
  const most = Math.max(...row);
  const e = row.map((x) => Math.exp(x - most));
  const total = sum(e);
  return e.map((x) => x / total);
}

const logits = { shape: [n, n], low: -5, high: 5 } as const;

const rowWorkloads: readonly Workload[] = [
  rowWorkload('softmax', 'softmax', { inputs: [logits], target: best(0.5) }, softmax),
  rowWorkload(
    'layer norm',
    'layerNorm',
    { inputs: [{ shape: [n, n] }, { shape: [n], low: 0.5, high: 1.5 }, { shape: [n] }], target: best(0.3) },
    (row, _, [, gamma, beta]) => {
      const mean = sum(row) / n;
      const variance = sum(row.map((x) => (x - mean) ** 2)) / n;
      return row.map(
        (x, j) => ((x - mean) / Math.sqrt(variance + 1e-5)) * Number(gamma[j]) + Number(beta[j]),
      );
    },
  ),
  rowWorkload(
    'cross entropy',
    'crossEntropy',
    {
      inputs: [logits, { shape: [n], dtype: 'int32', low: 0, high: n }],
      target: own('rows/softmax 1024x1024', 1.2),
      outputs: 1,
    },
    (row, i, [, labels]) => [-Math.log(softmax(row)[Number(labels[i])])],
  ),
];

function transposeWorkload(
  name: string,
  shape: readonly number[],
  perm: readonly number[],
  target?: Target,
): Workload {
  const out = perm.map((d) => shape[d]);
  const strides = shape.map((_, d) => product(shape.slice(d + 1)));
  return {
    name: `move/${name}`,
    kind: 'transpose',
    params: { perm },
    inputs: [{ shape }],
    cost: product(shape),
    target,
    tolerance: { relative: 0, absolute: 0 },
    reference: ([x]) => [
      {
        shape: out,
        at: (index) => {
          let from = 0;
          for (let d = out.length - 1, rest = index; d >= 0; d--) {
            from += (rest % out[d]) * strides[perm[d]];
            rest = Math.floor(rest / out[d]);
          }
          return Number(x[from]);
        },
      },
    ],
  };
}

const image = [8, 56, 56, 64] as const;

const copyWorkload: Workload = {
  name: 'move/copy [8,56,56,64]',
  kind: 'copy',
  params: {},
  inputs: [{ shape: image }],
  cost: product(image),
  tolerance: close,
  reference: ([x]: readonly Elements[]) => [{ shape: image, at: (i) => Number(x[i]) }],
};

export const rowsWorkloads: readonly Workload[] = [
  sumWorkload('sum all', [0, 1], best(0.85)),
  sumWorkload('sum axis 0', [0], best(0.4)),
  sumWorkload('sum axis 1', [1], own('reduce/sum all 1M', 1.2)),
  argmax,
  ...rowWorkloads,
  transposeWorkload('transpose 1024x1024', [n, n], [1, 0], best(0.5)),
  copyWorkload,
  transposeWorkload('permute [8,56,56,64] to NCHW', image, [0, 3, 1, 2], own('move/copy [8,56,56,64]', 1.5)),
];
