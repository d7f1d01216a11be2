/** Memory in synchronous loops that dispose nothing: garbage collection alone must keep up. */
import { runChild } from '../helpers/child';

const MB = 1024 * 1024;

test('taped training steps in one synchronous loop do not grow the process', () => {
  const { first, last } = runChild(`
    tf.random.setSeed(1);
    const x = tf.random.normal([1000]);
    const y = x.mul(3).add(2);
    const W = new tf.Variable(5), b = new tf.Variable(0);
    const step = () => {
      const tape = new tf.GradientTape();
      const loss = tape.run(() => tf.reduceMean(tf.square(tf.subtract(tf.add(tf.multiply(W, x), b), y))));
      const [dW, db] = tape.gradient(loss, [W, b]);
      W.assignSub(dW.mul(0.01));
      b.assignSub(db.mul(0.01));
    };
    for (let i = 0; i < 30000; i++) step();
    const first = process.memoryUsage.rss();
    let last = first;
    for (let i = 0; i < 100000; i++) { step(); if (i % 1000 === 0) last = Math.max(last, process.memoryUsage.rss()); }
    report({ first, last });
  `) as { first: number; last: number };
  expect((last - first) / MB).toBeLessThan(20);
});

test('10 MB tensors made and dropped in a synchronous loop stay below 300 MB', () => {
  const peak = runChild(`
    const x = tf.ones([2500000]);
    let peak = 0;
    for (let i = 0; i < 500; i++) { tf.add(x, x); peak = Math.max(peak, process.memoryUsage.rss()); }
    report(peak);
  `) as number;
  expect(peak / MB).toBeLessThan(300);
});

test('a call that fails leaks nothing', () => {
  const { before, after } = runChild(
    `
    const a = tf.ones([1000, 100]), b = tf.ones([7, 9]);
    const fail = () => { try { tf.add(a, b); } catch { return; } throw new Error('must fail'); };
    for (let i = 0; i < 20000; i++) fail();
    gc(); const before = process.memoryUsage.rss();
    for (let i = 0; i < 100000; i++) fail();
    gc(); report({ before, after: process.memoryUsage.rss() });
  `,
    { flags: ['--expose-gc'] },
  ) as { before: number; after: number };
  expect((after - before) / MB).toBeLessThan(16);
});

test('the tape keeps only what gradients need', () => {
  const held = runChild(
    `
    const v = new tf.Variable(tf.ones([1000000]));
    const tape = new tf.GradientTape({ persistent: true });
    gc(); const before = process.memoryUsage().arrayBuffers;
    const y = tape.run(() => { let y = v.add(1); for (let i = 0; i < 99; i++) y = y.add(1); return y; });
    // V8 frees array buffers on a thread of its own after the collection: on a busy machine that takes a moment.
    let held;
    for (let i = 0; i < 100; i++) {
      gc();
      held = process.memoryUsage().arrayBuffers - before;
      if (held < ${20 * MB}) break;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
    report(held);
    tape.gradient(y, v);
  `,
    { flags: ['--expose-gc'] },
  ) as number;
  // One result of 4 MB, not a hundred.
  expect(held / MB).toBeLessThan(20);
});

test('tidy and dispose make a loop reuse its memory', () => {
  const { blocks, recycled } = runChild(`
    const x = tf.ones([100000]);
    for (let i = 0; i < 100; i++) tf.tidy(() => void x.add(1).mul(2).sub(x));
    for (let i = 0; i < 100; i++) { const y = x.add(1); y.dispose(); }
    const m = tf.memory();
    report({ blocks: m.blocksAllocated, recycled: m.blocksRecycled });
  `) as { blocks: number; recycled: number };
  expect(blocks).toBeLessThan(10);
  expect(recycled).toBeGreaterThan(350);
});

test('importing and using the library leaves V8 as it is', () => {
  const { shown, scavenges } = runChild(`
    const { GCProfiler } = require('node:v8');
    const vm = require('node:vm');
    const x = tf.ones([600000]);
    const profiler = new GCProfiler();
    profiler.start();
    for (let i = 0; i < 8; i++) tf.add(x, i);
    const scavenges = profiler.stop().statistics.length;
    report({ shown: [typeof globalThis.gc, vm.runInNewContext('typeof gc')], scavenges });
  `) as { shown: string[]; scavenges: number };
  expect(shown).toEqual(['undefined', 'undefined']);
  // 19 MB: V8 itself collects after 32.
  expect(scavenges).toBe(0);
});

test('memory.trim drops free blocks, and their pages go back to the system', () => {
  const { free, after, before, trimmed } = runChild(
    `
    for (let i = 0; i < 40; i++) { const t = tf.ones([500000]); t.dispose(); }
    const many = Array.from({ length: 50 }, () => tf.ones([500000]));
    many.forEach((t) => t.dispose());
    const free = tf.memory().freeBytes;
    const before = process.memoryUsage.rss();
    tf.memory.trim();
    const after = tf.memory().freeBytes;
    // V8 frees array buffers on another thread, some time after the collection.
    const again = (left) => {
      gc();
      tf.memory.trim();
      const trimmed = process.memoryUsage.rss();
      if (left > 0 && before - trimmed < 60 * 2 ** 20) setTimeout(again, 20, left - 1);
      else report({ free, after, before, trimmed });
    };
    again(100);
  `,
    { flags: ['--expose-gc'] },
  ) as { free: number; after: number; before: number; trimmed: number };
  expect(free / MB).toBeGreaterThan(80);
  expect(after).toBe(0);
  if (process.platform === 'linux') expect((before - trimmed) / MB).toBeGreaterThan(60);
});

test('a compiled function whose shapes vary without end keeps nothing of them', () => {
  const { before, after } = runChild(
    `
    const w = new tf.Variable(2);
    const f = tf.function((t) => tf.reduceMean(tf.multiply(t, w), 0),
      { inputSignature: [new tf.TensorSpec([null, null])] });
    const shapes = (from, to) => { for (let n = from; n < to; n++) {
      const t = tf.ones([1 + n % 200, 1 + Math.floor(n / 200)]);
      const tape = new tf.GradientTape();
      tape.gradient(tape.run(() => f(t)), w);
      f(t);
    } };
    shapes(0, 6000);
    gc(); const before = process.memoryUsage().heapUsed;
    shapes(6000, 12000);
    gc(); report({ before, after: process.memoryUsage().heapUsed });
  `,
    { flags: ['--expose-gc'] },
  ) as { before: number; after: number };
  expect((after - before) / MB).toBeLessThan(1);
});
