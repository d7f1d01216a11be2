/** Gradients with respect to tensors that a function reads from around it. */
import * as tf from 'gradtape';

type Body = () => tf.Tensor;

/** The gradients of order 1, 2, … of f() with respect to x. */
function orders(x: tf.Tensor, f: Body, order: number): (tf.Tensor | null)[] {
  const tape = new tf.GradientTape({ persistent: true });
  tape.watch(x);
  const [y, inner] = tape.run((): [tf.Tensor, (tf.Tensor | null)[]] => {
    if (order === 1) return [f(), []];
    const list = orders(x, f, order - 1);
    return [list[list.length - 1] as tf.Tensor, list];
  });
  return [...inner, tape.gradient(y, x) as tf.Tensor | null];
}

function same(x: tf.Tensor, make: (wrap: (g: Body) => Body) => Body, order = 1): void {
  const want = orders(
    x,
    make((g) => g),
    order,
  );
  const compiled = make((g) => tf.function(g));
  for (let run = 0; run < 2; run++) {
    const got = orders(x, compiled, order);
    // What flows to it on several ways is summed in another order.
    want.forEach((w, i) => {
      const g = (got[i] as tf.Tensor).data() as Float32Array;
      (w as tf.Tensor).data().forEach((e, k) => {
        expect(Math.abs(g[k] - Number(e))).toBeLessThan(1e-6 * Math.max(1, Math.abs(Number(e))));
      });
    });
  }
  expect(want[0]).not.toBeNull();
}

const x = tf.constant([0.5, -1, 2]);

test('a tensor from before the trace', () => {
  same(x, (wrap) => wrap(() => tf.reduceSum(tf.multiply(x, tf.sin(x)))));
});

test('derivatives of second and third order', () => {
  same(x, (wrap) => wrap(() => tf.reduceSum(tf.exp(tf.multiply(x, x)))), 2);
  same(x, (wrap) => wrap(() => tf.reduceSum(tf.tanh(tf.multiply(x, 3)))), 3);
});

test('a function that calls a function, and one whose result is used further', () => {
  same(x, (wrap) => {
    const inner = wrap(() => tf.square(x));
    return wrap(() => tf.reduceSum(tf.multiply(inner(), x)));
  });
  same(x, (wrap) => {
    const f = wrap(() => tf.square(x));
    return () => tf.reduceSum(tf.multiply(f(), tf.sin(x)));
  });
});

test('a tensor computed from it before', () => {
  const f = (wrap: (g: () => tf.Tensor) => () => tf.Tensor): number[] => {
    const tape = new tf.GradientTape();
    tape.watch(x);
    const y = tape.run(() => {
      const twice = tf.multiply(x, 2);
      return wrap(() => tf.reduceSum(tf.square(twice)))();
    });
    return (tape.gradient(y, x) as tf.Tensor).array() as number[];
  };
  expect(f((g) => tf.function(g))).toEqual(f((g) => g));
});

test('beside arguments and variables', () => {
  const v = new tf.Variable([1, 2, 3]);
  const a = tf.constant([3, 2, 1]);
  const g = (t: tf.Tensor): tf.Tensor => tf.reduceSum(tf.multiply(tf.multiply(t, x), v));
  const all = (f: typeof g): unknown => {
    const tape = new tf.GradientTape();
    tape.watch([x, a]);
    const y = tape.run(() => f(a));
    return tape.gradient(y, [a, x, v]).map((t) => (t as tf.Tensor).array());
  };
  expect(all(tf.function(g))).toEqual(all(g));
});

test('in a branch and in a loop', () => {
  const v = new tf.Variable(1);
  same(x, (wrap) =>
    wrap(() =>
      tf.cond(
        tf.greater(v, 0),
        () => tf.reduceSum(tf.square(x)),
        () => tf.reduceSum(x),
      ),
    ),
  );
  const choose = tf.function((c: tf.Tensor) =>
    tf.cond(
      c,
      () => tf.reduceSum(tf.square(x)),
      () => tf.reduceSum(tf.sin(x)),
    ),
  );
  same(x, () => () => choose(tf.constant(true)), 2);
  for (const c of [true, false]) {
    const tape = new tf.GradientTape();
    tape.watch(x);
    const y = tape.run(() => choose(tf.constant(c)));
    const want = c ? tf.multiply(x, 2) : tf.cos(x);
    expect((tape.gradient(y, x) as tf.Tensor).array()).toEqual(want.array());
  }
  const loop = tf.function((n: tf.Tensor) =>
    tf.reduceSum(
      tf.whileLoop(
        (i: tf.Tensor, _: tf.Tensor) => tf.less(i, n),
        (i, t) => [tf.add(i, 1), tf.multiply(t, x)],
        [tf.constant(0, 'int32'), tf.ones([3])],
      )[1],
    ),
  );
  const tape = new tf.GradientTape();
  tape.watch(x);
  const y = tape.run(() => loop(tf.constant(3, 'int32')));
  expect((tape.gradient(y, x) as tf.Tensor).array()).toEqual([0.75, 3, 12]);
});

test('not without a tape, nor after one', () => {
  const f = tf.function(() => tf.reduceSum(tf.square(x)));
  const tape = new tf.GradientTape();
  const other = tf.constant(1);
  tape.watch(other);
  const y = tape.run(() => tf.multiply(f(), other));
  expect(tape.gradient(y, x)).toBeNull();
  same(x, () => f);
});

test('a tensor that was disposed since', () => {
  const large = tf.ones([2000]);
  const f = tf.function(() => tf.reduceSum(tf.multiply(large, large)));
  f();
  const tape = new tf.GradientTape();
  tape.watch(large);
  large.dispose();
  const y = tape.run(() => f());
  const g = tape.gradient(y, large) as tf.Tensor;
  expect(tf.reduceMax(g).item()).toBe(2);
  expect(tf.reduceMin(g).item()).toBe(2);
});

test('the gradient of a captured tensor inside a function', () => {
  const f = tf.function(() => {
    const tape = new tf.GradientTape();
    tape.watch(x);
    const y = tape.run(() =>
      tf.cond(
        tf.greater(tf.reduceSum(x), tf.constant(0)),
        () => tf.square(x),
        () => x,
      ),
    );
    return tape.gradient(y, x) as tf.Tensor;
  });
  expect(f().array()).toEqual([1, -2, 4]);
});
