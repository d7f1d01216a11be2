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
const nodeGyp = findNodeGyp();

/** Ours where the development packages are installed; else the one that npm carries. */
function findNodeGyp() {
  try {
    return require.resolve('node-gyp/bin/node-gyp.js');
  } catch {
    const ofNpm = [
      process.env.npm_config_node_gyp,
      path.join(prefix, 'lib', 'node_modules', 'npm', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'),
      path.join(path.dirname(process.execPath), 'node_modules/npm/node_modules/node-gyp/bin/node-gyp.js'),
    ].find((file) => file && fs.existsSync(file));
    if (ofNpm !== undefined) return ofNpm;
    console.error('node-gyp was not found: npm install node-gyp, and run this again');
    process.exit(1);
  }
}

const args = ['configure', 'build', '--jobs', String(os.availableParallelism())];
if (hasHeaders) args.push('--nodedir', prefix);
args.push(...process.argv.slice(2));
const result = spawnSync(process.execPath, [nodeGyp, ...args], {
  cwd: path.join(__dirname, '..'),
  stdio: 'inherit',
});
if (result.error) throw result.error;
process.exitCode = result.status ?? 1;
