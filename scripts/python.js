'use strict';
/** Programs from PyPI, in virtual environments in build-prebuilds, which git ignores. */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** Virtual environments, zig's caches, objects, packages of npm: kept between builds. */
const cache = path.join(__dirname, '..', 'build-prebuilds');

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) throw new Error(`${command}: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

/**
 * The Python of a virtual environment that has a package, `nbclient==0.10.4`, whose module can be imported; and the folder of
 * the module. Installs it if it is not there.
 */
function pythonWith(requirement) {
  const [name, version] = requirement.split('==');
  const venv = path.join(cache, `${name}-${version}`);
  const python = path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const locate = ['-c', `import os, ${name}; print(os.path.dirname(${name}.__file__))`];
  let found = spawnSync(python, locate, { encoding: 'utf8' });
  if (found.status !== 0) {
    console.log(`installing ${requirement} from PyPI into ${path.relative(path.dirname(cache), venv)}`);
    fs.rmSync(venv, { recursive: true, force: true });
    fs.mkdirSync(cache, { recursive: true });
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', venv]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]);
    found = spawnSync(python, locate, { encoding: 'utf8' });
    if (found.status !== 0) throw new Error(`${requirement} was installed, and cannot be imported`);
  }
  return { python, folder: found.stdout.trim() };
}

module.exports = { cache, pythonWith };
