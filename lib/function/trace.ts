/** Runs a function once with tensors that stand for its arguments, and notes the ops that it calls. */
import { isLiteral } from '../core/convert';
import { FailedPreconditionError, InvalidArgumentError } from '../core/errors';
import type { DTypeInfo } from '../core/dtype';
import { scope, withScope, type Effects, type LateNumbers, type TracedOp, type Tracer } from '../core/scope';
import { showShape, type Shape } from '../core/shape';
import {
  aliasTensor,
  peekNextId,
  pin,
  Placeholder,
  symbolicTensor,
  watchedTensor,
  type Tensor,
} from '../core/tensor';
import type { Variable } from '../core/variable';
import { Executable } from './executable';
import type { Chosen, Constant, Graph, HostNode, Node } from './graph';
import { orElseAssign, orElseAssignSteps, pendingAround, withPending, type Pending } from './pending';
import { Undecided } from './undecided';

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
  /** Variables that the traced function made. */
  readonly made: Variable[] = [];
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
  /** It notes a function with a gradient of the user's own: that may use any tensor of the trace. */
  closes = false;
  /** Set where it met something that only values decide. */
  undecided: Undecided | null = null;
  /** Told of each symbol that stands for a variable's value. */
  onRead: ((output: Tensor) => void) | null = null;

  constructor(
    readonly name: string,
    /** Tensors with smaller ids were there before the function was called. */
    public base = peekNextId(),
    /** Whether somebody wants to know when sizes of its tensors are looked at. */
    private readonly watched = false,
  ) {
    super();
  }

  /** A constant of another graph is one of this too. */
  adopt(constant: Constant): void {
    this.constants.set(constant.real.id, {
      ...constant,
      symbol: this.symbol(constant.real.dt, constant.real.shape),
    });
  }

  symbol(dt: DTypeInfo, shape: Shape): Tensor {
    return this.watched || scope.notes !== null
      ? watchedTensor(dt, shape, this)
      : symbolicTensor(dt, shape, this);
  }

  traces(t: Tensor): boolean {
    if (t.isSymbolic || (t.id < this.base && t.dt.kind === 'float' && !isLiteral(t))) return true;
    return scope.notes?.open === true && scope.notes.tracks(t);
  }

  emit(
    op: TracedOp,
    inputs: readonly Tensor[],
    attrs: unknown,
    outs: readonly { shape: Shape; dt: DTypeInfo }[],
  ): Tensor[] {
    for (const t of inputs) {
      if (t.hidden instanceof Placeholder && !this.sees(t.hidden) && !this.means(t))
        throw this.stranger(t, t.hidden, op.name);
    }
    if (op.closes === true) this.closing();
    const outputs = outs.map((o) => this.symbol(o.dt, o.shape));
    return this.add({
      kind: 'op',
      op,
      inputs: inputs.map((t) => this.known(t)),
      attrs,
      outputs,
    }).outputs.slice();
  }

  /** Puts a node behind the others; what it returns holds the outputs that count. */
  protected add<N extends Node>(node: N): N {
    if (scope.notes?.open === true) scope.notes.spoil();
    this.nodes.push(node);
    return node;
  }

  /** Why a tensor of a trace that this one knows nothing of cannot be used. */
  stranger(t: Tensor, of: Placeholder, op: string): Error {
    return of.misuse(t, op);
  }

  /** Told of a function with a gradient of the user's own. */
  closing(): void {
    this.closes = true;
  }

  sized(op: TracedOp, _inputs: readonly Tensor[], _attrs: unknown): Tensor[] {
    throw (this.undecided = new Undecided(op.name));
  }

  decide(_: Tensor, op: string, _why: string): Tensor {
    throw (this.undecided = new Undecided(op));
  }

  /**
   * Says that a step has derivatives of fewer than `orders` orders, or throws an Undecided where so many tapes may want them.
   * `inside`: the tapes within the function.
   */
  limitOrders(_orders: number, _inside?: number): void {}

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
      const real = withScope({ tidy: null }, () => aliasTensor(t, t.shape, this.name));
      pin(real);
      constant = { source: t, real, symbol: this.symbol(t.dt, t.shape) };
      this.constants.set(t.id, constant);
    }
    return constant.symbol;
  }

  override alias(t: Tensor, shape: Shape): Tensor {
    const tracer = scope.tracer;
    const meant = tracer instanceof Trace && tracer.means(t);
    if (!this.open && !meant) return symbolicTensor(t.dt, shape, this, t.buffer);
    if (!(tracer instanceof Trace)) throw this.misuse(t, 'alias');
    if (!meant && !tracer.sees(this)) throw tracer.stranger(t, this, 'alias');
    return tracer.emit(view, [t], null, [{ shape, dt: t.dt }])[0];
  }

  override misuse(t: Tensor, op: string): Error {
    const what = `a ${t.dt.name} tensor of shape ${showShape(t.shape)} made while tracing ${this.name}`;
    if (scope.tracer instanceof Trace && scope.tracer.sees(this)) {
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

  touch(variable: Variable): void {
    this.variables.add(variable);
    if (this.readAfterAssignment(variable)) return;
    const real = variable.held;
    const read = this.add({ kind: 'read', variable, output: this.symbol(real.dt, real.shape) }).output;
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
    [variable.held] = this.emit(reread, [held], variable, [{ shape: held.shape, dt: held.dt }]);
    this.rereads.add(variable.held);
    return true;
  }

  /** The same read in another trace. */
  readAgain(variable: Variable, like: Tensor): Tensor {
    const read = this.add({ kind: 'read', variable, output: this.symbol(like.dt, like.shape) }).output;
    this.onRead?.(read);
    return read;
  }

  assignAgain(variable: Variable, value: Tensor): void {
    this.add({ kind: 'assign', variable, value: this.known(value) });
  }

  /** The same host step over other tensors. */
  again(node: HostNode, inputs: readonly Tensor[]): Tensor[] {
    const outputs = node.outputs.map((o) => this.symbol(o.dt, o.shape));
    return this.add({ ...node, inputs: inputs.map((t) => this.known(t)), outputs }).outputs.slice();
  }

  created(variable: Variable): void {
    // The next trace is another one.
    scope.notes?.spoil(true);
    if (variable.held.isSymbolic) {
      throw new InvalidArgumentError(
        `[${this.name}] the variable '${variable.name}' is made from a value that is not known yet: make variables from ` +
          `constants, or outside of the function`,
      );
    }
    this.made.push(variable);
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

  host(
    name: string,
    inputs: readonly Tensor[],
    outs: readonly { shape: Shape; dt: DTypeInfo }[],
    run: HostNode['run'],
    why: string,
    effects: Effects,
    record?: HostNode['record'],
    steps?: HostNode['steps'],
  ): Tensor[] {
    if (effects === 'variables') this.settle(true);
    const outputs = outs.map((o) => this.symbol(o.dt, o.shape));
    const given = inputs.map((t) => this.known(t));
    const node: HostNode = { kind: 'host', name, inputs: given, outputs, run, steps, effects, why, record };
    return this.add(effects === 'check' ? this.afterAssignments(node) : node).outputs.slice();
  }

  /** The step with the values that variables have by then: if it stops the run, they get them. */
  private afterAssignments(node: HostNode): HostNode {
    const pending: Pending[] = [...pendingAround()];
    for (const [variable, { read }] of this.touched) {
      if (variable.held !== read) pending.push({ variable, value: this.known(variable.held) });
    }
    if (pending.length === 0) return node;
    const own = node.inputs.length;
    const variables = pending.map((p) => p.variable);
    const { record, steps } = node;
    const value = (real: readonly Tensor[]) => (i: number) => real[own + i];
    return {
      ...node,
      inputs: [...node.inputs, ...pending.map((p) => p.value)],
      run: (real) => orElseAssign(variables, value(real), () => node.run(real.slice(0, own))),
      steps: steps && ((real) => orElseAssignSteps(variables, value(real), () => steps(real.slice(0, own)))),
      record:
        record &&
        ((again) =>
          withPending(
            variables.map((variable, i) => ({ variable, value: again[own + i] })),
            () => record(again.slice(0, own)),
          )),
    };
  }

  /** Notes programs of which each run takes one. Variables hold their own values by then. */
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
      why: 'each run chooses',
      chosen,
    });
  }

  late(
    op: TracedOp,
    inputs: readonly Tensor[],
    outs: readonly { shape: Shape; dt: DTypeInfo }[],
    numbers: LateNumbers,
  ): Tensor[] {
    // What finds the numbers sees the variables themselves.
    const seen = [...numbers.variables, ...(numbers.reads ?? [])];
    if (seen.some((v) => this.touched.has(v))) this.settle(true);
    const outputs = outs.map((o) => this.symbol(o.dt, o.shape));
    const run = (real: readonly Tensor[]): readonly Tensor[] => {
      const own = new Float64Array(numbers.count);
      numbers.write(own, 0);
      const attrs = numbers.attrs(own);
      return Executable.runEagerly({ kind: 'op', op, inputs: real, attrs, outputs }, real);
    };
    return this.add({
      kind: 'host',
      name: op.name,
      inputs: inputs.map((t) => this.known(t)),
      outputs,
      run,
      effects: 'order',
      why: 'its numbers are found anew in every run',
      late: { op, numbers },
    }).outputs.slice();
  }

  /** Runs `f`; `results` says which tensors of what it returned are wanted. */
  run<R>(
    f: () => R,
    results: (r: R) => readonly Tensor[],
    parameters: readonly Tensor[],
  ): { graph: Graph; value: R } {
    this.open = true;
    const { value, wanted } = withScope({ tracer: this, recorder: null, tidy: null }, () => {
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
