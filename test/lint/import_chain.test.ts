/** The rules of eslint/plugin.js: each is seen to let the right imports pass and to report the wrong ones. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Linter } from 'eslint';
import { parser } from 'typescript-eslint';
import plugin from '../../eslint/plugin';

function lint(file: string, code: string): string[] {
  const linter = new Linter({ configType: 'flat', cwd: path.parse(file).root });
  const messages = linter.verify(
    code,
    [
      {
        files: ['**/*.ts'],
        languageOptions: { parser },
        plugins: { gradtape: plugin },
        rules: {
          'gradtape/import-chain': 'error',
          'gradtape/no-cycles': 'error',
          'gradtape/no-shared-state': 'error',
        },
      },
    ],
    { filename: file },
  );
  return messages.map((m) => m.message);
}

const at = (name: string): string => path.join(os.tmpdir(), 'no-such-folder', 'lib', name);

describe('import-chain', () => {
  test.each([
    ['core/a.ts', "import { b } from '../binding';"],
    ['core/format/a.ts', "import { b } from '../shape';"],
    ['ops/a.ts', "import { b } from '../core/tensor'; import fs from 'node:fs';"],
    ['autodiff/a.ts', "import { b } from '../ops/unary'; export * from '../core/tensor';"],
    ['ops/math/a.ts', "import { b } from '../../op/define/unary'; import { c } from '../reduce/sum';"],
    ['graph/passes/a.ts', "import { b } from '../../ops/unary';"],
    ['compile/a.ts', "import { b } from '../graph/graph'; import { c } from '../op/contract';"],
    ['function/async/a.ts', "import { b } from '../../compile/executable';"],
    ['keras/layers/a.ts', "import { b } from '../../autodiff/tape'; import { c } from '../losses';"],
    ['plot/a.ts', "const vega = await import('vega'); import { b } from './svg';"],
    ['index.ts', "export * from './core/tensor'; export * as nn from './namespaces/nn';"],
    ['binding.ts', 'require(file);'],
  ])('%s may: %s', (file, code) => {
    expect(lint(at(file), code)).toEqual([]);
  });

  test.each([
    ['core/a.ts', "import { b } from '../ops/unary';", 'lib/core may not import lib/ops'],
    ['core/a.ts', "import type { B } from '../ops/unary';", 'lib/core may not import lib/ops'],
    ['core/format/a.ts', "export { b } from '../../autodiff/tape';", 'lib/core may not import lib/autodiff'],
    ['core/a.ts', "export * from '../keras';", 'lib/core may not import lib/keras'],
    ['core/a.ts', "const b = require('../ops/unary');", 'lib/core may not import lib/ops'],
    ['core/a.ts', "const b = await import('../ops/unary');", 'lib/core may not import lib/ops'],
    ['core/a.ts', "type B = import('../ops/unary').B;", 'lib/core may not import lib/ops'],
    ['core/a.ts', "import b = require('../ops/unary');", 'lib/core may not import lib/ops'],
    ['ops/a.ts', "import { b } from '../autodiff/tape';", 'lib/ops may not import lib/autodiff'],
    ['op/a.ts', "import type { B } from '../ops/math/binary';", 'lib/op may not import lib/ops'],
    ['graph/a.ts', "import type { B } from '../compile/executable';", 'lib/graph may not import lib/compile'],
    ['compile/a.ts', "import { b } from '../function/describe';", 'lib/compile may not import lib/function'],
    ['ops/a.ts', "import { b } from '../function/trace';", 'lib/ops may not import lib/function'],
    ['ops/a.ts', "import * as tf from '../index';", 'lib/ops may not import lib/index'],
    ['ops/a.ts', "import * as tf from '..';", 'lib/ops may not import lib/index'],
    ['autodiff/a.ts', "import { b } from '../keras/losses';", 'lib/autodiff may not import lib/keras'],
    ['autodiff/a.ts', "import { b } from '../function/trace';", 'lib/autodiff may not import lib/function'],
    ['keras/a.ts', "import { b } from '../plot';", 'lib/keras may not import lib/plot'],
    ['binding.ts', "import { b } from './core/errors';", 'lib/binding may not import lib/core'],
    ['plot/a.ts', "import { Tensor } from '../core/tensor';", 'lib/plot may not import lib/core'],
    ['core/a.ts', "import { b } from '../../test/helper';", 'outside lib/'],
    [
      'core/a.ts',
      "require('../../build/Release/gradtape.node');",
      'only lib/binding.ts loads the native addon',
    ],
    ['core/a.ts', 'require(file);', 'only lib/binding.ts loads the native addon'],
    ['core/a.ts', 'process.dlopen(module, file);', 'only lib/binding.ts loads the native addon'],
    ['misc/a.ts', '', 'lib/misc has no place in the import chain'],
  ])('%s may not: %s', (file, code, message) => {
    expect(lint(at(file), code)).toEqual([expect.stringContaining(message)]);
  });
});

describe('no-cycles', () => {
  let lib: string;
  beforeEach(() => {
    lib = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'cycles-')), 'lib');
  });
  afterEach(() => {
    fs.rmSync(path.dirname(lib), { recursive: true });
  });

  function report(folder: string, files: Record<string, string>): string[] {
    fs.mkdirSync(path.join(lib, folder), { recursive: true });
    for (const [name, code] of Object.entries(files)) fs.writeFileSync(path.join(lib, folder, name), code);
    const first = path.join(lib, folder, 'a.ts');
    return lint(first, fs.readFileSync(first, 'utf8'));
  }

  test('a circle of three is reported with its way', () => {
    const found = report('core', {
      'a.ts': "import { b } from './b';",
      'b.ts': "export { c } from './c';",
      'c.ts': "import { a } from './a';",
    });
    expect(found).toEqual([expect.stringContaining('core/a.ts → core/b.ts → core/c.ts → core/a.ts')]);
  });

  test('imports of types close a circle too', () => {
    const found = report('core', {
      'a.ts': "import { b } from './b';",
      'b.ts': "import type { A } from './a'; import { type B } from './a'; export type { C } from './a';",
    });
    expect(found).toEqual([expect.stringContaining('core/a.ts → core/b.ts → core/a.ts')]);
  });

  test('a file that imports a circle is not part of it', () => {
    const found = report('core', {
      'a.ts': "import { b } from './b';",
      'b.ts': "import { c } from './c';",
      'c.ts': "import { b } from './b';",
    });
    expect(found).toEqual([]);
  });

  test('ops may', () => {
    const found = report('ops', { 'a.ts': "import { b } from './b';", 'b.ts': "import { a } from './a';" });
    expect(found).toEqual([]);
  });
});

describe('no-shared-state', () => {
  const counters = "import { counters, context } from '../core/counters';\n";
  test.each([
    ['ops/a.ts', `import { context } from '../core/context'; context.tidy = null; context.claims.open++;`],
    ['ops/a.ts', `import { frame } from '../binding'; frame[0] = 1;`],
    ['core/a.ts', `import { counters } from './counters'; counters.open++;`],
    [
      'ops/a.ts',
      `${counters} const b = counters.open + 1; function f(counters: { open: number }) { counters.open = 2; }`,
    ],
    ['ops/a.ts', `import fs from 'node:fs'; fs.a = 1;`],
  ])('%s may: %s', (file, code) => {
    expect(lint(at(file), code)).toEqual([]);
  });

  test.each([
    ['counters.open++;'],
    ['counters.open = 1;'],
    ['counters.list[0].open += 1;'],
    ['counters.list![0] = 1;'],
    ['delete counters.open;'],
    ['context.tidy = null;'],
  ])('another folder may not: %s', (code) => {
    expect(lint(at('ops/a.ts'), counters + code)).toEqual([
      expect.stringContaining('belongs to lib/core, and lib/ops may not write to it'),
    ]);
  });
});
