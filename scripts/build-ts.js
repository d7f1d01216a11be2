'use strict';
/**
 * Builds dist/: the declarations by tsc; the JavaScript by esbuild, one file for each entry of the package, because
 * loading a hundred files costs twice the time and memory of loading one; the examples by tsc. Keras is a file of its own,
 * which is loaded where it is first used; it shares the file `engine.js` with the library.
 */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');
const { exports: exported } = require('../package.json');

const root = path.join(__dirname, '..');
const dist = path.join(root, 'dist');

function tsc(project) {
  const result = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', project], {
    cwd: root,
    stdio: 'inherit',
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/**
 * Declarations that TypeScript 5.4 reads: up to 5.6 typed arrays have no parameter for their buffer. Node's buffers are typed
 * arrays: users need not have its types.
 */
function writeOldTypedArrays() {
  for (const name of fs.readdirSync(dist, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    const file = path.join(dist, name);
    const text = fs.readFileSync(file, 'utf8');
    const old = text.replace(/\b(\w+Array)<ArrayBuffer(Like)?>/g, '$1').replace(/\bBuffer\b/g, 'Uint8Array');
    if (old !== text) fs.writeFileSync(file, old);
  }
}

/** Declarations that those of the entries do not refer to: no program can reach them, and they are a tenth of the package. */
function removeUnreachedDeclarations() {
  const reached = new Set();
  const visit = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const [, to] of fs
      .readFileSync(file, 'utf8')
      .matchAll(/\b(?:from |import\(|import )['"](\.[^'"]*)['"]/g)) {
      const base = path.resolve(path.dirname(file), to);
      const next = [`${base}.d.ts`, path.join(base, 'index.d.ts')].find((name) => fs.existsSync(name));
      if (next === undefined) throw new Error(`${file} refers to ${to}, which has no declarations`);
      visit(next);
    }
  };
  for (const { types } of Object.values(exported)) if (types !== undefined) visit(path.join(root, types));
  for (const name of fs.readdirSync(dist, { recursive: true })) {
    const file = path.join(dist, name);
    if (name.endsWith('.d.ts') && !reached.has(file)) fs.rmSync(file);
  }
}

/** Makes the files shorter by a fifth: no indentation, in lines that editors and stack traces can show; names are kept. */
const condensing = { minifyWhitespace: true, minifySyntax: true, lineLimit: 160 };
const condensed = (text) => esbuild.transformSync(text, { ...condensing, charset: 'ascii' }).code;

const settings = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  // Text outside ASCII would make V8 keep the whole file in two bytes a character.
  charset: 'ascii',
  logLevel: 'warning',
};

/** Leaves Keras out of lib/index.ts. */
const withoutKeras = {
  name: 'without-keras',
  setup(build) {
    build.onResolve({ filter: /^\.\/keras$/ }, ({ importer }) =>
      importer === path.join(root, 'lib', 'index.ts') ? { path: 'keras', namespace: 'without-keras' } : null,
    );
    build.onLoad({ filter: /./, namespace: 'without-keras' }, () => ({ contents: 'export {};' }));
  },
};

/**
 * An ES module of esbuild's as a CommonJS one. Unlike those that esbuild writes, it reads what it imports once, so that a
 * call of an imported function is one of a constant.
 */
function toCommonJs(text) {
  const named = (list, separator) => list.replace(/([\w$]+) as ([\w$]+)/g, separator);
  const converted = text
    .replace(
      /^import \{([^}]*)\} from (".*");$/gm,
      (_, list, from) => `const {${named(list, '$1: $2')}} = require(${from});`,
    )
    .replace(/^import \* as ([\w$]+) from (".*");$/gm, 'const $1 = require($2);')
    .replace(/^export \{([^}]*)\};$/gm, (_, list) => `module.exports = {${named(list, '$2: $1')}};`)
    .replace(/\bnodeRequire\(/g, 'require(');
  // A module without an export counts as CommonJS, and esbuild wraps all that it imports: then a file has no values of these when
  // others read what it exports.
  const wrapped = /^var \w+ = __commonJS\(\{\s*"(.*?)"/m.exec(converted);
  if (wrapped !== null)
    throw new Error(`esbuild wrapped ${wrapped[1]}: is there a module without an export, such as export {}?`);
  const left = /^(import|export) .*/m.exec(converted);
  if (left !== null) throw new Error(`esbuild wrote what scripts/build-ts.js does not know: ${left[0]}`);
  return `"use strict";\n${converted}`;
}

/** Writes library.js, keras/index.js and engine.js, which both share; the names that the first two export. */
async function buildLibrary() {
  const { outputFiles, metafile } = await esbuild.build({
    ...settings,
    entryPoints: { library: 'lib/index.ts', 'keras/index': 'lib/keras/index.ts' },
    plugins: [withoutKeras],
    format: 'esm',
    splitting: true,
    chunkNames: 'engine',
    // Otherwise esbuild would wrap it for ES modules.
    define: { require: 'nodeRequire' },
    metafile: true,
    write: false,
  });
  for (const { path: file, text } of outputFiles) fs.writeFileSync(file, condensed(toCommonJs(text)));
  const names = (file) => metafile.outputs[`dist/${file}`].exports.sort();
  return { library: names('library.js'), keras: names('keras/index.js') };
}

/** Node searches the file that `import` names for the names in it, which takes longer than running it: it is a small one. */
const index = ({ library, keras }) => `'use strict';
// esbuild exports getters; a call of tf.add in a loop should not go through one each time.
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
// import reads all that is exported, so tf.keras itself is there at once; its parts are loaded with the first of them.
const keras = {};
const kerasNames = ${JSON.stringify(keras)};
function loadKeras() {
  const space = plain(require('./keras/index.js'));
  for (const name of kerasNames) Object.defineProperty(keras, name, { value: space[name], writable: true });
  return space;
}
for (const name of kerasNames)
  Object.defineProperty(keras, name, { get: () => loadKeras()[name], enumerable: true, configurable: true });
const library = plain(require('./library.js'));
// Some ops are public in Keras alone.
const registry = () => (loadKeras(), library.registry());
module.exports = { ...library, keras, registry };
Object.create(module.exports);
Object.defineProperty(module.exports, '__esModule', { value: true });
// What import can name.
0 && (module.exports = { ${library.map((name) => `${name}: null`).join(', ')} });
`;

async function main() {
  fs.rmSync(dist, { recursive: true, force: true });
  tsc('tsconfig.build.json');
  writeOldTypedArrays();
  fs.writeFileSync(path.join(dist, 'index.js'), index(await buildLibrary()));
  await esbuild.build({
    ...settings,
    entryPoints: { 'plot/index': 'lib/plot/index.ts', 'jest/index': 'lib/jest/index.ts' },
    format: 'cjs',
    ...condensing,
  });
  // It requires the library instead of having another copy of it.
  await esbuild.build({
    ...settings,
    entryPoints: { 'serving/index': 'lib/serving/index.ts' },
    external: ['gradtape'],
    format: 'cjs',
    ...condensing,
  });
  removeUnreachedDeclarations();
  tsc('tsconfig.examples.json');
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
