/** Programs as data: what is drawn, run, shrunk and printed. */
import type { DType } from '../../lib/core/dtype';

/**
 * A reference to a value in a statement: a name with a path to a part of it (`a3[0].values`), or a function. A statement's
 * template names its holes `$0`, `$1`…
 */
export type Hole = { readonly ref: string } | { readonly block: Block };

/**
 * How rounding goes through a statement: `exact` results are rounded as their operands are; `sum` results rest on an order
 * that passes may change; `sharp` ones jump where an operand moves a little.
 */
export type Flow = 'exact' | 'sum' | 'sharp';

export interface Statement {
  /** '' where only the effect counts. */
  readonly name: string;
  /** An expression. */
  readonly template: string;
  readonly holes: readonly Hole[];
  readonly flow: Flow;
  /** What the structure around it rests on: not to be shrunk away. */
  readonly fixed?: true;
}

/** A function: its body, and the names that it returns. */
export interface Block {
  readonly params: readonly string[];
  readonly body: readonly Statement[];
  readonly results: readonly string[];
  /** Returns its only result, not an array. */
  readonly single: boolean;
  /** Reads `this`, an object with a variable `v`. */
  readonly self?: true;
}

/** A dimension: a number, or one that differs from call to call. */
export type Dim = number | 'n' | 'm';

export interface Argument {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

/** Sizes and the seed of the elements of one call. */
export interface Sizes {
  readonly n: number;
  readonly m: number;
  readonly seed: number;
}

/**
 * Which passes run: all (results that rest on sums are compared within a tolerance), those that keep every bit, or none (both
 * are compared bit for bit).
 */
export type Passes = 'all' | 'exact' | 'none';

export interface Program {
  /** What the function captures: constants, variables, optimizers, other functions. */
  readonly captured: readonly Statement[];
  readonly args: readonly Argument[];
  readonly body: Block;
  readonly calls: readonly Sizes[];
  /** Options of tf.function. */
  readonly signature: 'none' | 'reduceRetracing' | 'inputSignature';
  readonly passes: Passes;
  /** Tapes around the function: their sources are its floating arguments, and these captured names. */
  readonly tapes: 0 | 1 | 2;
  readonly sources: readonly string[];
  /** The variables of the objects that it is a method of, one after the other; none where it is no method. */
  readonly selves: readonly string[];
  /** The call without a promise in between: all are in flight together. */
  readonly together: boolean;
}

export const isRef = (hole: Hole): hole is { readonly ref: string } => 'ref' in hole;

/** The name in front of a path. */
export function baseOf(ref: string): string {
  const end = ref.search(/[.[]/);
  return end < 0 ? ref : ref.slice(0, end);
}

/** Every statement of a block and of the blocks inside it. */
export function* statementsIn(body: readonly Statement[]): Generator<Statement> {
  for (const statement of body) {
    yield statement;
    for (const hole of statement.holes) if (!isRef(hole)) yield* statementsIn(hole.block.body);
  }
}

/** The names that a block, or a list of statements, uses, those that it defines itself included. */
export function namesUsed(body: readonly Statement[], results: readonly string[] = []): Set<string> {
  const used = new Set(results.map(baseOf));
  for (const { holes } of statementsIn(body)) {
    for (const hole of holes) {
      if (isRef(hole)) used.add(baseOf(hole.ref));
      else for (const name of hole.block.results) used.add(baseOf(name));
    }
  }
  return used;
}

/** Whether a statement is control flow, or a call of another function. */
export const isUnit = ({ template, holes }: Statement): boolean =>
  !isTaped(template) && holes.some((h) => (isRef(h) ? /^g\d/.test(h.ref) : true));

/** Whether a statement's block is under a tape. */
export const isTaped = (template: string): boolean =>
  template.startsWith('gradients(') || template.includes('.minimize(');

/** Whether control flow or other functions are among what a program runs. */
export const hasUnits = ({ captured, body }: Program): boolean =>
  [...statementsIn(captured), ...statementsIn(body.body)].some(isUnit);

/** Whether tapes are among the statements. */
export const hasTapes = (body: readonly Statement[]): boolean =>
  [...statementsIn(body)].some((s) => isTaped(s.template));

/**
 * Whether no tape inside the function sees one tensor as two. Eagerly, what comes out of control flow or another function may be
 * the very tensor that went in, and two parameters may be one tensor, with the gradients of both; compiled they are two.
 */
export function isSound({ captured, body }: Program): boolean {
  const all = [...statementsIn(captured), ...statementsIn(body.body)];
  const out = new Set(all.filter(isUnit).map((s) => s.name));
  const taping = new Set(captured.filter((s) => s.name.startsWith('g') && hasTapes([s])).map((s) => s.name));
  const apart = (s: Statement): boolean => {
    const [f, ...args] = s.holes.map((h) => (isRef(h) ? h.ref : ''));
    if (f === undefined || !taping.has(baseOf(f))) return true;
    return args.every((ref, i) => isApart(ref, args.slice(0, i)) && !out.has(baseOf(ref)));
  };
  return all.every(
    (s) =>
      apart(s) &&
      (!isTaped(s.template) || ![...namesUsed([s])].some((name) => out.has(name))) &&
      (s.name.startsWith('g') ||
        s.holes.every((h) => isRef(h) || h.block.params.length === 0 || !hasTapes(h.block.body))),
  );
}

/** Whether an argument is surely another tensor than those before it, and than what is captured. */
export const isApart = (ref: string, before: readonly string[]): boolean =>
  /^[ax]\d/.test(ref) && before.every((other) => baseOf(other) !== baseOf(ref));

/**
 * Adds to `loose` the names of statements whose values rest on sums. False where a sharp statement has such an operand: what it
 * gives could differ by any amount.
 */
export function flowThrough(body: readonly Statement[], loose: Set<string>): boolean {
  let holds = true;
  for (const { name, holes, flow, template } of body) {
    let operands = false;
    for (const hole of holes) {
      if (isRef(hole)) {
        operands ||= loose.has(baseOf(hole.ref));
        continue;
      }
      const { params, results } = hole.block;
      // What a loop carries may become loose.
      for (const p of params) loose.add(p);
      holds = flowThrough(hole.block.body, loose) && holds;
      operands ||= params.length > 0 || results.some((ref) => loose.has(baseOf(ref)));
    }
    if (operands && flow === 'sharp') holds = false;
    // A variable may be assigned anything.
    if (operands || flow === 'sum' || template.startsWith('new tf.')) loose.add(name);
  }
  return holds;
}

/** The names of a program whose values rest on sums, and whether results can be compared within a tolerance at all. */
export function rounding({ captured, body }: Program): { loose: ReadonlySet<string>; holds: boolean } {
  const loose = new Set<string>();
  const before = flowThrough(captured, loose);
  return { holds: flowThrough(body.body, loose) && before, loose };
}
