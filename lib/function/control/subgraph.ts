/** Traces a part of a function that is being traced: a branch, or a loop's body. */
import { recordingDepth } from '../../autodiff/tape';
import { context } from '../../core/context';
import { type Placeholder, placeholderOf, shapeOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import type { Effects, Recorder } from '../../op/contract';
import type { Chosen, Graph } from '../../graph/graph';
import { Trace } from '../../graph/trace';
import type { OutSpec } from '../../op/define/general';

/**
 * The trace of a part. Tensors of the traces around it that it uses become its parameters. So do the values of variables:
 * an assignment is a result of the part, and the trace around it carries it out.
 */
export class PartTrace extends Trace {
  /** Tensors from outside, and what stands for them here: the parameters behind the part's own. */
  readonly captures = new Map<Tensor, Tensor>();
  /** The parameters that are the values of variables. */
  readonly entered = new Map<Variable, Tensor>();
  /** The new values of the variables that were assigned. */
  readonly assigned = new Map<Variable, Tensor>();
  /** It does something to variables that JavaScript must see: it has to run over the variables themselves. */
  needsVariables = false;
  /** What records around it. */
  private readonly recorders: readonly Recorder[];
  /** How many tapes of the trace around it record. */
  private readonly outside = recordingDepth();

  constructor(
    name: string,
    readonly parent: Trace,
  ) {
    super(name, parent.base);
    const outer = parent instanceof PartTrace ? parent.recorders : [];
    this.recorders = context.recorder === null ? outer : [...outer, context.recorder];
  }

  /** Somebody may want the gradient of a tensor that was there before. */
  private mayTakeGradient(t: Tensor): boolean {
    return this.traces(t) || (t.dt.kind === 'float' && this.recorders.some((r) => r.follows(t.id)));
  }

  override sees(other: Placeholder): boolean {
    return other === this || this.parent.sees(other);
  }

  override means(t: Tensor): boolean {
    return super.means(t) || this.parent.means(t);
  }

  override stranger(t: Tensor, of: Placeholder, op: string): Error {
    return this.parent.stranger(t, of, op);
  }

  override closing(): void {
    super.closing();
    this.parent.closing();
  }

  override known(t: Tensor): Tensor {
    if (placeholderOf(t) === this) return t;
    if (!t.isSymbolic && !this.mayTakeGradient(t)) return super.known(t);
    return this.capture(t);
  }

  private capture(outer: Tensor): Tensor {
    let inner = this.captures.get(outer);
    if (inner === undefined) {
      if (!outer.isSymbolic) outer.assertAlive(this.name);
      inner = this.symbol(outer.dt, shapeOf(outer));
      this.captures.set(outer, inner);
    }
    return inner;
  }

  override touch(variable: Variable): void {
    this.variables.add(variable);
    if (this.readAfterAssignment(variable)) return;
    this.parent.touch(variable);
    const real = variable.held;
    const read = this.capture(real);
    this.touched.set(variable, { real, read });
    this.entered.set(variable, read);
    variable.held = read;
  }

  override settle(keep: boolean): void {
    for (const [variable, { real, read }] of this.touched) {
      const value = variable.held;
      variable.held = real;
      if (keep && value !== read) this.assigned.set(variable, this.known(value));
    }
    this.touched.clear();
  }

  override limitOrders(op: string, orders: number, inside = recordingDepth()): void {
    this.parent.limitOrders(op, orders, inside + this.outside);
  }

  override variableCreated(variable: Variable): void {
    this.parent.variableCreated(variable);
  }

  override host(step: Parameters<Trace['host']>[0]): Tensor[] {
    if (step.effects === 'variables') this.needsVariables = true;
    return super.host(step);
  }

  override choice(name: string, inputs: readonly Tensor[], chosen: Chosen): void {
    this.needsVariables = true;
    super.choice(name, inputs, chosen);
  }

  override emitWithScalars(...args: Parameters<Trace['emitWithScalars']>): Tensor[] {
    const { variables, reads = [] } = args[3];
    if (variables.length + reads.length > 0) this.needsVariables = true;
    return super.emitWithScalars(...args);
  }
}

/** The same over the variables themselves, which it reads and assigns when it runs. */
class LiveTrace extends PartTrace {
  override touch(variable: Variable): void {
    Trace.prototype.touch.call(this, variable);
  }
  override settle(keep: boolean): void {
    Trace.prototype.settle.call(this, keep);
  }
}

export interface Part<R> {
  readonly trace: PartTrace;
  /** Its parameters: the part's own, then what `captures` stands for. */
  readonly graph: Graph;
  readonly value: R;
  /** Tensors of the trace around it, in the order of the parameters behind the part's own. */
  readonly captures: readonly Tensor[];
  readonly assigned: ReadonlyMap<Variable, Tensor>;
  readonly variables: ReadonlySet<Variable>;
  /** It must run over the variables themselves. */
  readonly needsVariables: boolean;
}

/**
 * Traces `f` as a part of the function that is being traced. `own` are the parameters that it is given; `results` says
 * which tensors of its result are wanted. With `live`, it reads and assigns variables when it runs, and the trace around
 * it must have let go of them.
 */
export function tracePart<R>(
  name: string,
  own: readonly OutSpec[],
  f: (given: readonly Tensor[]) => R,
  results: (r: R) => readonly Tensor[],
  live: boolean,
): Part<R> {
  const parent = context.tracer as Trace;
  const trace = live ? new LiveTrace(name, parent) : new PartTrace(name, parent);
  const given = own.map((t) => trace.symbol(t.dt, t.shape));
  const { graph, value } = trace.run(() => f(given), results, given);
  // Perhaps the user's function caught it.
  if (trace.reason !== null) throw trace.reason;
  const captures = [...trace.captures];
  return {
    trace,
    graph: {
      ...graph,
      parameters: [...given, ...captures.map(([, inner]) => inner)],
      variables: trace.entered,
    },
    value,
    captures: captures.map(([outer]) => outer),
    assigned: trace.assigned,
    variables: trace.variables,
    needsVariables: trace.needsVariables,
  };
}

/** What a graph does besides computing its results. */
export function effectsOf(graphs: readonly Graph[]): Effects {
  let effects: Effects = 'none';
  for (const node of graphs.flatMap((g) => g.nodes)) {
    if (node.kind === 'read' || node.kind === 'assign') return 'variables';
    if (node.kind !== 'host' || node.effects === 'none') continue;
    if (node.effects === 'variables' || (node.scalarOp?.scalars.variables.length ?? 0) > 0)
      return 'variables';
    if (effects !== 'check') effects = node.effects;
  }
  return effects;
}
