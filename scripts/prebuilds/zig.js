'use strict';
/** The pinned zig, which carries a C++ compiler with the headers and C libraries of all platforms. */
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..', '..');
/** Virtual environment, zig's caches, objects: kept between builds, ignored by git. */
const cache = path.join(root, 'build-prebuilds');
const zigVersion = '0.17.1';
const requirement = `ziglang==${zigVersion}`;

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) throw new Error(`${command}: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

/** The folder of the installed package ziglang: the program `zig`, its libraries and their licences. */
function zigFolder() {
  const venv = path.join(cache, `zig-${zigVersion}`);
  const python = path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const locate = ['-c', 'import os, ziglang; print(os.path.dirname(ziglang.__file__))'];
  let found = spawnSync(python, locate, { encoding: 'utf8' });
  if (found.status !== 0) {
    console.log(`installing ${requirement} from PyPI into ${path.relative(root, venv)}`);
    fs.rmSync(venv, { recursive: true, force: true });
    fs.mkdirSync(cache, { recursive: true });
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', venv]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]);
    found = spawnSync(python, locate, { encoding: 'utf8' });
    if (found.status !== 0) throw new Error(`${requirement} was installed, and cannot be imported`);
  }
  return found.stdout.trim();
}

/** Runs zig; resolves to what it printed, rejects with that if it failed. */
function zig(folder, args) {
  const env = {
    ...process.env,
    ZIG_GLOBAL_CACHE_DIR: path.join(cache, 'zig-cache'),
    ZIG_LOCAL_CACHE_DIR: path.join(cache, 'zig-cache'),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(path.join(folder, 'zig'), args, { cwd: root, env });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) resolve(output);
      else reject(new Error(`zig ${args.join(' ')}\nended with ${signal ?? status}:\n${output}`));
    });
  });
}

module.exports = { root, cache, zigFolder, zig, zigVersion };
