/** What `tf.function` fuses, fused by hand in plain JavaScript. */
import { erf } from '../workloads/special';

/** x·y + sigmoid(x)·2. */
export function chain(x: Float32Array, y: Float32Array): Float32Array {
  const out = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) out[i] = x[i] * y[i] + 2 / (1 + Math.exp(-x[i]));
  return out;
}

/** x + gelu(norm(x)·gamma + beta), norm over rows. */
export function normGelu(
  x: Float32Array,
  gamma: Float32Array,
  beta: Float32Array,
  epsilon: number,
): Float32Array {
  const n = gamma.length;
  const out = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += n) {
    let [sum, squares] = [0, 0];
    for (let j = 0; j < n; j++) sum += x[at + j];
    const mean = sum / n;
    for (let j = 0; j < n; j++) squares += (x[at + j] - mean) * (x[at + j] - mean);
    const scale = 1 / Math.sqrt(squares / n + epsilon);
    for (let j = 0; j < n; j++) {
      const y = (x[at + j] - mean) * scale * gamma[j] + beta[j];
      out[at + j] = x[at + j] + 0.5 * y * (1 + erf(y * Math.SQRT1_2));
    }
  }
  return out;
}
