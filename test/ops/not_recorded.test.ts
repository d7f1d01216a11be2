/** Fused eager kernels, which run where no tape records: the same bits as the ops that they are made of, and the same errors. */
import * as tf from 'gradtape';

/** Deterministic numbers in [−2, 2). */
function numbers(n: number, seed: number): number[] {
  let state = seed >>> 0;
  return Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 2;
  });
}

const floats = (shape: readonly number[], dtype: tf.DType, seed = 1): tf.Tensor =>
  tf.reshape(
    tf.constant(
      numbers(
        shape.reduce((a, b) => a * b, 1),
        seed,
      ),
      dtype,
    ),
    shape,
  );

/** What f gives with a tape that watches x, and without one. */
function both(x: tf.Tensor, f: () => tf.Tensor[]): [tf.Tensor[], tf.Tensor[]] {
  const tape = new tf.GradientTape();
  const watched = tape.run(() => {
    tape.watch(x);
    return f();
  });
  return [watched, f()];
}

const cases: [shape: number[], axis: number | number[] | null][] = [
  [[], null],
  [[1], 0],
  [[7], null],
  [[8, 8], 0],
  [[8, 8], 1],
  [[8, 8], null],
  [
    [3, 4, 5],
    [0, 2],
  ],
  [[3, 4, 5], -2],
  [
    [2, 3, 4, 5],
    [1, 3],
  ],
  [
    [2, 3, 4, 5],
    [0, -2],
  ],
  [[1, 6, 1], 1],
  [[1024], null],
  [[1025], null],
  [[31, 33], 0],
];

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  test.each(cases)('variance, deviation, moments and unit vectors of shape %j over %j', (shape, axis) => {
    const x = floats(shape, dtype);
    for (const keepdims of [false, true]) {
      const [watched, alone] = both(x, () => [
        tf.math.reduceVariance(x, { axis, keepdims }),
        tf.math.reduceStd(x, { axis, keepdims }),
        ...tf.nn.moments(x, axis ?? shape.map((_, d) => d), { keepdims }),
        tf.math.l2Normalize(x, { axis }),
        tf.math.l2Normalize(x, { axis, epsilon: 30 }),
      ]);
      watched.forEach((y, i) => {
        expect(alone[i].shape).toEqual(y.shape);
        expect(alone[i].dtype).toBe(dtype);
        expect(alone[i].data()).toEqual(y.data());
      });
    }
  });

  test.each([
    [[8, 8], -1],
    [
      [2, 3, 4],
      [1, 2],
    ],
    [[5], -1],
    [[64, 2], 1],
    [[1030, 2], 1],
  ] as [number[], number | number[]][])('layer norm of shape %j over %j', (shape, axis) => {
    const x = floats(shape, dtype);
    const own = [axis].flat().map((a) => shape.at(a) as number);
    const [gamma, beta] = [floats(own, dtype, 2), floats(own, dtype, 3)];
    const [watched, alone] = both(x, () => [
      tf.nn.layerNorm(x, gamma, beta, { axis }),
      tf.nn.layerNorm(x, null, beta, { axis }),
      tf.nn.layerNorm(x, null, null, { axis }),
    ]);
    watched.forEach((y, i) => expect(alone[i].data()).toEqual(y.data()));
  });

  test.each([[[8, 8]], [[5]], [[2, 3, 7]], [[1, 1]], [[700, 3]], [[2, 1100]]] as [number[]][])(
    'batch norm with what is given, of shape %j',
    (shape) => {
      const x = floats(shape, dtype);
      const own = shape.slice(-1);
      const [mean, offset, scale] = [2, 3, 4].map((seed) => floats(own, dtype, seed));
      const variance = tf.square(floats(own, dtype, 5));
      const [watched, alone] = both(x, () => [
        tf.nn.batchNormalization(x, mean, variance, offset, scale, 0.1),
        tf.nn.batchNormalization(x, mean, variance, null, scale, 0.1),
        tf.nn.batchNormalization(x, mean, variance, offset, null, 0.1),
        tf.nn.batchNormalization(x, mean, variance, null, null, 0.1),
        tf.nn.batchNormalization(x, tf.reshape(mean, [1, ...own]), variance, null, 2, 0.1),
      ]);
      watched.forEach((y, i) => {
        expect(alone[i].shape).toEqual(y.shape);
        expect(alone[i].data()).toEqual(y.data());
      });
    },
  );

  test.each([
    [[8, 8], -1],
    [[8, 8], 0],
    [[3, 4, 5], 1],
    [[0, 6], 1],
    [[2], 0],
  ] as [number[], number][])('gated and rectified halves of shape %j along %j', (shape, axis) => {
    const x = floats(shape, dtype);
    const [watched, alone] = both(x, () => [
      tf.keras.activations.glu(x, { axis }),
      tf.nn.crelu(x, { axis }),
      tf.nn.crelu(x, { axis: axis < 0 ? axis + shape.length : axis - shape.length }),
    ]);
    watched.forEach((y, i) => {
      expect(alone[i].shape).toEqual(y.shape);
      expect(alone[i].data()).toEqual(y.data());
    });
  });

  test('matrix by vector', () => {
    const [a, v, w] = [floats([5, 7], dtype), floats([7], dtype, 2), floats([5], dtype, 3)];
    const [watched, alone] = both(a, () => [
      tf.linalg.matvec(a, v),
      tf.linalg.matvec(a, w, { transposeA: true }),
      tf.linalg.matvec(a, w, { adjointA: true }),
      tf.linalg.matvec(tf.zeros([3, 0], dtype), tf.zeros([0], dtype)),
    ]);
    watched.forEach((y, i) => {
      expect(alone[i].shape).toEqual(y.shape);
      expect(alone[i].data()).toEqual(y.data());
    });
  });

  test.each([[[5]], [[8, 8]], [[2, 3, 4]], [[40, 30]], [[70, 301]]] as [number[]][])(
    'cross entropy of shape %j',
    (shape) => {
      const logits = floats(shape, dtype);
      const labels = tf.nn.softmax(floats(shape, dtype, 2));
      const lead = shape.slice(0, -1);
      const count = lead.reduce((a, b) => a * b, 1);
      const picked = numbers(count, 4).map((v) => Math.floor(((v + 2) / 4) * shape[lead.length]));
      const classes = tf.reshape(tf.constant(picked, 'int32'), lead);
      const [watched, alone] = both(logits, () => [
        tf.nn.softmaxCrossEntropyWithLogits(labels, logits),
        tf.nn.sparseSoftmaxCrossEntropyWithLogits(classes, logits),
      ]);
      watched.forEach((y, i) => {
        expect(alone[i].shape).toEqual(y.shape);
        expect(alone[i].data()).toEqual(y.data());
      });
    },
  );
});

describe.each(['float32', 'float64'] as const)('%s in one call', (dtype) => {
  const same = (x: tf.Tensor, f: () => tf.Tensor[]): void => {
    const [watched, alone] = both(x, f);
    watched.forEach((y, i) => {
      expect(alone[i].shape).toEqual(y.shape);
      expect(alone[i].dtype).toBe(y.dtype);
      expect(alone[i].data()).toEqual(y.data());
    });
  };

  test.each([
    [[5], 0],
    [[8, 8], 0],
    [[8, 8], 1],
    [[3, 4, 5], 0],
    [[3, 4, 5], 1],
    [[3, 4, 5], -1],
    [[1, 7, 1], 1],
    [[7, 1], 1],
    [[2, 512], 0],
    [[3, 400], 0],
    [[0, 3], 1],
    [[3, 0], 0],
  ] as [number[], number][])('softmax of shape %j along %d', (shape, axis) => {
    const x = floats(shape, dtype);
    same(x, () => [tf.nn.softmax(x, { axis }), tf.nn.logSoftmax(x, { axis })]);
  });

  test.each([
    ...cases,
    [
      [3, 4, 5],
      [0, 1],
    ],
    [[3, 4, 5], [1]],
    [
      [2, 1, 3],
      [0, 1],
    ],
  ] as typeof cases)('log of a sum of exponentials of shape %j over %j', (shape, axis) => {
    const x = floats(shape, dtype);
    same(x, () => [
      tf.math.reduceLogsumexp(x, { axis }),
      tf.math.reduceLogsumexp(x, { axis, keepdims: true }),
    ]);
  });

  test.each([[[1, 2, 2, 9]], [[2, 3, 1, 5]], [[1, 1, 1, 64]], [[1, 1, 1, 65]], [[4, 4, 4, 17]]] as [
    number[],
  ][])('local response normalisation of shape %j', (shape) => {
    const x = floats(shape, dtype);
    same(x, () => [
      tf.nn.localResponseNormalization(x),
      tf.nn.localResponseNormalization(x, { depthRadius: 1, bias: 2, alpha: 0.5, beta: 0.75 }),
    ]);
  });

  test.each([[[1, 4, 4, 4]], [[2, 3, 2, 3]], [[1, 1, 1, 1]], [[1, 2, 2, 2, 5]], [[4, 4, 4, 20]]] as [
    number[],
  ][])('batch norm in training of shape %j', (shape) => {
    const x = floats(shape, dtype);
    const own = shape.slice(-1);
    const [scale, offset] = [floats(own, dtype, 2), floats(own, dtype, 3)];
    same(x, () => [
      ...tf.nn.fusedBatchNorm(x, scale, offset),
      ...tf.nn.fusedBatchNorm(x, scale, offset, { epsilon: 0.1 }),
    ]);
  });

  test.each([
    [[7], 3],
    [[64], 10],
    [[3, 5], 5],
    [[2, 3, 40], 4],
    [[2, 130], 7],
    [[2, 3], 0],
    [[9, 1], 1],
  ] as [number[], number][])('the greatest of shape %j, %d of them', (shape, k) => {
    const x = tf.round(floats(shape, dtype));
    same(x, () => {
      const { values, indices } = tf.math.topK(x, k);
      return [values, indices];
    });
  });
});

test('results are tensors of their own: the next call leaves them as they are', () => {
  const [a, b] = [floats([8, 8], 'float32'), floats([8, 8], 'float32', 9)];
  const first = tf.nn.moments(a, [0]);
  const before = first.map((t) => Array.from(t.data() as Float32Array));
  tf.nn.moments(b, [0]);
  tf.nn.layerNorm(b, null, null);
  expect(first.map((t) => Array.from(t.data() as Float32Array))).toEqual(before);
});

test('a tidy scope around the first call takes nothing that later calls need', () => {
  const x = floats([4, 4], 'float64');
  const once = tf.tidy(() => tf.nn.layerNorm(x, null, null));
  expect(tf.nn.layerNorm(x, null, null).data()).toEqual(once.data());
});

test('disposed inputs and bad labels are named as ever', () => {
  const x = floats([2, 3], 'float32');
  expect(() => tf.nn.sparseSoftmaxCrossEntropyWithLogits([0, 3], x)).toThrow('label value of 3');
  x.dispose();
  expect(() => tf.math.reduceVariance(x)).toThrow(/\[reduceVariance\].*disposed/);
  expect(() => tf.math.reduceStd(x)).toThrow(/\[reduceStd\].*disposed/);
  expect(() => tf.nn.moments(x, [0])).toThrow(/\[moments\].*disposed/);
  expect(() => tf.nn.layerNorm(x, null, null)).toThrow(/\[layerNorm\].*disposed/);
  expect(() => tf.math.l2Normalize(x)).toThrow(/\[l2Normalize\].*disposed/);
  expect(() => tf.keras.activations.glu(x, { axis: 0 })).toThrow(/\[glu\].*disposed/);
  expect(() => tf.nn.crelu(x)).toThrow(/\[crelu\].*disposed/);
  expect(() => tf.nn.softmax(x, 0)).toThrow(/\[softmax\].*disposed/);
  expect(() => tf.math.topK(x)).toThrow(/\[topK\].*disposed/);
  expect(() => tf.math.reduceLogsumexp(x, 0)).toThrow(/\[reduceLogsumexp\].*disposed/);
  const c = tf.constant([1, 1, 1]);
  expect(() => tf.nn.batchNormalization(x, c, c, c, c, 0.1)).toThrow(/\[batchNormalization\].*disposed/);
  expect(() => tf.nn.sparseSoftmaxCrossEntropyWithLogits([0, 1], x)).toThrow(/disposed/);
});

describe.each(['float32', 'float64'] as const)('%s moved', (dtype) => {
  const cases: [shape: number[], f: (x: tf.Tensor) => tf.Tensor[]][] = [
    [[8, 8], (x) => [tf.roll(x, 1, 1), tf.roll(x, [3, -2], [0, 1]), tf.roll(x, 8, 0)]],
    [[3, 1, 5], (x) => [tf.roll(x, [1, 1, 1], [0, 1, 2]), tf.roll(x, -1, -1)]],
    [
      [4, 6],
      (x) =>
        [
          [[1, 1]],
          [
            [0, 0],
            [0, 0],
          ],
          [
            [0, 3],
            [2, 0],
          ],
        ].map((p) => tf.pad(x, p.length === 1 ? [p[0], p[0]] : p, { constantValues: -3 })),
    ],
    [
      [4, 6],
      (x) => [
        tf.stridedSlice(x, [0, 0], [4, 6], { strides: [1, 2] }),
        tf.stridedSlice(x, [3, 5], [-5, -7], { strides: [-1, -3] }),
        tf.stridedSlice(x, [1, 0], [2, 6], { shrinkAxisMask: 1 }),
        tf.stridedSlice(x, [3, 0], [1, 6]),
      ],
    ],
    [
      [2, 5, 4, 3],
      (x) => [
        ...tf.nn.maxPoolWithArgmax(x, 2, 2, 'SAME'),
        ...tf.nn.maxPoolWithArgmax(x, [3, 2], 1, 'VALID', { includeBatchInIndex: true }),
        ...tf.nn.maxPoolWithArgmax(x, 2, 2, 'SAME', { outputDtype: 'int64' }),
        tf.nn.separableConv2d(
          x,
          floats([2, 2, 3, 1], dtype, 5),
          floats([1, 1, 3, 2], dtype, 6),
          [1, 1, 1, 1],
          'SAME',
        ),
        tf.nn.conv2d(x, floats([2, 3, 3, 2], dtype, 7), 1, 'SAME'),
        tf.nn.conv2dTranspose(x, floats([2, 3, 2, 3], dtype, 8), [2, 10, 8, 2], 2),
        ...tf.nn.fusedBatchNorm(x, floats([3], dtype, 9), floats([3], dtype, 10)),
      ],
    ],
    [
      [0, 3],
      (x) => [
        tf.roll(x, 1, 1),
        tf.stridedSlice(x, [0, 0], [0, 3]),
        tf.pad(x, [
          [1, 0],
          [0, 1],
        ]),
      ],
    ],
  ];
  test.each(cases)('shape %j', (shape, f) => {
    // The second time all is prepared, and elements are others.
    for (let round = 1; round <= 3; round++) {
      const x = floats(shape, dtype, round);
      const [watched, alone] = both(x, () => f(x));
      alone.forEach((y, i) => {
        expect(y.shape).toEqual(watched[i].shape);
        expect(y.dtype).toBe(watched[i].dtype);
        expect(y.data()).toEqual(watched[i].data());
      });
    }
    if (shape.includes(0)) return;
    const gone = floats(shape, dtype);
    gone.dispose();
    expect(() => f(gone)).toThrow(tf.errors.FailedPreconditionError);
  });

  test('lists that are changed between calls', () => {
    const x = floats([4, 4], dtype);
    const paddings = [
      [1, 0],
      [0, 2],
    ];
    expect(tf.pad(x, paddings).shape).toEqual([5, 6]);
    paddings[1][1] = 5;
    expect(tf.pad(x, paddings).shape).toEqual([5, 9]);
    const begin = [0, 0];
    expect(tf.stridedSlice(x, begin, [4, 4]).shape).toEqual([4, 4]);
    begin[0] = 2;
    expect(tf.stridedSlice(x, begin, [4, 4]).shape).toEqual([2, 4]);
  });
});
