/** Plain JavaScript as a library that takes part: the loops that an able programmer would write. */
import type { Elements, ElementType } from '../works/work';
import type { Input, Library, Maker, Output, Task } from './library';

/** The task of making one typed array. */
export function making(shape: readonly number[], run: () => Elements): Task {
  return { run, outputs: (data: Elements): Output[] => [{ shape, dtype: typeOf(data), data }] };
}

function typeOf(data: Elements): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  return data instanceof Int32Array ? 'int32' : data instanceof BigInt64Array ? 'int64' : 'bool';
}

const functions: Record<string, (x: number) => number> = {
  exp: Math.exp,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

const unary = ({ f }: { f: string }, [x]: readonly Input[]): Task | string => {
  const js = functions[f];
  if (js === undefined) return `Math has no ${f}`;
  const { data } = x;
  return making(x.shape, () => {
    const y = new Float32Array(data.length);
    for (let i = 0; i < y.length; i++) y[i] = js(data[i]);
    return y;
  });
};

const binary = ({ f }: { f: string }, [x, y]: readonly Input[]): Task => {
  const [a, b] = [x.data, y.data];
  return making(
    x.shape,
    f === 'add'
      ? () => {
          const z = new Float32Array(a.length);
          for (let i = 0; i < z.length; i++) z[i] = a[i] + b[i];
          return z;
        }
      : () => {
          const z = new Float32Array(a.length);
          for (let i = 0; i < z.length; i++) z[i] = a[i] * b[i];
          return z;
        },
  );
};

interface MatmulParams {
  transposeA: boolean;
  transposeB: boolean;
  batch: number;
  m: number;
  k: number;
  n: number;
}

/** Row by row of the right operand, whose transpose is copied first: the fastest of the plain orders. */
const matmul = ({ transposeA, transposeB, batch, m, k, n }: MatmulParams, [x, y]: readonly Input[]): Task => {
  const [a, b] = [x.data, y.data];
  const Type = a.constructor as new (n: number) => Float32Array;
  const whole = a instanceof Int32Array;
  const [a0, a1] = transposeA ? [1, m] : [k, 1];
  return making(batch > 1 ? [batch, m, n] : [m, n], () => {
    const c = new Type(batch * m * n);
    for (let p = 0; p < batch; p++) {
      const bp = transposeB ? new Type(k * n) : b.subarray(p * k * n, (p + 1) * k * n);
      if (transposeB) {
        for (let j = 0; j < n; j++) for (let q = 0; q < k; q++) bp[q * n + j] = b[(p * n + j) * k + q];
      }
      for (let i = 0; i < m; i++) {
        const row = (p * m + i) * n;
        for (let q = 0; q < k; q++) {
          const v = a[p * m * k + i * a0 + q * a1];
          if (whole) for (let j = 0; j < n; j++) c[row + j] += Math.imul(v, bp[q * n + j]);
          else for (let j = 0; j < n; j++) c[row + j] += v * bp[q * n + j];
        }
      }
    }
    return c;
  });
};

const kinds: Record<string, Maker> = { unary, binary, matmul };

export function open(): Library {
  return { version: process.versions.node, about: { v8: process.versions.v8 }, kinds };
}
