/** GRADTAPE_DEBUG=1: where tensors lie is checked as they are made. */
import type * as Library from 'gradtape';
import type * as Storages from '../../lib/core/storage';

process.env.GRADTAPE_DEBUG = '1';
const tf = jest.requireActual<typeof Library>('gradtape');
const { slab } = jest.requireActual<typeof Storages>('../../lib/core/storage');

afterAll(() => {
  delete process.env.GRADTAPE_DEBUG;
});

test('what the library does with storages holds', async () => {
  const w = new tf.Variable(tf.random.normal([20, 30]));
  const optimizer = new tf.keras.optimizers.Adam();
  const step = tf.function((x: Library.Tensor) => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => tf.reduceMean(tf.square(tf.matmul(x, w))));
    optimizer.applyGradients([[tape.gradient(loss, w), w]]);
    return loss;
  });
  for (const n of [3, 400, 3]) {
    for (let i = 0; i < 3; i++) {
      const x = tf.tidy(() => tf.add(tf.reshape(tf.range(n * 20, { dtype: 'float32' }), [n, 20]), 1));
      const kept = tf.transpose(x);
      step(x);
      await step.async(x);
      x.dispose();
      expect(kept.data()[1]).toBe(21);
    }
  }
});

test('a slab that is carved at the wrong place is found', () => {
  const t = tf.constant([1, 2, 3]);
  const { position } = slab;
  slab.position -= 64;
  expect(() => tf.constant([4, 5, 6])).toThrow(/bytes \d+ to \d+ overlap those of another/);
  slab.position = NaN;
  expect(() => tf.constant([4, 5, 6])).toThrow(/12 bytes at NaN do not lie in a buffer/);
  slab.position = position;
  expect(tf.add(t, 1).array()).toEqual([2, 3, 4]);
});

test('the place of a disposed tensor may be taken', () => {
  tf.fill([1000], 1).dispose();
  expect(tf.fill([1000], 2).data()[0]).toBe(2);
});
