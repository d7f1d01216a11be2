/** Measures the hardware: multiply-adds, bandwidth by size, the overhead of a call, a synchronisation of all threads. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { levels, moved, streams, type Limits, type Stream } from './levels';

/** The addon's measuring loops, which are not part of the library's interface. */
interface Measuring {
  argumentBuffer: ArrayBuffer;
  measure?: (x: ArrayBuffer, a: ArrayBuffer, y: ArrayBuffer) => number;
}

const kinds = { nothing: 0, round: 1, fma: 2, read: 3, write: 4, copy: 5, add: 6 } as const;
function addon(): Measuring {
  // From dist/benchmarks/roofline, or from the sources.
  const built = ['../../..', '../..'].map((up) => path.resolve(__dirname, up, 'build/Release/gradtape.node'));
  const file = process.env.GRADTAPE_BINARY ?? built.find((f) => fs.existsSync(f)) ?? built[0];
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require(path.resolve(file)) as Measuring;
}

const native = addon();
const frame = new Float64Array(native.argumentBuffer);
const none = new ArrayBuffer(0);

/** Whether the addon has these loops: one built by an earlier version may not. */
export const measurable = native.measure !== undefined;

const measure = (x: ArrayBuffer, a: ArrayBuffer, y: ArrayBuffer): number => {
  if (native.measure === undefined) throw new Error('this addon has no measuring loops: build it again');
  return native.measure(x, a, y);
};

function call(
  kind: number,
  repeats: number,
  n: number,
  x: ArrayBuffer,
  a: ArrayBuffer,
  y: ArrayBuffer,
): number {
  // Three byte offsets, then the numbers: native/addon/entries/measure.cc.
  frame.set([0, 0, 0, kind, repeats, n]);
  return measure(x, a, y);
}

/** The minimum of several times of f, each about `target` ns: a limit is what is reached without interference. */
function best(f: (repeats: number) => void, target: number): number {
  let repeats = 1;
  let least = Infinity;
  const time = (): number => {
    const start = process.hrtime.bigint();
    f(repeats);
    return Number(process.hrtime.bigint() - start) / repeats;
  };
  for (let ns = time(); ns * repeats < target && repeats < 1 << 19; ns = time()) repeats *= 2;
  for (let i = 0; i < 7; i++) least = Math.min(least, time());
  return least;
}

/** Takes about 0.4 s per thread count; the large arrays are allocated once. */
export function measureLimits(milliseconds = 4): Limits {
  const before = tf.config.threading.getIntraOpParallelismThreads();
  const target = milliseconds * 1e6;
  const most = levels[levels.length - 1].bytes;
  const [x, a, y] = [new ArrayBuffer(most), new ArrayBuffer(most), new ArrayBuffer(most)];
  // Touches all pages.
  for (const buffer of [x, a, y]) new Float32Array(buffer).fill(1);
  const threads = [...new Set([1, before])].map((count) => {
    tf.config.threading.setIntraOpParallelismThreads(count);
    let operations = 0;
    const fma = best((r) => (operations = call(kinds.fma, r, 0, none, none, none)), target);
    const gbps = levels.map(({ name, bytes }) => {
      const n = bytes / 4;
      const of = (stream: Stream): number =>
        (bytes * moved[stream]) / best((r) => call(kinds[stream], r, n, x, a, y), target);
      return [name, Object.fromEntries(streams.map((s) => [s, of(s)]))] as const;
    });
    return {
      threads: count,
      gflops: (operations * count) / fma,
      gbps: Object.fromEntries(gbps) as Limits['threads'][number]['gbps'],
    };
  });
  const roundTrip = best((r) => call(kinds.round, r, 0, none, none, none), target);
  tf.config.threading.setIntraOpParallelismThreads(before);
  const oneCall = best(
    (r) => {
      for (let i = 0; i < r; i++) measure(none, none, none);
    },
    (call(kinds.nothing, 0, 0, none, none, none), target),
  );
  return { isa: tf.config.isa(), threads, call: oneCall, roundTrip };
}
