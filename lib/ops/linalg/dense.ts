/** Factorizations of one dense matrix, row by row in a Float64Array. The ops of `factor.ts` call them for each matrix of a batch. */

/** An m×n matrix. */
export type Matrix = Float64Array;

export function identityMatrix(n: number): Matrix {
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) a[i * n + i] = 1;
  return a;
}

export function transposed(a: Matrix, m: number, n: number): Matrix {
  const t = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) t[j * m + i] = a[i * n + j];
  return t;
}

/**
 * Cholesky factorization of the lower triangle, in place; the upper one becomes 0. The lower triangle becomes NaN if the matrix
 * is not positive definite.
 */
export function choleskyFactor(a: Matrix, n: number): void {
  let definite = true;
  for (let j = 0; j < n; j++) {
    let diagonal = a[j * n + j];
    for (let k = 0; k < j; k++) diagonal -= a[j * n + k] ** 2;
    if (!(diagonal > 0)) definite = false;
    const root = Math.sqrt(diagonal);
    a[j * n + j] = root;
    for (let i = j + 1; i < n; i++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = sum / root;
    }
    for (let k = j + 1; k < n; k++) a[j * n + k] = 0;
  }
  if (definite) return;
  for (let i = 0; i < n; i++) a.fill(NaN, i * n, i * n + i + 1);
}

/** A factorization P·A = L·U: row i of P·A is row `rows[i]` of A. */
export interface Lu {
  readonly rows: Int32Array;
  /** The sign of the permutation. */
  readonly sign: number;
  /** Whether no pivot is 0. */
  readonly regular: boolean;
}

/** LU factorization with partial pivoting, in place: U, and below its diagonal L without its unit diagonal. */
export function luFactor(a: Matrix, n: number): Lu {
  const rows = Int32Array.from({ length: n }, (_, i) => i);
  let sign = 1;
  let regular = true;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[pivot * n + k])) pivot = i;
    if (a[pivot * n + k] === 0) {
      regular = false;
      continue;
    }
    if (pivot !== k) {
      sign = -sign;
      [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
      for (let j = 0; j < n; j++) {
        const swapped = a[k * n + j];
        a[k * n + j] = a[pivot * n + j];
        a[pivot * n + j] = swapped;
      }
    }
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k] / a[k * n + k];
      a[i * n + k] = factor;
      if (factor !== 0) for (let j = k + 1; j < n; j++) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return { rows, sign, regular };
}

/** Solves A·X = B for the k columns of B by a factorization of A; returns X. */
export function luSolve(lu: Matrix, { rows }: Lu, n: number, b: Matrix, k: number): Matrix {
  const x = new Float64Array(n * k);
  for (let i = 0; i < n; i++) x.set(b.subarray(rows[i] * k, (rows[i] + 1) * k), i * k);
  solveTriangular(lu, n, x, k, true, true);
  solveTriangular(lu, n, x, k, false, false);
  return x;
}

/** Solves T·X = B in place of B, where T is the lower or upper triangle of a matrix; `unit`: its diagonal counts as 1. */
export function solveTriangular(
  t: Matrix,
  n: number,
  b: Matrix,
  k: number,
  lower: boolean,
  unit: boolean,
): void {
  for (let step = 0; step < n; step++) {
    const i = lower ? step : n - 1 - step;
    const [from, to] = lower ? [0, i] : [i + 1, n];
    for (let p = from; p < to; p++) {
      const factor = t[i * n + p];
      if (factor !== 0) for (let j = 0; j < k; j++) b[i * k + j] -= factor * b[p * k + j];
    }
    if (!unit) for (let j = 0; j < k; j++) b[i * k + j] /= t[i * n + i];
  }
}
