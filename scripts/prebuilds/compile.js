'use strict';
/** Compiles and links the addon for one platform with zig. */
const fs = require('node:fs');
const path = require('node:path');
const { sources, writeTables } = require('../../native/describe');
const { platforms } = require('../platforms');
const { napiVersion, includes, nodeApi, exported } = require('./node_api');
const { darwinSupport } = require('./darwin_support');
const { windowsSupport } = require('./windows_support');
const { root, cache, zig } = require('./zig');

/**
 * zig's names of the instruction sets' processors, in place of -march and -mtune (which zig ignores). The one of AVX-512
 * would split its vectors in two.
 */
const processors = { avx2: 'x86_64_v3', avx512: 'x86_64_v4-prefer_256_bit' };

function settings() {
  return JSON.parse(fs.readFileSync(path.join(root, 'native', 'sources.gypi'), 'utf8')).variables;
}

/** The objects of a platform: each with its source and its flags. */
function objects(name, zigFolder) {
  const { isas, os, kernels: kernelsOf = name } = platforms[name];
  const list = settings();
  const tables = path.join(cache, 'generated');
  writeTables(tables);
  // zig's default but for musl; Windows relocates without it.
  const pic = os === 'win32' ? [] : ['-fPIC'];
  const object = (platform, group, source, flags) => ({
    source,
    // The folders stay in the object's path: sources of several folders have the same name.
    file: `${path.join(cache, platform, group, path.isAbsolute(source) ? path.basename(source) : source)}.o`,
    flags: [
      ...['-target', platforms[platform].triple, ...list.common_cflags, '-Werror', '-g0'],
      ...['-Inative', `-I${tables}`],
      ...[...pic, '-fomit-frame-pointer', '-ffunction-sections', '-fdata-sections', ...flags],
    ],
  });
  const kernels = isas.flatMap((isa) => {
    const own = (list[`${isa}_cflags`] ?? []).filter((flag) => !/^-m(arch|tune)=/.test(flag));
    if (isa in processors) own.push(`-mcpu=${processors[isa]}`);
    const flags = [...list.kernel_cflags, ...own, `-DGRADTAPE_ISA=${isa}`];
    return sources('kernels').map((source) => object(kernelsOf, isa, source, flags));
  });
  const engine = sources('engine').map((source) => object(name, 'engine', source, []));
  const include = [...includes.flatMap((folder) => ['-isystem', folder]), `-DNAPI_VERSION=${napiVersion}`];
  const addon = sources('addon').map((source) => object(name, 'addon', source, include));
  if (os === 'win32') {
    addon.push(object(name, 'addon', windowsSupport(path.join(cache, name), nodeApi), []));
  }
  if (os === 'darwin') {
    const { file, flags } = darwinSupport(path.join(cache, name), zigFolder);
    addon.push(object(name, 'addon', file, flags));
  }
  return [...kernels, ...engine, ...addon];
}

/**
 * Arguments with which zig links. Without zig's compiler-rt: it is one object, and code that needs a single function of it
 * gets its slow memcpy and its exp, sin and log in place of the C library's.
 */
function linkArguments(name, files, output) {
  const { triple, os } = platforms[name];
  if (os === 'darwin') {
    // The compiler's command, since `zig build-lib` has no -x: without it the names of all hidden functions stay.
    const args = ['c++', '-target', triple, '-shared', '-O3', '-s', '-rtlib=none', '-o', output];
    // The functions of the Node-API are those of the program that loads the addon.
    args.push('-Wl,-undefined,dynamic_lookup', '-Wl,-dead_strip', '-Wl,-x');
    // Else the path of the output is written into the file.
    args.push('-Wl,-install_name,@rpath/gradtape.node');
    return [...args, ...files];
  }
  const args = ['build-lib', '-dynamic', '-target', triple, '-O', 'ReleaseFast', '-fstrip', '--gc-sections'];
  args.push(
    '--name',
    'gradtape',
    '-lc',
    '-lc++',
    '-fno-compiler-rt',
    '-fno-ubsan-rt',
    `-femit-bin=${output}`,
  );
  if (os === 'linux') {
    const map = path.join(cache, name, 'exports.map');
    fs.writeFileSync(map, `{ global: ${exported.map((symbol) => `${symbol}; `).join('')}local: *; };\n`);
    args.push('--version-script', map, '-z', 'nodelete', '-fno-soname');
  }
  return [...args, ...files];
}

/** Runs tasks, at most `jobs` at once; the first failure ends it. */
async function inParallel(jobs, tasks) {
  const queue = tasks.entries();
  const worker = async () => {
    for (const [, task] of queue) await task();
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

/** Builds the addon of a platform; its file. zig keeps objects whose sources and flags have not changed. */
async function compile(name, folder, jobs) {
  const list = objects(name, folder);
  for (const { file } of list) fs.mkdirSync(path.dirname(file), { recursive: true });
  await inParallel(
    jobs,
    list.map(({ source, file, flags }) => async () => {
      await zig(folder, ['c++', ...flags, '-c', source, '-o', file]);
    }),
  );
  const output = path.join(cache, name, 'gradtape.node');
  await zig(
    folder,
    linkArguments(
      name,
      list.map(({ file }) => file),
      output,
    ),
  );
  return output;
}

module.exports = { compile };
