/**
 * A process that is killed while it saves leaves the old file or the new one. GRADTAPE_KILLS=200 sets how often.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as tf from 'gradtape';
import { buildSync } from 'esbuild';

const root = path.join(__dirname, '..', '..');
const kills = Number(process.env.GRADTAPE_KILLS ?? 12);
let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-kill-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Writes files of 64 KiB blocks, over and over: the parts come from a generator, as those of models do. */
const program = `
const { writeAtomically } = require('./atomic.js');
function* parts(n) { for (let i = 0; i < 40; i++) yield Buffer.alloc(65536, n % 256); }
process.send('ready');
for (let n = 1; ; n++) writeAtomically(process.argv[2], parts(n));
`;

test('a file is old or new as a whole, whenever its writer is killed', async () => {
  buildSync({
    entryPoints: [path.join(root, 'lib/io/atomic.ts')],
    outfile: path.join(folder, 'atomic.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
  });
  const script = path.join(folder, 'writer.js');
  fs.writeFileSync(script, program);
  const file = path.join(folder, 'target.bin');
  fs.writeFileSync(file, Buffer.alloc(65536 * 40));
  const seen = new Set<number>();
  for (let i = 0; i < kills; i++) {
    const child = fork(script, [file], { execArgv: [] });
    await once(child, 'message');
    await setTimeout((i * 7) % 50);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const bytes = fs.readFileSync(file);
    expect(bytes.length).toBe(65536 * 40);
    expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
    seen.add(bytes[0]);
  }
  expect(seen.size).toBeGreaterThan(1);
}, 600_000);

test('a save that fails while it writes leaves nothing', async () => {
  const file = path.join(folder, 'kept.safetensors');
  await tf.io.saveSafetensors(file, { a: 1 });
  const before = fs.readFileSync(file);
  const lost = tf.ones([1000]);
  lost.dispose();
  await expect(tf.io.saveSafetensors(file, { a: tf.ones([10]), lost })).rejects.toThrow(tf.errors.OpError);
  expect(fs.readFileSync(file).equals(before)).toBe(true);
  expect(fs.readdirSync(folder).filter((name) => name.includes('kept'))).toEqual(['kept.safetensors']);
});
