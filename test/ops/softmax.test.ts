/** Softmax and cross entropy: values, axes, gradients of first and second order, errors. */
import * as tf from 'gradtape';

let seed = 11;
const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32 - 0.5;
const real = (shape: number[], scale = 4) =>
  tf.reshape(
    tf.constant(Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() * scale)),
    shape,
  );
const list = (t: tf.Tensor) => Array.from(t.data() as Float64Array);
function close(got: tf.Tensor, want: number[], digits = 10) {
  expect(got.size).toBe(want.length);
  list(got).forEach((v, i) => expect(v).toBeCloseTo(want[i], digits));
}

/** d/dx of Σ f by central differences, element by element. */
function differences(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, h = 1e-5): number[] {
  const base = x.data() as Float64Array;
  return Array.from(base, (_, i) => {
    const at = (d: number) => {
      const moved = Float64Array.from(base);
      moved[i] += d;
      return tf.reduceSum(f(tf.reshape(tf.constant(moved), x.shape))).item() as number;
    };
    return (at(h) - at(-h)) / (2 * h);
  });
}

function gradient(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor {
  const tape = new tf.GradientTape();
  tape.watch(x);
  return tape.gradient(
    tape.run(() => f(x)),
    x,
  ) as tf.Tensor;
}

const functions: [string, (x: tf.Tensor) => tf.Tensor][] = [
  ['softmax', (x) => tf.nn.softmax(x)],
  ['softmax, axis 1', (x) => tf.nn.softmax(x, { axis: 1 })],
  ['softmax, axis 0', (x) => tf.nn.softmax(x, 0)],
  ['logSoftmax', (x) => tf.nn.logSoftmax(x)],
  ['logSoftmax, axis −2', (x) => tf.nn.logSoftmax(x, -2)],
];

describe.each(functions)('%s', (_, f) => {
  test('first and second derivatives', () => {
    const x = real([2, 3, 4]);
    const w = real([2, 3, 4]);
    const g = (t: tf.Tensor) => tf.multiply(f(t), w);
    close(gradient(g, x), differences(g, x), 7);
    const h = (t: tf.Tensor) => tf.multiply(gradient(g, t), w);
    const second = (() => {
      const tape = new tf.GradientTape();
      tape.watch(x);
      return tape.gradient(
        tape.run(() => h(x)),
        x,
      ) as tf.Tensor;
    })();
    close(second, differences(h, x), 6);
  });
});

test('values, and rows that are not finite', () => {
  close(tf.nn.softmax(tf.constant([[1, 2, 3]])), [0.09003057, 0.24472847, 0.66524096], 6);
  close(tf.nn.logSoftmax(tf.constant([1, 2, 3])), [-2.4076059, -1.4076059, -0.4076059], 6);
  close(tf.nn.softmax(tf.constant([1000, 0, -1000])), [1, 0, 0]);
  expect(tf.nn.softmax([[-Infinity, 0, 0]]).array()).toEqual([[0, 0.5, 0.5]]);
  expect(tf.nn.softmax([-Infinity, -Infinity]).array()).toEqual([NaN, NaN]);
  expect(tf.nn.softmax(tf.zeros([2, 0])).shape).toEqual([2, 0]);
  expect(tf.nn.softmax(tf.zeros([0, 3])).shape).toEqual([0, 3]);
  expect(tf.nn.softmax(tf.constant([[5], [7]])).array()).toEqual([[1], [1]]);
  const x = real([3, 4, 5]);
  for (const axis of [0, 1, 2, -1, -3]) {
    const e = tf.exp(x);
    close(tf.nn.softmax(x, axis), list(tf.divide(e, tf.reduceSum(e, { axis, keepdims: true }))));
  }
});

describe('softmaxCrossEntropyWithLogits', () => {
  const loss = (labels: tf.Tensor, logits: tf.Tensor, axis = -1) =>
    tf.negative(tf.reduceSum(tf.multiply(labels, tf.nn.logSoftmax(logits, axis)), axis));

  test('is −Σ labels·logSoftmax, along any axis, broadcasting', () => {
    const labels = real([2, 3, 4]);
    const logits = real([2, 3, 4]);
    for (const axis of [-1, 0, 1, 2]) {
      const got = tf.nn.softmaxCrossEntropyWithLogits(labels, logits, { axis });
      const want = loss(labels, logits, axis);
      expect(got.shape).toEqual(want.shape);
      close(got, list(want));
    }
    const one = real([1, 4]);
    const many = real([3, 4]);
    close(tf.nn.softmaxCrossEntropyWithLogits(one, many), list(loss(one, many)));
    close(tf.nn.softmaxCrossEntropyWithLogits([0, 1], [[1, 2]]), [Math.log(1 + Math.exp(-1))], 6);
  });

  test('gradients to logits and labels, also of second order', () => {
    // The gradient to the logits, softmax − labels, is right for labels that sum to 1: TensorFlow's, too.
    const labels = tf.nn.softmax(real([3, 4]));
    const logits = real([3, 4]);
    const w = real([3]);
    const f = (t: tf.Tensor, x: tf.Tensor) =>
      tf.multiply(tf.square(tf.nn.softmaxCrossEntropyWithLogits(t, x)), w);
    close(
      gradient((x) => f(labels, x), logits),
      differences((x) => f(labels, x), logits),
      6,
    );
    close(
      gradient((t) => f(t, logits), labels),
      differences((t) => f(t, logits), labels),
      6,
    );
    const u = real([3, 4]);
    const dx = (x: tf.Tensor) =>
      tf.multiply(
        gradient((z) => f(labels, z), x),
        u,
      );
    close(gradient(dx, logits), differences(dx, logits), 5);
    const mixed = (t: tf.Tensor) =>
      tf.multiply(
        gradient((z) => f(t, z), logits),
        u,
      );
    close(gradient(mixed, labels), differences(mixed, labels), 5);
    const dt = (x: tf.Tensor) =>
      tf.multiply(
        gradient((z) => f(z, x), labels),
        u,
      );
    close(gradient(dt, logits), differences(dt, logits), 5);
  });

  test('of no classes is 0', () => {
    expect(tf.nn.softmaxCrossEntropyWithLogits(tf.zeros([2, 0]), tf.zeros([2, 0])).array()).toEqual([0, 0]);
    expect(tf.nn.softmaxCrossEntropyWithLogits(tf.zeros([0, 3]), tf.zeros([0, 3])).shape).toEqual([0]);
  });

  test('errors', () => {
    const f = tf.nn.softmaxCrossEntropyWithLogits;
    expect(() => f(tf.zeros([3, 3]), tf.zeros([2, 3]))).toThrow(
      'logits and labels must be broadcastable: logits_size=[2,3] labels_size=[3,3]',
    );
    // As in TensorFlow, labels take the logits' dtype.
    expect(f(tf.constant([0, 1], 'float64'), tf.constant([0, 0])).dtype).toBe('float32');
    expect(f(tf.constant([0, 1], 'float64'), tf.constant([0, 0])).item()).toBeCloseTo(Math.log(2), 6);
    expect(() => f(tf.zeros([2], 'int32'), tf.zeros([2], 'int32'))).toThrow(
      '[softmaxCrossEntropyWithLogits] logits has dtype int32',
    );
    expect(() => f(1, 2)).toThrow('cannot be a scalar');
    expect(() => f([1, 2], [1, 2], { axis: 1 })).toThrow('axis = 1 is out of range');
  });
});

// Short rows have a kernel of their own from some number of rows on; a row's result is its own whatever stands beside it.
describe.each(['float32', 'float64'] as const)('cross entropy of short rows, %s', (dtype) => {
  const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 40];
  test.each(sizes)('%d rows', (rows) => {
    for (const cols of [1, 2, 3, 4, 5, 8, 10, 15, 16, 17, 31, 32, 33, 63, 64, 65]) {
      const logits = tf.cast(real([rows, cols], 20), dtype);
      const wide = tf.cast(logits, 'float64');
      const labels = tf.nn.softmax(real([rows, cols]));
      const want = tf.negative(tf.reduceSum(tf.multiply(labels, tf.nn.logSoftmax(wide)), 1));
      const digits = dtype === 'float32' ? 4 : 10;
      close(tf.nn.softmaxCrossEntropyWithLogits(tf.cast(labels, dtype), logits), list(want), digits);
      const numbers = tf.constant(Int32Array.from({ length: rows }, (_, r) => (5 * r) % cols));
      const right = tf.negative(tf.gather(tf.nn.logSoftmax(wide), numbers, { axis: 1, batchDims: 1 }));
      close(tf.nn.sparseSoftmaxCrossEntropyWithLogits(numbers, logits), list(right), digits);
      const back = (x: tf.Tensor) =>
        gradient((t) => tf.nn.sparseSoftmaxCrossEntropyWithLogits(numbers, t), x);
      const hot = tf.oneHot(numbers, cols, { dtype: 'float64' });
      close(back(logits), list(tf.subtract(tf.nn.softmax(wide), hot)), digits);
    }
  });
});

describe('sparseSoftmaxCrossEntropyWithLogits', () => {
  const f = tf.nn.sparseSoftmaxCrossEntropyWithLogits;

  test('is that of the one-hot labels, with its gradients', () => {
    const logits = real([4, 5]);
    const numbers = [0, 4, 2, 2];
    const hot = tf.oneHot(numbers, 5, { dtype: 'float64' });
    for (const labels of [
      tf.constant(Int32Array.from(numbers)),
      tf.constant(BigInt64Array.from(numbers, BigInt)),
      numbers,
    ]) {
      close(f(labels, logits), list(tf.nn.softmaxCrossEntropyWithLogits(hot, logits)));
    }
    const w = real([4]);
    const g = (x: tf.Tensor) => tf.multiply(tf.square(f(numbers, x)), w);
    close(gradient(g, logits), differences(g, logits), 6);
    const u = real([4, 5]);
    const dx = (x: tf.Tensor) => tf.multiply(gradient(g, x), u);
    close(gradient(dx, logits), differences(dx, logits), 5);
    expect(f([[0, 1]], real([1, 2, 3])).shape).toEqual([1, 2]);
    expect(f(2, real([3])).shape).toEqual([]);
    expect(f(tf.zeros([0], 'int32'), tf.zeros([0, 3])).shape).toEqual([0]);
  });

  test('errors', () => {
    const logits = tf.zeros([2, 3]);
    expect(() => f([0, 10], logits)).toThrow(
      'Received a label value of 10 which is outside the valid range of [0, 3).  Label values: 0 10',
    );
    expect(() => f([-1, 0], logits)).toThrow(tf.errors.InvalidArgumentError);
    expect(() => f([[0, 1]], logits)).toThrow(
      'Rank mismatch: Rank of labels (received 2) should equal rank of logits minus 1 (received 2).',
    );
    expect(() => f([0, 1, 2], logits)).toThrow(
      '`labels.shape` must equal `logits.shape` except for the last dimension',
    );
    expect(() => f(tf.zeros([2]), logits)).toThrow('labels has dtype float32');
    expect(() => f([0, 0], tf.zeros([2, 0]))).toThrow(
      'Must have at least one class, but got logits shape [2,0]',
    );
  });
});

test('errors of softmax', () => {
  expect(() => tf.nn.softmax(1)).toThrow('at least one dimension');
  expect(() => tf.nn.softmax([1, 2], 3)).toThrow('axis = 3 is out of range');
  expect(() => tf.nn.softmax(tf.zeros([2], 'int32'))).toThrow('int32');
  expect(() => tf.nn.softmax([1, 2], { axes: 1 } as never)).toThrow(TypeError);
});
