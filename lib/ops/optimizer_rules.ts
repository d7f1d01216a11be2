/** The native update rules of the optimizers. Not rows: they write where they are told to. */
import { frame, native } from '../binding';
import type { Tensor } from '../core/tensor';

/** The rules of native/kernels/optimizer.cc. */
export type Rule = 'sgd' | 'momentum' | 'nesterov' | 'adam' | 'amsgrad';

const codes = new Map(native.optimizerNames.map((name, i) => [name, i]));

/** Applies a rule without state to the rows of `weights` that `indices` (checked before) name, in place. */
export function applyRuleToRows(
  rule: 'sgd',
  numbers: readonly number[],
  gradient: Tensor,
  indices: Tensor,
  weights: Tensor,
): void {
  const rows = weights.shape[0];
  frame[0] = gradient.offset;
  frame[1] = indices.offset;
  frame[2] = weights.offset;
  frame[3] = indices.size;
  frame[4] = indices.size === 0 ? 0 : gradient.size / indices.size;
  frame[5] = rows;
  frame[6] = indices.dt.big ? 1 : 0;
  frame[7] = gradient.dt.code;
  frame[8] = codes.get(rule) as number;
  for (let i = 0; i < numbers.length; i++) frame[9 + i] = numbers[i];
  native.optimizerRows(gradient.buffer, indices.buffer, weights.buffer);
}

/**
 * Applies a rule: weights first, then the rule's state, from `from[i]` into `to[i]`, which may be the same tensor where
 * nobody else sees it. All have the gradient's dtype and shape.
 */
export function applyRule(
  rule: Rule,
  numbers: readonly number[],
  gradient: Tensor,
  from: readonly Tensor[],
  to: readonly Tensor[],
): void {
  const buffers: ArrayBuffer[] = [];
  frame[0] = gradient.offset;
  from.forEach((t, i) => {
    frame[1 + 2 * i] = t.offset;
    frame[2 + 2 * i] = to[i].offset;
    buffers.push(t.buffer, to[i].buffer);
  });
  frame[9] = gradient.size;
  frame[10] = gradient.dt.code;
  frame[11] = codes.get(rule) as number;
  for (let i = 0; i < numbers.length; i++) frame[12 + i] = numbers[i];
  native.optimizer(gradient.buffer, ...buffers);
}
