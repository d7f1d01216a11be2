/** Grows a program statement by statement: a candidate stays if it can be carried out for all sizes that are tried. */
import * as tf from 'gradtape';
import type { DType } from '../../lib/core/dtype';
import type { Rng } from '../shrinkable';
import {
  baseOf,
  flowThrough,
  isRef,
  isUnit,
  type Block,
  type Flow,
  type Hole,
  type Statement,
} from './program';
import { evaluate, Scope } from './trial';

/** Something that statements may use. */
export interface Value {
  /** A name with a path. */
  readonly ref: string;
  readonly dtype: DType;
  /** In each trial; null in those that an error ended. */
  readonly shapes: readonly (readonly number[] | null)[];
  readonly loose: boolean;
  readonly isVariable: boolean;
  /**
   * It comes out of control flow or another function. Eagerly it may be the very tensor that went in: no source of gradients.
   */
  readonly comesOut: boolean;
}

/** One of the calls that are tried while the program is drawn. */
export interface Trial {
  readonly scope: Scope;
  /** No error has ended it. */
  alive: boolean;
}

/** What all builders of a program share. */
export interface Whole {
  readonly captured: Statement[];
  readonly trials: readonly Trial[];
  /** Sharp statements have no loose operands. */
  readonly strict: boolean;
  /** Whether JavaScript may compute with sizes: the ops alone are another kind of program to a compiler. */
  readonly computesSizes: boolean;
  /** A statement may fail in some trials. */
  readonly mayFail: boolean;
  names: number;
  /** Adds up to so many statements of any kind. */
  readonly grow: (b: Builder, count: number) => void;
  /** Captured optimizers, and the variable that each of them updates. */
  readonly optimizers: { readonly optimizer: Value; readonly variable: Value }[];
}

export type Part = Value | Block | string;

export interface Expression {
  readonly template: string;
  readonly holes: readonly Hole[];
}

const isValue = (part: Part): part is Value => typeof part === 'object' && 'ref' in part;

/** An expression: values and blocks become holes, strings are text. */
export function code(texts: TemplateStringsArray, ...parts: readonly Part[]): Expression {
  const holes: Hole[] = [];
  let template = texts[0];
  parts.forEach((part, i) => {
    if (typeof part === 'string') {
      template += part;
    } else {
      template += `$${holes.length}`;
      holes.push(isValue(part) ? { ref: part.ref } : { block: part });
    }
    template += texts[i + 1];
  });
  return { template, holes };
}

/** The same with a list of parts between commas in the place of `…`. */
export function listed(before: string, parts: readonly Part[], after: string): Expression {
  const texts = [before, ...parts.slice(1).map(() => ', '), after];
  return code(Object.assign(parts.length === 0 ? [before + after] : texts, { raw: texts }), ...parts);
}

/** One expression behind the other. */
export function spliced(a: Expression, b: Expression): Expression {
  const rest = b.template.replace(/\$(\d)/g, (_, k: string) => `$${Number(k) + a.holes.length}`);
  return { template: a.template + rest, holes: [...a.holes, ...b.holes] };
}

const mostElements = 20_000;

interface Leaf {
  readonly path: string;
  readonly t: tf.Tensor | tf.Variable;
}

function leavesOf(value: unknown, path = ''): Leaf[] {
  if (value instanceof tf.Tensor || value instanceof tf.Variable) return [{ path, t: value }];
  if (Array.isArray(value)) return value.slice(0, 4).flatMap((v, i) => leavesOf(v, `${path}[${i}]`));
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return Object.entries(value).flatMap(([key, v]) => leavesOf(v, `${path}.${key}`));
  return [];
}

/** Ops whose results are as large as the elements, or the sizes, of their operands multiply to. */
const growing = /\b(?:meshgrid|segment\w+|sequenceMask|repeat|range|bincount|confusionMatrix)\(/;

/** Whether such an op could fill the memory. */
function mayFillMemory({ template, holes }: Expression, scope: Scope): boolean {
  if (!growing.test(template)) return false;
  const operands = holes.flatMap((h) => (isRef(h) ? leavesOf(valueOf(h.ref, scope)) : []));
  if (template.includes('meshgrid(')) return operands.reduce((n, { t }) => n * t.size, 1) > 1e6;
  return operands.some(({ t }) => [...t.data()].some((x) => !(Math.abs(Number(x)) < 1e5)));
}

export interface AddOptions {
  readonly flow?: Flow;
  readonly effect?: boolean;
  readonly fixed?: true;
  readonly prefix?: string;
  /** Goes among what the function captures. */
  readonly captured?: boolean;
}

export interface BlockOptions {
  /** It returns one value, not an array. */
  readonly single?: boolean;
  /** A variable that is `this.v` in it. */
  readonly self?: Value | null;
  /** It is under a tape. */
  readonly flat?: boolean;
  /** It sees what is captured alone, not the statements around it. */
  readonly alone?: boolean;
}

const valueOf = (ref: string, scope: Scope): unknown =>
  evaluate({ name: '', template: '$0', holes: [{ ref }], flow: 'exact' }, scope);

/** Something that has a name and is no tensor: a function, an optimizer. */
export const named = (ref: string): Value => ({
  ref,
  dtype: 'float32',
  shapes: [],
  loose: false,
  isVariable: false,
  comesOut: false,
});

export class Builder {
  readonly values: Value[];
  readonly body: Statement[] = [];

  constructor(
    readonly rng: Rng,
    readonly whole: Whole,
    private readonly scopes: readonly Scope[],
    outer: readonly Value[],
    /** How many blocks are around this one. */
    readonly depth: number,
    /** It is under a tape whose gradients are compared bit for bit: it has no control flow and no other functions. */
    readonly flat = false,
    /** Whether there may be tapes: not where parameters may stand for tensors that are captured too. */
    readonly mayTape = true,
  ) {
    this.values = [...outer];
  }

  get isAlive(): boolean {
    return this.whole.trials.some((t) => t.alive);
  }

  name(prefix = 'a'): string {
    return `${prefix}${this.whole.names++}`;
  }

  /** `this.v` is this variable. */
  bindThis(self: Value): void {
    for (const scope of this.scopes) scope.set('this', { v: scope.get(self.ref) });
    this.values.push({ ...self, ref: 'this.v' });
  }

  /** A parameter, or a captured name, by its value in each trial. */
  define(ref: string, values: readonly unknown[], loose = false): Value[] {
    this.scopes.forEach((scope, i) => {
      scope.set(ref, values[i]);
    });
    return this.learn(ref, values, loose);
  }

  /** The tensors in the value of a name that exist in all trials. */
  private learn(name: string, results: readonly unknown[], loose: boolean, comesOut = false): Value[] {
    const { trials } = this.whole;
    const lists = results.map((r, i) => (trials[i].alive ? leavesOf(r) : null));
    const first = lists.find((list) => list !== null);
    const found: Value[] = [];
    for (const { path, t } of first ?? []) {
      const same = lists.map((list) => list?.find((leaf) => leaf.path === path)?.t ?? null);
      const { dtype } = t;
      if (same.some((other, i) => trials[i].alive && other?.dtype !== dtype)) continue;
      found.push({
        ref: name + path,
        dtype,
        shapes: same.map((other) => other?.shape ?? null),
        loose,
        isVariable: t instanceof tf.Variable,
        comesOut,
      });
    }
    this.values.push(...found);
    return found;
  }

  /** Carries a statement out in each trial. Null, and nothing has changed, where it cannot stay. */
  add({ template, holes }: Expression, options: AddOptions = {}): Value[] | null {
    const { whole } = this;
    const { flow = 'exact', effect = false, prefix = 'a', captured = false } = options;
    if (!whole.computesSizes && /shape\[|\.size\b|\.\.\./.test(template)) return null;
    // Another order of factors may overflow on the way.
    if (whole.strict && /reduceProd|cumprod/.test(template)) return null;
    const fixed = options.fixed === undefined ? {} : { fixed: true as const };
    const name = effect ? '' : `${prefix}${whole.names}`;
    const statement: Statement = { name, template, holes, flow, ...fixed };
    const loose = new Set(whole.strict ? this.values.filter((v) => v.loose).map((v) => baseOf(v.ref)) : []);
    if (!flowThrough([statement], loose) && whole.strict) return null;
    const failed: Trial[] = [];
    // The call would not fail, but take what follows in it very long.
    let tooLarge = false;
    const results = whole.trials.map((trial, i) => {
      if (!trial.alive) return undefined;
      const scope = captured ? trial.scope : this.scopes[i];
      try {
        tooLarge ||= mayFillMemory(statement, scope);
        if (tooLarge) return undefined;
        const value = evaluate(statement, scope);
        tooLarge = leavesOf(value).some(({ t }) => t.size > mostElements);
        return value;
      } catch {
        failed.push(trial);
        return undefined;
      }
    });
    if (tooLarge) return null;
    if (failed.length > 0) {
      const ends = whole.trials.every((t) => !t.alive || failed.includes(t));
      if (!whole.mayFail || captured || this.depth > 0 || ends) return null;
      for (const trial of failed) trial.alive = false;
    }
    whole.names++;
    (captured ? whole.captured : this.body).push(statement);
    if (effect) return [];
    (captured ? whole.trials.map((t) => t.scope) : this.scopes).forEach((scope, i) => {
      scope.set(name, results[i]);
    });
    return this.learn(name, results, whole.strict && loose.has(name), isUnit(statement));
  }

  /** A function of parameters that stand for values like these. Null where nothing came of it. */
  block(
    like: readonly Value[],
    draw: (inner: Builder, params: readonly Value[]) => readonly Value[] | null,
    options: BlockOptions = {},
  ): Block | null {
    const { single = false, self = null, alone = false, flat = false } = options;
    const { trials } = this.whole;
    const scopes = this.scopes.map((scope, i) => new Scope(alone ? trials[i].scope : scope));
    const outer = this.values.filter((v) => (!alone || /^[cv]\d+$/.test(v.ref)) && !(flat && v.comesOut));
    const inner = new Builder(
      this.rng,
      this.whole,
      scopes,
      outer,
      this.depth + 1,
      this.flat || (flat && !this.whole.strict),
      alone || (this.mayTape && like.length === 0),
    );
    if (self !== null) inner.bindThis(self);
    const params: Value[] = [];
    for (const v of like) {
      const given = this.scopes.map((scope, i) => (trials[i].alive ? valueOf(v.ref, scope) : undefined));
      const defined = inner.define(this.name('p'), given, this.whole.strict);
      if (defined.length !== 1) return null;
      params.push(defined[0]);
    }
    const results = draw(inner, params);
    if (results === null) return null;
    return {
      params: params.map((p) => p.ref),
      body: inner.body,
      results: results.map((v) => v.ref),
      single,
      ...(self === null ? {} : { self: true as const }),
    };
  }

  /** An argument, which has another size in other calls, or another value that fits. */
  pickVarying(fits: (v: Value) => boolean): Value | null {
    const args = this.values.filter((v) => /^[xp]\d+$/.test(v.ref) && fits(v));
    return args.length > 0 && this.rng.chance(0.5) ? this.rng.pick(args) : this.pick(fits);
  }

  /** A value that fits, recent ones more often; null where none does. */
  pick(fits: (v: Value) => boolean = () => true): Value | null {
    const all = this.values.filter(fits);
    if (all.length === 0) return null;
    const recent = all.slice(-3);
    return this.rng.chance(0.5) ? this.rng.pick(recent) : this.rng.pick(all);
  }

  pickFloat(fits: (v: Value) => boolean = () => true): Value | null {
    return this.pick((v) => isFloat(v) && fits(v));
  }
}

export const isFloat = (v: Value): boolean => v.dtype.includes('float');
export const isInteger = (v: Value): boolean => v.dtype.includes('int');

/** Whether it holds of the shape in every trial that is alive. */
export const everyShape = (v: Value, holds: (shape: readonly number[]) => boolean): boolean =>
  v.shapes.every((s) => s === null || holds(s));

export const rankOf = (v: Value): number => v.shapes.find((s) => s !== null)?.length ?? 0;

export const sameRank = (v: Value): boolean => everyShape(v, (s) => s.length === rankOf(v));

export const sameShapes = (a: Value, b: Value): boolean =>
  a.shapes.every((s, i) => s === null || b.shapes[i] === null || s.join() === b.shapes[i]?.join());
