#!/usr/bin/env node
'use strict';
/** The command of the package: `npx gradtape build`. */
const path = require('node:path');
const { parseArgs } = require('node:util');
const { build } = require('./build');

const { version } = require('../package.json');

const usage = `gradtape ${version}

  npx gradtape build [options] [-- arguments for GYP]

Builds the native addon from source, into ${path.join(__dirname, '..', 'build', 'Release')}.
It is needed only on platforms that have no @gradtape package; where there is one, the addon that was built is preferred.

  --nodedir DIR  the prefix of a Node with its headers (DIR/include/node); without it those of the running Node are
                 used, and if it has none, node-gyp downloads them
  --debug        without optimisation
  --help         this text

It takes a C++20 compiler (GCC 12, Clang 16 or later; CC and CXX name another one), make, and Python 3.
`;

function main(argv) {
  const split = argv.indexOf('--');
  const gyp = split < 0 ? [] : argv.slice(split);
  const { values, positionals } = parseArgs({
    args: split < 0 ? argv : argv.slice(0, split),
    allowPositionals: true,
    options: {
      nodedir: { type: 'string' },
      debug: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help || positionals.length === 0) return void process.stdout.write(usage);
  const [command, ...rest] = positionals;
  if (command !== 'build' || rest.length > 0) {
    throw new Error(`gradtape: no command "${positionals.join(' ')}"; there is "build"`);
  }
  build({ nodedir: values.nodedir, debug: values.debug, gyp });
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
