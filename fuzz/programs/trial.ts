/**
 * Statements carried out one by one, while a program is drawn: shapes and dtypes of what there is so far say what may
 * come next. The runs that are compared use the program's text instead.
 */
import * as vm from 'node:vm';
import * as tf from 'gradtape';
import { helpers } from './helpers';
import { baseOf, isRef, type Block, type Hole, type Statement } from './program';

/** Names and their values, those around included. */
export class Scope {
  private readonly values = new Map<string, unknown>();
  constructor(private readonly outer: Scope | null = null) {}

  set(name: string, value: unknown): void {
    this.values.set(name, value);
  }

  get(name: string): unknown {
    const own = this.values.get(name);
    return own !== undefined || this.outer === null ? own : this.outer.get(name);
  }
}

type Compiled = (...args: unknown[]) => unknown;

/** Compiled texts; they are few, and dropped when they become many. */
const known = new Map<string, Compiled>();
const mostKnown = 4000;

const helperNames = Object.keys(helpers);
const helperValues = Object.values(helpers);

function compiledText(text: string): Compiled {
  let f = known.get(text);
  if (f === undefined) {
    if (known.size >= mostKnown) known.clear();
    f = vm.compileFunction(`return ${text}`, ['tf', 'compile', 'h', ...helperNames]) as Compiled;
    known.set(text, f);
  }
  return f;
}

/** Functions stay plain ones. */
const plain = (f: unknown): unknown => f;

function holeValue(hole: Hole, scope: Scope): unknown {
  if (!isRef(hole)) return blockFunction(hole.block, scope);
  const base = baseOf(hole.ref);
  const value = scope.get(base);
  return base === hole.ref ? value : compiledText(`h[0]${hole.ref.slice(base.length)}`)(tf, plain, [value]);
}

export function evaluate({ template, holes }: Statement, scope: Scope): unknown {
  const text = template.replace(/\$(\d)/g, 'h[$1]');
  return compiledText(text)(
    tf,
    plain,
    holes.map((hole) => holeValue(hole, scope)),
    ...helperValues,
  );
}

function blockFunction(block: Block, outer: Scope): (...args: unknown[]) => unknown {
  return function (this: unknown, ...args: unknown[]): unknown {
    const scope = new Scope(outer);
    if (block.self === true) scope.set('this', this);
    block.params.forEach((name, i) => {
      scope.set(name, args[i]);
    });
    for (const s of block.body) {
      const value = evaluate(s, scope);
      if (s.name !== '') scope.set(s.name, value);
    }
    const results = block.results.map((ref) => holeValue({ ref }, scope));
    return block.single ? results[0] : results;
  };
}
