'use strict';
/**
 * Checks the border of reductions, positions of extremes, running sums and random numbers: results against plain
 * loops (large enough to be split among threads), and frames that must be refused. Prints one JSON line.
 */
const crypto = require('node:crypto');
const { at: from, caller } = require('./entries');
const native = require(process.env.GRADTAPE_BINARY || '../../build/Release/gradtape.node');
const call = caller(native);

let seed = 7;
const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;
const failures = [];
const bad = [];
let checked = 0;
const digest = crypto.createHash('sha256');

const types = [Float32Array, Float64Array, Int32Array, BigInt64Array, Uint8Array, Uint8Array];
const names = native.reduceNames;

/** Dimensions alternate between kept and reduced; `first`: a reduced one is the first. */
function reduce(op, dtype, dims, first, x, y) {
  const all = first === 1 ? [1, ...dims] : dims;
  call('reduce', { x, y, op: names.indexOf(op), dtype, ndim: all.length, dims: all });
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
/** The stream is not scrambled, and nothing becomes of its numbers. */
const asDrawn = { scrambler: -1, scaleOp: -1, shiftOp: -1 };

/** Random numbers: any part of a stream is the same, whoever computes it. */
function draw(name, dtype, n) {
  const y = new types[dtype](n);
  call('random', {
    ...{ y, n, distribution: native.randomNames.indexOf(name), dtype, ...asDrawn },
    ...{
      key: [1, 2],
      counter: [0xffffff00, 0xffffffff, 0xffffffff, 3],
      low: words(-5n),
      range: words(1000n),
    },
  });
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

/** Each of these must throw a RangeError and write nothing; `given` may have offsets for buffers. */
function refuse(what, entry, names, given) {
  const buffers = names.map(() => new Uint8Array(64).fill(9).buffer);
  const ranges = Object.fromEntries(names.map((name, i) => [name, from(buffers[i], given[name] ?? 0)]));
  try {
    call(entry, { ...given, ...ranges });
    bad.push(`${entry}, ${what}: accepted`);
  } catch (error) {
    if (!(error instanceof RangeError)) bad.push(`${entry}, ${what}: ${error}`);
  }
  if (buffers.some((b) => new Uint8Array(b).some((v) => v !== 9))) bad.push(`${entry}, ${what}: wrote`);
}
const most = 2 ** 53;
const all = (n) => ({ ndim: 2, dims: [1, n] });
for (const [what, given] of [
  ['an input past its end', { x: 32, ...all(16) }],
  ['an offset that is negative', { x: -4, ...all(4) }],
  ['an offset that is not aligned', { x: 2, ...all(4) }],
  ['an offset that is NaN', { x: NaN, ...all(4) }],
  ['an output past its end', { y: 64, ...all(4) }],
  ['an input too large', { ndim: 1, dims: [17] }],
  ['no such op', { op: names.length, ...all(4) }],
  ['an op of -1', { op: -1, ...all(4) }],
  ['no such dtype', { dtype: native.dtypes.length, ...all(4) }],
  ['an op without this dtype', { op: names.indexOf('any'), ...all(4) }],
  ['17 dimensions behind a kept one', { ndim: 18, dims: [1] }],
  ['17 dimensions', { ndim: 17, dims: new Array(17).fill(2) }],
  ['a negative dimension', { ndim: 3, dims: [1, -2, -2] }],
  ['an infinite dimension', all(Infinity)],
  ['dimensions whose product overflows', { ndim: 3, dims: [1, most, most] }],
  ['the same beside a dimension of 0', { ndim: 4, dims: [1, most, most, 0] }],
]) {
  refuse(what, 'reduce', ['x', 'y'], given);
}
const scanned = (outer, n, inner) => ({ outer, n, inner });
for (const [what, given] of [
  ['an empty axis', scanned(2, 0, 2)],
  ['an axis of 2³¹', { dtype: 4, ...scanned(0, 2 ** 31, 1) }],
  ['an input too small', scanned(4, 5, 1)],
  ['an output too small', { dtype: 4, ...scanned(17, 1, 1) }],
  ['an overflow', scanned(most, most, most)],
]) {
  refuse(what, 'argReduce', ['x', 'y'], given);
}
for (const [what, given] of [
  ['an input too small', scanned(4, 5, 1)],
  ['bools', { dtype: 5, ...scanned(1, 2, 1) }],
  ['no such op', { op: 2, ...scanned(1, 2, 1) }],
  ['an overflow', scanned(most, 2, 1)],
  ['a flag of 2', { reverse: 2, ...scanned(1, 2, 1) }],
]) {
  refuse(what, 'scan', ['x', 'y'], given);
}
refuse('integers', 'recurrence', ['a', 'b', 'y'], { dtype: 2, ...scanned(1, 2, 1) });
refuse('too small', 'recurrence', ['a', 'b', 'y'], { y: 4, ...scanned(1, 16, 1) });
for (const [what, given] of [
  ['more elements than there is room for', { n: 17 }],
  ['a negative number of elements', { n: -1 }],
  ['no such distribution', { distribution: 9 }],
  ['a dtype it has not', { dtype: 2 }],
  ['a key that is no word', { key: [2 ** 32, 0] }],
  ['a counter that is no word', { counter: [0, 0, -1, 0] }],
  ['a fractional NaN', { key: [NaN, 0] }],
  ['a bound that is no word', { distribution: 1, dtype: 2, low: [2 ** 32, 0] }],
  ['a range that is no word', { distribution: 1, dtype: 2, range: [0, -0.5] }],
  ['no such scrambler', { scrambler: 99 }],
  ['a scrambler without words', { scrambler: 0 }],
  ['no such op', { scaleOp: 999 }],
  ['an op on integers', { distribution: 1, dtype: 2, shiftOp: 0 }],
]) {
  refuse(what, 'random', ['y'], { n: 4, range: [1, 0], ...asDrawn, ...given });
}
// A range of nothing must not divide by zero.
for (const dtype of [2, 3]) {
  for (const range of [0n, 1n << 32n]) {
    const distribution = native.randomNames.indexOf('uniformInt');
    call('random', { y: new ArrayBuffer(64), n: 4, distribution, dtype, range: words(range), ...asDrawn });
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
