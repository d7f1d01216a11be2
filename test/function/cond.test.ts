import * as tf from 'gradtape';

const tensor = (g: unknown): tf.Tensor => {
  expect(g).toBeInstanceOf(tf.Tensor);
  return g as tf.Tensor;
};

/** A function as it is, and compiled. */
const both = <A extends unknown[], R>(f: (...args: A) => R): [(...args: A) => R, (...args: A) => R] => [
  f,
  tf.function(f),
];

describe('tf.cond', () => {
  test('runs one of two functions', () => {
    for (const f of both((x: tf.Tensor) =>
      tf.cond(
        tf.greater(tf.reduceSum(x), 0),
        () => ({ a: tf.multiply(x, 2), b: [x] }),
        () => ({ a: tf.negative(x), b: [tf.add(x, 1)] }),
      ),
    )) {
      expect(f(tf.constant([1, 2])).a.array()).toEqual([2, 4]);
      expect(f(tf.constant([-1, -2])).a.array()).toEqual([1, 2]);
      expect(f(tf.constant([-1, -2])).b[0].array()).toEqual([0, -1]);
    }
  });

  test('accepts numbers, booleans and variables as conditions, and literals as results', () => {
    expect(
      tf.cond(
        true,
        () => 1,
        () => 2,
      ),
    ).toBe(1);
    expect(
      tf.cond(
        tf.constant(0, 'int32'),
        () => 1,
        () => 2,
      ),
    ).toBe(2);
    const v = new tf.Variable(false);
    const f = tf.function(() =>
      tf.cond(
        v,
        () => [1, null],
        () => [2, null],
      ),
    );
    expect(tensor(f()[0]).item()).toBe(2);
    v.assign(true);
    expect(tensor(f()[0]).item()).toBe(1);
    expect(f()[1]).toBeNull();
    expect(f.experimentalGetTracingCount()).toBe(1);
  });

  test('a condition that is known at the trace takes its branch', () => {
    const f = tf.function((x: tf.Tensor, flag: boolean) =>
      tf.cond(
        tf.constant(flag),
        () => tf.add(x, 1),
        () => {
          throw new Error('not wanted');
        },
      ),
    );
    expect(f(tf.constant(1), true).item()).toBe(2);
  });

  const poly = (x: tf.Tensor, w: tf.Variable): tf.Tensor =>
    tf.cond(
      tf.greater(tf.reduceSum(x), 0),
      () => tf.multiply(tf.pow(x, 3), w),
      () => tf.add(tf.square(x), 1),
    );

  test.each([[[1, 2]], [[-1, -2]]])('gradients of three orders at %j', (values) => {
    const w = new tf.Variable([2, 3]);
    const x = tf.constant(values);
    const orders = (f: (x: tf.Tensor, w: tf.Variable) => tf.Tensor): unknown[] => {
      const t3 = new tf.GradientTape({ persistent: true });
      t3.watch(x);
      let found: unknown[] = [];
      const second = t3.run(() => {
        const t2 = new tf.GradientTape();
        t2.watch(x);
        const first = t2.run(() => {
          const t1 = new tf.GradientTape();
          t1.watch(x);
          const y = t1.run(() => f(x, w));
          const [dx, dw] = t1.gradient(y, [x, w]);
          found = [dx, dw];
          return tensor(dx);
        });
        const d2 = tensor(t2.gradient(first, x));
        found.push(d2);
        return d2;
      });
      found.push(t3.gradient(second, x), t3.gradient(second, w));
      return found.map((g) => (g === null ? null : tensor(g).array()));
    };
    const eager = orders(poly);
    const zeros = eager.map((g) => g ?? [0, 0]);
    // A gradient that one of the branches has is zeros in the other.
    expect(orders(tf.function(poly)).map((g) => g ?? [0, 0])).toEqual(zeros);
    const inside = tf.function((a: tf.Tensor) => {
      const tape = new tf.GradientTape();
      tape.watch(a);
      const y = tape.run(() => poly(a, w));
      return tape.gradient(y, [a, w]);
    })(x);
    expect(inside.map((g) => tensor(g).array())).toEqual(zeros.slice(0, 2));
  });

  test('variables keep program order', () => {
    const run = (wrap: <A extends unknown[], R>(f: (...args: A) => R) => (...args: A) => R): unknown => {
      const v = new tf.Variable(1);
      const u = new tf.Variable([5, 5]);
      const f = wrap((x: tf.Tensor) => {
        v.assignAdd(1);
        const y = tf.cond(
          tf.greater(x, 0),
          () => {
            v.assignAdd(x);
            const before = v.read();
            v.assign(tf.multiply(v, 10));
            return before;
          },
          () => {
            u.assign(tf.add(u, v));
            return tf.reduceSum(u);
          },
        );
        v.assignAdd(0.5);
        return [y, v.read(), u.read()];
      });
      return [3, -1, 2, -2].flatMap((x) => f(tf.constant(x)).map((t) => t.array()));
    };
    expect(run((f) => tf.function(f))).toEqual(run((f) => f));
  });

  test('host steps: an optimizer, a scatter update', () => {
    const run = (wrap: <A extends unknown[], R>(f: (...args: A) => R) => (...args: A) => R): unknown => {
      const w = new tf.Variable([1, 2]);
      const sgd = new tf.keras.optimizers.SGD({ learningRate: 0.1, momentum: 0.9 });
      const f = wrap((x: tf.Tensor) => {
        w.assignAdd(x);
        tf.cond(
          tf.greater(tf.reduceSum(x), 0),
          () => {
            sgd.applyGradients([[tf.multiply(w, 2), w]]);
            return null;
          },
          () => {
            w.assignAdd(new tf.IndexedSlices(tf.constant([7]), tf.constant([1], 'int32')));
            return null;
          },
        );
        return tf.multiply(w, 1);
      });
      return [
        [1, 1],
        [-1, 0],
        [2, 2],
      ].map((x) => f(tf.constant(x)).array());
    };
    expect(run((f) => tf.function(f))).toEqual(run((f) => f));
  });

  test('random numbers in one branch, and their gradient', () => {
    const run = (wrap: <A extends unknown[], R>(f: (...args: A) => R) => (...args: A) => R): unknown => {
      tf.random.setSeed(3);
      const f = wrap((x: tf.Tensor) => {
        const tape = new tf.GradientTape();
        tape.watch(x);
        const y = tape.run(() =>
          tf.cond(
            tf.greater(tf.reduceSum(x), 0),
            () => tf.multiply(x, tf.random.uniform([2], { seed: 1 })),
            () => tf.multiply(x, 0),
          ),
        );
        return [y, tensor(tape.gradient(y, x))];
      });
      return [1, -1, 2].map((k) => f(tf.constant([k, k])).map((t) => t.array()));
    };
    expect(run((f) => tf.function(f))).toEqual(run((f) => f));
  });

  test('nested, with a tape inside a branch', () => {
    const f = (x: tf.Tensor): tf.Tensor => {
      const y = tf.square(x);
      return tf.cond(
        tf.greater(x, 0),
        () =>
          tf.cond(
            tf.greater(y, 4),
            () => {
              const tape = new tf.GradientTape();
              tape.watch(x);
              return tensor(
                tape.gradient(
                  tape.run(() => tf.multiply(tf.multiply(x, x), y)),
                  x,
                ),
              );
            },
            () => tf.add(x, y),
          ),
        () => tf.identity(y),
      );
    };
    const g = tf.function(f);
    for (const v of [3, 1, -2]) expect(g(tf.constant(v)).item()).toBe(f(tf.constant(v)).item());
    const outer = (h: typeof f) => (v: number) => {
      const x = tf.constant(v);
      const tape = new tf.GradientTape();
      tape.watch(x);
      return tensor(
        tape.gradient(
          tape.run(() => h(x)),
          x,
        ),
      ).item();
    };
    for (const v of [3, 1, -2]) expect(outer(g)(v)).toBe(outer(f)(v));
  });

  test('mistakes', () => {
    const on = (t: () => unknown, f: () => unknown) => () =>
      tf.function((x: tf.Tensor) => tf.cond(tf.greater(x, 0), t, f))(tf.constant(1));
    expect(() => tf.cond(true, 3 as never, () => 1)).toThrow("'trueFn' must be callable");
    // A branch that runs at once is no more asynchronous than one that is traced.
    const later = async (): Promise<number> => Promise.resolve(1);
    const late: (() => unknown)[] = [
      () => tf.cond<unknown>(true, later, () => 1),
      () => tf.cond<unknown>(tf.constant(false), () => 1, later),
      () => tf.switchCase<unknown>(0, [later]),
      () => tf.case<unknown>([], { default: later }),
      () => tf.case<unknown>([[tf.constant(true), later]]),
    ];
    for (const f of late) expect(f).toThrow(/returned a Promise/);
    expect(() =>
      tf.cond(
        tf.constant([true, false]),
        () => 1,
        () => 2,
      ),
    ).toThrow(/must be a scalar, but it has shape \[2\]/);
    const [a, b] = [tf.constant([1, 2]), tf.constant(1)];
    expect(
      on(
        () => [a, a],
        () => [a],
      ),
    ).toThrow(/must have the same number, type, and overall structure/);
    expect(
      on(
        () => a,
        () => tf.constant([1, 2], 'int32'),
      ),
    ).toThrow(/float32 tensor of shape \[2\] and a int32 tensor of shape \[2\] have different types/);
    expect(
      on(
        () => [b, a],
        () => [a, tf.constant([1, 2], 'int32')],
      ),
    ).toThrow(/have different types/);
    // Shapes may differ, as in TensorFlow.
    const either = on(
      () => a,
      () => b,
    );
    expect(String(either())).toBe(String(a));
    expect(
      on(
        () => a,
        () => null,
      ),
    ).toThrow(TypeError);
  });

  test('an error in a branch is thrown when that branch runs', () => {
    const f = tf.function((x: tf.Tensor) =>
      tf.cond(
        tf.greater(x, 0),
        () => tf.gather(tf.constant([1, 2]), tf.cast(x, 'int32')),
        () => tf.constant(0),
      ),
    );
    expect(f(tf.constant(1)).item()).toBe(2);
    expect(f(tf.constant(-1)).item()).toBe(0);
    expect(() => f(tf.constant(2))).toThrow(/is not in \[0, 2\)/);
  });
});

describe('tf.case and tf.switchCase', () => {
  test('the first true condition counts', () => {
    for (const f of both((x: tf.Tensor) =>
      tf.case(
        [
          [tf.less(x, 0), () => tf.constant(-1)],
          [tf.less(x, 10), () => tf.multiply(x, 2)],
        ],
        { default: () => tf.constant(99) },
      ),
    )) {
      expect([-5, 3, 20].map((v) => f(tf.constant(v)).item())).toEqual([-1, 6, 99]);
    }
  });

  test('without a default, and exclusive', () => {
    for (const f of both((x: tf.Tensor) => tf.case([[tf.less(x, 0), () => x]]))) {
      expect(f(tf.constant(-1)).item()).toBe(-1);
      expect(() => f(tf.constant(1))).toThrow(/None of conditions evaluated as True/);
    }
    for (const f of both((x: tf.Tensor) =>
      tf.case(
        [
          [tf.less(x, 0), () => x],
          [tf.less(x, 5), () => tf.add(x, 1)],
        ],
        { exclusive: true },
      ),
    )) {
      expect(f(tf.constant(1)).item()).toBe(2);
      expect(() => f(tf.constant(-1))).toThrow(/more than 1 conditions evaluated as true/);
    }
  });

  test('branches by index', () => {
    for (const f of both((i: tf.Tensor) =>
      tf.switchCase(i, [() => tf.constant(0), () => tf.constant(1)], { default: () => tf.constant(7) }),
    )) {
      expect([-1, 0, 1, 5].map((i) => f(tf.constant(i, 'int32')).item())).toEqual([7, 0, 1, 7]);
    }
    for (const f of both((i: tf.Tensor) =>
      tf.switchCase(i, [
        [1, () => tf.constant(10)],
        [0, () => tf.constant(20)],
      ]),
    )) {
      expect([-1, 0, 1, 5].map((i) => f(tf.constant(i, 'int32')).item())).toEqual([10, 20, 10, 10]);
    }
  });

  test('mistakes', () => {
    expect(() => tf.case([3 as never])).toThrow(/must be a pair/);
    expect(() => tf.case(3 as never)).toThrow(/must be an array of pairs/);
    expect(() => tf.case([[tf.constant(1), () => 1]])).toThrow(/must be of type bool/);
    expect(() => tf.switchCase(tf.constant(1), [() => 1])).toThrow(/must be an integer tensor/);
    expect(() => tf.switchCase(0, [])).toThrow(/at least one item/);
    expect(() =>
      tf.switchCase(0, [
        [1, () => 1],
        [3, () => 1],
      ]),
    ).toThrow(/contiguous range of \[0 to 2\) but found \{1,3\}/);
  });
});
