'use strict';
/** Builds build/Release/gradtape.node with node-gyp, and says what is missing where that cannot work. */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '..');
/** Where this Node is installed. */
const prefix = path.resolve(process.execPath, process.platform === 'win32' ? '..' : '../..');

/** node-gyp: one that is installed, or the one that npm carries; undefined if there is none. */
function findNodeGyp() {
  for (const from of [root, process.cwd()]) {
    try {
      return require.resolve('node-gyp/bin/node-gyp.js', { paths: [from] });
    } catch {
      // npm's, then.
    }
  }
  const ofNpm = 'node_modules/node-gyp/bin/node-gyp.js';
  const { npm_config_node_gyp: configured, npm_execpath: running = '' } = process.env;
  return [
    configured,
    path.join(path.dirname(running), '..', ofNpm),
    path.join(prefix, 'lib/node_modules/npm', ofNpm),
    path.join(path.dirname(process.execPath), 'node_modules/npm', ofNpm),
    path.join('/usr/share/nodejs/node-gyp/bin/node-gyp.js'),
  ].find((file) => file && fs.existsSync(file));
}

/** What `command` prints; undefined if there is no such command. */
function ask(command, args) {
  const [program, ...first] = command.split(' ');
  const { status, stdout, stderr } = spawnSync(program, [...first, ...args], { encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}`.trim() : undefined;
}

/** What is wrong with the compiler that will be used; undefined if nothing is. */
function compilerProblem() {
  const compiler = process.env.CXX ?? (process.platform === 'darwin' ? 'c++' : 'g++');
  const about = ask(compiler, ['--version']);
  if (about === undefined) return `a C++20 compiler: there is no "${compiler}"`;
  const major = Number.parseInt(ask(compiler, ['-dumpversion']) ?? '', 10);
  const clang = /clang/i.test(about);
  const oldest = clang ? 15 : 12;
  if (!(major >= oldest)) {
    const first = about.split('\n')[0];
    return `a newer C++ compiler: "${compiler}" is ${first}, and it takes GCC 12, Clang 16 or Xcode 15`;
  }
  return undefined;
}

/** What a build needs and this machine lacks. On Windows node-gyp looks for Visual Studio itself, and says so. */
function missing() {
  const found = [];
  if (process.platform !== 'win32') {
    const compiler = compilerProblem();
    if (compiler !== undefined) found.push(compiler);
    if (ask(process.env.MAKE ?? 'make', ['--version']) === undefined) found.push('make');
  }
  const pythons = [process.env.npm_config_python, process.env.PYTHON, 'python3', 'python'];
  if (process.platform === 'win32') pythons.push('py');
  if (!pythons.some((python) => python && ask(python, ['--version'])?.startsWith('Python 3'))) {
    found.push('Python 3');
  }
  return found;
}

const howToInstall = {
  linux: '(Debian, Ubuntu: apt-get install g++ make python3; Alpine: apk add g++ make python3)',
  darwin: '(xcode-select --install)',
  win32: '(Visual Studio with "Desktop development with C++" and "C++ Clang tools", and Python 3)',
};

/** The headers of Node: an argument for node-gyp. */
function headers(nodedir) {
  if (nodedir !== undefined) {
    if (!fs.existsSync(path.join(nodedir, 'include', 'node', 'node_api.h'))) {
      throw new Error(`gradtape: there is no include/node/node_api.h in the folder ${nodedir} (--nodedir)`);
    }
    return ['--nodedir', path.resolve(nodedir)];
  }
  const own = fs.existsSync(path.join(prefix, 'include', 'node', 'node_api.h'));
  if (!own) console.log(`${prefix} has no headers of Node: node-gyp downloads them (see --nodedir)`);
  return own ? ['--nodedir', prefix] : [];
}

/** Builds; throws if that fails. `gyp` are arguments of node-gyp from `--` on, which go on to GYP. */
function build({ nodedir, debug = false, gyp = [] }) {
  const nodeGyp = findNodeGyp();
  const lacks = missing();
  if (nodeGyp === undefined) lacks.push('node-gyp: npm carries it; without npm: npm install node-gyp');
  if (lacks.length > 0) {
    const hint = howToInstall[process.platform] ?? '';
    throw new Error(`gradtape cannot be built here. It needs\n  ${lacks.join('\n  ')}\n${hint}`.trimEnd());
  }
  const run = (...args) => {
    const { status, error } = spawnSync(process.execPath, [nodeGyp, ...args], {
      cwd: root,
      stdio: 'inherit',
    });
    if (error) throw error;
    if (status !== 0) throw new Error(`gradtape: node-gyp ${args[0]} ended with ${status}`);
  };
  const common = [...headers(nodedir), ...(debug ? ['--debug'] : [])];
  // Separately: arguments after `--` would be passed to make as well.
  run('configure', ...common, ...gyp);
  run('build', '--jobs', String(os.availableParallelism()), ...common);
}

module.exports = { build };
