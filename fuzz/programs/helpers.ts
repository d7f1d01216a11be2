/** What programs call besides the library. Each is here once: as the text that is printed, which is compiled for the runs. */
import * as vm from 'node:vm';
import { transformSync } from 'esbuild';
import * as tf from 'gradtape';
import type { DType } from '../../lib/core/dtype';

/** Elements of floats, integers, and integers without a sign. */
const tables = `const tables = {
  float: [1, -1, 0.5, 2, -2.5, 0, 3.25, -0, 7, 0.001, -4, 1.5],
  signed: [1, 0, 2, -1, 3, 1, 5, -2, 0, 4, 7, -3],
  unsigned: [1, 0, 2, 3, 1, 5, 2, 0, 4, 7, 9, 1],
  bool: [1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1],
};
`;

const sources: Readonly<Record<string, string>> = {
  data: `${tables}function data(dtype: tf.DType, shape: number[], seed: number): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const kind = dtype.includes('float') ? 'float' : dtype === 'bool' ? 'bool' : dtype.startsWith('uint') ? 'unsigned' : 'signed';
  const values = Array.from({ length: size }, (_, i) => tables[kind][(seed * 5 + i * (1 + 2 * (seed % 3)) + (i >> 3)) % 12]);
  return tf.reshape(tf.cast(tf.constant(values), dtype), shape);
}`,
  gradients: `const isFloat = (x: tf.Tensor | tf.Variable): boolean => x.dtype.includes('float');
function gradients(f: () => tf.Tensor[], sources: (tf.Tensor | tf.Variable)[]): tf.Tensor[] {
  const wanted = sources.filter(isFloat);
  const tape = new tf.GradientTape();
  tape.watch(wanted.filter((x) => x instanceof tf.Tensor));
  const results = tape.run(f);
  const found = tape.gradient(results.filter(isFloat), wanted, { unconnectedGradients: 'zero' });
  return [...results, ...found.map((g) => tf.convertToTensor(g as tf.Tensor))];
}`,
  differentiated: `const differentiated =
  (f: (...args: tf.Tensor[]) => tf.Tensor[], order: number, captured: (tf.Tensor | tf.Variable)[]) =>
  (...args: tf.Tensor[]): tf.Tensor[] => {
    const sources = [...args, ...captured];
    const first = () => gradients(() => f(...args), sources);
    return order === 1 ? first() : gradients(first, sources);
  };`,
};

/** Which others a helper calls. */
const needs: Readonly<Record<string, readonly string[]>> = { differentiated: ['gradients'] };

/** The helpers that a text calls, as they are printed. */
export function helperText(text: string): string[] {
  const wanted = new Set<string>();
  for (const name of Object.keys(sources)) {
    if (!new RegExp(`\\b${name}\\(`).test(text)) continue;
    for (const need of needs[name] ?? []) wanted.add(need);
    wanted.add(name);
  }
  return Object.keys(sources)
    .filter((name) => wanted.has(name))
    .map((name) => sources[name]);
}

/** What stack traces call these. */
export const helperFile = 'fuzzed-helpers.js';

export type Helpers = Readonly<Record<string, (...args: never[]) => unknown>>;

function compileHelpers(): Helpers {
  const all = `${Object.values(sources).join('\n')}\n({ ${Object.keys(sources).join(', ')}, tables })`;
  const { code } = transformSync(all, { loader: 'ts', target: 'es2022' });
  // The last expression is the value of the script.
  const run = new vm.Script(`(tf) => { ${code.replace(/\(\{ data/, 'return ({ data')} }`, {
    filename: helperFile,
  });
  return (run.runInThisContext() as (library: typeof tf) => Helpers)(tf);
}

export const helpers = compileHelpers();

/** Element `i` of `data(dtype, shape, seed)`. */
export function tableValue(dtype: DType, seed: number, i: number): number {
  const lists = (helpers as unknown as { tables: Record<string, readonly number[]> }).tables;
  const kind = dtype.includes('float')
    ? 'float'
    : dtype === 'bool'
      ? 'bool'
      : dtype.startsWith('uint')
        ? 'unsigned'
        : 'signed';
  return lists[kind][(seed * 5 + i * (1 + 2 * (seed % 3)) + (i >> 3)) % 12];
}
