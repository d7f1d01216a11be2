/** Control flow as a step of a graph: JavaScript that decides which compiled graphs run, with gradients. */
import { filled } from '../../autodiff/backward';
import type { DTypeInfo } from '../../core/dtype';
import { UnimplementedError } from '../../core/errors';
import { context, withContext } from '../../core/context';
import type { Effects } from '../../op/contract';
import type { Shape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { symbolicZero, type Grad } from '../../op/registry';
import { zeroGradient } from '../../graph/derivative';
import type { Flowing } from '../../graph/graph';
import { flow } from '../../graph/subgraph_runs';
import { variablesOf, type Graph } from '../../graph/graph';
import { lowestOrder, ordersFor, recordStep } from '../orders';
import type { Trace } from '../../graph/trace';
import { effectsOf } from './subgraph';
import { ConcretizationError } from '../../graph/concretization_error';

export interface Out {
  readonly shape: Shape;
  readonly dt: DTypeInfo;
}

/** One order of derivatives of a flow. */
export interface FlowOrder {
  /** The results, then what the way back needs. */
  readonly forward: Flow;
  /** From `keeps` of the inputs, a gradient for each floating result, and what was saved, to gradients. */
  readonly backward: Flow;
  readonly keeps: readonly number[];
  /** For each input, the place of its gradient among the backward results, `noGradient` or `zeroGradient`. */
  readonly gradients: readonly number[];
}

/** A step that runs other graphs, as the values of its inputs decide. */
export abstract class Flow {
  private derived: FlowOrder | null = null;

  /** What its graphs do besides computing results, and the variables that they use when they run. */
  readonly effects: Effects;
  readonly variables: readonly Variable[];

  constructor(
    readonly name: string,
    readonly outs: readonly Out[],
    graphs: readonly Graph[],
  ) {
    this.effects = effectsOf(graphs);
    this.variables = variablesOf(graphs);
  }

  abstract steps(inputs: readonly Tensor[]): Flowing;

  run(inputs: readonly Tensor[]): readonly Tensor[] {
    return flow(this.steps(inputs));
  }

  protected abstract derive(): FlowOrder;

  get order(): FlowOrder {
    return (this.derived ??= this.derive());
  }

  /**
   * Of one with gradients of the user's own inside: throws a ConcretizationError where these depend on values. Any other error comes
   * where a gradient is wanted.
   */
  tryDerivative(): void {
    try {
      void this.order;
    } catch (error) {
      if (error instanceof ConcretizationError) throw error;
    }
  }
}

export const isFloat = (o: Pick<Out, 'dt'>): boolean => o.dt.kind === 'float';

function host(step: Flow, inputs: readonly Tensor[]): Tensor[] {
  return (context.tracer as Trace).host({
    name: step.name,
    inputs,
    outputs: step.outs,
    run: (real) => step.run(real),
    why: 'JavaScript decides what runs',
    effects: step.effects,
    variables: step.variables,
    record: (again) => emit(step, again),
    steps: (real) => step.steps(real),
  });
}

/** Notes the flow in the function that is being traced, with what gradients need if somebody records. */
export function emit(flow: Flow, inputs: readonly Tensor[]): Tensor[] {
  const recorder = context.recorder;
  if (recorder === null) return host(flow, inputs);
  const orders = ordersFor(flow.order);
  const all = withContext({ recorder: null }, () => host(orders[orders.length - 1].forward, inputs));
  recordStep(recorder, flow.name, inputs, all.filter(isFloat), (dys) =>
    wayBack(flow, orders, inputs, all, dys),
  );
  return all.slice(0, flow.outs.length);
}

/** `dys` belong to the floating ones of `all`. */
function wayBack(
  flow: Flow,
  orders: readonly FlowOrder[],
  inputs: readonly Tensor[],
  all: readonly Tensor[],
  dys: readonly (Tensor | null)[],
): Grad[] {
  /** How many of `all` are results of an order; what it saved stands behind them. */
  const results = (i: number): number => (i === 0 ? flow : orders[i - 1].forward).outs.length;
  const floats = (i: number): Tensor[] => all.slice(0, results(i)).filter(isFloat);
  const at = lowestOrder(flow.name, orders.length, dys, (i) => floats(i).length);
  const { forward, backward, keeps, gradients } = orders[at];
  const given = floats(at).map((t, i) => dys[i] ?? filled(shapeOf(t), t.dt, 0));
  const saved = all.slice(results(at), forward.outs.length);
  const found = emit(backward, [...keeps.map((i) => inputs[i]), ...given, ...saved]);
  return gradients.map((k) => (k >= 0 ? found[k] : k === zeroGradient ? symbolicZero : null));
}

/** Says, if its results are wanted when it runs, that this derivative is not there. */
class Unavailable extends Flow {
  constructor(
    name: string,
    outs: readonly Out[],
    private readonly message: string,
  ) {
    super(name, outs, []);
  }
  // eslint-disable-next-line require-yield
  *steps(): Flowing {
    throw new UnimplementedError(this.message);
  }
  protected derive(): FlowOrder {
    return unavailable(this, [], this.message);
  }
}

/** The derivatives of a flow that has none: `message` comes where one is used. */
export function unavailable(flow: Flow, ins: readonly Out[], message: string): FlowOrder {
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

/** The derivatives of a flow with updates of variables that have to run in JavaScript; `around`: what they are inside of. */
export function updatesInJavaScript(flow: Flow, ins: readonly Out[], around: string): FlowOrder {
  return unavailable(
    flow,
    ins,
    `[${flow.name}] no gradient passes: inside of it, an update of a variable has to run in JavaScript (a scatter update, ` +
      `countUpTo, an optimizer's step). Move that out of ${around}, or compute the gradient inside of it`,
  );
}
