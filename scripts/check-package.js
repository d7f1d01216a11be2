'use strict';
/**
 * Packs the built library (`npm run build` first) and uses the package as its users would: what it contains, publint,
 * attw, an installation without scripts, one Tensor class however it is loaded, types under every module resolution,
 * and what its import costs.
 */
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '..');
const temp = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-package-'));
const limits = { milliseconds: 40, megabytes: 15 };

/** Runs a command and returns what it printed; throws with all of its output where it fails. */
function run(command, args, options = {}) {
  const env = { ...process.env, ...options.env };
  delete env.GRADTAPE_BINARY;
  const result = spawnSync(command, args, { encoding: 'utf8', ...options, env });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    throw new Error(
      `${command} ${args.join(' ')} failed (${result.status}):\n${result.stdout}${result.stderr}`,
    );
  }
  return result.stdout;
}

function node(args, options) {
  return run(process.execPath, args, options);
}

function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
}

function step(name, f) {
  const start = performance.now();
  const said = f();
  console.log(`ok  ${name}${said ? `: ${said}` : ''} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

/** Packs a folder into the folder `name`; returns the tarball and the names in it. */
function pack(folder, name) {
  const destination = path.join(temp, name);
  fs.mkdirSync(destination);
  const [info] = JSON.parse(
    run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', destination], { cwd: folder }),
  );
  return { tarball: path.join(destination, info.filename), names: info.files.map((file) => file.path), info };
}

/** Unpacks a tarball as `folder`. */
function unpack(tarball, folder) {
  fs.mkdirSync(folder, { recursive: true });
  run('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
}

function checkContents({ names, info }) {
  const has = (name) => names.includes(name);
  const needed = [
    ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'binding.gyp', 'scripts/build-native.js'],
    ...[
      'dist/index.js',
      'dist/index.d.ts',
      'dist/core/tensor.d.ts',
      'dist/plot/index.js',
      'dist/plot/index.d.ts',
    ],
    ...['native/sources.gypi', 'native/addon/addon.cc', 'native/kernels/table.h'],
  ];
  assert.deepEqual(
    needed.filter((name) => !has(name)),
    [],
    'files that the package lacks',
  );
  // All that the build from source reads.
  const gypi = JSON.parse(fs.readFileSync(path.join(root, 'native/sources.gypi'), 'utf8'));
  const sources = Object.entries(gypi.variables).flatMap(([key, list]) =>
    key.endsWith('_sources') ? list : [],
  );
  assert.deepEqual(
    sources.filter((name) => !has(name)),
    [],
    'native sources that the package lacks',
  );
  const allowed =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|binding\.gyp|scripts\/build-native\.js|dist\/.*\.(js|d\.ts)|native\/.*|prebuilds\/[^/]+\/gradtape\.node)$/;
  const barred = /^(dist\/examples|native\/tests)\//;
  assert.deepEqual(
    names.filter((name) => !allowed.test(name) || barred.test(name)),
    [],
    'files that the package should not carry',
  );
  return `${names.length} files, ${(info.size / 1024).toFixed(0)} KiB packed, ${(info.unpackedSize / 1024).toFixed(0)} unpacked`;
}

const bin = (name) => path.join(root, 'node_modules', '.bin', name);

/** A program that loads the package in every way and finds one library. */
const loading = `
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as tf from 'gradtape';
import whole from 'gradtape';
import { Variable, Tensor, add } from 'gradtape';
const required = createRequire(import.meta.url)('gradtape');
const later = await import('gradtape');

assert.equal(tf.Tensor, required.Tensor);
assert.equal(Tensor, required.Tensor);
assert.equal(Variable, required.Variable);
assert.equal(later.Tensor, required.Tensor);
assert.equal(whole, required);
// Every name that require gives is one that import can name.
const names = Object.keys(required);
assert.deepEqual(names.filter((name) => !(name in tf)), []);
assert.ok(names.length > 20);

const v = new Variable([1, 2]);
const sum = add(required.add(v, 1), v.add(0.5));
assert.ok(sum instanceof tf.Tensor);
assert.deepEqual(sum.array(), [3.5, 5.5]);
const tape = new tf.GradientTape();
const y = tape.run(() => required.square(v));
assert.deepEqual(tape.gradient(y, v).array(), [2, 4]);
assert.throws(() => tf.add([1, 2], [1, 2, 3]), required.errors.InvalidArgumentError);
assert.throws(() => createRequire(import.meta.url)('gradtape/dist/core/tensor'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
const plot = await import('gradtape/plot');
assert.equal(plot.scatter, createRequire(import.meta.url)('gradtape/plot').scatter);
`;

const types = `
import * as tf from 'gradtape';
import { Variable, type Tensor, type TensorLike } from 'gradtape';
import * as plot from 'gradtape/plot';

const double = (x: TensorLike): Tensor => tf.multiply(x, 2);
const v: Variable = new Variable([1, 2], { name: 'v' });
const y: tf.Tensor = double(v).add(1);
const shape: readonly number[] = y.shape;
const tape = new tf.GradientTape({ persistent: true });
const gradient = tape.gradient(tape.run(() => tf.square(v)), v);
export const read: number | bigint | boolean | undefined = gradient === null ? undefined : shape.length;
export const chart = plot.scatter;

// @ts-expect-error -- not any: unknown names are errors
tf.noSuchFunction;
// @ts-expect-error -- an object is not a tensor
tf.add({}, 1);
// @ts-expect-error -- tensors come from functions
new tf.Tensor();
// @ts-expect-error -- methods are typed
y.add();
`;

function checkTypes(folder) {
  const base = { strict: true, noEmit: true, skipLibCheck: false, types: [], lib: ['es2022'] };
  const projects = {
    'node16 import': { module: 'node16', moduleResolution: 'node16', file: 'types.mts' },
    'node16 require': { module: 'node16', moduleResolution: 'node16', file: 'types.cts' },
    bundler: { module: 'esnext', moduleResolution: 'bundler', file: 'types.ts' },
    nodenext: { module: 'nodenext', moduleResolution: 'nodenext', file: 'types.mts', target: 'esnext' },
  };
  for (const [name, { file, ...options }] of Object.entries(projects)) {
    const config = `tsconfig.${name.replace(' ', '-')}.json`;
    const compilerOptions = { ...base, target: 'es2022', ...options };
    write(folder, { [file]: types, [config]: JSON.stringify({ compilerOptions, files: [file] }) });
    node([require.resolve('typescript/bin/tsc'), '-p', config], { cwd: folder });
  }
  return Object.keys(projects).join(', ');
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** What the import adds to a Node that does nothing: medians over interleaved processes. */
function costs(folder, rounds) {
  write(folder, {
    'empty.cjs': '',
    'require.cjs': "require('gradtape');",
    'import.mjs': "import 'gradtape';",
    'empty.mjs': '',
  });
  // Written at exit: memory, and the processor's time, which other processes of the machine do not add to.
  write(folder, {
    'report.cjs': `process.on('exit', () => {
      const { user, system } = process.cpuUsage();
      console.log(JSON.stringify({ mb: process.memoryUsage().rss / 2 ** 20, cpu: (user + system) / 1000 }));
    });`,
  });
  const samples = {};
  for (let round = 0; round < rounds; round++) {
    for (const name of ['empty.cjs', 'require.cjs', 'empty.mjs', 'import.mjs']) {
      const start = performance.now();
      const { mb, cpu } = JSON.parse(node(['-r', './report.cjs', name], { cwd: folder }));
      samples[name] ??= { ms: [], cpu: [], mb: [] };
      samples[name].ms.push(performance.now() - start);
      samples[name].cpu.push(cpu);
      samples[name].mb.push(mb);
    }
  }
  const over = (name, empty) => {
    const of = (which) =>
      Object.fromEntries(Object.entries(samples[which]).map(([what, values]) => [what, median(values)]));
    const bare = of(empty);
    const loaded = of(name);
    return { ms: loaded.ms - bare.ms, cpu: loaded.cpu - bare.cpu, mb: loaded.mb - bare.mb, bare };
  };
  return { require: over('require.cjs', 'empty.cjs'), import: over('import.mjs', 'empty.mjs') };
}

function checkCosts(folder) {
  // A busy machine can only make it look slower: a second and third look may find it within the limits.
  for (let attempt = 1; ; attempt++) {
    const found = costs(folder, 15);
    const said = Object.entries(found)
      .map(
        ([how, { ms, cpu, mb, bare }]) =>
          `${how} ${ms.toFixed(1)} ms (CPU ${cpu.toFixed(1)}, bare ${bare.cpu.toFixed(1)}), ${mb.toFixed(1)} MB`,
      )
      .join('; ');
    // Bare Node takes about 40 ms: where it takes longer, the machine is slow or busy, and so is the import.
    const within = ({ ms, cpu, mb, bare }) =>
      mb <= limits.megabytes &&
      (ms <= Math.max(limits.milliseconds, bare.ms) || cpu <= Math.max(limits.milliseconds, bare.cpu));
    if (Object.values(found).every(within)) return `over bare Node, ${said}`;
    if (attempt === 3) {
      throw new Error(
        `the import costs more than ${limits.milliseconds} ms or ${limits.megabytes} MB: ${said}`,
      );
    }
  }
}

function main() {
  const stage = path.join(temp, 'stage');
  const app = path.join(temp, 'app');
  let first;
  let final;
  step('contents', () => {
    first = pack(root, 'first');
    return checkContents(first);
  });
  step('prebuilt binary', () => {
    unpack(first.tarball, stage);
    const said = node([path.join(root, 'scripts', 'prebuild.js'), '--out', path.join(stage, 'prebuilds')], {
      cwd: stage,
    });
    final = pack(stage, 'final');
    checkContents(final);
    return said.trim();
  });
  step('publint', () => void run(bin('publint'), ['run', final.tarball, '--strict']));
  step('attw', () => void run(bin('attw'), [final.tarball, '--no-color']));
  step('npm install --ignore-scripts', () => {
    write(app, { 'package.json': JSON.stringify({ name: 'app', private: true }) });
    run(
      'npm',
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', final.tarball],
      {
        cwd: app,
      },
    );
    const installed = fs.readdirSync(path.join(app, 'node_modules')).filter((name) => !name.startsWith('.'));
    assert.deepEqual(installed.sort(), ['gradtape'], 'packages that come with it');
  });
  step('one library by import and require', () => {
    write(app, { 'loading.mjs': loading });
    node(['loading.mjs'], { cwd: app });
  });
  step('types', () => checkTypes(app));
  step('without its binary it says so', () => {
    const bare = path.join(temp, 'bare', 'node_modules', 'gradtape');
    unpack(first.tarball, bare);
    write(path.join(temp, 'bare'), { 'package.json': '{}' });
    const script = "try { require('gradtape') } catch (e) { console.log(e.message) }";
    const said = node(['-e', script], { cwd: path.join(temp, 'bare') });
    assert.match(said, /could not be loaded/);
    assert.ok(said.includes(`cd ${fs.realpathSync(bare)} && npm run build:native`), said);
  });
  // A figure of time: not for machines that others use too.
  if (!process.argv.includes('--no-cost')) step('cost of the import', () => checkCosts(app));
}

try {
  main();
} finally {
  fs.rmSync(temp, { recursive: true, force: true });
}
