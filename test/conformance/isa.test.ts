/**
 * Every instruction set that this CPU has gives the results of the default one, within what the op definitions state: each runs
 * all examples in a process of its own. So does that of another platform, where `GRADTAPE_EMULATED` is a Node for it
 * with what runs that (words between spaces), `GRADTAPE_EMULATED_BINARY` its addon and `GRADTAPE_EMULATED_ISA` the
 * instruction set (without it, neon).
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import ts from 'typescript';
import { native } from '../../lib/binding';
import { dtypes } from '../../lib/core/dtype';
import { type Tensor, tensorFrom, valuesOf } from '../../lib/core/tensor';
import type { Call } from './calls';
import { eachResult } from './isa_results';
import { difference, isStrict, resultAllowances } from './tolerance';
import type { Recorded } from './fixtures';

const root = path.join(__dirname, '..', '..');
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-isa-'));

/** Compiles the library and the child as they are now, without checking types. */
function compile(): string {
  const read = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, root);
  const program = ts.createProgram([path.join(__dirname, 'isa_child.ts')], {
    ...options,
    noEmit: false,
    noCheck: true,
    noLib: true,
    types: [],
    rootDir: root,
    outDir: dir,
  });
  if (program.emit().emitSkipped) throw new Error('the library did not compile');
  return path.join(dir, 'test', 'conformance', 'isa_child.js');
}

let script: string;
beforeAll(() => {
  script = compile();
}, 60_000);
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

interface Run {
  isa: string;
  bytes: Buffer;
}

const emulator = process.env.GRADTAPE_EMULATED?.split(' ') ?? [];
const own = process.env.GRADTAPE_BINARY ?? path.join(root, 'build', 'Release', 'gradtape.node');

/** Null where this CPU cannot run the instruction set. */
function run(isa: string, node = [process.execPath], addon: string | undefined = own): Run | null {
  const file = path.join(dir, `${isa}.bin`);
  const env: NodeJS.ProcessEnv = { ...process.env, GRADTAPE_FORCE_ISA: isa, GRADTAPE_BINARY: addon };
  delete env.NODE_OPTIONS;
  const [program, ...args] = [...node, script, file];
  const child = spawnSync(program, args, { env, encoding: 'utf8' });
  if (child.status !== 0) {
    if (child.stderr.includes('cannot run on this CPU')) return null;
    throw new Error(`the child for ${isa} failed:\n${child.stderr}`);
  }
  return { isa: child.stdout, bytes: fs.readFileSync(file) };
}

const recorded = (t: Tensor): Recorded => ({
  shape: [...t.shape],
  dtype: t.dtype,
  values: Array.from(valuesOf(t) as ArrayLike<number | bigint>, (v) =>
    typeof v === 'bigint' ? String(v) : v,
  ),
});

interface Done {
  call: Call;
  results: readonly Tensor[];
}
let here: Done[] | null = null;

function collect(): Done[] {
  const all: Done[] = [];
  eachResult((call, results) => all.push({ call, results }));
  return all;
}

function compare({ isa, bytes }: Run): void {
  const failures: string[] = [];
  let at = 0;
  let compared = 0;
  here ??= collect();
  for (const { call, results } of here) {
    const sizes = results.map((t) => t.size * t.dt.array.BYTES_PER_ELEMENT);
    const others = results.map((_, i) => {
      const own = bytes.subarray(at, at + sizes[i]);
      at += sizes[i];
      return own;
    });
    const differing = results.some((t, i) => !Buffer.from(t.data().buffer).equals(others[i]));
    compared++;
    if (!differing) continue;
    const wanted = results.map(recorded);
    // Both are off by what is allowed, and sums of hundreds of terms by more than the short ones of the examples.
    const factor = isStrict(call.definition) ? 1 : 4;
    const allowances = resultAllowances(call, wanted).map((a) => ({ ...a, ulp: factor * a.ulp }));
    results.forEach((t, i) => {
      const copy = new t.dt.array(Uint8Array.from(others[i]).buffer);
      const why = difference(tensorFrom(dtypes[t.dtype], t.shape, copy), wanted[i], allowances[i]);
      if (why !== null) failures.push(`${call.label}: ${why.replaceAll('TensorFlow', native.isa())}`);
    });
  }
  expect(at).toBe(bytes.length);
  expect(compared).toBeGreaterThan(500);
  if (failures.length > 0) {
    throw new Error(`${failures.length} results of ${isa} differ:\n${failures.slice(0, 12).join('\n')}`);
  }
}

const known = process.arch === 'arm64' ? ['portable', 'neon'] : ['portable', 'avx2', 'avx512'];

test.each(known)(
  '%s',
  (isa) => {
    const other = run(isa);
    if (other === null) {
      // Only what the CPU lacks may be left out, and never the baseline or what is in use here.
      expect([...known.slice(0, 1), native.isa()]).not.toContain(isa);
      return;
    }
    expect(other.isa).toBe(isa);
    compare(other);
  },
  60_000,
);

if (emulator.length > 0) {
  const addon = process.env.GRADTAPE_EMULATED_BINARY ?? '';

  test('all examples, emulated', () => {
    const isa = process.env.GRADTAPE_EMULATED_ISA ?? 'neon';
    const other = run(isa, emulator, addon);
    expect(other?.isa).toBe(isa);
    compare(other as Run);
  }, 300_000);

  test('a training, compiled functions and worker threads, emulated', () => {
    const train = (node: readonly string[], binary: string): { own: number[]; others: number[] } => {
      const [program, ...args] = [...node, path.join(__dirname, 'emulated_child.js')];
      const env = { ...process.env, GRADTAPE_BINARY: binary, NODE_OPTIONS: '' };
      const child = spawnSync(program, args, { env, encoding: 'utf8', timeout: 120_000 });
      if (child.status !== 0) throw new Error(`${child.signal ?? child.status}:\n${child.stderr}`);
      return JSON.parse(child.stdout) as { own: number[]; others: number[] };
    };
    const wanted = train([process.execPath], own);
    const got = train(emulator, addon);
    expect(wanted.own.length).toBeGreaterThan(10);
    expect(got.own).toHaveLength(wanted.own.length);
    got.own.forEach((x, i) => {
      expect(Math.abs(x - wanted.own[i])).toBeLessThanOrEqual(1e-4 * Math.abs(wanted.own[i]));
    });
    // A thread gets what any other gets.
    expect(got.others).toEqual(got.own);
    expect(wanted.others).toEqual(wanted.own);
  }, 300_000);
}
