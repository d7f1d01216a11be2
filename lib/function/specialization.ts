/** A function for one signature: a compiled graph, or the reason why its calls run op by op. */
import { recordingDepth } from '../autodiff/tape';
import { InvalidArgumentError } from '../core/errors';
import { tensorsIn, withTensors } from '../core/leaves';
import { context } from '../core/context';
import { shapeOf, Tensor } from '../core/tensor';
import { ConcretizationError } from '../graph/concretization_error';
import { runOpByOp } from './eager';
import type { Graph } from '../graph/graph';
import { GraphFunction } from './graph_function';
import { inline } from '../graph/inline';
import { assignPending } from '../graph/pending';
import { Trace } from '../graph/trace';

/** What the specializations of one function have in common. */
export class Origin {
  /** The function may create variables: no call has returned yet. */
  open = true;
  /** How often the function was traced, as users count. */
  traces = 0;
  private warned = false;

  constructor(readonly name: string) {}

  /** Throws if the function created so many variables, and it is not its first call. */
  checkCreated(count: number): void {
    if (count === 0 || this.open) return;
    throw new InvalidArgumentError(
      `[${this.name}] tf.function only supports singleton tf.Variables created on the first call. Make sure the ` +
        `tf.Variable is only created once or created outside tf.function. See ` +
        `https://www.tensorflow.org/guide/function#creating_tfvariables`,
    );
  }

  /** Tells the user, once, that the function runs op by op. */
  warn({ op, why, line }: ConcretizationError): void {
    if (this.warned) return;
    this.warned = true;
    process.emitWarning(
      `tf.function '${this.name}' is not compiled, it runs op by op at each call: [${op}] ${why}` +
        `${line === null ? '' : ` (${line})`}. Put what comes before and after it into functions of their own: those stay ` +
        `compiled`,
      'NotCompiledWarning',
    );
  }
}

/** The function uses tensors of the one that calls it: it has no graph of its own. */
export class UsesAround extends Error {}

interface Compiled {
  readonly graph: GraphFunction;
  /** What the function returned: a structure whose tensors are the graph's results. */
  readonly value: unknown;
}

export class Specialization {
  /** How often it ran. */
  uses = 0;
  /** What stands for the tensor arguments. */
  readonly parameters: readonly Tensor[];
  readonly compiled: Compiled | null;
  /** Why it runs op by op; null where it is compiled. */
  readonly reason: ConcretizationError | null;
  /** Under so many tapes it runs op by op: the compiled graph has derivatives of fewer orders. */
  private derivableOrders: number;
  /** A gradient of the user's own uses tensors of this trace. */
  private readonly closes: boolean;

  /**
   * Traces the function. `f` calls it with tensors in place of its own tensor arguments, and checks what it returns.
   * `tensors` give the dtypes and shapes.
   */
  constructor(
    private readonly origin: Origin,
    private readonly f: (tensors: readonly Tensor[]) => unknown,
    tensors: readonly Tensor[],
  ) {
    let trace = this.trace(tensors);
    if (trace.created.length > 0) {
      // Variables are created at the first call alone: a second trace shows whether the function keeps them.
      origin.checkCreated(trace.created.length);
      if (trace.reason === null) {
        trace = this.trace(tensors);
        origin.traces++;
        origin.open = false;
        origin.checkCreated(trace.created.length);
      }
    }
    this.parameters = trace.parameters;
    this.reason = trace.reason;
    this.derivableOrders = trace.derivableOrders;
    this.closes = trace.closes;
    this.compiled =
      trace.graph === null ? null : { graph: new GraphFunction(trace.graph), value: trace.value };
    if (this.reason === null) origin.open = false;
    else origin.warn(this.reason);
  }

  private trace(tensors: readonly Tensor[]) {
    const { f, origin } = this;
    const around = context.tracer instanceof Trace ? context.tracer : null;
    const trace = new Trace(origin.name, undefined, around);
    const parameters = tensors.map((t) => trace.symbol(t.dt, shapeOf(t)));
    let graph: Graph | null = null;
    let value: unknown;
    try {
      ({ graph, value } = trace.run(() => f(parameters), tensorsIn, parameters));
    } catch (error) {
      if (trace.usesAround) throw new UsesAround();
      // Whatever the user's code made of it.
      if (trace.reason === null) throw error;
    }
    if (trace.usesAround) throw new UsesAround();
    const { reason, created, derivableOrders, closes } = trace;
    return {
      closes,
      parameters,
      graph: reason === null ? graph : null,
      value,
      reason,
      created,
      derivableOrders,
    };
  }

  run(tensors: readonly Tensor[]): unknown {
    this.uses++;
    const { compiled } = this;
    if (compiled === null) return this.runEagerly(tensors);
    if (context.recorder !== null && recordingDepth() >= this.derivableOrders)
      return this.runEagerly(tensors);
    try {
      return this.packed(compiled.graph.run(tensors));
    } catch (error) {
      assignPending(error);
      // Only a derivative needs a concrete value: it is derived before anything runs, and from now on under tapes as well.
      if (!(error instanceof ConcretizationError) || context.recorder === null) throw error;
      this.derivableOrders = 1;
      return this.runEagerly(tensors);
    }
  }

  /** Makes a call a part of the function that is being traced. Null where its graph cannot be copied. */
  inlineInto(trace: Trace, tensors: readonly Tensor[]): { readonly value: unknown } | null {
    const { compiled, reason } = this;
    if (reason !== null) throw (trace.reason = reason);
    if (compiled === null || this.closes) return null;
    try {
      if (this.derivableOrders < Infinity) trace.limitOrders(this.origin.name, this.derivableOrders);
    } catch (error) {
      // The user's code may catch it: the trace is to know.
      if (error instanceof ConcretizationError) trace.reason = error;
      throw error;
    }
    return { value: this.packed(inline(trace, compiled.graph.graph, tensors)) };
  }

  /** Calls the function itself, whose ops compute at once. */
  runEagerly(tensors: readonly Tensor[]): unknown {
    const value = runOpByOp(
      () => this.f(tensors),
      (variable) => {
        if (!variable.isKept) this.origin.checkCreated(1);
      },
      'apart',
    );
    this.origin.open = false;
    return value;
  }

  /** The function's result with these tensors in the places of the graph's results. */
  packed(results: readonly Tensor[]): unknown {
    const { value } = this.compiled as Compiled;
    return value instanceof Tensor ? results[0] : withTensors(value, results);
  }
}
