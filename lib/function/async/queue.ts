/**
 * Decides when calls off the event loop begin. They begin in call order, several at a time, but a call waits for those
 * before it that assign a variable which it reads or assigns. A variable that nobody in flight assigns is read at the call:
 * what is assigned later does not matter to it.
 */
import { native } from '../../binding';
import { apart } from '../../core/scope';
import { aliasTensor, type Tensor } from '../../core/tensor';
import { claims, type Claim, type Variable } from '../../core/variable';
import { forgetPasts, keepPast } from './past';
import { Transaction } from './transaction';
import type { VariableUse } from './use';

/** What a call runs when its turn comes. */
export type Body = (args: readonly Tensor[], variables: Transaction) => Promise<unknown>;

/** Calls that may begin, as far as there are threads for them. */
const ready: Call[] = [];
let running = 0;

/** Calls in flight that read or assign variables, the oldest first. */
const using = new Set<Call>();
/** The last one in flight that may use any variable; the last one that prints or draws numbers. */
const last: { unknown: Call | null; ordered: Call | null } = { unknown: null, ordered: null };

/** How many calls in flight may use any variable. */
let unknownCalls = 0;
/** How many calls there were. */
let calls = 0;

const keep = (variable: Variable): void => {
  keepPast(variable, calls);
};

class Call implements Claim {
  private readonly inputs: Tensor[];
  /** Greater than that of all calls before. */
  readonly order = calls++;
  private readonly variables = new Transaction(this.order);
  /** How many calls it still waits for, and those that wait for it. */
  private waits = 0;
  private readonly waiting: Call[] = [];
  /** Of each variable that it does not read at the call: the one whose end gives it the value. */
  private readonly sources = new Map<Variable, Call>();

  constructor(
    readonly name: string,
    private readonly use: VariableUse,
    private readonly body: Body,
    args: readonly Tensor[],
    private readonly resolve: (result: unknown) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.inputs = args.map((t) => aliasTensor(t, t.shape, name));
  }

  join(): void {
    const { reads, writes, ordered } = this.use;
    const before = new Set<Call>();
    if (this.use.unknown) for (const call of using) before.add(call);
    const touches = this.use.unknown || reads.size > 0 || writes.size > 0;
    if (touches && last.unknown !== null) before.add(last.unknown);
    if (ordered && last.ordered !== null) before.add(last.ordered);
    for (const v of writes) if (v.claim !== null) before.add(v.claim as Call);
    for (const v of reads) {
      const source = later(v.claim as Call | null, last.unknown);
      if (source === null) {
        this.variables.see(v);
      } else {
        before.add(source);
        this.sources.set(v, source);
      }
    }
    if (touches) using.add(this);
    if (ordered) last.ordered = this;
    for (const v of writes) v.claim = this;
    if (writes.size > 0) claims.open++;
    if (this.use.unknown) {
      last.unknown = this;
      claims.open++;
      unknownCalls++;
      claims.keep = keep;
    }
    this.waits = before.size;
    for (const call of before) call.waiting.push(this);
    if (this.waits === 0) ready.push(this);
  }

  begin(): void {
    running++;
    apart(() => this.body(this.inputs, this.variables)).then(
      (result) => {
        this.end();
        this.resolve(result);
      },
      (error: unknown) => {
        this.end();
        this.reject(error);
      },
    );
  }

  /** Assignments are carried out, those before an error too, as those of a synchronous call are. */
  private end(): void {
    this.variables.carryOut();
    this.variables.release();
    for (const t of this.inputs) t.dispose();
    const { writes } = this.use;
    for (const v of writes) if (v.claim === this) v.claim = null;
    if (writes.size > 0) claims.open--;
    if (this.use.unknown) {
      claims.open--;
      if (--unknownCalls === 0) claims.keep = null;
    }
    using.delete(this);
    if (last.unknown === this) last.unknown = null;
    if (last.ordered === this) last.ordered = null;
    for (const call of this.waiting) call.oneLess(this);
    const [oldest] = using;
    forgetPasts((oldest as Call | undefined)?.order ?? calls);
    running--;
    beginReady();
  }

  private oneLess(ended: Call): void {
    // What it reads of that one is there now. It may have to wait for others, and the next to assign it may not.
    for (const [v, source] of this.sources) if (source === ended) this.variables.read(v);
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

/** Whether a call that may do anything could run at once: nothing in flight assigns variables, prints or draws numbers. */
export function nothingInTheWay(): boolean {
  return claims.open === 0 && last.ordered === null;
}

/** Runs the body when its turn comes; with its results. The tensors of `args` are held until then. */
export function enqueue(
  name: string,
  use: VariableUse,
  args: readonly Tensor[],
  body: Body,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    apart(() => {
      new Call(name, use, body, args, resolve, reject).join();
    });
    beginReady();
  });
}
