'use strict';
/** The pinned zig, which carries a C++ compiler with the headers and C libraries of all platforms. */
const { spawn } = require('node:child_process');
const path = require('node:path');
const { cache, pythonWith } = require('../python');

const root = path.join(__dirname, '..', '..');
const zigVersion = '0.17.1';

/** The folder of the installed package ziglang: the program `zig`, its libraries and their licences. */
const zigFolder = () => pythonWith(`ziglang==${zigVersion}`).folder;

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
