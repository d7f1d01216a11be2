/** Programs that a fuzzer found to differ from eager execution, each by its cause. */
import * as tf from 'gradtape';

const plain = (g: unknown): unknown => JSON.parse(JSON.stringify(g)) as unknown;

test('reductions of an empty tensor that could be fused', () => {
  const f = (t: tf.Tensor): unknown => [tf.reduceSum(t), tf.reduceProd(t), tf.reduceSum(t, -1)];
  for (const shape of [[0], [1, 0], [0, 2]]) {
    const t = tf.zeros(shape);
    expect(plain(tf.function(f)(t))).toEqual(plain(f(t)));
  }
});

test.each([3, 3000, 2_000_000])(
  'an assigned variable of %d elements that a saved value is computed from',
  (n) => {
    const run = (wrap: (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => tf.Tensor): unknown => {
      const v = new tf.Variable(tf.fill([n], -2));
      const f = wrap((x) => {
        v.assign(tf.add(v, x));
        return tf.abs(v);
      });
      const results: unknown[] = [];
      for (let i = 0; i < 4; i++) {
        const tape = new tf.GradientTape();
        const y = tape.run(() => f(tf.constant(1)));
        results.push((tape.gradient(y, v) as tf.Tensor).at(0).item(), y.at(-1).item(), v.at(0).item());
      }
      return results;
    };
    expect(run((f) => tf.function(f))).toEqual(run((f) => f));
  },
);

test('an assigned value does not change when rows of the variable are updated', () => {
  const run = (wrap: (f: (x: tf.Tensor) => tf.Tensor[]) => (x: tf.Tensor) => tf.Tensor[]): unknown => {
    const v = new tf.Variable(tf.zeros([5000, 2]));
    const f = wrap((x) => {
      const t = tf.add(v, x);
      v.assign(t);
      v.scatterUpdate(new tf.IndexedSlices(tf.fill([1, 2], 9), tf.constant([0], 'int32')));
      const u = tf.multiply(t, 2);
      v.assign(tf.add(t, 1));
      return [tf.multiply(u, 1.5), tf.negative(t)];
    });
    return [1, 2, 3].map((x) => [...f(tf.constant(x)).map((t) => plain(t.at('0:2'))), plain(v.at('0:2'))]);
  };
  expect(run((f) => tf.function(f))).toEqual(run((f) => f));
});

test('runtime scalars of optimizers and random ops are computed in program order, however ops are fused', () => {
  const run = (wrap: (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => tf.Tensor): unknown => {
    tf.random.setSeed(1);
    const v = new tf.Variable(-1);
    const optimizer = new tf.keras.optimizers.Adam({ learningRate: 0.1, clipnorm: 1 });
    const f = wrap((x) => {
      optimizer.applyGradients([[tf.multiply(v, 0.5), v]]);
      return tf.less(tf.reduceMin(x), 1);
    });
    for (let i = 0; i < 3; i++) f(tf.constant(1, { dtype: 'float64' }));
    return v.item();
  };
  expect(run((f) => tf.function(f))).toBe(run((f) => f));
});

test('a repeated value in another shape, in second derivatives', () => {
  const run = (wrap: (f: () => tf.Tensor) => () => tf.Tensor): unknown => {
    const v = new tf.Variable(2);
    const f = wrap(() => tf.keras.activations.gelu(tf.reshape(tf.tile(tf.reshape(v, [-1]), [6]), [2, 3])));
    const [outer, inner] = [new tf.GradientTape(), new tf.GradientTape()];
    const [y, g] = outer.run(() => {
      const y = inner.run(f);
      return [y, inner.gradient(y, v) as tf.Tensor];
    });
    return (outer.gradient([y, g], v) as tf.Tensor).item();
  };
  expect(run((f) => tf.function(f))).toBeCloseTo(run((f) => f) as number, 4);
});

test('slots that an optimizer creates at a later call of a function that runs op by op', () => {
  const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const v = new tf.Variable([1, 2]);
  const optimizer = new tf.keras.optimizers.Adam(0.5);
  const f = tf.function((x: tf.Tensor) => {
    const p = tf.booleanMask(x, tf.greater(x, 0));
    if (p.size === 2) optimizer.minimize(() => tf.reduceSum(tf.square(v)), [v]);
    return p;
  });
  f(tf.constant([1, -1]));
  f(tf.constant([1, 1]));
  expect((v.array() as number[]).map((x) => x.toFixed(3))).toEqual(['0.500', '1.500']);
  warnings.mockRestore();
});

test('unique of a constant, without constants folded', () => {
  const before = process.env.GRADTAPE_DISABLE_PASS;
  process.env.GRADTAPE_DISABLE_PASS = 'foldConstants';
  try {
    const c = tf.constant([7, 8, 7]);
    const f = tf.function((x: tf.Tensor) => tf.add(tf.unique(c).y, x));
    expect(f(tf.constant(1)).array()).toEqual([8, 9]);
  } finally {
    if (before === undefined) delete process.env.GRADTAPE_DISABLE_PASS;
    else process.env.GRADTAPE_DISABLE_PASS = before;
  }
});

test('a loop of another function, under two tapes inside', () => {
  const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const loop = (x: tf.Tensor): tf.Tensor =>
    tf.whileLoop(
      (_: tf.Tensor, z: tf.Tensor) => tf.less(tf.reduceSum(z), 20),
      (i: tf.Tensor, z: tf.Tensor) => [tf.add(i, 1), tf.multiply(z, z)],
      [tf.constant(0), x],
    )[1];
  const second =
    (g: (x: tf.Tensor) => tf.Tensor) =>
    (x: tf.Tensor): tf.Tensor => {
      const [outer, inner] = [new tf.GradientTape(), new tf.GradientTape()];
      inner.watch(x);
      outer.watch(x);
      const first = outer.run(() => {
        const y = inner.run(() => g(x));
        return inner.gradient(y, x) as tf.Tensor;
      });
      return outer.gradient(first, x) as tf.Tensor;
    };
  const x = tf.constant([1.5, 2]);
  const want = second(loop)(x).array();
  expect(
    tf
      .function(second(tf.function(loop)))(x)
      .array(),
  ).toEqual(want);
  expect(second(tf.function(loop))(x).array()).toEqual(want);
  warnings.mockRestore();
});

test('a group of fused ops that reads only a vector, which it broadcasts, and reduces the result again', () => {
  const v = new tf.Variable(tf.constant([0.001, -4, 1.5]));
  const step = (): tf.Tensor[] => {
    const tape = new tf.GradientTape();
    const [all, max] = tape.run(() => {
      const rows = tf.broadcastTo(v, [2, 3]);
      return [rows, tf.reduceMax(tf.reduceMean(rows, 0))];
    });
    return [all, max, tape.gradient([all, max], v) as tf.Tensor];
  };
  expect(
    tf
      .function(step)()
      .map((t) => t.array()),
  ).toEqual(step().map((t) => t.array()));
});

describe('values that only a run knows are checked in each run', () => {
  const x = tf.constant([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const images = tf.ones([2, 4, 4, 1]);
  const boxes = tf.constant([[0, 0, 1, 1]]);
  test.each([
    [
      'seqLengths has the element -3, not in \\[0, 3\\]',
      (at: tf.Tensor) => tf.reverseSequence(x, at, { seqAxis: 1 }),
      [2, 3],
      [2, -3],
    ],
    [
      'seqLengths has the element 4, not in \\[0, 3\\]',
      (at: tf.Tensor) => tf.reverseSequence(x, at, { seqAxis: 1 }),
      [0, 1],
      [4, 1],
    ],
    [
      'indices\\[0\\] = 2 is not in \\[0, 2\\)',
      (at: tf.Tensor) => tf.image.cropAndResize(images, boxes, at, [2, 2]),
      [1],
      [2],
    ],
  ])('%s', (message, f, good, bad) => {
    const compiled = tf.function(f);
    const index = (list: number[]): tf.Tensor => tf.constant(list, { dtype: 'int32' });
    expect(plain(compiled(index(good)))).toEqual(plain(f(index(good))));
    for (const g of [f, compiled]) {
      expect(() => g(index(bad))).toThrow(tf.errors.InvalidArgumentError);
      expect(() => g(index(bad))).toThrow(new RegExp(message));
    }
    expect(plain(compiled(index(good)))).toEqual(plain(f(index(good))));
  });
});

test('more segments, or repetitions, than JavaScript has lists for', () => {
  const last = 150_000_000;
  const y = tf.math.segmentMax(tf.constant([3, 5], { dtype: 'uint8' }), tf.constant([0, last], 'int32'));
  expect([y.size, y.at(0).item(), y.at(7).item(), y.at(-1).item()]).toEqual([last + 1, 3, 0, 5]);
  y.dispose();
  expect(
    tf
      .repeat(tf.constant([3, 5]), [100_000, 2])
      .at('99999:')
      .data(),
  ).toEqual(Float32Array.of(3, 5, 5));
  for (const n of [2 ** 33, 2 ** 52])
    expect(() => tf.repeat(tf.constant([3, 5]), [n, 2 ** 45])).toThrow(tf.errors.ResourceExhaustedError);
});

test('a gradient that does not exist is not asked for on the way to an integer', () => {
  const f = (x: tf.Tensor): tf.Tensor => tf.linalg.qr(tf.cast(x, 'float64'), { fullMatrices: true }).q;
  const x = tf.constant([[1], [0]], { dtype: 'int32' });
  const tape = new tf.GradientTape();
  const q = tape.run(() => tf.function(f)(x));
  expect(q.shape).toEqual([2, 2]);
  expect(tape.gradient(q, x)).toBeNull();
});

test('the magnitude of a negated unsigned integer, which wraps, is kept', () => {
  for (const dtype of ['uint8', 'uint16', 'uint32', 'uint64'] as const) {
    const x = tf.constant([0, 1, 3], { dtype });
    const f = (t: tf.Tensor): tf.Tensor => tf.abs(tf.negative(t));
    expect(plain(tf.function(f)(x))).toEqual(plain(f(x)));
  }
});
