/** Segment reductions, counts, searches, sequences, losses and dropout. */
import * as tf from 'gradtape';
import { zipLoop } from '../loops/elementwise';
import { taken } from '../loops/images';
import type { MakeCase } from './case';
import { floats, integers, side } from './data';

const width = 16;

interface Segments {
  start: number;
  combine: (a: number, b: number) => number;
  /** Computes the result of a segment from the combination of its slices and their number. */
  finish?: (value: number, count: number) => number;
}

/** Rows of `width` elements in segments of about four, with sorted or unsorted segment ids. */
function segments(sorted: boolean, { start, combine, finish }: Segments): MakeCase {
  return (n) => {
    const rows = n / width;
    const count = Math.max(1, rows / 4);
    const [x, ids] = [floats([rows, width], 0.5, 1.5), integers([rows], 0, count)];
    if (sorted) ids.array.forEach((_, i) => (ids.array[i] = Math.floor(i / 4)));
    const numbers = tf.constant(ids.array);
    return {
      args: sorted ? [x.tensor, numbers] : [x.tensor, numbers, count],
      loop: () => {
        const y = new Float32Array(count * width).fill(start);
        const sizes = new Int32Array(count);
        for (let i = 0; i < rows; i++) {
          const to = ids.array[i] * width;
          sizes[ids.array[i]]++;
          for (let j = 0; j < width; j++) y[to + j] = combine(y[to + j], x.array[i * width + j]);
        }
        if (finish !== undefined)
          for (let i = 0; i < y.length; i++) y[i] = finish(y[i], sizes[Math.floor(i / width)]);
        return y;
      },
    };
  };
}

const sum: Segments = { start: 0, combine: (a, b) => a + b };
const product: Segments = { start: 1, combine: (a, b) => a * b };
const most: Segments = { start: -(2 ** 128 - 2 ** 104), combine: Math.max };
const least: Segments = { start: 2 ** 128 - 2 ** 104, combine: Math.min };
const mean: Segments = { ...sum, finish: (value, count) => value / Math.max(count, 1) };
const rootMean: Segments = { ...sum, finish: (value, count) => value / Math.sqrt(Math.max(count, 1)) };

function loss(f: (label: number, x: number) => number, ...args: readonly unknown[]): MakeCase {
  return (n) => {
    const [z, x] = [floats([n], 0.1, 1), floats([n], -3, 3)];
    const loop = zipLoop(f, Float32Array);
    return { args: [z.tensor, x.tensor, ...args], loop: () => loop(z.array, x.array) };
  };
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function dropped(...args: readonly unknown[]): MakeCase {
  return (n) => {
    const x = floats([n]);
    return {
      args: [x.tensor, 0.5, ...args],
      loop: () => {
        const y = new Float32Array(n);
        for (let i = 0; i < n; i++) y[i] = Math.random() < 0.5 ? 0 : 2 * x.array[i];
        return y;
      },
      unequal: true,
    };
  };
}

const bins = 50;
const binOf = (x: number): number => Math.min(Math.max(Math.floor(((x + 1) / 2) * bins), 0), bins - 1);

/** How often each integer from 0 to `size` occurs. */
function counted(n: number, size: number, of: (i: number) => number): Float32Array {
  const y = new Float32Array(size);
  for (let i = 0; i < n; i++) y[of(i)]++;
  return y;
}

export const miscCases: Readonly<Record<string, MakeCase>> = {
  unsortedSegmentSum: segments(false, sum),
  unsortedSegmentProd: segments(false, product),
  unsortedSegmentMax: segments(false, most),
  unsortedSegmentMin: segments(false, least),
  unsortedSegmentMean: segments(false, mean),
  unsortedSegmentSqrtN: segments(false, rootMean),
  segmentSum: segments(true, sum),
  segmentProd: segments(true, product),
  segmentMax: segments(true, most),
  segmentMin: segments(true, least),
  segmentMean: segments(true, mean),
  bincount: (n) => {
    const x = integers([n], 0, 100);
    // The largest integer determines the size of the result.
    x.array[0] = 99;
    return { args: [tf.constant(x.array)], loop: () => counted(n, 100, (i) => x.array[i]) };
  },
  histogramFixedWidth: (n) => {
    const x = floats([n]);
    return {
      args: [x.tensor, tf.constant([-1, 1]), bins],
      loop: () => counted(n, bins, (i) => binOf(x.array[i])),
    };
  },
  histogramFixedWidthBins: (n) => {
    const x = floats([n]);
    return {
      args: [x.tensor, tf.constant([-1, 1]), bins],
      loop: () => {
        const y = new Float32Array(n);
        for (let i = 0; i < n; i++) y[i] = binOf(x.array[i]);
        return y;
      },
    };
  },
  confusionMatrix: (n) => {
    const classes = 10;
    const [t, p] = [integers([n], 0, classes), integers([n], 0, classes)];
    return {
      args: [t.tensor, p.tensor, classes],
      loop: () => counted(n, classes * classes, (i) => t.array[i] * classes + p.array[i]),
    };
  },
  inTopK: (n) => {
    const rows = n / width;
    const [t, p] = [integers([rows], 0, width), floats([rows, width])];
    return {
      args: [t.tensor, p.tensor, 4],
      loop: () => {
        const y = new Float32Array(rows);
        for (let i = 0; i < rows; i++) {
          const own = p.array[i * width + t.array[i]];
          let better = 0;
          for (let j = 0; j < width; j++) if (p.array[i * width + j] > own) better++;
          y[i] = better < 4 ? 1 : 0;
        }
        return y;
      },
    };
  },
  sigmoidCrossEntropyWithLogits: loss((z, x) => softplus(x) - x * z),
  weightedCrossEntropyWithLogits: loss((z, x) => (1 - z) * x + (1 + 0.5 * z) * softplus(-x), 1.5),
  logPoissonLoss: loss((z, x) => Math.exp(x) - x * z),
  searchsorted: (n) => {
    const [x, sequence] = [floats([n]), floats([1000])];
    const sorted = sequence.array.slice().sort();
    return {
      args: [tf.constant(sorted), x.tensor],
      loop: () => {
        const y = new Float32Array(n);
        for (let i = 0; i < n; i++) {
          let [from, to] = [0, sorted.length];
          while (from < to) {
            const half = (from + to) >> 1;
            if (sorted[half] < x.array[i]) from = half + 1;
            else to = half;
          }
          y[i] = from;
        }
        return y;
      },
    };
  },
  dropout: dropped(),
  statelessDropout: dropped([1, 2]),
  sequenceMask: (n) => {
    const s = side(n);
    const lengths = integers([s], 0, s);
    return {
      args: [lengths.tensor, s],
      loop: () => {
        const y = new Float32Array(s * s);
        for (let i = 0; i < s; i++) y.fill(1, i * s, i * s + lengths.array[i]);
        return y;
      },
    };
  },
  reverseSequence: (n) => {
    const s = side(n);
    const [x, lengths] = [floats([s, s]), integers([s], 0, s)];
    const from = (i: number): number => {
      const [row, column] = [Math.floor(i / s), i % s];
      const length = lengths.array[row];
      return row * s + (column < length ? length - 1 - column : column);
    };
    return {
      args: [x.tensor, lengths.tensor, { seqAxis: 1, batchAxis: 0 }],
      loop: () => taken(x.array, s * s, from),
    };
  },
  repeat: (n) => {
    const x = floats([n]);
    return { args: [x.tensor, 2], loop: () => taken(x.array, 2 * n, (i) => i >> 1) };
  },
  meshgrid: (n) => {
    const s = side(n);
    const [x, y] = [floats([s]), floats([s])];
    return { args: [x.tensor, y.tensor], loop: () => taken(x.array, s * s, (i) => i % s) };
  },
};
