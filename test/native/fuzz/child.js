'use strict';
/**
 * Fuzzes the addon's entries, in a process of its own: node child.js NOTED.json SEED ROUNDS SECONDS [FIRST]
 *
 * Each round takes a valid call or a program (record.ts notes them), damages its numbers or moves its ranges over each
 * other, and makes the call. Whatever comes, the process lives on, and an entry throws a RangeError or returns. What it
 * accepts it does as in storages of their own: a call whose ranges lie in one buffer, wherever there, gives the bytes
 * that it gives with a copy of that buffer for each range; what it refuses it leaves as it was.
 *
 * A round depends on the seed and its number alone. PROGRESS (environment) is a file that the number is written to.
 */
const fs = require('node:fs');
const path = require('node:path');
const { setImmediate } = require('node:timers/promises');
const native = require(
  process.env.GRADTAPE_BINARY || path.join(__dirname, '../../../build/Release/gradtape.node'),
);
const { slotsOf, rangesOf, instructionsOf, programOf } = require('./layout');

const [file, seedText, roundsText, secondsText, firstText = '0'] = process.argv.slice(2);
const [seed, rounds, seconds, first] = [seedText, roundsText, secondsText, firstText].map(Number);
const noted = JSON.parse(fs.readFileSync(file, 'utf8'));
const frame = new Float64Array(native.argumentBuffer);

const doubles = (text) => {
  const bytes = Buffer.from(text, 'base64');
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};
const calls = new Map();
for (const { name, numbers, buffers } of noted.calls) {
  if (!calls.has(name)) calls.set(name, []);
  calls.get(name).push({ name, numbers: doubles(numbers), buffers });
}
const names = [...calls.keys()];
const programs = noted.programs.map((p) => ({ ...p, code: doubles(p.code) }));
const instructions = programs.flatMap((p) => instructionsOf(p.code));

let state = 1;
const next = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const below = (n) => Math.floor(next() * n);
const pick = (list) => list[below(list.length)];

const hostile = [
  NaN,
  Infinity,
  -Infinity,
  -1,
  -0,
  0.5,
  127,
  2 ** 16,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 40,
  2 ** 53,
];
hostile.push(2 ** 53 - 1, -(2 ** 53), 2 ** 62, 2 ** 63, 1e308, -1e308, 5e-324);
const damaged = (v) => {
  switch (below(6)) {
    case 0:
      return v + pick([-2, -1, 1, 2, 8]);
    case 1:
      return v * pick([2, 3, 16, -1, 0.5]);
    case 2:
      return pick(hostile);
    case 3:
      return below(300);
    default:
      return below(9);
  }
};
function damage(list, from = 0) {
  for (let i = below(3); i >= 0; i--) {
    let at = from + below(list.length - from + (next() < 0.1 ? 20 : 0));
    // Most places of lists are not used.
    for (let again = 0; again < 3 && list[at] === 0; again++) at = from + below(list.length - from);
    if (at < list.length) list[at] = damaged(list[at]);
    else if (at < 96)
      list = Float64Array.from({ length: at + 1 }, (_, k) => (k < list.length ? list[k] : 0)).fill(
        damaged(0),
        at,
      );
  }
  return list;
}

const size = 1 << 15;
const large = 1 << 21;
const detached = new ArrayBuffer(64);
structuredClone(detached, { transfer: [detached] });
const odd = [undefined, null, 3, 'x', {}, [], new Float32Array(4), Symbol('s'), () => 1, 5n, detached];
odd.push(
  new SharedArrayBuffer(64),
  native.argumentBuffer,
  new ArrayBuffer(0),
  new ArrayBuffer(1),
  new ArrayBuffer(100),
);

/** Elements of a kind that most entries can do something with: indices must be small, labels too. */
function fill(buffer) {
  switch (below(6)) {
    case 0:
      return void new Uint8Array(buffer).forEach((_, i, a) => (a[i] = below(256)));
    case 1:
      return void new Int32Array(buffer).forEach((_, i, a) => (a[i] = below(4)));
    case 2:
      return void new BigInt64Array(buffer).forEach((_, i, a) => (a[i] = BigInt(below(3))));
    case 3:
      return void new Float64Array(buffer).forEach((_, i, a) => (a[i] = next() * 4 - 2));
    case 4:
      return void new Uint8Array(buffer).fill(below(2));
    default:
      return void new Float32Array(buffer).forEach((_, i, a) => (a[i] = next() * 4 - 2));
  }
}

/** Where ranges of a call begin: anywhere, near each other, or at the same byte. */
function scatter(count, bytes) {
  const grain = pick([4, 8, 8, 16, 64, 64]);
  if (next() < 0.4) {
    // One behind the other but for a few, and results where operands lie.
    const step = Math.floor(bytes / count / 64) * 64;
    const at = Array.from({ length: count }, (_, i) => i * step);
    if (next() < 0.5) for (let i = 2; i < count; i += 2) at[i] = at[i - 1];
    for (let i = below(3); i > 0; i--) at[below(count)] = pick(at) + grain * below(3);
    return at;
  }
  const at = [];
  for (let i = 0; i < count; i++) {
    const kind = next();
    if (i > 0 && kind < 0.35) at.push(pick(at));
    else if (i > 0 && kind < 0.55) at.push(Math.max(0, pick(at) + grain * (below(33) - 16)));
    else at.push(grain * below((0.7 * bytes) / grain));
    if (next() < 0.03) at[i] += 1 + below(7);
  }
  return at;
}

function write(list) {
  frame.fill(0, 0, 512);
  frame.set(list.length > 512 ? list.subarray(0, 512) : list);
}

/** What a call gives: its value, or 'refused' and the message. */
function outcome(what, f) {
  try {
    return { value: f() };
  } catch (error) {
    if (error instanceof RangeError && typeof error.code === 'string') return { refused: error.message };
    throw new Error(`${what} threw ${error}`, { cause: error });
  }
}

const tally = {};
const count = (what, how) => {
  tally[what] ??= { accepted: 0, refused: 0, overlapping: 0 };
  tally[what][how]++;
};
const overlaps = (o) => o.refused !== undefined && o.refused.startsWith('ranges of the call overlap');

const pool = new Map();
/** Buffers that are used again from round to round. */
function copies(bytes, n) {
  if (!pool.has(bytes)) pool.set(bytes, []);
  const list = pool.get(bytes);
  while (list.length < n) list.push(new ArrayBuffer(bytes));
  return list.slice(0, n);
}

/**
 * `together(buffer)` does it with all ranges in one buffer, where they begin at `places`; `apart(buffers)` with a buffer for
 * each of them.
 */
function compare(what, places, bytes, together, apart) {
  const [start, whole, ...own] = copies(bytes, places.length + 2);
  fill(start);
  const before = new Uint8Array(start);
  for (const b of [whole, ...own]) new Uint8Array(b).set(before);
  const b = outcome(what, () => apart(own));
  const a = outcome(what, () => together(whole));
  count(what, a.refused === undefined ? 'accepted' : overlaps(a) ? 'overlapping' : 'refused');
  const bytesOf = Buffer.from(whole);
  if (a.refused !== undefined) {
    if (b.refused === undefined && !overlaps(a))
      throw new Error(`${what}: only together refused: ${a.refused}`);
    if (!/memory/.test(a.refused) && !bytesOf.equals(before))
      throw new Error(`${what}: refused after it had written`);
    return;
  }
  if (b.refused !== undefined) throw new Error(`${what}: only apart refused: ${b.refused}`);
  if (a.value !== b.value) throw new Error(`${what}: ${a.value} together, ${b.value} apart`);
  const want = new Uint8Array(before);
  const changed = own.map((buffer) => !Buffer.from(buffer).equals(before));
  for (const [k, buffer] of own.entries()) {
    // The variance may be written over the mean.
    if (!changed[k] || (what === 'moments' && k === 1 && places[1] === places[2])) continue;
    const now = new Uint8Array(buffer);
    for (let i = 0; i < bytes; i++) if (now[i] !== before[i]) want[i] = now[i];
  }
  if (!bytesOf.equals(want)) throw new Error(`${what}: other results where ranges share a buffer`);
}

/** Numbers that would take minutes, or threads that nobody gets back. */
function bounded(name, list) {
  const { repeats } = slotsOf.measure;
  if (name === 'measure' && list.length > repeats && !(list[repeats] <= 16)) list[repeats] = 3;
  return list;
}

const rounds_ = {
  call() {
    const { name, numbers, buffers } = pick(calls.get(pick(names)));
    const entry = native[name];
    let list = numbers.slice();
    const big = next() < 0.01 && ['unary', 'binary'].includes(name);
    if (big) list[buffers] = 100_000 + below(40_000);
    if (next() < 0.4) list = damage(list);
    const ranges = rangesOf(name, list, buffers);
    const bytes = big ? large : size;
    const places = scatter(ranges.length, bytes);
    ranges.forEach(({ slot }, i) => {
      if (slot < list.length && list[slot] >= 0 && next() < 0.97) list[slot] = places[i];
    });
    bounded(name, list);
    const args = new Array(buffers).fill(null);
    const run = (bufferOf) => {
      ranges.forEach(({ arg }, i) => (args[arg] = bufferOf(i)));
      for (let i = 0; i < buffers; i++) args[i] ??= bufferOf(0);
      write(list);
      return entry(...args);
    };
    // Ranges of one argument are in one buffer, there is no other way.
    const shared = new Set(ranges.map(({ arg }) => arg)).size < ranges.length;
    if (shared || next() < 0.1) {
      const list = ranges.map(() =>
        next() < 0.9 ? new ArrayBuffer(pick([0, 1, 8, 100, 4096, size])) : pick(odd),
      );
      if (next() < 0.3) args.length = below(9);
      count(name, outcome(name, () => run((i) => list[i])).refused === undefined ? 'accepted' : 'refused');
      return;
    }
    compare(
      name,
      ranges.map(({ slot }) => list[slot] ?? 0),
      bytes,
      (b) => run(() => b),
      (own) => run((i) => own[i]),
    );
  },

  /** Numbers of no call at all. */
  noise() {
    const name = pick(names);
    const list = bounded(
      name,
      Float64Array.from({ length: pick([24, 96]) }, () => damaged(below(20))),
    );
    write(list);
    const args = Array.from({ length: below(9) }, () => (next() < 0.9 ? pick(copies(size, 3)) : pick(odd)));
    const { refused } = outcome(name, () => native[name](...args));
    count('noise', refused === undefined ? 'accepted' : 'refused');
  },

  /** One instruction of a program, whose ranges are storages of their own or places in one. */
  instruction() {
    let one = pick(instructions);
    if (next() < 0.3) one = { ...one, numbers: damage(one.numbers.slice()) };
    const n = one.places.length;
    if (n > 24) return;
    const at = scatter(n, size);
    const entry = `instruction ${one.entry}`;
    const run = (code, storages, table) => {
      const program = native.loadProgram(code, storages.length, one.late);
      try {
        Object.assign(frame, [program, 0, code.byteLength / 8]);
        return native.runProgram(
          Float64Array.from([...table, ...new Array(one.late).fill(0)]).buffer,
          ...storages,
        );
      } finally {
        native.freeProgram(program);
      }
    };
    const nothing = new ArrayBuffer(0);
    const zeros = at.map(() => 0);
    // Storage 0 is the program's own memory, which overlaps no other.
    const own = programOf(one, (k) => [k + 1, 0]);
    const apart = (buffers) => run(own, [nothing, ...buffers], [0, ...at]);
    const within = programOf(one, (k) => [1, at[k]]);
    if (next() < 0.5)
      compare(entry, at, size, (b) => run(own, [nothing, ...zeros.map(() => b)], [0, ...at]), apart);
    else compare(entry, at, size, (b) => run(within, [nothing, b], [0, 0]), apart);
  },

  /** A whole program, damaged, over storages that may be the same. */
  program() {
    const { code, storages, late } = pick(programs);
    const words = code.slice();
    if (next() < 0.8) damage(words);
    const loaded = outcome('program', () => native.loadProgram(words.buffer, storages, late));
    if (loaded.refused !== undefined) return count('program', 'refused');
    const table = Float64Array.from({ length: storages + late }, () =>
      next() < 0.9 ? 64 * below(20) : damaged(0),
    );
    const few = copies(1 << 16, 3);
    for (const b of few) fill(b);
    const list = Array.from({ length: storages }, () =>
      next() < 0.3 ? pick(few) : new ArrayBuffer(pick([65536, 5000])),
    );
    if (next() < 0.02) list[below(list.length)] = pick(odd);
    if (next() < 0.02) list[below(list.length)] = table.buffer;
    Object.assign(frame, [loaded.value, 0, words.length]);
    if (next() < 0.05) frame[1 + below(2)] = damaged(0);
    const start = next() < 0.3;
    const { refused } = outcome('program', () => {
      if (!start) return native.runProgram(table.buffer, ...list);
      return native.startProgram(
        (_, error) => count('started', error ? 'refused' : 'accepted'),
        table.buffer,
        ...list,
      );
    });
    count('program', refused === undefined ? 'accepted' : 'refused');
    native.freeProgram(loaded.value);
    return undefined;
  },
};

const kinds = ['call', 'call', 'call', 'call', 'noise', 'instruction', 'instruction', 'program'];
const progress = process.env.PROGRESS ? fs.openSync(process.env.PROGRESS, 'w') : -1;

async function main() {
  process.stderr.write(`seed ${seed}, from round ${first}\n`);
  const end = Date.now() + seconds * 1000;
  let round = first;
  for (; seconds > 0 ? Date.now() < end : round < first + rounds; round++) {
    state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b)) | 0;
    if (progress >= 0) fs.writeSync(progress, `${round}`.padEnd(16), 0);
    if (round % 512 === 0) native.setNumThreads(1 + below(4));
    const kind = pick(kinds);
    try {
      rounds_[kind]();
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round} (${kind}): ${error.message}`, { cause: error });
    }
    // Programs on other threads end.
    if (round % 256 === 0) await setImmediate();
  }
  process.stdout.write(`\n@@${JSON.stringify({ rounds: round - first, tally })}\n`);
}
void main();
