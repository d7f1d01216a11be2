/** The tape of a GradientTape, and the stack of active recorders. */
import type { DTypeInfo } from '../core/dtype';
import { context } from '../core/context';
import type { RecordedOp, Recorder, TracedOp } from '../op/contract';
import type { Shape } from '../core/shape';
import { pin, unpin } from '../core/ownership';
import { peekNextId, shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';

/** The value of a variable as a tensor that later assignments do not change; its gradient is the identity. */
export const readOp: TracedOp & { gradient<T>(dy: T): T } = {
  name: 'read',
  differentiable: true,
  savesInputs: 0,
  savesOutputs: false,
  execute: 'view',
  gradient: (dy) => dy,
};

/** The most entries by which the bitmap grows at once. */
const maxGrowth = 2 ** 24;

/** A set of tensor ids: a bitmap for ids from `base` on, which are dense in one recording; Sets for others. */
export class IdSet {
  private readonly base: number;
  private flags = new Uint8Array(64);
  /** Ids below `base`, usually few: variables and watched tensors. */
  private readonly earlier: number[] = [];
  private earlierSet: Set<number> | null = null;
  /** Ids beyond the bitmap, after millions of tensors were created while nothing was recorded. */
  private far: Set<number> | null = null;

  constructor(base: number) {
    this.base = base;
  }

  has(id: number): boolean {
    const k = id - this.base;
    if (k < 0) return this.earlierSet === null ? this.earlier.includes(id) : this.earlierSet.has(id);
    return k < this.flags.length ? this.flags[k] === 1 : this.far?.has(id) === true;
  }

  add(id: number): void {
    const k = id - this.base;
    if (k < 0) {
      if (this.earlierSet !== null) this.earlierSet.add(id);
      else if (this.earlier.push(id) > 16) this.earlierSet = new Set(this.earlier);
      return;
    }
    if (k >= this.flags.length && !this.grow(k)) {
      (this.far ??= new Set()).add(id);
      return;
    }
    this.flags[k] = 1;
  }

  private grow(k: number): boolean {
    if (this.far !== null || k - this.flags.length > maxGrowth) return false;
    const flags = new Uint8Array(Math.max(2 * this.flags.length, k + 1));
    flags.set(this.flags);
    this.flags = flags;
    return true;
  }
}

/** One tensor of an entry: id, shape and dtype, and the tensor itself if the gradient reads it. */
export class Operand {
  constructor(
    readonly id: number,
    readonly shape: Shape,
    readonly dt: DTypeInfo,
    public saved: Tensor | null,
  ) {}
}

/** One recorded op. The first two inputs and the first output are fields: most ops have no more. */
export class Entry {
  constructor(
    readonly op: RecordedOp,
    readonly attrs: unknown,
    readonly id0: number,
    readonly shape0: Shape,
    readonly dt0: DTypeInfo,
    public saved0: Tensor | null,
    /** 0 if there is no second input. */
    readonly id1: number,
    readonly shape1: Shape | null,
    readonly dt1: DTypeInfo | null,
    public saved1: Tensor | null,
    readonly outId: number,
    readonly outShape: Shape,
    readonly outDt: DTypeInfo,
    public savedOut: Tensor | null,
    readonly moreInputs: readonly Operand[] | null,
    readonly moreOutputs: readonly Operand[] | null,
  ) {}

  /** Releases the saved tensors. */
  release(): void {
    if (this.saved0 !== null) unpin(this.saved0);
    if (this.saved1 !== null) unpin(this.saved1);
    if (this.savedOut !== null) unpin(this.savedOut);
    this.saved0 = this.saved1 = this.savedOut = null;
    for (const list of [this.moreInputs, this.moreOutputs]) {
      if (list === null) continue;
      for (const operand of list) {
        if (operand.saved !== null) unpin(operand.saved);
        operand.saved = null;
      }
    }
  }
}

function pinned(t: Tensor): Tensor {
  pin(t);
  return t;
}

/** The entries of one recording, and the ids of the tensors that it watches: sources, and results that depend on them. */
export class Tape implements Recorder {
  readonly base = peekNextId();
  entries: Entry[] = [];
  /** For each watched variable the ids of the values that were read: several if it was assigned in between. */
  readonly variables = new Map<Variable, number[]>();
  private readonly watched = new IdSet(this.base);
  /** The variables passed to `watchVariable`. */
  private readonly watchedVariables = new Set<Variable>();

  constructor(private readonly watchAccessedVariables: boolean) {}

  watch(id: number): void {
    this.watched.add(id);
  }

  watches(id: number): boolean {
    return this.watched.has(id);
  }

  watchVariable(variable: Variable): void {
    this.watchedVariables.add(variable);
    this.watchRead(variable, variable.held.id);
  }

  readVariable(variable: Variable, value: Tensor): void {
    if (this.watched.has(value.id)) return;
    if ((this.watchAccessedVariables && variable.trainable) || this.watchedVariables.has(variable)) {
      this.watchRead(variable, value.id);
    }
  }

  private watchRead(variable: Variable, id: number): void {
    const reads = this.variables.get(variable);
    if (reads === undefined) this.variables.set(variable, [id]);
    else if (!reads.includes(id)) reads.push(id);
    // As in TensorFlow, an integer variable is among the watched variables, but has no gradient.
    if (variable.dt.kind === 'float') this.watched.add(id);
  }

  recordRead(value: Tensor, copy: Tensor): void {
    this.record1(readOp, value, copy);
  }

  record1(op: RecordedOp, x: Tensor, y: Tensor): void {
    if (!op.differentiable || !this.watched.has(x.id) || y.dt.kind !== 'float') return;
    this.watched.add(y.id);
    this.entries.push(
      new Entry(
        op, null,
        x.id, shapeOf(x), x.dt, op.savesInputs !== 0 ? pinned(x) : null,
        0, null, null, null,
        y.id, shapeOf(y), y.dt, op.savesOutputs ? pinned(y) : null,
        null, null,
      ),
    ); // prettier-ignore
  }

  record2(op: RecordedOp, a: Tensor, b: Tensor, y: Tensor): void {
    if (!op.differentiable || y.dt.kind !== 'float') return;
    const watchesA = this.watched.has(a.id);
    const watchesB = this.watched.has(b.id);
    if (!watchesA && !watchesB) return;
    this.watched.add(y.id);
    this.entries.push(
      new Entry(
        op, null,
        a.id, shapeOf(a), a.dt, (op.savesInputs & 1) !== 0 ? pinned(a) : null,
        b.id, shapeOf(b), b.dt, (op.savesInputs & 2) !== 0 ? pinned(b) : null,
        y.id, shapeOf(y), y.dt, op.savesOutputs ? pinned(y) : null,
        null, null,
      ),
    ); // prettier-ignore
  }

  record(op: RecordedOp, inputs: readonly Tensor[], attrs: unknown, outputs: readonly Tensor[]): void {
    if (!op.differentiable || outputs.length === 0) return;
    let watchesInput = false;
    for (let i = 0; i < inputs.length; i++) if (this.watched.has(inputs[i].id)) watchesInput = true;
    if (!watchesInput) return;
    let floating = false;
    for (let i = 0; i < outputs.length; i++) {
      if (outputs[i].dt.kind === 'float') {
        this.watched.add(outputs[i].id);
        floating = true;
      }
    }
    if (!floating) return;
    const [x0, x1] = inputs;
    const y = outputs[0];
    const saves = op.savesInputs;
    this.entries.push(
      new Entry(
        op, attrs,
        x0.id, shapeOf(x0), x0.dt, (saves & 1) !== 0 ? pinned(x0) : null,
        x1 === undefined ? 0 : x1.id, x1 === undefined ? null : shapeOf(x1), x1 === undefined ? null : x1.dt,
        x1 !== undefined && (saves & 2) !== 0 ? pinned(x1) : null,
        y.id, shapeOf(y), y.dt, op.savesOutputs ? pinned(y) : null,
        inputs.length <= 2 ? null : inputs.slice(2).map((x, i) =>
          new Operand(x.id, shapeOf(x), x.dt, saves === -1 || ((saves >> (i + 2)) & 1) !== 0 ? pinned(x) : null)),
        outputs.length <= 1 ? null : outputs.slice(1).map((o) =>
          new Operand(o.id, shapeOf(o), o.dt, op.savesOutputs ? pinned(o) : null)),
      ),
    ); // prettier-ignore
  }

  /** Releases all saved tensors. */
  release(): void {
    for (const entry of this.entries) entry.release();
    this.entries = [];
  }
}

/** Several recorders as one. */
class Recorders implements Recorder {
  constructor(readonly list: readonly Recorder[]) {}
  watches(id: number): boolean {
    return this.list.some((r) => r.watches(id));
  }
  record(op: RecordedOp, inputs: readonly Tensor[], attrs: unknown, outputs: readonly Tensor[]): void {
    for (const r of this.list) r.record(op, inputs, attrs, outputs);
  }
  recordRead(value: Tensor, copy: Tensor): void {
    for (const r of this.list) r.recordRead(value, copy);
  }
  record1(op: RecordedOp, x: Tensor, y: Tensor): void {
    for (const r of this.list) r.record1(op, x, y);
  }
  record2(op: RecordedOp, a: Tensor, b: Tensor, y: Tensor): void {
    for (const r of this.list) r.record2(op, a, b, y);
  }
  readVariable(variable: Variable, value: Tensor): void {
    for (const r of this.list) r.readVariable(variable, value);
  }
}

/** The active recorders, the outermost first. */
function recorders(): readonly Recorder[] {
  const recorder = context.recorder;
  if (recorder === null) return [];
  return recorder instanceof Recorders ? recorder.list : [recorder];
}

function setRecorders(list: readonly Recorder[]): void {
  context.recorder = list.length === 0 ? null : list.length === 1 ? list[0] : new Recorders(list);
}

export function startRecording(recorder: Recorder): void {
  setRecorders([...recorders(), recorder]);
}

export function stopRecording(recorder: Recorder): void {
  const list = recorders();
  const at = list.lastIndexOf(recorder);
  if (at >= 0) setRecorders(list.filter((_, i) => i !== at));
}

/** The number of active recorders. */
export function recordingDepth(): number {
  return recorders().length;
}
