/** The tutorial prints what TensorFlow 2.21 prints with the same seed, and draws its pictures. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { root } from '../helpers/child';

interface Recorded {
  prints: Record<string, string>;
  runs: { seed: number; learningRate: number; printed: string[] }[];
}

const recorded = JSON.parse(
  fs.readFileSync(path.join(root, 'test/golden/fixtures/custom_training.json'), 'utf8'),
) as Recorded;

function tutorial(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  const main = path.join(root, 'dist/examples/custom-training/main.js');
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: root });
}

const trained = (stdout: string): string[] =>
  stdout.split('\n').filter((line) => /^(Current loss|Epoch)/.test(line));

/** The printed numbers, each as a count of its last digit. */
function lastDigits(line: string): number[] {
  return [...line.matchAll(/\d+\.(\d+)/g)].map(([number, decimals]) =>
    Math.round(Number(number) * 10 ** decimals.length),
  );
}

test('with seed 1234 every line is TensorFlow’s', () => {
  const { stdout, stderr, status } = tutorial('--seed', '1234', '--out', 'none');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const run = recorded.runs.find((r) => r.seed === 1234 && r.learningRate === 0.1);
  expect(trained(stdout)).toEqual(run?.printed);
  expect(stdout).toContain(recorded.prints['tf.zeros([10, 10]) + 2']);
});

test.each(recorded.runs.map((run) => [run.seed, run.learningRate, run] as const))(
  'with seed %i and learning rate %d the lines differ by a last digit at most',
  (seed, learningRate, run) => {
    // TensorFlow's own sum of a thousand float32 squares is a last digit off the exact one in places.
    const lines = trained(
      tutorial('--seed', `${seed}`, '--learning-rate', `${learningRate}`, '--out', 'none').stdout,
    );
    expect(lines.map((line) => line.replace(/\d/g, '0'))).toEqual(
      run.printed.map((line) => line.replace(/\d/g, '0')),
    );
    lines.forEach((line, i) => {
      const theirs = lastDigits(run.printed[i]);
      lastDigits(line).forEach((n, k) => expect(Math.abs(n - theirs[k])).toBeLessThanOrEqual(1));
    });
  },
);

test('draws the data, the fit and the way there', () => {
  const out = fs.mkdtempSync(path.join(os.tmpdir(), 'tutorial-'));
  try {
    const { status, stderr } = tutorial('--out', out, '--epochs', '5', '--examples', '100');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    for (const name of ['before', 'after', 'progress']) {
      const svg = fs.readFileSync(path.join(out, `${name}.svg`), 'utf8');
      expect(svg).toMatch(/^<svg/);
      const words = name === 'progress' ? ['True W', 'True b', 'Epoch'] : ['Data', 'Predictions'];
      for (const word of words) expect(svg).toContain(word);
      const png = fs.readFileSync(path.join(out, `${name}.png`));
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      expect(png.length).toBeGreaterThan(5000);
    }
  } finally {
    fs.rmSync(out, { recursive: true });
  }
});

test('--help lists the options', () => {
  const { stdout, status } = tutorial('--help');
  expect(status).toBe(0);
  for (const option of ['--epochs', '--learning-rate', '--examples', '--seed', '--out'])
    expect(stdout).toContain(option);
});

test.each([
  [['--epochs', 'many'], /--epochs must be a whole number/],
  [['--epochs', '-1'], /--epochs/],
  [['--examples', '0'], /--examples must be a whole number from 1/],
  [['--examples', '1.5'], /--examples/],
  [['--learning-rate', 'NaN'], /--learning-rate must be a number greater than 0/],
  [['--learning-rate', '0'], /--learning-rate/],
  [['--seed', 'x'], /--seed/],
  [['--fast'], /--fast/],
  [['extra'], /extra/],
])('%p is refused', (args, message) => {
  const { stderr, status } = tutorial(...args);
  expect(status).toBe(1);
  expect(stderr).toMatch(message);
  expect(stderr).toContain('--help');
});
