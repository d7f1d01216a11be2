/** The training step of a transformer block in plain JavaScript. */
import { erf } from '../workloads/special';
import { Adam, addBias, columnSums, product, type Training } from './train';

interface Norm {
  y: Float32Array;
  /** The rows normalised to mean 0 and variance 1, and the factor of each row. */
  unit: Float32Array;
  scale: Float32Array;
}

function norm(x: Float32Array, gamma: Float32Array, beta: Float32Array, epsilon: number): Norm {
  const n = gamma.length;
  const [y, unit, scale] = [
    new Float32Array(x.length),
    new Float32Array(x.length),
    new Float32Array(x.length / n),
  ];
  for (let at = 0; at < x.length; at += n) {
    let [mean, variance] = [0, 0];
    for (let j = 0; j < n; j++) mean += x[at + j] / n;
    for (let j = 0; j < n; j++) variance += (x[at + j] - mean) ** 2 / n;
    const s = (scale[at / n] = 1 / Math.sqrt(variance + epsilon));
    for (let j = 0; j < n; j++) {
      unit[at + j] = (x[at + j] - mean) * s;
      y[at + j] = unit[at + j] * gamma[j] + beta[j];
    }
  }
  return { y, unit, scale };
}

/** The gradients of the norm's scale and offset; that of its input is added to `dx`. */
function normGradient(
  dy: Float32Array,
  { unit, scale }: Norm,
  gamma: Float32Array,
  dx: Float32Array | null,
): [Float32Array, Float32Array] {
  const n = gamma.length;
  const dgamma = new Float32Array(n);
  for (let at = 0; at < dy.length; at += n) {
    let [sum, dot] = [0, 0];
    for (let j = 0; j < n; j++) {
      dgamma[j] += dy[at + j] * unit[at + j];
      const d = dy[at + j] * gamma[j];
      sum += d / n;
      dot += (d * unit[at + j]) / n;
    }
    if (dx === null) continue;
    const s = scale[at / n];
    for (let j = 0; j < n; j++) dx[at + j] += s * (dy[at + j] * gamma[j] - sum - unit[at + j] * dot);
  }
  return [dgamma, columnSums(dy, n)];
}

interface Heads {
  batch: number;
  time: number;
  heads: number;
  width: number;
}

/** For each sequence and head: the offsets of its first query, key and value, and of its first result and weight. */
function eachHead(
  { batch, time, heads, width }: Heads,
  f: (q: number, k: number, v: number, y: number, weights: number) => void,
): void {
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const first = b * time * 3 * width + (h * width) / heads;
      const y = b * time * width + (h * width) / heads;
      f(first, first + width, first + 2 * width, y, (b * heads + h) * time * time);
    }
  }
}

/** The attention outputs, and the attention weights. */
function attention(qkv: Float32Array, shape: Heads): { y: Float32Array; weights: Float32Array } {
  const { batch, time, heads, width } = shape;
  const size = width / heads;
  const y = new Float32Array(batch * time * width);
  const weights = new Float32Array(batch * heads * time * time);
  eachHead(shape, (q, k, v, out, at) => {
    for (let i = 0; i < time; i++) {
      const row = at + i * time;
      let most = -Infinity;
      for (let j = 0; j < time; j++) {
        let sum = 0;
        for (let s = 0; s < size; s++) sum += qkv[q + i * 3 * width + s] * qkv[k + j * 3 * width + s];
        weights[row + j] = sum / Math.sqrt(size);
        if (weights[row + j] > most) most = weights[row + j];
      }
      let total = 0;
      for (let j = 0; j < time; j++) total += weights[row + j] = Math.exp(weights[row + j] - most);
      for (let j = 0; j < time; j++) {
        const p = (weights[row + j] /= total);
        for (let s = 0; s < size; s++) y[out + i * width + s] += p * qkv[v + j * 3 * width + s];
      }
    }
  });
  return { y, weights };
}

function attentionGradient(
  dy: Float32Array,
  qkv: Float32Array,
  weights: Float32Array,
  shape: Heads,
): Float32Array {
  const { time, heads, width } = shape;
  const size = width / heads;
  const d = new Float32Array(qkv.length);
  const dp = new Float32Array(time);
  eachHead(shape, (q, k, v, out, at) => {
    for (let i = 0; i < time; i++) {
      const [row, qi, yi] = [at + i * time, q + i * 3 * width, out + i * width];
      let dot = 0;
      for (let j = 0; j < time; j++) {
        const vj = v + j * 3 * width;
        const p = weights[row + j];
        let sum = 0;
        for (let s = 0; s < size; s++) {
          sum += dy[yi + s] * qkv[vj + s];
          d[vj + s] += p * dy[yi + s];
        }
        dp[j] = sum;
        dot += p * sum;
      }
      for (let j = 0; j < time; j++) {
        const kj = k + j * 3 * width;
        const e = (weights[row + j] * (dp[j] - dot)) / Math.sqrt(size);
        for (let s = 0; s < size; s++) {
          d[qi + s] += e * qkv[kj + s];
          d[kj + s] += e * qkv[qi + s];
        }
      }
    }
  });
  return d;
}

function added(a: Float32Array, b: Float32Array): Float32Array {
  const y = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) y[i] = a[i] + b[i];
  return y;
}

function gelu(x: Float32Array): Float32Array {
  const y = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = 0.5 * x[i] * (1 + erf(x[i] * Math.SQRT1_2));
  return y;
}

/** The gradient of gelu, in place. */
function throughGelu(dy: Float32Array, x: Float32Array): Float32Array {
  for (let i = 0; i < x.length; i++) {
    const density = Math.exp(-0.5 * x[i] * x[i]) / Math.sqrt(2 * Math.PI);
    dy[i] *= 0.5 * (1 + erf(x[i] * Math.SQRT1_2)) + x[i] * density;
  }
  return dy;
}

export interface BlockTraining extends Training<Float32Array> {
  heads: number;
  normEpsilon: number;
  /** Length of a sequence. */
  time: number;
}

/** The order of parameters is that of workloads/models.ts. A call is a step and returns its loss. */
export function transformerTraining(training: BlockTraining): () => number {
  const { x, labels: target, parameters, rate, epsilon, heads, normEpsilon, time } = training;
  const own = parameters.map((p) => p.slice());
  const [g1, o1, wqkv, bqkv, wo, bo, g2, o2, w1, b1, w2, b2] = own;
  const adam = new Adam(own, rate, epsilon);
  const width = g1.length;
  const hidden = b1.length;
  const rows = x.length / width;
  const shape = { batch: rows / time, time, heads, width };
  const dense = (a: Float32Array, w: Float32Array, b: Float32Array): Float32Array =>
    addBias(product(a, w, rows, w.length / b.length, b.length), b, false);
  return () => {
    const n1 = norm(x, g1, o1, normEpsilon);
    const qkv = dense(n1.y, wqkv, bqkv);
    const { y: mixed, weights } = attention(qkv, shape);
    const y = added(x, dense(mixed, wo, bo));
    const n2 = norm(y, g2, o2, normEpsilon);
    const a = dense(n2.y, w1, b1);
    const u = gelu(a);
    const dy = added(y, dense(u, w2, b2));
    let loss = 0;
    for (let i = 0; i < dy.length; i++) {
      const d = dy[i] - target[i];
      loss += d * d;
      dy[i] = (2 * d) / dy.length;
    }
    const last = [product(u, dy, hidden, rows, width, 'TN'), columnSums(dy, width)];
    const da = throughGelu(product(dy, w2, rows, width, hidden, 'NT'), a);
    const first = [product(n2.y, da, width, rows, hidden, 'TN'), columnSums(da, hidden)];
    const second = normGradient(product(da, w1, rows, hidden, width, 'NT'), n2, g2, dy);
    const out = [product(mixed, dy, width, rows, width, 'TN'), columnSums(dy, width)];
    const dqkv = attentionGradient(product(dy, wo, rows, width, width, 'NT'), qkv, weights, shape);
    const into = [product(n1.y, dqkv, width, rows, 3 * width, 'TN'), columnSums(dqkv, 3 * width)];
    const start = normGradient(product(dqkv, wqkv, rows, 3 * width, width, 'NT'), n1, g1, null);
    adam.apply([...start, ...into, ...out, ...second, ...first, ...last]);
    return loss / dy.length;
  };
}
