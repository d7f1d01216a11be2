/** The small examples run, learn, draw, and give the same at each run. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { root } from '../helpers/child';

function run(name: string, ...args: string[]): string {
  const main = path.join(root, 'dist/examples', name, 'main.js');
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, '--quick', ...args], {
    encoding: 'utf8',
    cwd: root,
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

// Without training: 50%; 784 · log 2 = 543; 1/6; about 4; 17%; 0.344 (yesterday's values).
test.each([
  ['logistic-regression', 'Test accuracy', (accuracy: number) => accuracy > 92],
  ['vae', 'Test loss', (loss: number) => loss < 215],
  ['gru-scan', 'Test loss', (loss: number) => loss < 0.02],
  ['k-means', 'Mean squared distance', (error: number) => error < 0.26],
  ['word-vectors', 'Neighbours of the same kind', (share: number) => share >= 90],
  ['forecast', 'Mean error', (error: number) => error < 0.13],
])('%s --quick', (name, word, good) => {
  const out = fs.mkdtempSync(path.join(os.tmpdir(), `${name}-`));
  try {
    const stdout = run(name, '--out', out);
    const reached = Number(new RegExp(`^${word}: ([\\d.]+)`, 'm').exec(stdout)?.[1]);
    expect([reached, good(reached)]).toEqual([reached, true]);
    expect(fs.readdirSync(out).map((file) => path.extname(file))).toEqual(['.png', '.svg']);
    for (const file of fs.readdirSync(out))
      expect(fs.statSync(path.join(out, file)).size).toBeGreaterThan(3000);
  } finally {
    fs.rmSync(out, { recursive: true });
  }
});

test('the same seed gives the same result, and another one another', () => {
  const line = (seed: string): string =>
    run('word-vectors', '--steps', '20', '--seed', seed, '--out', 'none');
  const loss = (seed: string): string => run('forecast', '--steps', '200', '--seed', seed, '--out', 'none');
  expect(line('5')).toBe(line('5'));
  expect(loss('5')).toBe(loss('5'));
  expect(loss('5')).not.toBe(loss('6'));
});
