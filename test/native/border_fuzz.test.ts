/** The border under hostile calls: whatever the frame and the arguments hold, an entry throws or returns; nothing crashes. */
import * as path from 'node:path';
import { frame, native } from '../../lib/binding';
import * as tf from 'gradtape';
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
      // The call turns to a page, or to a place where none is.
      if (next() < 0.2) {
        const at = below(frame.length + 100);
        for (let i = 0; i < 48; i++) frame[at + i] = number();
        frame[512] = next() < 0.7 ? at : number();
      }
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

describe('programs', () => {
  /** The code that a compiled function was loaded from, and how many storages and numbers of a run it has. */
  function codes(): { code: string; storages: number; late: number }[] {
    const seen: { code: string; storages: number; late: number }[] = [];
    const load = native.loadProgram.bind(native);
    const spy = jest.spyOn(native, 'loadProgram').mockImplementation((code) => {
      seen.push({
        code: Buffer.from(code.slice(0)).toString('base64'),
        storages: frame[0],
        late: frame[1],
      });
      return load(code);
    });
    const w = new tf.Variable(tf.ones([20, 30]));
    const step = tf.function((x: tf.Tensor) => {
      const tape = new tf.GradientTape();
      const loss = tape.run(() => {
        const h = tf.nn.softmax(tf.add(tf.matmul(x, w), tf.gather(w, tf.constant([1, 2, 3], 'int32'))));
        return tf.reduceMean(tf.square(tf.where(tf.greater(h, 0.1), h, tf.exp(h))));
      });
      w.assignSub(tape.gradient(loss, w) as tf.Tensor);
      return loss;
    });
    step(tf.ones([3, 20]));
    spy.mockRestore();
    return seen;
  }

  const script = (programs: unknown, rounds: number): string => `
    const native = require(${JSON.stringify(addon)});
    const frame = new Float64Array(native.frame);
    let state = 1;
    const next = () => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return state / 2 ** 32; };
    const below = (n) => Math.floor(next() * n);
    const pick = (list) => list[below(list.length)];
    const odd = [NaN, Infinity, -1, -2, 0.5, 1, 2, 3, 7, 33, 64, 300, 4096, 2 ** 31, 2 ** 40, 2 ** 53, 2 ** 62, -1e308];
    let refused = 0, ran = 0, damaged = 0;
    for (const { code, storages, late } of ${JSON.stringify(programs)}) {
      const bytes = Buffer.from(code, 'base64');
      const valid = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      for (let round = 0; round < ${rounds}; round++) {
        const words = valid.slice();
        for (let i = below(2); i >= 0; i--) words[below(words.length)] = next() < 0.7 ? pick(odd) : below(64);
        frame[0] = storages; frame[1] = late;
        let program;
        try { program = native.loadProgram(words.buffer); } catch (e) { damaged++; continue; }
        const table = new Float64Array(storages + late);
        for (let i = 0; i < table.length; i++) table[i] = next() < 0.9 ? 0 : pick(odd);
        const buffers = Array.from({ length: storages }, () => new ArrayBuffer(next() < 0.9 ? 65536 : below(5000)));
        frame[0] = program; frame[1] = 0; frame[2] = words.length;
        try { native.runProgram(table.buffer, ...buffers); ran++; } catch (e) { refused++; }
        frame[0] = program;
        native.freeProgram();
      }
    }
    report({ refused, ran, damaged });
  `;

  test('that are damaged are refused, or stay within their storages', () => {
    const found = runChild(script(codes(), 20_000), { timeout: 240_000 }) as Record<string, number>;
    expect(found.damaged).toBeGreaterThan(1000);
    expect(found.refused).toBeGreaterThan(1000);
    expect(found.ran).toBeGreaterThan(300);
  }, 240_000);

  test('that run on another thread, and are freed meanwhile, do what they do here', () => {
    const code = `
      const native = require(${JSON.stringify(addon)});
      const frame = new Float64Array(native.frame);
      let state = 5;
      const below = (n) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0), state % n);
      (async () => {
        let same = 0, other = 0, refused = 0;
        for (const { code, storages, late } of ${JSON.stringify(codes())}) {
          const bytes = Buffer.from(code, 'base64');
          const valid = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
          for (let round = 0; round < 1500; round++) {
            const words = valid.slice();
            if (round > 0) words[below(words.length)] = below(64);
            frame[0] = storages; frame[1] = late;
            let program;
            try { program = native.loadProgram(words.buffer); } catch { continue; }
            const table = new Float64Array(storages + late);
            const make = () => Array.from({ length: storages }, (_, i) => new Float32Array(16384).fill(i % 3).buffer);
            const [here, there] = [make(), make()];
            const set = () => { frame[0] = program; frame[1] = 0; frame[2] = words.length; };
            let now;
            set();
            try { now = native.runProgram(table.buffer, ...here) ?? -1; } catch (e) { now = e.message; }
            set();
            let later = new Promise((resolve) => {
              try { native.startProgram((word, e) => resolve(e === undefined ? word : e.message), table.buffer, ...there); }
              catch (e) { resolve(e.message); }
            });
            table.fill(1e9);
            frame[0] = program;
            native.freeProgram();
            later = await later;
            const equal = later === now && here.every((b, i) => Buffer.compare(Buffer.from(b), Buffer.from(there[i])) === 0);
            if (typeof now === 'string') refused++;
            if (equal) same++; else other++;
          }
        }
        report({ same, other, refused });
      })();`;
    const found = runChild(code, { timeout: 240_000 }) as Record<string, number>;
    expect(found.other).toBe(0);
    expect(found.same).toBeGreaterThan(100);
    expect(found.refused).toBeGreaterThan(10);
  }, 240_000);

  test('that were freed, or another count of storages', () => {
    frame[0] = 1;
    frame[1] = 0;
    const program = native.loadProgram(new ArrayBuffer(0));
    const call = (...storages: ArrayBuffer[]) => {
      frame[0] = program;
      frame[1] = frame[2] = 0;
      return native.runProgram(new ArrayBuffer(8), ...storages);
    };
    expect(call(new ArrayBuffer(8))).toBeUndefined();
    expect(() => call()).toThrow('a program is damaged');
    frame[0] = program;
    native.freeProgram();
    expect(() => call(new ArrayBuffer(8))).toThrow('no such program');
  });
});
