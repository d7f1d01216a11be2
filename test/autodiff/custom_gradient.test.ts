/** Custom gradients and stopGradient: what the recorded facts leave open. */
import * as tf from 'gradtape';

const { GradientTape } = tf;
const c = (value: tf.TensorLike, dtype: tf.DType = 'float32') => tf.constant(value, dtype);
const array = (t: unknown): unknown => (t as tf.Tensor).array();

function gradient(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor) {
  const tape = new GradientTape();
  tape.watch(x);
  return tape.gradient(
    tape.run(() => f(x)),
    x,
  );
}

describe('customGradient', () => {
  const ten = tf.customGradient((x) => [x.mul(2), (dy) => dy.mul(10)]);

  test('the declared gradient is used, not that of the ops inside', () => {
    expect(array(gradient(ten, c([1, 2])))).toEqual([10, 10]);
    expect(array(gradient((x) => ten(x.mul(3)).mul(2), c([1, 2])))).toEqual([60, 60]);
  });

  test('the value passes through, unwatched too; host values and variables are arguments like tensors', () => {
    expect(array(ten([1, 2]))).toEqual([2, 4]);
    const v = new tf.Variable([1, 2]);
    const tape = new GradientTape();
    const y = tape.run(() => ten(v));
    expect(array(tape.gradient(y, v))).toEqual([10, 10]);
  });

  test('the gradient function is not called where nobody needs it', () => {
    const calls: string[] = [];
    const f = tf.customGradient((x) => [
      x.mul(2),
      (dy) => {
        calls.push('gradient');
        return dy;
      },
    ]);
    const [x, other] = [c(1), c(2)];
    const tape = new GradientTape(true);
    tape.watch(other);
    const y = tape.run(() => f(x).mul(other));
    tape.gradient(y, other);
    expect(calls).toEqual([]);
  });

  test('the result is the argument itself: still a tensor of its own with the declared gradient', () => {
    const same = tf.customGradient((x) => [x, (dy) => dy.mul(7)]);
    expect(array(gradient((x) => same(x).add(x), c([1])))).toEqual([8]);
  });

  test('second derivatives differentiate the gradient function through what it closed over', () => {
    // y = x³ by hand; e is made outside the gradient function and used in it.
    const cube = tf.customGradient((x) => {
      const e = x.mul(x);
      return [e.mul(x), (dy) => dy.mul(e).mul(3)];
    });
    const x = c(2);
    const outer = new GradientTape();
    outer.watch(x);
    const g = outer.run(() => gradient(cube, x)) as tf.Tensor;
    expect(g.item()).toBe(12);
    expect((outer.gradient(g, x) as tf.Tensor).item()).toBe(12);
  });

  test('inside each other', () => {
    const outer = tf.customGradient((x) => [ten(x), (dy) => ten(dy)]);
    expect(array(gradient(outer, c([1])))).toEqual([2]);
    const x = c([1]);
    const tape = new GradientTape();
    tape.watch(x);
    const g = tape.run(() => {
      const inner = new GradientTape();
      inner.watch(x);
      return inner.gradient(
        inner.run(() => outer(x).mul(x)),
        x,
      ) as tf.Tensor;
    });
    // d(outer(x)·x) = ten(x) + outer(x); its derivative, by declaration: 10 through ten, ten(1) = 2 through outer.
    expect(array(g)).toEqual([4]);
    expect(array(tape.gradient(g, x))).toEqual([2 + 10]);
  });

  test('several arguments, some integers, some without a gradient', () => {
    const f = tf.customGradient((x, i, y) => [
      x.mul(y).mul(tf.cast(i, 'float32')),
      (dy) => [dy.mul(1), null, dy.mul(3)],
    ]);
    const [x, i, y] = [c([1, 2]), c([3, 4], 'int32'), c([5, 6])];
    const tape = new GradientTape();
    tape.watch([x, y]);
    const z = tape.run(() => f(x, i, y));
    expect(tape.gradient(z, [x, i, y]).map((g) => g && array(g))).toEqual([[1, 1], null, [3, 3]]);
  });

  test('host values and sparse rows as gradients', () => {
    const host = tf.customGradient((x) => [x.mul(2), () => [[5, 6]] as never]);
    expect(array(gradient(host, c([1, 2])))).toEqual([5, 6]);
    const sparse = tf.customGradient((x) => [
      tf.reduceSum(x),
      (dy) => new tf.IndexedSlices(dy.reshape([1]), [1]),
    ]);
    const g = gradient(sparse, c([1, 2, 3])) as tf.IndexedSlices;
    expect(g).toBeInstanceOf(tf.IndexedSlices);
    expect([array(g.values), array(g.indices), g.denseShape]).toEqual([[1], [1], [3]]);
  });

  test('variables that the function reads: frozen and integer ones are not named, those passed in are arguments', () => {
    const w = new tf.Variable(5);
    const frozen = new tf.Variable(6, { trainable: false });
    const counter = new tf.Variable(1, { dtype: 'int32' });
    const passed = new tf.Variable(7);
    let named: readonly tf.Variable[] = [];
    const f = tf.customGradient((x, p) => [
      x.mul(w).mul(frozen).mul(passed).mul(p).mul(tf.cast(counter, 'float32')),
      (dy, extra) => {
        named = (extra as unknown as { variables: tf.Variable[] }).variables ?? [];
        return [[dy, dy.mul(2)], [dy.mul(3)]];
      },
    ]);
    const tape = new GradientTape();
    const y = tape.run(() => f(w.mul(1), passed));
    tape.gradient(y, w);
    expect(named).toEqual([w]);
  });

  test('second order with variables', () => {
    const v = new tf.Variable(3);
    const f = tf.customGradient((x) => [
      x.mul(v).mul(v),
      (dy, { variables }) => [[dy.mul(v).mul(v)], variables.map((w) => dy.mul(w).mul(x).mul(2))],
    ]);
    const x = c(2);
    const outer = new GradientTape(true);
    outer.watch(x);
    const [dx, dv] = outer.run(() => {
      const inner = new GradientTape();
      inner.watch(x);
      const y = inner.run(() => f(x));
      return inner.gradient(y, [x, v]);
    }) as tf.Tensor[];
    expect([dx.item(), dv.item()]).toEqual([9, 12]);
    expect((outer.gradient(dv, v) as tf.Tensor).item()).toBe(4);
    expect((outer.gradient(dx, v) as tf.Tensor).item()).toBe(6);
    expect((outer.gradient(dv, x) as tf.Tensor).item()).toBe(6);
  });

  describe('refuses', () => {
    const fails = (
      f: (x: tf.Tensor) => tf.Tensor,
      type: new (...args: never[]) => Error,
      text: string | RegExp,
    ) => {
      expect(() => gradient(f, c([1, 2]))).toThrow(type);
      expect(() => gradient(f, c([1, 2]))).toThrow(text);
    };
    test('what is no function', () => {
      expect(() => tf.customGradient(3 as never)).toThrow(TypeError);
    });
    test('an asynchronous function, and an asynchronous gradient', () => {
      fails(tf.customGradient((async () => Promise.resolve([])) as never), TypeError, 'returned a Promise');
      fails(
        tf.customGradient((x) => [x, (async () => Promise.resolve(x)) as never]),
        TypeError,
        'returned a Promise',
      );
    });
    test('a value that is no tensor', () => {
      fails(
        tf.customGradient(((x: tf.Tensor) => [[x, 3], () => x]) as never),
        TypeError,
        'value 1 must be a tensor; got 3',
      );
    });
    test('a forgotten return', () => {
      fails(
        tf.customGradient((x) => [x, (() => undefined) as never]),
        TypeError,
        'gradient 0 is undefined',
      );
    });
    test('another dtype', () => {
      fails(
        tf.customGradient((x) => [x, (dy) => tf.cast(dy, 'float64')]),
        tf.errors.InvalidArgumentError,
        'float32 [2]; got float64 [2]',
      );
    });
    test('a wrong number of gradients for variables', () => {
      const v = new tf.Variable(5);
      fails(
        tf.customGradient((x) => [x.mul(v), (dy) => [[dy], []]]),
        tf.errors.InvalidArgumentError,
        'Must return gradient for each variable from the gradient function: expected 1, got 0',
      );
    });
    test('arguments that are no tensors', () => {
      expect(() => ten('text' as never)).toThrow(/\[customGradient\] argument 0 must be a tensor/);
    });
  });
});

describe('stopGradient', () => {
  test('the elements are the same, the gradient ends; a variable behind it is not reached', () => {
    const v = new tf.Variable([1, 2]);
    const tape = new GradientTape();
    const y = tape.run(() => tf.stopGradient(v.mul(3)).mul(v));
    expect(y.array()).toEqual([3, 12]);
    expect(array(tape.gradient(y, v))).toEqual([3, 6]);
  });
  test('takes host values and integers', () => {
    expect(tf.stopGradient([1, 2]).array()).toEqual([1, 2]);
    expect(tf.stopGradient(c([1], 'int32')).dtype).toBe('int32');
  });
});
