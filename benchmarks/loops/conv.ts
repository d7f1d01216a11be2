/** Convolutions and pools on images, [batch, height, width, channels]; filters are [kernel, kernel, in / groups, out]. */

export interface ConvShape {
  stride: number;
  dilation: number;
  groups: number;
  /** Zeros before the first row and column. */
  before: number;
  x: readonly number[];
  w: readonly number[];
  y: readonly number[];
}

/** The innermost loops run over channels, which are contiguous. */
export function conv2d(x: Float32Array, w: Float32Array, s: ConvShape): Float32Array {
  const [batch, outH, outW, filters] = s.y;
  const [, height, width, channels] = s.x;
  const [kh, kw, perGroup] = s.w;
  const filtersPerGroup = filters / s.groups;
  const y = new Float32Array(batch * outH * outW * filters);
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outH; oy++) {
      for (let ox = 0; ox < outW; ox++) {
        const to = ((b * outH + oy) * outW + ox) * filters;
        for (let ty = 0; ty < kh; ty++) {
          const iy = oy * s.stride + ty * s.dilation - s.before;
          if (iy < 0 || iy >= height) continue;
          for (let tx = 0; tx < kw; tx++) {
            const ix = ox * s.stride + tx * s.dilation - s.before;
            if (ix < 0 || ix >= width) continue;
            const from = ((b * height + iy) * width + ix) * channels;
            const tap = (ty * kw + tx) * perGroup * filters;
            if (perGroup === 1 && filtersPerGroup === 1) {
              for (let f = 0; f < filters; f++) y[to + f] += x[from + f] * w[tap + f];
            } else {
              for (let g = 0; g < s.groups; g++) {
                const [f0, f1] = [g * filtersPerGroup, (g + 1) * filtersPerGroup];
                for (let c = 0; c < perGroup; c++) {
                  const v = x[from + g * perGroup + c];
                  const row = tap + c * filters;
                  for (let f = f0; f < f1; f++) y[to + f] += v * w[row + f];
                }
              }
            }
          }
        }
      }
    }
  }
  return y;
}

/** dx from dy and w. */
export function conv2dInputGradient(dy: Float32Array, w: Float32Array, s: ConvShape): Float32Array {
  const [batch, outH, outW, filters] = s.y;
  const [, height, width, channels] = s.x;
  const [kh, kw, perGroup] = s.w;
  const filtersPerGroup = filters / s.groups;
  const dx = new Float32Array(batch * height * width * channels);
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outH; oy++) {
      for (let ox = 0; ox < outW; ox++) {
        const from = ((b * outH + oy) * outW + ox) * filters;
        for (let ty = 0; ty < kh; ty++) {
          const iy = oy * s.stride + ty * s.dilation - s.before;
          if (iy < 0 || iy >= height) continue;
          for (let tx = 0; tx < kw; tx++) {
            const ix = ox * s.stride + tx * s.dilation - s.before;
            if (ix < 0 || ix >= width) continue;
            const to = ((b * height + iy) * width + ix) * channels;
            const tap = (ty * kw + tx) * perGroup * filters;
            for (let g = 0; g < s.groups; g++) {
              const [f0, f1] = [g * filtersPerGroup, (g + 1) * filtersPerGroup];
              for (let c = 0; c < perGroup; c++) {
                const row = tap + c * filters;
                let sum = 0;
                for (let f = f0; f < f1; f++) sum += dy[from + f] * w[row + f];
                dx[to + g * perGroup + c] += sum;
              }
            }
          }
        }
      }
    }
  }
  return dx;
}

/** dw from x and dy. */
export function conv2dFilterGradient(x: Float32Array, dy: Float32Array, s: ConvShape): Float32Array {
  const [batch, outH, outW, filters] = s.y;
  const [, height, width, channels] = s.x;
  const [kh, kw, perGroup] = s.w;
  const filtersPerGroup = filters / s.groups;
  const dw = new Float32Array(kh * kw * perGroup * filters);
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outH; oy++) {
      for (let ox = 0; ox < outW; ox++) {
        const from = ((b * outH + oy) * outW + ox) * filters;
        for (let ty = 0; ty < kh; ty++) {
          const iy = oy * s.stride + ty * s.dilation - s.before;
          if (iy < 0 || iy >= height) continue;
          for (let tx = 0; tx < kw; tx++) {
            const ix = ox * s.stride + tx * s.dilation - s.before;
            if (ix < 0 || ix >= width) continue;
            const at = ((b * height + iy) * width + ix) * channels;
            const tap = (ty * kw + tx) * perGroup * filters;
            for (let g = 0; g < s.groups; g++) {
              const [f0, f1] = [g * filtersPerGroup, (g + 1) * filtersPerGroup];
              for (let c = 0; c < perGroup; c++) {
                const v = x[at + g * perGroup + c];
                const row = tap + c * filters;
                for (let f = f0; f < f1; f++) dw[row + f] += v * dy[from + f];
              }
            }
          }
        }
      }
    }
  }
  return dw;
}

/** Windows of 2×2 that do not overlap; sizes are even. */
export function pool2x2(x: Float32Array, shape: readonly number[], f: 'max' | 'avg'): Float32Array {
  const [batch, height, width, channels] = shape;
  const [outH, outW] = [height >> 1, width >> 1];
  const y = new Float32Array(batch * outH * outW * channels);
  const row = width * channels;
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outH; oy++) {
      for (let ox = 0; ox < outW; ox++) {
        const from = ((b * height + 2 * oy) * width + 2 * ox) * channels;
        const to = ((b * outH + oy) * outW + ox) * channels;
        for (let c = from, o = to; c < from + channels; c++, o++) {
          const [p, q, r, s] = [x[c], x[c + channels], x[c + row], x[c + row + channels]];
          y[o] = f === 'max' ? Math.max(p, q, r, s) : (p + q + r + s) / 4;
        }
      }
    }
  }
  return y;
}

/** dx from x and dy; of equal elements only the first receives the gradient. */
export function pool2x2Gradient(
  x: Float32Array,
  dy: Float32Array,
  shape: readonly number[],
  f: 'max' | 'avg',
): Float32Array {
  const [batch, height, width, channels] = shape;
  const [outH, outW] = [height >> 1, width >> 1];
  const dx = new Float32Array(x.length);
  const row = width * channels;
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outH; oy++) {
      for (let ox = 0; ox < outW; ox++) {
        const from = ((b * height + 2 * oy) * width + 2 * ox) * channels;
        const to = ((b * outH + oy) * outW + ox) * channels;
        for (let c = from, o = to; c < from + channels; c++, o++) {
          const d = dy[o];
          if (f === 'avg') {
            dx[c] = dx[c + channels] = dx[c + row] = dx[c + row + channels] = d / 4;
          } else {
            let at = c;
            if (x[c + channels] > x[at]) at = c + channels;
            if (x[c + row] > x[at]) at = c + row;
            if (x[c + row + channels] > x[at]) at = c + row + channels;
            dx[at] = d;
          }
        }
      }
    }
  }
  return dx;
}
