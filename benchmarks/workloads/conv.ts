/** Convolutions, pooling and batch normalisation on images, [batch, height, width, channels]. */
import { product, sumOf, type Elements, type Expected, type Target, type Workload } from './workload';

const best = (ratio: number): Target => ({ kind: 'ratio', ratio });

export interface Convolution {
  batch: number;
  size: number;
  channels: number;
  filters: number;
  kernel: number;
  stride?: number;
  dilation?: number;
  groups?: number;
  /** VALID padding; SAME otherwise. */
  valid?: boolean;
}

/** The geometry of a square image and a square kernel: sizes, and where windows begin. */
function geometry({ size, kernel, stride = 1, dilation = 1, valid = false }: Convolution) {
  const reach = (kernel - 1) * dilation + 1;
  const out = Math.ceil((valid ? size - reach + 1 : size) / stride);
  const before = Math.floor(Math.max(0, (out - 1) * stride + reach - size) / 2);
  return { out, stride, dilation, before };
}

/** Calls f(input row, kernel row) for the taps of an output row that are inside the image; the same for columns. */
function taps(c: Convolution, o: number, f: (i: number, t: number) => void): void {
  const { stride, dilation, before } = geometry(c);
  for (let t = 0; t < c.kernel; t++) {
    const i = o * stride + t * dilation - before;
    if (i >= 0 && i < c.size) f(i, t);
  }
}

/** The transposed mapping: calls f(output row, kernel row) for an input row. */
function tapsBack(c: Convolution, i: number, f: (o: number, t: number) => void): void {
  const { out, stride, dilation, before } = geometry(c);
  for (let t = 0; t < c.kernel; t++) {
    const o = (i + before - t * dilation) / stride;
    if (Number.isInteger(o) && o >= 0 && o < out) f(o, t);
  }
}

const digits = (index: number, shape: readonly number[]): number[] => {
  const out = new Array<number>(shape.length);
  for (let d = shape.length - 1, rest = index; d >= 0; d--) {
    out[d] = rest % shape[d];
    rest = Math.floor(rest / shape[d]);
  }
  return out;
};

function shapesOf(c: Convolution) {
  const { out } = geometry(c);
  const { batch, size, channels, filters, kernel, groups = 1 } = c;
  return {
    x: [batch, size, size, channels],
    w: [kernel, kernel, channels / groups, filters],
    y: [batch, out, out, filters],
    perGroup: channels / groups,
    filtersPerGroup: filters / groups,
  };
}

function forward(c: Convolution) {
  const { y: shape, perGroup, filtersPerGroup } = shapesOf(c);
  return ([x, w]: readonly Elements[]): Expected[] => [
    {
      shape,
      at: (index) => {
        const [b, oy, ox, f] = digits(index, shape);
        const first = Math.floor(f / filtersPerGroup) * perGroup;
        let sum = 0;
        taps(c, oy, (iy, ty) =>
          taps(c, ox, (ix, tx) => {
            const at = ((b * c.size + iy) * c.size + ix) * c.channels + first;
            for (let k = 0; k < perGroup; k++) {
              sum += Number(x[at + k]) * Number(w[((ty * c.kernel + tx) * perGroup + k) * c.filters + f]);
            }
          }),
        );
        return sum;
      },
    },
  ];
}

/** dx from dy and w. */
function inputGradient(c: Convolution) {
  const { x: shape, y, perGroup, filtersPerGroup } = shapesOf(c);
  return ([dy, w]: readonly Elements[]): Expected[] => [
    {
      shape,
      at: (index) => {
        const [b, iy, ix, k] = digits(index, shape);
        const group = Math.floor(k / perGroup);
        let sum = 0;
        tapsBack(c, iy, (oy, ty) =>
          tapsBack(c, ix, (ox, tx) => {
            for (let f = group * filtersPerGroup; f < (group + 1) * filtersPerGroup; f++) {
              sum +=
                Number(dy[((b * y[1] + oy) * y[2] + ox) * c.filters + f]) *
                Number(w[((ty * c.kernel + tx) * perGroup + (k % perGroup)) * c.filters + f]);
            }
          }),
        );
        return sum;
      },
    },
  ];
}

/** dw from x and dy. */
function filterGradient(c: Convolution) {
  const { w: shape, y, perGroup, filtersPerGroup } = shapesOf(c);
  return ([x, dy]: readonly Elements[]): Expected[] => [
    {
      shape,
      at: (index) => {
        const [ty, tx, k, f] = digits(index, shape);
        const channel = Math.floor(f / filtersPerGroup) * perGroup + k;
        let sum = 0;
        for (let b = 0; b < c.batch; b++) {
          for (let oy = 0; oy < y[1]; oy++) {
            taps(c, oy, (iy, t) => {
              if (t !== ty) return;
              for (let ox = 0; ox < y[2]; ox++) {
                taps(c, ox, (ix, s) => {
                  if (s !== tx) return;
                  sum +=
                    Number(x[((b * c.size + iy) * c.size + ix) * c.channels + channel]) *
                    Number(dy[((b * y[1] + oy) * y[2] + ox) * c.filters + f]);
                });
              }
            });
          }
        }
        return sum;
      },
    },
  ];
}

type Part = 'forward' | 'input gradient' | 'filter gradient';
const kinds = {
  forward: 'conv2d',
  'input gradient': 'conv2dInputGradient',
  'filter gradient': 'conv2dFilterGradient',
} as const;

function convWorkload(name: string, part: Part, c: Convolution, target: Target): Workload {
  const { x, w, y, perGroup, filtersPerGroup } = shapesOf(c);
  const { stride = 1, dilation = 1, groups = 1 } = c;
  const inputs = { forward: [x, w], 'input gradient': [y, w], 'filter gradient': [x, y] }[part];
  const reference = { forward, 'input gradient': inputGradient, 'filter gradient': filterGradient }[part];
  const terms = { forward: perGroup, 'input gradient': filtersPerGroup, 'filter gradient': 0 }[part];
  const count = part === 'filter gradient' ? c.batch * y[1] * y[2] : c.kernel ** 2 * terms;
  const tolerance = sumOf(count);
  return {
    name: `${groups === c.channels && groups > 1 ? 'depthwise' : 'conv2d'}/${name}`,
    kind: kinds[part],
    params: {
      stride,
      dilation,
      groups,
      padding: c.valid === true ? 'VALID' : 'SAME',
      before: geometry(c).before,
      x,
      w,
      y,
    },
    inputs: inputs.map((shape) => ({ shape })),
    cost: 2 * product(y) * c.kernel ** 2 * perGroup,
    target,
    // Winograd's transforms add and subtract tiles: the error is a few times that of direct sums, and at most 2e-6.
    tolerance: { relative: 1e-5, absolute: 2 * tolerance.absolute, l2: 2e-6 },
    reference: reference(c),
  };
}

const main: Convolution = { batch: 8, size: 56, channels: 64, filters: 64, kernel: 3 };
const mnist: Convolution = { batch: 32, size: 28, channels: 1, filters: 32, kernel: 3 };
const depthwise: Convolution = { ...main, groups: 64 };

function poolWorkload(f: 'max' | 'avg', gradient: boolean): Workload {
  const [x, y] = [
    [8, 56, 56, 64],
    [8, 28, 28, 64],
  ];
  /** The positions of the four elements of a window. */
  const window = (b: number, oy: number, ox: number, c: number): number[] =>
    [0, 1, 56, 57].map((d) => ((b * 56 + 2 * oy) * 56 + 2 * ox + d) * 64 + c);
  const pool = ([data]: readonly Elements[]): Expected[] => [
    {
      shape: y,
      at: (index) => {
        const [b, oy, ox, c] = digits(index, y);
        const four = window(b, oy, ox, c).map((i) => Number(data[i]));
        return f === 'max' ? Math.max(...four) : (four[0] + four[1] + four[2] + four[3]) / 4;
      },
    },
  ];
  const back = ([data, dy]: readonly Elements[]): Expected[] => [
    {
      shape: x,
      at: (index) => {
        const [b, iy, ix, c] = digits(index, x);
        const [oy, ox] = [iy >> 1, ix >> 1];
        const d = Number(dy[((b * 28 + oy) * 28 + ox) * 64 + c]);
        if (f === 'avg') return d / 4;
        const at = window(b, oy, ox, c);
        // Of equal elements only the first receives the gradient.
        const largest = at.reduce((m, i) => (Number(data[i]) > Number(data[m]) ? i : m));
        return largest === index ? d : 0;
      },
    },
  ];
  return {
    name: `pool/${f} 2x2${gradient ? ' gradient' : ''}`,
    kind: gradient ? 'poolGradient' : 'pool',
    params: { f },
    inputs: gradient ? [{ shape: x }, { shape: y }] : [{ shape: x }],
    cost: product(x),
    target: best(0.4),
    tolerance: { relative: 1e-6, absolute: 1e-7 },
    reference: gradient ? back : pool,
  };
}

const batchNorm: Workload = {
  name: 'norm/batch norm, training',
  kind: 'batchNorm',
  params: { epsilon: 1e-3 },
  inputs: [{ shape: [8, 56, 56, 64] }, { shape: [64], low: 0.5, high: 1.5 }, { shape: [64] }],
  cost: 4 * 8 * 56 * 56 * 64,
  target: best(0.7),
  tolerance: { relative: 2e-5, absolute: 4e-6 },
  reference: ([x, gamma, beta]) => {
    let made: { mean: Float64Array; scale: Float64Array } | null = null;
    const moments = () => {
      const count = x.length / 64;
      const mean = new Float64Array(64);
      const scale = new Float64Array(64);
      for (let i = 0; i < x.length; i++) mean[i % 64] += Number(x[i]) / count;
      for (let i = 0; i < x.length; i++) scale[i % 64] += (Number(x[i]) - mean[i % 64]) ** 2 / count;
      for (let c = 0; c < 64; c++) scale[c] = 1 / Math.sqrt(scale[c] + 1e-3);
      return { mean, scale };
    };
    return [
      {
        shape: [8, 56, 56, 64],
        at: (i) => {
          const { mean, scale } = (made ??= moments());
          const c = i % 64;
          return (Number(x[i]) - mean[c]) * scale[c] * Number(gamma[c]) + Number(beta[c]);
        },
      },
    ];
  },
};

export const convWorkloads: readonly Workload[] = [
  convWorkload('8x56x56x64, 3x3x64', 'forward', main, best(0.4)),
  convWorkload('8x56x56x64, 3x3x64, input gradient', 'input gradient', main, best(0.4)),
  convWorkload('8x56x56x64, 3x3x64, filter gradient', 'filter gradient', main, best(0.98)),
  convWorkload('8x56x56x64, 1x1x64', 'forward', { ...main, kernel: 1 }, best(1)),
  convWorkload(
    '8x56x56x64, 5x5x64, stride 2, VALID',
    'forward',
    { ...main, kernel: 5, stride: 2, valid: true },
    best(1),
  ),
  convWorkload('8x56x56x64, 3x3x64, dilation 2', 'forward', { ...main, dilation: 2 }, best(1)),
  convWorkload('8x56x56x64, 3x3x64, 4 groups', 'forward', { ...main, groups: 4 }, best(1)),
  convWorkload('32x28x28x1, 3x3x32', 'forward', mnist, best(1)),
  convWorkload('8x56x56x64, 3x3', 'forward', depthwise, best(0.5)),
  convWorkload('8x56x56x64, 3x3, input gradient', 'input gradient', depthwise, best(0.5)),
  convWorkload('8x56x56x64, 3x3, filter gradient', 'filter gradient', depthwise, best(0.5)),
  poolWorkload('max', false),
  poolWorkload('avg', false),
  poolWorkload('max', true),
  poolWorkload('avg', true),
  batchNorm,
];
