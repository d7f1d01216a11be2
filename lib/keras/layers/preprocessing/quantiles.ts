/** A summary of data from which quantiles are read: values, and how many elements each stands for. */

export interface Summary {
  readonly values: Float32Array;
  readonly weights: Float32Array;
}

export const emptySummary: Summary = { values: new Float32Array(0), weights: new Float32Array(0) };

/** Of sorted data: each `epsilon`-th part of it, represented by a value. */
function summarize(data: Float32Array, epsilon: number): Summary {
  const sorted = data.slice().sort();
  const step = Math.max(sorted.length / (1 / epsilon), 1);
  const stride = Math.trunc(step);
  const values: number[] = [];
  for (let i = Math.trunc(step - 1); i < sorted.length; i += stride) values.push(sorted[i]);
  return { values: Float32Array.from(values), weights: new Float32Array(values.length).fill(step) };
}

/** The value at x of the piecewise linear function through (xs, ys), constant outside of it. */
function interpolate(x: number, xs: ArrayLike<number>, ys: ArrayLike<number>): number {
  const last = xs.length - 1;
  if (x >= xs[last]) return ys[last];
  if (x <= xs[0]) return ys[0];
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle;
    else high = middle;
  }
  const slope = (ys[high] - ys[low]) / (xs[high] - xs[low]);
  return slope * (x - xs[low]) + ys[low];
}

/** The summary by 1 / epsilon values. */
function compress(summary: Summary, epsilon: number): Summary {
  const { values, weights } = summary;
  if (values.length * epsilon < 1) return summary;
  const percents = Array.from({ length: Math.ceil(1 / epsilon) }, (_, i) => epsilon + i * epsilon);
  const sums = new Float32Array(weights.length);
  weights.forEach((w, i) => {
    sums[i] = (i === 0 ? 0 : sums[i - 1]) + w;
  });
  const parts = sums.map((sum) => sum / sums[sums.length - 1]);
  const reached = percents.map((p) => interpolate(p, parts, sums));
  return {
    values: Float32Array.from(percents, (p) => interpolate(p, parts, values)),
    weights: Float32Array.from(reached, (sum, i) => sum - (i === 0 ? 0 : reached[i - 1])),
  };
}

/** A summary of more data. */
export function extendSummary(summary: Summary, data: Float32Array, epsilon: number): Summary {
  const added = summarize(data, epsilon);
  const values = [...added.values, ...summary.values];
  const weights = [...added.weights, ...summary.weights];
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  return compress(
    {
      values: Float32Array.from(order, (i) => values[i]),
      weights: Float32Array.from(order, (i) => weights[i]),
    },
    epsilon,
  );
}

/** The boundaries between `bins` bins of equally many elements. */
export const boundariesOf = (summary: Summary, bins: number): number[] => [
  ...compress(summary, 1 / bins).values.slice(0, -1),
];
