/** Linear systems of n×n matrices, in plain loops. */

/** Gauss–Jordan elimination with partial pivoting: A⁻¹·B for the k columns of B, and the determinant of A. */
export function eliminate(
  matrix: Float32Array,
  n: number,
  rhs: ArrayLike<number>,
  k: number,
): { x: Float32Array; determinant: number } {
  const a = Float64Array.from(matrix);
  const b = Float64Array.from(rhs);
  let determinant = 1;
  const swapRows = (m: Float64Array, width: number, i: number, j: number): void => {
    for (let c = 0; c < width; c++)
      [m[i * width + c], m[j * width + c]] = [m[j * width + c], m[i * width + c]];
  };
  for (let p = 0; p < n; p++) {
    let best = p;
    for (let i = p + 1; i < n; i++) if (Math.abs(a[i * n + p]) > Math.abs(a[best * n + p])) best = i;
    if (best !== p) {
      swapRows(a, n, best, p);
      swapRows(b, k, best, p);
      determinant = -determinant;
    }
    const pivot = a[p * n + p];
    determinant *= pivot;
    for (let i = 0; i < n; i++) {
      if (i === p) continue;
      const factor = a[i * n + p] / pivot;
      for (let j = p; j < n; j++) a[i * n + j] -= factor * a[p * n + j];
      for (let j = 0; j < k; j++) b[i * k + j] -= factor * b[p * k + j];
    }
  }
  const x = new Float32Array(n * k);
  for (let i = 0; i < n; i++) for (let j = 0; j < k; j++) x[i * k + j] = b[i * k + j] / a[i * n + i];
  return { x, determinant };
}

export function cholesky(a: Float32Array, n: number): Float32Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j];
    }
  }
  return Float32Array.from(l);
}

/** The solution of L·x = b for a lower triangular L. */
export function forwardSolve(l: Float32Array, n: number, b: Float32Array): Float32Array {
  const x = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let j = 0; j < i; j++) sum -= l[i * n + j] * x[j];
    x[i] = sum / l[i * n + i];
  }
  return x;
}

/** The solution of Lᵀ·x = b for a lower triangular L. */
export function backwardSolve(l: Float32Array, n: number, b: Float32Array): Float32Array {
  const x = new Float32Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i];
    for (let j = i + 1; j < n; j++) sum -= l[j * n + i] * x[j];
    x[i] = sum / l[i * n + i];
  }
  return x;
}

/** The orthonormal factor of a QR decomposition, by Gram–Schmidt. */
export function orthonormal(a: Float32Array, n: number): Float32Array {
  const q = Float32Array.from(a);
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) {
      let dot = 0;
      for (let i = 0; i < n; i++) dot += q[i * n + k] * q[i * n + j];
      for (let i = 0; i < n; i++) q[i * n + j] -= dot * q[i * n + k];
    }
    let squares = 0;
    for (let i = 0; i < n; i++) squares += q[i * n + j] ** 2;
    const norm = Math.sqrt(squares);
    for (let i = 0; i < n; i++) q[i * n + j] /= norm;
  }
  return q;
}
