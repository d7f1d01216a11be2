/** The logits of probabilities, so that cross-entropies can compute from these. */
import type { Tensor } from '../../core/tensor';

const logits = new WeakMap<Tensor, Tensor>();

/** Notes the logits from which softmax or sigmoid made probabilities. */
export function withLogits(probabilities: Tensor, from: Tensor): Tensor {
  logits.set(probabilities, from);
  return probabilities;
}

/** What a softmax or sigmoid of keras.activations made these probabilities from; null if they come from elsewhere. */
export const logitsOf = (probabilities: Tensor): Tensor | null => logits.get(probabilities) ?? null;
