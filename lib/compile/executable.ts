/** A compiled graph: runs its steps in order on the calling thread. function/async/run.ts runs them off the event loop. */
import { InternalError } from '../core/errors';
import { outOfMemory } from '../core/out_of_memory';
import { dtypes } from '../core/dtype';
import { context, detached, withContext } from '../core/context';
import type { RuntimeScalars } from '../op/contract';
import { asShape, type Shape } from '../core/shape';
import { aliasTensor, bufferOf, makeTensor, shapeOf, type Tensor, tensorFromBuffer } from '../core/tensor';
import { heldBy } from '../core/variable';
import { isFallible } from '../graph/graph';
import { NativeProgram } from './native_program';
import { useOf, type Place, type Segment, type Slot, type Step, type VariableUse } from './steps';
import { addPending } from '../graph/pending';

declare module '../graph/graph' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- it is the one kind of compiled graph
  interface CompiledGraph extends Executable {}
}

/** Execution times in nanoseconds, by op or step. */
export type Samples = Map<object, { readonly name: string; readonly times: number[] }>;

export function recordTime(samples: Samples, what: object, name: string, time: number): void {
  const entry = samples.get(what);
  if (entry === undefined) samples.set(what, { name, times: [time] });
  else entry.times.push(time);
}

/** The scalars of one run of a segment. */
interface RunScalars {
  readonly values: Float64Array;
  /** The number of ops whose scalars were computed. */
  readonly count: number;
  /** The op whose scalars could not be computed: the ops before it still run. */
  readonly failed: { readonly node: number; readonly error: unknown } | null;
}

/** A run of a segment: its storages, the table of their byte offsets, behind them the scalars; the number of ops with scalars. */
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

/** Reverts the effects of computing scalars for ops after position `order`, where the run failed. */
export function undoScalars({ scalars }: Segment, { scalarCount }: SegmentRun, order: number): void {
  for (let i = scalarCount - 1; i >= 0; i--) if (scalars[i].order > order) scalars[i].scalars.undo?.();
}

const bytesType = dtypes.uint8;

export class Executable {
  /** The native programs of segments, by step. */
  private readonly programs: readonly (NativeProgram | null)[];
  readonly arenaBytes: number;
  private arena: Tensor | null = null;
  /** Set while profiling. */
  private samples: Samples | null = null;
  /** The initial tensors by slot: constants; null for others. */
  readonly values: readonly (Tensor | null)[];
  private cachedUse: VariableUse | null = null;

  constructor(
    readonly name: string,
    readonly steps: readonly Step[],
    readonly parameters: readonly number[],
    constants: readonly { readonly slot: number; readonly real: Tensor }[],
    readonly results: readonly (Slot & {
      /** The caller is the only owner of the tensor. */
      readonly exclusive: boolean;
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
    return (this.cachedUse ??= useOf(this.steps));
  }

  programOf(segment: Segment): NativeProgram {
    return this.programs[this.steps.indexOf(segment)] as NativeProgram;
  }

  run(args: readonly Tensor[]): Tensor[] {
    if (context.claims.open > 0) for (const v of this.use.writes) v.checkUnclaimed();
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
          values[step.slot] = step.keep ? step.variable.snapshot() : step.variable.held;
          break;
        case 'assign':
          this.assign(step, values[step.slot] as Tensor);
          break;
        case 'choice': {
          const { f, inputs } = step.guarded.branches[step.guarded.select()];
          const branchArgs = inputs.map((i) => at(step.inputs[i]));
          if (this.samples === null) f.executable.run(branchArgs);
          else f.executable.sampled(this.samples, () => f.executable.run(branchArgs));
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
            recordTime(this.samples, step, step.node.name, Number(process.hrtime.bigint() - start));
        }
      }
    }
    const results: Tensor[] = [];
    for (const r of this.results) {
      const t = values[r.slot] as Tensor;
      results.push(r.exclusive ? t : aliasTensor(t, r.shape, this.name));
    }
    return results;
  }

  private assign({ variable, exclusive, shape }: Step & { readonly kind: 'assign' }, value: Tensor): void {
    if (!exclusive) variable.assignTensor(shaped(value, shape));
    else if (value === variable.held) variable.markOverwritten();
    else variable.assignOwned(value);
  }

  private runSegment(segment: Segment, program: NativeProgram, values: (Tensor | null)[]): void {
    // Scalars first: computing them may call user code, which may call this function recursively.
    const scalars =
      segment.scalars.length === 0
        ? null
        : computeScalars(segment, (s, to, at) => {
            s.write(to, at, heldBy);
          });
    for (const f of segment.fresh) {
      values[f.slot] =
        f.overwritable?.prefersInPlace === true ? f.overwritable.held : makeTensor(f.dt, f.shape, f.size);
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
      this.profileSegment(segment, program, run, this.samples);
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
    while (stopped !== undefined)
      stopped = program.run(storages, this.rerunEagerly(segment, stopped, run), end);
    if (failed !== null) this.failAt(segment, failed.node, failed.error, run);
  }

  /** Records the time of each op and host step in the runs that `f` starts. */
  sampled<R>(samples: Samples, f: () => R): R {
    this.samples = samples;
    try {
      return f();
    } finally {
      this.samples = null;
    }
  }

  /** Runs a segment op by op and records their times. */
  private profileSegment(segment: Segment, program: NativeProgram, run: SegmentRun, samples: Samples): void {
    for (const n of segment.nodes) {
      const start = process.hrtime.bigint();
      const stopped = program.run(run.storages, n.start, n.end);
      const time = Number(process.hrtime.bigint() - start);
      if (stopped !== undefined) this.rerunEagerly(segment, n.start, run);
      recordTime(samples, n, n.node.op.name, time);
    }
  }

  /** Takes the arena for a run that may overlap with others. */
  leaseArena(): Tensor {
    const { arena } = this;
    this.arena = null;
    return arena ?? this.makeArena();
  }

  returnArena(arena: Tensor): void {
    if (this.arena === null) this.arena = arena;
    else arena.dispose();
  }

  private makeArena(): Tensor {
    return withContext({ tidy: null }, () =>
      makeTensor(bytesType, asShape([this.arenaBytes]), this.arenaBytes),
    );
  }

  /** Reruns the op of an instruction that stopped the program eagerly, so that it throws its error; returns the next word. */
  rerunEagerly(segment: Segment, word: number, run: SegmentRun): number {
    const number = segment.nodes.findIndex((n) => word >= n.start && word < n.end);
    if (number < 0) throw new InternalError(`[${this.name}] no op has word ${word}`);
    const { node, inputs, outputs, end } = segment.nodes[number];
    const at = (t: Tensor, [storage, offset]: Place): Tensor =>
      tensorFromBuffer(t.dt, shapeOf(t), run.storages[storage], run.table[storage] + offset);
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

  /** Throws the error of an op. Effects before it in program order take place, later ones do not. */
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

/** A copy of a value at a location that the next run overwrites. */
function copyOf(like: Tensor, buffer: ArrayBuffer, offset: number): Tensor {
  const { dt, size } = like;
  return detached(() => {
    const t = makeTensor(dt, shapeOf(like), size);
    const bytes = size * dt.bytes;
    new Uint8Array(bufferOf(t), t.offset, bytes).set(new Uint8Array(buffer, offset, bytes));
    return t;
  });
}
