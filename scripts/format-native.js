'use strict';
/** Formats native/**: rewrites the files, or with --check only says which differ and fails. */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { getNativeBinary } = require('clang-format');

const root = path.join(__dirname, '..');
const check = process.argv.includes('--check');
const files = fs
  .readdirSync(path.join(root, 'native'), { recursive: true })
  .filter((name) => /\.(h|cc)$/.test(name))
  .map((name) => path.join('native', name))
  .sort();
const args = check ? ['--dry-run', '--Werror'] : ['-i'];
const result = spawnSync(getNativeBinary(), [...args, '--style=file', ...files], {
  cwd: root,
  stdio: 'inherit',
});
if (result.error) throw result.error;
if (result.status !== 0 && check) console.error('To mend it: node scripts/format-native.js');
process.exitCode = result.status ?? 1;
