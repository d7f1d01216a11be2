/** The examples of networks learn, say how far, and draw their learning curve. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { root } from '../helpers/child';

function run(name: string, ...args: string[]): { stdout: string; stderr: string; status: number | null } {
  const main = path.join(root, 'dist/examples', name, 'main.js');
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: root });
}

/** The last number after a word, from all that was printed. */
function figure(stdout: string, word: string): number {
  const found = new RegExp(`^${word}: ([\\d.]+)`, 'm').exec(stdout);
  if (found === null) throw new Error(`no ${word} in ${stdout}`);
  return Number(found[1]);
}

// Untrained, they are right one time in ten, and the loss of 62 characters is log 62 = 4.13.
test.each([
  ['mlp-mnist', 'Test accuracy', (accuracy: number) => accuracy > 80],
  ['cnn-mnist', 'Test accuracy', (accuracy: number) => accuracy > 80],
  ['char-transformer', 'Test loss', (loss: number) => loss > 1 && loss < 2.8],
])('%s --quick', (name, word, good) => {
  const out = fs.mkdtempSync(path.join(os.tmpdir(), `${name}-`));
  try {
    const { stdout, stderr, status } = run(name, '--quick', '--out', out);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const reached = figure(stdout, word);
    expect([reached, good(reached)]).toEqual([reached, true]);
    const svg = fs.readFileSync(path.join(out, 'learning-curve.svg'), 'utf8');
    expect(svg).toMatch(/^<svg/);
    for (const text of ['training', 'test', 'loss']) expect(svg).toContain(text);
    const png = fs.readFileSync(path.join(out, 'learning-curve.png'));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.length).toBeGreaterThan(5000);
  } finally {
    fs.rmSync(out, { recursive: true });
  }
});

test('the same seed gives the same training, and another one another', () => {
  const losses = (seed: string): string[] =>
    run('char-transformer', '--quick', '--steps', '10', '--seed', seed, '--out', 'none')
      .stdout.split('\n')
      // Without the seconds, which stand last.
      .map((line) => line.replace(/ {2}[\d.]+ s$/, ''));
  expect(losses('5')).toEqual(losses('5'));
  expect(losses('5')).not.toEqual(losses('6'));
});

test.each([
  ['mlp-mnist', ['--epochs', '0'], /--epochs must be a whole number from 1/],
  ['cnn-mnist', ['--steps', '3'], /--steps/],
  ['char-transformer', ['--steps', 'many'], /--steps must be a whole number/],
  ['char-transformer', ['--seed', 'x'], /--seed/],
])('%s %p is refused', (name, args, message) => {
  const { stderr, status } = run(name, ...args);
  expect(status).toBe(1);
  expect(stderr).toMatch(message);
  expect(stderr).toContain('--help');
});

test.each(['mlp-mnist', 'cnn-mnist', 'char-transformer'])('%s --help lists the options', (name) => {
  const { stdout, status } = run(name, '--help');
  expect(status).toBe(0);
  for (const option of ['--quick', '--seed', '--out']) expect(stdout).toContain(option);
});
