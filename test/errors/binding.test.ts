/** What lib/binding.ts says where the native addon is missing, damaged, foreign or misconfigured. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import ts from 'typescript';

const root = path.join(__dirname, '..', '..');
const real = path.join(root, 'build', 'Release', 'gradtape.node');
let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'binding-'));
  const source = fs.readFileSync(path.join(root, 'lib', 'binding.ts'), 'utf8');
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  put('dist/binding.js', ts.transpileModule(source, { compilerOptions }).outputText);
});

afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

function put(name: string, content: string | Buffer): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  return file;
}

/** Loads the copy in a process of its own: `{ isa }`, or `{ message, cause }` of what it throws. */
function load(env: NodeJS.ProcessEnv = {}): { isa?: string; message?: string; cause?: string } {
  const script = `
    try { console.log(JSON.stringify({ isa: require(process.argv[1]).native.isa() })); }
    catch (e) { console.log(JSON.stringify({ message: e.message, cause: e.cause && String(e.cause.message) })); }`;
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    ['-e', script, path.join(folder, 'dist', 'binding.js')],
    { env: { ...process.env, GRADTAPE_BINARY: '', ...env }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as ReturnType<typeof load>;
}

const platform = `${process.platform}-${process.arch}`;
const built = 'build/Release/gradtape.node';

test('it is missing: the places looked at, this platform, and how to build it', () => {
  const { message } = load();
  expect(message).toContain(`could not be loaded on ${platform}`);
  expect(message).toContain(`Node ${process.versions.node}`);
  expect(message).toContain(`${path.join(folder, built)}: no such file`);
  expect(message).toMatch(/prebuilds.*gradtape\.node: no such file/);
  expect(message).toContain(`cd ${folder} && npm run build:native`);
  expect(message).not.toContain('carries binaries');
});

test('only those of other platforms are there: which', () => {
  put('prebuilds/sunos-sparc/gradtape.node', '');
  put('prebuilds/aix-ppc64/gradtape.node', '');
  expect(load().message).toContain('The package carries binaries for aix-ppc64, sunos-sparc.');
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

test('the prebuilt one is used where the built one does not load', () => {
  put(`prebuilds/${platform}/gradtape.node`, fs.readFileSync(real));
  expect(load().isa).toMatch(/^(portable|avx2|avx512|neon)$/);
  put(built, 'not an addon');
  expect(load().isa).toMatch(/^(portable|avx2|avx512|neon)$/);
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
