/** A program's text, compiled. */
import * as vm from 'node:vm';
import * as tf from 'gradtape';
import { helpers } from './helpers';
import type { Program } from './program';
import { moduleText } from './text';

// Which line of a program threw, and whether it was being traced, is read from the stack.
Error.stackTraceLimit = 1000;

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
  /** `compile` is tf.function, or its substitute; `outside`: tapes are around the compiled function, not in it. */
  make(compile: unknown, outside: boolean): Instance;
  readonly calls: readonly (() => Args)[];
  /** The lines of the text that ran. */
  readonly lines: readonly string[];
  /** The number of the function that a line is in. */
  functionAt(line: number): number | null;
}

const names = Object.keys(helpers);
const values = Object.values(helpers);

const indentOf = (line: string): number => line.search(/\S/);

/** `ran` is called with the number of each function of the program that runs; `library` is what the program's text calls `tf`. */
export function load(program: Program, ran: (number: number) => void, library: typeof tf = tf): Module {
  const text = moduleText(program, { typed: false, functions: { count: 0 } });
  const source = text.replace(/([\w)\]])!(?=[.,;)\s])/g, '$1');
  // What draws random numbers (dropout too) draws the same ones eagerly and compiled.
  const start = source.replace('{', '{ tf.random.setSeed(7);');
  const f = vm.compileFunction(`${start}\nreturn { make, calls };`, ['tf', 'ran', ...names], {
    filename: fileName,
  });
  const module = (f as (...args: unknown[]) => Pick<Module, 'make' | 'calls'>)(library, ran, ...values);
  const lines = source.split('\n');
  return {
    ...module,
    lines,
    functionAt: (line) => {
      const depth = indentOf(lines[line - 1] ?? '');
      for (let i = line - 2; i >= 0; i--) {
        const found = indentOf(lines[i]) < depth ? /ran\((\d+)\)/.exec(lines[i]) : null;
        if (found !== null) return Number(found[1]);
      }
      return null;
    },
  };
}
