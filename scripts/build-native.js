'use strict';
/**
 * Builds build/Release/gradtape.node with node-gyp. Where the running Node carries its own headers they are used,
 * so that nothing is downloaded. Arguments go on to node-gyp (`--debug`, `-- -Dsanitize=address`).
 */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const prefix = path.resolve(process.execPath, '..', '..');
const hasHeaders = fs.existsSync(path.join(prefix, 'include', 'node', 'node_api.h'));
const nodeGyp = require.resolve('node-gyp/bin/node-gyp.js');
const args = ['configure', 'build', '--jobs', String(os.availableParallelism())];
if (hasHeaders) args.push('--nodedir', prefix);
args.push(...process.argv.slice(2));
const result = spawnSync(process.execPath, [nodeGyp, ...args], {
  cwd: path.join(__dirname, '..'),
  stdio: 'inherit',
});
if (result.error) throw result.error;
process.exitCode = result.status ?? 1;
