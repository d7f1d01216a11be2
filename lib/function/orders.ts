/** What graphs and control flow have in common when tapes are around them: derivatives of several orders. */
import { recordingDepth } from '../autodiff/tape';
import { UnimplementedError } from '../core/errors';
import type { Recorder, RecordedOp } from '../op/contract';
import type { Tensor } from '../core/tensor';
import type { Grad, GradContext } from '../op/registry';

/** As many orders as there are tapes: each may ask for derivatives of what the one inside it computes. */
export function ordersFor<O extends { readonly forward: { readonly order: O } }>(first: O): O[] {
  const orders = [first];
  while (orders.length < recordingDepth()) orders.push(orders[orders.length - 1].forward.order);
  return orders;
}

/** Lets tapes know of a step. `gradient` takes null where nothing flowed to an output. */
export function recordStep(
  recorder: Recorder,
  name: string,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  gradient: (dys: readonly (Tensor | null)[]) => readonly Grad[],
): void {
  if (outputs.length === 0) return;
  const op: RecordedOp & { gradient(dy: readonly (Tensor | null)[], ctx: GradContext): readonly Grad[] } = {
    name,
    differentiable: true,
    savesInputs: 0,
    savesOutputs: false,
    partialDy: true,
    materializesZeros: true,
    gradient,
  };
  recorder.record(op, inputs, null, outputs);
}

/**
 * The lowest order that serves: a higher one is needed only where something flows to what that one saved. `own` says how
 * many of the dys belong to the results of an order.
 */
export function lowestOrder(
  name: string,
  orders: number,
  dys: readonly (Tensor | null)[],
  own: (order: number) => number,
): number {
  for (let i = 0; i < orders; i++) if (dys.slice(own(i)).every((dy) => dy === null)) return i;
  throw new UnimplementedError(
    `[${name}] a derivative of higher order than there were tapes when it ran: run it inside one tape for each order`,
  );
}
