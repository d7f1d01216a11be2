/** The border under hostile calls: whatever the frame and the arguments hold, an entry throws or returns; nothing crashes. */
import * as path from 'node:path';
import { frame, native } from '../../lib/binding';
import { root, runChild } from '../helpers/child';

const addon = process.env.GRADTAPE_BINARY ?? path.join(root, 'build', 'Release', 'gradtape.node');

const fuzz = (seed: number, rounds: number): string => `
  const native = require(${JSON.stringify(addon)});
  const frame = new Float64Array(native.frame);
  // A small generator of random numbers with a seed, so that a failure can be run again.
  let state = ${seed};
  const next = () => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return state / 2 ** 32; };
  const below = (n) => Math.floor(next() * n);
  const detached = new ArrayBuffer(64);
  structuredClone(detached, { transfer: [detached] });
  const buffers = [0, 1, 7, 64, 100, 4096, 65536].map((n) => new ArrayBuffer(n));
  const odd = [undefined, null, 3, 'x', {}, [], new Float32Array(4), Symbol('s'), () => 1, 5n, detached, new SharedArrayBuffer(64)];
  const pick = (list) => list[below(list.length)];
  const hostile = [NaN, Infinity, -Infinity, -1, -0, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 2 ** 62, 1e308, -1e308];
  const number = () => {
    const kind = next();
    if (kind < 0.5) return below(8);
    if (kind < 0.8) return below(200);
    if (kind < 0.9) return -below(70);
    return pick(hostile);
  };
  // capture would keep all later calls from being carried out.
  const skip = new Set(['setNumThreads', 'capture']);
  const entries = Object.entries(native).filter(([name, f]) => typeof f === 'function' && !skip.has(name));
  let thrown = 0, calls = 0;
  for (let round = 0; round < ${rounds}; round++) {
    for (const [name, f] of entries) {
      const slots = next() < 0.5 ? 24 : 96;
      for (let i = 0; i < slots; i++) frame[i] = number();
      const args = Array.from({ length: below(9) }, () => (next() < 0.9 ? pick(buffers) : pick(odd)));
      calls++;
      try { f(...args); } catch (e) { thrown++; if (!(e instanceof Error)) throw new Error(name + ' threw no Error'); }
    }
  }
  report({ thrown, calls, entries: entries.length });
`;

test.each([1, 2, 3])(
  'seed %i',
  (seed) => {
    const { thrown, calls, entries } = runChild(fuzz(seed, 4000), { timeout: 240_000 }) as Record<
      string,
      number
    >;
    expect(entries).toBeGreaterThan(8);
    expect(calls).toBe(4000 * entries);
    // Most random calls must be refused: otherwise the checks check nothing.
    expect(thrown / calls).toBeGreaterThan(0.3);
  },
  240_000,
);

test('the frame survives being detached', () => {
  const result = runChild(`
    const native = require(${JSON.stringify(addon)});
    let message = 'none';
    try {
      structuredClone(native.frame, { transfer: [native.frame] });
      native.unary(new ArrayBuffer(16), new ArrayBuffer(16));
    } catch (e) { message = String(e.message); }
    report(message);
  `);
  expect(typeof result).toBe('string');
});

test('a broadcast of two operands that both stand still is refused: it would read past one of them', () => {
  frame.set([0, 0, 0, 1, 0, 0, 16, 0, 0]);
  const [a, b, y] = [4, 4, 64].map((n) => new ArrayBuffer(n));
  expect(() => native.binaryBroadcast(a, b, y)).toThrow('no operand has the innermost dimension');
});
