/** What the commands say of wrong arguments and missing tools: `npx gradtape build` and `npm run build:prebuilds`. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const root = path.join(__dirname, '..', '..');

function run(
  script: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(root, script), ...args], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

test('a build without tools names them all, and how to get them', () => {
  const empty = fs.mkdtempSync(path.join(os.tmpdir(), 'no-tools-'));
  const env = { PATH: empty, CXX: undefined, PYTHON: undefined, npm_config_python: undefined };
  const { status, said } = run('bin/gradtape.js', ['build'], env);
  fs.rmdirSync(empty);
  expect(status).toBe(1);
  for (const tool of ['a C++20 compiler', 'make', 'Python 3', 'apt-get install'])
    expect(said).toContain(tool);
});

test('a folder without headers of Node is refused', () => {
  const { status, said } = run('bin/gradtape.js', ['build', '--nodedir', path.join(root, 'docs')]);
  expect(status).toBe(1);
  expect(said).toContain('no include/node/node_api.h in the folder');
});

test('an unknown command says which there is; none prints the help', () => {
  expect(run('bin/gradtape.js', ['frobnicate'])).toEqual({
    status: 1,
    said: 'gradtape: no command "frobnicate"; there is "build"\n',
  });
  const { status, said } = run('bin/gradtape.js', []);
  expect(status).toBe(0);
  expect(said).toContain('npx gradtape build');
});

test('an unknown target of the prebuilt addons says which there are', () => {
  const { status, said } = run('scripts/prebuilds/main.js', ['--target', 'banana']);
  expect(status).toBe(1);
  expect(said).toMatch(/^no target "banana"; there are linux-x64, .*win32-x64\n$/);
});
