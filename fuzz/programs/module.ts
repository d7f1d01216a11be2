/** A program's text, compiled. */
import * as vm from 'node:vm';
import * as tf from 'gradtape';
import { helpers } from './helpers';
import type { Program } from './program';
import { moduleText } from './text';

/** What stack traces call a program. */
export const fileName = 'fuzzed-program.js';

export type Args = readonly tf.Tensor[];

export interface Compiled {
  (...args: Args): unknown;
  async(...args: Args): Promise<unknown>;
  bind(self: object): Compiled;
}

/** One copy of a program, with variables of its own. */
export interface Instance {
  readonly f: Compiled;
  /** The variables, and those of each optimizer. */
  state(): readonly (readonly tf.Variable[])[];
  readonly selves: readonly object[];
}

export interface Module {
  /** `compile` is tf.function, or what stands for it; `outside`: tapes are around the compiled function, not in it. */
  make(compile: unknown, outside: boolean): Instance;
  readonly calls: readonly (() => Args)[];
  /** The lines of the text that ran. */
  readonly lines: readonly string[];
}

const names = Object.keys(helpers);
const values = Object.values(helpers);

/** `probe` is called with the first argument whenever the function's JavaScript runs. */
export function load(program: Program, probe: (x: tf.Tensor) => void): Module {
  const text = moduleText(program, { typed: false }, true);
  const source = text.replace(/([\w)\]])!(?=[.,;)\s])/g, '$1');
  const seed = source.includes('tf.random.') ? 'tf.random.setSeed(7);' : '';
  const start = source.replace('{', `{ ${seed}`);
  const f = vm.compileFunction(`${start}\nreturn { make, calls };`, ['tf', 'probe', ...names], {
    filename: fileName,
  });
  const module = (f as (...args: unknown[]) => Pick<Module, 'make' | 'calls'>)(tf, probe, ...values);
  return { ...module, lines: source.split('\n') };
}
