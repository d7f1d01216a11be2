'use strict';
/** gradtape/jest as a set-up file of the test frameworks, installed beside gradtape: what passes, what fails, what is said then. */
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { installed } = require('./environments');
const { root, run, node, write } = require('./tools');

const vitestVersion = '3.2.7';

const tests = `
test('equal', () => {
  expect(tf.constant([1, 2])).toEqual(tf.constant([1, 2]));
  expect({ v: new tf.Variable([1n]) }).toStrictEqual({ v: new tf.Variable([1n]) });
  expect(new tf.IndexedSlices([[1]], [0])).toEqual(new tf.IndexedSlices([[1]], [0]));
  expect(tf.constant([1, 2])).not.toEqual(tf.constant([1, 3]));
  expect(tf.constant(0.3)).toBeCloseToTensor(0.3);
});
test('elements', () => expect(tf.constant([1, 2])).toEqual(tf.constant([1, 3])));
test('dtype', () => expect({ t: tf.zeros([1]) }).toEqual({ t: tf.zeros([1], 'int32') }));
test('large', () => expect(tf.zeros([100, 100])).toEqual(tf.ones([100, 100])));
`;

/** What a run of these tests must say. */
function checkReport(said) {
  const text = said.replace(/\u001b\[\d+m/g, '');
  for (const expected of [
    /3 failed.*1 passed/,
    /- +3,\n *\+ +2,/,
    /- +"dtype": "int32",\n *\+ +"dtype": "float32",/,
    /"…": "9980 more that differ"/,
  ]) {
    assert.match(text, expected);
  }
}

/** Runs what has to fail; all that it prints. */
const failing = (program, args, options) =>
  run(program, args, options).then(
    () => assert.fail('all tests passed'),
    (error) => error.message,
  );

async function inJest(app) {
  write(app, {
    'own.test.js': `const tf = require('gradtape');${tests}`,
    'jest.config.json': JSON.stringify({
      testMatch: ['<rootDir>/own.test.js'],
      setupFilesAfterEnv: ['gradtape/jest'],
    }),
  });
  const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  checkReport(await failing(process.execPath, [jest, '--ci', '--rootDir', app], { cwd: app }));
}

async function inVitest(app) {
  const folder = await installed('vitest', { vitest: vitestVersion });
  const link = path.join(app, 'node_modules', 'vitest');
  if (!fs.existsSync(link)) fs.symlinkSync(path.join(folder, 'node_modules', 'vitest'), link);
  write(app, {
    'own.vitest.ts': `import { expect, test } from 'vitest';\nimport * as tf from 'gradtape';${tests}`,
    'vitest.config.mjs':
      "export default { test: { include: ['own.vitest.ts'], setupFiles: ['gradtape/jest'] } };",
    'typed.ts': `import 'gradtape/jest';\nimport { expect } from 'vitest';\nexpect(1).toBeCloseToTensor([1], { rtol: 1 });`,
  });
  const vitest = path.join(folder, 'node_modules', 'vitest', 'vitest.mjs');
  checkReport(await failing(process.execPath, [vitest, 'run'], { cwd: app }));
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const compilerOptions = { strict: true, noEmit: true, skipLibCheck: true, module: 'nodenext', types: [] };
  write(app, { 'tsconfig.vitest.json': JSON.stringify({ compilerOptions, files: ['typed.ts'] }) });
  await node([tsc, '-p', 'tsconfig.vitest.json'], { cwd: app });
  return `Vitest ${vitestVersion}`;
}

module.exports = { inJest, inVitest };
