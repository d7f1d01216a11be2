/** GradientTape: what the recorded facts leave open. */
import * as tf from 'gradtape';

const { GradientTape } = tf;
const c = (value: tf.TensorLike, dtype: tf.DType = 'float32') => tf.constant(value, dtype);
const item = (t: unknown): unknown => (t as tf.Tensor).item();
const array = (t: unknown): unknown => (t as tf.Tensor).array();

describe('gradients of variables', () => {
  test('differentiates a product of variables', () => {
    const w = new tf.Variable(3);
    const x = new tf.Variable([1, 2]);
    const tape = new GradientTape();
    const y = tape.run(() => w.mul(x.add(1)));
    expect(y.array()).toEqual([6, 9]);
    const [dw, dx] = tape.gradient(y, [w, x]);
    expect(item(dw)).toBe(5);
    expect(array(dx)).toEqual([3, 3]);
  });

  test('a value read inside the block is an intermediate that leads back to the variable', () => {
    const v = new tf.Variable(3);
    const tape = new GradientTape({ persistent: true });
    const [read, y] = tape.run(() => {
      const read = v.read();
      return [read, read.mul(read)];
    });
    expect(item(tape.gradient(y, v))).toBe(6);
    expect(item(tape.gradient(y, read))).toBe(6);
  });

  test('a value read before the block is a constant', () => {
    const v = new tf.Variable(3);
    const before = v.read();
    const tape = new GradientTape();
    const y = tape.run(() => v.mul(before));
    expect(item(tape.gradient(y, v))).toBe(3);
  });

  test('a value read in a gap is a constant', () => {
    const v = new tf.Variable(3);
    const tape = new GradientTape();
    const y = tape.run(() => v.mul(tape.stopRecording(() => v.read())));
    expect(item(tape.gradient(y, v))).toBe(3);
  });

  test('a cast to the same dtype is a value too', () => {
    const v = new tf.Variable(3);
    const before = tf.cast(v, 'float32');
    const tape = new GradientTape();
    const y = tape.run(() => v.mul(before).add(tf.cast(v, 'float32')));
    expect(item(tape.gradient(y, v))).toBe(4);
  });

  test('reads before and after an assignment both lead to the variable', () => {
    const v = new tf.Variable(2);
    const tape = new GradientTape();
    const y = tape.run(() => {
      const a = v.mul(v);
      v.assign(5);
      return a.add(v.mul(v));
    });
    expect(item(tape.gradient(y, v))).toBe(4 + 10);
  });

  test('a tape that watches no variables by itself sees those read after watch, also after an assignment', () => {
    const v = new tf.Variable(2);
    const tape = new GradientTape({ watchAccessedVariables: false });
    const y = tape.run(() => {
      const unseen = v.mul(100);
      tape.watch(v);
      v.assign(7);
      return v.mul(v).add(unseen);
    });
    expect(item(tape.gradient(y, v))).toBe(14);
  });

  test('a frozen variable and a constant are not watched; their gradients are null, or zeros on demand', () => {
    const frozen = new tf.Variable([1, 2], { trainable: false });
    const v = new tf.Variable([3, 4]);
    const tape = new GradientTape(true);
    const y = tape.run(() => v.mul(frozen));
    expect(tape.gradient(y, frozen)).toBeNull();
    expect(array(tape.gradient(y, frozen, { unconnectedGradients: 'zero' }))).toEqual([0, 0]);
    expect(array(tape.gradient(y, v))).toEqual([1, 2]);
  });

  test('watchedVariables lists them in the order of their creation, once, also after the gradient', () => {
    const [a, b] = [new tf.Variable(1), new tf.Variable(2)];
    const tape = new GradientTape();
    expect(tape.watchedVariables()).toEqual([]);
    const y = tape.run(() => b.mul(a).mul(b));
    const inOrder = (): boolean[] => tape.watchedVariables().map((v, i) => v === [a, b][i]);
    expect(inOrder()).toEqual([true, true]);
    tape.gradient(y, a);
    expect(inOrder()).toEqual([true, true]);
    tape.reset();
    expect(tape.watchedVariables()).toEqual([]);
  });
});

describe('watch', () => {
  test('takes nested structures, before and inside run', () => {
    const [a, b, d] = [c(2), c(3), c(4)];
    const tape = new GradientTape();
    tape.watch({ a, more: [b] });
    const y = tape.run(() => {
      tape.watch(d);
      return a.mul(b).mul(d);
    });
    expect(tape.gradient(y, [a, b, d]).map(item)).toEqual([12, 8, 6]);
  });

  test.each([[3], ['w'], [null], [undefined], [[1, 2]], [Symbol('s')], [new Float32Array(2)], [() => 1]])(
    'refuses %p and watches nothing of the same call',
    (bad) => {
      const x = c(1);
      const tape = new GradientTape();
      const watch = () => {
        tape.watch([x, bad] as never);
      };
      expect(watch).toThrow(tf.errors.InvalidArgumentError);
      expect(watch).toThrow(/Passed in object .* of type '\w+', not tf\.Tensor or tf\.Variable/s);
      const y = tape.run(() => x.mul(2));
      expect(tape.gradient(y, x)).toBeNull();
    },
  );

  test('watching a constant does not watch an equal literal', () => {
    const x = c(3);
    const tape = new GradientTape();
    tape.watch(x);
    const y = tape.run(() => c(2).mul(3).add(x));
    expect(item(tape.gradient(y, x))).toBe(1);
  });

  test('integers: five warnings in all, then silence; never a gradient', () => {
    const spy = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      jest.isolateModules(() => {
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- a library that has not warned yet
        const fresh = require('gradtape') as typeof tf;
        const tape = new fresh.GradientTape({ persistent: true });
        const i = fresh.constant([1, 2], 'int32');
        for (let k = 0; k < 8; k++) tape.watch(i);
        const y = tape.run(() => i.mul(i));
        expect(tape.gradient(y, i)).toBeNull();
        // Nothing is differentiable in an integer, not even itself.
        expect(tape.gradient(i, i)).toBeNull();
      });
      expect(spy.mock.calls.map(([text]) => text)).toEqual(
        Array.from(
          { length: 5 },
          () => 'The dtype of the watched tensor must be floating (e.g. tf.float32), got tf.int32',
        ),
      );
    } finally {
      spy.mockRestore();
    }
  });
});

describe('run', () => {
  test('returns what the function returns', () => {
    const result = { a: [c(1)], b: 'text' };
    expect(new GradientTape().run(() => result)).toBe(result);
    expect(new GradientTape().run(() => undefined)).toBeUndefined();
  });

  test('a Promise is a TypeError that says why, and the tape no longer records', async () => {
    const tape = new GradientTape();
    const run = () => tape.run(async () => Promise.resolve(1));
    expect(run).toThrow(TypeError);
    expect(run).toThrow(/GradientTape\.run: the callback returned a Promise/);
    // A rejected one does not become an unhandled rejection besides.
    expect(() => tape.run(async () => Promise.reject(new Error('late')))).toThrow(TypeError);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(() => tape.stopRecording(() => 1)).toThrow('not recording');
    expect(() => tape.run(() => tape.stopRecording(async () => Promise.resolve(1)))).toThrow(
      /GradientTape\.stopRecording: the callback returned a Promise/,
    );
  });

  test('needs a function; options are checked', () => {
    expect(() => new GradientTape().run(3 as never)).toThrow(TypeError);
    expect(() => new GradientTape({ persistant: true } as never)).toThrow(
      /no option 'persistant'; it takes persistent, watchAccessedVariables/,
    );
  });

  test('an error in the body passes through and leaves no tape recording', () => {
    const v = new tf.Variable(3);
    const [outer, inner] = [new GradientTape(), new GradientTape()];
    expect(() =>
      outer.run(() => {
        inner.run(() => {
          throw new RangeError('mine');
        });
      }),
    ).toThrow(new RangeError('mine'));
    const later = v.mul(v);
    expect(outer.gradient(later, v)).toBeNull();
    expect(inner.gradient(later, v)).toBeNull();
  });

  test('tapes may overlap without nesting', () => {
    const v = new tf.Variable(3);
    const [a, b] = [new GradientTape(), new GradientTape()];
    // b starts inside a and goes on after it.
    const [first, second] = a.run(() => [v.mul(v), b.run(() => v.mul(2))]);
    const third = b.run(() => second.mul(v));
    expect(item(a.gradient(first, v))).toBe(6);
    expect(item(b.gradient(third, v))).toBe(12);
  });
});

describe('stopRecording and reset', () => {
  test('the tape records again after the gap, also when the gap throws', () => {
    const v = new tf.Variable(3);
    const tape = new GradientTape();
    const y = tape.run(() => {
      expect(() =>
        tape.stopRecording(() => {
          throw new RangeError('mine');
        }),
      ).toThrow(RangeError);
      return v.mul(v);
    });
    expect(item(tape.gradient(y, v))).toBe(6);
  });

  test('stops one tape only', () => {
    const v = new tf.Variable(3);
    const [outer, inner] = [new GradientTape(), new GradientTape()];
    const y = outer.run(() => inner.run(() => inner.stopRecording(() => v.mul(v))));
    expect(inner.gradient(y, v)).toBeNull();
    expect(item(outer.gradient(y, v))).toBe(6);
  });

  test('reset makes a used tape usable', () => {
    const v = new tf.Variable(3);
    const tape = new GradientTape();
    tape.gradient(
      tape.run(() => v.mul(v)),
      v,
    );
    tape.reset();
    const y = tape.run(() => v.mul(v).mul(v));
    expect(item(tape.gradient(y, v))).toBe(27);
  });

  test('a used tape that is run again starts afresh', () => {
    const v = new tf.Variable(3);
    const tape = new GradientTape();
    const first = tape.run(() => v.mul(v));
    tape.gradient(first, v);
    const y = tape.run(() => v.mul(first));
    expect(item(tape.gradient(y, v))).toBe(9);
  });
});

describe('gradient', () => {
  test('non-persistent and inside the block: what follows is not recorded', () => {
    const v = new tf.Variable(3);
    const tape = new GradientTape();
    tape.run(() => {
      expect(item(tape.gradient(v.mul(v), v))).toBe(6);
      expect(() => tape.gradient(v.mul(v), v)).toThrow(
        'can only be used to compute one set of gradients (or jacobians)',
      );
      expect(() => tape.stopRecording(() => 1)).toThrow('not recording');
    });
  });

  test('before anything was recorded it says so', () => {
    const v = new tf.Variable(3);
    expect(() => new GradientTape().gradient(v, v)).toThrow(tf.errors.FailedPreconditionError);
    expect(() => new GradientTape(true).jacobian(v, v)).toThrow('compute the target inside tape.run');
  });

  test('a refused call leaves the tape as it was', () => {
    const v = new tf.Variable([3, 4]);
    const tape = new GradientTape();
    const y = tape.run(() => v.mul(v));
    expect(() => tape.gradient(y, [v, 3 as never])).toThrow(TypeError);
    expect(() => tape.gradient(y, v, { outputGradients: [1, 2, 3] })).toThrow(tf.errors.InvalidArgumentError);
    expect(() => tape.gradient(y, v, { unconnectedGradients: 'foo' as never })).toThrow(
      "Unknown value for unconnectedGradients: 'foo'",
    );
    expect(() => tape.gradient(y, v, { weights: 1 } as object)).toThrow("no option 'weights'");
    expect(() => tape.batchJacobian(y, v)).toThrow('must have rank at least 2');
    expect(array(tape.gradient(y, v))).toEqual([6, 8]);
  });

  test('outputGradients may stand in the options slot by themselves, and follow the targets', () => {
    const v = new tf.Variable([3, 4]);
    const run = (f: (tape: tf.GradientTape, a: tf.Tensor, b: tf.Tensor) => unknown) => {
      const tape = new GradientTape();
      const [a, b] = tape.run(() => [v.mul(v), v.mul(2)]);
      return array(f(tape, a, b));
    };
    expect(run((tape, a) => tape.gradient(a, v, [1, 10]))).toEqual([6, 80]);
    expect(run((tape, a) => tape.gradient(a, v, c([1, 10])))).toEqual([6, 80]);
    expect(run((tape, a, b) => tape.gradient([a, b], v, [[1, 10], c([100, 1000])]))).toEqual([206, 2080]);
    const weights = { b: [100, 1000], a: [1, 10] };
    expect(run((tape, a, b) => tape.gradient({ a, b }, v, { outputGradients: weights }))).toEqual([
      206, 2080,
    ]);
    expect(() => run((tape, a, b) => tape.gradient([a, b], v, [[1, 10]]))).toThrow('an array of 2');
    expect(() => run((tape, a, b) => tape.gradient({ a, b }, v, { outputGradients: { a: 1 } }))).toThrow(
      'an object of a, b',
    );
    expect(() =>
      run((tape, a, b) => tape.gradient({ a, b }, v, { outputGradients: { a: 1, d: 1 } })),
    ).toThrow('an object of a, b');
  });

  test('a target that is a source has an influence on itself, watched or not', () => {
    const [x, v, frozen] = [c([1, 2]), new tf.Variable(3), new tf.Variable(4, { trainable: false })];
    const tape = new GradientTape(true);
    tape.run(() => v.mul(2));
    expect(array(tape.gradient(x, x))).toEqual([1, 1]);
    expect(array(tape.gradient(x, x, { outputGradients: [5, 6] }))).toEqual([5, 6]);
    expect(item(tape.gradient(v, v))).toBe(1);
    expect(item(tape.gradient([frozen, frozen], frozen))).toBe(2);
    v.assign(9);
    expect(item(tape.gradient(v, v))).toBe(1);
  });

  test('an intermediate source does not cut the way to what lies before it', () => {
    const x = c(3);
    const tape = new GradientTape();
    tape.watch(x);
    const [y, z] = tape.run(() => {
      const y = x.mul(x);
      return [y, y.mul(y)];
    });
    expect(tape.gradient(z, [y, x]).map(item)).toEqual([18, 108]);
  });

  test('the target may be a variable: what was assigned to it does not count', () => {
    const [x, v] = [new tf.Variable(3), new tf.Variable(0)];
    const tape = new GradientTape();
    tape.run(() => v.assign(x.mul(2)));
    expect(tape.gradient(v, x)).toBeNull();
  });

  test('integer results of an op carry no gradient, its floating ones do', () => {
    const x = c([1, 5, 3]);
    const tape = new GradientTape(true);
    tape.watch(x);
    const y = tape.run(() => tf.cast(x, 'int32'));
    expect(tape.gradient([y, x], x)).not.toBeNull();
    expect(array(tape.gradient([y, x], x))).toEqual([1, 1, 1]);
  });

  test('different dtypes meet through casts', () => {
    const x = c([1, 2]);
    const tape = new GradientTape();
    tape.watch(x);
    const y = tape.run(() => {
      const wide = tf.cast(x, 'float64');
      return [wide.mul(wide), x.mul(3)];
    });
    const g = tape.gradient(y, x) as tf.Tensor;
    expect(g.dtype).toBe('float32');
    expect(g.array()).toEqual([5, 7]);
  });

  test('long chains neither overflow the stack nor slow down', () => {
    const x = c(1, 'float64');
    const tape = new GradientTape();
    tape.watch(x);
    const y = tape.run(() => {
      let y = x;
      for (let k = 0; k < 20000; k++) y = y.mul(1.0001);
      return y;
    });
    expect(item(tape.gradient(y, x))).toBeCloseTo(1.0001 ** 20000, 6);
  });
});

describe('nested tapes', () => {
  const nth = (n: number, f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor => {
    if (n === 0) return f(x);
    const tape = new GradientTape();
    tape.watch(x);
    const y = tape.run(() => nth(n - 1, f, x));
    return tape.gradient(y, x, { unconnectedGradients: 'zero' }) as tf.Tensor;
  };

  test('any order: the n-th derivative of exp(2x) is 2ⁿ exp(2x)', () => {
    const x = c(0.5, 'float64');
    for (let n = 0; n <= 7; n++) {
      expect(item(nth(n, (x) => tf.exp(x.mul(2)), x))).toBeCloseTo(2 ** n * Math.E, 10);
    }
  });

  test('an outer tape that starts first, an inner one per step: one gradient through three of them', () => {
    // Three steps of gradient descent on (w − t)² from w; the derivative of the result with respect to t.
    const [w, t] = [c(0, 'float64'), c(1, 'float64')];
    const outer = new GradientTape();
    outer.watch(t);
    const last = outer.run(() => {
      let now = w;
      for (let k = 0; k < 3; k++) {
        const at = now;
        const inner = new GradientTape();
        inner.watch(at);
        const loss = inner.run(() => tf.square(at.sub(t)));
        now = at.sub((inner.gradient(loss, at) as tf.Tensor).mul(0.1));
      }
      return now;
    });
    expect(item(last)).toBeCloseTo(1 - 0.8 ** 3, 12);
    expect(item(outer.gradient(last, t))).toBeCloseTo(1 - 0.8 ** 3, 12);
  });

  test('mixed partial derivatives agree', () => {
    const [x, y] = [c(0.3, 'float64'), c(0.7, 'float64')];
    const mixed = (first: tf.Tensor, second: tf.Tensor) => {
      const [outer, inner] = [new GradientTape(), new GradientTape()];
      const g = outer.run(() => {
        outer.watch([x, y]);
        inner.watch([x, y]);
        return inner.gradient(
          inner.run(() => tf.sin(x.mul(y)).mul(tf.exp(x))),
          first,
        ) as tf.Tensor;
      });
      return item(outer.gradient(g, second)) as number;
    };
    expect(mixed(x, y)).toBeCloseTo(mixed(y, x), 14);
  });
});
