/** A function specialized for one signature: a compiled graph, or the reason why its calls run op by op. */
import { recordingDepth } from '../autodiff/tape';
import { InvalidArgumentError } from '../core/errors';
import { tensorsIn, withTensors } from '../core/leaves';
import { context } from '../core/context';
import { shapeOf, Tensor } from '../core/tensor';
import { ConcretizationError } from '../graph/concretization_error';
import { runOpByOp } from './eager';
import type { Graph } from '../graph/graph';
import { GraphFunction } from './graph_function';
import { inline } from '../graph/copy';
import { assignPending } from '../graph/pending';
import { Trace } from '../graph/trace';

/** The state of a function, which its specializations share. */
export class FunctionState {
  /** The function may create variables, since no call has returned yet. */
  mayCreateVariables = true;
  /** The number of traces as users count them. */
  traces = 0;
  private warned = false;

  constructor(readonly name: string) {}

  /** Throws if the function created variables after its first call. */
  checkCreated(count: number): void {
    if (count === 0 || this.mayCreateVariables) return;
    throw new InvalidArgumentError(
      `[${this.name}] tf.function only supports singleton tf.Variables created on the first call. Make sure the ` +
        `tf.Variable is only created once or created outside tf.function. See ` +
        `https://www.tensorflow.org/guide/function#creating_tfvariables`,
    );
  }

  /** Warns the user, once, that the function runs op by op. */
  warn({ op, why, line }: ConcretizationError): void {
    if (this.warned) return;
    this.warned = true;
    process.emitWarning(
      `tf.function '${this.name}' is not compiled, it runs op by op at each call: [${op}] ${why}` +
        `${line === null ? '' : ` (${line})`}. Put the code before and after it into separate functions: those stay ` +
        `compiled`,
      'NotCompiledWarning',
    );
  }
}

/** Thrown if a function uses tensors of the function that calls it, so that it cannot be traced separately. */
export class UsesOuterTensors extends Error {}

interface Compiled {
  readonly graph: GraphFunction;
  /** What the function returned: a structure whose tensors are the graph's results. */
  readonly value: unknown;
}

export class Specialization {
  /** The number of runs. */
  uses = 0;
  /** The symbolic tensors of the tensor arguments. */
  readonly parameters: readonly Tensor[];
  readonly compiled: Compiled | null;
  /** Why it runs op by op; null if it is compiled. */
  readonly reason: ConcretizationError | null;
  /** Under this many tapes or more it runs op by op: the compiled graph has derivatives of lower orders only. */
  private derivableOrders: number;
  /** The graph cannot be inlined: custom gradients may close over tensors of its trace. */
  private readonly hasGradientCaptures: boolean;

  /**
   * Traces the function. `f` calls it with its tensor arguments replaced, and validates its result. `tensors` have the
   * dtypes and shapes of the signature.
   */
  constructor(
    private readonly state: FunctionState,
    private readonly f: (tensors: readonly Tensor[]) => unknown,
    tensors: readonly Tensor[],
  ) {
    let traced = this.trace(tensors);
    const { created, failure } = traced.trace;
    if (created.length > 0) {
      // Variables may be created at the first call only: a second trace shows whether the function keeps them.
      state.checkCreated(created.length);
      if (failure === null) {
        traced = this.trace(tensors);
        state.traces++;
        state.mayCreateVariables = false;
        state.checkCreated(traced.trace.created.length);
      }
    }
    const { trace, parameters, graph, value } = traced;
    this.parameters = parameters;
    this.reason = trace.failure;
    this.derivableOrders = trace.derivableOrders;
    this.hasGradientCaptures = trace.hasGradientCaptures;
    this.compiled = graph === null ? null : { graph: new GraphFunction(graph), value };
    if (this.reason === null) state.mayCreateVariables = false;
    else state.warn(this.reason);
  }

  /** Runs the function with symbolic tensors. The graph is null if that failed for want of a concrete value. */
  private trace(tensors: readonly Tensor[]) {
    const { f, state } = this;
    const outer = context.tracer instanceof Trace ? context.tracer : null;
    const trace = new Trace(state.name, undefined, outer);
    const parameters = tensors.map((t) => trace.symbol(t.dt, shapeOf(t)));
    let graph: Graph | null = null;
    let value: unknown;
    try {
      ({ graph, value } = trace.run(() => f(parameters), tensorsIn, parameters));
    } catch (error) {
      if (trace.usesOuterTensors) throw new UsesOuterTensors();
      // User code may have caught and replaced the ConcretizationError.
      if (trace.failure === null) throw error;
    }
    if (trace.usesOuterTensors) throw new UsesOuterTensors();
    return { trace, parameters, graph: trace.failure === null ? graph : null, value };
  }

  run(tensors: readonly Tensor[]): unknown {
    this.uses++;
    const { compiled } = this;
    if (compiled === null) return this.runEagerly(tensors);
    if (context.recorder !== null && recordingDepth() >= this.derivableOrders)
      return this.runEagerly(tensors);
    try {
      return this.packResults(compiled.graph.run(tensors));
    } catch (error) {
      assignPending(error);
      // Differentiation needs a concrete value. Nothing has run yet: this call and later ones under tapes run op by op.
      if (!(error instanceof ConcretizationError) || context.recorder === null) throw error;
      this.derivableOrders = 1;
      return this.runEagerly(tensors);
    }
  }

  /** Inlines a call into the function being traced; null if its graph cannot be copied. */
  inlineInto(trace: Trace, tensors: readonly Tensor[]): { readonly value: unknown } | null {
    const { compiled, reason } = this;
    if (reason !== null) throw (trace.failure = reason);
    if (compiled === null || this.hasGradientCaptures) return null;
    trace.recordingFailure(() => {
      if (this.derivableOrders < Infinity) trace.limitOrders(this.state.name, this.derivableOrders);
    });
    return { value: this.packResults(inline(trace, compiled.graph.graph, tensors)) };
  }

  /** Calls the plain function, whose ops run eagerly. */
  runEagerly(tensors: readonly Tensor[]): unknown {
    const value = runOpByOp(
      () => this.f(tensors),
      (variable) => {
        if (!variable.isKept) this.state.checkCreated(1);
      },
      'outer',
    );
    this.state.mayCreateVariables = false;
    return value;
  }

  /** The structure that the function returned, with these tensors as its leaves. */
  packResults(results: readonly Tensor[]): unknown {
    const { value } = this.compiled as Compiled;
    return value instanceof Tensor ? results[0] : withTensors(value, results);
  }
}
