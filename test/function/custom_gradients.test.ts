/** Gradients of the user's own that depend on values, with tapes outside, inside and around. */
import * as tf from 'gradtape';

type F = (x: tf.Tensor) => tf.Tensor;

const x = tf.constant([3, -1, 4, -1, 5, -9, 2, 6]);
const calls = [x, tf.negative(x), tf.multiply(x, 0.5), x];
const c = tf.constant(1.5);
const v = new tf.Variable(2);
const positive = (t: tf.Tensor): tf.Tensor => tf.booleanMask(t, tf.greater(t, 0));
const sumOfPositive = (t: tf.Tensor): tf.Tensor => tf.reduceSum(positive(t));
const sumOfSquares = (t: tf.Tensor): tf.Tensor => tf.reduceSum(tf.square(t));

const plain = (g: unknown): unknown => JSON.parse(JSON.stringify(g)) as unknown;

const first = (f: F): unknown =>
  calls.map((t) => {
    const tape = new tf.GradientTape({ persistent: true });
    tape.watch(t);
    tape.watch(c);
    const y = tape.run(() => f(t));
    return [y, tape.gradient(y, [t, c, v]), tape.gradient(tf.multiply(y, 2), [t, c, v])].map(plain);
  });

const second = (f: F): unknown =>
  calls.map((t) => {
    const outer = new tf.GradientTape();
    outer.watch(t);
    const g = outer.run(() => {
      const tape = new tf.GradientTape();
      tape.watch(t);
      const y = tape.run(() => f(t));
      return tape.gradient(y, t) as tf.Tensor;
    });
    return plain(outer.gradient(g, t));
  });

const square = tf.customGradient((y) => [
  tf.square(y),
  (dy) => tf.multiply(dy, tf.multiply(y, sumOfPositive(y))),
]);

const functions: Record<string, F> = {
  'a mask in the forward pass, its result in the backward pass': (t) => {
    const g = tf.customGradient((y) => {
      const s = tf.multiply(y, 2);
      const p = positive(s);
      return [sumOfSquares(p), (dy) => tf.multiply(dy, tf.multiply(s, tf.reduceSum(p)))];
    });
    return tf.add(g(tf.multiply(t, sumOfPositive(t))), sumOfPositive(t));
  },
  'a mask in the backward pass': (t) => tf.reduceSum(square(tf.multiply(t, 1.5))),
  'masks in both': (t) => {
    const g = tf.customGradient((y) => {
      const p = positive(y);
      return [sumOfSquares(p), (dy) => tf.multiply(dy, tf.multiply(y, sumOfPositive(tf.subtract(p, 1))))];
    });
    return g(t);
  },
  'a branch on the way back': (t) => {
    const g = tf.customGradient((y) => [
      sumOfSquares(y),
      (dy) =>
        tf.multiply(
          y,
          tf.cond(
            tf.greater(tf.reduceSum(y), 1),
            () => tf.multiply(dy, tf.reduceMax(y)),
            () => dy,
          ),
        ),
    ]);
    return g(t);
  },
  'a tensor of the function that it does not take': (t) => {
    const s = tf.multiply(t, 2);
    const g = tf.customGradient((y) => [
      sumOfSquares(y),
      (dy) => tf.multiply(dy, tf.multiply(s, sumOfPositive(s))),
    ]);
    return g(tf.sin(t));
  },
  'the same in a branch': (t) => {
    const s = tf.multiply(t, 2);
    const g = tf.customGradient((y) => [sumOfSquares(y), (dy) => tf.multiply(dy, tf.multiply(s, s))]);
    return tf.cond(
      tf.greater(tf.reduceSum(t), 0),
      () => g(t),
      () => sumOfSquares(t),
    );
  },
  'in a branch': (t) =>
    tf.reduceSum(
      tf.cond(
        tf.greater(tf.reduceSum(t), 0),
        () => square(t),
        () => tf.square(t),
      ),
    ),
  'in a loop': (t) =>
    tf.reduceSum(
      tf.whileLoop(
        (y: tf.Tensor) => tf.less(tf.reduceSum(y), 1e4),
        (y) => [tf.add(square(y), 1)],
        [t],
      )[0],
    ),
  'behind a mask': (t) => tf.reduceSum(tf.square(square(positive(t)))),
  'one that uses another': (t) => {
    const g = tf.customGradient((y) => {
      const q = tf.multiply(y, 3);
      return [sumOfSquares(y), (dy) => tf.multiply(dy, tf.add(square(q), tf.reduceMean(positive(q))))];
    });
    return g(tf.sin(t));
  },
  'it catches what it should not': (t) => {
    const g = tf.customGradient((y) => [
      tf.square(y),
      (dy) => {
        try {
          return tf.multiply(dy, tf.multiply(y, sumOfPositive(y)));
        } catch {
          return dy;
        }
      },
    ]);
    return tf.reduceSum(g(tf.sin(t)));
  },
  'views of what the function computed': (t) => {
    const g = tf.customGradient((y) => {
      const z = tf.exp(y);
      return [
        z,
        (dy) => tf.multiply(dy, tf.add(tf.stopGradient(z), tf.reduceSum(positive(tf.reshape(z, [2, 4]))))),
      ];
    });
    return tf.reduceSum(g(tf.sin(t)));
  },
  'variables and tensors from outside': (t) => {
    const g = tf.customGradient<tf.Tensor>((y) => [
      tf.multiply(sumOfSquares(y), v),
      (dy) => [[tf.multiply(dy, tf.multiply(y, v))], [sumOfPositive(tf.multiply(y, dy))]],
    ]);
    return g(tf.multiply(c, t));
  },
};

describe.each(Object.entries(functions))('%s', (_, f) => {
  test.each([false, true])('a tape outside; called before without one: %p', (called) => {
    const g = tf.function(f);
    if (called) g(x);
    expect(first(g)).toEqual(first(f));
    expect(g.experimentalGetTracingCount()).toBe(1);
  });

  test('tapes inside, outside, both', () => {
    const inner = (h: F): F =>
      function inside(t) {
        const tape = new tf.GradientTape();
        tape.watch(t);
        const y = tape.run(() => h(t));
        return tf.reduceSum(tape.gradient(y, t) as tf.Tensor);
      };
    expect(first(tf.function(inner(f)))).toEqual(first(inner(f)));
    expect(second(tf.function(f))).toEqual(second(f));
  });
});

test('the gradient function runs once where the function is compiled, else at each call', () => {
  let runs = 0;
  const g = tf.customGradient((y) => [
    sumOfSquares(y),
    (dy) => {
      runs++;
      return tf.multiply(dy, tf.multiply(y, tf.reduceSum(y)));
    },
  ]);
  const compiled = tf.function((t: tf.Tensor) => g(tf.nn.relu(t)));
  const opByOp = tf.function((t: tf.Tensor) => g(positive(t)));
  for (const [f, count] of [
    [compiled, 1],
    [opByOp, 5],
  ] as const) {
    runs = 0;
    for (let i = 0; i < 5; i++) {
      const tape = new tf.GradientTape();
      tape.watch(x);
      const y = tape.run(() => f(x));
      expect(tape.gradient(y, x)).not.toBeNull();
    }
    expect(runs).toBe(count);
  }
});

test('a tensor of another function is out of scope there too', () => {
  let leaked: tf.Tensor | null = null;
  tf.function((t: tf.Tensor) => (leaked = tf.square(t)))(x);
  const g = tf.customGradient((y) => [sumOfSquares(y), (dy) => tf.multiply(dy, leaked as never)]);
  const f = tf.function((t: tf.Tensor) => g(t));
  const tape = new tf.GradientTape();
  tape.watch(x);
  const y = tape.run(() => f(x));
  expect(() => tape.gradient(y, x)).toThrow(/is out of scope/);
});
