/** Small convolutions, which are planned once for a shape: the bits of large ones, where nothing is kept. */
import * as tf from 'gradtape';

let seed = 0;
const floats = (shape: readonly number[], dtype: tf.DType): tf.Tensor =>
  tf.cast(tf.random.statelessUniform(shape, [7, ++seed], { minval: -2, maxval: 2 }), dtype);

/** So many that nothing of the call is small. */
const many = 160;

/** f on one image, and on many of which it is the first. */
function both(x: tf.Tensor, f: (x: tf.Tensor) => tf.Tensor): [tf.Tensor, tf.Tensor] {
  const rest = x.shape.slice(1).map(() => 1);
  const y = f(x);
  const all = f(tf.tile(x, [many, ...rest]));
  return [y, tf.slice(all, new Array<number>(y.rank).fill(0), y.shape)];
}

type Case = [x: number[], filter: number[], strides: number, padding: 'SAME' | 'VALID', dilations: number];
const cases: Case[] = [
  [[1, 4, 4, 4], [3, 3, 4, 4], 1, 'SAME', 1],
  [[1, 4, 4, 16], [3, 3, 16, 16], 1, 'SAME', 1],
  [[1, 4, 4, 9], [3, 3, 9, 20], 1, 'SAME', 1],
  [[1, 5, 3, 8], [2, 3, 8, 3], 2, 'SAME', 1],
  [[1, 7, 6, 2], [3, 2, 2, 3], 3, 'VALID', 1],
  [[1, 6, 5, 1], [3, 3, 1, 5], 1, 'SAME', 1],
  [[1, 6, 5, 3], [3, 2, 3, 17], 1, 'SAME', 2],
  [[1, 5, 5, 8], [3, 3, 4, 6], 1, 'SAME', 1],
  [[1, 5, 5, 12], [2, 2, 4, 9], 2, 'VALID', 1],
  [[1, 4, 4, 12], [1, 1, 12, 5], 2, 'VALID', 1],
  [[1, 3, 3, 40], [3, 3, 40, 2], 1, 'SAME', 1],
  [[1, 2, 2, 3], [5, 5, 3, 4], 1, 'SAME', 1],
];

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  test.each(cases)(
    'images %j, filter %j, strides %d, %s, dilations %d',
    (shape, filter, strides, padding, dilations) => {
      const options = { dilations: strides === 1 ? dilations : 1, precision: 'exact' } as const;
      // The second time it is known, and everything but the shapes is new.
      for (let round = 0; round < 3; round++) {
        const w = floats(filter, dtype);
        const [small, large] = both(floats(shape, dtype), (x) =>
          tf.nn.conv2d(x, w, strides, padding, options),
        );
        expect(small.data()).toEqual(large.data());
        const [dsmall, dlarge] = both(floats(small.shape, dtype), (dy) =>
          tf.nn.conv2dTranspose(dy, w, [dy.shape[0], ...shape.slice(1)], strides, { padding, ...options }),
        );
        expect(dsmall.data()).toEqual(dlarge.data());
      }
    },
  );

  // Of many images the gradient is a sum over all of them: alone, and beside images and gradients of zeros, it is the same.
  test.each(cases)(
    "filter's gradient, images %j, filter %j, strides %d, %s, dilations %d",
    (shape, filter, strides, padding, dilations) => {
      const options = { dilations: strides === 1 ? dilations : 1, precision: 'exact' } as const;
      const w = floats(filter, dtype);
      const gradient = (x: tf.Tensor, dy: tf.Tensor): tf.Tensor => {
        const tape = new tf.GradientTape();
        const y = tape.run(() => {
          tape.watch(w);
          return tf.nn.conv2d(x, w, strides, padding, options);
        });
        return tape.gradient(y, w, { outputGradients: dy }) as tf.Tensor;
      };
      for (let round = 0; round < 3; round++) {
        const x = floats(shape, dtype);
        const dy = floats(tf.nn.conv2d(x, w, strides, padding, options).shape, dtype);
        const beside = (t: tf.Tensor): tf.Tensor =>
          tf.concat([t, tf.zeros([many, ...t.shape.slice(1)], dtype)], 0);
        const [alone, among] = [gradient(x, dy), gradient(beside(x), beside(dy))];
        const [a, b] = [alone.data(), among.data()] as Float32Array[];
        expect(a.length).toBe(b.length);
        // Zeros that are added may turn -0 into 0.
        for (let i = 0; i < a.length; i++) expect(a[i] + 0).toBe(b[i] + 0);
        expect(a.some((v) => v !== 0)).toBe(true);
      }
    },
  );

  test.each(cases)(
    'depthwise, images %j, filter %j, strides %d, %s, dilations %d',
    (shape, filter, strides, padding, dilations) => {
      const steps = [1, strides, strides, 1];
      for (let round = 0; round < 3; round++) {
        const w = floats([filter[0], filter[1], shape[3], 1], dtype);
        const apart = { dilations: strides === 1 ? dilations : 1 };
        const f = (x: tf.Tensor) => tf.nn.depthwiseConv2d(x, w, steps, padding, apart);
        const [small, large] = both(floats(shape, dtype), f);
        expect(small.data()).toEqual(large.data());
        const [dsmall, dlarge] = both(floats(shape, dtype), (x) => {
          const tape = new tf.GradientTape();
          const y = tape.run(() => {
            tape.watch(x);
            return f(x);
          });
          return tape.gradient(y, x, { outputGradients: tf.square(y) }) as tf.Tensor;
        });
        expect(dsmall.data()).toEqual(dlarge.data());
      }
    },
  );
});

test('more shapes than are kept', () => {
  const calls = Array.from({ length: 40 }, (_, i) => {
    const x = floats([1, 3 + (i % 3), 3, 8 + i], 'float32');
    const w = floats([2, 2, 8 + i, 5], 'float32');
    const d = floats([3, 3, 8 + i, 1], 'float32');
    return () => [
      tf.nn.conv2d(x, w, 1, 'SAME').data(),
      tf.nn.conv2dTranspose(tf.nn.conv2d(x, w, 1, 'SAME'), w, x.shape, 1).data(),
      tf.nn.depthwiseConv2d(x, d, [1, 1, 1, 1], 'SAME').data(),
    ];
  });
  const first = calls.map((f) => f());
  for (let round = 0; round < 2; round++) expect(calls.map((f) => f())).toEqual(first);
  expect([...calls].reverse().map((f) => f())).toEqual([...first].reverse());
});

test('more calls than are kept, and others between them', () => {
  const calls = Array.from({ length: 100 }, (_, i) => {
    const x = floats([1, 3 + (i % 7), 4, 1 + (i % 9)], i % 2 === 0 ? 'float32' : 'float64');
    const steps = 1 + (i % 3);
    return () => [
      tf.nn.maxPool2d(x, 2, steps, 'SAME').data(),
      tf.nn.avgPool2d(x, [2, 3], steps, 'VALID').data(),
      tf.add(x, 1).data(),
    ];
  });
  const first = calls.map((f) => f());
  for (let round = 0; round < 3; round++) expect(calls.map((f) => f())).toEqual(first);
  expect([...calls].reverse().map((f) => f())).toEqual([...first].reverse());
  const taped = calls.map((f) => new tf.GradientTape().run(f));
  expect(taped).toEqual(first);
});

test('a call that fails leaves the frame to the next one', () => {
  const x = floats([1, 4, 4, 2], 'float32');
  const w = floats([2, 2, 2, 3], 'float32');
  const d = floats([2, 2, 2, 1], 'float32');
  const calls = [
    (t: tf.Tensor) => tf.nn.conv2d(t, w, 1, 'SAME'),
    (t: tf.Tensor) => tf.nn.depthwiseConv2d(t, d, [1, 1, 1, 1], 'SAME'),
    (t: tf.Tensor) => tf.nn.maxPool2d(t, 2, 2, 'SAME'),
  ];
  for (const f of calls) {
    const before = f(x).data();
    const gone = tf.add(x, 0);
    gone.dispose();
    expect(() => f(gone)).toThrow(tf.errors.FailedPreconditionError);
    expect(tf.add(x, x).data()).toEqual(tf.multiply(x, 2).data());
    expect(f(x).data()).toEqual(before);
  }
});
