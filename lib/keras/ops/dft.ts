/** Discrete Fourier transforms of pairs of real tensors: real and imaginary parts. */
import { memoized } from '../../core/memoize';
import { shapeOf, type Tensor } from '../../core/tensor';
import { constant } from '../../ops/array/convert';
import { pad } from '../../ops/array/padding';
import { slice } from '../../ops/array/slicing';
import { reshape } from '../../ops/array/views';
import { matmul } from '../../ops/linalg/matmul';
import { swapped } from '../../ops/linalg/structure';
import { add, multiply, subtract } from '../../ops/math/binary';
import { negative } from '../../ops/math/unary';

/** A complex tensor; null: no imaginary part. */
export interface Complex {
  readonly re: Tensor;
  readonly im: Tensor | null;
}
interface Whole extends Complex {
  readonly im: Tensor;
}
/** Constants of a transform, computed in float64. */
interface Factors {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** The largest transform that is one product with a matrix, and the largest for which that is so if its size has no small factors. */
const directSize = 64;
const directPrime = 400;

/** e^(−2πi·k·number / n) for the numbers of a product table, `rows` × `columns`. */
const rootTable = memoized((rows: number, columns: number, n: number): Factors => {
  const re = new Float64Array(rows * columns);
  const im = new Float64Array(rows * columns);
  for (let j = 0; j < rows; j++)
    for (let k = 0; k < columns; k++) {
      const turn = (2 * Math.PI * ((j * k) % n)) / n;
      re[j * columns + k] = Math.cos(turn);
      im[j * columns + k] = -Math.sin(turn);
    }
  return { re, im };
});

const asTensor = (values: Float64Array, shape: readonly number[], like: Tensor): Tensor =>
  constant(values, { dtype: like.dtype, shape: [...shape] });

const factorsOf = ({ re, im }: Factors, shape: readonly number[], like: Tensor): Whole => ({
  re: asTensor(re, shape, like),
  im: asTensor(im, shape, like),
});

/** The product of complex tensors by a product of real ones. */
function times(a: Complex, b: Whole, product: (x: Tensor, y: Tensor) => Tensor): Whole {
  if (a.im === null) return { re: product(a.re, b.re), im: product(a.re, b.im) };
  return {
    re: subtract(product(a.re, b.re), product(a.im, b.im)),
    im: add(product(a.re, b.im), product(a.im, b.re)),
  };
}

const each = (x: Complex, f: (part: Tensor) => Tensor): Complex => ({
  re: f(x.re),
  im: x.im === null ? null : f(x.im),
});
const eachOf = (x: Whole, f: (part: Tensor) => Tensor): Whole => ({ re: f(x.re), im: f(x.im) });

/** The factor of n nearest to √n among those up to `directSize`; 1 if n has no such factor. */
function radixOf(n: number): number {
  for (let factor = Math.min(directSize, Math.floor(Math.sqrt(n))); factor > 1; factor--)
    if (n % factor === 0) return factor;
  return 1;
}

/** The last axis as a matrix [rows, columns]. */
const asMatrix = (x: Tensor, rows: number, columns: number): Tensor =>
  reshape(x, [...shapeOf(x).slice(0, -1), rows, columns]);

/**
 * Σⱼ x[j]·e^(−2πi·jk / n) along the last axis. Sizes are split into factors (Cooley and Tukey), of which each is a product with a matrix;
 * a large prime is a convolution of a size that can be split (Bluestein). O(n log n).
 */
export function dft(x: Complex): Whole {
  const shape = shapeOf(x.re);
  const n = shape[shape.length - 1];
  if (n <= directSize) return times(x, factorsOf(rootTable(n, n, n), [n, n], x.re), rowsBy);
  const rows = radixOf(n);
  if (rows === 1) {
    if (n <= directPrime) return times(x, factorsOf(rootTable(n, n, n), [n, n], x.re), rowsBy);
    return chirp(x, n);
  }
  const columns = n / rows;
  // Element j = j₁·columns + j₂ goes to k = k₁ + rows·k₂: first along j₁, then along j₂.
  const matrix = each(x, (part) => swapped(asMatrix(part, rows, columns)));
  const first = times(matrix, factorsOf(rootTable(rows, rows, rows), [rows, rows], x.re), rowsBy);
  const turned = times(first, factorsOf(rootTable(columns, rows, n), [columns, rows], x.re), multiply);
  const second = dft(eachOf(turned, swapped));
  return eachOf(second, (part) => reshape(swapped(part), shape));
}

/** Rows of x times a matrix: one product for all. */
function rowsBy(x: Tensor, matrix: Tensor): Tensor {
  const shape = shapeOf(x);
  if (shape.length === 2) return matmul(x, matrix);
  const [n, columns] = shapeOf(matrix);
  return reshape(matmul(reshape(x, [x.size / Math.max(n, 1), n]), matrix), [...shape.slice(0, -1), columns]);
}

/** e^(−πi·k² / n) for k < n, and the transform of its conjugate, around a circle of `size`. */
const chirpFactors = memoized((n: number, size: number): { chirp: Factors; filter: Factors } => {
  const chirp: Factors = { re: new Float64Array(n), im: new Float64Array(n) };
  const filter: Factors = { re: new Float64Array(size), im: new Float64Array(size) };
  for (let k = 0; k < n; k++) {
    // k² modulo 2n without rounding: k < 2²⁶ in a tensor that fits memory.
    const turn = (Math.PI * ((k * k) % (2 * n))) / n;
    chirp.re[k] = Math.cos(turn);
    chirp.im[k] = -Math.sin(turn);
    for (const at of k === 0 ? [0] : [k, size - k]) {
      filter.re[at] = chirp.re[k];
      filter.im[at] = -chirp.im[k];
    }
  }
  powerOfTwo(filter.re, filter.im);
  return { chirp, filter };
});

/** The transform of arrays whose length is a power of two, in place. */
function powerOfTwo(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  for (let size = 2; size <= n; size *= 2)
    for (let k = 0; k < size / 2; k++) {
      const [c, s] = [Math.cos((2 * Math.PI * k) / size), -Math.sin((2 * Math.PI * k) / size)];
      for (let i = k; i < n; i += size) {
        const j = i + size / 2;
        const [r, t] = [re[j] * c - im[j] * s, re[j] * s + im[j] * c];
        [re[j], im[j]] = [re[i] - r, im[i] - t];
        re[i] += r;
        im[i] += t;
      }
    }
}

/** The transform as a convolution with a chirp: jk = (j² + k² − (k − j)²) / 2. */
function chirp(x: Complex, n: number): Whole {
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const factors = chirpFactors(n, size);
  const turns = factorsOf(factors.chirp, [n], x.re);
  const padded = eachOf(times(x, turns, multiply), (part) => fitted(part, size));
  const product = times(dft(padded), factorsOf(factors.filter, [size], x.re), multiply);
  const back = inverseDft(product);
  return times(
    eachOf(back, (part) => fitted(part, n)),
    turns,
    multiply,
  );
}

/** The inverse: Σₖ x[k]·e^(2πi·jk / n) / n. */
export function inverseDft(x: Whole): Whole {
  const shape = shapeOf(x.re);
  const n = shape[shape.length - 1];
  // The conjugate of the transform of the conjugate.
  const { re, im } = dft({ re: x.re, im: negative(x.im) });
  return { re: multiply(re, 1 / n), im: multiply(im, -1 / n) };
}

/** The last axis, cut off or padded with zeros to a length. */
export function fitted(x: Tensor, length: number): Tensor {
  const shape = shapeOf(x);
  const own = shape[shape.length - 1];
  if (own === length) return x;
  if (own > length) {
    return slice(
      x,
      shape.map(() => 0),
      [...shape.slice(0, -1), length],
    );
  }
  return pad(
    x,
    shape.map((_, d) => [0, d === shape.length - 1 ? length - own : 0]),
  );
}
