/** The tracer: runs a function once with symbolic arguments and records the ops that it calls. */
import { readOp, recordingDepth } from '../autodiff/tape';
import { isLiteral } from '../core/convert';
import { FailedPreconditionError, InvalidArgumentError } from '../core/errors';
import type { DTypeInfo } from '../core/dtype';
import { context, withContext } from '../core/context';
import type { HostStep, RuntimeScalars, TracedOp, Tracer } from '../op/contract';
import { showShape, type Shape } from '../core/shape';
import { pin } from '../core/ownership';
import {
  aliasTensor,
  bufferOf,
  peekNextId,
  Placeholder,
  placeholderOf,
  shapeOf,
  symbolicTensor,
  type Tensor,
} from '../core/tensor';
import type { Variable } from '../core/variable';
import {
  isFallible,
  runNode,
  variablesOf,
  type GuardedBranches,
  type Constant,
  type Graph,
  type HostNode,
  type Node,
  type PendingAssignment,
} from './graph';
import { ConcretizationError } from './concretization_error';

/** The same elements in any shape, as a separate tensor; no gradient passes. */
export const view: TracedOp = {
  name: 'alias',
  differentiable: false,
  savesInputs: 0,
  savesOutputs: false,
  execute: 'view',
};

/**
 * The read of a variable (the attribute) after an assignment: its gradient belongs to the variable, and does not pass to the
 * assigned value.
 */
export const reread: TracedOp = { ...view, name: 'read' };

/** A variable that the traced function has used. */
interface TouchedVariable {
  /** The variable's value before the trace. */
  readonly real: Tensor;
  /** The symbolic tensor for that value. */
  readonly read: Tensor;
}

export class Trace extends Placeholder implements Tracer {
  readonly nodes: Node[] = [];
  /** Variables that the traced function created. */
  readonly created: Variable[] = [];
  /** Variables that were read or assigned, in order of first use. */
  readonly variables = new Set<Variable>();
  /** Tensors from before the trace, by id. */
  readonly constants = new Map<number, Constant>();
  protected readonly touched = new Map<Variable, TouchedVariable>();
  /** Tensors of the traces that this one copies, mapped to its own. */
  substitutions: ReadonlyMap<Tensor, Tensor> = new Map();
  /** Results of `reread` nodes. */
  private readonly rereads = new Set<Tensor>();
  /** The function is being traced now. */
  private open = false;
  /** While a node of another graph is copied: the assignments pending before it there. */
  private inheritedPending: readonly PendingAssignment[] = [];
  /** The function has custom gradients, which may close over any tensor of the trace. */
  hasGradientCaptures = false;
  /** Set if the function needed a concrete value: the trace is unusable, even if the function caught the error. */
  failure: ConcretizationError | null = null;
  /** The graph has derivatives of orders below this number. */
  derivableOrders = Infinity;
  /** Called with the symbolic tensor of each variable read. */
  onRead: ((output: Tensor) => void) | null = null;

  /** The function used tensors of `outer`. */
  usesOuterTensors = false;

  constructor(
    readonly name: string,
    /** Tensors with smaller ids existed before the function was called. */
    readonly base = peekNextId(),
    /** The trace of the calling function, whose tensors this one cannot use. */
    private readonly outer: Trace | null = null,
  ) {
    super();
  }

  /** Makes a constant of another graph a constant of this trace. */
  adopt(constant: Constant): void {
    this.constants.set(constant.real.id, {
      ...constant,
      symbol: this.symbol(constant.real.dt, shapeOf(constant.real)),
    });
  }

  symbol(dt: DTypeInfo, shape: Shape): Tensor {
    return symbolicTensor(dt, shape, this);
  }

  traces(t: Tensor): boolean {
    return t.isSymbolic || (t.id < this.base && t.dt.kind === 'float' && !isLiteral(t));
  }

  emit(
    op: TracedOp,
    inputs: readonly Tensor[],
    attrs: unknown,
    outs: readonly { shape: Shape; dt: DTypeInfo }[],
  ): Tensor[] {
    for (const t of inputs) {
      const owner = placeholderOf(t);
      if (owner !== null && !this.inScope(owner) && !this.isSubstituted(t))
        throw this.foreignTensorError(t, owner, op.name);
    }
    if (op.gradientCaptures === true) this.markGradientCaptures();
    const outputs = outs.map((o) => this.symbol(o.dt, o.shape));
    return this.add({
      kind: 'op',
      op,
      inputs: inputs.map((t) => this.symbolFor(t)),
      attrs,
      outputs,
      pending: isFallible(op, inputs) ? this.pending() : undefined,
    }).outputs.slice();
  }

  private add<N extends Node>(node: N): N {
    this.nodes.push(node);
    return node;
  }

  /** The error for the use of a tensor that belongs to an unrelated trace. */
  foreignTensorError(t: Tensor, owner: Placeholder, op: string): Error {
    if (this.outer?.inScope(owner) === true) this.usesOuterTensors = true;
    return owner.accessError(t, op);
  }

  markGradientCaptures(): void {
    this.hasGradientCaptures = true;
  }

  needsValue(op: string, why?: string): never {
    throw (this.failure = new ConcretizationError(op, why));
  }

  /** Runs `f`; the trace is unusable if that throws a ConcretizationError. */
  recordingFailure<R>(f: () => R): R {
    try {
      return f();
    } catch (error) {
      if (error instanceof ConcretizationError) this.failure = error;
      throw error;
    }
  }

  /**
   * Declares that a step has derivatives of orders below `orders` only. Throws a ConcretizationError if `inside`, the number
   * of active tapes within the function, reaches that.
   */
  limitOrders(op: string, orders: number, inside = recordingDepth()): void {
    if (inside >= orders)
      throw new ConcretizationError(
        op,
        `its derivative of order ${orders} depends on what happens when it runs`,
      );
    this.derivableOrders = Math.min(this.derivableOrders, orders - inside);
  }

  /** Whether tensors of that trace may be used here: those of this trace, and in a subgraph those of enclosing ones. */
  inScope(other: Placeholder): boolean {
    return other === this;
  }

  /** Whether a tensor of a copied trace maps to a tensor of this one. */
  isSubstituted(t: Tensor): boolean {
    return this.substitutions.has(t);
  }

  /** The symbolic tensor for `t` in this trace: `t` itself, its substitution, or a constant's symbol. */
  symbolFor(t: Tensor): Tensor {
    if (t.isSymbolic) {
      const substitute = this.substitutions.get(t);
      return substitute === undefined ? t : this.symbolFor(substitute);
    }
    let constant = this.constants.get(t.id);
    if (constant === undefined) {
      // A pinned alias: the user, a tape or a variable may dispose the original.
      const real = withContext({ tidy: null }, () => aliasTensor(t, shapeOf(t), this.name));
      pin(real);
      constant = { source: t, real, symbol: this.symbol(t.dt, shapeOf(t)) };
      this.constants.set(t.id, constant);
    }
    return constant.symbol;
  }

  override alias(t: Tensor, shape: Shape): Tensor {
    const tracer = context.tracer;
    // When the function has been traced, lowering executes ops on its tensors, which may create views of them.
    const substituted = tracer instanceof Trace && tracer.isSubstituted(t);
    if (!this.open && !substituted) return symbolicTensor(t.dt, shape, this, bufferOf(t));
    if (!(tracer instanceof Trace)) throw this.accessError(t, 'alias');
    if (!substituted && !tracer.inScope(this)) throw tracer.foreignTensorError(t, this, 'alias');
    return tracer.emit(view, [t], null, [{ shape, dt: t.dt }])[0];
  }

  override accessError(t: Tensor, op: string): Error {
    const what = `a ${t.dt.name} tensor of shape ${showShape(shapeOf(t))} created while tracing ${this.name}`;
    if (context.tracer instanceof Trace && context.tracer.inScope(this)) {
      return new FailedPreconditionError(
        `[${op}] ${what} has no value yet: the traced function is run once to see which ops it calls, and computed later. ` +
          `Return the tensor and read it outside; for a decision that depends on it use tf.where or tf.cond`,
      );
    }
    return new TypeError(
      `[${op}] ${what} is out of scope and cannot be used here: it stood for a value while the function was traced. ` +
        `Return it from the function, or assign it to a tf.Variable`,
    );
  }

  read(value: Tensor): Tensor {
    return this.emit(readOp, [value], null, [{ shape: shapeOf(value), dt: value.dt }])[0];
  }

  touch(variable: Variable): void {
    this.variables.add(variable);
    if (this.readAfterAssignment(variable)) return;
    const real = variable.held;
    const read = this.add({ kind: 'read', variable, output: this.symbol(real.dt, shapeOf(real)) }).output;
    this.touched.set(variable, { real, read });
    variable.held = read;
    this.onRead?.(read);
  }

  /** Whether the variable was used before. If it was assigned since, it now holds the result of a `reread`. */
  protected readAfterAssignment(variable: Variable): boolean {
    const touched = this.touched.get(variable);
    if (touched === undefined) return false;
    const { held } = variable;
    if (held === touched.read || this.rereads.has(held) || held.dt.kind !== 'float') return true;
    [variable.held] = this.emit(reread, [held], variable, [{ shape: shapeOf(held), dt: held.dt }]);
    this.rereads.add(variable.held);
    return true;
  }

  /** Runs `f`; the nodes that it adds have these assignments pending before them. */
  withPending<R>(pending: readonly PendingAssignment[] | undefined, f: () => R): R {
    const previous = this.inheritedPending;
    this.inheritedPending = pending ?? [];
    try {
      return f();
    } finally {
      this.inheritedPending = previous;
    }
  }

  /** Copies a read node of another graph. */
  copyRead(variable: Variable, source: Tensor): Tensor {
    const read = this.add({ kind: 'read', variable, output: this.symbol(source.dt, shapeOf(source)) }).output;
    this.onRead?.(read);
    return read;
  }

  /** Copies an assign node of another graph. */
  copyAssign(variable: Variable, value: Tensor): void {
    this.add({ kind: 'assign', variable, value: this.symbolFor(value) });
  }

  /** Copies a host node of another graph with other inputs. */
  copyHost(node: HostNode, inputs: readonly Tensor[]): Tensor[] {
    const outputs = node.outputs.map((o) => this.symbol(o.dt, shapeOf(o)));
    const pending = this.pending();
    return this.add({
      ...node,
      inputs: inputs.map((t) => this.symbolFor(t)),
      outputs,
      pending,
    }).outputs.slice();
  }

  variableCreated(variable: Variable): void {
    if (variable.held.isSymbolic) {
      throw new InvalidArgumentError(
        `[${this.name}] the variable '${variable.name}' is created from a value that is not known yet: create variables from ` +
          `constants, or outside of the function`,
      );
    }
    this.created.push(variable);
  }

  /** Restores the concrete values of all touched variables. With `commit`, their new values become assign nodes. */
  restoreVariables(commit: boolean): void {
    for (const [variable, { real, read }] of this.touched) {
      const value = variable.held;
      variable.held = real;
      if (commit && value !== read) this.add({ kind: 'assign', variable, value: this.symbolFor(value) });
    }
    this.touched.clear();
  }

  host(step: HostStep & Pick<HostNode, 'record' | 'subgraphRuns' | 'loop'>): Tensor[] {
    if (step.effects === 'variables') this.restoreVariables(true);
    const outputs = step.outputs.map((o) => this.symbol(o.dt, o.shape));
    const inputs = step.inputs.map((t) => this.symbolFor(t));
    return this.add({ kind: 'host', ...step, inputs, outputs, pending: this.pending() }).outputs.slice();
  }

  /** The assignments so far that no assign node carries out yet. */
  private pending(): readonly PendingAssignment[] | undefined {
    const assignments = new Map<Variable, PendingAssignment>();
    for (const [variable, { read }] of this.touched) {
      if (variable.held !== read)
        assignments.set(variable, { variable, value: this.symbolFor(variable.held) });
    }
    for (const { variable, value } of this.inheritedPending)
      assignments.set(variable, { variable, value: this.symbolFor(value) });
    return assignments.size === 0 ? undefined : [...assignments.values()];
  }

  /** Adds guarded branches. The caller has restored the variables, which the branches use when they run. */
  addGuardedBranches(name: string, inputs: readonly Tensor[], guarded: GuardedBranches): void {
    this.add({
      kind: 'host',
      name,
      inputs: inputs.map((t) => this.symbolFor(t)),
      outputs: [],
      run: (real) => {
        const branch = guarded.branches[guarded.select()];
        branch.f.executable.run(branch.inputs.map((i) => real[i]));
        return [];
      },
      effects: 'variables',
      variables: [...guarded.variables, ...variablesOf(guarded.branches.map(({ f }) => f.graph))],
      why: 'each run chooses',
      guarded,
    });
  }

  emitWithScalars(
    op: TracedOp,
    inputs: readonly Tensor[],
    outs: readonly { shape: Shape; dt: DTypeInfo }[],
    scalars: RuntimeScalars,
  ): Tensor[] {
    // Computing the scalars accesses the variables themselves.
    const used = [...scalars.variables, ...(scalars.reads ?? [])];
    if (used.some((v) => this.touched.has(v))) this.restoreVariables(true);
    const outputs = outs.map((o) => this.symbol(o.dt, o.shape));
    const run: HostNode['run'] = (real, read) => {
      const numbers = new Float64Array(scalars.count);
      scalars.write(numbers, 0, read);
      const attrs = scalars.attrs(numbers);
      return runNode({ kind: 'op', op, inputs: real, attrs, outputs }, real);
    };
    return this.add({
      kind: 'host',
      name: op.name,
      inputs: inputs.map((t) => this.symbolFor(t)),
      outputs,
      run,
      pending: isFallible(op, inputs) || scalars.fallible === true ? this.pending() : undefined,
      effects: 'order',
      why: 'its scalars are computed anew in every run',
      scalarOp: { op, scalars },
    }).outputs.slice();
  }

  /** Traces `f`; `results` selects the graph's results from its return value. */
  run<R>(
    f: () => R,
    results: (r: R) => readonly Tensor[],
    parameters: readonly Tensor[],
  ): { graph: Graph; value: R } {
    this.open = true;
    const onCreate = (variable: Variable): void => {
      this.variableCreated(variable);
    };
    const { value, wanted } = withContext({ tracer: this, recorder: null, tidy: null, onCreate }, () => {
      let done = false;
      try {
        const value = f();
        const wanted = results(value).map((t) => this.symbolFor(t));
        done = true;
        return { value, wanted };
      } finally {
        this.restoreVariables(done);
        this.open = false;
      }
    });
    const constants = [...this.constants.values()];
    return { graph: { name: this.name, parameters, constants, nodes: this.nodes, results: wanted }, value };
  }
}
