/** What a graph was compiled to. Runs it. */
import { InternalError } from '../core/errors';
import { dtypes, type DTypeInfo } from '../core/dtype';
import { withScope, type LateNumbers } from '../core/scope';
import { sizeOf, type Shape } from '../core/shape';
import { aliasTensor, makeTensor, tensorOver, type Tensor } from '../core/tensor';
import { claims, type Variable } from '../core/variable';
import { useOf, type VariableUse } from './async/use';
import type { Chosen, HostNode, OpNode } from './graph';
import { NativeProgram } from './native_program';

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
  /** The slots of the storages behind the arena. */
  readonly externals: readonly number[];
  /** Results that leave: they get tensors of their own. */
  readonly fresh: readonly {
    readonly slot: number;
    readonly dt: DTypeInfo;
    readonly shape: Shape;
    readonly size: number;
    /** It may be written over this variable's value, if nobody else can see that. */
    readonly over: Variable | null;
  }[];
  /** What finds the numbers of a run, and where in the table they stand. */
  readonly late: readonly { readonly numbers: LateNumbers; readonly at: number }[];
  readonly lateCount: number;
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
  | ({
      readonly kind: 'assign';
      readonly variable: Variable;
      /** Nobody else gets the value. */
      readonly own: boolean;
    } & Slot)
  | {
      readonly kind: 'choice';
      readonly node: HostNode;
      readonly chosen: Chosen;
      readonly inputs: readonly Slot[];
    }
  | {
      readonly kind: 'host';
      readonly node: HostNode;
      readonly inputs: readonly Slot[];
      readonly outputs: readonly number[];
    };

/** Nanoseconds of each run, by what ran. */
export type Samples = Map<object, { readonly name: string; readonly times: number[] }>;

/** Microseconds of each op and host step, the medians. */
export function medians(samples: Samples): { name: string; time: number }[] {
  return [...samples.values()].map(({ name, times }) => {
    times.sort((a, b) => a - b);
    return { name, time: times[times.length >> 1] / 1000 };
  });
}

export function note(samples: Samples, what: object, name: string, time: number): void {
  const entry = samples.get(what);
  if (entry === undefined) samples.set(what, { name, times: [time] });
  else entry.times.push(time);
}

/** Takes back what finding the numbers of a run changed: the run failed. */
export function takeBack({ late }: Part): void {
  for (let i = late.length - 1; i >= 0; i--) late[i].numbers.undo?.();
}

const bytesType = dtypes.uint8;

export class Executable {
  /** Those of the parts, by step. */
  private readonly programs: readonly (NativeProgram | null)[];
  readonly arenaBytes: number;
  private arena: Tensor | null = null;
  /** While it is profiled. */
  private samples: Samples | null = null;
  /** Tensors by slot, while it runs; constants always. */
  readonly values: readonly (Tensor | null)[];
  private used: VariableUse | null = null;

  constructor(
    readonly name: string,
    readonly steps: readonly Step[],
    readonly parameters: readonly number[],
    constants: readonly { readonly slot: number; readonly real: Tensor }[],
    readonly results: readonly (Slot & {
      /** Nobody else has the tensor. */
      readonly own: boolean;
    })[],
    slots: number,
  ) {
    const values = Array.from<unknown, Tensor | null>({ length: slots }, () => null);
    for (const { slot, real } of constants) values[slot] = real;
    this.values = values;
    this.arenaBytes = steps.reduce(
      (most, step) => (step.kind === 'part' ? Math.max(most, step.arenaBytes) : most),
      0,
    );
    this.programs = steps.map((step) =>
      step.kind === 'part' ? new NativeProgram(step.code, step.externals.length + 1, step.lateCount) : null,
    );
  }

  get use(): VariableUse {
    return (this.used ??= useOf(this.steps));
  }

  programOf(part: Part): NativeProgram {
    return this.programs[this.steps.indexOf(part)] as NativeProgram;
  }

  run(args: readonly Tensor[]): Tensor[] {
    if (claims.open > 0) for (const v of this.use.writes) v.checkFree();
    const values = this.values.slice();
    for (let i = 0; i < args.length; i++) values[this.parameters[i]] = args[i];
    const at = ({ slot, shape }: Slot): Tensor => shaped(values[slot] as Tensor, shape);
    const { steps } = this;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i];
      switch (step.kind) {
        case 'part':
          this.runPart(step, this.programs[i] as NativeProgram, values);
          break;
        case 'read':
          values[step.slot] = step.keep ? step.variable.lend() : step.variable.held;
          break;
        case 'assign':
          this.assign(step, values[step.slot] as Tensor);
          break;
        case 'choice': {
          const { f, inputs } = step.chosen.branches[step.chosen.choose()];
          const given = inputs.map((i) => at(step.inputs[i]));
          if (this.samples === null) f.executable.run(given);
          else f.executable.sampled(this.samples, () => f.executable.run(given));
          break;
        }
        default: {
          const start = this.samples === null ? 0n : process.hrtime.bigint();
          const outputs = step.node.run(step.inputs.map(at));
          step.outputs.forEach((slot, i) => (values[slot] = outputs[i]));
          if (this.samples !== null)
            note(this.samples, step, step.node.name, Number(process.hrtime.bigint() - start));
        }
      }
    }
    const results: Tensor[] = [];
    for (const r of this.results) {
      const t = values[r.slot] as Tensor;
      results.push(r.own ? t : aliasTensor(t, r.shape, this.name));
    }
    return results;
  }

  private assign({ variable, own, shape }: Step & { readonly kind: 'assign' }, value: Tensor): void {
    if (!own) variable.assignTensor(shaped(value, shape));
    else if (value === variable.held) variable.overwritten();
    else variable.adopt(value);
  }

  private runPart(part: Part, program: NativeProgram, values: (Tensor | null)[]): void {
    for (const f of part.fresh) {
      values[f.slot] = f.over !== null && f.over.inPlace ? f.over.held : makeTensor(f.dt, f.shape, f.size);
    }
    const { table } = program;
    const storages = program.storages.slice();
    const arena = (this.arena ??= this.makeArena());
    storages[0] = arena.buffer;
    table[0] = arena.offset;
    const { externals } = part;
    for (let i = 0; i < externals.length; i++) {
      const t = values[externals[i]] as Tensor;
      storages[i + 1] = t.buffer;
      table[i + 1] = t.offset;
    }
    for (const l of part.late) l.numbers.write(table, l.at);
    try {
      if (this.samples !== null) {
        this.runApart(part, program, storages, this.samples);
        return;
      }
      let stopped = program.run(storages);
      while (stopped !== undefined)
        stopped = program.run(storages, this.redo(part, stopped, storages, table));
    } catch (error) {
      takeBack(part);
      for (const slot of externals) (values[slot] as Tensor).assertAlive(this.name);
      throw error;
    }
  }

  /** Notes the times of each op and host step of the runs that `f` makes. */
  sampled<R>(samples: Samples, f: () => R): R {
    this.samples = samples;
    try {
      return f();
    } finally {
      this.samples = null;
    }
  }

  /** Op by op, each timed. */
  private runApart(
    part: Part,
    program: NativeProgram,
    storages: readonly ArrayBuffer[],
    samples: Samples,
  ): void {
    for (const n of part.nodes) {
      const start = process.hrtime.bigint();
      const stopped = program.run(storages, n.start, n.end);
      const time = Number(process.hrtime.bigint() - start);
      if (stopped !== undefined) this.redo(part, n.start, storages, program.table);
      note(samples, n, n.node.op.name, time);
    }
  }

  /** For a run beside which others may begin. */
  takeArena(): Tensor {
    const { arena } = this;
    this.arena = null;
    return arena ?? this.makeArena();
  }

  giveArena(arena: Tensor): void {
    if (this.arena === null) this.arena = arena;
    else arena.dispose();
  }

  private makeArena(): Tensor {
    return withScope({ tidy: null }, () => makeTensor(bytesType, [this.arenaBytes], this.arenaBytes));
  }

  /** Runs the op of an instruction that gave an unusual result as it would run eagerly: it knows what to say. */
  redo(part: Part, word: number, storages: readonly ArrayBuffer[], table: Float64Array): number {
    const found = part.nodes.find((n) => word >= n.start && word < n.end);
    if (found === undefined) throw new InternalError(`[${this.name}] no op stands at word ${word}`);
    const at = (t: Tensor, [storage, offset]: Place): Tensor =>
      tensorOver(t.dt, t.shape, storages[storage], table[storage] + offset);
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
