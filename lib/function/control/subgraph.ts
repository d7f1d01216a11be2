/** Traces a subgraph of a function being traced: a branch or a loop body. */
import { recordingDepth } from '../../autodiff/tape';
import { context } from '../../core/context';
import { type Placeholder, placeholderOf, shapeOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import type { Recorder } from '../../op/contract';
import type { GuardedBranches, Graph } from '../../graph/graph';
import { Trace } from '../../graph/trace';
import type { ResultSpec } from '../../op/define/general';

/**
 * The trace of a subgraph. Tensors of enclosing traces that it uses become parameters. So do values of variables; an assigned
 * value is a result of the subgraph, and the enclosing trace carries the assignment out.
 */
class SubgraphTrace extends Trace {
  /** Tensors of enclosing traces, and their parameters here, which follow the subgraph's declared ones. */
  readonly captures = new Map<Tensor, Tensor>();
  /** The parameters that are values of variables. */
  readonly variableParameters = new Map<Variable, Tensor>();
  /** The new values of assigned variables. */
  readonly assigned = new Map<Variable, Tensor>();
  /** A host step uses variables: the subgraph must access the variables themselves when it runs, as a LiveTrace does. */
  needsVariables = false;
  /** The recorders of enclosing traces. */
  private readonly recorders: readonly Recorder[];
  /** The number of active recorders in the enclosing trace. */
  private readonly outerDepth = recordingDepth();

  constructor(
    name: string,
    readonly parent: Trace,
  ) {
    super(name, parent.base);
    const outer = parent instanceof SubgraphTrace ? parent.recorders : [];
    this.recorders = context.recorder === null ? outer : [...outer, context.recorder];
  }

  /** Whether the gradient of a tensor from before the trace may be requested. */
  private mayTakeGradient(t: Tensor): boolean {
    return this.traces(t) || (t.dt.kind === 'float' && this.recorders.some((r) => r.watches(t.id)));
  }

  override inScope(other: Placeholder): boolean {
    return other === this || this.parent.inScope(other);
  }

  override isSubstituted(t: Tensor): boolean {
    return super.isSubstituted(t) || this.parent.isSubstituted(t);
  }

  override foreignTensorError(t: Tensor, of: Placeholder, op: string): Error {
    return this.parent.foreignTensorError(t, of, op);
  }

  override markGradientCaptures(): void {
    super.markGradientCaptures();
    this.parent.markGradientCaptures();
  }

  override symbolFor(t: Tensor): Tensor {
    if (placeholderOf(t) === this) return t;
    if (!t.isSymbolic && !this.mayTakeGradient(t)) return super.symbolFor(t);
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
    this.variableParameters.set(variable, read);
    variable.held = read;
  }

  override restoreVariables(commit: boolean): void {
    for (const [variable, { real, read }] of this.touched) {
      const value = variable.held;
      variable.held = real;
      if (commit && value !== read) this.assigned.set(variable, this.symbolFor(value));
    }
    this.touched.clear();
  }

  override limitOrders(op: string, orders: number, inside = recordingDepth()): void {
    this.parent.limitOrders(op, orders, inside + this.outerDepth);
  }

  override variableCreated(variable: Variable): void {
    this.parent.variableCreated(variable);
  }

  override host(step: Parameters<Trace['host']>[0]): Tensor[] {
    if (step.effects === 'variables') this.needsVariables = true;
    return super.host(step);
  }

  override addGuardedBranches(name: string, inputs: readonly Tensor[], guarded: GuardedBranches): void {
    this.needsVariables = true;
    super.addGuardedBranches(name, inputs, guarded);
  }

  override emitWithScalars(...args: Parameters<Trace['emitWithScalars']>): Tensor[] {
    const { variables, reads = [] } = args[3];
    if (variables.length + reads.length > 0) this.needsVariables = true;
    return super.emitWithScalars(...args);
  }
}

/** The trace of a subgraph that reads and assigns the variables themselves when it runs. */
class LiveTrace extends SubgraphTrace {
  override touch(variable: Variable): void {
    Trace.prototype.touch.call(this, variable);
  }
  override restoreVariables(commit: boolean): void {
    Trace.prototype.restoreVariables.call(this, commit);
  }
}

/** A subgraph, and what its parent has to pass to it and take from it. */
export interface TracedSubgraph<R> {
  readonly trace: SubgraphTrace;
  /** Its parameters: the declared ones, then those of `captures`. */
  readonly graph: Graph;
  readonly value: R;
  /** Captured tensors of enclosing traces, in the order of their parameters. */
  readonly captures: readonly Tensor[];
  readonly assigned: ReadonlyMap<Variable, Tensor>;
  readonly variables: ReadonlySet<Variable>;
  /** It must be traced as `live`. */
  readonly needsVariables: boolean;
}

/**
 * Traces the subgraphs of a control-flow op. If they must access the variables themselves when they run, it traces them again as
 * `live`; then no gradient passes.
 */
export function traceSubgraphs<S extends readonly TracedSubgraph<unknown>[]>(
  op: string,
  traceAll: (live: boolean) => S,
  needsVariables = (subgraphs: S): boolean => subgraphs.some((s) => s.needsVariables),
): S {
  const subgraphs = traceAll(false);
  if (!needsVariables(subgraphs)) return subgraphs;
  const parent = context.tracer as Trace;
  parent.limitOrders(op, 1);
  parent.restoreVariables(true);
  return traceAll(true);
}

/**
 * Traces `f` as a subgraph of the function being traced. `specs` are its declared parameters; `results` selects the graph's
 * results from its return value. With `live`, it reads and assigns variables when it runs, and the caller must have restored
 * the variables of the enclosing trace.
 */
export function traceSubgraph<R>(
  name: string,
  specs: readonly ResultSpec[],
  f: (given: readonly Tensor[]) => R,
  results: (r: R) => readonly Tensor[],
  live: boolean,
): TracedSubgraph<R> {
  const parent = context.tracer as Trace;
  const trace = live ? new LiveTrace(name, parent) : new SubgraphTrace(name, parent);
  const parameters = specs.map((t) => trace.symbol(t.dt, t.shape));
  const { graph, value } = trace.run(() => f(parameters), results, parameters);
  // The user's function may have caught the error.
  if (trace.failure !== null) throw trace.failure;
  const captures = [...trace.captures];
  return {
    trace,
    graph: {
      ...graph,
      parameters: [...parameters, ...captures.map(([, inner]) => inner)],
      variables: trace.variableParameters,
    },
    value,
    captures: captures.map(([outer]) => outer),
    assigned: trace.assigned,
    variables: trace.variables,
    needsVariables: trace.needsVariables,
  };
}
