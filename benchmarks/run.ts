/** `npm run bench`: times every op and the training steps, compared with plain JavaScript. See benchmarks/README.md. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from 'gradtape';
import { bindingBenchmarks } from './binding/calls';
import { describe, machine } from './machine';
import { fileBenchmarks } from './memory/files';
import { memoryBenchmarks } from './memory/loops';
import { randomAndOptimizerBenchmarks } from './ops/random_optimizers';
import { opBenchmarks } from './ops/definitions';
import { sizesBenchmarks } from './ops/sizes';
import { showResult, showSummary } from './print';
import { rooflineBenchmarks } from './roofline';
import type { BenchFile, Benchmark, Result, Settings } from './suite';
import { kerasBenchmarks } from './train/keras';
import { latencyBenchmarks } from './train/latency';
import { tutorialBenchmarks } from './train/tutorial';
import { trainingBenchmarks } from './train/workloads';

const usage = `npm run bench -- [words] [options]
  words            rows whose names contain one of them: matmul, ops/exp, training, memory, sizes, roofline
  --list           print the names, and stop
  --seconds S      timed seconds for each row (default 0.5; rows of ops take a fifth)
  --threads 1,2    a run for each number of threads
  --isa avx2,…     a run for each instruction set: avx512, avx2, neon, portable
  --json FILE      write the results`;

function benchmarks(settings: Settings): Benchmark[] {
  return [
    ...bindingBenchmarks(settings),
    ...tutorialBenchmarks(settings),
    ...memoryBenchmarks(),
    ...fileBenchmarks(),
    ...trainingBenchmarks(settings),
    ...latencyBenchmarks(settings),
    ...kerasBenchmarks(settings),
    ...opBenchmarks(settings),
    ...randomAndOptimizerBenchmarks(settings),
    ...sizesBenchmarks(settings),
    ...rooflineBenchmarks(settings),
  ];
}

const list = (text: string | undefined): string[] => text?.split(',').filter((word) => word !== '') ?? [];

/** Runs the suite in separate processes, one for each combination of options, and collects their results. */
function runApart(
  isas: readonly string[],
  threads: readonly string[],
  rest: readonly string[],
): BenchFile['runs'] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-bench-'));
  const file = path.join(folder, 'run.json');
  try {
    return (isas.length > 0 ? isas : ['']).flatMap((isa) =>
      (threads.length > 0 ? threads : ['']).flatMap((count) => {
        const env = { ...process.env };
        if (isa !== '') env.GRADTAPE_FORCE_ISA = isa;
        if (count !== '') env.GRADTAPE_NUM_THREADS = count;
        const { status } = spawnSync(
          process.execPath,
          [...process.execArgv, __filename, ...rest, '--json', file],
          { env, stdio: 'inherit' },
        );
        if (status !== 0)
          throw new Error(
            `the run with ${isa || 'the usual instruction set'}, ${count || 'all'} threads failed`,
          );
        return (JSON.parse(fs.readFileSync(file, 'utf8')) as BenchFile).runs;
      }),
    );
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function runHere(words: readonly string[], seconds: number): Result[] {
  const all = benchmarks({ seconds, full: words.length > 0 });
  // A word may match a result rather than a benchmark: 'roofline/machine' is a result of 'roofline'.
  const chosen = all.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  if (chosen.length === 0) throw new Error(`no benchmark's name contains ${words.join(' or ')}`);
  const results: Result[] = [];
  for (const benchmark of chosen) {
    for (const result of [benchmark.run()].flat()) {
      results.push(result);
      console.log(showResult(result));
    }
  }
  console.log(`\n${showSummary(results)}`);
  return results;
}

function main(): void {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seconds: text, json: text, threads: text, isa: text, list: flag, help: flag },
  });
  if (values.help === true) return console.log(usage);
  const seconds = Number(values.seconds ?? 0.5);
  if (!(seconds > 0)) throw new Error('--seconds must be a number greater than 0');
  if (values.list === true) {
    return console.log(
      benchmarks({ seconds, full: false })
        .map(({ name }) => name)
        .join('\n'),
    );
  }
  const [isas, threads] = [list(values.isa), list(values.threads)];
  let runs: BenchFile['runs'];
  if (isas.length > 0 || threads.length > 0) {
    runs = runApart(isas, threads, [...positionals, '--seconds', String(seconds)]);
  } else {
    const about = machine(tf.config.threading.getIntraOpParallelismThreads());
    console.log(`${describe(about)}\n`);
    runs = [{ machine: about, rows: runHere(positionals, seconds) }];
  }
  if (values.json !== undefined) {
    const file: BenchFile = { format: 1, suite: 'bench', runs };
    fs.writeFileSync(values.json, `${JSON.stringify(file, null, 1)}\n`);
  }
}

try {
  main();
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}
