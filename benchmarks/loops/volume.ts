/**
 * Convolutions and pooling with up to three spatial dimensions, [batch, depth, height, width, channels]; missing dimensions are 1. Filters
 * are [depth, height, width, in, out].
 */

export interface Volume {
  batch: number;
  input: readonly [number, number, number];
  output: readonly [number, number, number];
  kernel: readonly [number, number, number];
  strides: readonly [number, number, number];
  /** Zeros before the first element. */
  before: readonly [number, number, number];
  inChannels: number;
  outChannels: number;
}

/** Calls f(output, input, weights) with the offsets of the first channels, for each tap of each output that is inside the volume. */
function eachTap(s: Volume, f: (y: number, x: number, w: number) => void): void {
  const [outD, outH, outW] = s.output;
  const [depth, height, width] = s.input;
  const [kd, kh, kw] = s.kernel;
  let y = 0;
  for (let b = 0; b < s.batch; b++) {
    for (let oz = 0; oz < outD; oz++) {
      for (let oy = 0; oy < outH; oy++) {
        for (let ox = 0; ox < outW; ox++, y += s.outChannels) {
          for (let tz = 0; tz < kd; tz++) {
            const iz = oz * s.strides[0] + tz - s.before[0];
            if (iz < 0 || iz >= depth) continue;
            for (let ty = 0; ty < kh; ty++) {
              const iy = oy * s.strides[1] + ty - s.before[1];
              if (iy < 0 || iy >= height) continue;
              for (let tx = 0; tx < kw; tx++) {
                const ix = ox * s.strides[2] + tx - s.before[2];
                if (ix < 0 || ix >= width) continue;
                const x = (((b * depth + iz) * height + iy) * width + ix) * s.inChannels;
                f(y, x, ((tz * kh + ty) * kw + tx) * s.inChannels * s.outChannels);
              }
            }
          }
        }
      }
    }
  }
}

const size = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);

export function convolution(x: Float32Array, w: Float32Array, s: Volume): Float32Array {
  const [channels, filters] = [s.inChannels, s.outChannels];
  const y = new Float32Array(s.batch * size(s.output) * filters);
  eachTap(s, (to, from, tap) => {
    for (let c = 0; c < channels; c++) {
      const v = x[from + c];
      const row = tap + c * filters;
      for (let f = 0; f < filters; f++) y[to + f] += v * w[row + f];
    }
  });
  return y;
}

/** dx from dy and w; also the transposed convolution. */
export function inputGradient(dy: Float32Array, w: Float32Array, s: Volume): Float32Array {
  const [channels, filters] = [s.inChannels, s.outChannels];
  const dx = new Float32Array(s.batch * size(s.input) * channels);
  eachTap(s, (from, to, tap) => {
    for (let c = 0; c < channels; c++) {
      const row = tap + c * filters;
      let sum = 0;
      for (let f = 0; f < filters; f++) sum += dy[from + f] * w[row + f];
      dx[to + c] += sum;
    }
  });
  return dx;
}

export function filterGradient(x: Float32Array, dy: Float32Array, s: Volume): Float32Array {
  const [channels, filters] = [s.inChannels, s.outChannels];
  const dw = new Float32Array(size(s.kernel) * channels * filters);
  eachTap(s, (from, at, tap) => {
    for (let c = 0; c < channels; c++) {
      const v = x[at + c];
      const row = tap + c * filters;
      for (let f = 0; f < filters; f++) dw[row + f] += v * dy[from + f];
    }
  });
  return dw;
}

/** Non-overlapping windows that fill the volume; the shape is that of a convolution with as many output as input channels. */
export function pool(x: Float32Array, s: Volume, f: 'max' | 'avg'): Float32Array {
  const y = new Float32Array(s.batch * size(s.output) * s.outChannels);
  const [channels, scale] = [s.inChannels, 1 / size(s.kernel)];
  if (f === 'avg') {
    eachTap(s, (to, from) => {
      for (let c = 0; c < channels; c++) y[to + c] += x[from + c] * scale;
    });
  } else {
    y.fill(-Infinity);
    eachTap(s, (to, from) => {
      for (let c = 0; c < channels; c++) if (x[from + c] > y[to + c]) y[to + c] = x[from + c];
    });
  }
  return y;
}

/** The maxima, and the position of each in its image. */
export function maxPoolWithArgmax(x: Float32Array, s: Volume): { y: Float32Array; at: Int32Array } {
  const n = s.batch * size(s.output) * s.outChannels;
  const [y, at] = [new Float32Array(n).fill(-Infinity), new Int32Array(n)];
  const [channels, image] = [s.inChannels, size(s.input) * s.inChannels];
  eachTap(s, (to, from) => {
    for (let c = 0; c < channels; c++) {
      if (x[from + c] > y[to + c]) {
        y[to + c] = x[from + c];
        at[to + c] = (from + c) % image;
      }
    }
  });
  return { y, at };
}
