'use strict';
/** What the main package carries. */
const assert = require('node:assert/strict');
const { sources } = require('../../native/describe');

const maxPackedBytes = 1e6;

/** Checks what `npm pack` says of the package. */
function checkContents({ files, size, unpackedSize }) {
  const names = files.map((file) => file.path);
  const has = (name) => names.includes(name);
  const needed = [
    ...[
      'package.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'binding.gyp',
      'bin/gradtape.js',
      'bin/build.js',
    ],
    ...[
      'dist/index.js',
      'dist/library.js',
      'dist/engine.js',
      'dist/keras/index.js',
      'dist/keras/index.d.ts',
      'dist/index.d.ts',
      'dist/core/tensor.d.ts',
      'dist/plot/index.js',
      'dist/plot/index.d.ts',
      'dist/jest/index.js',
      'dist/jest/index.d.ts',
      'dist/serving/index.js',
      'dist/serving/index.d.ts',
    ],
    ...['native/sources.gypi', 'native/describe.js', 'native/addon/addon.cc', 'native/kernels/table.h'],
  ];
  assert.deepEqual(
    needed.filter((name) => !has(name)),
    [],
    'files that the package lacks',
  );
  // All that the build from source reads.
  assert.deepEqual(
    ['kernels', 'engine', 'addon'].flatMap(sources).filter((name) => !has(name)),
    [],
    'native sources that the package lacks',
  );
  const allowed =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|binding\.gyp|bin\/(gradtape|build)\.js|dist\/.*\.(js|d\.ts)|native\/.*)$/;
  const barred = /^(dist\/examples|native\/tests)\//;
  assert.deepEqual(
    names.filter((name) => !allowed.test(name) || barred.test(name)),
    [],
    'files that the package should not carry',
  );
  assert.ok(size <= maxPackedBytes, `${size} bytes packed; the limit is ${maxPackedBytes}`);
  return `${names.length} files, ${(size / 1024).toFixed(0)} KiB packed, ${(unpackedSize / 1024).toFixed(0)} unpacked`;
}

module.exports = { checkContents };
