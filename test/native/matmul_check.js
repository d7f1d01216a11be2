'use strict';
/**
 * Checks the matrix product of the addon against plain loops over exact small integers, for the instruction set and
 * the number of threads that the environment names. Prints one JSON line: how many products were checked, the first
 * few that differ, and a digest of results on real numbers, which must not depend on the number of threads.
 */
const crypto = require('node:crypto');
const native = require(process.env.GRADTAPE_BINARY || '../../build/Release/gradtape.node');
const frame = new Float64Array(native.frame);

const arrays = [Float32Array, Float64Array, Int32Array, BigInt64Array];
const codeOf = (name) => native.dtypes.findIndex((dtype) => dtype.name === name);
let seed = 12345;
const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;

/** A typed array somewhere inside a larger buffer of a guard value, which must survive. */
function make(code, n, value) {
  const Type = arrays[code];
  const guard = code === 3 ? 77n : 77;
  const whole = new Type(n + 16).fill(guard);
  const at = whole.subarray(8, 8 + n);
  for (let i = 0; i < n; i++) at[i] = code === 3 ? BigInt(value(i)) : value(i);
  const intact = () =>
    whole.slice(0, 8).every((v) => v === guard) && whole.slice(8 + n).every((v) => v === guard);
  return { at, intact };
}

function matmul(code, a, b, c, m, n, k, ta, tb, accumulate, dims, as, bs) {
  frame.set([
    a.byteOffset,
    b.byteOffset,
    c.byteOffset,
    code,
    m,
    n,
    k,
    ta,
    tb,
    accumulate,
    dims.length,
    ...dims,
    ...as,
    ...bs,
  ]);
  native.matmul(a.buffer, b.buffer, c.buffer);
}

const failures = [];
let checked = 0;

/** Small integers: every sum is exact in every dtype, whatever the order. */
function check(
  code,
  m,
  n,
  k,
  ta,
  tb,
  accumulate = 0,
  dims = [],
  as = [],
  bs = [],
  aCount = m * k,
  bCount = k * n,
) {
  const small = () => Math.floor(random() * 7) - 3;
  const a = make(code, aCount, small);
  const b = make(code, bCount, small);
  const batches = dims.reduce((x, y) => x * y, 1);
  const c = make(code, batches * m * n, small);
  const want = Array.from(c.at, Number);
  for (let i = 0; i < batches; i++) {
    let ao = 0;
    let bo = 0;
    for (let d = dims.length - 1, rest = i; d >= 0; d--) {
      ao += (rest % dims[d]) * as[d];
      bo += (rest % dims[d]) * bs[d];
      rest = Math.floor(rest / dims[d]);
    }
    const x = Float64Array.from(a.at.subarray(ao, ao + m * k), Number);
    const y = Float64Array.from(b.at.subarray(bo, bo + k * n), Number);
    for (let r = 0; r < m; r++) {
      for (let j = 0; j < n; j++) {
        let sum = accumulate ? want[i * m * n + r * n + j] : 0;
        for (let l = 0; l < k; l++) sum += x[ta ? l * m + r : r * k + l] * y[tb ? j * k + l : l * n + j];
        want[i * m * n + r * n + j] = sum;
      }
    }
  }
  matmul(code, a.at, b.at, c.at, m, n, k, ta, tb, accumulate, dims, as, bs);
  checked++;
  const wrong = want.findIndex((v, i) => Number(c.at[i]) !== v);
  if ((wrong >= 0 || !c.intact()) && failures.length < 5) {
    failures.push(
      `dtype ${code} ${m}×${k}×${n} transpose ${ta}${tb} accumulate ${accumulate} batch [${dims}]: ` +
        (wrong < 0 ? 'wrote outside C' : `element ${wrong} is ${c.at[wrong]}, not ${want[wrong]}`),
    );
  }
}

const sizes = [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 47, 48, 50, 64, 65, 79, 97, 130];
const pick = () => sizes[Math.floor(random() * sizes.length)];
for (let code = 0; code < 4; code++) {
  for (let ta = 0; ta < 2; ta++) {
    for (let tb = 0; tb < 2; tb++) {
      for (let m = 1; m <= 9; m++)
        for (let n = 1; n <= 17; n += 2) check(code, m, n, 1 + ((m * n) % 40), ta, tb);
      for (const n of sizes) for (const k of [1, 31, 64]) check(code, 13, n, k, ta, tb);
      for (let i = 0; i < 60; i++) check(code, pick(), pick(), pick(), ta, tb, i % 2);
      // Vectors on either side, k in several blocks, B past the size from which it is packed, several threads.
      for (const [m, n, k] of [
        [1, 300, 400],
        [300, 1, 400],
        [7, 200, 1100],
        [200, 7, 1100],
        [66, 70, 1300],
        [130, 520, 140],
        [9, 32, 5000],
        [70, 10, 100],
      ])
        check(code, m, n, k, ta, tb, m % 2);
      // Batches: dense, either side broadcast, both in part.
      check(code, 5, 6, 7, ta, tb, 0, [3], [35], [42], 105, 126);
      check(code, 5, 6, 7, ta, tb, 0, [3], [35], [0], 105, 42);
      check(code, 5, 6, 7, ta, tb, 1, [3], [0], [42], 35, 126);
      check(code, 4, 9, 3, ta, tb, 0, [2, 1, 3], [12, 12, 0], [0, 27, 27], 24, 81);
      check(code, 40, 50, 60, ta, tb, 0, [6], [2400], [0], 14400, 3000);
      check(code, 1, 3, 40, ta, tb, 0, [200], [40], [120], 8000, 24000);
    }
  }
}
check(0, 600, 1100, 530, 0, 0);
check(0, 3, 4, 0, 0, 0);
check(0, 3, 4, 0, 0, 0, 1);
check(0, 0, 4, 5, 0, 0);
check(3, 4, 0, 5, 1, 1);
check(0, 2, 3, 4, 0, 0, 0, [0], [8], [12], 8, 12);

// Integers wrap.
{
  const c = new Int32Array(1);
  matmul(2, Int32Array.of(2 ** 30, 5), Int32Array.of(4, 7), c, 1, 1, 2, 0, 0, 0, [], [], []);
  if (c[0] !== 35) failures.push(`2³⁰·4 + 5·7 in int32 is ${c[0]}`);
  const big = new BigInt64Array(1);
  matmul(3, BigInt64Array.of(1n << 62n, 5n), BigInt64Array.of(4n, 7n), big, 1, 1, 2, 0, 0, 0, [], [], []);
  if (big[0] !== 35n) failures.push(`2⁶²·4 + 5·7 in int64 is ${big[0]}`);
}

// So do narrow ones, and unsigned ones.
for (const [name, Type] of Object.entries({
  int8: Int8Array,
  int16: Int16Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
})) {
  for (const [m, n, k] of [
    [1, 1, 1],
    [5, 17, 33],
    [40, 70, 130],
  ]) {
    const big = Type === BigUint64Array;
    const any = () => (big ? (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | 12345n : random() * 2 ** 32);
    const a = new Type(m * k).map(any);
    const b = new Type(k * n).map(any);
    const c = new Type(m * n);
    const want = new Type(m * n);
    for (let r = 0; r < m; r++) {
      for (let j = 0; j < n; j++) {
        let sum = 0n;
        for (let l = 0; l < k; l++) sum += BigInt(a[r * k + l]) * BigInt(b[l * n + j]);
        want[r * n + j] = big ? BigInt.asUintN(64, sum) : Number(BigInt.asUintN(32, sum));
      }
    }
    matmul(codeOf(name), a, b, c, m, n, k, 0, 0, 0, [], [], []);
    checked++;
    if (!c.every((v, i) => v === want[i])) failures.push(`${name} ${m}×${k}×${n}`);
  }
}

// NaN and infinity reach exactly the rows and columns they belong to, also through factors of 0.
for (const [m, n, k] of [
  [20, 30, 25],
  [3, 100, 50],
  [100, 3, 50],
]) {
  const a = new Float32Array(m * k);
  const b = new Float32Array(k * n).fill(1);
  a[2 * k + 3] = NaN;
  a[1 * k + 4] = Infinity;
  b[4 * n] = 0;
  const c = new Float32Array(m * n);
  matmul(0, a, b, c, m, n, k, 0, 0, 0, [], [], []);
  const want = (r, j) => (r === 2 ? NaN : r === 1 ? (j === 0 ? NaN : Infinity) : 0);
  if (!c.every((v, i) => Object.is(v, want(Math.floor(i / n), i % n))))
    failures.push(`NaN or inf in ${m}×${k}×${n}`);
}

const digest = crypto.createHash('sha256');
for (const [m, n, k, ta, tb] of [
  [100, 90, 80, 0, 0],
  [64, 512, 300, 0, 1],
  [300, 64, 512, 1, 0],
  [513, 257, 1111, 1, 1],
  [4, 3000, 700, 0, 1],
  [3000, 4, 700, 0, 0],
  [1, 5000, 300, 0, 0],
  [5000, 1, 300, 1, 0],
  [24, 20, 9000, 1, 0],
  [900, 10, 64, 0, 0],
]) {
  for (const Type of [Float32Array, Float64Array]) {
    const a = new Type(m * k).map(() => random() - 0.5);
    const b = new Type(k * n).map(() => random() - 0.5);
    const c = new Type(m * n);
    matmul(Type === Float32Array ? 0 : 1, a, b, c, m, n, k, ta, tb, 0, [], [], []);
    digest.update(c);
    // Rounding errors stay near k·ε.
    for (let t = 0; t < 50; t++) {
      const r = Math.floor(random() * m);
      const j = Math.floor(random() * n);
      let sum = 0;
      for (let l = 0; l < k; l++) sum += a[ta ? l * m + r : r * k + l] * b[tb ? j * k + l : l * n + j];
      const bound = (Type === Float32Array ? 2 ** -24 : 2 ** -53) * k;
      if (!(Math.abs(c[r * n + j] - sum) <= bound))
        failures.push(`${m}×${k}×${n}: ${c[r * n + j]} against ${sum}`);
    }
  }
}

// A hostile frame is refused, and nothing is written.
const bad = [];
function refused(what, change) {
  const a = new Float32Array(12).fill(1);
  const b = new Float32Array(12).fill(1);
  const c = new Float32Array(9).fill(5);
  frame.set([0, 0, 0, 0, 3, 3, 4, 0, 0, 0, 1, 1, 0, 0]);
  change(frame);
  try {
    native.matmul(a.buffer, b.buffer, c.buffer);
    bad.push(`${what}: accepted`);
  } catch (error) {
    if (!(error instanceof RangeError)) bad.push(`${what}: ${error}`);
  }
  if (!c.every((v) => v === 5)) bad.push(`${what}: wrote`);
}
refused('m too large', (f) => (f[4] = 4));
refused('k too large', (f) => (f[6] = 5));
refused('n too large', (f) => (f[5] = 4));
refused('product overflows', (f) => ((f[4] = 2 ** 40), (f[6] = 2 ** 40)));
refused('negative', (f) => (f[5] = -1));
refused('NaN', (f) => (f[5] = NaN));
refused('offset', (f) => (f[2] = 8));
refused('misaligned', (f) => (f[0] = 2));
refused('no such dtype', (f) => (f[3] = native.dtypes.length));
refused('bool', (f) => (f[3] = codeOf('bool')));
refused('flag', (f) => (f[7] = 2));
refused('rank', (f) => (f[10] = 17));
refused('batch', (f) => (f[11] = 2));
refused('batch overflows', (f) => ((f[11] = 2 ** 50), (f[4] = 2 ** 10), (f[5] = 2 ** 10)));
refused('stride', (f) => ((f[11] = 2), (f[12] = 2 ** 52)));
refused('negative stride', (f) => (f[12] = -1));
{
  // 100 + 100 is −56 as an int8, whose relu is 0: not that of the int32 that is summed up.
  const c = Int8Array.of(7);
  frame.set([0, 0, 0, codeOf('int8'), 1, 1, 2, 0, 0, 0, 0]);
  frame.set([-1, -1, native.unaryNames.indexOf('relu')], 11 + 3 * 16);
  try {
    const none = new ArrayBuffer(0);
    native.fusedMatmul(Int8Array.of(100, 100).buffer, Int8Array.of(1, 1).buffer, c.buffer, none, none);
    bad.push(`an activation of int8: accepted, ${c[0]}`);
  } catch (error) {
    if (!(error instanceof RangeError)) bad.push(`an activation of int8: ${error}`);
  }
  if (c[0] !== 7) bad.push('an activation of int8: wrote');
}

console.log(
  JSON.stringify({
    isa: native.isa(),
    threads: native.numThreads(),
    checked,
    failures,
    bad,
    digest: digest.digest('hex'),
  }),
);
