'use strict';
/** Where the numbers of a call say which bytes it works on, and how programs are made of instructions. */

const { entries } = require('../../../native/describe');

/** Where the numbers of an entry stand, by their names. */
const slotsOf = Object.fromEntries(
  entries().map(({ name, numbers }) => [name, Object.fromEntries(numbers.map((n) => [n.name, n.slot]))]),
);

/** For each range of a call the argument that it lies in and the slot of its offset. */
function rangesOf(name, numbers, buffers) {
  if (name === 'parts') {
    const { together, count, parts } = slotsOf.parts;
    const n = Math.min(Math.max(numbers[count] ?? 0, 0), 252);
    const list = Array.from({ length: n }, (_, i) => ({
      arg: (numbers[together] ?? 0) >= 1 ? 1 : Math.min(1 + i, buffers - 1),
      slot: parts + 2 * i,
    }));
    return [{ arg: 0, slot: 0 }, ...list];
  }
  if (name === 'optimizer') {
    const { count, places } = slotsOf.optimizer;
    const first = places + Math.min(Math.max(numbers[count] ?? 0, 0), 257);
    return Array.from({ length: buffers }, (_, i) => ({ arg: i, slot: Math.trunc(first) + i || places }));
  }
  return Array.from({ length: buffers }, (_, i) => ({ arg: i, slot: i }));
}

/** The instructions of a program (native/program/run.h). */
function instructionsOf(code) {
  const list = [];
  for (let at = 0; at < code.length;) {
    const [entry, buffers, count, slot, late] = code.subarray(at, at + 5);
    const places = Array.from({ length: buffers }, (_, k) => code[at + 6 + 3 * k + 2]);
    const begin = at + 6 + 3 * buffers;
    list.push({ entry, places, slot, late, numbers: code.slice(begin, begin + count) });
    at = begin + count;
  }
  return list;
}

/** The program of one instruction; `place(k)` says the storage and the offset of its k-th buffer. */
function programOf({ entry, places, slot, late, numbers }, place) {
  const bound = places.flatMap((bytes, k) => [...place(k), bytes]);
  return Float64Array.from([entry, places.length, numbers.length, slot, late, 0, ...bound, ...numbers])
    .buffer;
}

module.exports = { slotsOf, rangesOf, instructionsOf, programOf };
