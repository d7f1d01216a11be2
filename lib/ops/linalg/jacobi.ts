/** Eigenvalues and singular values of one dense matrix, row by row in a Float64Array, by Jacobi's rotations. */
import { identityMatrix, transposed, type Matrix } from './dense';

/** Rotations stop where an element is this small beside what it couples. */
const negligible = 1e-15;
/** Convergence is quadratic: about ten sweeps are enough for any matrix. */
const maxSweeps = 60;

/** Columns p and q of an m×n matrix become c·p − s·q and s·p + c·q. */
function rotate(a: Matrix, m: number, n: number, p: number, q: number, c: number, s: number): void {
  for (let i = 0; i < m; i++) {
    const [x, y] = [a[i * n + p], a[i * n + q]];
    a[i * n + p] = c * x - s * y;
    a[i * n + q] = s * x + c * y;
  }
}

/** The rotation that makes a symmetric 2×2 matrix with these elements diagonal. */
function rotation(app: number, apq: number, aqq: number): readonly [c: number, s: number, t: number] {
  const ratio = (aqq - app) / (2 * apq);
  const t = Math.sign(ratio || 1) / (Math.abs(ratio) + Math.sqrt(1 + ratio * ratio));
  const c = 1 / Math.sqrt(1 + t * t);
  return [c, t * c, t];
}

/** The columns of an m×n matrix in an order. */
function ordered(a: Matrix, m: number, order: readonly number[], n: number): Matrix {
  const k = order.length;
  return Float64Array.from({ length: m * k }, (_, i) => a[Math.floor(i / k) * n + order[i % k]]);
}

/** The eigenvalues, in ascending order, and eigenvectors, as columns, of the symmetric matrix with this lower triangle. */
export function symmetricEigen(a: Matrix, n: number): { values: Matrix; vectors: Matrix } {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j];
  const v = identityMatrix(n);
  const norm = Math.sqrt(a.reduce((sum, x) => sum + x * x, 0));
  for (let sweep = 0, changed = true; changed && sweep < maxSweeps; sweep++) {
    changed = false;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q];
        if (!(Math.abs(apq) > 1e-18 * norm)) continue;
        changed = true;
        const [c, s] = rotation(a[p * n + p], apq, a[q * n + q]);
        rotate(a, n, n, p, q, c, s);
        // The same of rows.
        for (let j = 0; j < n; j++) {
          const [x, y] = [a[p * n + j], a[q * n + j]];
          a[p * n + j] = c * x - s * y;
          a[q * n + j] = s * x + c * y;
        }
        rotate(v, n, n, p, q, c, s);
      }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[i * n + i] - a[j * n + j]);
  return { values: Float64Array.from(order, (i) => a[i * n + i]), vectors: ordered(v, n, order, n) };
}

export interface SingularValues {
  /** m × min(m, n). */
  readonly u: Matrix;
  /** In descending order. */
  readonly s: Matrix;
  /** n × min(m, n). */
  readonly v: Matrix;
}

/** The singular value decomposition of an m×n matrix, which it changes: A = U·diag(s)·Vᵀ. */
export function singularValues(a: Matrix, m: number, n: number): SingularValues {
  if (m < n) {
    const { u, s, v } = singularValues(transposed(a, m, n), n, m);
    return { u: v, s, v: u };
  }
  const v = identityMatrix(n);
  for (let sweep = 0, changed = true; changed && sweep < maxSweeps; sweep++) {
    changed = false;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        let [pp, pq, qq] = [0, 0, 0];
        for (let i = 0; i < m; i++) {
          const [x, y] = [a[i * n + p], a[i * n + q]];
          pp += x * x;
          pq += x * y;
          qq += y * y;
        }
        if (!(Math.abs(pq) > negligible * Math.sqrt(pp * qq))) continue;
        changed = true;
        const [c, s] = rotation(pp, pq, qq);
        rotate(a, m, n, p, q, c, s);
        rotate(v, n, n, p, q, c, s);
      }
  }
  const norms = Float64Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < m; i++) sum += a[i * n + j] ** 2;
    return Math.sqrt(sum);
  });
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => norms[j] - norms[i]);
  const s = Float64Array.from(order, (j) => norms[j]);
  const u = ordered(a, m, order, n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) if (s[j] > 0) u[i * n + j] /= s[j];
  // Columns of noise are no directions: those of the largest singular values determine the others.
  const rank = s.filter((value) => value > negligible * s[0]).length;
  return { u: rank < n ? completed(u, m, n, rank, n) : u, s, v: ordered(v, n, order, n) };
}

/** Orthonormal columns: the first `rank` ones of an m×n matrix, and others up to `columns`, by Gram and Schmidt's method. */
export function completed(u: Matrix, m: number, n: number, rank: number, columns: number): Matrix {
  const q = new Float64Array(m * columns);
  for (let i = 0; i < m; i++) for (let j = 0; j < rank; j++) q[i * columns + j] = u[i * n + j];
  for (let j = rank; j < columns; j++) {
    // The unit vector that is farthest from the columns so far.
    let [best, least] = [0, Infinity];
    for (let i = 0; i < m; i++) {
      let inside = 0;
      for (let k = 0; k < j; k++) inside += q[i * columns + k] ** 2;
      if (inside < least) [best, least] = [i, inside];
    }
    const v = new Float64Array(m);
    v[best] = 1;
    // The second time removes what rounding left the first time.
    for (let pass = 0; pass < 2; pass++) for (let k = 0; k < j; k++) removeColumn(v, q, columns, k);
    const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    for (let i = 0; i < m; i++) q[i * columns + j] = v[i] / norm;
  }
  return q;
}

/** Subtracts from v its part along column k of a matrix of orthonormal columns. */
function removeColumn(v: Float64Array, q: Matrix, columns: number, k: number): void {
  let dot = 0;
  for (let i = 0; i < v.length; i++) dot += v[i] * q[i * columns + k];
  for (let i = 0; i < v.length; i++) v[i] -= dot * q[i * columns + k];
}
