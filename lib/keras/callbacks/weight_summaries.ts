/** Weights as TensorBoard shows them. */
import { shapeOf, type Tensor } from '../../core/tensor';
import type { SummaryValue } from '../../io/event_file';
import { encodePng } from '../../io/png';
import { cast } from '../../ops/array/cast';
import { squeeze } from '../../ops/array/views';
import { transpose } from '../../ops/array/movement';

const buckets = 30;

const numbersOf = (t: Tensor): Float64Array => cast(t, 'float64').data();

/** How many elements lie in each of 30 intervals of the same width: rows of left end, right end and number. */
export function histogramOf(tag: string, t: Tensor): SummaryValue {
  const data = numbersOf(t);
  let [min, max] = [Infinity, -Infinity];
  for (const value of data) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const rows = Array.from({ length: buckets }, (): [number, number, number] => [0, 0, 0]);
  // Without elements, or with nothing but NaN, all is 0.
  if (min <= max) {
    const width = (max - min) / buckets;
    for (const row of rows.entries()) {
      const [i, edges] = row;
      edges[0] = width === 0 ? max : min + width * i;
      edges[1] = width === 0 || i === buckets - 1 ? max : min + width * (i + 1);
    }
    if (width === 0) rows[buckets - 1][2] = data.length;
    else
      for (const value of data) {
        const row = rows[Math.min(Math.floor((value - min) / width), buckets - 1)] as
          [number, number, number] | undefined;
        // NaN is in none.
        if (row !== undefined) row[2]++;
      }
  }
  return {
    tag,
    plugin: 'histograms',
    tensor: { dtype: 'float64', shape: [buckets, 3], values: rows.flat() },
  };
}

/** [images, height, width, channels] of a weight; null if it is not like an image. */
function pixelsOf(given: Tensor): { t: Tensor; sizes: [number, number, number, number] } | null {
  let t = squeeze(given);
  const shape = shapeOf(t);
  if (shape.length === 1) return { t, sizes: [1, shape[0], 1, 1] };
  if (shape.length === 2) {
    if (shape[0] > shape[1]) t = transpose(t);
    const [height, width] = shapeOf(t);
    return { t, sizes: [1, height, width, 1] };
  }
  if (shape.length === 3) {
    t = transpose(t, [2, 0, 1]);
    const [n, height, width] = shapeOf(t);
    return { t, sizes: [n, height, width, 1] };
  }
  return shape.length === 4 && [1, 3, 4].includes(shape[3])
    ? { t, sizes: shape as unknown as [number, number, number, number] }
    : null;
}

/** At most three images of a weight, in which 0 is black and 1 white. */
export function imageOf(tag: string, weight: Tensor): SummaryValue | null {
  const found = pixelsOf(weight);
  if (found === null) return null;
  const [n, height, width, channels] = found.sizes;
  const data = numbersOf(found.t);
  const size = height * width * channels;
  if (size === 0) return null;
  const images = Array.from({ length: Math.min(n, 3) }, (_, i) => {
    const pixels = Uint8Array.from(data.subarray(i * size, (i + 1) * size), (value) =>
      Math.max(0, Math.min(255, Math.trunc(Math.fround(Math.fround(value) * 255.5)))),
    );
    return encodePng(pixels, height, width, channels);
  });
  const values = [`${width}`, `${height}`, ...images];
  return { tag, plugin: 'images', tensor: { dtype: 'string', shape: [values.length], values } };
}
