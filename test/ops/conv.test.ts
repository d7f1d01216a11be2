/** Convolutions against sums written out in float64, over shapes that meet every way in which they are computed. */
import * as tf from '../../lib/index';
import { dtypes, type DType } from '../../lib/core/dtype';
import { type Tensor, tensorFrom, viewOf } from '../../lib/core/tensor';
import {
  convBackpropFilter,
  convBackpropInput,
  convForward,
  type ConvGeometry,
} from '../../lib/ops/nn/conv_ops';
import type { ConvolutionPrecision } from '../../lib/ops/nn/conv_precision';
import { random } from '../conformance/examples';
import { bytesOf, withOneAndTwo } from '../helpers/threads';

const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

type Visit = (x: number, filter: number, y: number) => void;

/** Calls `visit` with the flat positions of every product in the definition. */
function eachProduct(g: ConvGeometry, visit: Visit): void {
  const n = g.input.length;
  const depth = g.inChannels / g.groups;
  const width = g.outChannels / g.groups;
  const walk = (d: number, x: number, filter: number, y: number): void => {
    if (d === n) {
      for (let group = 0; group < g.groups; group++) {
        for (let c = 0; c < depth; c++) {
          for (let o = 0; o < width; o++) {
            const out = group * width + o;
            visit(
              x * g.inChannels + group * depth + c,
              (filter * depth + c) * g.outChannels + out,
              y * g.outChannels + out,
            );
          }
        }
      }
      return;
    }
    for (let q = 0; q < g.output[d]; q++) {
      for (let t = 0; t < g.kernel[d]; t++) {
        const i = q * g.strides[d] + t * g.dilations[d] - g.pads[d];
        if (i < 0 || i >= g.input[d]) continue;
        walk(d + 1, x * g.input[d] + i, filter * g.kernel[d] + t, y * g.output[d] + q);
      }
    }
  };
  for (let b = 0; b < g.batch; b++) walk(0, b, 0, b);
}

interface Problem {
  geometry: ConvGeometry;
  x: Tensor;
  filter: Tensor;
  dy: Tensor;
}

function problem(g: ConvGeometry, dtype: DType, seed: string): Problem {
  const rng = random(seed);
  const draw = (shape: readonly number[]): Tensor =>
    tensorFrom(
      dtypes[dtype],
      shape,
      Array.from({ length: product(shape) }, () => 2 * rng() - 1),
    );
  return {
    geometry: g,
    x: draw([g.batch, ...g.input, g.inChannels]),
    filter: draw([...g.kernel, g.inChannels / g.groups, g.outChannels]),
    dy: draw([g.batch, ...g.output, g.outChannels]),
  };
}

/** Relative error of a result, as a root mean square. */
function errorOf(got: Tensor, want: Float64Array): number {
  const values = viewOf(got) as Float32Array | Float64Array;
  expect(got.size).toBe(want.length);
  let error = 0;
  let norm = 0;
  want.forEach((w, i) => {
    error += (values[i] - w) ** 2;
    norm += w ** 2;
  });
  return Math.sqrt(error / (norm || 1));
}

const kinds = ['forward', 'input', 'filter'] as const;

function results(p: Problem): Record<(typeof kinds)[number], Tensor> {
  return {
    forward: convForward(p.x, p.filter, p.geometry),
    input: convBackpropInput(p.dy, p.filter, p.geometry),
    filter: convBackpropFilter(p.x, p.dy, p.geometry),
  };
}

function check(g: ConvGeometry, dtype: DType, limit: number, seed = 'conv'): void {
  const p = problem(g, dtype, seed);
  const [x, filter, dy] = [p.x, p.filter, p.dy].map((t) => Float64Array.from(viewOf(t) as Float64Array));
  const want = {
    forward: new Float64Array(dy.length),
    input: new Float64Array(x.length),
    filter: new Float64Array(filter.length),
  };
  eachProduct(g, (i, w, o) => {
    want.forward[o] += x[i] * filter[w];
    want.input[i] += dy[o] * filter[w];
    want.filter[w] += x[i] * dy[o];
  });
  const [alone, shared] = withOneAndTwo(() => results(p));
  for (const kind of kinds) {
    const error = errorOf(alone[kind], want[kind]);
    if (!(error <= limit)) throw new Error(`${kind} of ${JSON.stringify(g)} in ${dtype}: error ${error}`);
    expect(bytesOf(alone[kind]).equals(bytesOf(shared[kind]))).toBe(true);
  }
}

const geometry = (
  batch: number,
  input: number[],
  kernel: number[],
  channels: [number, number],
  more: Partial<ConvGeometry> & { after?: number[] } = {},
): ConvGeometry => {
  const ones = input.map(() => 1);
  const strides = more.strides ?? ones;
  const dilations = more.dilations ?? ones;
  const pads = more.pads ?? input.map(() => 0);
  const after = more.after ?? pads;
  const output = input.map((size, d) =>
    Math.max(
      0,
      Math.floor((size + pads[d] + after[d] - (kernel[d] - 1) * dilations[d] - 1) / strides[d]) + 1,
    ),
  );
  return {
    batch,
    input,
    output,
    kernel,
    strides,
    dilations,
    pads,
    inChannels: channels[0],
    outChannels: channels[1],
    groups: more.groups ?? 1,
    precision: more.precision,
  };
};

/** About what a sum of up to a few thousand products of either sign is off by; in float64 the sum to compare with is too. */
const direct = { float32: 1e-6, float64: 4e-15 } as const;

const shapes: readonly [string, ConvGeometry][] = [
  ['one element', geometry(1, [1, 1], [1, 1], [1, 1])],
  ['a filter larger than the input', geometry(2, [2, 3], [5, 7], [3, 5], { pads: [2, 3] })],
  ['a stride larger than the filter', geometry(2, [11, 13], [2, 1], [3, 4], { strides: [3, 5] })],
  ['padding on one side', geometry(1, [5, 6], [3, 2], [9, 10], { pads: [0, 1], after: [2, 0] })],
  ['padding beyond the filter', geometry(1, [3, 3], [2, 2], [8, 9], { pads: [4, 3], after: [3, 5] })],
  ['one channel in', geometry(3, [9, 17], [3, 3], [1, 32], { pads: [1, 1] })],
  ['three channels in, strided', geometry(2, [17, 15], [7, 7], [3, 33], { strides: [2, 2], pads: [3, 3] })],
  ['one channel out', geometry(2, [9, 8], [3, 3], [33, 1], { pads: [1, 1] })],
  ['three channels out', geometry(2, [9, 8], [3, 2], [40, 3], { pads: [1, 0] })],
  ['dilated', geometry(2, [13, 11], [3, 3], [17, 18], { dilations: [2, 3], pads: [2, 3] })],
  ['dilated and strided', geometry(1, [19, 17], [3, 3], [7, 6], { dilations: [2, 3], strides: [3, 2] })],
  ['groups', geometry(2, [7, 9], [3, 3], [24, 36], { groups: 4, pads: [1, 1] })],
  ['as many groups as channels', geometry(2, [6, 5], [3, 3], [7, 14], { groups: 7, pads: [1, 1] })],
  ['a product of matrices', geometry(3, [13, 7], [1, 1], [65, 70])],
  ['1×1 with a stride', geometry(3, [13, 8], [1, 1], [15, 17], { strides: [2, 3] })],
  ['many channels in', geometry(1, [4, 3], [3, 3], [530, 9], { pads: [1, 1] })],
  ['many channels out', geometry(1, [4, 3], [2, 3], [9, 530], { pads: [1, 1] })],
  ['a block of channels ± 1', geometry(1, [7, 7], [5, 5], [63, 65], { pads: [2, 2] })],
  ['one dimension', geometry(2, [1031], [5], [3, 8], { strides: [2], pads: [2] })],
  ['a long row', geometry(1, [5003], [9], [1, 4], { pads: [4] })],
  ['three dimensions', geometry(2, [5, 6, 7], [3, 2, 3], [5, 9], { strides: [1, 2, 2], pads: [1, 0, 1] })],
  [
    'three dimensions, dilated',
    geometry(1, [7, 6, 5], [2, 3, 2], [1, 6], { dilations: [3, 1, 2], pads: [1, 2, 1] }),
  ],
];

describe.each(shapes)('%s', (_, g) => {
  test.each(['float32', 'float64'] as const)('%s', (dtype) => check(g, dtype, direct[dtype]));
});

describe('3×3 filters', () => {
  const limits: Record<ConvolutionPrecision, number> = { fast: 2e-6, balanced: 1e-6, exact: 1e-6 };
  const sizes: readonly (readonly [batch: number, height: number, width: number, pad: number])[] = [
    [2, 8, 8, 1],
    [1, 7, 9, 1],
    [3, 5, 14, 0],
    [1, 3, 3, 1],
    [2, 4, 23, 2],
    [1, 1, 6, 2],
    [2, 13, 12, 0],
  ];
  test.each(Object.keys(limits) as ConvolutionPrecision[])('%s', (precision) => {
    for (const [batch, height, width, pad] of sizes) {
      for (const channels of [
        [16, 16],
        [17, 40],
        [64, 64],
        [48, 65],
      ] as [number, number][]) {
        const g = geometry(batch, [height, width], [3, 3], channels, { pads: [pad, pad], precision });
        check(g, 'float32', limits[precision]);
      }
    }
  });

  test('the setting chooses, a call may say otherwise, and what is exact is as exact as it says', () => {
    const g = geometry(2, [24, 24], [3, 3], [64, 64], { pads: [1, 1] });
    const p = problem(g, 'float32', 'precision');
    const x = Float64Array.from(viewOf(p.x) as Float64Array);
    const filter = Float64Array.from(viewOf(p.filter) as Float64Array);
    const want = new Float64Array(p.dy.size);
    const sums = new Float32Array(p.dy.size);
    eachProduct(g, (i, w, o) => {
      want[o] += x[i] * filter[w];
      sums[o] += Math.fround(x[i] * filter[w]);
    });
    // One after another, in float32.
    const plain = errorOf(tf.constant(sums), want);
    expect(tf.config.getConvolutionPrecision()).toBe('fast');
    const error = (options = {}): number => errorOf(tf.nn.conv2d(p.x, p.filter, 1, 'SAME', options), want);
    const [fast, balanced, exact] = (['fast', 'balanced', 'exact'] as const).map((precision) =>
      error({ precision }),
    );
    expect(fast).toBe(error());
    expect(fast).toBeLessThanOrEqual(2e-6);
    expect(fast).toBeGreaterThan(exact);
    expect(balanced).toBeLessThan(plain);
    expect(exact).toBeLessThanOrEqual(plain);
    try {
      tf.config.setConvolutionPrecision('exact');
      expect(error()).toBe(exact);
      tf.config.setConvolutionPrecision('balanced');
      expect(error()).toBe(balanced);
    } finally {
      tf.config.setConvolutionPrecision('fast');
    }
    expect(() => tf.config.setConvolutionPrecision('slow' as 'fast')).toThrow(
      /'fast', 'balanced' or 'exact'/,
    );
    expect(() => error({ precision: 3 })).toThrow(TypeError);
  });
});

describe('filter gradients of 3×3 filters', () => {
  const g = geometry(4, [24, 24], [3, 3], [32, 64], { pads: [1, 1] });
  const p = problem(g, 'float32', 'filter gradient');
  const gradient = (x: Tensor, options = {}): Tensor =>
    tf.grad((filter: Tensor) => tf.nn.conv2d(x, filter, 1, 'SAME', options).mul(p.dy))(p.filter) as Tensor;

  test('the setting chooses, and a call may say otherwise', () => {
    const x = Float64Array.from(viewOf(p.x) as Float64Array);
    const dy = Float64Array.from(viewOf(p.dy) as Float64Array);
    const want = new Float64Array(p.filter.size);
    eachProduct(g, (i, w, o) => (want[w] += x[i] * dy[o]));
    const [fast, balanced, exact] = (['fast', 'balanced', 'exact'] as const).map((precision) => {
      const got = gradient(p.x, { precision });
      try {
        tf.config.setConvolutionPrecision(precision);
        expect(bytesOf(gradient(p.x)).equals(bytesOf(got))).toBe(true);
      } finally {
        tf.config.setConvolutionPrecision('fast');
      }
      return got;
    });
    expect(bytesOf(fast).equals(bytesOf(balanced))).toBe(false);
    expect(bytesOf(fast).equals(bytesOf(exact))).toBe(false);
    expect(bytesOf(balanced).equals(bytesOf(exact))).toBe(false);
    expect(errorOf(fast, want)).toBeLessThanOrEqual(2e-6);
    expect(errorOf(balanced, want)).toBeLessThanOrEqual(1e-6);
    expect(errorOf(exact, want)).toBeLessThan(errorOf(fast, want));
  });

  test('the same bits in compiled functions, and for one and two threads', () => {
    const [one, two] = withOneAndTwo(() => gradient(p.x));
    const compiled = tf.function((x: Tensor) => gradient(x));
    const [oneCompiled, twoCompiled] = withOneAndTwo(() => compiled(p.x));
    for (const t of [two, oneCompiled, twoCompiled]) expect(bytesOf(t).equals(bytesOf(one))).toBe(true);
  });

  test('an infinity or NaN stays in its input channel', () => {
    const plain = viewOf(gradient(p.x)) as Float32Array;
    for (const value of [Infinity, -Infinity, NaN]) {
      const values = Float32Array.from(viewOf(p.x) as Float32Array);
      values[(30 * 24 + 7) * 32 + 5] = value; // channel 5
      const got = viewOf(gradient(tensorFrom(dtypes.float32, p.x.shape, values))) as Float32Array;
      got.forEach((w, i) => {
        const right = Math.floor(i / 64) % 32 === 5 ? !Number.isFinite(w) : w === plain[i];
        if (!right) throw new Error(`${value}: weight ${i} is ${w}, without ${plain[i]}`);
      });
    }
  });

  test('of no images is zero', () => {
    const none = { ...g, batch: 0 };
    const got = convBackpropFilter(tf.zeros([0, 24, 24, 32]), tf.zeros([0, 24, 24, 64]), none);
    expect(got.shape).toEqual([3, 3, 32, 64]);
    expect((viewOf(got) as Float32Array).every((w) => w === 0)).toBe(true);
  });
});

test('the filter gradient of many pixels is summed in parts: its error stays small', () => {
  const g = geometry(8, [40, 40], [3, 3], [2, 5], { pads: [1, 1] });
  check(g, 'float32', 5e-7);
});

describe('data formats', () => {
  const cases = [
    [1, 'NCW', [0, 2, 1], [0, 2, 1]],
    [2, 'NCHW', [0, 3, 1, 2], [0, 2, 3, 1]],
    [3, 'NCDHW', [0, 4, 1, 2, 3], [0, 2, 3, 4, 1]],
  ] as const;
  test.each(cases)('%i dimensions: %s', (n, dataFormat, toFirst, toLast) => {
    const x = tf.random.statelessUniform([2, ...[5, 4, 6].slice(0, n), 3], [1, 2]);
    const w = tf.random.statelessUniform([...[3, 2, 2].slice(0, n), 3, 4], [3, 4]);
    const name = `conv${n}d` as 'conv2d';
    const strides = [2, 1, 2].slice(0, n);
    const want = tf.nn[name](x, w, strides, 'SAME');
    const first = tf.nn[name](tf.transpose(x, toFirst), w, [1, 1, ...strides], 'same', { dataFormat });
    expect(tf.transpose(first, toLast).array()).toEqual(want.array());
    const y = tf.nn[`${name}Transpose`](want, w, x.shape, strides);
    const back = tf.nn[`${name}Transpose`](first, w, tf.transpose(x, toFirst).shape, strides, {
      dataFormat,
    });
    expect(tf.transpose(back, toLast).array()).toEqual(y.array());
  });
});

test('dimensions of batch are taken together', () => {
  const x = tf.random.statelessUniform([2, 3, 5, 4, 2], [1, 2]);
  const w = tf.random.statelessUniform([2, 2, 2, 3], [3, 4]);
  const y = tf.nn.conv2d(x, w, 1, 'VALID');
  expect(y.shape).toEqual([2, 3, 4, 3, 3]);
  expect(y.at(1).array()).toEqual(tf.nn.conv2d(x.at(1), w, 1, 'VALID').array());
  expect(tf.nn.convolution(x, w).array()).toEqual(y.array());
});

describe('empty', () => {
  test('batches, sizes, channels', () => {
    const w = tf.ones([3, 3, 2, 4]);
    expect(tf.nn.conv2d(tf.zeros([0, 5, 5, 2]), w, 1, 'SAME').shape).toEqual([0, 5, 5, 4]);
    expect(tf.nn.conv2d(tf.zeros([1, 0, 5, 2]), w, 1, 'SAME').shape).toEqual([1, 0, 5, 4]);
    expect(tf.nn.conv2d(tf.zeros([1, 2, 2, 2]), w, 1, 'VALID').shape).toEqual([1, 0, 0, 4]);
    expect(tf.nn.conv2d(tf.zeros([1, 5, 5, 2]), tf.zeros([3, 3, 2, 0]), 1, 'SAME').shape).toEqual([
      1, 5, 5, 0,
    ]);
  });
  test('the filter gradient of nothing is 0', () => {
    const x = tf.zeros([0, 5, 5, 2]);
    const w = new tf.Variable(tf.ones([3, 3, 2, 4]));
    const tape = new tf.GradientTape();
    const loss = tape.run(() => tf.reduceSum(tf.nn.conv2d(x, w, 1, 'SAME')));
    expect((tape.gradient(loss, w) as Tensor).array()).toEqual(tf.zeros([3, 3, 2, 4]).array());
  });
});

describe('errors', () => {
  const x = tf.ones([1, 5, 5, 2]);
  const w = tf.ones([3, 3, 2, 4]);
  const { conv2d, conv2dTranspose } = tf.nn;
  const bad: readonly [string, () => unknown, RegExp][] = [
    [
      'rank of the input',
      () => conv2d(tf.ones([5, 5, 2]), w, 1, 'SAME'),
      /input must be 4-dimensional: \[5,5,2\]/,
    ],
    ['rank of the filter', () => conv2d(x, tf.ones([3, 3, 2]), 1, 'SAME'), /filter must be 4-dimensional/],
    ['depths', () => conv2d(tf.ones([1, 5, 5, 3]), w, 1, 'SAME'), /evenly divisible by filter depth: 3 vs 2/],
    [
      'groups',
      () => conv2d(tf.ones([1, 5, 5, 4]), tf.ones([3, 3, 2, 3]), 1, 'SAME'),
      /divisible by number of groups: 3 vs 2/,
    ],
    ['an empty filter', () => conv2d(x, tf.ones([0, 3, 2, 4]), 1, 'SAME'), /must not have zero elements/],
    ['strides of the batch', () => conv2d(x, w, [2, 1, 1, 1], 'SAME'), /batch and channel dimensions/],
    ['a number of strides', () => conv2d(x, w, [1, 1, 1], 'SAME'), /length 1, 2 or 4/],
    ['a stride of 0', () => conv2d(x, w, 0, 'SAME'), /larger than 0/],
    ['too large a filter', () => conv2d(tf.ones([1, 1, 1, 2]), w, 1, 'VALID'), /would be negative: -1/],
    ['a padding', () => conv2d(x, w, 1, 'FULL' as 'SAME'), /'SAME', 'VALID'/],
    ['a data format', () => conv2d(x, w, 1, 'SAME', { dataFormat: 'CHWN' }), /'NHWC' or 'NCHW'/],
    ['mixed dtypes', () => conv2d(x, tf.cast(w, 'float64'), 1, 'SAME'), /float64/],
    ['integers', () => conv2d(tf.cast(x, 'int32'), tf.cast(w, 'int32'), 1, 'SAME'), /float32, float64/],
    ['an option', () => conv2d(x, w, 1, 'SAME', { dilation: 2 } as object), /no option 'dilation'/],
    ['dimensions', () => tf.nn.convolution(tf.ones([1, 2]), tf.ones([2, 2])), /num_spatial_dims=0/],
    [
      'the shape of a transpose',
      () => conv2dTranspose(tf.ones([1, 3, 3, 4]), w, [1, 7, 7, 2], 2),
      /actual = 3, computed = 4/,
    ],
    [
      'the batch of a transpose',
      () => conv2dTranspose(tf.ones([1, 3, 3, 4]), w, [2, 6, 6, 2], 2),
      /same batch size: 1 and 2/,
    ],
    [
      'the depth of a transpose',
      () => conv2dTranspose(tf.ones([1, 3, 3, 5]), w, [1, 6, 6, 2], 2),
      /same depth/,
    ],
  ];
  test.each(bad)('%s', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(/\[conv/);
  });
});

test('a transpose may name the sizes of space alone', () => {
  const y = tf.random.statelessUniform([2, 3, 3, 4], [1, 2]);
  const w = tf.random.statelessUniform([3, 3, 2, 4], [3, 4]);
  expect(tf.nn.conv2dTranspose(y, w, [6, 5], 2).array()).toEqual(
    tf.nn.convTranspose(y, w, [2, 6, 5, 2], 2).array(),
  );
});
