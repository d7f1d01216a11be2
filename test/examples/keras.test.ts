/** The examples of Keras run, learn and draw. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { root } from '../helpers/child';

// Untrained: one digit in ten (in five), a loss of log 62 = 4.13; the hour before is 0.195 off, rents vary by 500.
test.each([
  ['images', 'Test accuracy', (accuracy: number) => accuracy > 75],
  ['series', 'Mean error of the LSTM', (error: number) => error < 0.15],
  ['characters', 'Test loss', (loss: number) => loss < 3.1],
  ['text', 'Test accuracy', (accuracy: number) => accuracy > 75],
  ['two-inputs', 'Mean error', (error: number) => error < 120],
  ['transfer', 'Test accuracy', (accuracy: number) => accuracy > 65],
])('%s --quick', (name, word, good) => {
  const out = fs.mkdtempSync(path.join(os.tmpdir(), `${name}-`));
  try {
    const main = path.join(root, 'dist/examples/keras', name, 'main.js');
    const { stdout, stderr, status } = spawnSync(process.execPath, [main, '--quick', '--out', out], {
      encoding: 'utf8',
      cwd: root,
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const found = new RegExp(`^${word}: ([\\d.]+)`, 'm').exec(stdout);
    const reached = Number(found?.[1]);
    expect([reached, good(reached)]).toEqual([reached, true]);
    expect(stdout).toMatch(/Epoch 1\//);
    expect(fs.readFileSync(path.join(out, 'history.svg'), 'utf8')).toMatch(/^<svg/);
    expect(fs.readFileSync(path.join(out, 'history.png')).subarray(1, 4).toString()).toBe('PNG');
  } finally {
    fs.rmSync(out, { recursive: true });
  }
});
