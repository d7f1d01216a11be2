/** What a graph was compiled to. Runs it. */
import { frame, native } from '../binding';
import { InternalError } from '../core/errors';
import { dtypes, type DTypeInfo } from '../core/dtype';
import { withScope } from '../core/scope';
import { sizeOf, type Shape } from '../core/shape';
import { aliasTensor, makeTensor, tensorOver, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import type { HostNode, OpNode } from './graph';

/** The storage it lies in (0: the arena), its byte offset there, its length. */
export type Place = readonly [storage: number, offset: number, bytes: number];

/** An op of a part and its words in the code. */
export interface PartNode {
  readonly node: OpNode;
  readonly start: number;
  readonly end: number;
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
}

/** Instructions that run without JavaScript in between. */
export interface Part {
  readonly kind: 'part';
  readonly code: ArrayBuffer;
  readonly arenaBytes: number;
  readonly externals: readonly { readonly slot: number; readonly bytes: number }[];
  /** Results that leave: they get tensors of their own. */
  readonly fresh: readonly {
    readonly slot: number;
    readonly dt: DTypeInfo;
    readonly shape: Shape;
    readonly size: number;
  }[];
  readonly nodes: readonly PartNode[];
}

interface Slot {
  readonly slot: number;
  readonly shape: Shape;
}

export type Step =
  | Part
  | {
      readonly kind: 'read';
      readonly variable: Variable;
      readonly slot: number;
      /** The value is needed after the variable may have been given another. */
      readonly keep: boolean;
    }
  | ({ readonly kind: 'assign'; readonly variable: Variable } & Slot)
  | {
      readonly kind: 'host';
      readonly node: HostNode;
      readonly inputs: readonly Slot[];
      readonly outputs: readonly number[];
    };

/** What the border needs of a part besides its code: filled anew for each run. */
interface Bound {
  readonly storages: ArrayBuffer[];
  readonly table: Float64Array<ArrayBuffer>;
}

const nothing = new ArrayBuffer(0);

/** Nanoseconds of each run, by what ran. */
type Samples = Map<{ readonly name: string }, number[]>;

function note(samples: Samples, what: { readonly name: string }, time: number): void {
  const list = samples.get(what);
  if (list === undefined) samples.set(what, [time]);
  else list.push(time);
}
const bytesType = dtypes.uint8;

export class Executable {
  private readonly bound = new Map<Part, Bound>();
  private readonly arenaBytes: number;
  private arena: Tensor | null = null;
  /** While it is profiled. */
  private samples: Samples | null = null;
  /** Tensors by slot, while it runs; constants always. */
  private readonly values: (Tensor | null)[];

  constructor(
    readonly name: string,
    readonly steps: readonly Step[],
    private readonly parameters: readonly number[],
    constants: readonly { readonly slot: number; readonly real: Tensor }[],
    private readonly results: readonly Slot[],
    slots: number,
  ) {
    this.values = new Array<Tensor | null>(slots).fill(null);
    for (const { slot, real } of constants) this.values[slot] = real;
    let bytes = 0;
    for (const step of steps) {
      if (step.kind !== 'part') continue;
      bytes = Math.max(bytes, step.arenaBytes);
      const n = step.externals.length + 1;
      const table = new Float64Array(2 * n);
      step.externals.forEach((e, i) => (table[2 * i + 3] = e.bytes));
      this.bound.set(step, { storages: new Array<ArrayBuffer>(n).fill(nothing), table });
    }
    this.arenaBytes = bytes;
  }

  run(args: readonly Tensor[]): Tensor[] {
    const values = this.values.slice();
    for (let i = 0; i < args.length; i++) values[this.parameters[i]] = args[i];
    for (const step of this.steps) {
      switch (step.kind) {
        case 'part':
          this.runPart(step, values);
          break;
        case 'read':
          values[step.slot] = step.keep
            ? aliasTensor(step.variable.held, step.variable.held.shape, this.name)
            : step.variable.held;
          break;
        case 'assign':
          step.variable.assignTensor(shaped(values[step.slot] as Tensor, step.shape));
          break;
        default: {
          const start = this.samples === null ? 0n : process.hrtime.bigint();
          const outputs = step.node.run(step.inputs.map((s) => shaped(values[s.slot] as Tensor, s.shape)));
          step.outputs.forEach((slot, i) => (values[slot] = outputs[i]));
          if (this.samples !== null) note(this.samples, step.node, Number(process.hrtime.bigint() - start));
        }
      }
    }
    return this.results.map((r) => {
      const t = values[r.slot] as Tensor;
      return aliasTensor(t, r.shape, this.name);
    });
  }

  private runPart(part: Part, values: (Tensor | null)[]): void {
    for (const f of part.fresh) values[f.slot] = makeTensor(f.dt, f.shape, f.size);
    const { storages, table } = this.bound.get(part) as Bound;
    const arena = (this.arena ??= this.makeArena());
    storages[0] = arena.buffer;
    table[0] = arena.offset;
    table[1] = this.arenaBytes;
    const { externals } = part;
    for (let i = 0; i < externals.length; i++) {
      const t = values[externals[i].slot] as Tensor;
      storages[i + 1] = t.buffer;
      table[2 * i + 2] = t.offset;
    }
    let at = 0;
    try {
      if (this.samples !== null) {
        this.runApart(part, storages, table, this.samples);
        return;
      }
      for (;;) {
        frame[0] = at;
        frame[1] = storages.length;
        const stopped = native.runProgram(part.code, table.buffer, storages);
        if (stopped === -1) break;
        at = this.redo(part, stopped, storages, table);
      }
    } catch (error) {
      for (const e of externals) (values[e.slot] as Tensor).assertAlive(this.name);
      throw error;
    } finally {
      for (let i = 1; i < storages.length; i++) storages[i] = nothing;
    }
  }

  /** Microseconds of each op and host step, the medians of some runs (each with all its effects). */
  profile(args: readonly Tensor[], runs: number): { name: string; time: number }[] {
    const samples: Samples = new Map();
    this.samples = samples;
    try {
      for (let i = 0; i < runs; i++) this.run(args);
    } finally {
      this.samples = null;
    }
    return [...samples].map(([{ name }, times]) => {
      times.sort((a, b) => a - b);
      return { name, time: times[times.length >> 1] / 1000 };
    });
  }

  /** Op by op, each timed. */
  private runApart(
    part: Part,
    storages: ArrayBuffer[],
    table: Float64Array<ArrayBuffer>,
    samples: Samples,
  ): void {
    for (const n of part.nodes) {
      const code = part.code.slice(n.start * 8, n.end * 8);
      frame[0] = 0;
      frame[1] = storages.length;
      const start = process.hrtime.bigint();
      const stopped = native.runProgram(code, table.buffer, storages);
      const time = Number(process.hrtime.bigint() - start);
      if (stopped !== -1) this.redo(part, n.start, storages, table);
      note(samples, n.node.op, time);
    }
  }

  private makeArena(): Tensor {
    return withScope({ tidy: null }, () => makeTensor(bytesType, [this.arenaBytes], this.arenaBytes));
  }

  /** Runs the op of an instruction that gave an unusual result as it would run eagerly: it knows what to say. */
  private redo(part: Part, word: number, storages: readonly ArrayBuffer[], table: Float64Array): number {
    const found = part.nodes.find((n) => word >= n.start && word < n.end);
    if (found === undefined) throw new InternalError(`[${this.name}] no op stands at word ${word}`);
    const at = (t: Tensor, [storage, offset]: Place): Tensor =>
      tensorOver(t.dt, t.shape, storages[storage], table[2 * storage] + offset);
    const { node } = found;
    const inputs = node.inputs.map((t, i) => at(t, found.inputs[i]));
    const outputs = node.outputs.map((t, i) => at(t, found.outputs[i]));
    if (node.op.execute !== 'view') node.op.execute(inputs, node.attrs as never, outputs);
    return found.end;
  }

  /** An op over real tensors. */
  static runEagerly(node: OpNode, inputs: readonly Tensor[]): readonly Tensor[] {
    const { op, attrs } = node;
    if (op.execute === 'view') return [aliasTensor(inputs[0], node.outputs[0].shape, op.name)];
    const outputs = node.outputs.map((t) => makeTensor(t.dt, t.shape, sizeOf(t.shape)));
    return op.execute(inputs, attrs as never, outputs) ?? outputs;
  }
}

function shaped(t: Tensor, shape: Shape): Tensor {
  return t.shape === shape ? t : aliasTensor(t, shape, 'function');
}
