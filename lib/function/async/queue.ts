/**
 * Schedules asynchronous calls. They start in call order, several at a time, but a call waits for earlier ones that assign a
 * variable which it reads or assigns. A variable that no call in flight assigns is read when the call is made: later
 * assignments do not affect it. A function that runs op by op may use any variable: its call waits for all earlier ones that
 * use variables, and later ones wait for it.
 */
import { native } from '../../binding';
import { context, detached } from '../../core/context';
import { aliasTensor, shapeOf, type Tensor } from '../../core/tensor';
import type { Claim, Variable } from '../../core/variable';
import { assignPending } from '../../graph/pending';
import type { VariableUse } from '../../compile/steps';
import { RunVariables } from './run_variables';

/** The work of a call once it starts. */
export type Body = (args: readonly Tensor[], variables: RunVariables) => Promise<unknown>;

/** Calls without unfinished dependencies, which start as threads become free. */
const ready: Call[] = [];
let running = 0;
/** The number of calls so far: the next sequence number. */
let calls = 0;

/** Calls in flight that use variables. */
const callsWithVariables = new Set<Call>();
/** The last call in flight that runs op by op, and the last one with ordered effects such as printing. */
const last: { opByOp: Call | null; ordered: Call | null } = { opByOp: null, ordered: null };

class Call implements Claim {
  private readonly inputs: Tensor[];
  readonly order = calls++;
  private readonly variables = new RunVariables();
  private begun = false;
  /** The number of unfinished calls that it depends on, and the calls that depend on it. */
  private pendingDependencies = 0;
  private readonly dependents: Call[] = [];
  /** For each variable whose value was not available at the call: the call in flight that produces it. */
  private readonly valueSources = new Map<Variable, Call>();

  constructor(
    readonly name: string,
    /** Null if it runs op by op. */
    private readonly use: VariableUse | null,
    private readonly body: Body,
    args: readonly Tensor[],
    private readonly signal: AbortSignal | null,
    private readonly resolve: (result: unknown) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.inputs = args.map((t) => aliasTensor(t, shapeOf(t), name));
    signal?.addEventListener('abort', this.abort, { once: true });
  }

  /**
   * Rejects the promise at once if the call has not started, else at its next step. A call that has not started keeps its turn, in which
   * it does nothing: later ones wait for those before it through it.
   */
  private readonly abort = (): void => {
    if (!this.begun) this.reject((this.signal as AbortSignal).reason);
  };

  enqueue(): void {
    const dependencies = this.use === null ? this.dependenciesOpByOp() : this.dependenciesCompiled(this.use);
    this.pendingDependencies = dependencies.size;
    for (const call of dependencies) call.dependents.push(this);
    if (this.pendingDependencies === 0) ready.push(this);
  }

  /** Registers the call; returns the calls that it depends on. */
  private dependenciesOpByOp(): Set<Call> {
    const dependencies = new Set(callsWithVariables);
    if (last.ordered !== null) dependencies.add(last.ordered);
    callsWithVariables.add(this);
    last.opByOp = last.ordered = context.claims.any = this;
    context.claims.open++;
    return dependencies;
  }

  private dependenciesCompiled({ reads, writes, ordered }: VariableUse): Set<Call> {
    const dependencies = new Set<Call>();
    const touches = reads.size > 0 || writes.size > 0;
    if (touches && last.opByOp !== null) dependencies.add(last.opByOp);
    if (ordered && last.ordered !== null) dependencies.add(last.ordered);
    for (const v of writes) if (v.claim !== null) dependencies.add(v.claim as Call);
    for (const v of reads) {
      const source = latest(v.claim as Call | null, last.opByOp);
      if (source === null) {
        this.variables.pin(v);
      } else {
        dependencies.add(source);
        this.valueSources.set(v, source);
      }
    }
    if (touches) callsWithVariables.add(this);
    if (ordered) last.ordered = this;
    for (const v of writes) v.claim = this;
    if (writes.size > 0) context.claims.open++;
    return dependencies;
  }

  begin(): void {
    running++;
    this.begun = true;
    // A synchronous error rejects as well.
    new Promise((resolve) => {
      this.signal?.throwIfAborted();
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

  /** Carries out the assignments, also those before an error, as a synchronous call does. */
  private end(error?: unknown): void {
    const { use, variables } = this;
    this.signal?.removeEventListener('abort', this.abort);
    variables.publish();
    if (error !== undefined)
      variables.withClaim(() => {
        assignPending(error);
      });
    variables.release();
    for (const t of this.inputs) t.dispose();
    const writes = use?.writes ?? new Set<Variable>();
    for (const v of writes) if (v.claim === this) v.claim = null;
    if (use === null || writes.size > 0) context.claims.open--;
    callsWithVariables.delete(this);
    if (last.opByOp === this) last.opByOp = context.claims.any = null;
    if (last.ordered === this) last.ordered = null;
    for (const call of this.dependents) call.dependencyEnded(this);
    running--;
    beginReady();
  }

  private dependencyEnded(ended: Call): void {
    // The values of the ended call are pinned now: while this call waits for others, a later one may assign the variables.
    for (const [v, source] of this.valueSources) if (source === ended) this.variables.pin(v);
    if (--this.pendingDependencies === 0) ready.push(this);
  }
}

function latest(a: Call | null, b: Call | null): Call | null {
  if (a === null || b === null) return a ?? b;
  return a.order > b.order ? a : b;
}

function beginReady(): void {
  while (ready.length > 0 && running < native.numThreads()) (ready.shift() as Call).begin();
}

/** Runs the body once its dependencies have ended; resolves to its result. Holds the tensors of `args` until then. */
export function enqueue(
  name: string,
  use: VariableUse | null,
  args: readonly Tensor[],
  signal: AbortSignal | null,
  body: Body,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    detached(() => {
      new Call(name, use, body, args, signal, resolve, reject).enqueue();
    });
    beginReady();
  });
}
