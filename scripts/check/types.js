'use strict';
/** Compiles a program of a user's against the installed package: TypeScript's versions, their defaults, resolutions. */
const path = require('node:path');
const { types } = require('./programs');
const { node, write } = require('./tools');

/** For each way to find a package: compiler options and the file's name. */
const resolutions = {
  'node16 import': { module: 'node16', moduleResolution: 'node16', file: 'types.mts' },
  'node16 require': { module: 'node16', moduleResolution: 'node16', file: 'types.cts' },
  bundler: { module: 'esnext', moduleResolution: 'bundler', file: 'types.ts' },
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext', file: 'types.mts', target: 'esnext' },
  node10: { module: 'commonjs', moduleResolution: 'node10', file: 'types.ts' },
};

/** Compiles in `app`, where gradtape is installed, with the TypeScript in the folder `typescript`; what was tried. */
async function checkTypes(app, typescript) {
  const tsc = path.join(typescript, 'bin', 'tsc');
  const { version } = require(path.join(typescript, 'package.json'));
  const strict = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    noUncheckedIndexedAccess: true,
    types: [],
  };
  // node10 is deprecated in TypeScript 6, and has to be asked for twice.
  const deprecated = Number.parseInt(version, 10) >= 6 ? { ignoreDeprecations: '6.0' } : {};
  for (const [name, { file, ...options }] of Object.entries(resolutions)) {
    const config = `tsconfig.${name.replace(' ', '-')}.json`;
    const compilerOptions = { ...strict, target: 'es2022', lib: ['es2022'], ...deprecated, ...options };
    write(app, { [file]: types, [config]: JSON.stringify({ compilerOptions, files: [file] }) });
    await node([tsc, '-p', config], { cwd: app });
  }
  // What `tsc --init` writes, but for skipLibCheck.
  const folder = path.join(app, `init-${version}`);
  write(folder, { 'package.json': '{"type":"module"}', 'types.ts': types });
  await node([tsc, '--init'], { cwd: folder });
  const options = ['--noEmit', '--skipLibCheck', 'false', '--noUncheckedIndexedAccess', 'true'];
  await node([tsc, '-p', '.', ...options], { cwd: folder });
  return `TypeScript ${version}: ${Object.keys(resolutions).join(', ')}, tsc --init`;
}

module.exports = { checkTypes };
