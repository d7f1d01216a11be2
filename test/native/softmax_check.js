'use strict';
/**
 * Checks softmax, cross entropy and the optimizer rules of the addon against plain loops in double precision, for the
 * instruction set and the number of threads that the environment names. Prints one JSON line.
 */
const crypto = require('node:crypto');
const { at: from, caller } = require('./entries');
const native = require(process.env.GRADTAPE_BINARY || '../../build/Release/gradtape.node');
const call = caller(native);
const types = [Float32Array, Float64Array];
const epsilon = [2 ** -23, 2 ** -52];

let seed = 99;
const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;
const failures = [];
const bad = [];
let checked = 0;
const digest = crypto.createHash('sha256');

function compare(what, got, want, tolerance) {
  checked++;
  const wrong = want.findIndex(
    (v, i) => !(Object.is(got[i], v) || Math.abs(got[i] - v) <= tolerance * (1 + Math.abs(v))),
  );
  if (wrong >= 0 && failures.length < 8)
    failures.push(`${what}: element ${wrong} is ${got[wrong]}, not ${want[wrong]}`);
  digest.update(got);
}

function softmaxRow(x) {
  const most = Math.max(...x);
  const e = x.map((v) => Math.exp(v - most));
  const total = e.reduce((a, b) => a + b, 0);
  return { y: e.map((v) => v / total), log: x.map((v) => v - most - Math.log(total)) };
}
const rowsOf = (a, cols) =>
  Array.from({ length: a.length / cols }, (_, r) =>
    Array.from(a.subarray(r * cols, r * cols + cols), Number),
  );

for (const code of [0, 1]) {
  const Type = types[code];
  const fill = (n, scale) => new Type(n).map(() => (random() - 0.5) * scale);
  for (const [rows, cols] of [
    [1, 1],
    [3, 2],
    [5, 7],
    [4, 16],
    [3, 17],
    [2, 33],
    [1, 1000],
    [700, 10],
    [40, 1030],
    [3000, 31],
  ]) {
    const tolerance = 16 * epsilon[code];
    const x = fill(rows * cols, 20);
    const dy = fill(rows * cols, 2);
    const y = new Type(rows * cols);
    const want = rowsOf(x, cols).map(softmaxRow);
    for (const kind of [0, 1]) {
      call('softmax', { x, y, rows, cols, dtype: code, logarithm: kind, step: 1 });
      compare(
        `softmax ${kind} ${code} ${rows}×${cols}`,
        y,
        want.flatMap((r) => (kind === 0 ? r.y : r.log)),
        tolerance * (kind === 0 ? 1 : 4),
      );
      const dx = new Type(rows * cols);
      call('softmaxGradient', { dy, y, dx, rows, cols, dtype: code, logarithm: kind });
      const dys = rowsOf(dy, cols);
      const wantDx = rowsOf(y, cols).flatMap((row, r) => {
        const sum = row.reduce((s, v, i) => s + dys[r][i] * (kind === 0 ? v : 1), 0);
        return row.map((v, i) => (kind === 0 ? (dys[r][i] - sum) * v : dys[r][i] - Math.exp(v) * sum));
      });
      compare(`softmaxGradient ${kind} ${code} ${rows}×${cols}`, dx, wantDx, tolerance * 8);
    }
    const loss = new Type(rows);
    const back = new Type(rows * cols);
    const labels = fill(rows * cols, 2);
    const entropy = (given, labelsDtype) =>
      call('crossEntropy', {
        logits: x,
        labels: given,
        loss,
        backprop: back,
        rows,
        cols,
        dtype: code,
        labelsDtype,
      });
    if (entropy(labels, code) !== -1) bad.push('crossEntropy found a bad label');
    const given = rowsOf(labels, cols);
    compare(
      `crossEntropy loss ${code} ${rows}×${cols}`,
      loss,
      want.map(({ log }, r) => -log.reduce((s, v, i) => s + v * given[r][i], 0)),
      tolerance * cols * 8,
    );
    compare(
      `crossEntropy backprop ${code} ${rows}×${cols}`,
      back,
      want.flatMap(({ y: p }, r) => p.map((v, i) => v - given[r][i])),
      tolerance,
    );
    for (const Label of [Int32Array, BigInt64Array]) {
      const classes = Array.from({ length: rows }, () => Math.floor(random() * cols));
      const numbers = Label === Int32Array ? Label.from(classes) : Label.from(classes, BigInt);
      if (entropy(numbers, Label === Int32Array ? 2 : 3) !== -1) bad.push('a good label was refused');
      compare(
        `sparse loss ${code} ${rows}×${cols}`,
        loss,
        want.map(({ log }, r) => -log[classes[r]]),
        tolerance * 4,
      );
      compare(
        `sparse backprop ${code} ${rows}×${cols}`,
        back,
        want.flatMap(({ y: p }, r) => p.map((v, i) => v - (i === classes[r] ? 1 : 0))),
        tolerance,
      );
      const at = rows >> 1;
      for (const wrong of [cols, -1]) {
        numbers[at] = Label === Int32Array ? wrong : BigInt(wrong);
        back.fill(5);
        if (entropy(numbers, Label === Int32Array ? 2 : 3) !== at)
          bad.push(`label ${wrong} was not found at ${at}`);
        if (!back.every((v) => v === 5)) bad.push('a refused call wrote');
      }
    }
  }

  // Rows that are not finite.
  const special = Type.of(
    -Infinity,
    -Infinity,
    -Infinity,
    1,
    -Infinity,
    1,
    1,
    Infinity,
    0,
    NaN,
    0,
    0,
    1e30,
    -1e30,
    0,
    -2e4,
    -2e4,
    -2e4,
  );
  const result = new Type(18);
  call('softmax', { x: special, y: result, rows: 6, cols: 3, dtype: code, step: 1 });
  const third = new Type(1).fill(1 / 3)[0];
  compare(
    `special rows ${code}`,
    result,
    [NaN, NaN, NaN, 0.5, 0, 0.5, NaN, NaN, NaN, NaN, NaN, NaN, 1, 0, 0, third, third, third],
    epsilon[code],
  );

  // The optimizer rules, in place and into other memory.
  const states = { sgd: 1, momentum: 2, nesterov: 2, adam: 3, amsgrad: 4 };
  for (const [rule, count] of Object.entries(states)) {
    for (const n of [1, 5, 64, 1003, 40000]) {
      const g = fill(n, 2);
      const before = Array.from({ length: count }, (_, i) =>
        fill(n, 2).map((v) => (i >= 2 ? Math.abs(v) : v)),
      );
      const numbers = count <= 2 ? [0.1, 0.9] : [0.05, 0.1, 0.01, 1e-3];
      const want = Array.from({ length: count }, () => new Float64Array(n));
      for (let i = 0; i < n; i++) {
        const s = before.map((b) => b[i]);
        if (rule === 'sgd') s[0] -= 0.1 * g[i];
        else if (count === 2) {
          s[1] = 0.9 * s[1] - 0.1 * g[i];
          s[0] += rule === 'momentum' ? s[1] : 0.9 * s[1] - 0.1 * g[i];
        } else {
          s[1] += (g[i] - s[1]) * 0.1;
          s[2] += (g[i] * g[i] - s[2]) * 0.01;
          if (count === 4) s[3] = Math.max(s[3], s[2]);
          s[0] -= (s[1] * 0.05) / (Math.sqrt(count === 4 ? s[3] : s[2]) + 1e-3);
        }
        s.forEach((v, k) => (want[k][i] = v));
      }
      for (const inPlace of [false, true]) {
        // Two variables with the same numbers in one call.
        const ins = [0, 1].map(() => before.map((b) => b.slice()));
        const outs = ins.map((all) => (inPlace ? all : before.map(() => new Type(n))));
        const offsets = new Array(2 * (1 + 2 * count)).fill(0);
        const four = [...numbers, 0, 0].slice(0, 4);
        call('optimizer', {
          ...{ rule: native.optimizerNames.indexOf(rule), dtype: code, count: 2, numbers: four },
          places: [n, n, ...offsets],
          buffers: ins.flatMap((all, v) => [
            g.buffer,
            ...all.flatMap((a, k) => [a.buffer, outs[v][k].buffer]),
          ]),
        });
        for (const all of outs) {
          all.forEach((o, k) =>
            compare(`${rule} ${code} n=${n} state ${k}`, o, Array.from(want[k]), 8 * epsilon[code]),
          );
        }
        if (!inPlace && !ins[0].every((a, k) => a.every((v, i) => v === before[k][i])))
          bad.push(`${rule} changed its inputs`);
      }
    }
  }
}

function refused(what, f) {
  try {
    f();
    bad.push(`${what}: accepted`);
  } catch (error) {
    if (!(error instanceof RangeError)) bad.push(`${what}: ${error}`);
  }
}
const small = () => new ArrayBuffer(48);
const softmax = { rows: 3, cols: 4, dtype: 0, step: 1 };
for (const [what, change] of Object.entries({
  'too large': { rows: 4 },
  overflow: { rows: 2 ** 40, cols: 2 ** 40 },
  'of integers': { dtype: 2 },
  flag: { logarithm: 2 },
  'of rows 0 apart': { step: 0 },
  'of rows that do not divide': { step: 2 },
})) {
  refused(`softmax ${what}`, () => call('softmax', { x: small(), y: small(), ...softmax, ...change }));
}
const entropy = { rows: 3, cols: 4, dtype: 0, labelsDtype: 0 };
const entropyOf = (change) => () =>
  call('crossEntropy', {
    ...{ logits: small(), labels: small(), loss: small(), backprop: small() },
    ...entropy,
    ...change,
  });
{
  const large = new ArrayBuffer(4 * 64 * 64);
  const many = { rows: 64, cols: 64 };
  refused('softmax of many rows', () =>
    call('softmax', { x: large, y: large.slice(0), ...softmax, ...many, step: 2 }),
  );
  refused('loss alone short', entropyOf({ logits: large, labels: large, backprop: null, ...many }));
}
refused('gradient short', () =>
  call('softmaxGradient', { dy: small(), y: small(), dx: from(small(), 4), rows: 3, cols: 4 }),
);
refused('no classes', entropyOf({ cols: 0, labelsDtype: 2 }));
refused('label dtype', entropyOf({ labelsDtype: 1 }));
refused('loss short', entropyOf({ loss: from(small(), 40) }));
const optimize = (rule, sizes, ...offsets) => {
  const buffers = [small(), small(), small()];
  call('optimizer', { rule, count: sizes.length, places: [...sizes, ...offsets], buffers });
};
const [sgd, adam] = ['sgd', 'adam'].map((rule) => native.optimizerNames.indexOf(rule));
refused('missing state', () => optimize(adam, [12], 0, 0, 0, 0, 0, 0, 0));
refused('optimizer too long', () => optimize(sgd, [13], 0, 0, 0));
refused('optimizer beyond its buffer', () => optimize(sgd, [12], 0, 0, 4));
refused('no such rule', () => optimize(5, [12], 0, 0, 0));
refused('negative', () => optimize(sgd, [-1], 0, 0, 0));
refused('more variables than buffers', () => optimize(sgd, [12, 12], 0, 0, 0, 0, 0, 0));
refused('too many variables', () => optimize(sgd, new Array(400).fill(0)));

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
