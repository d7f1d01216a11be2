/** Runs a function once with tensors that stand for its arguments, and notes the ops that it calls. */
import { recordingDepth } from '../autodiff/tape';
import { isLiteral } from '../core/convert';
import { FailedPreconditionError, InvalidArgumentError } from '../core/errors';
import type { DTypeInfo } from '../core/dtype';
import { context, withContext } from '../core/context';
import type { HostStep, RuntimeScalars, TracedOp, Tracer } from '../op/contract';
import { showShape, type Shape } from '../core/shape';
import {
  aliasTensor,
  bufferOf,
  peekNextId,
  pin,
  Placeholder,
  placeholderOf,
  shapeOf,
  symbolicTensor,
  type Tensor,
} from '../core/tensor';
import type { Variable } from '../core/variable';
import { runNode } from './run_node';
import { readOp } from '../op/read';
import {
  isFallible,
  variablesOf,
  type Chosen,
  type Constant,
  type Graph,
  type HostNode,
  type Node,
  type Pending,
} from './graph';
import { ConcretizationError } from './concretization_error';

/** The same elements as a tensor of its own, of any shape; no gradient passes. */
export const view: TracedOp = {
  name: 'alias',
  differentiable: false,
  savesInputs: 0,
  savesOutputs: false,
  execute: 'view',
};

/**
 * A variable (the attribute) is read after it was given a value: gradients go from here to the variable, and not to what
 * the value was made of.
 */
export const reread: TracedOp = { ...view, name: 'read' };

export interface Touched {
  /** What the variable held before the trace. */
  readonly real: Tensor;
  /** What stands for that. */
  readonly read: Tensor;
}

export class Trace extends Placeholder implements Tracer {
  readonly nodes: Node[] = [];
  /** Variables that the traced function created. */
  readonly created: Variable[] = [];
  /** Variables that were read or assigned, in the order of their first use. */
  readonly variables = new Set<Variable>();
  /** What stands for the tensors that were there before. */
  readonly constants = new Map<number, Constant>();
  protected readonly touched = new Map<Variable, Touched>();
  /** What stands here for tensors of the traces that this one is made from. */
  meanings: ReadonlyMap<Tensor, Tensor> = new Map();
  /** The values of variables that were read again after an assignment. */
  private readonly rereads = new Set<Tensor>();
  private open = false;
  /** While a node of another graph is traced again: the assignments that stand before it there. */
  private inherited: readonly Pending[] = [];
  /** It notes a function with a gradient of the user's own: that may use any tensor of the trace. */
  closes = false;
  /** Set where the function needed a concrete value: what was traced is of no use. */
  reason: ConcretizationError | null = null;
  /** The graph has derivatives of fewer than so many orders. */
  derivableOrders = Infinity;
  /** Told of each symbol that stands for a variable's value. */
  onRead: ((output: Tensor) => void) | null = null;

  /** It uses tensors of `around`. */
  usesAround = false;

  constructor(
    readonly name: string,
    /** Tensors with smaller ids were there before the function was called. */
    readonly base = peekNextId(),
    /** The trace in which it began, of a function that calls this one: it must do without the tensors of that. */
    private readonly around: Trace | null = null,
  ) {
    super();
  }

  /** A constant of another graph is one of this too. */
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
      const mark = placeholderOf(t);
      if (mark !== null && !this.sees(mark) && !this.means(t)) throw this.stranger(t, mark, op.name);
    }
    if (op.closes === true) this.closing();
    const outputs = outs.map((o) => this.symbol(o.dt, o.shape));
    return this.add({
      kind: 'op',
      op,
      inputs: inputs.map((t) => this.known(t)),
      attrs,
      outputs,
      pending: isFallible(op, inputs) ? this.pending() : undefined,
    }).outputs.slice();
  }

  private add<N extends Node>(node: N): N {
    this.nodes.push(node);
    return node;
  }

  /** Why a tensor of a trace that this one knows nothing of cannot be used. */
  stranger(t: Tensor, of: Placeholder, op: string): Error {
    if (this.around?.sees(of) === true) this.usesAround = true;
    return of.misuse(t, op);
  }

  /** Told of a function with a gradient of the user's own. */
  closing(): void {
    this.closes = true;
  }

  needsValue(op: string, why?: string): never {
    throw (this.reason = new ConcretizationError(op, why));
  }

  /**
   * Declares that a step has derivatives of fewer than `orders` orders. Throws a ConcretizationError if so many of the tapes
   * within the function, `inside`, may want them already.
   */
  limitOrders(op: string, orders: number, inside = recordingDepth()): void {
    if (inside >= orders)
      throw new ConcretizationError(
        op,
        `its derivative of order ${orders} depends on what happens when it runs`,
      );
    this.derivableOrders = Math.min(this.derivableOrders, orders - inside);
  }

  /** Whether tensors of that trace may be used here: in its own, and in those around a part of a function. */
  sees(other: Placeholder): boolean {
    return other === this;
  }

  /** Whether a tensor of a trace that is over stands for something here. */
  means(t: Tensor): boolean {
    return this.meanings.has(t);
  }

  /** The tensor itself, or what stands for it if it was there before the trace. */
  known(t: Tensor): Tensor {
    if (t.isSymbolic) {
      const meant = this.meanings.get(t);
      return meant === undefined ? t : this.known(meant);
    }
    let constant = this.constants.get(t.id);
    if (constant === undefined) {
      // A tensor object of its own, pinned: users dispose theirs, gradients what they made, variables what they held.
      const real = withContext({ tidy: null }, () => aliasTensor(t, shapeOf(t), this.name));
      pin(real);
      constant = { source: t, real, symbol: this.symbol(t.dt, shapeOf(t)) };
      this.constants.set(t.id, constant);
    }
    return constant.symbol;
  }

  override alias(t: Tensor, shape: Shape): Tensor {
    const tracer = context.tracer;
    const meant = tracer instanceof Trace && tracer.means(t);
    if (!this.open && !meant) return symbolicTensor(t.dt, shape, this, bufferOf(t));
    if (!(tracer instanceof Trace)) throw this.misuse(t, 'alias');
    if (!meant && !tracer.sees(this)) throw tracer.stranger(t, this, 'alias');
    return tracer.emit(view, [t], null, [{ shape, dt: t.dt }])[0];
  }

  override misuse(t: Tensor, op: string): Error {
    const what = `a ${t.dt.name} tensor of shape ${showShape(shapeOf(t))} made while tracing ${this.name}`;
    if (context.tracer instanceof Trace && context.tracer.sees(this)) {
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

  /** Whether the variable was used already. If it was assigned, from now on it holds a tensor that stands for this read. */
  protected readAfterAssignment(variable: Variable): boolean {
    const touched = this.touched.get(variable);
    if (touched === undefined) return false;
    const { held } = variable;
    if (held === touched.read || this.rereads.has(held) || held.dt.kind !== 'float') return true;
    [variable.held] = this.emit(reread, [held], variable, [{ shape: shapeOf(held), dt: held.dt }]);
    this.rereads.add(variable.held);
    return true;
  }

  /** Traces what `f` traces as if these assignments stood before it. */
  behind<R>(pending: readonly Pending[] | undefined, f: () => R): R {
    const before = this.inherited;
    this.inherited = pending ?? [];
    try {
      return f();
    } finally {
      this.inherited = before;
    }
  }

  /** The same read in another trace. */
  readAgain(variable: Variable, like: Tensor): Tensor {
    const read = this.add({ kind: 'read', variable, output: this.symbol(like.dt, shapeOf(like)) }).output;
    this.onRead?.(read);
    return read;
  }

  assignAgain(variable: Variable, value: Tensor): void {
    this.add({ kind: 'assign', variable, value: this.known(value) });
  }

  /** The same host step over other tensors. */
  again(node: HostNode, inputs: readonly Tensor[]): Tensor[] {
    const outputs = node.outputs.map((o) => this.symbol(o.dt, shapeOf(o)));
    const pending = this.pending();
    return this.add({ ...node, inputs: inputs.map((t) => this.known(t)), outputs, pending }).outputs.slice();
  }

  variableCreated(variable: Variable): void {
    if (variable.held.isSymbolic) {
      throw new InvalidArgumentError(
        `[${this.name}] the variable '${variable.name}' is made from a value that is not known yet: make variables from ` +
          `constants, or outside of the function`,
      );
    }
    this.created.push(variable);
  }

  /** Lets the variables hold their real values again; their new ones become assignments. */
  settle(keep: boolean): void {
    for (const [variable, { real, read }] of this.touched) {
      const value = variable.held;
      variable.held = real;
      if (keep && value !== read) this.add({ kind: 'assign', variable, value: this.known(value) });
    }
    this.touched.clear();
  }

  host(step: HostStep & Pick<HostNode, 'record' | 'steps'>): Tensor[] {
    if (step.effects === 'variables') this.settle(true);
    const outputs = step.outputs.map((o) => this.symbol(o.dt, o.shape));
    const inputs = step.inputs.map((t) => this.known(t));
    return this.add({ kind: 'host', ...step, inputs, outputs, pending: this.pending() }).outputs.slice();
  }

  /** The assignments so far that are carried out at the end, or before the next step that works on variables themselves. */
  private pending(): readonly Pending[] | undefined {
    const list = new Map<Variable, Pending>();
    for (const [variable, { read }] of this.touched) {
      if (variable.held !== read) list.set(variable, { variable, value: this.known(variable.held) });
    }
    for (const { variable, value } of this.inherited)
      list.set(variable, { variable, value: this.known(value) });
    return list.size === 0 ? undefined : [...list.values()];
  }

  /** Adds programs of which each run takes one. Variables hold their own values by then. */
  choice(name: string, inputs: readonly Tensor[], chosen: Chosen): void {
    this.add({
      kind: 'host',
      name,
      inputs: inputs.map((t) => this.known(t)),
      outputs: [],
      run: (real) => {
        const { f, inputs: own } = chosen.branches[chosen.choose()];
        f.executable.run(own.map((i) => real[i]));
        return [];
      },
      effects: 'variables',
      variables: [...chosen.variables, ...variablesOf(chosen.branches.map(({ f }) => f.graph))],
      why: 'each run chooses',
      chosen,
    });
  }

  emitWithScalars(
    op: TracedOp,
    inputs: readonly Tensor[],
    outs: readonly { shape: Shape; dt: DTypeInfo }[],
    scalars: RuntimeScalars,
  ): Tensor[] {
    // What computes the scalars sees the variables themselves.
    const seen = [...scalars.variables, ...(scalars.reads ?? [])];
    if (seen.some((v) => this.touched.has(v))) this.settle(true);
    const outputs = outs.map((o) => this.symbol(o.dt, o.shape));
    const run: HostNode['run'] = (real, read) => {
      const own = new Float64Array(scalars.count);
      scalars.write(own, 0, read);
      const attrs = scalars.attrs(own);
      return runNode({ kind: 'op', op, inputs: real, attrs, outputs }, real);
    };
    return this.add({
      kind: 'host',
      name: op.name,
      inputs: inputs.map((t) => this.known(t)),
      outputs,
      run,
      pending: isFallible(op, inputs) || scalars.fallible === true ? this.pending() : undefined,
      effects: 'order',
      why: 'its scalars are computed anew in every run',
      scalarOp: { op, scalars },
    }).outputs.slice();
  }

  /** Runs `f`; `results` says which tensors of what it returned are wanted. */
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
        const wanted = results(value).map((t) => this.known(t));
        done = true;
        return { value, wanted };
      } finally {
        this.settle(done);
        this.open = false;
      }
    });
    const constants = [...this.constants.values()];
    return { graph: { name: this.name, parameters, constants, nodes: this.nodes, results: wanted }, value };
  }
}
