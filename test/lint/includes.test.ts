/** scripts/check-includes.js: lets the right includes pass and reports the wrong ones. */
import { check } from '../../scripts/check-includes';

test.each([
  ['kernels/unary.cc', '#include "simd/math.h"'],
  ['kernels/simd/vec.h', '#include "../isa.h"'],
  ['kernels/unary.cc', '#include <stdint.h>'],
  ['runtime/reduce.cc', '#include "../kernels/table.h"'],
  ['runtime/pool.cc', '#include <sys/syscall.h>'],
  ['program/run.cc', '#include "../runtime/pool.h"'],
  ['addon/setup.h', '#include <napi.h>'],
  ['addon/calls.cc', '#include "../program/run.h"'],
  ['tests/pool_test.cc', '#include "../runtime/pool.h"'],
])('%s may: %s', (file, text) => {
  expect(check(file, text)).toEqual([]);
});

test.each([
  ['kernels/unary.cc', '#include "../runtime/pool.h"', 'native/kernels may not include native/runtime'],
  ['kernels/unary.cc', '#include <algorithm>', 'native/kernels may not include <algorithm>'],
  ['kernels/unary.cc', '  #  include <vector> // needed', 'native/kernels may not include <vector>'],
  ['kernels/unary.cc', '#include <napi.h>', 'only native/addon includes the Node-API'],
  ['kernels/unary.cc', '#include "../../build/config.h"', 'lies outside native/'],
  ['kernels/unary.cc', '#include HEADER', 'an include must name its file'],
  ['runtime/reduce.cc', '#include "../kernels/simd/vec.h"', 'may include only kernels/table.h'],
  ['runtime/reduce.cc', '#include "../addon/call.h"', 'native/runtime may not include native/addon'],
  ['runtime/reduce.cc', '#include "../program/run.h"', 'native/runtime may not include native/program'],
  ['runtime/reduce.cc', '#include <node_api.h>', 'only native/addon includes the Node-API'],
  ['program/run.cc', '#include "../addon/call.h"', 'native/program may not include native/addon'],
  ['misc/a.cc', '#include <stdint.h>', 'native/misc has no place in the include chain'],
])('%s may not: %s', (file, text, message) => {
  const [found, ...more] = check(file, `\n${text}`);
  expect(found).toMatch(`native/${file}:2: `);
  expect(found).toContain(message);
  expect(more).toEqual([]);
});
