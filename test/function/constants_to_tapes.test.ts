/** What stops or changes gradients outside of functions does so inside, for tapes outside. */
import * as tf from 'gradtape';

const v = new tf.Variable(3);
const w = new tf.Variable(2);

const ownGradient = tf.customGradient((x: tf.Tensor) => {
  const kept = tf.exp(x);
  return [tf.square(x), (dy: tf.Tensor) => tf.multiply(dy, tf.add(tf.stopGradient(kept), x))];
});
const withVariable = tf.customGradient((x: tf.Tensor) => [
  tf.multiply(x, w),
  (dy: tf.Tensor) => [[tf.multiply(dy, 7)], [tf.multiply(dy, tf.sin(x))]] as never,
]);

const cases: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  stopGradient: (x) => tf.multiply(tf.stopGradient(tf.square(x)), x),
  'a customGradient': (x) => tf.square(ownGradient(tf.multiply(x, 2))),
  'a customGradient that reads a variable': (x) => tf.multiply(withVariable(tf.square(x)), x),
  'a customGradient in a branch': (x) =>
    tf.cond(
      tf.greater(x, 0),
      () => tf.multiply(ownGradient(tf.multiply(x, 2)), x),
      () => x,
    ),
  'a customGradient, op by op': (x) => {
    const p = tf.booleanMask(
      tf.stack([x, tf.negative(x)]),
      tf.constant([true, false]).logicalAnd(tf.greater(x, 0)),
    );
    return tf.add(ownGradient(tf.reduceSum(p)), ownGradient(tf.square(x)));
  },
  'the value of a variable': (x) => tf.multiply(tf.multiply(v.read(), v), x),
  'what was assigned': (x) => {
    v.assign(tf.multiply(x, 2));
    return tf.multiply(tf.multiply(v.read(), tf.add(x, 1)), x);
  },
  'a sum of exponentials': (x) => tf.reduceLogsumexp(tf.stack([x, tf.square(x)])),
};

type F = (x: tf.Tensor) => tf.Tensor;
const derivative =
  (f: F): F =>
  (x) => {
    const tape = new tf.GradientTape();
    tape.watch(x);
    const y = tape.run(() => f(x));
    return tape.gradient(y, [x], { unconnectedGradients: 'zero' })[0] as tf.Tensor;
  };

describe.each(Object.keys(cases))('%s', (name) => {
  test.each([1, 2])('order %i, the tape outside and inside', (order) => {
    const f = cases[name];
    const value = (g: F, inside: boolean): number[] => {
      let h = inside ? f : g;
      for (let i = 0; i < order; i++) h = derivative(h);
      const run = inside ? tf.function(h) : h;
      return [0, 1, 2].map(() => {
        v.assign(3);
        return run(tf.constant(1.5)).item() as number;
      });
    };
    const want = value(f, false);
    expect(value(tf.function(f), false)).toEqual(want);
    expect(value(f, true)).toEqual(want);
  });
});
