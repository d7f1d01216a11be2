/** Movement: copies, slices, concatenation, gather and scatter. */
import * as tf from 'gradtape';
import { argsort, gatherRows, topK, transpose, unique } from '../loops/movement';
import type { MakeCase } from './case';
import { bools, floats, integers, permutation, side } from './data';

/** The number of elements in a row of a table. */
const width = 64;
const rowsOf = (n: number): number => Math.max(1, n / width);

/** x, [s, s], with a loop over its rows that fills [height, width]. */
function ofMatrix(
  args: (x: tf.Tensor, s: number) => readonly unknown[],
  loop: (x: Float32Array, s: number) => Float32Array,
): MakeCase {
  return (n) => {
    const s = side(n);
    const { tensor, array } = floats([s, s]);
    return { args: args(tensor, s), loop: () => loop(array, s) };
  };
}

/** Rows [r0, r1), columns [c0, c1) of an s×s matrix, with a step between the columns. */
function part(
  x: Float32Array,
  s: number,
  r0: number,
  r1: number,
  c0: number,
  c1: number,
  step = 1,
): Float32Array {
  const w = Math.ceil((c1 - c0) / step);
  const y = new Float32Array((r1 - r0) * w);
  for (let i = r0, at = 0; i < r1; i++, at += w) {
    if (step === 1) y.set(x.subarray(i * s + c0, i * s + c1), at);
    else for (let j = 0, from = i * s + c0; j < w; j++, from += step) y[at + j] = x[from];
  }
  return y;
}

function repeated(x: Float32Array, times: number): Float32Array {
  const y = new Float32Array(x.length * times);
  for (let i = 0; i < times; i++) y.set(x, i * x.length);
  return y;
}

function filled(n: number, value: number): Float32Array {
  return new Float32Array(n).fill(value);
}

/** A table with a row updated for each index. */
function scattered(f: (old: number, update: number) => number, zeros: boolean): MakeCase {
  return (n) => {
    const rows = rowsOf(n);
    const [table, indices, updates] = [floats([rows, width]), permutation(rows), floats([rows, width])];
    const at = tf.reshape(indices.tensor, [rows, 1]);
    return {
      args: zeros ? [at, updates.tensor, [rows, width]] : [table.tensor, at, updates.tensor],
      loop: () => {
        const y = zeros ? new Float32Array(n) : table.array.slice();
        for (let i = 0; i < rows; i++) {
          const to = indices.array[i] * width;
          for (let j = 0; j < width; j++) y[to + j] = f(y[to + j], updates.array[i * width + j]);
        }
        return y;
      },
    };
  };
}

const gathered: (nd: boolean) => MakeCase = (nd) => (n) => {
  const rows = rowsOf(n);
  const [table, indices] = [floats([rows, width]), permutation(rows)];
  const at = nd ? tf.reshape(indices.tensor, [rows, 1]) : indices.tensor;
  return { args: [table.tensor, at], loop: () => gatherRows(table.array, indices.array, width) };
};

const joined: (axis: number) => MakeCase = () => (n) => {
  const parts = [floats([n / 4, 2]), floats([n / 4, 2])];
  return {
    args: [parts.map((p) => p.tensor), 0],
    loop: () => {
      const y = new Float32Array(n);
      parts.forEach((p, i) => y.set(p.array, (i * n) / 2));
      return y;
    },
  };
};

/** Ops that copy nothing and return a view. */
function viewed(
  shape: (n: number) => readonly number[],
  args: (x: tf.Tensor, n: number) => readonly unknown[],
): MakeCase {
  return (n) => {
    const { tensor, array } = floats(shape(n));
    return { args: args(tensor, n), loop: () => array.subarray(0) };
  };
}

/** n integers, each of which occurs four times on average. */
const repeats: (counted: boolean) => MakeCase = (counted) => (n) => {
  const { tensor, array } = integers([n], 0, n / 4);
  return { args: [tensor], loop: () => unique(array, counted).y };
};

export const movementCases: Readonly<Record<string, MakeCase>> = {
  transpose: ofMatrix(
    (x) => [x],
    (x, s) => transpose(x, s, s),
  ),
  reverse: ofMatrix(
    (x) => [x, [1]],
    (x, s) => {
      const y = new Float32Array(x.length);
      for (let i = 0; i < s; i++) for (let j = 0; j < s; j++) y[i * s + j] = x[i * s + s - 1 - j];
      return y;
    },
  ),
  roll: ofMatrix(
    (x) => [x, 1, 1],
    (x, s) => {
      const y = new Float32Array(x.length);
      for (let i = 0; i < s; i++) {
        y[i * s] = x[i * s + s - 1];
        y.set(x.subarray(i * s, i * s + s - 1), i * s + 1);
      }
      return y;
    },
  ),
  slice: ofMatrix(
    (x, s) => [x, [1, 1], [s - 2, s - 2]],
    (x, s) => part(x, s, 1, s - 1, 1, s - 1),
  ),
  stridedSlice: ofMatrix(
    (x, s) => [x, [0, 0], [s, s], { strides: [1, 2] }],
    (x, s) => part(x, s, 0, s, 0, s, 2),
  ),
  pad: ofMatrix(
    (x) => [
      x,
      [
        [1, 1],
        [1, 1],
      ],
    ],
    (x, s) => {
      const w = s + 2;
      const y = new Float32Array(w * w);
      for (let i = 0; i < s; i++) y.set(x.subarray(i * s, i * s + s), (i + 1) * w + 1);
      return y;
    },
  ),
  split: ofMatrix(
    (x) => [x, 2, { axis: 1 }],
    (x, s) => {
      const left = part(x, s, 0, s, 0, s / 2);
      part(x, s, 0, s, s / 2, s);
      return left;
    },
  ),
  unstack: (n) => {
    const { tensor, array } = floats([8, n / 8]);
    return {
      args: [tensor],
      loop: () => Array.from({ length: 8 }, (_, i) => array.slice((i * n) / 8, ((i + 1) * n) / 8))[0],
    };
  },
  tile: (n) => {
    const { tensor, array } = floats([n / 4]);
    return { args: [tensor, [4]], loop: () => repeated(array, 4) };
  },
  broadcastTo: (n) => {
    const s = side(n);
    const { tensor, array } = floats([s]);
    return { args: [tensor, [s, s]], loop: () => repeated(array, s) };
  },
  concat: joined(0),
  stack: joined(0),
  gather: gathered(false),
  gatherNd: gathered(true),
  scatterNd: scattered((_, u) => u, true),
  tensorScatterNdUpdate: scattered((_, u) => u, false),
  tensorScatterNdAdd: scattered((t, u) => t + u, false),
  tensorScatterNdSub: scattered((t, u) => t - u, false),
  tensorScatterNdMin: scattered(Math.min, false),
  tensorScatterNdMax: scattered(Math.max, false),
  booleanMask: (n) => {
    const [x, mask] = [floats([n]), bools([n])];
    return {
      args: [x.tensor, mask.tensor],
      loop: () => {
        const y = new Float32Array(n);
        let count = 0;
        for (let i = 0; i < n; i++) if (mask.array[i] !== 0) y[count++] = x.array[i];
        return y.slice(0, count);
      },
    };
  },
  nonzero: (n) => {
    const mask = bools([n]);
    return {
      args: [mask.tensor],
      loop: () => {
        const y = new Int32Array(n);
        let count = 0;
        for (let i = 0; i < n; i++) if (mask.array[i] !== 0) y[count++] = i;
        return y.slice(0, count);
      },
    };
  },
  where: (n) => {
    const [c, x, y] = [bools([n]), floats([n]), floats([n])];
    return {
      args: [c.tensor, x.tensor, y.tensor],
      loop: () => {
        const z = new Float32Array(n);
        for (let i = 0; i < n; i++) z[i] = c.array[i] !== 0 ? x.array[i] : y.array[i];
        return z;
      },
    };
  },
  clipByValue: (n) => {
    const x = floats([n]);
    return {
      args: [x.tensor, -0.5, 0.5],
      loop: () => {
        const z = new Float32Array(n);
        for (let i = 0; i < n; i++) z[i] = Math.min(0.5, Math.max(-0.5, x.array[i]));
        return z;
      },
    };
  },
  threshold: (n) => {
    const x = floats([n]);
    return { args: [x.tensor, 0.5, 0.25], loop: () => x.array.map((v) => (v > 0.5 ? v : 0.25)) };
  },
  cast: (n) => {
    const x = floats([n], -100, 100);
    return { args: [x.tensor, 'int32'], loop: () => Int32Array.from(x.array) };
  },
  reshape: viewed(
    (n) => [n],
    (x, n) => [x, [side(n), side(n)]],
  ),
  expandDims: viewed(
    (n) => [n],
    (x) => [x, 0],
  ),
  squeeze: viewed(
    (n) => [1, n],
    (x) => [x],
  ),
  identity: viewed(
    (n) => [n],
    (x) => [x],
  ),
  zeros: (n) => ({ args: [[n]], loop: () => new Float32Array(n) }),
  ones: (n) => ({ args: [[n]], loop: () => filled(n, 1) }),
  zerosLike: (n) => ({ args: [floats([n]).tensor], loop: () => new Float32Array(n) }),
  onesLike: (n) => ({ args: [floats([n]).tensor], loop: () => filled(n, 1) }),
  fill: (n) => ({ args: [[n], 2], loop: () => filled(n, 2) }),
  constant: (n) => {
    const { array } = floats([n]);
    return { args: [array], loop: () => array.slice() };
  },
  range: (n) => ({
    args: [n],
    loop: () => {
      const y = new Int32Array(n);
      for (let i = 0; i < n; i++) y[i] = i;
      return y;
    },
  }),
  linspace: (n) => ({
    args: [0, 1, n],
    loop: () => {
      const y = new Float32Array(n);
      for (let i = 0; i < n; i++) y[i] = i / (n - 1);
      return y;
    },
  }),
  eye: (n) => {
    const s = side(n);
    return {
      args: [s],
      loop: () => {
        const y = new Float32Array(s * s);
        for (let i = 0; i < s; i++) y[i * s + i] = 1;
        return y;
      },
    };
  },
  oneHot: (n) => {
    const rows = rowsOf(n);
    const indices = permutation(rows);
    return {
      args: [indices.tensor, width],
      loop: () => {
        const y = new Float32Array(n);
        for (let i = 0; i < rows; i++) if (indices.array[i] < width) y[i * width + indices.array[i]] = 1;
        return y;
      },
    };
  },
  sort: (n) => {
    const x = floats([n]);
    return { args: [x.tensor], loop: () => x.array.slice().sort() };
  },
  argsort: (n) => {
    const x = floats([n]);
    return { args: [x.tensor, { stable: true }], loop: () => argsort(x.array) };
  },
  unique: repeats(false),
  uniqueWithCounts: repeats(true),
  topK: (n) => {
    const x = floats([n]);
    return { args: [x.tensor, 10], loop: () => topK(x.array, 10) };
  },
};
