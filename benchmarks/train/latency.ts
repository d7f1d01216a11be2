/** The latency of the event loop while training steps run off it, back to back, in a separate process. */
import { spawnSync } from 'node:child_process';
import { setImmediate, setTimeout } from 'node:timers/promises';
import * as tf from 'gradtape';
import { quantile } from '../measure';
import type { Benchmark, Result } from '../suite';
import { models, type ModelParams } from '../workers/gradtape_models';
import { tensor } from '../workers/gradtape_task';
import { freshStep } from '../workers/gradtape_train';
import { trainingWorkloads } from '../workloads/training';
import { inputsOf } from './workloads';

const limit = 5;

interface Figures {
  median: number;
  p99: number;
  most: number;
  /** p99 of an idle event loop. */
  idle: number;
  step: number;
  plain: number;
}

/** Milliseconds per step, for as many steps as fit the given time. */
async function perStep(step: () => tf.Tensor | Promise<tf.Tensor>, milliseconds: number): Promise<number> {
  const begin = performance.now();
  let steps = 0;
  for (; performance.now() - begin < milliseconds; steps++) {
    const result = step();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - begin) / steps;
}

/** Milliseconds: latency of events, an awaited step, a plain step. */
async function watch(kind: string, seconds: number): Promise<Figures> {
  const workload = trainingWorkloads.find((w) => w.kind === kind)!;
  const params = workload.params as unknown as ModelParams & { epsilon: number };
  const [x, target, ...initial] = inputsOf(workload).map(tensor);
  const step = tf.function(freshStep(models[kind](params), { ...params, rate: 1e-4 }, initial));
  for (let i = 0; i < 20; i++) await step.async(x, target);

  const timed = (): Promise<number> => perStep(() => step.async(x, target), 500 * seconds);
  const awaited = await timed();
  const idle = await sample(() => setTimeout(500 * seconds));
  const busy = await sample(timed);
  const plain = await perStep(() => step(x, target), 200 * seconds);
  return { ...busy, idle: idle.p99, step: awaited, plain };
}

/** The delay of a setImmediate that a timer requests every two milliseconds. The loop sleeps in between, as in a server. */
async function sample(f: () => Promise<unknown>): Promise<{ median: number; p99: number; most: number }> {
  const pause = 2;
  const late: number[] = [];
  let going = true;
  const sampling = (async () => {
    while (going) {
      const due = performance.now() + pause;
      await setTimeout(pause);
      await setImmediate();
      late.push(Math.max(0, performance.now() - due));
    }
  })();
  await f();
  going = false;
  await sampling;
  late.sort((a, b) => a - b);
  return { median: quantile(late, 0.5), p99: quantile(late, 0.99), most: quantile(late, 1) };
}

function run(name: string, kind: string, seconds: number): Result {
  const child = spawnSync(process.execPath, [__filename, kind, String(seconds)], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`${name} failed: ${child.stderr}`);
  const f = JSON.parse(child.stdout) as Figures;
  const ms = (v: number): string => `${v.toFixed(v < 1 ? 3 : 2)} ms`;
  return {
    name,
    timings: [],
    figures: {
      'setImmediate, median': ms(f.median),
      p99: ms(f.p99),
      longest: ms(f.most),
      'p99 of an idle loop': ms(f.idle),
      'awaited step': ms(f.step),
      'plain step': ms(f.plain),
    },
    aim: { text: `p99 ≤ ${limit} ms`, met: f.p99 <= limit },
  };
}

export function latencyBenchmarks({ seconds }: { seconds: number }): Benchmark[] {
  return ['mlp', 'cnn'].map((kind) => {
    const name = `training/event loop beside ${kind} steps`;
    return { name, run: () => run(name, kind, 4 * seconds) };
  });
}

if (require.main === module) {
  void watch(process.argv[2], Number(process.argv[3])).then((figures) => {
    process.stdout.write(JSON.stringify(figures));
  });
}
