/** Depthwise convolution and its gradients against loops over the taps. */
import * as tf from 'gradtape';
import { windowDim } from '../../lib/ops/nn/window';
import { bytesOf, withOneAndTwo } from '../helpers/threads';

let seed = 17;
const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32 - 0.5;
const real = (shape: number[], dtype: 'float32' | 'float64' = 'float64'): tf.Tensor => {
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, random);
  return tf.reshape(
    tf.constant(dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values)),
    shape,
  );
};
const list = (t: tf.Tensor): number[] => Array.from(t.data() as Float64Array, Number);

interface Case {
  x: [number, number, number, number];
  k: [number, number];
  m: number;
  stride: [number, number];
  dilation: [number, number];
  padding: 'SAME' | 'VALID' | [number, number][];
}

/** The sum over all taps of visit(x's index, w's, y's). */
function taps(c: Case, visit: (x: number, w: number, y: number) => void): number[] {
  const [n, h, w, ch] = c.x;
  const dims = [h, w].map((size, i) =>
    windowDim(
      size,
      c.k[i],
      c.stride[i],
      c.dilation[i],
      typeof c.padding === 'string' ? c.padding : c.padding[i + 1],
      'naive',
    ),
  );
  const [oh, ow] = dims.map((d) => d.out);
  for (let b = 0; b < n; b++)
    for (let i = 0; i < oh; i++)
      for (let j = 0; j < ow; j++)
        for (let di = 0; di < c.k[0]; di++)
          for (let dj = 0; dj < c.k[1]; dj++) {
            const p = i * c.stride[0] - dims[0].before + di * c.dilation[0];
            const q = j * c.stride[1] - dims[1].before + dj * c.dilation[1];
            if (p < 0 || p >= h || q < 0 || q >= w) continue;
            for (let k = 0; k < ch; k++)
              for (let m = 0; m < c.m; m++)
                visit(
                  ((b * h + p) * w + q) * ch + k,
                  ((di * c.k[1] + dj) * ch + k) * c.m + m,
                  (((b * oh + i) * ow + j) * ch + k) * c.m + m,
                );
          }
  return [n, oh, ow, ch * c.m];
}

const cases: Case[] = [];
const pads: [number, number][] = [
  [0, 0],
  [2, 1],
  [0, 4],
  [0, 0],
];
for (const channels of [1, 5, 16, 40])
  for (const [k, s, d] of [
    [3, 1, 1],
    [3, 2, 1],
    [2, 1, 1],
    [5, 3, 1],
    [3, 1, 2],
    [2, 3, 2],
    [3, 4, 6],
    [1, 2, 1],
    [7, 1, 1],
  ])
    for (const padding of ['SAME', 'VALID', pads] as const) {
      if (padding === 'VALID' && (k - 1) * d + 1 > 9) continue;
      cases.push({
        x: [2, 9, 13, channels],
        k: [k, k],
        m: 1,
        stride: [s, s],
        dilation: [d, d],
        padding,
      });
    }
cases.push({ x: [1, 21, 40, 17], k: [3, 3], m: 1, stride: [1, 1], dilation: [1, 1], padding: 'SAME' });
cases.push({ x: [1, 5, 6, 3], k: [2, 3], m: 3, stride: [1, 2], dilation: [2, 1], padding: 'SAME' });
cases.push({ x: [3, 1, 70, 4], k: [1, 3], m: 1, stride: [1, 1], dilation: [1, 1], padding: 'SAME' });
cases.push({ x: [50, 3, 3, 2], k: [3, 3], m: 1, stride: [1, 1], dilation: [1, 1], padding: 'SAME' });

test.each(['float32', 'float64'] as const)('against loops, %s', (dtype) => {
  for (const c of cases) {
    const x = real(c.x, dtype);
    const w = real([...c.k, c.x[3], c.m], dtype);
    const tape = new tf.GradientTape();
    tape.watch([x, w]);
    const y = tape.run(() => tf.nn.depthwiseConv2d(x, w, c.stride, c.padding, { dilations: c.dilation }));
    const g = real([...y.shape], dtype);
    const [dx, dw] = tape.gradient(y, [x, w], { outputGradients: g }) as tf.Tensor[];
    const [xs, ws, gs] = [x, w, g].map(list);
    const want = { y: gs.map(() => 0), x: xs.map(() => 0), w: ws.map(() => 0) };
    const shape = taps(c, (i, j, k) => {
      want.y[k] += xs[i] * ws[j];
      want.x[i] += gs[k] * ws[j];
      want.w[j] += gs[k] * xs[i];
    });
    expect(y.shape).toEqual(shape);
    const close = (got: tf.Tensor, to: number[]): void => {
      const worst = list(got).reduce((most, v, i) => Math.max(most, Math.abs(v - to[i])), 0);
      // Sums of at most some hundred products of numbers below a half.
      if (!(worst < (dtype === 'float32' ? 4e-6 : 1e-13)))
        throw new Error(`${JSON.stringify(c)}: off by ${worst}`);
    };
    close(y, want.y);
    close(dx, want.x);
    close(dw, want.w);
  }
});

test('gradients without a window are zeros', () => {
  const x = tf.ones([1, 2, 2, 2]);
  const w = tf.ones([3, 3, 2, 1]);
  const tape = new tf.GradientTape();
  tape.watch([x, w]);
  const y = tape.run(() => tf.nn.depthwiseConv2d(x, w, [1, 1, 1, 1], 'VALID'));
  const [dx, dw] = tape.gradient(y, [x, w]) as tf.Tensor[];
  expect(y.shape).toEqual([1, 0, 0, 2]);
  expect(list(dx)).toEqual(new Array(8).fill(0));
  expect(list(dw)).toEqual(new Array(18).fill(0));
});

test('channels first is the transpose', () => {
  const x = real([2, 3, 6, 5]);
  const w = real([3, 3, 3, 2]);
  const want = tf.nn.depthwiseConv2d(tf.transpose(x, { perm: [0, 2, 3, 1] }), w, 2, 'SAME');
  const got = tf.nn.depthwiseConv2d(x, w, 2, 'SAME', { dataFormat: 'NCHW' });
  expect(got.array()).toEqual(tf.transpose(want, { perm: [0, 3, 1, 2] }).array());
});

test('one thread and two give the same bits', () => {
  const x = real([8, 28, 28, 64], 'float32');
  const w = real([3, 3, 64, 1], 'float32');
  const run = (): Buffer[] => {
    const tape = new tf.GradientTape();
    tape.watch([x, w]);
    const y = tape.run(() => tf.nn.depthwiseConv2d(x, w, 1, 'SAME'));
    const gs = tape.gradient(y, [x, w], { outputGradients: y }) as tf.Tensor[];

    return [y, ...gs].map(bytesOf);
  };
  const [one, two] = withOneAndTwo(run);
  one.forEach((b, i) => expect(b.equals(two[i])).toBe(true));
});

test('errors', () => {
  const x = tf.ones([1, 4, 4, 2]);
  const f = tf.nn.depthwiseConv2d;
  expect(() => f(x, tf.ones([3, 3, 3, 1]), 1, 'SAME')).toThrow(
    'input and filter must have the same depth: 2 vs 3',
  );
  expect(() => f(x, tf.ones([3, 3, 2]), 1, 'SAME')).toThrow('filter must be 4-dimensional');
  expect(() => f(tf.ones([4, 4, 2]), tf.ones([3, 3, 2, 1]), 1, 'SAME')).toThrow(
    'input must be 4-dimensional',
  );
  expect(() => f(x, tf.ones([0, 3, 2, 1]), 1, 'SAME')).toThrow('filter must not be empty');
  expect(() => f(x, tf.ones([3, 3, 2, 1], 'float64'), 1, 'SAME')).toThrow('float64');
  expect(() => tf.nn.separableConv2d(x, tf.ones([3, 3, 2, 1]), tf.ones([1, 1, 3, 4]), 1, 'SAME')).toThrow(
    'pointwiseFilter must have shape [1,1,2,outputs]',
  );
});
