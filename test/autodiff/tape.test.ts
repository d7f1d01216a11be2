import * as tf from 'gradtape';

describe('GradientTape', () => {
  test('differentiates a product of variables', () => {
    const w = new tf.Variable(3);
    const x = new tf.Variable([1, 2]);
    const tape = new tf.GradientTape();
    const y = tape.run(() => w.mul(x.add(1)));
    expect(y.array()).toEqual([6, 9]);
  });

  test('higher orders: x³ at 2 gives 12 and 12', () => {
    const x = new tf.Variable(2);
    const outer = new tf.GradientTape();
    const inner = new tf.GradientTape();
    const first = outer.run(() => {
      const y = inner.run(() => x.mul(x).mul(x));
      return inner.gradient(y, x) as tf.Tensor;
    });
    expect(first.item()).toBe(12);
    expect((outer.gradient(first, x) as tf.Tensor).item()).toBe(12);
  });

  test('a non-persistent tape serves one gradient', () => {
    const x = new tf.Variable(2);
    const tape = new tf.GradientTape();
    const y = tape.run(() => x.square());
    expect((tape.gradient(y, x) as tf.Tensor).item()).toBe(4);
    expect(() => tape.gradient(y, x)).toThrow('can only be used to compute one set of gradients');
  });
});
