/** scripts/check-includes.js: lets the right includes pass and reports the wrong ones, and files that are too long. */
import { check } from '../../scripts/check-includes';

test.each([
  ['kernels/elementwise/unary.cc', '#include "kernels/simd/math.h"'],
  ['kernels/simd/vec.h', '#include "kernels/isa.h"'],
  ['kernels/elementwise/unary.cc', '#include <stdint.h>'],
  ['runtime/reduce/reduce.cc', '#include "kernels/table.h"'],
  ['runtime/parallel/pool.cc', '#include <sys/syscall.h>'],
  ['program/run.cc', '#include "runtime/parallel/pool.h"'],
  ['addon/setup.h', '#include <napi.h>'],
  ['addon/entries/matmul.cc', '#include "program/run.h"'],
  ['tests/pool_test.cc', '#include "runtime/parallel/pool.h"'],
])('%s may: %s', (file, text) => {
  expect(check(file, text)).toEqual([]);
});

test.each([
  [
    'kernels/elementwise/unary.cc',
    '#include "runtime/parallel/pool.h"',
    'native/kernels may not include native/runtime',
  ],
  ['kernels/elementwise/unary.cc', '#include <algorithm>', 'native/kernels may not include <algorithm>'],
  [
    'kernels/elementwise/unary.cc',
    '  #  include <vector> // needed',
    'native/kernels may not include <vector>',
  ],
  ['kernels/elementwise/unary.cc', '#include <napi.h>', 'only native/addon includes the Node-API'],
  ['kernels/elementwise/unary.cc', '#include "../../build/config.h"', 'is not a path from native/'],
  ['kernels/elementwise/unary.cc', '#include "elementwise.h"', 'is not a path from native/'],
  ['kernels/elementwise/unary.cc', '#include HEADER', 'an include must name its file'],
  ['runtime/reduce/reduce.cc', '#include "kernels/simd/vec.h"', 'may include only kernels/table.h'],
  ['runtime/reduce/reduce.cc', '#include "addon/call.h"', 'native/runtime may not include native/addon'],
  ['runtime/reduce/reduce.cc', '#include "program/run.h"', 'native/runtime may not include native/program'],
  ['runtime/reduce/reduce.cc', '#include <node_api.h>', 'only native/addon includes the Node-API'],
  ['program/run.cc', '#include "addon/call.h"', 'native/program may not include native/addon'],
  ['misc/a.cc', '#include <stdint.h>', 'native/misc has no place in the include chain'],
])('%s may not: %s', (file, text, message) => {
  const [found, ...more] = check(file, `\n${text}`);
  expect(found).toMatch(`native/${file}:2: `);
  expect(found).toContain(message);
  expect(more).toEqual([]);
});

test('a file has at most 450 lines, tests aside', () => {
  const lines = (n: number): string => '// a\n'.repeat(n);
  expect(check('runtime/reduce/reduce.cc', lines(450))).toEqual([]);
  expect(check('runtime/reduce/reduce.cc', lines(451))).toEqual([
    'native/runtime/reduce/reduce.cc: it has 451 lines, of at most 450: split it along its ideas',
  ]);
  expect(check('tests/reduce_test.cc', lines(451))).toEqual([]);
});
