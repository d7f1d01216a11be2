/** Memory of synchronous loops that dispose nothing. Each runs in a separate process. */
import { spawnSync } from 'node:child_process';
import * as tf from 'gradtape';
import type { Benchmark, Result } from '../suite';
import { tapedStep, tutorialData } from '../train/tutorial';

const MB = 1024 * 1024;

/** A million taped steps: the growth of memory after the first tenth, and the speed of the last tenth. */
function steps(): Record<string, number> {
  const { inputs, outputs } = tutorialData(1000);
  const { step } = tapedStep(inputs, outputs, 0.01);
  const rss: number[] = [];
  const times: number[] = [];
  for (let part = 0; part < 10; part++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < 100_000; i++) step();
    times.push(Number(process.hrtime.bigint() - start) / 1e5);
    rss.push(process.memoryUsage.rss());
  }
  return {
    growthMB: (Math.max(...rss.slice(1)) - rss[0]) / MB,
    peakMB: Math.max(...rss) / MB,
    firstNs: times[1],
    lastNs: times[9],
  };
}

/** Allocates and drops a thousand tensors of 10 MB. */
function large(): Record<string, number> {
  let peak = 0;
  const x = tf.ones([2_500_000]);
  for (let i = 0; i < 1000; i++) {
    tf.add(x, x);
    if (i % 10 === 0) peak = Math.max(peak, process.memoryUsage.rss());
  }
  return { peakMB: peak / MB };
}

const loops = { steps, large };

/** Runs a loop in a separate process and returns its figures. */
function child(name: keyof typeof loops): Record<string, number> {
  const result = spawnSync(process.execPath, [__filename, name], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`the loop '${name}' failed: ${result.stderr}`);
  return JSON.parse(result.stdout) as Record<string, number>;
}

export function memoryBenchmarks(): Benchmark[] {
  return [
    {
      name: 'memory/10⁶ taped steps in one synchronous loop',
      run: (): Result => {
        const f = child('steps');
        return {
          name: 'memory/10⁶ taped steps in one synchronous loop',
          timings: [],
          figures: {
            'RSS growth after the first 10⁵ steps': `${f.growthMB.toFixed(1)} MB`,
            peak: `${f.peakMB.toFixed(0)} MB`,
            'step, second tenth': `${(f.firstNs / 1e3).toFixed(2)} µs`,
            'step, last tenth': `${(f.lastNs / 1e3).toFixed(2)} µs`,
          },
          aim: { text: 'growth ≤ 20 MB, no slowdown', met: f.growthMB <= 20 && f.lastNs <= 1.15 * f.firstNs },
        };
      },
    },
    {
      name: 'memory/1,000 tensors of 10 MB in a synchronous loop',
      run: (): Result => {
        const f = child('large');
        return {
          name: 'memory/1,000 tensors of 10 MB in a synchronous loop',
          timings: [],
          figures: { 'peak RSS': `${f.peakMB.toFixed(0)} MB` },
          aim: { text: 'peak ≤ 300 MB', met: f.peakMB <= 300 },
        };
      },
    },
  ];
}

if (require.main === module) {
  const name = process.argv[2] as keyof typeof loops;
  process.stdout.write(JSON.stringify(loops[name]()));
}
