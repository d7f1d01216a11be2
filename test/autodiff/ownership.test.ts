/** Gradients are the caller's: disposing one leaves the others, the caller's tensors and the tape alone. */
import * as tf from 'gradtape';

/** Few elements share a slab, many have storage of their own. */
const sizes = [2, 100_000];
const data = (t: tf.Tensor): number[] => Array.from(t.data().slice(0, 2), Number);

/** The gradients of f of two vectors, with options. */
function gradients(
  f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  n: number,
  options?: tf.Tensor,
): [tf.Tensor, tf.Tensor] {
  const sources = [tf.fill([n], 2), tf.fill([n], 3)] as const;
  const tape = new tf.GradientTape();
  tape.watch(sources);
  const y = tape.run(() => f(...sources));
  return tape.gradient(y, sources, options) as unknown as [tf.Tensor, tf.Tensor];
}

describe.each(sizes)('of %d elements', (n) => {
  test('two sources with one gradient', () => {
    const [a, b] = gradients(tf.add, n);
    expect(a).not.toBe(b);
    a.dispose();
    expect(data(b)).toEqual([1, 1]);
  });

  test('one source named twice', () => {
    const x = tf.fill([n], 2);
    const tape = new tf.GradientTape();
    tape.watch(x);
    const y = tape.run(() => tf.square(x));
    const [a, b] = tape.gradient(y, [x, x]) as tf.Tensor[];
    b.dispose();
    expect(data(a)).toEqual([4, 4]);
  });

  test('outputGradients that pass through', () => {
    const given = tf.fill([n], 5);
    for (const g of gradients(tf.add, n, given)) {
      expect(g).not.toBe(given);
      expect(data(g)).toEqual([5, 5]);
      g.dispose();
    }
    expect(data(given)).toEqual([5, 5]);
  });

  test('outputGradients of a target that is the source, followed or not', () => {
    for (const watched of [true, false]) {
      const [x, given] = [tf.fill([n], 2), tf.fill([n], 5)];
      const tape = new tf.GradientTape();
      tape.watch(watched ? x : tf.constant(1));
      tape.run(() => 0);
      const g = tape.gradient(x, x, { outputGradients: given }) as tf.Tensor;
      g.dispose();
      expect(data(given)).toEqual([5, 5]);
    }
  });

  test('a tensor that a gradient function of the user returns', () => {
    const kept = tf.fill([n], 7);
    const f = tf.customGradient((x) => [tf.square(x), () => kept]);
    const x = tf.fill([n], 2);
    const tape = new tf.GradientTape();
    tape.watch(x);
    const y = tape.run(() => f(x));
    (tape.gradient(y, x) as tf.Tensor).dispose();
    expect(data(kept)).toEqual([7, 7]);
  });

  test('the indices of sparse rows', () => {
    const params = tf.reshape(tf.fill([2 * n], 1), [n, 2]);
    const indices = tf.zeros([n], 'int32');
    const tape = new tf.GradientTape();
    tape.watch(params);
    const y = tape.run(() => tf.gather(params, indices));
    const g = tape.gradient(y, params) as tf.IndexedSlices;
    g.values.dispose();
    g.indices.dispose();
    expect(data(indices)).toEqual([0, 0]);
  });

  test('in a function that is compiled', () => {
    const f = tf.function((a: tf.Tensor, b: tf.Tensor) => {
      const tape = new tf.GradientTape();
      tape.watch([a, b]);
      const y = tape.run(() => tf.add(a, b));
      return tape.gradient(y, [a, b]);
    });
    for (let i = 0; i < 3; i++) {
      const [a, b] = f(tf.fill([n], 2), tf.fill([n], 3)) as tf.Tensor[];
      a.dispose();
      expect(data(b)).toEqual([1, 1]);
    }
  });
});

test('a gradient that stands for two sources stays connected to tapes around it', () => {
  const [x, w] = [tf.constant(2), tf.constant(3)];
  const outer = new tf.GradientTape(true);
  outer.watch([x, w]);
  const [a, b] = outer.run(() => {
    const inner = new tf.GradientTape();
    inner.watch([x, w]);
    const y = inner.run(() => tf.square(tf.add(x, w)));
    return inner.gradient(y, [x, w]) as tf.Tensor[];
  });
  expect([a, b].map((g) => (outer.gradient(g, x) as tf.Tensor).item())).toEqual([2, 2]);
});
