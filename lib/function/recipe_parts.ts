/** Of what recipes are made, and how they are done again. */
import { IndexedSlices } from '../core/indexed_slices';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';

export type Callable = (...args: never[]) => unknown;

/** An argument, or where a result goes. */
export type Part =
  | { readonly kind: 'value'; readonly value: unknown }
  /** What an earlier call gave, or an argument of the function. */
  | { readonly kind: 'slot'; readonly slot: number }
  /** The shape of such a tensor. */
  | { readonly kind: 'shape'; readonly slot: number }
  /** One from outside of the function, and another over its elements that lives as long as they are needed. */
  | { readonly kind: 'tensor'; readonly source: Tensor; readonly real: Tensor }
  /** Without keys an array. */
  | { readonly kind: 'list'; readonly keys: readonly string[] | null; readonly items: readonly Part[] }
  | {
      readonly kind: 'slices';
      readonly values: Part;
      readonly indices: Part;
      readonly denseShape: Shape | null;
    }
  /** A function of the user's own: what it did, once for each call. */
  | { readonly kind: 'callback'; readonly blocks: Block[] };

export interface Step {
  readonly f: Callable;
  /** It makes an object that calls know. */
  readonly made: boolean;
  readonly self: Part;
  readonly args: readonly Part[];
  readonly result: Part;
}

export interface Block {
  readonly parameters: Part[];
  readonly steps: Step[];
  result: Part;
  /** The result had a value when this was taken down. */
  isReal?: boolean;
}

export const nothing: Part = { kind: 'value', value: undefined };

/** The array, or the object with these keys, of values. */
export function assembled(keys: readonly string[] | null, values: unknown[]): unknown {
  return keys === null ? values : Object.fromEntries(keys.map((k, i) => [k, values[i]]));
}

function valueOf(part: Part, env: unknown[]): unknown {
  switch (part.kind) {
    case 'value':
      return part.value;
    case 'slot':
      return env[part.slot];
    case 'shape':
      return (env[part.slot] as Tensor).shape;
    case 'tensor':
      // Tapes know it by its id.
      return part.source.isDisposed ? part.real : part.source;
    case 'list': {
      const { keys, items } = part;
      const values = new Array<unknown>(items.length);
      for (let i = 0; i < items.length; i++) values[i] = valueOf(items[i], env);
      return assembled(keys, values);
    }
    case 'slices':
      return new IndexedSlices(
        valueOf(part.values, env) as Tensor,
        valueOf(part.indices, env) as Tensor,
        part.denseShape,
      );
    default: {
      const [block] = part.blocks;
      return (...args: unknown[]) => play(block, env, args);
    }
  }
}

function put(part: Part, value: unknown, env: unknown[]): void {
  if (part.kind === 'slot') {
    env[part.slot] = value;
  } else if (part.kind === 'list') {
    const { keys, items } = part;
    const of = value as Record<string | number, unknown>;
    for (let i = 0; i < items.length; i++) put(items[i], of[keys === null ? i : keys[i]], env);
  } else if (part.kind === 'slices') {
    put(part.values, (value as IndexedSlices).values, env);
    put(part.indices, (value as IndexedSlices).indices, env);
  }
}

/** Makes the calls of a block. `env` holds what the calls gave. */
export function play(block: Block, env: unknown[], given: readonly unknown[]): unknown {
  const { parameters, steps } = block;
  for (let i = 0; i < parameters.length; i++) put(parameters[i], given[i], env);
  for (const { f, self, args, result } of steps) {
    const list = new Array<unknown>(args.length);
    for (let i = 0; i < list.length; i++) list[i] = valueOf(args[i], env);
    put(result, Reflect.apply(f, valueOf(self, env), list as never[]), env);
  }
  return valueOf(block.result, env);
}

/** Whether two calls of one function did the same. */
export function sameBlock(a: Block, b: Block): boolean {
  if (a === b) return true;
  /** Slots of b, and those of a in their places. */
  const places = new Map<number, number>();
  const meet = (p: Part, q: Part): boolean => {
    if (p.kind === 'slot' && q.kind === 'slot') {
      places.set(q.slot, p.slot);
      return true;
    }
    return p.kind === 'list' && q.kind === 'list' ? alike(p, q, meet) : same(p, q, places);
  };
  const pairs = (p: readonly Part[], q: readonly Part[], f: typeof meet): boolean =>
    p.length === q.length && p.every((x, i) => f(x, q[i]));
  return (
    pairs(a.parameters, b.parameters, meet) &&
    a.steps.length === b.steps.length &&
    a.steps.every((s, i) => {
      const t = b.steps[i];
      if (s.made !== t.made || (!s.made && s.f !== t.f) || !same(s.self, t.self, places)) return false;
      return pairs(s.args, t.args, (p, q) => same(p, q, places)) && meet(s.result, t.result);
    }) &&
    same(a.result, b.result, places)
  );
}

type Lists = Part & { kind: 'list' };

function alike(p: Lists, q: Lists, f: (x: Part, y: Part) => boolean): boolean {
  return (
    p.items.length === q.items.length &&
    p.keys?.join() === q.keys?.join() &&
    p.items.every((x, i) => f(x, q.items[i]))
  );
}

function same(p: Part, q: Part, places: ReadonlyMap<number, number>): boolean {
  if (p.kind === 'list' && q.kind === 'list') return alike(p, q, (x, y) => same(x, y, places));
  if ((p.kind === 'slot' && q.kind === 'slot') || (p.kind === 'shape' && q.kind === 'shape'))
    return (places.get(q.slot) ?? q.slot) === p.slot;
  if (p.kind === 'tensor' && q.kind === 'tensor') return p === q || sameElements(p.real, q.real);
  if (p.kind === 'slices' && q.kind === 'slices')
    return same(p.values, q.values, places) && same(p.indices, q.indices, places);
  if (p.kind === 'callback' && q.kind === 'callback')
    return p.blocks.length === q.blocks.length && p.blocks.every((b, i) => sameBlock(b, q.blocks[i]));
  return p.kind === 'value' && q.kind === 'value' && sameValue(p.value, q.value);
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length)
    return (
      typeof a === 'object' &&
      typeof b === 'object' &&
      a !== null &&
      b !== null &&
      Object.getPrototypeOf(a) === Object.prototype &&
      Object.keys(a).join() === Object.keys(b).join() &&
      Object.entries(a).every(([k, v]) => sameValue(v, (b as Record<string, unknown>)[k]))
    );
  return a.every((v, i) => sameValue(v, b[i]));
}

/** Literals become other tensors at each call. */
function sameElements(a: Tensor, b: Tensor): boolean {
  if (a.dt !== b.dt || a.size !== b.size || a.shape.join() !== b.shape.join() || a.size > 1024) return false;
  const [x, y] = [a.view(), b.view()];
  return x.every((v, i) => Object.is(v, y[i]));
}
