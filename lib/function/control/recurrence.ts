/** Recurrences over time, as recurrent layers need them: inside a traced function one compiled step that is run repeatedly. */
import { context } from '../../core/context';
import { shapeOf, type Tensor } from '../../core/tensor';
import { stack, unstack } from '../../ops/array/joining';
import { stepInLoop } from './scan_loop';
import { flattenTensors } from './structure';

export interface Recurrence<S> {
  /** The name of the caller, for messages. */
  readonly name: string;
  /** One step: from the state and a slice of each element, the next state, and a tensor to stack; null: none. */
  readonly step: (state: S, slices: readonly Tensor[]) => { next: S; output: Tensor | null };
  /** The state before the first step: tensors in nested arrays, or null. The steps keep their shapes and dtypes. */
  readonly start: S;
  /** Tensors with the same first dimension, which counts the steps. */
  readonly elements: readonly Tensor[];
  /** From the last slice to the first. What is stacked keeps the order of the slices. */
  readonly reverse: boolean;
  /** Traces each step anew, in place of a loop. */
  readonly unroll: boolean;
}

/** The state after the last step, and the stacked outputs: null if the steps have none. */
export function recur<S>(recurrence: Recurrence<S>): { last: S; outputs: Tensor | null } {
  const { name, step, start, elements, reverse, unroll } = recurrence;
  const count = shapeOf(elements[0])[0];
  if (context.tracer !== null && !unroll && count > 1) {
    const loop = stepInLoop(start, {
      op: name,
      step: (state, slices) => step(state as S, slices as readonly Tensor[]),
      elements: flattenTensors(elements, name, 'elements'),
      first: 0,
      count,
      reverse,
      stepsPerIteration: 1,
    });
    if (loop !== null) return { last: loop.next as S, outputs: loop.stacked as Tensor | null };
  }
  const slices = elements.map((t) => unstack(t));
  const outputs: Tensor[] = [];
  let state = start;
  for (let n = 0; n < count; n++) {
    const i = reverse ? count - 1 - n : n;
    const result = step(
      state,
      slices.map((list) => list[i]),
    );
    state = result.next;
    if (result.output !== null) outputs[i] = result.output;
  }
  return { last: state, outputs: outputs.length === 0 ? null : stack(outputs) };
}
