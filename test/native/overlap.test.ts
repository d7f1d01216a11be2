/** Which ranges of a native call may overlap: what is written lies apart from all else but where an entry works in place. */
import * as path from 'node:path';
import * as tf from 'gradtape';
import { frame, native } from '../../lib/binding';
import { root, runChild } from '../helpers/child';
import { entryNames, note, type NotedCall } from './fuzz/record';

// eslint-disable-next-line @typescript-eslint/no-require-imports
const { rangesOf, slotsOf } = require('./fuzz/layout.js') as {
  slotsOf: Record<string, Record<string, number>>;
  rangesOf: (name: string, numbers: Float64Array, buffers: number) => { arg: number; slot: number }[];
};
const entries = native as unknown as Record<string, (...buffers: ArrayBuffer[]) => unknown>;
const addon = process.env.GRADTAPE_BINARY ?? path.join(root, 'build', 'Release', 'gradtape.node');
const overlap = 'ranges of the call overlap';

const doubles = (text: string): Float64Array => {
  const bytes = Buffer.from(text, 'base64');
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};

const shared = new ArrayBuffer(1 << 20);

/** Makes a call whose ranges all lie in one buffer, the k-th one from byte `place(k)` on; the error's message, or ''. */
function attempt({ name, numbers, buffers }: NotedCall, place: (k: number) => number): string {
  const list = doubles(numbers);
  frame.fill(0);
  frame.set(list);
  rangesOf(name, list, buffers).forEach(({ slot }, k) => {
    if (slot >= 0 && !(frame[slot] < 0)) frame[slot] = place(k);
  });
  new Uint8Array(shared).fill(0);
  try {
    entries[name](...new Array<ArrayBuffer>(buffers).fill(shared));
    return '';
  } catch (error) {
    expect(error).toMatchObject({ name: 'RangeError', code: 'GRADTAPE_BINDING' });
    return (error as Error).message;
  }
}

describe('each entry', () => {
  const calls = new Map<string, NotedCall[]>();
  beforeAll(() => {
    for (const call of note().calls) {
      // Its ranges begin where its offsets say.
      const { src_at: from, dst_at: to } = slotsOf.copy;
      const numbers = doubles(call.numbers);
      if (call.name === 'copy' && ((numbers[from] ?? 0) !== 0 || (numbers[to] ?? 0) !== 0)) continue;
      const list = calls.get(call.name);
      if (list === undefined) calls.set(call.name, [call]);
      else list.push(call);
    }
  });

  /** Entries that write where they read, each with the pairs of ranges that may be the same bytes. */
  const inPlace: Readonly<Record<string, readonly string[]>> = {
    binary: ['0 2', '1 2'],
    moments: ['1 2'],
    // Weights may be written over the gradient too; then comes a state (3 4), or the next variable (3 5, 4 5).
    optimizer: ['0 2', '1 2', '3 4', '3 5', '4 5'],
    optimizerRows: ['2 3'],
    // Of elements of one byte, it may write over the condition.
    select: ['0 3', '1 3', '2 3'],
    unary: ['0 1'],
  };
  /** Entries that have one range, or write to none. */
  const alone = ['countNonzero', 'fill', 'find', 'iota', 'random'];

  test('takes ranges that lie apart, refuses ranges that overlap, and is known where it works in place', () => {
    const pairs = [0, 1, 2, 3, 4].flatMap((i) => [1, 2, 3, 4, 5].filter((j) => j > i).map((j) => [i, j]));
    const accepting: Record<string, string[]> = {};
    const refusing: string[] = [];
    for (const [name, list] of calls) {
      expect({ name, apart: list.map((call) => attempt(call, (k) => (k + 1) << 12)) }).toEqual({
        name,
        apart: expect.arrayContaining(['']) as unknown,
      });
      const refused = list.filter((call) =>
        [1, 4, 8].some((n) => attempt(call, (k) => n * k).startsWith(overlap)),
      );
      if (refused.length > 0) refusing.push(name);
      for (const pair of pairs) {
        const [i, j] = pair;
        const near = (bytes: number) => (k: number) => (k === j ? ((i + 1) << 12) + bytes : (k + 1) << 12);
        const works = refused.some(
          (call) => attempt(call, near(0)) === '' && attempt(call, near(8)).startsWith(overlap),
        );
        if (!works) continue;
        (accepting[name] ??= []).push(pair.join(' '));
      }
    }
    // The calls are a sample: of the pairs of an entry, some are not met each time.
    expect(Object.keys(accepting).sort()).toEqual(Object.keys(inPlace));
    for (const [name, pairs] of Object.entries(accepting))
      expect({ name, unexpected: pairs.filter((pair) => !inPlace[name].includes(pair)) }).toEqual({
        name,
        unexpected: [],
      });
    expect([...refusing, ...alone].sort()).toEqual(entryNames.slice().sort());
  });
});

test('one buffer for labels and for backprop of a cross entropy is refused', () => {
  // In a process of its own: labels were checked and then written over.
  const rows = 64;
  const found = runChild(`
    const { at, caller } = require(${JSON.stringify(path.join(__dirname, 'entries.js'))});
    const call = caller(require(${JSON.stringify(addon)}));
    const buffer = new ArrayBuffer(${rows * 1024 * 4});
    const logits = new ArrayBuffer(${rows * 4000});
    const loss = at(new ArrayBuffer(${rows * 1024 * 3}), ${rows * 1024 * 2});
    const numbers = { rows: ${rows}, cols: 1000, dtype: 0, labelsDtype: 2 };
    try { call('crossEntropy', { logits, labels: buffer, loss, backprop: buffer, ...numbers }); report('done'); }
    catch (e) { report(e.message); }
  `);
  expect(found).toMatch(overlap);
});

describe('places of a program', () => {
  /** The number of the entry \`unary\`, and that of fused groups, in programs. */
  function numbersOf(): { unary: number; code: Float64Array } {
    let code = new Float64Array(0);
    const load = native.loadProgram.bind(native);
    const spy = jest.spyOn(native, 'loadProgram').mockImplementation((words, ...counts) => {
      code = new Float64Array(words.slice(0));
      return load(words, ...counts);
    });
    tf.function((x: tf.Tensor) => tf.exp(x))(tf.ones([16]));
    spy.mockRestore();
    return { unary: code[0], code };
  }
  const exp = native.unaryNames.indexOf('exp');

  /** Runs exp over 16 floats, from a place to another of one storage each or of the same. */
  function run(
    x: [storage: number, offset: number],
    y: [storage: number, offset: number],
    storages: ArrayBuffer[],
  ): void {
    const { unary } = numbersOf();
    const code = Float64Array.from([unary, 2, 5, 0, 0, 0, ...x, 64, ...y, 64, 0, 0, 16, exp, 0]);
    const program = native.loadProgram(code.buffer, storages.length, 0);
    frame.set([program, 0, code.length]);
    try {
      native.runProgram(new ArrayBuffer(8 * storages.length), ...storages);
    } finally {
      native.freeProgram(program);
    }
  }
  const [own, a, b] = Array.from({ length: 3 }, () => new ArrayBuffer(256));

  test('must be aligned to their elements', () => {
    expect(() => run([1, 0], [2, 64], [own, a, b])).not.toThrow();
    expect(() => run([1, 2], [2, 64], [own, a, b])).toThrow('not aligned to its element size');
    expect(() => run([1, 0], [2, 65], [own, a, b])).toThrow('not aligned to its element size');
  });

  test('overlap only where the entry works in place', () => {
    expect(() => run([1, 64], [1, 64], [own, a])).not.toThrow();
    expect(() => run([1, 64], [1, 68], [own, a])).toThrow(overlap);
    expect(() => run([1, 64], [2, 68], [own, a, a])).toThrow(overlap);
  });

  test("the program's own memory is no other storage, and neither is the table or the argument buffer", () => {
    expect(() => run([0, 0], [1, 128], [own, own])).toThrow('overlaps its own memory');
    expect(() => run([0, 0], [1, 128], [own, native.argumentBuffer])).toThrow(
      'the argument buffer or the table',
    );
  });
});
