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

/** Declarations that TypeScript 5.4 reads: up to 5.6 typed arrays have no parameter for their buffer. */
function writeOldTypedArrays() {
  for (const name of fs.readdirSync(dist, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    const file = path.join(dist, name);
    const text = fs.readFileSync(file, 'utf8');
    const old = text.replace(/\b(\w+Array)<ArrayBuffer(Like)?>/g, '$1');
    if (old !== text) fs.writeFileSync(file, old);
  }
}

fs.rmSync(dist, { recursive: true, force: true });
tsc('tsconfig.build.json');
writeOldTypedArrays();
esbuild.buildSync({
  absWorkingDir: root,
  entryPoints: {
    library: 'lib/index.ts',
    'plot/index': 'lib/plot/index.ts',
    'jest/index': 'lib/jest/index.ts',
  },
  outdir: dist,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // Text outside ASCII would make V8 keep the whole file in two bytes a character.
  charset: 'ascii',
  logLevel: 'warning',
});

// Node searches the file that `import` names for the names in it, which takes longer than running it: that file is a
// small one, to which esbuild's list of the names moves.
const library = path.join(dist, 'library.js');
const text = fs.readFileSync(library, 'utf8');
const at = text.lastIndexOf('// Annotate the CommonJS export names');
if (at < 0) throw new Error('esbuild left no list of the exported names');
fs.writeFileSync(library, text.slice(0, at));
fs.writeFileSync(
  path.join(dist, 'index.js'),
  `'use strict';
// esbuild exports getters; whoever calls tf.add in a loop should not call one each time.
function plain(space) {
  const out = {};
  for (const [name, value] of Object.entries(space)) out[name] = isNamespace(value) ? plain(value) : value;
  // Being a prototype once makes V8 lay an object with many properties out for fast access.
  Object.create(out);
  return out;
}
function isNamespace(value) {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(Object.getOwnPropertyDescriptors(value)).some((property) => property.get !== undefined);
}
module.exports = plain(require('./library.js'));
Object.defineProperty(module.exports, '__esModule', { value: true });
${text.slice(at)}`,
);
tsc('tsconfig.examples.json');
