/**
 * What GYP makes of binding.gyp for macOS, which this machine need not be: it reads no `cflags_cc` there, and kernels
 * without their flags would be compiled for the wrong instruction set.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const root = path.join(__dirname, '..', '..');

/** Runs GYP as node-gyp does, for another system. */
const generate = `
import sys
pylib, include, out, *defines = sys.argv[1:]
sys.path.insert(0, pylib)
import gyp, gyp.common, gyp.xcode_emulation
gyp.common.GetFlavor = lambda params: 'mac'
gyp.xcode_emulation.XcodeVersion = lambda: ('1500', '15A240d')
sys.exit(gyp.main(['binding.gyp', '-f', 'make', '-I', include, '--depth=.', '--no-parallel',
                   '--generator-output=' + out, '-Goutput_dir=.', '-DOS=mac', '-Dtarget_arch=x64', *defines]))
`;

let out: string;
beforeAll(() => {
  out = fs.mkdtempSync(path.join(os.tmpdir(), 'gyp-'));
});
afterAll(() => fs.rmSync(out, { recursive: true }));

/** The flags of C++ files by target. */
function flags(...defines: string[]): Record<string, string[]> {
  const include = path.join(out, 'addon.gypi');
  fs.writeFileSync(include, "{'target_defaults': {'type': 'loadable_module'}}");
  const pylib = path.join(root, 'node_modules', 'node-gyp', 'gyp', 'pylib');
  const args = ['-c', generate, pylib, include, out, ...defines.map((define) => `-D${define}`)];
  const { status, stderr } = spawnSync('python3', args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const targets = fs.readdirSync(out).filter((file) => file.endsWith('.target.mk'));
  return Object.fromEntries(
    targets.map((file) => {
      const text = fs.readFileSync(path.join(out, file), 'utf8');
      const list = /^CFLAGS_CC_Default :=([^#]*)/m.exec(text)?.[1] ?? '';
      return [file.replace('.target.mk', ''), list.split(/[\s\\]+/).filter((flag) => flag !== '')];
    }),
  );
}

test('kernels are compiled for their instruction sets on macOS', () => {
  const found = flags();
  expect(found.kernels_avx2).toContain('-march=x86-64-v3');
  expect(found.kernels_avx512).toEqual(
    expect.arrayContaining(['-march=x86-64-v4', '-mprefer-vector-width=512']),
  );
  for (const name of ['kernels_portable', 'gradtape']) {
    expect(found[name].filter((flag) => flag.startsWith('-march'))).toEqual([]);
  }
  for (const name of ['kernels_portable', 'kernels_avx2', 'kernels_avx512']) {
    expect(found[name]).toEqual(expect.arrayContaining(['-std=c++20', '-O3', '-ffp-contract=fast']));
  }
});

test('warnings are errors in development builds alone', () => {
  expect(flags().gradtape).not.toContain('-Werror');
  expect(flags('werror=true').gradtape).toContain('-Werror');
  const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts['build:native']).toContain('-Dwerror=true');
});
