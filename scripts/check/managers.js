'use strict';
/** Installs gradtape as users do, by each package manager, from a registry of this machine and with scripts off. */
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { platforms, hostPlatform } = require('../platforms');
const { packed, stageMain } = require('../pack');
const { platformManifest } = require('../prebuilds/package');
const { loading, training } = require('./programs');
const { root, run, node, write, newFolder, barePath } = require('./tools');

/** By name: package and version in npm, its program, and what it is called with. */
const managers = {
  // The one of this machine.
  npm: { args: npmArguments },
  'npm 10': { spec: 'npm@10', bin: 'bin/npm-cli.js', args: npmArguments },
  'npm 11': { spec: 'npm@11', bin: 'bin/npm-cli.js', args: npmArguments },
  'npm 12': { spec: 'npm@12', bin: 'bin/npm-cli.js', args: npmArguments, node: '24' },
  'pnpm 10': { spec: 'pnpm@10', bin: 'bin/pnpm.cjs', args: (names) => ['add', '--ignore-scripts', ...names] },
  // It knows no `libc`, and installs the packages of both; the library picks one.
  'yarn 1': {
    spec: 'yarn@1',
    bin: 'bin/yarn.js',
    args: (names) => ['add', '--ignore-scripts', ...names],
    anyLibc: true,
  },
  'yarn 4': { spec: '@yarnpkg/cli-dist@4', bin: 'bin/yarn.js', args: yarnArguments },
  'yarn 4, Plug’n’Play': { spec: '@yarnpkg/cli-dist@4', bin: 'bin/yarn.js', args: yarnArguments, pnp: true },
};

function npmArguments(names) {
  return ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...names];
}

function yarnArguments(names) {
  return ['add', ...names];
}

/** The program of a manager: installed once into a folder of its own. */
async function programOf({ spec, bin }) {
  if (spec === undefined) return undefined;
  const folder = newFolder('manager');
  write(folder, { 'package.json': '{"private":true}' });
  // Not by --prefix, which leaves what a package.json further up says in force.
  const alias = `manager@npm:${spec}`;
  await run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--engine-strict=false', alias], {
    cwd: folder,
  });
  return path.join(folder, 'node_modules', 'manager', bin);
}

/** Tarballs of what the published package depends on, from this checkout's node_modules. */
function dependencies(out) {
  const { dependencies: list = {} } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  return Object.keys(list).map((name) => {
    const folder = path.join(root, 'node_modules', name);
    return path.join(out, packed(folder, out).filename);
  });
}

/** Tarballs of the packages of the platforms that this one is not, without a binary that would load. */
function otherPlatforms(out) {
  return Object.keys(platforms)
    .filter((name) => name !== hostPlatform())
    .map((name) => {
      const folder = newFolder(name);
      write(folder, {
        'package.json': JSON.stringify(platformManifest(name)),
        'gradtape.node': 'for another platform',
      });
      return path.join(out, packed(folder, out).filename);
    });
}

/**
 * A stand-in for node-gyp. Yarn 4 adds it to the dependencies of every package with a script that calls it, as
 * node-addon-api has; nothing here runs it.
 */
function nodeGyp(out) {
  const folder = newFolder('node-gyp');
  write(folder, { 'package.json': '{"name":"node-gyp","version":"12.0.0"}' });
  return path.join(out, packed(folder, out).filename);
}

/**
 * All that the registry serves; `{ main, platform, needed, all }`, `needed` being what the main package depends on.
 * `host` is the folder of this platform's package.
 */
function tarballs(host = path.join(root, 'npm', hostPlatform())) {
  const out = newFolder('tarballs');
  const main = path.join(out, packed(stageMain(), out).filename);
  const platform = path.join(out, packed(host, out).filename);
  const needed = dependencies(out);
  return { main, platform, needed, all: [main, platform, ...needed, nodeGyp(out), ...otherPlatforms(out)] };
}

/** Environment of an installation: the registry, and nothing of this user's. */
function environment(registry, folder) {
  const home = path.join(folder, 'home');
  return {
    PATH: barePath(),
    HOME: home,
    USERPROFILE: home,
    npm_config_registry: registry,
    npm_config_cache: path.join(home, 'npm'),
    YARN_REGISTRY: registry,
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    YARN_ENABLE_TELEMETRY: '0',
    YARN_ENABLE_SCRIPTS: 'false',
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_NODE_LINKER: 'node-modules',
    YARN_PNP_ENABLE_ESM_LOADER: 'true',
    HTTPS_PROXY: '',
    HTTP_PROXY: '',
    https_proxy: '',
    http_proxy: '',
  };
}

/**
 * Installs `names` in an empty folder by a manager, and runs programs there. The folder, `app`, and what the programs
 * said. `nodeProgram` is the Node that the manager runs in.
 */
async function install(manager, registry, names, nodeProgram = process.execPath) {
  const program = await programOf(manager);
  const folder = newFolder('install');
  const app = path.join(folder, 'app');
  write(app, {
    'package.json': JSON.stringify({ name: 'app', private: true }),
    'yarn.lock': '',
    'loading.mjs': loading,
    'training.cjs': training,
  });
  const env = environment(registry, folder);
  if (manager.pnp) env.YARN_NODE_LINKER = 'pnp';
  const command = program === undefined ? ['npm'] : [nodeProgram, program];
  await run(command[0], [...command.slice(1), ...manager.args(names)], { cwd: app, env });
  const hooks = manager.pnp ? ['-r', './.pnp.cjs', '--loader', './.pnp.loader.mjs'] : [];
  await node([...hooks, 'loading.mjs'], { cwd: app });
  const said = (await node([...hooks.slice(0, 2), 'training.cjs'], { cwd: app })).trim();
  if (manager.pnp) return { app, said };
  const host = hostPlatform();
  const wanted = [host, ...(manager.anyLibc && process.platform === 'linux' ? [otherLibc(host)] : [])];
  assert.deepEqual(
    installed(app),
    wanted.map((one) => `@gradtape/${one}`).sort(),
    'platform packages that came',
  );
  return { app, said };
}

const otherLibc = (name) => (name.endsWith('-musl') ? name.slice(0, -'-musl'.length) : `${name}-musl`);

/** The platform packages anywhere in node_modules. */
function installed(app) {
  const found = new Set();
  for (const file of fs.readdirSync(path.join(app, 'node_modules'), { recursive: true })) {
    const match = /(@gradtape[/\\][\w-]+)[/\\]gradtape\.node$/.exec(file);
    if (match) found.add(match[1].replace('\\', '/'));
  }
  return [...found].sort();
}

module.exports = { managers, tarballs, install, environment };
