/** Matrix products. */
import { product, sumOf, type Elements, type Expected, type Target, type Workload } from './workload';

interface Product {
  batch?: number;
  m: number;
  k: number;
  n: number;
  /** Which operands are stored transposed: NN, NT, TN, TT. */
  form?: 'NN' | 'NT' | 'TN' | 'TT';
  dtype?: 'float32' | 'float64' | 'int32';
}

function reference({ batch = 1, m, k, n, form = 'NN' }: Product) {
  const [a0, a1] = form[0] === 'T' ? [1, m] : [k, 1];
  const [b0, b1] = form[1] === 'T' ? [1, k] : [n, 1];
  return ([a, b]: readonly Elements[]): Expected[] => [
    {
      shape: batch > 1 ? [batch, m, n] : [m, n],
      at: (index) => {
        const p = Math.floor(index / (m * n));
        const i = Math.floor(index / n) % m;
        const j = index % n;
        let sum = 0;
        for (let q = 0; q < k; q++) {
          sum += Number(a[p * m * k + i * a0 + q * a1]) * Number(b[p * k * n + q * b0 + j * b1]);
        }
        return sum;
      },
    },
  ];
}

function matmulWorkload(name: string, p: Product, target?: Target): Workload {
  const { batch = 1, m, k, n, form = 'NN', dtype = 'float32' } = p;
  const lead = batch > 1 ? [batch] : [];
  const whole = dtype === 'int32';
  const domain = whole ? { low: -100, high: 100 } : {};
  return {
    name: `matmul/${name}`,
    kind: 'matmul',
    params: { transposeA: form[0] === 'T', transposeB: form[1] === 'T', dtype, batch, m, k, n },
    inputs: [
      { shape: [...lead, ...(form[0] === 'T' ? [k, m] : [m, k])], dtype, ...domain },
      { shape: [...lead, ...(form[1] === 'T' ? [n, k] : [k, n])], dtype, ...domain },
    ],
    cost: 2 * product([batch, m, k, n]),
    target,
    tolerance: whole ? { relative: 0, absolute: 0 } : sumOf(k, dtype === 'float64' ? 2 ** -53 : 2 ** -24),
    reference: reference(p),
  };
}

const best = (ratio: number): Target => ({ kind: 'ratio', ratio });
const square = (n: number, ratio: number): Workload =>
  matmulWorkload(String(n), { m: n, k: n, n }, best(ratio));

const thin: readonly Product[] = [
  { m: 1, k: 784, n: 128 },
  { m: 64, k: 784, n: 128 },
  { m: 784, k: 64, n: 128 },
  { m: 4096, k: 64, n: 64 },
  { batch: 64, m: 64, k: 64, n: 64 },
];

function thinWorkloads(): Workload[] {
  return thin.flatMap((p) =>
    (['NN', 'NT', 'TN', 'TT'] as const).map((form) => {
      const lead = p.batch === undefined ? '' : `${p.batch}x `;
      return matmulWorkload(`thin ${lead}${p.m}x${p.k}·${p.k}x${p.n} ${form}`, { ...p, form }, best(0.9));
    }),
  );
}

export const matmulWorkloads: readonly Workload[] = [
  square(32, 0.4),
  square(128, 0.65),
  square(512, 0.92),
  square(1024, 0.95),
  square(2048, 0.98),
  ...thinWorkloads(),
  matmulWorkload('float64 1024', { m: 1024, k: 1024, n: 1024, dtype: 'float64' }, best(1)),
  matmulWorkload(
    'int32 512',
    { m: 512, k: 512, n: 512, dtype: 'int32' },
    {
      kind: 'ratio',
      ratio: 1 / 20,
      to: ['plain JS'],
    },
  ),
];
