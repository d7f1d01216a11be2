/** The host of the peers: what counts as equal, how rounds go, what a row's verdict is. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { judge, type Result } from '../../benchmarks/host/check';
import { watchMemory } from '../../benchmarks/host/memory';
import { parseReply } from '../../benchmarks/host/protocol';
import { timeInRounds } from '../../benchmarks/host/rounds';
import { verdict, type Entry, type Row } from '../../benchmarks/host/rows';
import { measure, show } from '../../benchmarks/measure';
import { workloads } from '../../benchmarks/workloads';
import { elements, seedOf } from '../../benchmarks/workloads/inputs';
import { product, type Target, type Workload } from '../../benchmarks/workloads/workload';

const workload = (name: string): Workload => {
  const found = workloads.find((w) => w.name === name);
  if (found === undefined) throw new Error(`no workload ${name}`);
  return found;
};

describe('workloads', () => {
  it('have names of their own, inputs that fit, and targets that name workloads that are there', () => {
    const names = workloads.map((w) => w.name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, cost, target } of workloads) {
      expect([name, cost > 0]).toEqual([name, true]);
      if (target?.kind === 'own') expect(names).toContain(target.workload);
    }
  });

  it('have the same inputs every time, spread over their domain', () => {
    const spec = { shape: [100, 100], low: -3, high: 5 };
    const a = elements(spec, seedOf('a'));
    expect(elements(spec, seedOf('a'))).toEqual(a);
    expect(elements(spec, seedOf('b'))).not.toEqual(a);
    expect(Math.min(...a)).toBeLessThan(-2.9);
    expect(Math.max(...a)).toBeGreaterThan(4.9);
    expect(Array.from(a).reduce((x, y) => x + y) / a.length).toBeCloseTo(1, 0);
    const whole = elements({ ...spec, dtype: 'int32' }, 7);
    expect([...new Set(whole)].sort((x, y) => x - y)).toEqual([-3, -2, -1, 0, 1, 2, 3, 4]);
  });
});

describe('judge', () => {
  const add = workload('eager/add 4');
  const [x, y] = [Float32Array.of(1, 2, 3, 4), Float32Array.of(10, 20, 30, 40)];
  const expected = add.reference!([x, y]);
  const result = (...data: number[]): Result[] => [{ shape: [4], data: Float32Array.from(data) }];

  it('passes what is equal within the tolerance, and says what is not', () => {
    expect(judge(add, expected, result(11, 22, 33, 44), null)).toBeNull();
    expect(judge(add, expected, result(11, 22, 33, 44.00001), null)).toBeNull();
    expect(judge(add, expected, result(11, 22, 33, 44.1), null)).toMatch(
      /element 3 is 44.0\d+ instead of 44/,
    );
    expect(judge(add, expected, result(11, 22, 33, NaN), null)).toMatch(/element 3 is NaN/);
    expect(judge(add, expected, result(11, 22, 33), null)).toMatch(/3 elements|shape/);
    expect(judge(add, expected, [{ shape: [2, 2], data: x }], null)).toMatch(/shape/);
    expect(judge(add, expected, [], null)).toMatch(/0 results/);
  });

  it('takes a bound of the whole error where one is given, for what is near and nothing else', () => {
    const loose = { ...add, tolerance: { ...add.tolerance, l2: 1e-3 } };
    expect(judge(loose, expected, result(11, 22, 33, 44.01), null)).toBeNull();
    expect(judge(loose, expected, result(11, 22, 33, 44.1), null)).toMatch(/element 3/);
    expect(judge(loose, expected, result(11, 22, 33, NaN), null)).toMatch(/element 3 is NaN/);
  });

  it('compares libraries with each other in full', () => {
    expect(judge(add, null, result(1, 2, 3, 4), result(1, 2, 3, 4))).toBeNull();
    expect(judge(add, null, result(1, 2, 3, 4), result(1, 2.1, 3, 4))).toMatch(/another library: element 1/);
  });

  it('knows the product of two matrices in each of its four forms', () => {
    for (const form of ['NN', 'NT', 'TN', 'TT']) {
      const thin = workload(`matmul/thin 1x784·784x128 ${form}`);
      const [a, b] = thin.inputs.map((spec, i) => elements(spec, i));
      const tB = form[1] === 'T';
      const at = thin.reference!([a, b])[0].at(5);
      let sum = 0;
      for (let q = 0; q < 784; q++) sum += a[q] * b[tB ? 5 * 784 + q : q * 128 + 5];
      expect(at).toBeCloseTo(sum, 10);
    }
    const batched = workload('matmul/thin 64x 64x64·64x64 TN');
    const [a, b] = batched.inputs.map((spec, i) => elements(spec, i));
    let sum = 0;
    for (let q = 0; q < 64; q++) sum += a[3 * 4096 + q * 64 + 2] * b[3 * 4096 + q * 64 + 7];
    expect(batched.reference!([a, b])[0].at(3 * 4096 + 2 * 64 + 7)).toBeCloseTo(sum, 10);
  });
});

describe('rounds', () => {
  const settings = { seconds: 0.01, rounds: 5, warmUp: 0.001, wake: { seconds: 0, calls: 0 }, pause: 0 };

  it('take the contenders in turn, and give a slow one fewer samples', async () => {
    const order: string[] = [];
    const contender = (name: string, ns: number) => ({
      time: (calls: number) => {
        order.push(name);
        return Promise.resolve(ns * calls);
      },
    });
    const timings = await timeInRounds(
      [contender('a', 1e5), contender('b', 2e5), contender('slow', 3e7)],
      settings,
    );
    expect(timings.map((t) => (t as { median: number }).median)).toEqual([1e5, 2e5, 3e7]);
    expect(timings.map((t) => (t as { samples: number }).samples)).toEqual([5, 5, 1]);
    expect(order.slice(-8)).toEqual(['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']);
  });

  it('let a contender run before each sample, which does not count', async () => {
    const asked: number[] = [];
    const slowAtFirst = {
      time: (calls: number) => {
        asked.push(calls);
        return Promise.resolve(calls === 10 ? 1e9 : 1e5 * calls);
      },
    };
    const [timing] = await timeInRounds([slowAtFirst], { ...settings, wake: { seconds: 0.001, calls: 5 } });
    expect(asked.slice(-4)).toEqual([10, 20, 10, 20]);
    expect(timing).toMatchObject({ low: 1e5, high: 1e5, samples: 5 });
    // Of slow calls so many, but not for long.
    for (const [seconds, calls, expected] of [
      [0.0002, 5, 5],
      [0.0002, 50, 20],
      [0, 50, undefined],
    ] as const) {
      asked.length = 0;
      await timeInRounds([slowAtFirst], { ...settings, wake: { seconds, calls } });
      expect(asked.at(-2)).toBe(expected ?? 20);
    }
  });

  it('leave out a contender that fails, and go on with the others', async () => {
    let left = 4;
    const failing = {
      time: (calls: number) =>
        left-- > 0 ? Promise.resolve(1e6 * calls) : Promise.reject(new Error('gone')),
    };
    const fine = { time: (calls: number) => Promise.resolve(1e6 * calls) };
    const [a, b] = await timeInRounds([failing, fine], settings);
    expect(a).toEqual(new Error('gone'));
    expect(b).toMatchObject({ median: 1e6, samples: 5 });
  });
});

describe('verdict', () => {
  const timing = (median: number) => ({ median, low: median, high: median, samples: 11 });
  const entry = (library: string, median?: number, more: Partial<Entry> = {}): Entry => ({
    library,
    ...(median === undefined ? { reason: 'cannot' } : { timing: timing(median) }),
    ...more,
  });
  const row = (target: Target | undefined, ...entries: Entry[]): Row => ({
    workload: 'w',
    kind: 'k',
    target,
    entries,
  });

  it('compares with the best eager peer; compiled ones and the plain loop stand beside', () => {
    const r = row(
      { kind: 'ratio', ratio: 0.5 },
      entry('gradtape', 50),
      entry('A', 200),
      entry('B', 100),
      entry('C'),
      entry('D', 20, { compiled: true }),
      entry('plain JS', 10),
    );
    expect(verdict(r, [r])).toMatchObject({
      ratio: 0.5,
      met: true,
      best: { library: 'B' },
      bestCompiled: { library: 'D' },
    });
    const missed = { ...r, target: { kind: 'ratio', ratio: 0.49 } as const };
    expect(verdict(missed, [missed]).met).toBe(false);
    const named = { ...r, target: { kind: 'ratio', ratio: 0.25, to: ['A', 'C'] } as const };
    expect(verdict(named, [named])).toMatchObject({ ratio: 0.25, met: true, best: { library: 'A' } });
    const plain = { ...r, target: { kind: 'ratio', ratio: 1, to: ['plain JS'] } as const };
    expect(verdict(plain, [plain])).toMatchObject({ ratio: 5, met: false });
  });

  it('compares a compiled workload with compiled peers too', () => {
    const r = row(
      { kind: 'ratio', ratio: 0.5 },
      entry('gradtape', 50, { compiled: true }),
      entry('A', 200),
      entry('D', 80, { compiled: true }),
      entry('plain JS', 10),
    );
    expect(verdict(r, [r])).toMatchObject({
      ratio: 0.625,
      met: false,
      best: { library: 'D' },
      bestCompiled: null,
    });
  });

  it('knows times and own workloads, and what was not measured', () => {
    const quick = row({ kind: 'time', ns: 100 }, entry('gradtape', 99));
    expect(verdict(quick, [quick])).toMatchObject({ met: true, ratio: null });
    const other = { ...row(undefined, entry('gradtape', 40)), workload: 'other' };
    const own = row({ kind: 'own', ratio: 1.2, workload: 'other' }, entry('gradtape', 49));
    expect(verdict(own, [own, other]).met).toBe(false);
    expect(verdict(own, [own]).met).toBeNull();
    const none = row({ kind: 'ratio', ratio: 1 }, entry('gradtape'), entry('A', 3));
    expect(verdict(none, [none]).met).toBeNull();
  });
});

const linux = process.platform === 'linux' ? it : it.skip;
linux('tells how much a process grew, and shows it as memory', async () => {
  const size = 64 * 2 ** 20;
  // One of its own: here freed memory may be at hand already.
  const script = `process.stdin.once('data', () => {
    Buffer.alloc(${size}, 1);
    console.log('done');
  });
  console.log('ready');`;
  const child = spawn(process.execPath, ['-e', script]);
  await once(child.stdout, 'data');
  const growth = watchMemory(child.pid!);
  child.stdin.write('go');
  await once(child.stdout, 'data');
  const { grown, whole } = growth();
  child.kill();
  expect(grown).toBeGreaterThan(0.9 * size);
  expect(grown).toBeLessThan(3 * size);
  expect(whole).toBeGreaterThan(grown);
  expect(show({ median: size, low: size / 2, high: size, samples: 1, unit: 'bytes' })).toEqual({
    median: '64.0 MB',
    low: '32.0 MB',
    high: '64.0 MB',
  });
});

it('takes fewer samples of what is slow', () => {
  let now = 0n;
  const clock = jest.spyOn(process.hrtime, 'bigint').mockImplementation(() => now);
  const run = (ms: number): number => {
    const wait = (): void => void (now += BigInt(ms * 1e6));
    return measure([{ name: 'a', run: wait }], 0.01, { rounds: 7, warmUp: 0.001 })[0].samples;
  };
  try {
    expect(run(0.1)).toBe(7);
    expect(run(2)).toBe(7);
    expect(run(10)).toBe(4);
    expect(run(60)).toBe(1);
  } finally {
    clock.mockRestore();
  }
});

it('tells replies from what a library prints', () => {
  expect(parseReply('@gradtape {"ns":5}')).toEqual({ ns: 5 });
  expect(parseReply('Hello from a library {"ns":5}')).toBeNull();
});

it('inputs cost no more memory than the largest workloads need', () => {
  for (const { name, inputs } of workloads) {
    const bytes = inputs.reduce((sum, i) => sum + product(i.shape) * (i.dtype === 'float64' ? 8 : 4), 0);
    expect([name, bytes < 200e6]).toEqual([name, true]);
  }
});
