/**
 * Decides when calls off the event loop begin. They begin in call order, several at a time, but a call waits for those
 * before it that assign a variable which it reads or assigns. A variable that nobody in flight assigns is read at the call:
 * what is assigned later does not matter to it. A function that runs op by op may use any variable: its call waits for all
 * before it that use variables, and those behind it wait for it.
 */
import { native } from '../../binding';
import { detached } from '../../core/context';
import { aliasTensor, shapeOf, type Tensor } from '../../core/tensor';
import { claims, type Claim, type Variable } from '../../core/variable';
import { assignPending } from '../../graph/pending';
import type { VariableUse } from '../../compile/variable_use';
import { RunVariables } from './values';

/** What a call runs when its turn comes. */
export type Body = (args: readonly Tensor[], variables: RunVariables) => Promise<unknown>;

/** Calls that may begin, as far as there are threads for them. */
const ready: Call[] = [];
let running = 0;
/** Numbers calls in their order. */
let calls = 0;

/** Calls in flight that read or assign variables. */
const using = new Set<Call>();
/** The last one in flight that runs op by op; the last one that prints or draws numbers. */
const last: { opByOp: Call | null; ordered: Call | null } = { opByOp: null, ordered: null };

class Call implements Claim {
  private readonly inputs: Tensor[];
  readonly order = calls++;
  private readonly variables = new RunVariables();
  /** How many calls it still waits for, and those that wait for it. */
  private waits = 0;
  private readonly waiting: Call[] = [];
  /** Of each variable that it does not read at the call: the one whose end gives it the value. */
  private readonly sources = new Map<Variable, Call>();

  constructor(
    readonly name: string,
    /** Null where it runs op by op. */
    private readonly use: VariableUse | null,
    private readonly body: Body,
    args: readonly Tensor[],
    private readonly resolve: (result: unknown) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.inputs = args.map((t) => aliasTensor(t, shapeOf(t), name));
  }

  join(): void {
    const before = this.use === null ? this.joinOpByOp() : this.joinCompiled(this.use);
    this.waits = before.size;
    for (const call of before) call.waiting.push(this);
    if (this.waits === 0) ready.push(this);
  }

  /** The calls that it waits for. */
  private joinOpByOp(): Set<Call> {
    const before = new Set(using);
    if (last.ordered !== null) before.add(last.ordered);
    using.add(this);
    last.opByOp = last.ordered = claims.any = this;
    claims.open++;
    return before;
  }

  private joinCompiled({ reads, writes, ordered }: VariableUse): Set<Call> {
    const before = new Set<Call>();
    const touches = reads.size > 0 || writes.size > 0;
    if (touches && last.opByOp !== null) before.add(last.opByOp);
    if (ordered && last.ordered !== null) before.add(last.ordered);
    for (const v of writes) if (v.claim !== null) before.add(v.claim as Call);
    for (const v of reads) {
      const source = later(v.claim as Call | null, last.opByOp);
      if (source === null) {
        this.variables.pin(v);
      } else {
        before.add(source);
        this.sources.set(v, source);
      }
    }
    if (touches) using.add(this);
    if (ordered) last.ordered = this;
    for (const v of writes) v.claim = this;
    if (writes.size > 0) claims.open++;
    return before;
  }

  begin(): void {
    running++;
    // What fails at once rejects as well.
    new Promise((resolve) => {
      resolve(detached(() => this.body(this.inputs, this.variables)));
    }).then(
      (result) => {
        this.end();
        this.resolve(result);
      },
      (error: unknown) => {
        this.end(error);
        this.reject(error);
      },
    );
  }

  /** Assignments are carried out, those before an error too, as those of a synchronous call are. */
  private end(error?: unknown): void {
    const { use, variables } = this;
    variables.publish();
    if (error !== undefined)
      variables.here(() => {
        assignPending(error);
      });
    variables.release();
    for (const t of this.inputs) t.dispose();
    const writes = use?.writes ?? new Set<Variable>();
    for (const v of writes) if (v.claim === this) v.claim = null;
    if (use === null || writes.size > 0) claims.open--;
    using.delete(this);
    if (last.opByOp === this) last.opByOp = claims.any = null;
    if (last.ordered === this) last.ordered = null;
    for (const call of this.waiting) call.oneLess(this);
    running--;
    beginReady();
  }

  private oneLess(ended: Call): void {
    // What it reads of that one is there now. It may have to wait for others, and the next to assign it may not.
    for (const [v, source] of this.sources) if (source === ended) this.variables.pin(v);
    if (--this.waits === 0) ready.push(this);
  }
}

function later(a: Call | null, b: Call | null): Call | null {
  if (a === null || b === null) return a ?? b;
  return a.order > b.order ? a : b;
}

function beginReady(): void {
  while (ready.length > 0 && running < native.numThreads()) (ready.shift() as Call).begin();
}

/** Runs the body when its turn comes; with what it gives. The tensors of `args` are held until then. */
export function enqueue(
  name: string,
  use: VariableUse | null,
  args: readonly Tensor[],
  body: Body,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    detached(() => {
      new Call(name, use, body, args, resolve, reject).join();
    });
    beginReady();
  });
}
