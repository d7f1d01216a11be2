/** Control flow as a step of a graph: JavaScript that decides which compiled graphs run, with gradients. */
import { recordingDepth } from '../../autodiff/tape';
import { filled } from '../../autodiff/backward';
import type { DTypeInfo } from '../../core/dtype';
import { UnimplementedError } from '../../core/errors';
import { scope, withScope, type Effects, type RecordedOp } from '../../core/scope';
import type { Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import type { Grad, GradContext } from '../../ops/registry';
import type { Trace } from '../trace';

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
  /** For each input, the place of its gradient among the backward results, or −1. */
  readonly gradients: readonly number[];
}

/** A step that runs other graphs, as the values of its inputs decide. */
export abstract class Flow {
  private derived: FlowOrder | null = null;

  constructor(
    readonly name: string,
    readonly outs: readonly Out[],
    readonly effects: Effects,
  ) {}

  abstract run(inputs: readonly Tensor[]): readonly Tensor[];
  protected abstract derive(): FlowOrder;

  get order(): FlowOrder {
    return (this.derived ??= this.derive());
  }
}

export const isFloat = (o: Out): boolean => o.dt.kind === 'float';

function host(flow: Flow, inputs: readonly Tensor[]): Tensor[] {
  return (scope.tracer as Trace).host(
    flow.name,
    inputs,
    flow.outs,
    (real) => flow.run(real),
    'JavaScript decides what runs',
    flow.effects,
    (again) => emit(flow, again),
  );
}

/** Notes the flow in the function that is being traced, with what gradients need if somebody records. */
export function emit(flow: Flow, inputs: readonly Tensor[]): Tensor[] {
  const recorder = scope.recorder;
  if (recorder === null) return host(flow, inputs);
  // One order for each tape: it may ask for derivatives of what the one inside it computes.
  const orders = [flow.order];
  while (orders.length < recordingDepth()) orders.push(orders[orders.length - 1].forward.order);
  const all = withScope({ recorder: null }, () => host(orders[orders.length - 1].forward, inputs));
  const targets = all.filter(isFloat);
  if (targets.length > 0) {
    const op: RecordedOp & { gradient(dy: readonly (Tensor | null)[], ctx: GradContext): readonly Grad[] } = {
      name: flow.name,
      differentiable: true,
      savesInputs: 0,
      savesOutputs: false,
      partialDy: true,
      gradient: (dys) => wayBack(flow, orders, inputs, all, dys),
    };
    recorder.record(op, inputs, null, targets);
  }
  return all.slice(0, flow.outs.length);
}

/** `dys` belong to the floating ones of `all`. The lowest order serves to whose saved values nothing flows. */
function wayBack(
  flow: Flow,
  orders: readonly FlowOrder[],
  inputs: readonly Tensor[],
  all: readonly Tensor[],
  dys: readonly (Tensor | null)[],
): Grad[] {
  let results = flow.outs.length;
  for (const { forward, backward, keeps, gradients } of orders) {
    const floats = all.slice(0, results).filter(isFloat).length;
    if (!dys.slice(floats).some((dy) => dy !== null)) {
      const given = all
        .slice(0, results)
        .filter(isFloat)
        .map((t, i) => dys[i] ?? filled(t.shape, t.dt, 0));
      const saved = all.slice(results, forward.outs.length);
      const found = emit(backward, [...keeps.map((i) => inputs[i]), ...given, ...saved]);
      return gradients.map((at) => (at < 0 ? null : found[at]));
    }
    results = forward.outs.length;
  }
  throw noHigherOrder(flow.name);
}

function noHigherOrder(name: string): UnimplementedError {
  return new UnimplementedError(
    `[${name}] a derivative of higher order than there were tapes when it ran: run it inside one tape for each order`,
  );
}

/** Says, if its results are wanted when it runs, that this derivative is not there. */
class Unavailable extends Flow {
  constructor(
    name: string,
    outs: readonly Out[],
    private readonly message: string,
  ) {
    super(name, outs, 'none');
  }
  run(): never {
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
