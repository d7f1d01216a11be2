/** Loops over the rows of a matrix. */

export function softmax(x: Float32Array, rows: number, n: number): Float32Array {
  const y = new Float32Array(rows * n);
  for (let i = 0; i < rows; i++) {
    const at = i * n;
    let most = -Infinity;
    for (let j = 0; j < n; j++) if (x[at + j] > most) most = x[at + j];
    let sum = 0;
    for (let j = 0; j < n; j++) sum += y[at + j] = Math.exp(x[at + j] - most);
    const scale = 1 / sum;
    for (let j = 0; j < n; j++) y[at + j] *= scale;
  }
  return y;
}

/** Sparsemax of each row: what exceeds the threshold, which Keras computes from prefix sums over the support. */
export function sparsemax(x: Float32Array, rows: number, n: number): Float32Array {
  const y = new Float32Array(rows * n);
  for (let i = 0; i < rows; i++) {
    const row = x.subarray(i * n, (i + 1) * n);
    const sorted = row.slice().sort().reverse();
    let [sum, sums, support] = [0, 0, 0];
    for (let j = 0; j < n; j++) {
      sum += sorted[j];
      if (1 + (j + 1) * sorted[j] <= sum) break;
      sums += sum;
      support++;
    }
    const threshold = (sums - 1) / support;
    for (let j = 0; j < n; j++) y[i * n + j] = Math.max(0, row[j] - threshold);
  }
  return y;
}

export function logSoftmax(x: Float32Array, rows: number, n: number): Float32Array {
  const y = new Float32Array(rows * n);
  for (let i = 0; i < rows; i++) {
    const at = i * n;
    let most = -Infinity;
    for (let j = 0; j < n; j++) if (x[at + j] > most) most = x[at + j];
    let sum = 0;
    for (let j = 0; j < n; j++) sum += Math.exp(x[at + j] - most);
    const log = most + Math.log(sum);
    for (let j = 0; j < n; j++) y[at + j] = x[at + j] - log;
  }
  return y;
}

/** dx = (dy − Σ dy·y)·y. */
export function softmaxGradient(dy: Float32Array, y: Float32Array, rows: number, n: number): Float32Array {
  const dx = new Float32Array(rows * n);
  for (let i = 0; i < rows; i++) {
    const at = i * n;
    let sum = 0;
    for (let j = 0; j < n; j++) sum += dy[at + j] * y[at + j];
    for (let j = 0; j < n; j++) dx[at + j] = (dy[at + j] - sum) * y[at + j];
  }
  return dx;
}

/** dx = dy − Σ dy·exp(y). */
export function logSoftmaxGradient(dy: Float32Array, y: Float32Array, rows: number, n: number): Float32Array {
  const dx = new Float32Array(rows * n);
  for (let i = 0; i < rows; i++) {
    const at = i * n;
    let sum = 0;
    for (let j = 0; j < n; j++) sum += dy[at + j];
    for (let j = 0; j < n; j++) dx[at + j] = dy[at + j] - sum * Math.exp(y[at + j]);
  }
  return dx;
}

export function layerNorm(
  x: Float32Array,
  gamma: Float32Array,
  beta: Float32Array,
  epsilon: number,
): Float32Array {
  const n = gamma.length;
  const y = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += n) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += x[at + j];
    const mean = sum / n;
    let squares = 0;
    for (let j = 0; j < n; j++) {
      const d = x[at + j] - mean;
      squares += d * d;
    }
    const scale = 1 / Math.sqrt(squares / n + epsilon);
    for (let j = 0; j < n; j++) y[at + j] = (x[at + j] - mean) * scale * gamma[j] + beta[j];
  }
  return y;
}

/** −log softmax(x)[label] of each row. */
export function sparseCrossEntropy(x: Float32Array, labels: Int32Array, n: number): Float32Array {
  const losses = new Float32Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const at = i * n;
    let most = -Infinity;
    for (let j = 0; j < n; j++) if (x[at + j] > most) most = x[at + j];
    let sum = 0;
    for (let j = 0; j < n; j++) sum += Math.exp(x[at + j] - most);
    losses[i] = most + Math.log(sum) - x[at + labels[i]];
  }
  return losses;
}

/** −Σ labels·log softmax(x) of each row. */
export function crossEntropy(x: Float32Array, labels: Float32Array, rows: number, n: number): Float32Array {
  const losses = new Float32Array(rows);
  for (let i = 0; i < rows; i++) {
    const at = i * n;
    let most = -Infinity;
    for (let j = 0; j < n; j++) if (x[at + j] > most) most = x[at + j];
    let [sum, dot, total] = [0, 0, 0];
    for (let j = 0; j < n; j++) {
      sum += Math.exp(x[at + j] - most);
      dot += labels[at + j] * x[at + j];
      total += labels[at + j];
    }
    losses[i] = total * (most + Math.log(sum)) - dot;
  }
  return losses;
}

/** In training mode: statistics over all positions of each channel. */
export function batchNorm(
  x: Float32Array,
  gamma: Float32Array,
  beta: Float32Array,
  epsilon: number,
): Float32Array {
  const channels = gamma.length;
  const count = x.length / channels;
  const mean = new Float64Array(channels);
  const scale = new Float64Array(channels);
  for (let at = 0; at < x.length; at += channels) for (let c = 0; c < channels; c++) mean[c] += x[at + c];
  for (let c = 0; c < channels; c++) mean[c] /= count;
  for (let at = 0; at < x.length; at += channels) {
    for (let c = 0; c < channels; c++) {
      const d = x[at + c] - mean[c];
      scale[c] += d * d;
    }
  }
  for (let c = 0; c < channels; c++) scale[c] = gamma[c] / Math.sqrt(scale[c] / count + epsilon);
  const y = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += channels) {
    for (let c = 0; c < channels; c++) y[at + c] = (x[at + c] - mean[c]) * scale[c] + beta[c];
  }
  return y;
}

/** Sums along the rows (axis 1) or the columns (axis 0) of a matrix. */
export function sumAxis(x: Float32Array, rows: number, n: number, axis: 0 | 1): Float32Array {
  if (axis === 0) {
    const sums = new Float64Array(n);
    for (let i = 0; i < rows; i++) for (let j = 0; j < n; j++) sums[j] += x[i * n + j];
    return Float32Array.from(sums);
  }
  const sums = new Float32Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += x[i * n + j];
    sums[i] = sum;
  }
  return sums;
}

export function argmax(x: Float32Array): Int32Array {
  let at = 0;
  for (let i = 1; i < x.length; i++) if (x[i] > x[at]) at = i;
  return Int32Array.of(at);
}

/** With given statistics for each column. */
export function normalize(
  x: Float32Array,
  mean: Float32Array,
  variance: Float32Array,
  offset: Float32Array,
  scale: Float32Array,
  epsilon: number,
): Float32Array {
  const n = mean.length;
  const factor = new Float64Array(n);
  for (let j = 0; j < n; j++) factor[j] = scale[j] / Math.sqrt(variance[j] + epsilon);
  const y = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += n) {
    for (let j = 0; j < n; j++) y[at + j] = (x[at + j] - mean[j]) * factor[j] + offset[j];
  }
  return y;
}

export function moments(
  x: Float32Array,
  rows: number,
  n: number,
): { mean: Float32Array; variance: Float32Array } {
  const [means, variances] = [new Float32Array(rows), new Float32Array(rows)];
  for (let i = 0; i < rows; i++) {
    const at = i * n;
    let sum = 0;
    for (let j = 0; j < n; j++) sum += x[at + j];
    const mean = sum / n;
    let squares = 0;
    for (let j = 0; j < n; j++) squares += (x[at + j] - mean) * (x[at + j] - mean);
    means[i] = mean;
    variances[i] = squares / n;
  }
  return { mean: means, variance: variances };
}

export function l2Normalize(x: Float32Array, rows: number, n: number, epsilon: number): Float32Array {
  const y = new Float32Array(x.length);
  for (let i = 0; i < rows; i++) {
    const at = i * n;
    let squares = 0;
    for (let j = 0; j < n; j++) squares += x[at + j] * x[at + j];
    const scale = 1 / Math.sqrt(Math.max(squares, epsilon));
    for (let j = 0; j < n; j++) y[at + j] = x[at + j] * scale;
  }
  return y;
}

/** y = x / (bias + alpha·Σ x²)^beta, where the sum is over the channels within depthRadius. */
export function localResponse(
  x: Float32Array,
  n: number,
  { depthRadius, bias, alpha, beta }: { depthRadius: number; bias: number; alpha: number; beta: number },
): Float32Array {
  const y = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += n) {
    for (let j = 0; j < n; j++) {
      const last = Math.min(n - 1, j + depthRadius);
      let sum = 0;
      for (let k = Math.max(0, j - depthRadius); k <= last; k++) sum += x[at + k] * x[at + k];
      y[at + j] = x[at + j] / Math.pow(bias + alpha * sum, beta);
    }
  }
  return y;
}

export function biasAdd(x: Float32Array, bias: Float32Array): Float32Array {
  const n = bias.length;
  const y = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += n) for (let j = 0; j < n; j++) y[at + j] = x[at + j] + bias[j];
  return y;
}

/** The left half times the sigmoid of the right half. */
export function glu(x: Float32Array, rows: number, n: number): Float32Array {
  const half = n / 2;
  const y = new Float32Array(rows * half);
  for (let i = 0; i < rows; i++) {
    const at = i * n;
    for (let j = 0; j < half; j++) y[i * half + j] = x[at + j] / (1 + Math.exp(-x[at + half + j]));
  }
  return y;
}

/** relu(x) and relu(−x) of each row, concatenated. */
export function crelu(x: Float32Array, rows: number, n: number): Float32Array {
  const y = new Float32Array(2 * x.length);
  for (let i = 0; i < rows; i++) {
    const [at, to] = [i * n, 2 * i * n];
    for (let j = 0; j < n; j++) {
      y[to + j] = Math.max(x[at + j], 0);
      y[to + n + j] = Math.max(-x[at + j], 0);
    }
  }
  return y;
}
