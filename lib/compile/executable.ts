/** What a graph was compiled to. Runs it. */
import { InternalError } from '../core/errors';
import { outOfMemory } from '../core/out_of_memory';
import { dtypes } from '../core/dtype';
import { detached, withContext } from '../core/context';
import type { RuntimeScalars } from '../op/contract';
import { asShape, type Shape } from '../core/shape';
import { aliasTensor, bufferOf, makeTensor, shapeOf, type Tensor, tensorOver } from '../core/tensor';
import { claims, heldBy } from '../core/variable';
import { useOf, type VariableUse } from './variable_use';
import { isFallible } from '../graph/graph';
import { NativeProgram } from './native_program';
import type { Segment, Place, Slot, Step } from './steps';
import { addPending } from '../graph/pending';

declare module '../graph/graph' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- it is the one kind of compiled graph
  interface CompiledGraph extends Executable {}
}

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

/** The scalars of one run of a segment. */
export interface RunScalars {
  readonly values: Float64Array;
  /** For how many ops they were computed. */
  readonly count: number;
  /** Where computing them failed: what runs before that op still runs. */
  readonly failed: { readonly node: number; readonly error: unknown } | null;
}

/** A run of a segment: its storages, where they begin and the scalars, and for how many ops these were computed. */
export interface SegmentRun {
  readonly storages: readonly ArrayBuffer[];
  readonly table: Float64Array;
  readonly scalarCount: number;
}

/** Computes the scalars of a run, in program order. `write` computes those of one op. */
export function computeScalars(
  { scalars: list, scalarCount }: Segment,
  write: (scalars: RuntimeScalars, to: Float64Array, at: number) => void,
): RunScalars {
  const values = new Float64Array(scalarCount);
  for (const [count, { scalars, at, node }] of list.entries()) {
    try {
      write(scalars, values, at);
    } catch (error) {
      return { values, count, failed: { node, error } };
    }
  }
  return { values, count: list.length, failed: null };
}

/** Takes back what computing the scalars changed for ops behind this place in the program: the run failed there. */
export function undoScalars({ scalars }: Segment, { scalarCount }: SegmentRun, order: number): void {
  for (let i = scalarCount - 1; i >= 0; i--) if (scalars[i].order > order) scalars[i].scalars.undo?.();
}

const bytesType = dtypes.uint8;

export class Executable {
  /** Those of the segments, by step. */
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
      (most, step) => (step.kind === 'segment' ? Math.max(most, step.arenaBytes) : most),
      0,
    );
    this.programs = steps.map((step) =>
      step.kind === 'segment'
        ? new NativeProgram(step.code, step.externals.length + 1, step.scalarCount)
        : null,
    );
  }

  get use(): VariableUse {
    return (this.used ??= useOf(this.steps));
  }

  programOf(segment: Segment): NativeProgram {
    return this.programs[this.steps.indexOf(segment)] as NativeProgram;
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
        case 'segment':
          this.runSegment(step, this.programs[i] as NativeProgram, values);
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
          let outputs: readonly Tensor[];
          try {
            outputs = step.node.run(step.inputs.map(at), heldBy);
          } catch (error) {
            const { pending } = step;
            addPending(error, pending, (i) => at(pending[i]));
            throw error;
          }
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

  private runSegment(segment: Segment, program: NativeProgram, values: (Tensor | null)[]): void {
    // First of all: it may call the user's code, which may call this very function.
    const scalars =
      segment.scalars.length === 0
        ? null
        : computeScalars(segment, (s, to, at) => {
            s.write(to, at, heldBy);
          });
    for (const f of segment.fresh) {
      values[f.slot] = f.over !== null && f.over.inPlace ? f.over.held : makeTensor(f.dt, f.shape, f.size);
    }
    const { table } = program;
    const storages = program.storages.slice();
    const arena = (this.arena ??= this.makeArena());
    storages[0] = bufferOf(arena);
    table[0] = arena.offset;
    const { externals } = segment;
    for (let i = 0; i < externals.length; i++) {
      const t = values[externals[i]] as Tensor;
      storages[i + 1] = bufferOf(t);
      table[i + 1] = t.offset;
    }
    if (scalars !== null) table.set(scalars.values, 1 + externals.length);
    const run: SegmentRun = { storages, table, scalarCount: scalars?.count ?? 0 };
    const failed = scalars?.failed ?? null;
    if (this.samples !== null && failed === null) {
      this.runApart(segment, program, run, this.samples);
      return;
    }
    const end = failed === null ? program.words : segment.nodes[failed.node].start;
    let stopped: number | undefined;
    try {
      stopped = program.run(storages, 0, end);
    } catch (error) {
      undoScalars(segment, run, -1);
      for (const slot of externals) (values[slot] as Tensor).assertAlive(this.name);
      throw outOfMemory(error, this.name, []);
    }
    while (stopped !== undefined) stopped = program.run(storages, this.redo(segment, stopped, run), end);
    if (failed !== null) this.failAt(segment, failed.node, failed.error, run);
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
  private runApart(segment: Segment, program: NativeProgram, run: SegmentRun, samples: Samples): void {
    for (const n of segment.nodes) {
      const start = process.hrtime.bigint();
      const stopped = program.run(run.storages, n.start, n.end);
      const time = Number(process.hrtime.bigint() - start);
      if (stopped !== undefined) this.redo(segment, n.start, run);
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
    return withContext({ tidy: null }, () =>
      makeTensor(bytesType, asShape([this.arenaBytes]), this.arenaBytes),
    );
  }

  /** Runs the op of an instruction that gave an unusual result as it would run eagerly: it throws the error. */
  redo(segment: Segment, word: number, run: SegmentRun): number {
    const number = segment.nodes.findIndex((n) => word >= n.start && word < n.end);
    if (number < 0) throw new InternalError(`[${this.name}] no op stands at word ${word}`);
    const { node, inputs, outputs, end } = segment.nodes[number];
    const at = (t: Tensor, [storage, offset]: Place): Tensor =>
      tensorOver(t.dt, shapeOf(t), run.storages[storage], run.table[storage] + offset);
    if (node.op.execute === 'view') return end;
    try {
      node.op.execute(
        node.inputs.map((t, i) => at(t, inputs[i])),
        node.attrs as never,
        node.outputs.map((t, i) => at(t, outputs[i])),
      );
    } catch (error) {
      this.failAt(segment, number, error, run);
    }
    return end;
  }

  /** Throws the error of an op: what stands before it in the program happened, and nothing else. */
  failAt(segment: Segment, number: number, error: unknown, run: SegmentRun): never {
    const { node, order, pending } = segment.nodes[number];
    if (
      !isFallible(node.op, node.inputs) &&
      !segment.scalars.some((l) => l.node === number && l.scalars.fallible)
    )
      throw new InternalError(`[${this.name}] ${node.op.name} failed, but is not declared fallible`, {
        cause: error,
      });
    undoScalars(segment, run, order);
    const { storages, table } = run;
    addPending(error, pending, (i) => {
      const { value, place } = pending[i];
      return copyOf(value, storages[place[0]], table[place[0]] + place[1]);
    });
    throw error;
  }
}

function shaped(t: Tensor, shape: Shape): Tensor {
  return shapeOf(t) === shape ? t : aliasTensor(t, shape, 'function');
}

/** A tensor of its own with the elements that lie at a place, which the next run writes over. */
function copyOf(like: Tensor, buffer: ArrayBuffer, offset: number): Tensor {
  const { dt, size } = like;
  return detached(() => {
    const t = makeTensor(dt, shapeOf(like), size);
    const bytes = size * dt.bytes;
    new Uint8Array(bufferOf(t), t.offset, bytes).set(new Uint8Array(buffer, offset, bytes));
    return t;
  });
}
