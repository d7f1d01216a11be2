import * as tf from 'gradtape';

const { debugging: d } = tf;
const ints = (...v: number[]): tf.Tensor => tf.constant(v, 'int32');

describe('tf.debugging', () => {
  test('comparisons have TensorFlow’s messages', () => {
    expect(() => d.assertEqual(ints(1, 2, 3), ints(1, 5, 3), { message: 'My msg', summarize: 2 })).toThrow(
      'My msg\nCondition x == y did not hold.\nIndices of first 1 different values:\n[[1]]\nCorresponding x values:\n[2]\n' +
        'Corresponding y values:\n[5]\nFirst 2 elements of x:\n[1 2]\nFirst 2 elements of y:\n[1 5]',
    );
    expect(() => d.assertEqual(tf.range(10), tf.zeros([10], 'int32'))).toThrow(
      'Condition x == y did not hold.\nIndices of first 3 different values:\n[[1]\n [2]\n [3]]\nCorresponding x values:\n[1 2 3]\n' +
        'Corresponding y values:\n[0 0 0]\nFirst 3 elements of x:\n[0 1 2]\nFirst 3 elements of y:\n[0 0 0]',
    );
    expect(() =>
      d.assertEqual(
        tf.constant(
          [
            [1, 2],
            [3, 4],
          ],
          'int32',
        ),
        ints(1, 2),
      ),
    ).toThrow('did not hold.\nFirst 3 elements of x:\n[1 2 3]\nFirst 2 elements of y:\n[1 2]');
    expect(() => d.assertNoneEqual(ints(1, 2), ints(3, 2))).toThrow('Condition x != y');
    expect(() => d.assertLess(ints(1, 2), ints(1, 3))).toThrow('Condition x < y');
    expect(() => d.assertLessEqual(ints(3, 2), ints(1, 3))).toThrow('Condition x <= y');
    expect(() => d.assertGreater(ints(1, 2), ints(1, 1))).toThrow('Condition x > y');
    expect(() => d.assertGreaterEqual(ints(1, 0), ints(1, 1))).toThrow('Condition x >= y');
    d.assertEqual(ints(1, 2), ints(1, 2));
    d.assertLess(1, 2);
    expect(() => d.assertEqual(ints(1, 2), ints(1, 2, 3))).toThrow(/Incompatible shapes/);
    expect(() => d.assertEqual(ints(1), tf.constant([1]))).toThrow(tf.errors.InvalidArgumentError);
  });

  test('signs, nearness, finite numbers', () => {
    expect(() => d.assertPositive(ints(1, 0))).toThrow(
      'Condition x > 0 did not hold element-wise:\nx (shape=(2,) dtype=int32) = \n1, 0',
    );
    expect(() => d.assertNonNegative(ints(0, -1), 'hey')).toThrow('hey\nCondition x >= 0');
    expect(() => d.assertNegative(0)).toThrow('Condition x < 0');
    expect(() => d.assertNonPositive(1)).toThrow('Condition x <= 0');
    expect(() => d.assertPositive(NaN)).toThrow('Condition x > 0');
    d.assertNear([1, 2], [1, 2 + 1e-6]);
    d.assertNear(Infinity, Infinity);
    expect(() => d.assertNear([1, 2], [1, 2.5])).toThrow(/x and y not equal to tolerance/);
    d.assertNear([[1], [2]], [1, 2], { atol: 1 });
    expect(() => d.checkNumerics([1, NaN, Infinity], 'bad one')).toThrow(
      'bad one : Tensor had Inf and NaN values',
    );
    expect(() => d.checkNumerics([1, NaN], 'bad one')).toThrow('bad one : Tensor had NaN values');
    expect(() => d.assertAllFinite([-Infinity], 'bad one')).toThrow('bad one : Tensor had Inf values');
    expect(d.checkNumerics([1, 2], '').array()).toEqual([1, 2]);
    expect(() => d.checkNumerics(ints(1), '')).toThrow(/has dtype int32/);
  });

  test('Assert', () => {
    tf.Assert(true, []);
    expect(() => tf.Assert(tf.constant(false), ['msg', ints(1, 2, 3, 4, 5)])).toThrow('msg\n1, 2, 3, ...');
    expect(() => tf.Assert(false, ['msg', ints(1, 2, 3, 4, 5)], { summarize: 10 })).toThrow(
      'msg\n1, 2, 3, 4, 5',
    );
    expect(() => tf.Assert([true, false], ['msg'])).toThrow(/must be a scalar/);
  });

  test('inside functions they are checked at each run, in program order', () => {
    const v = new tf.Variable(0);
    const f = tf.function((x: tf.Tensor) => {
      v.assignAdd(1);
      d.assertPositive(x, 'too small');
      v.assignAdd(1);
      return d.checkNumerics(tf.divide(1, tf.subtract(x, 5)), 'pole');
    });
    expect(f(tf.constant(4)).item()).toBe(-1);
    expect(v.item()).toBe(2);
    expect(() => f(tf.constant(-1))).toThrow('too small');
    // What stands before the check has happened.
    expect(v.item()).toBe(3);
    expect(() => f(tf.constant(5))).toThrow('pole : Tensor had Inf values');
    expect(v.item()).toBe(5);
    expect(() => tf.function(() => d.assertEqual(1, 2))()).toThrow('Condition x == y did not hold.');
  });

  test('assignments before a failing check take effect, in loops, branches and under tapes too', () => {
    const run = (wrap: <T>(f: T) => T, taped: boolean): unknown => {
      const v = new tf.Variable(1);
      const w = new tf.Variable(100);
      const f = wrap((x: tf.Tensor, n: tf.Tensor) => {
        v.assign(tf.minimum(tf.multiply(v, 2), 3));
        const [y] = tf.whileLoop(
          (_: tf.Tensor, i: tf.Tensor) => tf.less(i, n),
          (y, i) => {
            w.assignAdd(1);
            const z = tf.cond(
              tf.greater(i, 1),
              () => {
                v.assignAdd(10);
                d.assertLess(i, 4, 'too far');
                w.assignAdd(0.5);
                return tf.multiply(y, 3);
              },
              () => tf.add(y, v),
            );
            v.assignAdd(1);
            d.assertLess(y, 1000, 'too big');
            return [z, tf.add(i, 1)];
          },
          [x, tf.constant(0)],
        );
        v.assignAdd(1000);
        d.assertPositive(y, 'negative');
        v.assignAdd(0.25);
        return y;
      });
      return [
        [1, 2],
        [1, 3],
        [1, 6],
        [500, 4],
        [-50, 2],
        [-900, 1],
        [2, 0],
      ].map(([x, n]) => {
        let what: string;
        try {
          const a = tf.constant(x);
          const tape = new tf.GradientTape();
          if (taped) tape.watch(a);
          const y = taped ? tape.run(() => f(a, tf.constant(n))) : f(a, tf.constant(n));
          what = `${String(y)} ${taped ? String(tape.gradient(y, a)) : ''}`;
        } catch (error) {
          what = /too far|too big|negative/.exec((error as Error).message)?.[0] ?? String(error);
        }
        return [what, v.item(), w.item()];
      });
    };
    for (const taped of [false, true]) {
      const want = run((f) => f, taped);
      expect(JSON.stringify(want)).toMatch(/too far.*too big.*negative/);
      expect(run((f) => tf.function(f as never) as never, taped)).toEqual(want);
    }
  });

  test('eager functions, and code outside', () => {
    let runs = 0;
    const f = tf.function((x: tf.Tensor) => {
      runs++;
      return tf
        .initScope(() => [tf.executingEagerly(), tf.insideFunction()])
        .concat(tf.executingEagerly(), tf.insideFunction(), x === null);
    });
    expect(f(tf.constant(1))).toEqual([true, false, false, true, false]);
    tf.config.runFunctionsEagerly(true);
    try {
      expect(tf.config.functionsRunEagerly()).toBe(true);
      expect(f(tf.constant(1))).toEqual([true, false, true, false, false]);
      f(tf.constant(1));
    } finally {
      tf.config.runFunctionsEagerly(false);
    }
    expect(runs).toBe(3);
    expect(() => tf.config.runFunctionsEagerly(1 as never)).toThrow(TypeError);
  });
});
