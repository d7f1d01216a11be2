/**
 * The native binding under hostile calls: whatever numbers and buffers it gets, an entry throws a RangeError or does what it
 * says, and nothing crashes.
 *
 * GRADTAPE_FUZZ_SECONDS and GRADTAPE_FUZZ_SEED run the fuzzer for longer or with another seed:
 * `GRADTAPE_FUZZ_SECONDS=1200 GRADTAPE_FUZZ_SEED=7 npx jest test/native/addon_fuzz -t fuzz`. With GRADTAPE_BINARY and
 * LD_PRELOAD as in `.ci/run` (step_asan) it runs under the sanitizers.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { frame, native } from '../../lib/binding';
import * as kernels from '../../lib/op/kernels';
import * as tf from 'gradtape';
import { root, runChild } from '../helpers/child';
import { entryNames, note } from './fuzz/record';

const addon = process.env.GRADTAPE_BINARY ?? path.join(root, 'build', 'Release', 'gradtape.node');

const seconds = Number(process.env.GRADTAPE_FUZZ_SECONDS ?? 0);
const seeds = (process.env.GRADTAPE_FUZZ_SEED ?? '1,2').split(',').map(Number);
const time = 240_000 + 1000 * seconds;

describe('fuzz', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-fuzz-'));
  const noted = path.join(dir, 'noted.json');
  beforeAll(() => {
    fs.writeFileSync(noted, JSON.stringify(note()));
  }, 60_000);
  afterAll(() => {
    fs.rmSync(dir, { recursive: true });
  });

  test.each(seeds)(
    'seed %i',
    (seed) => {
      const progress = path.join(dir, `round-${seed}`);
      const child = spawnSync(
        process.execPath,
        [path.join(__dirname, 'fuzz', 'child.js'), noted, String(seed), '15000', String(seconds)],
        { encoding: 'utf8', timeout: time, env: { ...process.env, PROGRESS: progress } },
      );
      if (child.status !== 0) {
        const round = fs.readFileSync(progress, 'utf8').trim();
        throw new Error(
          `seed ${seed} ended with ${child.signal ?? child.status} in round ${round}:\n${child.stderr.slice(-6000)}`,
        );
      }
      // UBSan goes on after a report.
      expect(child.stderr).not.toMatch(/runtime error/);
      const report = JSON.parse((/^@@(.*)$/m.exec(child.stdout) ?? [])[1]) as {
        rounds: number;
        tally: Record<string, Record<'accepted' | 'refused' | 'overlapping', number>>;
      };
      if (seconds > 0) console.log(`seed ${seed}: ${report.rounds} rounds\n${JSON.stringify(report.tally)}`);
      // Of each entry, calls that are accepted and calls that are refused: for the seeds of the tests, whose rounds are the same
      // each time. Some entries accept one call in a thousand, so other seeds may have none.
      if (seconds > 0) return;
      for (const name of [...entryNames, 'program', 'started', 'noise']) {
        expect({ name, ...report.tally[name] }).toEqual({
          name,
          accepted: expect.any(Number) as unknown,
          refused: expect.any(Number) as unknown,
          overlapping: expect.any(Number) as unknown,
        });
        expect(report.tally[name].accepted).toBeGreaterThan(0);
        expect(report.tally[name].refused).toBeGreaterThan(0);
      }
    },
    time,
  );
});

test('the argument buffer survives being detached', () => {
  const result = runChild(`
    const native = require(${JSON.stringify(addon)});
    let message = 'none';
    try {
      structuredClone(native.argumentBuffer, { transfer: [native.argumentBuffer] });
      native.unary(new ArrayBuffer(16), new ArrayBuffer(16));
    } catch (e) { message = String(e.message); }
    report(message);
  `);
  expect(typeof result).toBe('string');
});

test('a broadcast of two operands that both stand still is refused: it would read past one of them', () => {
  const [a, b, y] = [4, 4, 64].map((n) => tf.zeros([n / 4]));
  const { dims, aStrides, bStrides } = kernels.binaryBroadcastLists;
  dims[0] = 16;
  aStrides[0] = bStrides[0] = 0;
  expect(() => kernels.binaryBroadcast(a, b, y, 1, 0, 0)).toThrow('no operand has the innermost dimension');
});

describe('programs', () => {
  /** The code that a compiled function was loaded from, and how many storages and numbers of a run it has. */
  function codes(): { code: string; storages: number; late: number }[] {
    const seen: { code: string; storages: number; late: number }[] = [];
    const load = native.loadProgram.bind(native);
    const spy = jest.spyOn(native, 'loadProgram').mockImplementation((code, storages, late) => {
      seen.push({ code: Buffer.from(code.slice(0)).toString('base64'), storages, late });
      return load(code, storages, late);
    });
    const w = new tf.Variable(tf.ones([20, 30]));
    const step = tf.function((x: tf.Tensor) => {
      const tape = new tf.GradientTape();
      const loss = tape.run(() => {
        const h = tf.nn.softmax(tf.add(tf.matmul(x, w), tf.gather(w, tf.constant([1, 2, 3], 'int32'))));
        return tf.reduceMean(tf.square(tf.where(tf.greater(h, 0.1), h, tf.exp(h))));
      });
      w.assignSub(tape.gradient(loss, w));
      return loss;
    });
    step(tf.ones([3, 20]));
    spy.mockRestore();
    return seen;
  }

  test('that run on another thread, and are freed meanwhile, do what they do here', () => {
    const code = `
      const native = require(${JSON.stringify(addon)});
      const frame = new Float64Array(native.argumentBuffer);
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
            let program;
            try { program = native.loadProgram(words.buffer, storages, late); } catch { continue; }
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
            native.freeProgram(program);
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
    const program = native.loadProgram(new ArrayBuffer(0), 1, 0);
    const call = (...storages: ArrayBuffer[]) => {
      frame[0] = program;
      frame[1] = frame[2] = 0;
      return native.runProgram(new ArrayBuffer(8), ...storages);
    };
    expect(call(new ArrayBuffer(8))).toBeUndefined();
    expect(() => call()).toThrow('a program is damaged');
    native.freeProgram(program);
    expect(() => call(new ArrayBuffer(8))).toThrow('no such program');
  });
});
