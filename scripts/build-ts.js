'use strict';
/**
 * Builds dist/: the declarations by tsc; the JavaScript by esbuild, one file for each entry of the package, because
 * loading a hundred files costs twice the time and memory of loading one; the examples by tsc.
 */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');

const root = path.join(__dirname, '..');
const dist = path.join(root, 'dist');

function tsc(project) {
  const result = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', project], {
    cwd: root,
    stdio: 'inherit',
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

fs.rmSync(dist, { recursive: true, force: true });
tsc('tsconfig.build.json');
esbuild.buildSync({
  absWorkingDir: root,
  entryPoints: { index: 'lib/index.ts', 'plot/index': 'lib/plot/index.ts' },
  outdir: dist,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // Text outside ASCII would make V8 keep the whole file in two bytes a character.
  charset: 'ascii',
  sourcemap: true,
  logLevel: 'warning',
});
tsc('tsconfig.examples.json');
