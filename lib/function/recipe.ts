/**
 * What a function does, as the calls that it makes of the library's functions: taken down while it is traced, and done again
 * over tensors of other shapes without the function itself.
 *
 * That is right as long as the function does not see what varies. Its tensors tell of who looks at their sizes (`Watched` in
 * core/tensor.ts), and whatever is not known to be the same for other sizes spoils the recipe.
 */
import { GradientTape } from '../autodiff/gradient_tape';
import { IndexedSlices } from '../core/indexed_slices';
import { mapStructure } from '../core/nest';
import { isPlain } from '../core/options';
import { scope, withScope, type Callbacks, type Notes } from '../core/scope';
import type { Shape } from '../core/shape';
import { aliasTensor, pin, Tensor } from '../core/tensor';
import { range } from '../ops/creation';
import { shape as shapeOf } from '../ops/facts';
import { assembled, nothing, play, sameBlock, type Block, type Callable, type Part } from './recipe_parts';
import type { TensorSpec } from './tensor_spec';
import { view, type Trace } from './trace';

/** Good so far; not to be had from this trace; not to be had. */
type Outcome = 'good' | 'again' | 'never';

export class Recipe implements Notes {
  open = false;
  outcome: Outcome = 'good';
  private count = 0;
  private readonly slots = new Map<object, number>();
  private block: Block = { parameters: [], steps: [], result: nothing };
  private readonly main = this.block;
  private readonly loose = new Map<Tensor, readonly boolean[]>();
  private readonly ranksVary: boolean;
  /** What a function was given for the shape of a tensor. */
  private readonly shown = new Map<Tensor, Shape>();
  private readonly shownFor = new WeakMap<object, Tensor>();
  private readonly kept = new Map<Tensor, Part>();
  /** In the call that is being taken down: callbacks, and what they stand for. */
  private callbacks = new Map<object, Callable>();

  /** `tensors` stand for the function's arguments, which may be whatever `specs` say. */
  constructor(tensors: readonly Tensor[], specs: readonly TensorSpec[]) {
    this.ranksVary = specs.some((s) => s.shape === null);
    tensors.forEach((t, i) => {
      const { shape } = specs[i];
      if (shape !== null)
        this.loose.set(
          t,
          shape.map((d) => d === null),
        );
      this.main.parameters.push(this.slot(t));
    });
  }

  /** Runs the function and takes down what it does. */
  record(f: () => unknown): unknown {
    return withScope({ notes: this }, () => {
      this.open = true;
      try {
        const value = f();
        this.open = false;
        this.main.result = this.part(value, false);
        return value;
      } catch (error) {
        this.spoil(true);
        throw error;
      } finally {
        this.open = false;
        this.shown.clear();
        this.slots.clear();
      }
    });
  }

  /** Does it again. */
  play(tensors: readonly Tensor[]): unknown {
    return play(this.main, new Array<unknown>(this.count), tensors);
  }

  spoil(once = false): void {
    if (this.outcome !== 'never') this.outcome = once ? 'again' : 'never';
    this.open = false;
  }

  tracks(t: Tensor): boolean {
    return this.slots.has(t) && !t.isSymbolic;
  }

  countsDims(): void {
    if (this.ranksVary) this.spoil();
  }

  sizes(t: Tensor, dims: Shape): Shape {
    let shown = this.shown.get(t);
    if (shown === undefined) {
      const loose = this.loose.get(t);
      shown = new Proxy(dims, {
        get: (target, key, receiver): unknown => {
          if (key === 'length') this.countsDims();
          else if (typeof key === 'string' && /^\d+$/.test(key) && loose?.[Number(key)] !== false)
            this.spoil();
          return Reflect.get(target, key, receiver);
        },
      });
      this.shown.set(t, shown);
      this.shownFor.set(shown, t);
    }
    return shown;
  }

  made(value: object, again: () => object): void {
    this.block.steps.push({ f: again, made: true, self: nothing, args: [], result: this.slot(value) });
  }

  method(self: object, name: string, args: ArrayLike<unknown>): unknown {
    return this.call(Reflect.get(self, name) as Callable, self, args);
  }

  call(f: Callable, self: unknown, args: ArrayLike<unknown>, kind: Callbacks = 'apart'): unknown {
    this.open = false;
    const around = this.callbacks;
    this.callbacks = new Map();
    try {
      const list = Array.from(args);
      const own = self === undefined ? nothing : this.part(self, false);
      const parts = list.map((a) => this.part(a, kind !== 'values'));
      if (own.kind === 'value' && self instanceof GradientTape) this.spoil();
      const given = list.map((a, i) => this.actual(a, parts[i]));
      const value: unknown = Reflect.apply(f, self, given as never[]);
      const calls = [...this.callbacks.keys()] as (Part & { kind: 'callback' })[];
      const depends = [own, ...parts].some(usesSlots);
      // What was not called, or once where that is often as a rule, may show another side when it is.
      const fewest = kind === 'steps' || (kind === 'loop' && calls[0]?.blocks.some((b) => b.isReal)) ? 2 : 1;
      for (const { blocks } of calls) {
        if (blocks.length < fewest && depends) this.spoil(true);
        else if (blocks.some((b) => !sameBlock(blocks[0], b))) this.spoil();
        blocks.length = Math.min(blocks.length, 1);
      }
      if (!depends && calls.length === 0 && isReal(value)) return value;
      const result = this.result(value, { f, depends, parts, callbacks: calls.length > 0 });
      this.block.steps.push({ f, made: false, self: own, args: parts, result: result.part });
      return result.value;
    } catch (error) {
      // Whether it fails may depend on sizes.
      this.spoil(true);
      throw error;
    } finally {
      this.callbacks = around;
      this.open = this.outcome === 'good';
    }
  }

  private slot(value: object): Part & { kind: 'slot' } {
    let slot = this.slots.get(value);
    if (slot === undefined) this.slots.set(value, (slot = this.count++));
    return { kind: 'slot', slot };
  }

  /** What an argument is: found anew in each run, or always the same. */
  private part(value: unknown, wraps: boolean): Part {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function'))
      return { kind: 'value', value };
    const slot = this.slots.get(value);
    if (slot !== undefined) return { kind: 'slot', slot };
    if (value instanceof Tensor) return this.constant(value);
    const of = this.shownFor.get(value);
    if (of !== undefined) {
      const known = this.slots.get(of);
      if (known !== undefined) return { kind: 'shape', slot: known };
      this.spoil();
      return nothing;
    }
    if (typeof value === 'function')
      return wraps ? this.callback(value as Callable) : { kind: 'value', value };
    if (ArrayBuffer.isView(value)) return { kind: 'value', value: (value as Uint8Array).slice() };
    if (value instanceof IndexedSlices) {
      const { values, indices, denseShape } = value;
      return {
        kind: 'slices',
        values: this.part(values, false),
        indices: this.part(indices, false),
        denseShape,
      };
    }
    const list = Array.isArray(value);
    if (!list && !isPlain(value)) return { kind: 'value', value };
    const keys = list ? null : Object.keys(value);
    const items = (list ? (value as unknown[]) : Object.values(value)).map((v) => this.part(v, wraps));
    const part: Part = { kind: 'list', keys, items };
    // Users change their arrays.
    return items.every((p) => p.kind === 'value') ? { kind: 'value', value: copied(part) } : part;
  }

  private constant(t: Tensor): Part {
    if (t.isSymbolic) {
      // Something gave it that was not taken down.
      if (this.outcome === 'good') this.spoil();
      return nothing;
    }
    let part = this.kept.get(t);
    if (part === undefined) {
      const real = withScope({ tidy: null }, () => aliasTensor(t, t.shape, 'function'));
      pin(real);
      this.kept.set(t, (part = { kind: 'tensor', source: t, real }));
    }
    return part;
  }

  private callback(f: Callable): Part {
    const blocks: Block[] = [];
    const part: Part = { kind: 'callback', blocks };
    this.callbacks.set(part, (...args: unknown[]) => {
      const before = { block: this.block, open: this.open };
      const block: Block = { parameters: [], steps: [], result: nothing };
      const fresh = args.map((a) => mapStructure(a, (leaf) => this.fresh(leaf)));
      for (const a of fresh) block.parameters.push(this.bound(a));
      this.block = block;
      this.open = this.outcome === 'good';
      try {
        const value: unknown = Reflect.apply(f, undefined, fresh as never[]);
        this.open = false;
        block.result = this.part(value, false);
        block.isReal = isReal(value);
        blocks.push(block);
        return value;
      } finally {
        this.block = before.block;
        this.open = before.open;
      }
    });
    return part;
  }

  /** An argument of a callback: a tensor of its own, so that nothing else in the function is the same object. */
  private fresh(value: unknown): unknown {
    if (!(value instanceof Tensor) || value.isSymbolic) return value;
    const tracer = scope.tracer as Trace;
    // Somebody may want the gradient of that very tensor.
    if (tracer.traces(value) || scope.recorder?.follows(value.id) === true) {
      this.spoil();
      return value;
    }
    return aliasTensor(value, value.shape, 'function');
  }

  private bound(value: unknown): Part {
    if (value instanceof Tensor) return this.slot(value);
    if (Array.isArray(value)) return { kind: 'list', keys: null, items: value.map((v) => this.bound(v)) };
    if (typeof value !== 'object' || value === null || !isPlain(value)) return { kind: 'value', value };
    return {
      kind: 'list',
      keys: Object.keys(value),
      items: Object.values(value).map((v) => this.bound(v)),
    };
  }

  /** What a function is really called with. */
  private actual(value: unknown, part: Part): unknown {
    switch (part.kind) {
      case 'callback':
        return this.callbacks.get(part);
      case 'shape':
        return (this.shownFor.get(value as object) as Tensor).shape;
      case 'list': {
        const items = (Array.isArray(value) ? (value as unknown[]) : Object.values(value as object)).map(
          (v, i) => this.actual(v, part.items[i]),
        );
        return assembled(part.keys, items);
      }
      default:
        return value;
    }
  }

  /** What later calls may use of a result; the result, whose sizes are watched. */
  private result(value: unknown, call: Made): { readonly part: Part; readonly value: unknown } {
    if (value instanceof Tensor) {
      const known = value.isSymbolic || this.slots.has(value) || !call.depends || keepsReal(value, call);
      const t = known ? value : asSymbol(value);
      return { part: this.slot(t), value: t };
    }
    if (value instanceof IndexedSlices) {
      // That of a variable has the variable's shape.
      if (call.f !== GradientTape.prototype.gradient || usesSlots(call.parts[1])) this.spoil();
      const { values, indices, denseShape } = value;
      const part: Part = {
        kind: 'slices',
        values: this.slot(values),
        indices: this.slot(indices),
        denseShape,
      };
      return { part, value };
    }
    if (Array.isArray(value) || (typeof value === 'object' && value !== null && isPlain(value))) {
      const list = Array.isArray(value);
      const keys = list ? null : Object.keys(value);
      const items = (list ? (value as unknown[]) : Object.values(value)).map((v) => this.result(v, call));
      const values = items.map((i) => i.value);
      return {
        part: { kind: 'list', keys, items: items.map((i) => i.part) },
        value: assembled(keys, values),
      };
    }
    const isNumber = ['number', 'bigint', 'string', 'boolean'].includes(typeof value);
    if (isNumber && call.depends && !call.callbacks) this.spoil();
    return { part: nothing, value };
  }
}

interface Made {
  readonly f: Callable;
  readonly depends: boolean;
  readonly parts: readonly Part[];
  readonly callbacks: boolean;
}

/** Whether a result that has a value although it depends on sizes may keep it: what it is used for is taken down too. */
function keepsReal(t: Tensor, { f, parts }: Made): boolean {
  if (t.rank === 0 || f === shapeOf) return true;
  return t.rank === 1 && f !== range && !parts.some((p) => p.kind === 'shape');
}

/** A tensor of the trace in its place. */
function asSymbol(t: Tensor): Tensor {
  return (scope.tracer as Trace).emit(view, [t], null, [{ shape: t.shape, dt: t.dt }])[0];
}

function usesSlots(part: Part): boolean {
  switch (part.kind) {
    case 'slot':
    case 'shape':
      return true;
    case 'list':
      return part.items.some(usesSlots);
    case 'slices':
      return usesSlots(part.values) || usesSlots(part.indices);
    default:
      return false;
  }
}

const isReal = (value: unknown): boolean =>
  value instanceof Tensor
    ? !value.isSymbolic
    : Array.isArray(value) && value.length > 0 && value.every(isReal);

function copied(part: Part): unknown {
  if (part.kind !== 'list') return (part as Part & { kind: 'value' }).value;
  return assembled(part.keys, part.items.map(copied));
}
