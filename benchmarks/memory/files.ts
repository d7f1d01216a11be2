/** Loading a model of 100 MB, compared with reading its file, in a separate process. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';
import type { Benchmark, Result } from '../suite';

const rounds = 5;
const name = 'memory/load a .keras file of 100 MB';

interface Figures {
  megabytes: number;
  readMs: number;
  loadMs: number;
  peak: number;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

async function timed(f: () => unknown): Promise<number> {
  // Collects garbage of the previous round first, so that both start with the same memory.
  (globalThis as { gc?: () => void }).gc?.();
  const start = performance.now();
  await f();
  return performance.now() - start;
}

async function save(file: string): Promise<void> {
  const dense = Array.from({ length: 6 }, () => new tf.keras.layers.Dense(2048));
  await new tf.keras.Sequential([tf.keras.Input([2048]), ...dense]).save(file);
}

async function load(file: string): Promise<Figures> {
  const { size } = fs.statSync(file);
  const read: number[] = [];
  const loaded: number[] = [];
  // The first load includes compilation, and its peak is the peak of the process.
  await tf.keras.models.loadModel(file);
  const peak = (process.resourceUsage().maxRSS * 1024) / size;
  for (let i = 0; i < rounds; i++) {
    read.push(await timed(() => fs.readFileSync(file)));
    loaded.push(await timed(() => tf.keras.models.loadModel(file)));
  }
  return { megabytes: size / 1e6, readMs: median(read), loadMs: median(loaded), peak };
}

function child(task: 'save' | 'load', file: string): string {
  const result = spawnSync(process.execPath, ['--expose-gc', __filename, task, file], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`the process that should ${task} failed: ${result.stderr}`);
  return result.stdout;
}

function run(): Result {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-bench-'));
  try {
    const file = path.join(folder, 'm.keras');
    child('save', file);
    const f = JSON.parse(child('load', file)) as Figures;
    const ratio = f.loadMs / f.readMs;
    return {
      name,
      timings: [],
      figures: {
        file: `${f.megabytes.toFixed(0)} MB`,
        'reading the file': `${f.readMs.toFixed(0)} ms`,
        'loading the model': `${f.loadMs.toFixed(0)} ms`,
        'peak RSS': `${f.peak.toFixed(2)} × the file`,
      },
      aim: { text: '≤ 5 × reading, peak ≤ 3.5 × the file', met: ratio <= 5 && f.peak <= 3.5 },
    };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

export const fileBenchmarks = (): Benchmark[] => [{ name, run }];

if (require.main === module) {
  const [task, file] = process.argv.slice(2);
  if (task === 'save') void save(file);
  else void load(file).then((figures) => process.stdout.write(JSON.stringify(figures)));
}
