'use strict';
/**
 * Bundles a program by each bundler, with the configuration that docs/deploying.md gives, and runs the bundle outside of the
 * folder that it was made in; and runs the program in other runtimes.
 */
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { hostPlatform } = require('../platforms');
const { root, run, node, newFolder, write } = require('./tools');

/** Exact versions: a check must not fail because something else was published. */
const bundlers = {
  webpack: '5.113.0',
  'node-loader': '2.1.0',
  '@vercel/ncc': '0.45.0',
  rollup: '4.68.8',
  vite: '7.3.8',
  '@vercel/nft': '1.11.5',
};
/** What these have for Linux on x86-64 alone. */
const runtimes = { '@oven/bun-linux-x64': '1.4.5', '@deno/linux-x64-glibc': '2.9.6' };

const installing = new Map();

/** A folder of build-prebuilds with these packages installed; kept as long as they are the same. */
function installed(name, dependencies) {
  if (!installing.has(name)) installing.set(name, installOnce(name, dependencies));
  return installing.get(name);
}

async function installOnce(name, dependencies) {
  const folder = path.join(root, 'build-prebuilds', name);
  const manifest = JSON.stringify({ private: true, dependencies });
  const mark = path.join(folder, 'installed.json');
  if (!fs.existsSync(mark) || fs.readFileSync(mark, 'utf8') !== manifest) {
    fs.rmSync(folder, { recursive: true, force: true });
    write(folder, { 'package.json': manifest });
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--engine-strict=false'];
    await run('npm', args, { cwd: folder });
    fs.writeFileSync(mark, manifest);
  }
  return folder;
}

const toolsFolder = () =>
  installed('environments', { ...bundlers, ...(hostPlatform() === 'linux-x64' ? runtimes : {}) });

const body = `
const v = new tf.Variable([1, 2]);
const f = tf.function((x) => x.mul(v).add(1));
console.log(f(tf.constant([3, 4])).array().join());
const dense = new tf.keras.layers.Dense(1, { kernelInitializer: 'ones' });
console.log(dense.invoke(tf.constant([[3, 4]])).array().join());
f.async(tf.constant([1, 1])).then((y) => console.log(y.array().join()));
`;
const said = '4,9\n7\n2,3\n';
const programs = {
  'main.cjs': `const tf = require('gradtape');${body}`,
  'main.mjs': `import * as tf from 'gradtape';${body}`,
};

/** Runs a bundle as it is, and with GRADTAPE_BINARY where the addon beside it is gone. */
async function runBundle(out, file) {
  assert.equal(await node([file], { cwd: out }), said);
  const elsewhere = path.join(newFolder('elsewhere'), 'gradtape.node');
  for (const name of fs.readdirSync(out, { recursive: true })) {
    if (name.endsWith('.node')) fs.renameSync(path.join(out, name), elsewhere);
  }
  assert.ok(fs.existsSync(elsewhere), 'the addon is beside the bundle');
  assert.equal(await node([file], { cwd: out, env: { GRADTAPE_BINARY: elsewhere } }), said);
}

/** What a bundle needs that leaves gradtape out: the packages themselves. */
function copyPackages(app, out) {
  for (const name of ['gradtape', `@gradtape/${hostPlatform()}`]) {
    const to = path.join(out, 'node_modules', name);
    fs.cpSync(path.join(app, 'node_modules', name), to, { recursive: true });
  }
}

const esbuildBin = () => path.join(root, 'node_modules', 'esbuild', 'bin', 'esbuild');

async function esbuildCommonJs(app) {
  const out = newFolder('esbuild');
  const args = ['main.cjs', '--bundle', '--platform=node', '--loader:.node=copy', '--log-level=error'];
  await run(esbuildBin(), [...args, `--outfile=${out}/main.cjs`], { cwd: app });
  await runBundle(out, 'main.cjs');
}

async function esbuildModule(app) {
  const out = newFolder('esbuild');
  const banner =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  const args = ['main.mjs', '--bundle', '--platform=node', '--format=esm', '--loader:.node=copy'];
  await run(
    esbuildBin(),
    [...args, `--banner:js=${banner}`, '--log-level=error', `--outfile=${out}/main.mjs`],
    {
      cwd: app,
    },
  );
  await runBundle(out, 'main.mjs');
}

async function webpack(app) {
  const tools = await toolsFolder();
  const out = newFolder('webpack');
  const config = {
    mode: 'none',
    target: 'node',
    context: app,
    entry: './main.cjs',
    output: { path: out, filename: 'main.cjs' },
    resolveLoader: { modules: [path.join(tools, 'node_modules')] },
    node: { __dirname: false },
  };
  const script = `
    const webpack = require('webpack');
    const rules = [{ test: /\\.node$/, loader: 'node-loader' }];
    webpack({ ...${JSON.stringify(config)}, module: { rules } }, (error, stats) => {
      if (error) throw error;
      if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
    });`;
  await node(['-e', script], { cwd: tools });
  await runBundle(out, 'main.cjs');
}

async function ncc(app) {
  const out = newFolder('ncc');
  const command = path.join(await toolsFolder(), 'node_modules', '@vercel', 'ncc', 'dist', 'ncc', 'cli.js');
  await node([command, 'build', 'main.cjs', '-o', out, '--no-cache', '-q'], { cwd: app });
  await runBundle(out, 'index.cjs');
}

async function rollup(app) {
  const out = newFolder('rollup');
  const command = path.join(await toolsFolder(), 'node_modules', 'rollup', 'dist', 'bin', 'rollup');
  const args = ['main.mjs', '--external', 'gradtape', '--format', 'es', '--silent'];
  await node([command, ...args, '--file', path.join(out, 'main.mjs')], { cwd: app });
  copyPackages(app, out);
  await runBundle(out, 'main.mjs');
}

async function vite(app) {
  const out = newFolder('vite');
  const command = path.join(await toolsFolder(), 'node_modules', 'vite', 'bin', 'vite.js');
  await node(
    [command, 'build', '--ssr', 'main.mjs', '--outDir', out, '--logLevel', 'error', '--emptyOutDir'],
    {
      cwd: app,
    },
  );
  copyPackages(app, out);
  const [file] = fs.readdirSync(out).filter((name) => name.startsWith('main.'));
  await runBundle(out, file);
}

/** The files that a serverless function would be given. */
async function nft(app) {
  const out = newFolder('nft');
  const script = `
    const { nodeFileTrace } = require('@vercel/nft');
    nodeFileTrace([${JSON.stringify(path.join(app, 'main.cjs'))}], { base: ${JSON.stringify(app)} }).then(({ fileList }) =>
      console.log([...fileList].join('\\n')));`;
  const files = (await node(['-e', script], { cwd: await toolsFolder() })).trim().split('\n');
  for (const name of files) fs.cpSync(path.join(app, name), path.join(out, name));
  await runBundle(out, 'main.cjs');
}

async function otherRuntime(app, name, file, args) {
  if (hostPlatform() !== 'linux-x64') return { skipped: 'this runtime is fetched for linux-x64 only' };
  const program = path.join(await toolsFolder(), 'node_modules', ...name.split('/'), ...file);
  for (const main of Object.keys(programs)) {
    assert.equal(await run(program, [...args, main], { cwd: app }), said);
  }
  const training = await run(program, [...args, 'training.cjs'], { cwd: app });
  return training.trim();
}

const bun = (app) => otherRuntime(app, '@oven/bun-linux-x64', ['bin', 'bun'], []);
const deno = (app) => otherRuntime(app, '@deno/linux-x64-glibc', ['deno'], ['run', '-A', '--quiet']);

/** By name, each a check of the folder of an app in which gradtape is installed. */
const environments = {
  'bundled by esbuild, CommonJS': esbuildCommonJs,
  'bundled by esbuild, ES module': esbuildModule,
  'bundled by webpack': webpack,
  'bundled by ncc': ncc,
  'bundled by Rollup': rollup,
  'bundled by Vite for SSR': vite,
  'traced by @vercel/nft': nft,
  'runs in Bun': bun,
  'runs in Deno': deno,
};

/** Writes the programs that the checks need. */
const writePrograms = (app) => write(app, programs);

module.exports = { environments, writePrograms, installed };
