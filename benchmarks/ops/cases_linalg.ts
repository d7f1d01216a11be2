/** Contractions, norms and matrix factorizations, in sizes limited by the time of the loops. */
import * as tf from 'gradtape';
import { matmul } from '../loops/matmul';
import * as linalg from '../loops/linalg';
import { taken } from '../loops/images';
import type { Case, MakeCase } from './case';
import { floats, side } from './data';

function product(args: (a: tf.Tensor, b: tf.Tensor) => readonly unknown[]): MakeCase {
  return (n) => {
    const s = Math.min(256, side(n));
    const [a, b] = [floats([s, s]), floats([s, s])];
    const shape = { batch: 1, m: s, k: s, n: s, transposeA: false, transposeB: false };
    return { args: args(a.tensor, b.tensor), loop: () => matmul(a.array, b.array, shape) };
  };
}

/** An s×s matrix; with `dominance`, symmetric and positive definite. */
function square(n: number, dominance: boolean): { tensor: tf.Tensor; array: Float32Array; s: number } {
  const s = Math.min(64, side(n));
  const { array } = floats([s, s]);
  if (dominance) {
    for (let i = 0; i < s; i++) {
      for (let j = 0; j < i; j++) array[i * s + j] = array[j * s + i];
      array[i * s + i] = s;
    }
  }
  return { tensor: tf.reshape(tf.constant(array), [s, s]), array, s };
}

/** An op on a symmetric positive definite matrix and a column. */
function system(
  make: (a: Float32Array, s: number, b: Float32Array) => Case['loop'],
  convert: (a: tf.Tensor) => tf.Tensor = (a) => a,
): MakeCase {
  return (n) => {
    const { tensor, array, s } = square(n, true);
    const b = floats([s, 1]);
    const loop = make(array, s, b.array);
    return { args: [convert(tensor), b.tensor], ...(loop === undefined ? {} : { loop }) };
  };
}

function ofDefinite(loop: (a: Float32Array, s: number) => Float32Array | number): MakeCase {
  return (n) => {
    const { tensor, array, s } = square(n, true);
    return { args: [tensor], loop: () => loop(array, s) };
  };
}

const identity = (s: number): Float32Array =>
  Float32Array.from({ length: s * s }, (_, i) => (i % (s + 1) === 0 ? 1 : 0));

function norm(x: Float32Array): number {
  let sum = 0;
  for (const v of x) sum += v * v;
  return Math.sqrt(sum);
}

function scaled(x: Float32Array, most: number): Float32Array {
  const factor = Math.min(1, most / norm(x));
  const y = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = x[i] * factor;
  return y;
}

/** An op on a vector. */
function ofVector(
  args: (x: tf.Tensor) => readonly unknown[],
  loop: (x: Float32Array) => Float32Array | number,
): MakeCase {
  return (n) => {
    const x = floats([n]);
    return { args: args(x.tensor), loop: () => loop(x.array) };
  };
}

/** An op on an s×s matrix that moves elements: `from` is the source position, −1 for none. */
function places(
  size: (s: number) => number,
  from: (i: number, s: number) => number,
  args: readonly unknown[] = [],
): MakeCase {
  return (n) => {
    const s = side(n);
    const { tensor, array } = floats([s, s]);
    return { args: [tensor, ...args], loop: () => taken(array, size(s), (i) => from(i, s)) };
  };
}

const all = (s: number): number => s * s;
const swapped = (i: number, s: number): number => (i % s) * s + Math.floor(i / s);

export const linalgCases: Readonly<Record<string, MakeCase>> = {
  einsum: product((a, b) => ['ij,jk->ik', a, b]),
  tensordot: product((a, b) => [a, b, 1]),
  norm: ofVector((x) => [x], norm),
  globalNorm: ofVector((x) => [[x]], norm),
  clipByNorm: ofVector(
    (x) => [x, 2],
    (x) => scaled(x, 2),
  ),
  clipByGlobalNorm: ofVector(
    (x) => [[x], 2],
    (x) => scaled(x, 2),
  ),
  matrixTranspose: places(all, swapped),
  adjoint: places(all, swapped),
  bandPart: places(all, (i, s) => (i % s <= Math.floor(i / s) ? i : -1), [-1, 0]),
  diagPart: places(
    (s) => s,
    (i, s) => i * (s + 1),
  ),
  diag: (n) => {
    const s = side(n);
    const x = floats([s]);
    return {
      args: [x.tensor],
      loop: () => taken(x.array, s * s, (i) => (i % (s + 1) === 0 ? i / (s + 1) : -1)),
    };
  },
  setDiag: (n) => {
    const s = side(n);
    const [x, d] = [floats([s, s]), floats([s])];
    return {
      args: [x.tensor, d.tensor],
      loop: () => {
        const y = x.array.slice();
        for (let i = 0; i < s; i++) y[i * (s + 1)] = d.array[i];
        return y;
      },
    };
  },
  trace: (n) => {
    const s = side(n);
    const x = floats([s, s]);
    return {
      args: [x.tensor],
      loop: () => {
        let sum = 0;
        for (let i = 0; i < s; i++) sum += x.array[i * (s + 1)];
        return sum;
      },
    };
  },
  cholesky: ofDefinite(linalg.cholesky),
  inv: ofDefinite((a, s) => linalg.eliminate(a, s, identity(s), s).x),
  det: (n) => {
    const { tensor, array, s } = square(Math.min(n, 64), true);
    return { args: [tensor], loop: () => linalg.eliminate(array, s, [], 0).determinant };
  },
  slogdet: ofDefinite((a, s) => Math.sign(linalg.eliminate(a, s, [], 0).determinant)),
  logdet: ofDefinite((a, s) => {
    const l = linalg.cholesky(a, s);
    let sum = 0;
    for (let i = 0; i < s; i++) sum += 2 * Math.log(l[i * (s + 1)]);
    return sum;
  }),
  solve: system((a, s, b) => () => linalg.eliminate(a, s, b, 1).x),
  triangularSolve: system((a, s, b) => () => linalg.forwardSolve(a, s, b)),
  choleskySolve: system((a, s, b) => () => linalg.backwardSolve(a, s, linalg.forwardSolve(a, s, b))),
  qr: (n) => {
    const { tensor, array, s } = square(n, false);
    // Columns may have opposite signs.
    return { args: [tensor], loop: () => linalg.orthonormal(array, s), unequal: true };
  },
};
