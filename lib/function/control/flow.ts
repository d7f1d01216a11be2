/**
 * The base class of control flow in graphs (BranchFlow, LoopFlow, ScanFlow). A flow is one host step of the graph: at each run,
 * JavaScript decides which compiled subgraphs run, and how often. This file adds a flow to the trace, and its derivatives under
 * tapes; the subclasses say what they run and what their derivatives are.
 */
import { filled } from '../../autodiff/backward';
import { UnimplementedError } from '../../core/errors';
import { context, withContext } from '../../core/context';
import type { Effects } from '../../op/contract';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import type { ResultSpec } from '../../op/define/general';
import { symbolicZero, type Grad } from '../../op/registry';
import { zeroGradient } from '../../graph/derivative';
import {
  effectsOf,
  variablesOf,
  type CountedLoop,
  type Graph,
  type TensorSubgraphRuns,
} from '../../graph/graph';
import { lowestOrder, ordersFor, recordStep } from '../orders';
import type { Trace } from '../../graph/trace';
import { ConcretizationError } from '../../graph/concretization_error';

/** One order of derivatives of a flow. */
export interface FlowOrder {
  /** Returns the results, then the values saved for the backward pass. */
  readonly forward: Flow;
  /**
   * Its inputs are those of the flow that `keeps` lists, an upstream gradient for each floating-point result, and the saved
   * values; its results are gradients.
   */
  readonly backward: Flow;
  readonly keeps: readonly number[];
  /** For each input, the position of its gradient among the backward results, `noGradient` or `zeroGradient`. */
  readonly gradients: readonly number[];
}

/** A step that runs subgraphs, depending on the values of its inputs. `emit` adds it to a trace. */
export abstract class Flow {
  private derived: FlowOrder | null = null;

  /** The side effects of its subgraphs, and the variables that they use when they run. */
  readonly effects: Effects;
  readonly variables: readonly Variable[];

  constructor(
    readonly name: string,
    readonly outs: readonly ResultSpec[],
    graphs: readonly Graph[],
  ) {
    this.effects = effectsOf(graphs);
    this.variables = variablesOf(graphs);
  }

  abstract subgraphRuns(inputs: readonly Tensor[]): TensorSubgraphRuns;

  /** The same as a loop that the compiler may make a part of a segment; undefined: it is none. */
  get countedLoop(): CountedLoop | undefined {
    return undefined;
  }

  run(inputs: readonly Tensor[]): readonly Tensor[] {
    return runSubgraphs(this.subgraphRuns(inputs));
  }

  protected abstract derive(): FlowOrder;

  get order(): FlowOrder {
    return (this.derived ??= this.derive());
  }

  /**
   * For a flow with custom gradients inside: throws a ConcretizationError if these need concrete values. Other errors are
   * deferred until a gradient is requested.
   */
  tryDerivative(): void {
    try {
      void this.order;
    } catch (error) {
      if (error instanceof ConcretizationError) throw error;
    }
  }
}

/** Runs all subgraphs synchronously; `async/run.ts` drives them off the event loop. */
function runSubgraphs(steps: TensorSubgraphRuns): readonly Tensor[] {
  let next = steps.next();
  while (next.done !== true) {
    const [executable, args] = next.value;
    let results: readonly Tensor[];
    try {
      results = executable.run(args);
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(results);
  }
  return next.value;
}

export const isFloat = (o: Pick<ResultSpec, 'dt'>): boolean => o.dt.kind === 'float';

function host(flow: Flow, inputs: readonly Tensor[]): Tensor[] {
  return (context.tracer as Trace).host({
    name: flow.name,
    inputs,
    outputs: flow.outs,
    run: (real) => flow.run(real),
    why: 'JavaScript decides what runs',
    effects: flow.effects,
    variables: flow.variables,
    record: (args) => emit(flow, args),
    subgraphRuns: (real) => flow.subgraphRuns(real),
    loop: flow.countedLoop,
  });
}

/** Adds the flow to the function being traced; under a tape, with the values that its gradient needs. */
export function emit(flow: Flow, inputs: readonly Tensor[]): Tensor[] {
  const recorder = context.recorder;
  if (recorder === null) return host(flow, inputs);
  const orders = ordersFor(flow.order);
  const all = withContext({ recorder: null }, () => host(orders[orders.length - 1].forward, inputs));
  recordStep(recorder, flow.name, inputs, all.filter(isFloat), (dys) =>
    emitBackward(flow, orders, inputs, all, dys),
  );
  return all.slice(0, flow.outs.length);
}

/** Adds the backward pass of a flow. `dys` are the upstream gradients of the floating-point tensors of `all`. */
function emitBackward(
  flow: Flow,
  orders: readonly FlowOrder[],
  inputs: readonly Tensor[],
  all: readonly Tensor[],
  dys: readonly (Tensor | null)[],
): Grad[] {
  /** The number of results of an order in `all`; its saved values follow them. */
  const results = (i: number): number => (i === 0 ? flow : orders[i - 1].forward).outs.length;
  const floats = (i: number): Tensor[] => all.slice(0, results(i)).filter(isFloat);
  const at = lowestOrder(flow.name, orders.length, dys, (i) => floats(i).length);
  const { forward, backward, keeps, gradients } = orders[at];
  const upstream = floats(at).map((t, i) => dys[i] ?? filled(shapeOf(t), t.dt, 0));
  const saved = all.slice(results(at), forward.outs.length);
  const backwardResults = emit(backward, [...keeps.map((i) => inputs[i]), ...upstream, ...saved]);
  return gradients.map((k) => (k >= 0 ? backwardResults[k] : k === zeroGradient ? symbolicZero : null));
}

/** A derivative that does not exist: it throws if it runs. */
class Unavailable extends Flow {
  constructor(
    name: string,
    outs: readonly ResultSpec[],
    private readonly message: string,
  ) {
    super(name, outs, []);
  }
  // eslint-disable-next-line require-yield
  *subgraphRuns(): TensorSubgraphRuns {
    throw new UnimplementedError(this.message);
  }
  protected derive(): FlowOrder {
    return unavailable(this, [], this.message);
  }
}

/** The derivatives of a flow that has none: using one throws an error with `message`. */
export function unavailable(flow: Flow, ins: readonly ResultSpec[], message: string): FlowOrder {
  const floats = ins.flatMap((o, i) => (isFloat(o) ? [i] : []));
  return {
    forward: flow,
    backward: new Unavailable(
      flow.name,
      floats.map((i) => ins[i]),
      message,
    ),
    keeps: [],
    gradients: ins.map((_, i) => floats.indexOf(i)),
  };
}

/** The same for a flow with updates of variables that must run in JavaScript; `enclosing` names the flow in the error. */
export function unavailableForUpdates(flow: Flow, ins: readonly ResultSpec[], enclosing: string): FlowOrder {
  return unavailable(
    flow,
    ins,
    `[${flow.name}] no gradient passes: inside of it, an update of a variable has to run in JavaScript (a scatter update, ` +
      `countUpTo, an optimizer's step). Move that out of ${enclosing}, or compute the gradient inside of it`,
  );
}
