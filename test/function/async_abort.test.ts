/** Aborting calls off the event loop. */
import * as tf from 'gradtape';

const reason = new Error('enough');
const signalOf = (): [AbortController, AbortSignal] => {
  const controller = new AbortController();
  return [controller, controller.signal];
};

test('a call with a signal gives the same result', async () => {
  const f = tf.function((x: tf.Tensor) => tf.multiply(x, 2));
  const [, signal] = signalOf();
  expect((await f.asyncWith({ signal })(tf.constant([1, 2]))).array()).toEqual([2, 4]);
  expect((await f.asyncWith({})(tf.constant([1, 2]))).array()).toEqual([2, 4]);
});

test('an aborted signal rejects, without a trace', async () => {
  const f = tf.function((x: tf.Tensor) => tf.multiply(x, 2));
  await expect(f.asyncWith({ signal: AbortSignal.abort(reason) })(tf.constant(1))).rejects.toBe(reason);
  expect(f.experimentalGetTracingCount()).toBe(0);
});

test('a loop ends at its next turn; the variables stay usable', async () => {
  const v = new tf.Variable(0);
  const f = tf.function((n: tf.Tensor) => {
    const w = tf.ones([64, 64]);
    const [, x] = tf.whileLoop(
      (i: tf.Tensor) => tf.less(i, n),
      (i: tf.Tensor, y: tf.Tensor): [tf.Tensor, tf.Tensor] => [tf.add(i, 1), tf.nn.softmax(tf.matmul(y, w))],
      [tf.constant(0), tf.ones([64, 64])],
    ) as [tf.Tensor, tf.Tensor];
    v.assign(tf.reduceSum(x));
    return v.read();
  });
  const [controller, signal] = signalOf();
  const call = f.asyncWith({ signal })(tf.constant(1e9));
  setTimeout(() => controller.abort(reason), 30);
  await expect(call).rejects.toBe(reason);
  expect(v.item()).toBe(0);
  expect((await f.async(tf.constant(2))).item()).toBeCloseTo(64, 3);
});

test('a call that waits for its turn rejects at once, and later ones run', async () => {
  const v = new tf.Variable(tf.zeros([300, 300]));
  const f = tf.function((x: tf.Tensor) => {
    v.assign(tf.add(tf.matmul(v, x), x));
    return tf.reduceMax(v);
  });
  const x = tf.ones([300, 300]);
  f(x);
  v.assign(tf.zeros([300, 300]));
  const [controller, signal] = signalOf();
  const first = f.async(x);
  const second = f.asyncWith({ signal })(x);
  const third = f.async(x);
  controller.abort(reason);
  await expect(second).rejects.toBe(reason);
  expect([(await first).item(), (await third).item()]).toEqual([1, 301]);
});

test('what is no signal is refused', async () => {
  const f = tf.function((x: tf.Tensor) => x);
  await expect(f.asyncWith({ signal: {} as AbortSignal })(tf.constant(1))).rejects.toThrow(
    /signal must be an AbortSignal/,
  );
});
