'use strict';
/** Calls entries of an addon by the names of their arguments, as their declarations in native/addon have them. */
const { camel, entries } = require('../../native/describe');

const declared = new Map(entries().map((entry) => [entry.name, entry]));
const none = new ArrayBuffer(0);

/** A range of an ArrayBuffer that begins at a byte offset, whatever that is. */
const at = (buffer, byteOffset) => ({ buffer, byteOffset });

/**
 * `call(name, arguments)` of an addon. Buffers are typed arrays, ArrayBuffers, what `at` returns, or null where they are left
 * out; lists are arrays; numbers that are not given are 0. A variadic entry's further buffers are `buffers`.
 */
function caller(native) {
  const frame = new Float64Array(native.argumentBuffer);
  return (name, given) => {
    const { buffers, numbers } = declared.get(name);
    const left = new Set(Object.keys(given));
    const storages = buffers.map((b, i) => {
      const key = camel(b.name);
      left.delete(key);
      const value = given[key];
      frame[i] = value === null || value === undefined ? -1 : (value.byteOffset ?? 0);
      return value?.buffer ?? value ?? none;
    });
    for (const { name: own, slot, size } of numbers) {
      const key = camel(own);
      left.delete(key);
      frame.fill(0, slot, slot + size);
      if (Array.isArray(given[key])) frame.set(given[key], slot);
      else frame[slot] = Number(given[key] ?? 0);
    }
    if (left.delete('buffers')) storages.push(...given.buffers);
    if (left.size > 0) throw new Error(`${name} has no ${[...left].join(', ')}`);
    return native[name](...storages);
  };
}

module.exports = { at, caller };
