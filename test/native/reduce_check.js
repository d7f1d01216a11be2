'use strict';
/**
 * Checks the border of reductions, positions of extremes, running sums and random numbers: results against plain
 * loops (large enough to be split among threads), and frames that must be refused. Prints one JSON line.
 */
const crypto = require('node:crypto');
const native = require(process.env.GRADTAPE_BINARY || '../../build/Release/gradtape.node');
const frame = new Float64Array(native.frame);

let seed = 7;
const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;
const failures = [];
const bad = [];
let checked = 0;
const digest = crypto.createHash('sha256');

const types = [Float32Array, Float64Array, Int32Array, BigInt64Array, Uint8Array, Uint8Array];
const names = native.reduceNames;

/** Dimensions alternate between kept and reduced. */
function reduce(op, dtype, dims, first, x, y) {
  frame.set([x.byteOffset, y.byteOffset, names.indexOf(op), dtype, dims.length, first, ...dims]);
  native.reduce(x.buffer, y.buffer);
}

const plain = {
  sum: [0, (a, b) => a + b],
  mean: [0, (a, b) => a + b],
  sumSquare: [0, (a, b) => a + b * b],
  max: [-Infinity, Math.max],
  min: [Infinity, Math.min],
  sumLong: [0, (a, b) => a + b],
};

function check(op, dtype, dims, first) {
  const n = dims.reduce((a, b) => a * b, 1);
  const reduced = (d) => (d % 2 === 0) === (first === 1);
  const kept = dims.reduce((a, b, d) => (reduced(d) ? a : a * b), 1);
  const x = new types[dtype](n);
  for (let i = 0; i < n; i++) {
    const v = dtype < 2 ? random() - 0.25 : Math.floor(random() * 100);
    x[i] = dtype === 3 ? BigInt(v) : v;
  }
  const y = new (op === 'sumLong' ? BigInt64Array : types[dtype])(kept);
  reduce(op, dtype, dims, first, x, y);
  digest.update(y);
  const [start, join] = plain[op];
  const want = new Float64Array(kept).fill(start);
  const index = new Array(dims.length).fill(0);
  for (let i = 0; i < n; i++) {
    let at = 0;
    for (let d = 0; d < dims.length; d++) if (!reduced(d)) at = at * dims[d] + index[d];
    want[at] = join(want[at], Number(x[i]));
    for (let d = dims.length - 1; d >= 0 && ++index[d] === dims[d]; d--) index[d] = 0;
  }
  for (let i = 0; i < kept; i++) {
    checked++;
    let w = want[i];
    if (op === 'mean') w /= n / kept;
    if (dtype === 4 && op !== 'sumLong') w = op === 'max' || op === 'min' ? w : w % 256;
    const tolerance = dtype === 0 ? 2e-6 * Math.abs(w) + 1e-6 : dtype === 1 ? 1e-12 * (1 + Math.abs(w)) : 0;
    if (!(Math.abs(Number(y[i]) - w) <= tolerance) && failures.length < 8) {
      failures.push(`${op} ${dtype} [${dims}] ${first}: ${y[i]}, not ${w}`);
    }
  }
}

const layouts = [
  [[300_000], 1],
  [[500, 600], 0],
  [[500, 600], 1],
  [[40_000, 7], 1],
  [[7, 40_000], 0],
  [[3, 20_000, 5], 0],
  [[9, 40, 800], 0],
  [[20, 30, 10, 50], 1],
  [[20, 30, 10, 50], 0],
  [[2, 3, 4, 5, 6, 7, 8], 0],
];
for (const [dims, first] of layouts) {
  for (const op of ['sum', 'mean', 'sumSquare', 'max', 'min']) {
    for (const dtype of op === 'mean' ? [0, 1] : op === 'max' ? [0, 1, 2, 3, 4] : [0, 1])
      check(op, dtype, dims, first);
  }
  check('sum', 4, dims, first);
  check('sumLong', 2, dims, first);
  check('sumLong', 4, dims, first);
}

const words = (value) => [
  Number(BigInt.asUintN(32, value)),
  Number(BigInt.asUintN(32, BigInt.asUintN(64, value) >> 32n)),
];
/** Of the entry of random numbers: the stream is not scrambled, and nothing becomes of its numbers. */
const asDrawn = [-1, -1, 0, -1, 0];

/** Random numbers: any part of a stream is the same, whoever computes it. */
function draw(name, dtype, n) {
  const y = new types[dtype](n);
  frame.set([
    y.byteOffset,
    n,
    native.randomNames.indexOf(name),
    dtype,
    1,
    2,
    0xffffff00,
    0xffffffff,
    0xffffffff,
    3,
    ...words(-5n),
    ...words(1000n),
    ...asDrawn,
  ]);
  native.random(y.buffer);
  return y;
}
for (const [name, kinds] of [
  ['uniform', [0, 1]],
  ['normal', [0, 1]],
  ['truncatedNormal', [0, 1]],
  ['uniformInt', [2, 3]],
  ['uniformFullInt', [2, 3]],
]) {
  for (const dtype of kinds) {
    const all = draw(name, dtype, 50_001);
    for (const n of [1, 2, 3, 5, 63, 64, 65, 4097, 50_000]) {
      checked++;
      const part = draw(name, dtype, n);
      if (Buffer.compare(Buffer.from(part.buffer), Buffer.from(all.buffer, 0, part.byteLength)) !== 0) {
        failures.push(`${name} ${dtype}: the first ${n} differ`);
      }
    }
    // glibc's functions stand behind normals: their last bits are not for the digest of other systems.
    digest.update(all);
  }
}

/** Each of these must throw a RangeError and write nothing. */
function refuse(what, entry, sizes, slots, set) {
  const buffers = sizes.map((n) => new Uint8Array(n).fill(9).buffer);
  frame.fill(0);
  frame.set(slots);
  if (set) set();
  try {
    native[entry](...buffers);
    bad.push(`${what}: accepted`);
  } catch (error) {
    if (!(error instanceof RangeError)) bad.push(`${what}: ${error}`);
  }
  if (buffers.some((b) => new Uint8Array(b).some((v) => v !== 9))) bad.push(`${what}: wrote`);
}
const { NaN: nan, Infinity: inf } = globalThis;
const most = 2 ** 53;
for (const [what, slots] of [
  ['an input past its end', [32, 0, 0, 0, 1, 1, 16]],
  ['an offset that is negative', [-4, 0, 0, 0, 1, 1, 4]],
  ['an offset that is not aligned', [2, 0, 0, 0, 1, 1, 4]],
  ['an offset that is NaN', [nan, 0, 0, 0, 1, 1, 4]],
  ['an output past its end', [0, 64, 0, 0, 1, 1, 4]],
  ['an output too small', [0, 0, 0, 0, 1, 0, 17]],
  ['no such op', [0, 0, names.length, 0, 1, 1, 4]],
  ['an op of -1', [0, 0, -1, 0, 1, 1, 4]],
  ['no such dtype', [0, 0, 0, native.dtypes.length, 1, 1, 4]],
  ['an op without this dtype', [0, 0, names.indexOf('any'), 0, 1, 1, 4]],
  ['17 dimensions', [0, 0, 0, 0, 17, 1]],
  ['a negative dimension', [0, 0, 0, 0, 2, 1, -2, -2]],
  ['an infinite dimension', [0, 0, 0, 0, 1, 1, inf]],
  ['dimensions whose product overflows', [0, 0, 0, 0, 2, 1, most, most]],
  ['the same beside a dimension of 0', [0, 0, 0, 0, 3, 1, most, most, 0]],
]) {
  refuse(`reduce, ${what}`, 'reduce', [64, 64], slots);
}
for (const [what, slots] of [
  ['an empty axis', [0, 0, 0, 0, 2, 0, 2]],
  ['an axis of 2³¹', [0, 0, 0, 4, 0, 2 ** 31, 1]],
  ['an input too small', [0, 0, 0, 0, 4, 5, 1]],
  ['an output too small', [0, 0, 0, 4, 17, 1, 1]],
  ['an overflow', [0, 0, 0, 0, most, most, most]],
]) {
  refuse(`argReduce, ${what}`, 'argReduce', [64, 64], slots);
}
for (const [what, slots] of [
  ['an input too small', [0, 0, 0, 0, 4, 5, 1]],
  ['bools', [0, 0, 0, 5, 1, 2, 1]],
  ['no such op', [0, 0, 2, 0, 1, 2, 1]],
  ['an overflow', [0, 0, 0, 0, most, 2, 1]],
]) {
  refuse(`scan, ${what}`, 'scan', [64, 64], slots);
}
refuse('recurrence, integers', 'recurrence', [64, 64, 64], [0, 0, 0, 2, 1, 2, 1]);
refuse('recurrence, too small', 'recurrence', [64, 64, 64], [0, 0, 4, 0, 1, 16, 1]);
for (const [what, slots] of [
  ['more elements than there is room for', [0, 17, 0, 0]],
  ['a negative number of elements', [0, -1, 0, 0]],
  ['no such distribution', [0, 4, 9, 0]],
  ['a dtype it has not', [0, 4, 0, 2]],
  ['a key that is no word', [0, 4, 0, 0, 2 ** 32]],
  ['a counter that is no word', [0, 4, 0, 0, 0, 0, -1]],
  ['a fractional NaN', [0, 4, 0, 0, nan]],
  ['a bound that is no word', [0, 4, 1, 2, 0, 0, 0, 0, 0, 0, 2 ** 32]],
  ['a range that is no word', [0, 4, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, -0.5]],
  ['no such scrambler', [0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 99, -1, 0, -1]],
  ['a scrambler without words', [0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, -1]],
  ['no such op', [0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, -1, 999, 0, -1]],
  ['an op on integers', [0, 4, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, -1, -1, 0, 0]],
]) {
  refuse(`random, ${what}`, 'random', [64], slots);
}
// A range of nothing must not divide by zero.
for (const dtype of [2, 3]) {
  for (const range of [0n, 1n << 32n]) {
    const kernel = native.randomNames.indexOf('uniformInt');
    frame.set([0, 4, kernel, dtype, 0, 0, 0, 0, 0, 0, 0, 0, ...words(range), ...asDrawn]);
    native.random(new ArrayBuffer(64));
  }
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
