/**
 * Gamma, Poisson and binomial values by rejection from uniform and normal ones, as in TensorFlow: each value has blocks
 * of the Philox stream for itself, so that it does not depend on how many the values before it consumed.
 */
import { fourWords, twoWords, type Stream } from './philox';
import { blocksPerElement } from './random_seed';

/** Multiplies two 32-bit integers; returns the upper half of the product, and leaves the lower half to Math.imul. */
function upperHalf(a: number, b: number): number {
  const [al, ah, bl, bh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = ah * bl + ((al * bl) >>> 16);
  const low = (middle & 0xffff) + al * bh;
  return (ah * bh + Math.floor(middle / 65536) + Math.floor(low / 65536)) >>> 0;
}

/** One block of Philox4x32-10, in `out`. */
function philoxBlock(key: readonly number[], counter: readonly number[], out: Uint32Array): void {
  let [k0, k1] = [key[0] >>> 0, key[1] >>> 0];
  let [c0, c1, c2, c3] = [counter[0] >>> 0, counter[1] >>> 0, counter[2] >>> 0, counter[3] >>> 0];
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = [upperHalf(0xd2511f53, c0), Math.imul(0xd2511f53, c0) >>> 0];
    const [high1, low1] = [upperHalf(0xcd9e8d57, c2), Math.imul(0xcd9e8d57, c2) >>> 0];
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** Resolves the stream of a stateless seed pair to its actual key and counter. */
function unscrambled(stream: Stream): Stream {
  if (stream.scrambled !== true) return stream;
  const words = new Uint32Array(4);
  philoxBlock(stream.key, stream.counter, words);
  return { key: twoWords(words[0], words[1]), counter: fourWords(0, 0, words[2], words[3]) };
}

/** Draws pairs of doubles from a stream; of each pair the second one comes first, as in TensorFlow's kernels. */
export class Draws {
  readonly #stream: Stream;
  readonly #counter: number[];
  readonly #words = new Uint32Array(4);
  #uniforms = 0;
  #normals = 0;
  #uniform = 0;
  #normal = 0;

  constructor(stream: Stream) {
    this.#stream = unscrambled(stream);
    this.#counter = [...this.#stream.counter];
  }

  /** Begins with the blocks of value `index`. */
  start(index: number, blocks = blocksPerElement): void {
    let carry = index * blocks;
    for (let i = 0; i < 4; i++) {
      const sum = this.#stream.counter[i] + carry;
      this.#counter[i] = sum % 2 ** 32;
      carry = Math.floor(sum / 2 ** 32);
    }
    this.#uniforms = 0;
    this.#normals = 0;
  }

  #next(): Uint32Array {
    philoxBlock(this.#stream.key, this.#counter, this.#words);
    for (let i = 0; i < 4; i++) {
      this.#counter[i] = (this.#counter[i] + 1) % 2 ** 32;
      if (this.#counter[i] !== 0) break;
    }
    return this.#words;
  }

  /** Uniformly distributed in [0, 1). */
  uniform(): number {
    if (this.#uniforms > 0) {
      this.#uniforms = 0;
      return this.#uniform;
    }
    const words = this.#next();
    this.#uniform = toDouble(words[0], words[1]);
    this.#uniforms = 1;
    return toDouble(words[2], words[3]);
  }

  /** Normally distributed. */
  normal(): number {
    if (this.#normals > 0) {
      this.#normals = 0;
      return this.#normal;
    }
    const words = this.#next();
    const angle = 2 * Math.PI * toDouble(words[2], words[3]);
    const radius = Math.sqrt(-2 * Math.log(Math.max(toDouble(words[0], words[1]), 1e-7)));
    this.#normal = Math.sin(angle) * radius;
    this.#normals = 1;
    return Math.cos(angle) * radius;
  }
}

/** A double in [0, 1) from two words: 20 bits of the first one above the second. */
const toDouble = (high: number, low: number): number => ((high & 0xfffff) * 2 ** 32 + low) / 2 ** 52;

/** Gamma distribution with shape alpha and scale 1 (Marsaglia and Tsang): value `index` of the stream. */
export function drawGamma(draws: Draws, index: number, alpha: number): number {
  draws.start(index);
  if (alpha === 1) return -Math.log1p(-draws.uniform());
  const isSmall = alpha < 1;
  const d = alpha + (isSmall ? 2 / 3 : -1 / 3);
  const c = 1 / 3 / Math.sqrt(d);
  if (!(d > 0)) return NaN;
  for (;;) {
    const x = draws.normal();
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    const u = draws.uniform();
    const accepted =
      u < 1 - 0.0331 * (x * x) * (x * x) || Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v));
    if (!accepted) continue;
    return isSmall ? d * v * Math.pow(draws.uniform(), 1 / alpha) : d * v;
  }
}

/** log k! for an integer k ≥ 0. */
function logFactorial(k: number): number {
  if (k < 16) {
    let product = 1;
    for (let i = 2; i <= k; i++) product *= i;
    return Math.log(product);
  }
  const n = k + 1;
  const series = 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5) - 1 / (1680 * n ** 7);
  return (n - 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + series;
}

/** Poisson distribution, value `index` of the stream: Knuth's method for small rates, else transformed rejection (Hörmann). */
export function drawPoisson(draws: Draws, index: number, rate: number): number {
  if (!(rate >= 0 && rate < Infinity)) return NaN;
  draws.start(index);
  if (rate < 10) {
    const least = Math.exp(-rate);
    let product = 1;
    for (let k = 0; ; k++) {
      product *= draws.uniform();
      if (product <= least) return k;
    }
  }
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  for (;;) {
    const u = draws.uniform() - 0.5;
    const v = draws.uniform();
    const shifted = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / shifted + b) * u + rate + 0.43);
    if (shifted >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
    if (k < 0 || (shifted < 0.013 && v > shifted)) continue;
    const s = Math.log((v * inverseAlpha) / (a / (shifted * shifted) + b));
    if (s <= -rate + k * Math.log(rate) - logFactorial(k)) return k;
  }
}

/** The error of Stirling's approximation of log k!. */
function stirlingTail(k: number): number {
  return logFactorial(k) - ((k + 0.5) * Math.log(k + 1) - (k + 1) + 0.5 * Math.log(2 * Math.PI));
}

/** The number of blocks for each binomial value that is drawn by inversion. */
const inversionBlocks = 42;

/** Binomial distribution with p ≤ ½: inversion for small means, else transformed rejection (Hörmann's BTRS). */
function drawHalfBinomial(draws: Draws, index: number, n: number, p: number): number {
  if (n * p < 10) {
    draws.start(index, inversionBlocks);
    let sum = 0;
    for (let count = 0; ; count++) {
      sum += Math.ceil(Math.log(draws.uniform()) / Math.log1p(-p));
      if (sum > n) return count;
    }
  }
  draws.start(index);
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const c = n * p + 0.5;
  const box = 0.92 - 4.2 / b;
  const r = p / (1 - p);
  const alpha = (2.83 + 5.1 / b) * deviation;
  const m = Math.floor((n + 1) * p);
  for (;;) {
    const u = draws.uniform() - 0.5;
    const v = draws.uniform();
    const shifted = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / shifted + b) * u + c);
    if (shifted >= 0.07 && v <= box) return k;
    if (k < 0 || k > n) continue;
    const bound =
      (m + 0.5) * Math.log((m + 1) / (r * (n - m + 1))) +
      (n + 1) * Math.log((n - m + 1) / (n - k + 1)) +
      (k + 0.5) * Math.log((r * (n - k + 1)) / (k + 1)) +
      stirlingTail(m) +
      stirlingTail(n - m) -
      stirlingTail(k) -
      stirlingTail(n - k);
    if (Math.log((v * alpha) / (a / (shifted * shifted) + b)) <= bound) return k;
  }
}

/** Binomial distribution of n draws with probability p: value `index` of the stream. */
export function drawBinomial(draws: Draws, index: number, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0;
  if (!(n < Infinity) || Number.isNaN(p)) return NaN;
  if (p >= 1) return n;
  return p <= 0.5 ? drawHalfBinomial(draws, index, n, p) : n - drawHalfBinomial(draws, index, n, 1 - p);
}
