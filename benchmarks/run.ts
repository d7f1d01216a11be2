/**
 * The benchmark suite: `npm run bench -- [words] [--seconds S] [--json FILE]`. Words choose the rows whose names
 * contain one of them. Every figure is a median of samples taken in turn with the plain-JS loop beside it; on a shared
 * machine only the ratios within one run mean much.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import { parseArgs } from 'node:util';
import * as tf from 'gradtape';
import { borderBenchmarks } from './border/calls';
import { showTime } from './measure';
import { memoryBenchmarks } from './memory/loops';
import { elementwiseBenchmarks } from './ops/elementwise';
import { matmulBenchmarks } from './ops/matmul';
import type { Result } from './suite';
import { tutorialBenchmarks } from './train/tutorial';

function machine(): Record<string, string | number> {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cpus: os.availableParallelism(),
    isa: tf.config.isa(),
    threads: tf.config.threading.getIntraOpParallelismThreads(),
    node: process.versions.node,
    gradtape: tf.version,
  };
}

function print(result: Result): void {
  console.log(`\n${result.name}`);
  const base = result.timings[0]?.timing.median;
  result.timings.forEach(({ name, timing }, i) => {
    const spread = `${showTime(timing.low)} – ${showTime(timing.high)}`;
    const ratio = i === 0 ? '' : `${(timing.median / base).toFixed(2)}× gradtape's time`;
    console.log(
      `  ${name.padEnd(26)} ${showTime(timing.median).padStart(9)}   (${spread})`.padEnd(66) + ratio,
    );
  });
  for (const [name, value] of Object.entries(result.figures ?? {}))
    console.log(`  ${name.padEnd(34)} ${value}`);
  if (result.aim !== undefined)
    console.log(`  aim: ${result.aim.text}: ${result.aim.met ? 'met' : 'NOT met'} in this run`);
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: 'string' }, json: { type: 'string' } },
  });
  const seconds = Number(values.seconds ?? 0.5);
  if (!(seconds > 0)) throw new Error('--seconds must be a number greater than 0');
  const settings = { seconds };
  const all = [
    ...borderBenchmarks(settings),
    ...tutorialBenchmarks(settings),
    ...memoryBenchmarks(),
    ...matmulBenchmarks(settings),
    ...elementwiseBenchmarks(settings),
  ];
  const chosen = all.filter(
    (b) => positionals.length === 0 || positionals.some((word) => b.name.includes(word)),
  );
  if (chosen.length === 0) throw new Error(`no benchmark's name contains ${positionals.join(' or ')}`);
  const about = machine();
  console.log(
    Object.entries(about)
      .map(([k, v]) => `${k}: ${v}`)
      .join(', '),
  );
  const results = chosen.flatMap((b) => b.run());
  results.forEach(print);
  if (values.json !== undefined) {
    fs.writeFileSync(
      values.json,
      JSON.stringify({ machine: about, date: new Date().toISOString(), results }, null, 2),
    );
  }
}

main();
