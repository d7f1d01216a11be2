import * as tf from 'gradtape';

const tensor = (g: unknown): tf.Tensor => {
  expect(g).toBeInstanceOf(tf.Tensor);
  return g as tf.Tensor;
};

type Wrap = <A extends unknown[], R>(f: (...args: A) => R) => (...args: A) => R;
const eagerly: Wrap = (f) => f;
const compiled: Wrap = (f) => tf.function(f);

const same = (run: (wrap: Wrap) => unknown): unknown => {
  const want = run(eagerly);
  expect(run(compiled)).toEqual(want);
  return want;
};

describe('tf.whileLoop', () => {
  test('loops until the condition is false', () => {
    const power = (x: tf.Tensor): tf.Tensor[] =>
      tf.whileLoop(
        (y: tf.Tensor) => tf.less(tf.reduceSum(y), 100),
        (y) => [tf.multiply(y, x)],
        [x],
      );
    const found = same((wrap) => {
      const f = wrap(power);
      return [[2, 3], [5, 1.5], [200]].map((v) => f(tf.constant(v))[0].array());
    });
    expect(found).toEqual([[32, 243], [125, 3.375], [200]]);
  });

  test('structures, several variables, a limit, one variable without an array', () => {
    same((wrap) => {
      const f = wrap((n: tf.Tensor, most: tf.Tensor) => {
        const [i, s] = tf.whileLoop(
          (k: tf.Tensor, state: { a: tf.Tensor; b: tf.Tensor[] }) => tf.less(k, tf.add(n, state.b.length)),
          (k, { a, b }) => [tf.add(k, 1), { a: tf.add(a, b[0]), b: [a] }],
          [tf.constant(0), { a: tf.add(n, 1), b: [tf.constant(1)] }],
          { maximumIterations: most },
        );
        const [one] = tf.whileLoop(
          (k: tf.Tensor) => tf.less(k, n),
          (k) => tf.add(k, 2),
          [tf.constant(0)],
          5,
        );
        return [i, s.a, s.b[0], one];
      });
      return [0, 3, 100].map((n) => f(tf.constant(4), tf.constant(n, 'int32')).map((t) => t.item()));
    });
  });

  test('a loop with a known condition is unrolled, and compiled as a loop if it is long', () => {
    for (const n of [5, 200]) {
      const f = tf.function((x: tf.Tensor) =>
        tf.whileLoop(
          (i: tf.Tensor, _: tf.Tensor) => tf.less(i, n),
          (i, y) => [tf.add(i, 1), tf.add(y, x)],
          [tf.constant(0), x],
        ),
      );
      expect(f(tf.constant(2)).map((t) => t.item())).toEqual([n, 2 * n + 2]);
    }
  });

  test('gradients, of captured tensors and variables too', () => {
    same((wrap) => {
      const w = new tf.Variable(1.5);
      const f = wrap((x: tf.Tensor, c: tf.Tensor) => {
        const [y] = tf.whileLoop(
          (y: tf.Tensor) => tf.less(tf.reduceSum(y), 50),
          (y) => tf.add(tf.multiply(tf.square(y), w), c),
          [x],
        );
        return tf.reduceSum(y);
      });
      return [
        [1, 2],
        [60, 1],
      ].map((v) => {
        const [x, c] = [tf.constant(v), tf.constant([0.5, 0.25])];
        const tape = new tf.GradientTape();
        tape.watch(x);
        tape.watch(c);
        const y = tape.run(() => f(x, c));
        return tape.gradient(y, [x, c, w], { unconnectedGradients: 'zero' }).map((g) => tensor(g).array());
      });
    });
  });

  test('a tape inside the function', () => {
    same((wrap) => {
      const f = wrap((x: tf.Tensor) => {
        const tape = new tf.GradientTape();
        tape.watch(x);
        const [y] = tape.run(() =>
          tf.whileLoop(
            (y: tf.Tensor) => tf.less(y, 50),
            (y) => tf.multiply(y, y),
            [x],
          ),
        );
        return [y, tensor(tape.gradient(y, x))];
      });
      return [2, 3, 70].map((v) => f(tf.constant(v)).map((t) => t.item()));
    });
  });

  test('a second derivative of a loop with a data-dependent condition', () => {
    const power = (x: tf.Tensor): tf.Tensor[] =>
      tf.whileLoop(
        (y: tf.Tensor) => tf.less(y, 50),
        (y) => tf.multiply(y, y),
        [x],
      );
    const derivative = (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => {
      const tape = new tf.GradientTape();
      tape.watch(x);
      const y = tape.run(() => f(x));
      return tensor(tape.gradient(y, x));
    };
    const f = tf.function(power);
    const outside = derivative(derivative((x) => f(x)[0]));
    const inside = tf.function(derivative(derivative((x) => power(x)[0])));
    const both = derivative(tf.function(derivative((x) => power(x)[0])));
    // y = x⁸, then x⁴ and x itself.
    for (const [x, want] of [
      [2, 56 * 2 ** 6],
      [3, 12 * 9],
      [60, 0],
      [2, 56 * 2 ** 6],
    ]) {
      const at = tf.constant(x);
      expect(f(at)[0].item()).toBe(x === 60 ? 60 : x === 3 ? 81 : 256);
      if (x === 60) continue;
      expect([outside(at), inside(at), both(at)].map((g) => g.item())).toEqual([want, want, want]);
    }
    expect(f.experimentalGetTracingCount()).toBe(1);
  });

  test('gradients through loops and branches that update variables in JavaScript', () => {
    same((wrap) => {
      const w = new tf.Variable([1, 2]);
      const rows = (): tf.IndexedSlices =>
        new tf.IndexedSlices(tf.constant([0.5]), tf.constant([0], 'int32'));
      const f = wrap((x: tf.Tensor, n: tf.Tensor) => {
        const [y] = tf.whileLoop(
          (_: tf.Tensor, i: tf.Tensor) => tf.less(i, n),
          (y, i) => {
            w.scatterAdd(rows());
            return [tf.multiply(y, tf.reduceSum(w.read())), tf.add(i, 1)];
          },
          [x, tf.constant(0)],
        );
        return tf.cond(
          tf.greater(y, 100),
          () => {
            w.scatterSub(rows());
            return tf.square(y);
          },
          () => y,
        );
      });
      return [1, 3, 0, 2].map((n) => {
        const x = tf.constant(2);
        const tape = new tf.GradientTape();
        tape.watch(x);
        const y = tape.run(() => f(x, tf.constant(n)));
        return [y.item(), tensor(tape.gradient(y, x)).item(), w.array()];
      });
    });
  });

  test('variables and random numbers keep program order', () => {
    same((wrap) => {
      tf.random.setSeed(5);
      const n = new tf.Variable(0);
      const total = new tf.Variable([0, 0]);
      const f = wrap((most: tf.Tensor) => {
        n.assign(0);
        const [last] = tf.whileLoop(
          (_: tf.Tensor) => tf.less(n, most),
          (y) => {
            n.assignAdd(1);
            total.assignAdd(y);
            return tf.random.uniform([2], { seed: 1 });
          },
          [tf.ones([2])],
        );
        n.assignAdd(0.5);
        return [last, n.read(), total.read()];
      });
      return [3, 0, 5].map((m) => f(tf.constant(m)).map((t) => t.array()));
    });
  });

  test('updates in host steps', () => {
    same((wrap) => {
      const w = new tf.Variable([4, 5]);
      const sgd = new tf.keras.optimizers.SGD(0.1);
      const f = wrap((low: tf.Tensor) => {
        tf.whileLoop(
          (_: tf.Tensor) => tf.greater(tf.reduceSum(w), low),
          (i) => {
            sgd.applyGradients([[tf.multiply(w, 2), w]]);
            return tf.add(i, 1);
          },
          [tf.constant(0)],
        );
        return tf.multiply(w, 1);
      });
      return [5, 2].map((low) => f(tf.constant(low)).array());
    });
  });

  test('mistakes', () => {
    const x = tf.constant([1, 2]);
    const less = (y: tf.Tensor): tf.Tensor => tf.less(tf.reduceSum(y), 100);
    expect(() => tf.whileLoop<unknown[]>(3 as never, () => 1, [1])).toThrow("'cond' must be callable");
    expect(() => tf.whileLoop<unknown[]>(() => true, 3 as never, [1])).toThrow("'body' must be callable");
    expect(() =>
      tf.whileLoop(
        () => true,
        () => [],
        [],
      ),
    ).toThrow("'loopVars' must be provided");
    expect(() => tf.whileLoop(less, (y) => [y, y], [x])).toThrow(/don't have the same nested structure/);
    expect(() => tf.whileLoop(less, (y) => tf.cast(y, 'int32'), [x])).toThrow(
      /enters the loop with type float32 but has type int32/,
    );
    expect(() =>
      tf.whileLoop(
        (y) => tf.less(y, 3),
        (y) => y,
        [x],
      ),
    ).toThrow(/must be a scalar/);
    const grow = (y: tf.Tensor): tf.Tensor[] =>
      tf.whileLoop(less, (z: tf.Tensor) => tf.concat([z, z], 0), [y]);
    expect(grow(x)[0].shape).toEqual([128]);
    expect(() => tf.function(grow)(x)).toThrow(/enters the loop with shape \[2\], but has shape \[4\]/);
  });
});

describe('tf.scan, tf.foldl, tf.foldr, tf.mapFn', () => {
  const x = tf.constant([1, 2, 3]);
  const step = (a: tf.Tensor, e: tf.Tensor): tf.Tensor => tf.add(tf.multiply(a, 2), e);

  test('match TensorFlow', () => {
    const want = same((wrap) =>
      wrap((v: tf.Tensor) => [
        tf.scan(step, v),
        tf.scan(step, v, { reverse: true }),
        tf.scan(step, v, { reverse: true, initializer: tf.constant(10) }),
        tf.foldl(step, v),
        tf.foldr(step, v),
        tf.foldr(step, v, { initializer: tf.constant(1) }),
        tf.mapFn((e) => tf.multiply(e, 2), v),
        tf.vectorizedMap((e) => tf.multiply(e, 2), v),
      ])(x).map((t) => t.array()),
    );
    expect(want).toEqual([[1, 4, 11], [17, 8, 3], [97, 48, 23], 11, 17, 25, [2, 4, 6], [2, 4, 6]]);
  });

  test('structures and gradients', () => {
    same((wrap) => {
      const f = wrap((a: tf.Tensor, b: tf.Tensor) => {
        const r = tf.scan(
          (s: { p: tf.Tensor; q: tf.Tensor }, e: { p: tf.Tensor; q: tf.Tensor }) => ({
            p: tf.add(s.p, tf.multiply(e.q, s.q)),
            q: tf.multiply(s.q, e.p),
          }),
          { p: a, q: b },
        );
        return tf.reduceSum(tf.add(r.p, r.q));
      });
      const y = tf.constant([4, 5, 6]);
      const tape = new tf.GradientTape();
      tape.watch(x);
      tape.watch(y);
      const z = tape.run(() => f(x, y));
      return tape.gradient(z, [x, y]).map((g) => tensor(g).array());
    });
  });

  test('empty elements', () => {
    const none = tf.zeros([0]);
    expect(() => tf.scan(step, none)).toThrow(tf.errors.OutOfRangeError);
    expect(() => tf.foldl(step, none)).toThrow(/without an initializer/);
    expect(tf.scan(step, none, { initializer: tf.constant(1) }).shape).toEqual([0]);
    expect(tf.foldl(step, none, { initializer: tf.constant(1) }).item()).toBe(1);
    expect(tf.mapFn((e) => tf.multiply(e, 2), tf.zeros([0, 3])).shape).toEqual([0, 3]);
  });

  test('mistakes', () => {
    expect(() => tf.mapFn((e) => e, tf.constant(1))).toThrow(/1\+ dimensional Tensors, not scalars/);
    expect(() => tf.mapFn((e) => tf.cast(e, 'int32'), x, 'float32')).toThrow(
      /says float32, but fn returned a int32/,
    );
    expect(() => tf.mapFn((e: tf.Tensor[]) => e[0], [tf.zeros([2]), tf.zeros([3])] as never)).toThrow(
      /same first dimension; got 2 and 3/,
    );
    expect(() => tf.scan(() => 1 as never, [tf.zeros([2]), tf.zeros([2])])).toThrow(/same nested structure/);
    // Results are stacked.
    const two = tf.constant([1, 2]);
    type Unary = (t: tf.Tensor) => tf.Tensor;
    for (const wrap of [(f: Unary): Unary => f, (f: Unary): Unary => tf.function(f)]) {
      const grow = wrap((t: tf.Tensor) => tf.scan((s: tf.Tensor) => tf.stack([s, s]), t));
      expect(() => grow(two)).toThrow(/\[scan\] .*element 0 .*shape \[\], for element 1 .*shape \[2\]/);
      const other = wrap((t: tf.Tensor) => tf.scan((s: tf.Tensor) => tf.cast(s, 'int32'), t));
      expect(() => other(two)).toThrow(/\[scan\] .*a float32 tensor .*, for element 1 a int32 tensor/);
      let n = 0;
      const map = wrap((t: tf.Tensor) => tf.mapFn(() => tf.zeros([n++]), t));
      expect(() => map(two)).toThrow(/\[mapFn\] .*shape \[0\], for element 1 .*shape \[1\]/);
    }
  });
});
