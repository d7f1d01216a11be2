import * as tf from 'gradtape';

const array = (t: unknown): unknown => (t as tf.Tensor).array();

describe('tf.grad and tf.valueAndGrad', () => {
  const f = (x: tf.Tensor) => tf.reduceSum(x.mul(x).mul(x));

  test('one argument: value and gradient, for tensors, arrays, numbers', () => {
    const { value, grad } = tf.valueAndGrad(f)(tf.constant([1, 2]));
    expect(value.item()).toBe(9);
    expect(array(grad)).toEqual([3, 12]);
    expect(array(tf.grad(f)([1, 2] as never))).toEqual([3, 12]);
    expect(array(tf.grad(f)([[1], [2]] as never))).toEqual([[3], [12]]);
    expect(array(tf.grad(f)(new Float64Array([1, 2]) as never))).toEqual([3, 12]);
    expect((tf.grad(f)(2 as never) as tf.Tensor).item()).toBe(12);
  });

  test('several arguments: an array of gradients; nested ones are mirrored', () => {
    const g = tf.grad((p: { w: tf.Tensor; b: [tf.Tensor] }, x: tf.Tensor) => p.w.mul(x).add(p.b[0]));
    const [p, x] = g({ w: tf.constant(3), b: [tf.constant(1)] }, tf.constant(5));
    expect([p.w, p.b[0], x].map((t) => (t as tf.Tensor).item())).toEqual([5, 1, 3]);
  });

  test('gradients of gradients', () => {
    const second = tf.grad(tf.grad(tf.grad(f)));
    expect((second(tf.constant(5)) as tf.Tensor).item()).toBe(6);
  });

  test('variables are sources as arguments, constants otherwise', () => {
    const [v, w] = [new tf.Variable(3), new tf.Variable(10)];
    expect((tf.grad((x: tf.Variable) => x.mul(x).mul(w))(v) as tf.Tensor).item()).toBe(60);
  });

  test('the same number twice is two sources', () => {
    const [a, b] = tf.grad((x: tf.Tensor, y: tf.Tensor) => x.mul(y).mul(3))(
      3 as never,
      3 as never,
    ) as tf.Tensor[];
    expect([a.item(), b.item()]).toEqual([9, 9]);
    // A literal in the function that equals the argument is still a literal.
    expect((tf.grad((x: tf.Tensor) => x.mul(3))(3 as never) as tf.Tensor).item()).toBe(3);
  });

  test('unconnected arguments get null', () => {
    const grads = tf.grad((x: tf.Tensor, _y: tf.Tensor) => x.mul(2))(
      tf.constant(1),
      tf.constant(1),
    ) as unknown[];
    expect(grads[1]).toBeNull();
  });

  test('refuses what is no function, no arguments, a Promise', () => {
    expect(() => tf.grad(3 as never)).toThrow(TypeError);
    expect(() => tf.grad(f as never)()).toThrow('at least one argument');
    expect(() => tf.grad((async (x: tf.Tensor) => Promise.resolve(x)) as never)(1)).toThrow(
      'returned a Promise',
    );
    expect(() => tf.grad(f)('text' as never)).toThrow(/\[valueAndGrad\] argument must be a tensor/);
  });
});
