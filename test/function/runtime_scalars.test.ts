/** Scalars that each run computes anew do not split a program, and are those that eager code computes. */
import * as tf from 'gradtape';

const kinds = (f: tf.CompiledFunction<never[], unknown>): string[] => f.program().steps.map((s) => s.kind);

/** What f gives in some calls, compiled and eager, each from the same seed. */
function both(make: () => () => tf.Tensor, calls = 3): [unknown, unknown] {
  const [compiled, eager] = [true, false].map((compile) => {
    tf.random.setSeed(11);
    const f = make();
    const g = compile ? tf.function(f) : f;
    return Array.from({ length: calls }, () => g().array());
  });
  return [compiled, eager];
}

describe('random numbers', () => {
  test('of all kinds, with and without op seeds, several in one segment', () => {
    const make = () => () =>
      tf.concat(
        [
          tf.random.normal([5]),
          tf.random.uniform([3], { minval: -1, maxval: 4 }),
          tf.random.normal([5], { seed: 3, mean: 2 }),
          tf.random.truncatedNormal([4], { seed: 3 }),
          tf.random.normal([5], { seed: 3 }),
          tf.cast(tf.random.uniform([6], { minval: -5, maxval: 1000, dtype: 'int32', seed: 4 }), 'float32'),
          tf.cast(tf.random.normal([2], { dtype: 'float64' }), 'float32'),
        ],
        0,
      );
    const [compiled, eager] = both(make);
    expect(compiled).toEqual(eager);
    expect(new Set((compiled as number[][]).map((row) => row[0])).size).toBe(3);
    expect(kinds(tf.function(make()))).toEqual(['segment']);
  });

  test('keep their order among host steps that draw, too', () => {
    const [compiled, eager] = both(() => () => {
      const a = tf.random.uniform([4], { seed: 1 });
      const b = tf.random.shuffle(tf.cast(tf.range(8), 'float32'), 1);
      const c = tf.random.shuffle(a, 1);
      return tf.concat([a, b, c, tf.random.uniform([4], { seed: 1 })], 0);
    });
    expect(compiled).toEqual(eager);
  });

  test('are drawn even if they are unused', () => {
    const [compiled, eager] = both(() => () => {
      tf.random.normal([100], { seed: 2 });
      return tf.random.normal([4], { seed: 2 });
    });
    expect(compiled).toEqual(eager);
  });

  test('of a generator, whose state is read and reset in between', () => {
    const run = (compile: boolean): unknown[] => {
      const g = tf.random.Generator.fromSeed(5);
      const f = () => {
        const before = tf.cast(g.state.read(), 'float64');
        const x = g.normal([3]);
        const y = g.uniform([3]);
        const between = tf.cast(g.state.read(), 'float64');
        g.reset(tf.constant([9n, 1n, 2n]));
        const z = g.normal([3]);
        return [before, x, y, between, z, tf.cast(g.state, 'float64')];
      };
      const h = compile ? tf.function(f) : f;
      return [h(), h()].map((list) => [...list.map((t) => t.array()), g.state.array()]);
    };
    expect(run(true)).toEqual(run(false));
  });

  test('that were read from a generator before do not change', () => {
    const g = tf.random.Generator.fromSeed(1);
    const f = tf.function(() => [g.state.read(), g.normal([2])]);
    const [first] = f();
    const kept = first.array();
    f();
    expect(first.array()).toEqual(kept);
  });

  test('in branches and loops', () => {
    const [compiled, eager] = both(() => {
      const g = tf.random.Generator.fromSeed(2);
      return () => {
        const x = tf.random.uniform([], { seed: 8 });
        const y = tf.cond(
          tf.greater(x, 0.5),
          () => tf.add(tf.random.normal([2], { seed: 8 }), g.normal([2])),
          () => g.uniform([2]),
        );
        const [, z] = tf.whileLoop(
          (i: tf.Tensor) => tf.less(i, 3),
          (i: tf.Tensor, s: tf.Tensor) =>
            [tf.add(i, 1), tf.add(s, tf.add(g.normal([2]), tf.random.normal([2], { seed: 8 })))] as [
              tf.Tensor,
              tf.Tensor,
            ],
          [tf.add(tf.floor(x), 0), y] as [tf.Tensor, tf.Tensor],
        );
        return tf.concat([y, z], 0);
      };
    }, 6);
    expect(compiled).toEqual(eager);
  });

  test('pass gradients to their parameters', () => {
    const s = new tf.Variable(2);
    const [compiled, eager] = both(() => () => {
      const tape = new tf.GradientTape();
      const y = tape.run(() => tf.reduceSum(tf.random.normal([8], { stddev: s, seed: 1 })));
      return tape.gradient(y, s) as tf.Tensor;
    });
    expect(compiled).toEqual(eager);
  });
});
