/** Matrix products as dot products with a transposed copy of the right operand, the fastest of the plain loop orders. */

export interface ProductShape {
  batch: number;
  m: number;
  k: number;
  n: number;
  transposeA: boolean;
  transposeB: boolean;
}

type Matrix = Float32Array | Float64Array | Int32Array;

export function matmul(a: Matrix, b: Matrix, shape: ProductShape): Matrix {
  const { batch, m, k, n, transposeA, transposeB } = shape;
  const Type = a.constructor as new (n: number) => Float32Array;
  const whole = a instanceof Int32Array;
  const [a0, a1] = transposeA ? [1, m] : [k, 1];
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
        const from = q * n;
        if (whole) for (let j = 0; j < n; j++) c[row + j] += Math.imul(v, bp[from + j]);
        else for (let j = 0; j < n; j++) c[row + j] += v * bp[from + j];
      }
    }
  }
  return c;
}
