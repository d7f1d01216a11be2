/** The training step of an LSTM in plain JavaScript. */
import { Adam, addBias, columnSums, lossOf, product, type Training } from './train';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** [batch, time, features] to [time, batch, features]. */
function timeFirst(x: Float32Array, batch: number, time: number, features: number): Float32Array {
  const y = new Float32Array(x.length);
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < time; t++) {
      const from = (b * time + t) * features;
      y.set(x.subarray(from, from + features), (t * batch + b) * features);
    }
  }
  return y;
}

/** Turns the pre-activations of one step into gates, in place, and stores the new state in `c`, its tanh in `tc` and the output in `h`. */
function cell(
  gates: Float32Array,
  before: Float32Array,
  c: Float32Array,
  tc: Float32Array,
  h: Float32Array,
  units: number,
): void {
  for (let at = 0, row = 0; at < h.length; at += units, row += 4 * units) {
    for (let u = 0; u < units; u++) {
      const i = (gates[row + u] = sigmoid(gates[row + u]));
      const f = (gates[row + units + u] = sigmoid(gates[row + units + u]));
      const g = (gates[row + 2 * units + u] = Math.tanh(gates[row + 2 * units + u]));
      const o = (gates[row + 3 * units + u] = sigmoid(gates[row + 3 * units + u]));
      c[at + u] = f * before[at + u] + i * g;
      tc[at + u] = Math.tanh(c[at + u]);
      h[at + u] = o * tc[at + u];
    }
  }
}

/** The gradients of the pre-activations, from those of the output and of the state, which is replaced by that of the previous state. */
function cellGradient(
  gates: Float32Array,
  before: Float32Array,
  tc: Float32Array,
  dh: Float32Array,
  dc: Float32Array,
  d: Float32Array,
  units: number,
): void {
  for (let at = 0, row = 0; at < dh.length; at += units, row += 4 * units) {
    for (let u = 0; u < units; u++) {
      const [i, f] = [gates[row + u], gates[row + units + u]];
      const [g, o] = [gates[row + 2 * units + u], gates[row + 3 * units + u]];
      const t = tc[at + u];
      const s = dc[at + u] + dh[at + u] * o * (1 - t * t);
      d[row + u] = s * g * i * (1 - i);
      d[row + units + u] = s * before[at + u] * f * (1 - f);
      d[row + 2 * units + u] = s * i * (1 - g * g);
      d[row + 3 * units + u] = dh[at + u] * t * o * (1 - o);
      dc[at + u] = s * f;
    }
  }
}

/** The order of parameters is that of workloads/models.ts. A call is a step and returns its loss. */
export function lstmTraining({ x, labels, parameters, rate, epsilon }: Training): () => number {
  const own = parameters.map((p) => p.slice());
  const [wx, wh, b, w, b2] = own;
  const adam = new Adam(own, rate, epsilon);
  const batch = labels.length;
  const [wide, classes] = [b.length, b2.length];
  const units = wide / 4;
  const features = wx.length / wide;
  const time = x.length / (batch * features);
  const size = batch * units;
  const inputs = timeFirst(x, batch, time, features);
  return () => {
    const gates = addBias(product(inputs, wx, time * batch, features, wide), b, false);
    // The states before the first step and after each step.
    const [hs, cs, tcs] = [0, 1, 2].map(() => new Float32Array((time + 1) * size));
    const at = (all: Float32Array, t: number, n = size): Float32Array => all.subarray(t * n, (t + 1) * n);
    for (let t = 0; t < time; t++) {
      const sums = at(gates, t, 4 * size);
      const more = product(at(hs, t), wh, batch, units, wide);
      for (let j = 0; j < sums.length; j++) sums[j] += more[j];
      cell(sums, at(cs, t), at(cs, t + 1), at(tcs, t + 1), at(hs, t + 1), units);
    }
    const last = at(hs, time);
    const { loss, d } = lossOf(addBias(product(last, w, batch, units, classes), b2, false), labels, classes);
    const dw = product(last, d, units, batch, classes, 'TN');
    const dgates = new Float32Array(gates.length);
    const dc = new Float32Array(size);
    let dh = product(d, w, batch, classes, units, 'NT');
    for (let t = time - 1; t >= 0; t--) {
      const dsums = at(dgates, t, 4 * size);
      cellGradient(at(gates, t, 4 * size), at(cs, t), at(tcs, t + 1), dh, dc, dsums, units);
      dh = product(dsums, wh, batch, wide, units, 'NT');
    }
    adam.apply([
      product(inputs, dgates, features, time * batch, wide, 'TN'),
      product(hs.subarray(0, time * size), dgates, units, time * batch, wide, 'TN'),
      columnSums(dgates, wide),
      dw,
      columnSums(d, classes),
    ]);
    return loss;
  };
}
