/** Tables for resizing along one axis: for each output position the input positions that it combines, and their weights. */
import { dtypes } from '../../core/dtype';
import { detached } from '../../core/context';
import { memoized } from '../../core/memoize';
import { type Tensor, tensorFrom } from '../../core/tensor';

/** The interpolation methods, by TensorFlow's names. */
export const resizeMethods = [
  'bilinear',
  'lanczos3',
  'lanczos5',
  'bicubic',
  'gaussian',
  'nearest',
  'area',
  'mitchellcubic',
] as const;
export type ResizeMethod = (typeof resizeMethods)[number];

/** One output position: its input positions, and a weight for each. */
interface Position {
  readonly indices: readonly number[];
  readonly weights: readonly number[];
}

const f = Math.fround;

/** The center of output pixel i in input coordinates, in float32 as in TensorFlow. */
const halfPixel = (i: number, scale: number): number => f(f(f(i + 0.5) * scale) - 0.5);

const clamp = (i: number, n: number): number => Math.min(Math.max(i, 0), n - 1);

function nearest(i: number, scale: number, n: number): Position {
  return { indices: [clamp(Math.floor(f(f(i + 0.5) * scale)), n)], weights: [1] };
}

/** The weights are those of a linear interpolation: the second one is the distance from the first pixel. */
function bilinear(i: number, scale: number, n: number): Position {
  const at = halfPixel(i, scale);
  const below = Math.floor(at);
  const distance = f(at - below);
  return { indices: [clamp(below, n), clamp(Math.ceil(at), n)], weights: [f(1 - distance), distance] };
}

function roundHalfToEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest === 0.5) return down % 2 === 0 ? down : down + 1;
  return rest < 0.5 ? down : down + 1;
}

/** Keys' cubic kernel (a = −½) at the distances of a table with 1024 steps, as TensorFlow has it. */
function cubicWeight(x: number): number {
  const a = -0.5;
  return f(x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
}

function normalized(indices: readonly number[], weights: readonly number[]): Position {
  const total = weights.reduce((sum, w) => f(sum + w), 0);
  // A sum near 0 is left as it is.
  if (Math.abs(total) < 1000 * 2 ** -126) return { indices, weights };
  const factor = f(1 / total);
  return { indices, weights: weights.map((w) => f(w * factor)) };
}

function bicubic(i: number, scale: number, n: number): Position {
  const at = halfPixel(i, scale);
  const below = Math.floor(at);
  const distance = roundHalfToEven(f(f(at - below) * 1024)) / 1024;
  const taps = [below - 1, below, below + 1, below + 2];
  const distances = [1 + distance, distance, 1 - distance, 2 - distance];
  // Pixels outside have no weight.
  const weights = taps.map((tap, k) => (tap >= 0 && tap < n ? cubicWeight(distances[k]) : 0));
  return normalized(
    taps.map((tap) => clamp(tap, n)),
    weights,
  );
}

/** The mean over the area of the output pixel, with a share of the pixels at its borders. */
function area(i: number, scale: number, n: number): Position {
  const from = f(i * scale);
  const to = f((i + 1) * scale);
  const indices: number[] = [];
  const weights: number[] = [];
  for (let p = Math.floor(from); p < Math.ceil(to); p++) {
    const share = p < from ? (p + 1 > to ? scale : f(p + 1 - from)) : p + 1 > to ? f(to - p) : 1;
    indices.push(clamp(p, n));
    weights.push(f(share / scale));
  }
  return { indices, weights };
}

interface Kernel {
  readonly radius: number;
  readonly at: (x: number) => number;
}

const pi = f(Math.PI);

// Each operation is rounded to float32, as in TensorFlow, whose weights these are.
function lanczos(radius: number): Kernel {
  const at = (x: number): number => {
    if (x > radius) return 0;
    if (x <= 1e-3) return 1;
    const z = f(pi * x);
    const waves = f(f(radius * f(Math.sin(z))) * f(Math.sin(f(z / radius))));
    return f(waves / f(f(f(pi * pi) * x) * x));
  };
  return { radius, at };
}

const kernels: Readonly<Record<string, Kernel>> = {
  bilinear: { radius: 1, at: (x) => (x < 1 ? f(1 - x) : 0) },
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
  gaussian: { radius: 1.5, at: (x) => (x >= 1.5 ? 0 : f(Math.exp(f(-f(x * x) / 0.5)))) },
  bicubic: {
    radius: 2,
    at: (x) => {
      if (x >= 2) return 0;
      if (x >= 1) return f(f(f(f(f(-0.5 * x) + 2.5) * x) - 4) * x + 2);
      return f(f(f(f(f(1.5 * x) - 2.5) * x) * x) + 1);
    },
  },
  mitchellcubic: {
    radius: 2,
    at: (x) => {
      if (x >= 2) return 0;
      if (x >= 1) {
        const inner = f(f(f(f(f(-7 / 18) * x) + 2) * x) - f(10 / 3));
        return f(f(inner * x) + f(16 / 9));
      }
      return f(f(f(f(f(f(7 / 6) * x) - 2) * x) * x) + f(8 / 9));
    },
  },
};

/** The normalized values of a kernel around the center; with `antialias`, the kernel widens when the image shrinks. */
function sampled(kernel: Kernel, i: number, scale: number, n: number, antialias: boolean): Position {
  const width = antialias ? Math.max(scale, 1) : 1;
  const center = f(f(i + 0.5) * scale);
  if (center < 0 || center > n) return { indices: [0], weights: [0] };
  const reach = f(kernel.radius * width);
  const first = clamp(Math.ceil(f(f(center - reach) - 0.5)), n);
  const last = clamp(Math.floor(f(f(center + reach) - 0.5)), n);
  const indices: number[] = [];
  const weights: number[] = [];
  for (let p = first; p <= last; p++) {
    indices.push(p);
    weights.push(f(kernel.at(Math.abs(f(f(f(p + 0.5) - center) / width)))));
  }
  return normalized(indices, weights);
}

function positionOf(method: ResizeMethod, i: number, n: number, m: number, antialias: boolean): Position {
  const scale = f(n / m);
  if (method === 'nearest') return nearest(i, scale, n);
  if (method === 'area') return area(i, scale, n);
  if (method === 'bilinear' && !antialias) return bilinear(i, scale, n);
  if (method === 'bicubic' && !antialias) return bicubic(i, scale, n);
  // These methods divide by the ratio of the sizes instead.
  return sampled(kernels[method], i, f(1 / f(m / n)), n, antialias);
}

/** A tap: for each output position, an input position and its weight, which is of shape [m, 1, …]. */
export interface Tap {
  readonly indices: Tensor;
  readonly weights: Tensor;
}

/**
 * The taps of an axis of n pixels that becomes one of m; `after` is the number of dimensions behind it, for which the weights
 * have dimensions of size 1.
 */
export const tapsOf = memoized(
  (method: ResizeMethod, n: number, m: number, antialias: boolean, after: number): readonly Tap[] => {
    const positions = Array.from({ length: m }, (_, i) => positionOf(method, i, n, m, antialias));
    const most = positions.reduce((count, p) => Math.max(count, p.indices.length), 0);
    return Array.from({ length: most }, (_, k) =>
      detached(() => ({
        indices: tensorFrom(
          dtypes.int32,
          [m],
          positions.map((p) => p.indices[k] ?? p.indices[0]),
        ),
        weights: tensorFrom(
          dtypes.float32,
          [m, ...new Array<number>(after).fill(1)],
          positions.map((p) => p.weights[k] ?? 0),
        ),
      })),
    );
  },
);
