'use strict';
/**
 * Copies build/Release/gradtape.node, stripped of symbols, to where a package carries it:
 * prebuilds/<platform>-<arch>[-musl]/gradtape.node. `--out FOLDER` in place of prebuilds; `--from FILE` and
 * `--target linux-arm64` for a binary that was built for another platform.
 */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const root = path.join(__dirname, '..');
const { values } = parseArgs({
  options: { out: { type: 'string' }, from: { type: 'string' }, target: { type: 'string' } },
});
const from = values.from ?? path.join(root, 'build', 'Release', 'gradtape.node');
const here = `${process.platform}-${process.arch}`;
const target = values.target ?? `${here}${libc(from)}`;
const file = path.join(values.out ?? path.join(root, 'prebuilds'), target, 'gradtape.node');

/** '-musl' for a Linux binary that names musl's library. */
function libc(binary) {
  return process.platform === 'linux' && fs.readFileSync(binary).includes('libc.musl-') ? '-musl' : '';
}

fs.mkdirSync(path.dirname(file), { recursive: true });
fs.copyFileSync(from, file);
if (process.platform !== 'win32' && target.startsWith(here)) {
  const flags = process.platform === 'darwin' ? ['-x'] : ['--strip-unneeded'];
  const { status, error } = spawnSync('strip', [...flags, file], { stdio: 'inherit' });
  if (error !== undefined || status !== 0) throw error ?? new Error(`strip failed on ${file}`);
}
console.log(`${path.relative(process.cwd(), file)}: ${(fs.statSync(file).size / 1024).toFixed(0)} KiB`);
