/** Image operations on [height, width, channels], pixel by pixel. */

/** Gathers the elements at the given positions; 0 for negative ones. */
export function taken(x: Float32Array, n: number, from: (i: number) => number): Float32Array {
  const y = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const at = from(i);
    y[i] = at < 0 ? 0 : x[at];
  }
  return y;
}

/** Bilinear samples of an s×s image with c channels, at the coordinates of an m×m image. */
export function bilinear(
  x: Float32Array,
  s: number,
  c: number,
  m: number,
  coordinate: (i: number) => number,
): Float32Array {
  const y = new Float32Array(m * m * c);
  const inside = (v: number): number => Math.min(Math.max(v, 0), s - 1);
  for (let i = 0, at = 0; i < m; i++) {
    const v = coordinate(i);
    const [top, bottom, dv] = [inside(Math.floor(v)) * s, inside(Math.ceil(v)) * s, v - Math.floor(v)];
    for (let j = 0; j < m; j++) {
      const u = coordinate(j);
      const [left, right, du] = [inside(Math.floor(u)), inside(Math.ceil(u)), u - Math.floor(u)];
      for (let k = 0; k < c; k++, at++) {
        const upper = x[(top + left) * c + k] * (1 - du) + x[(top + right) * c + k] * du;
        const lower = x[(bottom + left) * c + k] * (1 - du) + x[(bottom + right) * c + k] * du;
        y[at] = upper * (1 - dv) + lower * dv;
      }
    }
  }
  return y;
}

type Color = readonly [number, number, number];

export function colors(x: Float32Array, f: (a: number, b: number, c: number) => Color): Float32Array {
  const y = new Float32Array(x.length);
  for (let i = 0; i < x.length; i += 3) {
    const [a, b, c] = f(x[i], x[i + 1], x[i + 2]);
    y[i] = a;
    y[i + 1] = b;
    y[i + 2] = c;
  }
  return y;
}

export function toHsv(r: number, g: number, b: number): Color {
  const most = Math.max(r, g, b);
  const span = most - Math.min(r, g, b);
  if (span === 0) return [0, 0, most];
  let h = most === r ? (g - b) / span : most === g ? (b - r) / span + 2 : (r - g) / span + 4;
  if (h < 0) h += 6;
  return [h / 6, span / most, most];
}

export function toRgb(h: number, s: number, v: number): Color {
  const share = (shift: number): number => {
    const k = (shift + h * 6) % 6;
    return v - v * s * Math.max(0, Math.min(k, 4 - k, 1));
  };
  return [share(5), share(3), share(1)];
}

/** (x − mean)·factor + mean, with the mean of each channel. */
export function contrast(x: Float32Array, c: number, factor: number): Float32Array {
  const means = new Float64Array(c);
  for (let i = 0; i < x.length; i++) means[i % c] += x[i];
  for (let k = 0; k < c; k++) means[k] /= x.length / c;
  const y = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = (x[i] - means[i % c]) * factor + means[i % c];
  return y;
}

export function standardized(x: Float32Array): Float32Array {
  let [sum, squares] = [0, 0];
  for (const v of x) sum += v;
  const mean = sum / x.length;
  for (const v of x) squares += (v - mean) ** 2;
  const deviation = Math.max(Math.sqrt(squares / x.length), 1 / Math.sqrt(x.length));
  const y = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = (x[i] - mean) / deviation;
  return y;
}

export function totalVariation(x: Float32Array, s: number, c: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const column = Math.floor(i / c) % s;
    if (i + s * c < x.length) sum += Math.abs(x[i + s * c] - x[i]);
    if (column + 1 < s) sum += Math.abs(x[i + c] - x[i]);
  }
  return sum;
}
