'use strict';
/** Where the numbers of a call say which bytes it works on, and how programs are made of instructions. */

/** The slots of the buffers' offsets, where they are not the first ones. */
const slots = {
  moments: [0, 1, 22],
  fusedMatmul: [0, 1, 2, 59, 60],
  fusedConv: [0, 1, 2, 28, 29],
  fusedDepthwise: [0, 1, 2, 19, 20],
  measure: [3, 4, 5],
};

/** For each range of a call the argument that it lies in and the slot of its offset. */
function rangesOf(name, numbers, buffers) {
  const simple = slots[name] ?? Array.from({ length: buffers }, (_, i) => i);
  // From its beginning on.
  if (name === 'newStorage') return [{ arg: 0, slot: -1 }];
  if (name === 'parts') {
    const [how, count] = [numbers[5] ?? 0, Math.min(numbers[6] ?? 0, 252)];
    const pieces = Array.from({ length: count > 0 ? count : 0 }, (_, i) => ({
      arg: how >= 2 ? 1 : Math.min(1 + i, buffers - 1),
      slot: 7 + 2 * i,
    }));
    return [{ arg: 0, slot: 0 }, ...pieces];
  }
  if (name === 'optimizer') {
    const first = 7 + Math.min(Math.max(numbers[2] ?? 0, 0), 257);
    return Array.from({ length: buffers }, (_, i) => ({ arg: i, slot: Math.trunc(first) + i || 7 }));
  }
  return simple.map((slot, arg) => ({ arg, slot }));
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

module.exports = { rangesOf, instructionsOf, programOf };
