/** Transposes, gathers, sorting, random numbers. */

/** Transposes a matrix in blocks, for the cache. */
export function transpose(x: Float32Array, rows: number, columns: number): Float32Array {
  const y = new Float32Array(x.length);
  const block = 16;
  for (let i0 = 0; i0 < rows; i0 += block) {
    const i1 = Math.min(rows, i0 + block);
    for (let j0 = 0; j0 < columns; j0 += block) {
      const j1 = Math.min(columns, j0 + block);
      for (let i = i0; i < i1; i++) for (let j = j0; j < j1; j++) y[j * rows + i] = x[i * columns + j];
    }
  }
  return y;
}

/** [batch, height, width, channels] → [batch, channels, height, width]: transposes each image. */
export function channelsFirst(
  x: Float32Array,
  [batch, height, width, channels]: readonly number[],
): Float32Array {
  const y = new Float32Array(x.length);
  const size = height * width * channels;
  for (let b = 0; b < batch; b++) {
    y.set(transpose(x.subarray(b * size, (b + 1) * size), height * width, channels), b * size);
  }
  return y;
}

export function gatherRows(table: Float32Array, indices: Int32Array, width: number): Float32Array {
  const y = new Float32Array(indices.length * width);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i] * width;
    y.set(table.subarray(from, from + width), i * width);
  }
  return y;
}

/** table[indices[i]] −= rate·updates[i], in place. */
export function subtractRows(
  table: Float32Array,
  indices: Int32Array,
  updates: Float32Array,
  width: number,
  rate: number,
): Float32Array {
  for (let i = 0; i < indices.length; i++) {
    const to = indices[i] * width;
    const from = i * width;
    for (let j = 0; j < width; j++) table[to + j] -= rate * updates[from + j];
  }
  return table;
}

/** The k largest, in descending order: a sorted list into which larger elements are inserted. */
export function topK(x: Float32Array, k: number): Float32Array {
  const list = x.slice(0, k).sort().reverse();
  for (let i = k; i < x.length; i++) {
    const v = x[i];
    if (v <= list[k - 1]) continue;
    let at = k - 1;
    for (; at > 0 && list[at - 1] < v; at--) list[at] = list[at - 1];
    list[at] = v;
  }
  return list;
}

/** The positions of the elements in sorted order. */
export function argsort(x: Float32Array): Int32Array {
  const at = new Int32Array(x.length);
  for (let i = 0; i < x.length; i++) at[i] = i;
  return at.sort((i, j) => x[i] - x[j] || i - j);
}

/** The distinct elements in order of first occurrence; for each element its index among these; the count of each. */
export function unique(
  x: Int32Array,
  counted: boolean,
): { y: Int32Array; index: Int32Array; counts: number[] } {
  const [numbers, y, counts] = [new Map<number, number>(), [] as number[], [] as number[]];
  const index = new Int32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    let k = numbers.get(x[i]);
    if (k === undefined) {
      k = y.length;
      numbers.set(x[i], k);
      y.push(x[i]);
      if (counted) counts.push(0);
    }
    index[i] = k;
    if (counted) counts[k]++;
  }
  return { y: Int32Array.from(y), index, counts };
}

export function uniform(n: number): Float32Array {
  const y = new Float32Array(n);
  for (let i = 0; i < n; i++) y[i] = Math.random();
  return y;
}

/** The Box–Muller transform: two normal numbers from two uniform ones. */
export function normal(n: number): Float32Array {
  const y = new Float32Array(n + (n & 1));
  for (let i = 0; i < n; i += 2) {
    const r = Math.sqrt(-2 * Math.log(1 - Math.random()));
    const angle = 2 * Math.PI * Math.random();
    y[i] = r * Math.cos(angle);
    y[i + 1] = r * Math.sin(angle);
  }
  return y.length === n ? y : y.subarray(0, n);
}
