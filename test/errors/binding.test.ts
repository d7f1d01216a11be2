/** What lib/binding.ts says where the native addon is missing, damaged, foreign or misconfigured. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import ts from 'typescript';

import { version } from '../../lib/version';
// eslint-disable-next-line @typescript-eslint/no-require-imports -- a script
import platforms = require('../../scripts/platforms');

const root = path.join(__dirname, '..', '..');
const real = path.join(root, 'build', 'Release', 'gradtape.node');
const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
/** A temporary folder, and the package in its node_modules. */
let project: string;
let folder: string;

beforeEach(() => {
  project = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'binding-')));
  folder = path.join(project, 'node_modules', 'gradtape');
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  for (const name of ['binding', 'version', 'cast_slots']) {
    const source = fs.readFileSync(path.join(root, 'lib', `${name}.ts`), 'utf8');
    put(`dist/${name}.js`, ts.transpileModule(source, { compilerOptions }).outputText);
  }
});

afterEach(() => {
  fs.rmSync(project, { recursive: true });
});

function put(name: string, content: string | Buffer): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  return file;
}

/** The package of a platform, with `content` as its addon, beside the main one. */
function putPlatform(name: string, content: string | Buffer): void {
  put(
    `../@gradtape/${name}/package.json`,
    JSON.stringify({ name: `@gradtape/${name}`, main: 'gradtape.node' }),
  );
  put(`../@gradtape/${name}/gradtape.node`, content);
}

/** Loads the copy in a process of its own: `{ isa }`, or `{ message, cause }` of what it throws. */
function load(
  env: NodeJS.ProcessEnv = {},
  flags: string[] = [],
): { isa?: string; message?: string; cause?: string } {
  const script = `
    try { console.log(JSON.stringify({ isa: require(process.argv[1]).native.isa() })); }
    catch (e) { console.log(JSON.stringify({ message: e.message, cause: e.cause && String(e.cause.message) })); }`;
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [...flags, '-e', script, path.join(folder, 'dist', 'binding.js')],
    { env: { ...process.env, GRADTAPE_BINARY: '', ...env }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as ReturnType<typeof load>;
}

const platform = platforms.hostPlatform()!;
const built = 'build/Release/gradtape.node';

test('each platform that has a package is required by a literal name, which bundlers see', () => {
  const source = fs.readFileSync(path.join(root, 'lib', 'binding.ts'), 'utf8');
  const required = [...source.matchAll(/require\('@gradtape\/([^']+)'\)/g)].map((match) => match[1]);
  expect(required).toEqual(Object.keys(platforms.platforms).sort());
});

test('the version in the library is that of the package', () => {
  expect(version).toBe(manifest.version);
});

test('it is missing: the places looked at, this platform, and what to type', () => {
  const { message } = load();
  expect(message).toContain(`could not be loaded on ${platform}`);
  expect(message).toContain(`Node ${process.versions.node}`);
  expect(message).toContain(`${path.join(folder, built)}: no such file`);
  expect(message).toContain(`@gradtape/${platform}: it is not installed`);
  expect(message).toContain('--omit=optional');
  expect(message).toContain(`  npm install @gradtape/${platform}@${manifest.version}`);
  expect(message).toContain('  npx gradtape build');
});

test('in a checkout the command that builds it is another one', () => {
  const checkout = path.join(project, 'checkout');
  fs.renameSync(folder, checkout);
  folder = checkout;
  expect(load().message).toContain(`cd ${checkout} && npm run build:native`);
});

test('the package of another platform is installed: which', () => {
  putPlatform('win32-x64', '');
  putPlatform('darwin-arm64', '');
  const { message } = load();
  expect(message).toContain('Installed is @gradtape/darwin-arm64, @gradtape/win32-x64');
  expect(message).toContain('comes from another platform');
});

test('the package for the other C library is installed', () => {
  if (process.platform !== 'linux') return;
  putPlatform(platform.endsWith('-musl') ? platform.replace('-musl', '') : `${platform}-musl`, '');
  expect(load().message).toMatch(/this Node uses (glibc|musl), and that addon the other C library/);
});

test('musl is recognised by the loader that the program names, wherever in its file that stands', () => {
  if (process.platform !== 'linux') return;
  const loader = '/lib/ld-musl-x86_64.so.1\0';
  const program = Buffer.alloc(20_000);
  program.writeBigUInt64LE(64n, 32); // one program header, behind the file's own
  program.writeUInt16LE(56, 54);
  program.writeUInt16LE(1, 56);
  program.writeUInt32LE(3, 64); // PT_INTERP
  program.writeBigUInt64LE(19_000n, 64 + 8);
  program.writeBigUInt64LE(BigInt(loader.length), 64 + 32);
  program.write(loader, 19_000);
  const file = put('node', program);
  const binding = path.join(folder, 'dist', 'binding.js');
  fs.writeFileSync(binding, `process.execPath = ${JSON.stringify(file)};${fs.readFileSync(binding, 'utf8')}`);
  expect(load().message).toContain(`could not be loaded on linux-${process.arch}-musl`);
});

test('a platform without a package: those that have one', () => {
  const binding = path.join(folder, 'dist', 'binding.js');
  fs.writeFileSync(
    binding,
    `Object.defineProperty(process, 'arch', { value: 'riscv64' });${fs.readFileSync(binding, 'utf8')}`,
  );
  const { message } = load();
  expect(message).toContain('-riscv64: there is no prebuilt addon for this platform');
  expect(message).toContain(
    `There are prebuilt addons for ${Object.keys(platforms.platforms).sort().join(', ')}.`,
  );
  expect(message).toContain('npx gradtape build');
  expect(message).not.toContain('npm install @gradtape');
});

test('Node with --permission: the flag that is needed', () => {
  put(built, fs.readFileSync(real));
  const major = Number(process.versions.node.split('.')[0]);
  const permission = major < 24 ? '--experimental-permission' : '--permission';
  const { message } = load({}, [permission, '--allow-fs-read=*']);
  expect(message).toContain('Node runs with --permission: it needs --allow-addons');
  expect(message).toContain('Start Node with --allow-addons\n');
  expect(message).not.toContain('npm install');
  expect(load({}, [permission, '--allow-fs-read=*', '--allow-addons']).isa).toBeDefined();
  // Files that must not be read: a named one, and those of the platform's package.
  const read = `--allow-fs-read=${path.join(folder, path.sep)}`;
  const named = load({ GRADTAPE_BINARY: real }, [permission, read, '--allow-addons']).message;
  expect(named).toContain(
    `Start Node with --allow-addons --allow-fs-read=${path.join(path.dirname(real), path.sep)}\n`,
  );
  fs.rmSync(path.join(folder, built));
  putPlatform(platform, fs.readFileSync(real));
  const own = path.join(project, 'node_modules', '@gradtape', platform, path.sep);
  // Node 20 does not check what it reads for `require`.
  if (major >= 22) {
    expect(load({}, [permission, read, '--allow-addons']).message).toContain(
      `Start Node with --allow-addons --allow-fs-read=${own}\n`,
    );
  }
  expect(load({}, [permission, read, `--allow-fs-read=${own}`, '--allow-addons']).isa).toBeDefined();
});

test('a runtime without external array buffers, as Electron is', () => {
  put(built, fs.readFileSync(real));
  const preload = put(
    'electron.js',
    `Object.defineProperty(process.versions, 'electron', { value: '40.0.0' });
     process.dlopen = () => { throw new Error('this runtime does not allow external array buffers'); };`,
  );
  const { message, cause } = load({}, ['-r', preload]);
  expect(message).toMatch(
    /^gradtape cannot run in Electron 40\.0\.0, which does not allow external array buffers/,
  );
  expect(message).not.toContain('npm install');
  expect(cause).toBe('this runtime does not allow external array buffers');
});

test('a text file in its place', () => {
  put(built, 'version https://example.com/large-file\n'.repeat(100));
  const { message, cause } = load();
  expect(message).toContain('it was built for another platform, or is not an addon at all');
  expect(cause).toContain('invalid ELF header');
});

test('one of another processor', () => {
  const bytes = fs.readFileSync(real);
  bytes.writeUInt16LE(process.arch === 'x64' ? 183 : 62, 18);
  put(built, bytes);
  expect(load().message).toContain('it was built for another processor');
});

test('a file cut short', () => {
  put(built, fs.readFileSync(real).subarray(0, 30));
  expect(load().message).toContain('the file is damaged');
});

test("the platform's package is used where the built one does not load", () => {
  putPlatform(platform, fs.readFileSync(real));
  expect(load().isa).toMatch(/^(portable|avx2|avx512|neon)$/);
  put(built, 'not an addon');
  expect(load().isa).toMatch(/^(portable|avx2|avx512|neon)$/);
});

test("the platform's package is damaged: that is said, not that it is missing", () => {
  putPlatform(platform, 'not an addon');
  const { message } = load();
  expect(message).toMatch(/@gradtape.*(the file is damaged|not an addon at all)/);
  expect(message).toContain(`To install the addon again:\n  npm install @gradtape/${platform}@`);
  fs.rmSync(path.join(folder, '..', '@gradtape', platform, 'gradtape.node'));
  expect(load().message).not.toContain('it is not installed');
});

test('GRADTAPE_BINARY names the only file that is tried', () => {
  put(built, fs.readFileSync(real));
  const { message } = load({ GRADTAPE_BINARY: path.join(folder, 'elsewhere.node') });
  expect(message).toContain('elsewhere.node: no such file');
  expect(message).toContain('GRADTAPE_BINARY names this file; unset it');
  expect(message).not.toContain(built);
  expect(load({ GRADTAPE_BINARY: real }).isa).toBeDefined();
});

test.each([
  ['GRADTAPE_FORCE_ISA', 'mmx'],
  ['GRADTAPE_NUM_THREADS', 'many'],
  ['GRADTAPE_NUM_THREADS', '0'],
])('%s=%s is refused by name', (name, value) => {
  put(built, fs.readFileSync(real));
  const { message } = load({ [name]: value });
  expect(message).toMatch(new RegExp(`^${name} `));
  expect(message).toContain(`${name}='${value}'`);
  expect(message).not.toContain('could not be loaded');
});
