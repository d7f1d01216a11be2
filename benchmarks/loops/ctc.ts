/** Connectionist temporal classification, one example after the other. */

/** log(eᵃ + eᵇ). */
function logAdd(a: number, b: number): number {
  if (a === -Infinity) return b;
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/** The losses of examples whose labels all have the same length, of logits [steps, examples, classes]; class 0 is the blank. */
export function ctcLoss(
  labels: Int32Array,
  logits: Float32Array,
  steps: number,
  examples: number,
  classes: number,
): Float32Array {
  const length = labels.length / examples;
  const states = 2 * length + 1;
  const losses = new Float32Array(examples);
  for (let e = 0; e < examples; e++) {
    const symbol = (s: number): number => (s % 2 === 0 ? 0 : labels[e * length + (s - 1) / 2]);
    let alpha = new Float64Array(states).fill(-Infinity);
    for (let t = 0; t < steps; t++) {
      const at = (t * examples + e) * classes;
      let sum = 0;
      for (let c = 0; c < classes; c++) sum += Math.exp(logits[at + c]);
      const norm = Math.log(sum);
      const next = new Float64Array(states).fill(-Infinity);
      for (let s = 0; s < states; s++) {
        const logit = logits[at + symbol(s)] - norm;
        if (t === 0) {
          if (s < 2) next[s] = logit;
          continue;
        }
        let before = alpha[s];
        if (s > 0) before = logAdd(before, alpha[s - 1]);
        if (s > 1 && symbol(s) !== 0 && symbol(s) !== symbol(s - 2)) before = logAdd(before, alpha[s - 2]);
        next[s] = before + logit;
      }
      alpha = next;
    }
    losses[e] = -logAdd(alpha[states - 1], alpha[states - 2]);
  }
  return losses;
}
