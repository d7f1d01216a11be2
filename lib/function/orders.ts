/**
 * Orders of derivatives: under n nested tapes, a graph or a control-flow step is recorded with what its derivatives of orders 1 to
 * n need. The backward pass then uses the lowest order that suffices.
 */
import { recordingDepth } from '../autodiff/tape';
import { UnimplementedError } from '../core/errors';
import type { Recorder, RecordedOp } from '../op/contract';
import type { Tensor } from '../core/tensor';
import type { Grad, GradContext } from '../op/registry';

/** The orders of derivatives that the active tapes may request: one for each tape, since an outer one differentiates what an inner one computes. */
export function ordersFor<O extends { readonly forward: { readonly order: O } }>(first: O): O[] {
  const orders = [first];
  while (orders.length < recordingDepth()) orders.push(orders[orders.length - 1].forward.order);
  return orders;
}

/** Records a step on tapes. `gradient` receives null for outputs without an upstream gradient. */
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
 * The lowest order that suffices for these upstream gradients: a higher one only if they include gradients of the values that
 * the order below saves. `resultCount` returns how many of the dys belong to the results of an order.
 */
export function lowestOrder(
  name: string,
  orders: number,
  dys: readonly (Tensor | null)[],
  resultCount: (order: number) => number,
): number {
  for (let i = 0; i < orders; i++) if (dys.slice(resultCount(i)).every((dy) => dy === null)) return i;
  throw new UnimplementedError(
    `[${name}] a derivative of higher order than there were tapes when it ran: run it inside one tape for each order`,
  );
}
