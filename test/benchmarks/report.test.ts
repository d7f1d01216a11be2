/** The comparison of two runs, and what is generated from files of results. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { PeersRun } from '../../benchmarks/host/rows';
import { summary, type Timing } from '../../benchmarks/measure';
import { model } from '../../benchmarks/report/charts';
import { compare, showComparison } from '../../benchmarks/report/compare';
import { readResults } from '../../benchmarks/report/main';
import { resultsMarkdown } from '../../benchmarks/report/markdown';
import { table } from '../../benchmarks/report/table';
import { variantsPart } from '../../benchmarks/report/variants';
import { figures, withFigures, begin, end } from '../../benchmarks/report/readme';
import type { BenchFile } from '../../benchmarks/suite';

const machine = {
  ...{ cpu: 'C', cpus: 2, isa: 'avx2', threads: 2, node: '20.0.0', gradtape: '0.1.0', commit: 'abc' },
  date: '2026-01-02T03:04:05.000Z',
};
const around = (median: number, spread = 0.01): Timing => ({
  median,
  low: median * (1 - spread),
  high: median * (1 + spread),
  samples: 11,
});

function bench(times: Record<string, Timing>): BenchFile {
  const rows = Object.entries(times).map(([name, timing]) => ({
    name,
    timings: [
      { name: 'gradtape', timing },
      { name: 'plain JS loop', timing: around(timing.median * 10) },
    ],
  }));
  return { format: 1, suite: 'bench', runs: [{ machine, rows }] };
}

const peers: PeersRun = {
  format: 1,
  suite: 'peers',
  machine,
  libraries: [
    { name: 'gradtape', version: '0.1.0' },
    { name: 'A', version: '1' },
    { name: 'B', absent: 'not installed' },
  ],
  rows: [
    {
      workload: 'elementwise/add 1M',
      kind: 'binary',
      target: { kind: 'ratio', ratio: 0.5 },
      entries: [
        { library: 'gradtape', timing: around(40_000) },
        { library: 'A', timing: around(100_000) },
      ],
    },
    {
      workload: 'matmul/32',
      kind: 'matmul',
      target: { kind: 'ratio', ratio: 0.5 },
      entries: [
        { library: 'gradtape', timing: around(900) },
        { library: 'A', reason: 'it has no matrices' },
      ],
    },
  ],
};

it('median and quartiles', () => {
  expect(summary([5, 1, 3, 2, 4])).toEqual({ median: 3, low: 2, high: 4, samples: 5 });
  expect(summary([2, 1])).toEqual({ median: 1.5, low: 1.25, high: 1.75, samples: 2 });
  expect(summary([7])).toEqual({ median: 7, low: 7, high: 7, samples: 1 });
});

describe('compare', () => {
  it('distinguishes changes from noise, slowest first', () => {
    const before = bench({
      a: around(100),
      b: around(100),
      c: around(100, 0.2),
      d: around(100, 0.001),
      gone: around(1),
    });
    const after = bench({
      a: around(200),
      b: around(50),
      c: around(120, 0.2),
      d: around(101, 0.001),
      new: around(1),
    });
    const result = compare(before, after);
    expect(result.changed.map(({ name, ratio }) => [name, ratio])).toEqual([
      ['a | gradtape', 2],
      ['b | gradtape', 0.5],
    ]);
    // c's quartiles overlap; d changed by only 1%.
    expect(result.unchanged).toBe(2);
    expect(result.onlyBefore).toEqual(['gone | gradtape']);
    expect(result.onlyAfter).toEqual(['new | gradtape']);
    expect(compare(before, after, { least: 0.005 }).changed).toHaveLength(3);
    // With the loops: those of a, b and c, whose own quartiles are narrow.
    expect(compare(before, after, { ours: false }).changed).toHaveLength(5);
    expect(showComparison(result)).toMatch(/^ +2\.000× +100 ns → +200 ns +a \| gradtape\n/);
  });

  it('reads runs of the peers too', () => {
    const faster: PeersRun = JSON.parse(JSON.stringify(peers)) as PeersRun;
    (faster.rows[0].entries[0] as { timing: Timing }).timing = around(20_000);
    expect(compare(peers, faster).changed).toMatchObject([
      { name: 'elementwise/add 1M | gradtape', ratio: 0.5 },
    ]);
    expect(compare(peers, peers).changed).toEqual([]);
  });
});

describe('report', () => {
  it('has every row with its ratio and target, and says what was not measured', () => {
    const text = resultsMarkdown({ peers });
    expect(text).toMatch(
      /\| elementwise\/add 1M \| 40\.0 µs +\| .* \| 100 µs A +\| 0\.400 \| ≤ 0\.50× \| yes \|/,
    );
    expect(text).toMatch(/\| matmul\/32 +\| 900 ns .* \| – +\| – +\| ≤ 0\.50× \| +\|/);
    expect(text).toContain('1 of 2 targets met.');
    expect(text).toContain('- B was not available: not installed');
    expect(text).toContain('- A: it has no matrices: matmul/32');
    expect(text).toContain(
      'C, 2 CPUs, 2 threads, avx2; Node 20.0.0; gradtape 0.1.0, commit abc; 2026-01-02 03:04 UTC',
    );
  });

  it('has the rows beside plain JavaScript', () => {
    const text = resultsMarkdown({ bench: bench({ 'ops/exp large': around(1000) }) });
    expect(text).toMatch(/\| ops\/exp large \| 1\.00 µs +\| 10\.0 µs +\| 10× +\|/);
  });

  it('sets further runs beside the first, and names the rows that stand out', () => {
    const [first] = bench({ 'ops/exp large': around(1000), 'ops/add large': around(100) }).runs;
    const [other] = bench({ 'ops/exp large': around(4000), 'ops/add large': around(100) }).runs;
    expect(variantsPart([first])).toBeNull();
    const text = variantsPart([first, { ...other, machine: { ...machine, isa: 'portable' } }]);
    expect(text).toMatch(/\| avx2, 2 threads +\| 1\.00 +\| 10 +\| none +\| none +\|/);
    expect(text).toMatch(/\| portable, 2 threads \| 0\.50 +\| 10 +\| exp +\| none +\|/);
    expect(resultsMarkdown({ bench: { format: 1, suite: 'bench', runs: [first, other] } })).toContain(
      '### Instruction sets and threads',
    );
  });

  it('writes the figures of the README between the marks and leaves the rest alone', () => {
    const text = `before\n\n${begin}\n\nold\n\n${end}\n\nafter`;
    const made = withFigures(text, { peers });
    expect(made.startsWith(`before\n\n${begin}\n\n`)).toBe(true);
    expect(made.endsWith(`\n\n${end}\n\nafter`)).toBe(true);
    expect(made).not.toContain('old');
    expect(made).toMatch(/add, 1M elements +\| 40\.0 µs +\| 100 µs \(A\) \| 0\.40/);
    expect(withFigures(made, { peers })).toBe(made);
    expect(() => withFigures('no marks', { peers })).toThrow(/no marks/);
    expect(figures({})).toBe('');
  });

  it('makes tables whose columns are as wide as what they hold', () => {
    expect(table(['a', 'long'], [['longer', 'b']])).toBe(
      '| a      | long |\n| ------ | ---- |\n| longer | b    |',
    );
  });

  it('models time as call + n/rate', () => {
    const points = [
      { n: 1, timing: around(100) },
      { n: 1000, timing: around(200) },
      { n: 10_000, timing: around(1000) },
    ];
    expect(model(points, (n) => n)(10_000)).toBe(100 + 1000);
  });
});

describe('what is committed', () => {
  const root = path.join(__dirname, '..', '..');
  const results = readResults();
  const measured = results.peers !== undefined || results.bench !== undefined;

  (measured ? it : it.skip)('RESULTS.md and the README say what the files of results say', () => {
    const report = path.join(root, 'benchmarks', 'RESULTS.md');
    expect(fs.readFileSync(report, 'utf8')).toBe(resultsMarkdown(results));
    const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
    expect(readme).toBe(withFigures(readme, results));
    for (const [, file] of fs.readFileSync(report, 'utf8').matchAll(/\]\((charts\/[^)]+)\)/g)) {
      expect([file, fs.existsSync(path.join(root, 'benchmarks', file))]).toEqual([file, true]);
    }
  });

  it('the README has its marks', () => {
    expect(fs.readFileSync(path.join(root, 'README.md'), 'utf8')).toMatch(`${begin}`);
  });
});
