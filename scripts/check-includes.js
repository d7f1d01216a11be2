'use strict';
/**
 * Rules for the sources of native/: the include chain addon → program → runtime → kernels, who may include what from outside, and
 * at most 450 lines in a file, tests aside. Prints each violation and fails.
 */
const fs = require('node:fs');
const path = require('node:path');

/** For each folder of native/: the other folders that it may include, and the headers from outside that it may. */
const rules = {
  kernels: {
    folders: [],
    // Compiled once per instruction set: a C++ library template instantiated here could be linked into another one's code.
    system: [/^(stdint|stddef|string|math|float|limits|immintrin|arm_neon)\.h$/],
  },
  isa: { folders: ['kernels'], system: [/^(stdint|stddef)\.h$/] },
  runtime: {
    folders: ['kernels'],
    only: { kernels: ['kernels/table.h'] },
    system: [/^[a-z_0-9/]+(\.h)?$/],
  },
  program: {
    folders: ['runtime', 'kernels'],
    only: { kernels: ['kernels/table.h'] },
    system: [/^[a-z_0-9/]+(\.h)?$/],
  },
  addon: {
    folders: ['program', 'runtime', 'kernels'],
    only: { kernels: ['kernels/table.h'] },
    system: [/^[a-z_0-9/]+(\.h)?$/],
  },
  // Tests that need no Node.
  tests: { folders: ['program', 'runtime', 'kernels'], system: [/^[a-z_0-9/]+(\.h)?$/] },
};
const nodeApi = /^(napi(-inl)?|node_api|node_api_types|js_native_api|js_native_api_types|node|v8|uv)\.h$/;

/** Who may include what native/describe.js writes. */
const generated = [
  'kernels/table.h: kernel_table.h',
  'runtime/dispatch/dispatch.cc: tables.h',
  'addon/addon.cc: tables.h',
];

/** What is wrong with the include of `target` (in <> or "") in the file `file`, both relative to native/; or null. */
function wrong(file, target, system) {
  const from = file.split('/')[0];
  const rule = rules[from];
  if (rule === undefined)
    return `native/${from} has no place in the include chain: give it one in scripts/check-includes.js`;
  if (nodeApi.test(target)) return from === 'addon' ? null : 'only native/addon includes the Node-API';
  if (system) {
    if (rule.system.some((pattern) => pattern.test(target))) return null;
    return `native/${from} may not include <${target}>`;
  }
  if (generated.includes(`${file}: ${target}`)) return null;
  if (!/^\w+\/(?!.*\.\.)/.test(target)) return `"${target}" is not a path from native/`;
  const to = target.split('/')[0];
  if (to === from) return null;
  if (!rule.folders.includes(to)) return `native/${from} may not include native/${to}`;
  const only = rule.only?.[to];
  if (only !== undefined && !only.includes(target))
    return `of native/${to}, native/${from} may include only ${only.join(', ')}`;
  return null;
}

const maxLines = 450;

/** The violations in one file's text, as `line: what`. */
function check(file, text) {
  const found = [];
  const count = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (count > maxLines && !file.startsWith('tests/'))
    found.push(`native/${file}: it has ${count} lines, of at most ${maxLines}: split it along its ideas`);
  text.split('\n').forEach((line, i) => {
    const match = /^\s*#\s*(?:include|import)\s*(?:<([^>]+)>|"([^"]+)")/.exec(line);
    if (match !== null) {
      const problem = wrong(file, match[1] ?? match[2], match[1] !== undefined);
      if (problem !== null) found.push(`native/${file}:${i + 1}: ${problem}`);
    } else if (/^\s*#\s*include\b/.test(line)) {
      found.push(`native/${file}:${i + 1}: an include must name its file, so that it can be checked`);
    }
  });
  return found;
}

module.exports = { check };

if (require.main === module) {
  const root = path.join(__dirname, '..', 'native');
  const files = fs
    .readdirSync(root, { recursive: true })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => /\.(h|cc|inc)$/.test(name));
  const found = files.flatMap((file) => check(file, fs.readFileSync(path.join(root, file), 'utf8')));
  for (const line of found) console.error(line);
  if (found.length > 0) process.exitCode = 1;
}
