/** Functions in which a shape or a branch depends on values: they run op by op, as the plain function does. */
import * as tf from 'gradtape';

const tensor = (g: unknown): tf.Tensor => {
  expect(g).toBeInstanceOf(tf.Tensor);
  return g as tf.Tensor;
};

type F = (...args: tf.Tensor[]) => unknown;

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  jest.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)));
});
afterEach(() => void jest.restoreAllMocks());

const plain = (structure: unknown): unknown => JSON.parse(JSON.stringify(structure)) as unknown;

/** Calls the function with each list of arguments, three times around, and compares with what it gives eagerly. */
function same(f: F, calls: readonly tf.Tensor[][]): tf.CompiledFunction<tf.Tensor[], unknown> {
  const g = tf.function(f);
  for (let round = 0; round < 3; round++)
    for (const args of calls) expect(plain(g(...args))).toEqual(plain(f(...args)));
  return g;
}

const x = tf.constant([3, -1, 4, -1, 5, -9, 2, 6]);
const y = tf.constant([1, 2, -3, 4, 5, 6, 7, 8]);
const none = tf.fill([8], -1);
const positive = (t: tf.Tensor): tf.Tensor => tf.booleanMask(t, tf.greater(t, 0));

describe('ops whose result shapes depend on values', () => {
  test('booleanMask, where, at', () => {
    const calls = [[x], [y], [none]];
    same((t) => tf.add(positive(tf.multiply(t, 2)), 1), calls);
    same((t) => tf.where(tf.greater(t, 0)), calls);
    same((t) => t.at(tf.less(t, 0)), calls);
    // Twice, with a number of elements that the function itself computes with.
    const f = same((t) => {
      const p = positive(t);
      const rest = tf.booleanMask(p, tf.greater(p, 2));
      return [
        p.shape[0],
        tf.multiply(tf.reduceSum(rest), p.shape[0]),
        tf.reshape(p, [1, p.shape[0]]),
        t,
        rest,
      ];
    }, calls);
    expect(f.experimentalGetTracingCount()).toBe(1);
  });

  test('later ops may accept results whose shapes were unknown before', () => {
    const kept: F = (t, u) => {
      const a = tf.exp(tf.multiply(u, 0.1));
      const b = tf.add(a, u);
      const p = positive(t);
      const q = positive(tf.add(u, p.shape[0]));
      if (p.shape[0] === 5) return tf.reduceSum(p);
      if (p.shape[0] === 6) return [b, q];
      return [a, tf.reduceSum(q), u];
    };
    same(kept, [
      [x, y],
      [x, y],
      [tf.abs(y), x],
      [y, x],
      [none, x],
      [x, none],
    ]);
  });

  test('the plain function runs at each call; functions that it calls stay compiled', () => {
    let [runs, inner] = [0, 0];
    const square = tf.function((t: tf.Tensor) => {
      inner++;
      return tf.square(t);
    });
    const f = tf.function((t: tf.Tensor) => {
      runs++;
      return tf.reduceSum(positive(square(t)));
    });
    for (let i = 0; i < 5; i++) expect(f(x).item()).toBe(173);
    // Once more to find out.
    expect([runs, inner, f.experimentalGetTracingCount()]).toEqual([6, 1, 1]);
    expect(square.program(x).steps.map((s) => s.kind)).toEqual(['segment']);
  });

  test('one warning names the function, the op and the line', async () => {
    const f = tf.function(function halves(t: tf.Tensor) {
      return positive(t);
    });
    for (const t of [x, y, none, tf.zeros([3])]) f(t);
    await f.async(x);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^tf.function 'halves' is not compiled, it runs op by op at each call: \[booleanMask\] the shape of its result depends on values \(.*op_by_op.test.ts:\d+:\d+\)/,
    );
  });

  test('an error in the function that is not about shapes is one', () => {
    const f = tf.function((t: tf.Tensor) => {
      try {
        return positive(t);
      } catch (error) {
        throw new Error('of the function itself', { cause: error });
      }
    });
    // What the trace threw is not what a run throws.
    expect(plain(f(x))).toEqual([3, 4, 5, 2, 6]);
    expect(() => tf.function(() => positive(null as never))()).toThrow(TypeError);
  });

  test('variables keep program order', () => {
    const run = (wrap: <T>(f: T) => T): unknown => {
      const v = new tf.Variable(1);
      const w = new tf.Variable(tf.zeros([8]));
      const f = wrap((t: tf.Tensor): tf.Tensor[] => {
        const before = v.read();
        v.assignAdd(1);
        const p = positive(tf.multiply(t, v));
        w.assign(tf.add(w, t));
        const q = positive(w.read());
        v.assign(tf.multiply(v, tf.reduceSum(q)));
        return [before, v.read(), tf.reduceSum(p), w.read(), tf.multiply(before, v.read())];
      });
      const results = [x, y, x, none, y, x].map((t) => plain(f(t)));
      return [results, v.array(), w.array()];
    };
    expect(run((f) => tf.function(f as never) as never)).toEqual(run((f) => f));
  });

  test('variables created at the first call, before and after the op', () => {
    let v: tf.Variable | null = null;
    let w: tf.Variable | null = null;
    const f = tf.function((t: tf.Tensor) => {
      v ??= new tf.Variable(1);
      v.assignAdd(1);
      const p = positive(t);
      w ??= new tf.Variable(10);
      w.assignAdd(tf.reduceSum(p));
      return [v.read(), w.read()];
    });
    expect(plain(f(x))).toEqual([2, 30]);
    expect(plain(f(x))).toEqual([3, 50]);
    expect(plain(f(y))).toEqual([4, 83]);
    expect(f.experimentalGetTracingCount()).toBe(1);
    const again = tf.function((t: tf.Tensor) => {
      const p = positive(t);
      return tf.add(new tf.Variable(1), tf.reduceSum(p));
    });
    expect(() => [again(x), again(x)]).toThrow(/only supports singleton tf.Variables/);
  });

  const makers = (): F => {
    let v: tf.Variable | null = null;
    let w: tf.Variable | null = null;
    return (t) => {
      v ??= new tf.Variable(1);
      v.assignAdd(1);
      const p = positive(t);
      w ??= new tf.Variable(10);
      w.assignAdd(tf.reduceSum(p));
      const q = positive(p);
      return [v.read(), w.read(), tf.reduceSum(q)];
    };
  };

  test('the same if the function is first traced by other means', async () => {
    const eager = makers();
    const want = [x, x, y, x].map((t) => plain(eager(t)));
    const first: ((f: tf.CompiledFunction<tf.Tensor[], unknown>) => unknown)[] = [
      (f) => f.program(x),
      (f) => [f.program(x), f.program(tf.zeros([3]))],
      (f) => f.getConcreteFunction(new tf.TensorSpec([8])),
    ];
    for (const look of first) {
      const f = tf.function(makers());
      look(f);
      expect([x, x, y, x].map((t) => plain(f(t)))).toEqual(want);
    }
    const later = tf.function(makers());
    expect(plain([await later.async(x), later(x), await later.async(y), later(x)])).toEqual(want);
    const several = tf.function(makers());
    expect(plain(await Promise.all([x, x, y, x].map((t) => several.async(t))))).toEqual(want);
    // Under several tapes nothing runs at the first trace.
    const taped = tf.function(makers());
    const [outer, inner] = [new tf.GradientTape(), new tf.GradientTape()];
    const values = outer.run(() => inner.run(() => taped(x)));
    expect(plain([values, taped(x), taped(y), taped(x)])).toEqual(want);
  });

  test('variables created after the op at every call, whatever came first', async () => {
    const make = (): tf.CompiledFunction<tf.Tensor[], unknown> =>
      tf.function((t: tf.Tensor) => {
        const p = positive(t);
        return tf.add(new tf.Variable(1), tf.reduceSum(p));
      });
    const a = make();
    a.program(x);
    expect(() => [a(x), a(x)]).toThrow(/only supports singleton tf.Variables/);
    const b = make();
    await expect(Promise.all([b.async(x), b.async(x)])).rejects.toThrow(
      /only supports singleton tf.Variables/,
    );
    // In a branch that the first call did not take.
    let v: tf.Variable | null = null;
    const c = tf.function((t: tf.Tensor) => {
      const p = positive(t);
      return p.shape[0] < 6 ? p : tf.multiply(p, (v ??= new tf.Variable(2)));
    });
    c(x);
    expect(() => c(y)).toThrow(/only supports singleton tf.Variables/);
  });

  test('random numbers are those of eager mode', () => {
    const run = (wrap: <T>(f: T) => T): unknown => {
      tf.random.setSeed(3);
      const f = wrap((t: tf.Tensor) => {
        const noise = tf.random.uniform([8], { seed: 1 });
        const p = positive(tf.subtract(tf.add(t, noise), 0.5));
        return [noise, p, tf.random.normal(p.shape, { seed: 2 })];
      });
      return [x, x, y, x].map((t) => plain(f(t)));
    };
    expect(run((f) => tf.function(f as never) as never)).toEqual(run((f) => f));
  });

  test('errors in the data', () => {
    const f = tf.function((t: tf.Tensor, i: tf.Tensor) => tf.gather(positive(t), i));
    const index = tf.constant([4], 'int32');
    for (let k = 0; k < 3; k++) {
      expect(f(x, index).array()).toEqual([6]);
      expect(() => f(none, index)).toThrow(/is not in \[0, 0\)/);
    }
    // It may do something else each time, and catch errors.
    let odd = false;
    const g = tf.function((t: tf.Tensor) => positive(odd ? tf.square(t) : t));
    g(x);
    odd = true;
    expect(g(y).shape).toEqual([8]);
    const h = tf.function((t: tf.Tensor) => {
      try {
        return tf.gather(positive(t), 7);
      } catch {
        return t;
      }
    });
    expect(tf.add(h(x), 1).array()).toEqual(tf.add(x, 1).array());
  });

  test('tensors leaked by a call are usable, those leaked by the trace are out of scope', () => {
    const leaked: tf.Tensor[] = [];
    const f = tf.function((t: tf.Tensor) => {
      leaked.push(tf.square(t));
      return positive(t);
    });
    f(x);
    expect(() => tf.add(leaked[0], 1)).toThrow(/is out of scope/);
    expect(leaked[1].array()).toEqual(tf.square(x).array());
  });
});

describe('gradients', () => {
  const loss: F = (t, u) => {
    const p = positive(tf.multiply(t, u));
    return tf.reduceSum(tf.multiply(tf.square(p), tf.log(p)));
  };
  const calls = [
    [x, y],
    [y, x],
    [x, tf.identity(x)],
    [none, x],
  ];

  test('a tape inside', () => {
    same((t, u) => {
      const tape = new tf.GradientTape();
      tape.watch(t);
      tape.watch(u);
      const value = tape.run(() => loss(t, u)) as tf.Tensor;
      return [value, ...tape.gradient(value, [t, u]).map(tensor)];
    }, calls);
  });

  test('a tape outside, to the second order', () => {
    const f = tf.function(loss);
    for (let round = 0; round < 3; round++) {
      for (const [t, u] of calls) {
        const [got, want] = [f, loss].map((g) => {
          const outer = new tf.GradientTape({ persistent: true });
          outer.watch(t);
          outer.watch(u);
          const first = outer.run(() => {
            const tape = new tf.GradientTape();
            tape.watch(t);
            tape.watch(u);
            const value = tape.run(() => g(t, u)) as tf.Tensor;
            return tape.gradient(value, [t, u]).map(tensor);
          });
          return [...first, ...outer.gradient(tf.reduceSum(tf.add(first[0], first[1])), [t, u])].map(plain);
        });
        expect(got).toEqual(want);
      }
    }
  });

  test('a captured tensor', () => {
    const c = tf.constant([1, 2, 3, 4, 5, 6, 7, 8]);
    const mask = tf.constant([true, false, true, true, false, true, true, false]);
    const f: F = (t) => {
      const p = positive(tf.multiply(t, c));
      const q = tf.booleanMask(c, mask);
      return tf.add(tf.reduceSum(tf.square(p)), tf.multiply(tf.reduceSum(p), tf.reduceSum(tf.exp(q))));
    };
    const g = tf.function(f);
    for (let round = 0; round < 3; round++) {
      for (const t of [x, y]) {
        const [got, want] = [g, f].map((h) => {
          const tape = new tf.GradientTape();
          tape.watch(c);
          const value = tape.run(() => h(t)) as tf.Tensor;
          return plain(tape.gradient(value, c));
        });
        expect(got).toEqual(want);
      }
    }
  });

  test('a training step', () => {
    const run = (wrap: <T>(f: T) => T): unknown => {
      const w = new tf.Variable([[1], [-1], [0.5]]);
      const b = new tf.Variable([0.25]);
      const optimizer = new tf.keras.optimizers.Adam(0.1);
      const step = wrap((inputs: tf.Tensor, mask: tf.Tensor) => {
        const tape = new tf.GradientTape();
        const value = tape.run(() => {
          const out = tf.add(tf.matmul(inputs, w), b);
          const kept = tf.booleanMask(out, mask);
          return tf.reduceMean(tf.square(tf.add(kept, b)));
        });
        const [dw, db] = tape.gradient(value, [w, b]);
        optimizer.applyGradients([
          [dw, w],
          [db, b],
        ]);
        return value;
      });
      const inputs = tf.reshape(tf.range(12), [4, 3]).cast('float32');
      const masks = [0b1010, 0b1110, 0b0001, 0b0101, 0b1111, 0b1110, 0b0001];
      const losses = masks.map((m) =>
        step(inputs, tf.constant([0, 1, 2, 3].map((i) => ((m >> i) & 1) === 1))).item(),
      );
      return [losses, w.array(), b.array()];
    };
    expect(run((f) => tf.function(f as never) as never)).toEqual(run((f) => f));
  });
});

describe('control flow', () => {
  test('cond with branches of different shapes', () => {
    const calls = [[x], [y], [none], [tf.negative(x)]];
    same(
      (t) =>
        tf.cond(
          tf.greater(tf.reduceSum(t), 0),
          () => positive(t),
          () => tf.square(t),
        ),
      calls,
    );
    same(
      (t) =>
        tf.cond(
          tf.greater(tf.reduceSum(t), 0),
          () => tf.zeros([2]),
          () => t,
        ),
      calls,
    );
    same((t) => {
      const grown = tf.cond(
        tf.greater(tf.reduceSum(t), 0),
        () =>
          tf.cond(
            tf.greater(tf.reduceSum(t), 10),
            () => positive(t),
            () => tf.concat([t, t], 0),
          ),
        () => t,
      );
      return tf.reduceSum(tf.square(grown));
    }, calls);
    same(
      (t) =>
        tf.switchCase(tf.cast(tf.floormod(tf.reduceSum(t), 3), 'int32'), [
          () => t,
          () => positive(t),
          () => tf.zeros([]),
        ]),
      calls,
    );
  });

  test('whileLoop: in the body, in the condition, nested', () => {
    const calls = [[x], [y], [none]];
    same((t) => {
      const [rest, n] = tf.whileLoop(
        (s: tf.Tensor, _: tf.Tensor) => tf.greater(tf.reduceSum(positive(s)), 0),
        (s, n) => [tf.subtract(s, 1), tf.add(n, tf.reduceSum(positive(s)))],
        [t, tf.constant(0)],
      );
      return [rest, n];
    }, calls);
    same(
      (t) =>
        tf.whileLoop(
          (i: tf.Tensor, _: tf.Tensor) => tf.less(i, tf.reduceSum(t)),
          (i, s) => [
            tf.add(i, 2),
            tf.cond(
              tf.greater(i, 4),
              () => tf.reduceSum(positive(tf.subtract(t, i))),
              () => s,
            ),
          ],
          [tf.constant(0), tf.constant(0)],
        ),
      calls,
    );
  });

  test('with gradients', () => {
    same(
      (t) => {
        const tape = new tf.GradientTape();
        tape.watch(t);
        const value = tape.run(() => {
          const [s] = tf.whileLoop(
            (s: tf.Tensor) => tf.less(tf.reduceSum(s), 100),
            (s) => [tf.add(s, tf.reduceSum(tf.square(positive(s))))],
            [t],
          );
          return tf.cond(
            tf.greater(tf.reduceSum(s), 150),
            () => positive(s),
            () => tf.multiply(s, s),
          );
        });
        return [value, tensor(tape.gradient(value, t))];
      },
      [[x], [y], [tf.multiply(y, 10)]],
    );
  });
});

describe('arguments that are tensors', () => {
  test('shapes, counts, axes and bounds', () => {
    const counts = [2, 3, 2, 4].map((n) => [tf.constant(n, 'int32'), tf.range(12)]);
    same((n) => tf.range(n), counts);
    same((n) => tf.oneHot(tf.constant([0, 1], 'int32'), n as never), counts);
    same((n, t) => tf.reshape(t, tf.stack([n, tf.floordiv(12, n)])), counts);
    same((n) => tf.fill(tf.stack([n, n]), 7), counts);
    same((n, t) => tf.slice(t, tf.expandDims(n, 0), [2]), counts);
    same((n, t) => tf.tile(t, tf.expandDims(n, 0)), counts);
    const v = new tf.Variable(3, { dtype: 'int32' });
    const f = tf.function(() => tf.range(v as never));
    expect(f().array()).toEqual([0, 1, 2]);
    v.assign(2);
    expect(f().array()).toEqual([0, 1]);
  });

  test('a position in at() is compiled', () => {
    const t = tf.reshape(tf.range(24), [2, 3, 4]);
    const calls = [0, 1, -1].map((i) => [t, tf.constant(i, 'int32')]);
    const gather = same(
      (u, i) => [u.at(i), u.at(0, i), u.at(':', i, '1:3'), u.at('...', i), u.at(i, '...', tf.newaxis, i)],
      calls,
    );
    expect(gather.program(...calls[0]).steps.map((s) => s.kind)).toEqual(['segment']);
    same((u, i) => [u.at([i, 0] as never), u.at(tf.newaxis, i, ':', i)], calls);
    expect(() => tf.function((u: tf.Tensor, i: tf.Tensor) => u.at(i))(t, tf.constant(2, 'int32'))).toThrow(
      tf.errors.InvalidArgumentError,
    );
  });

  test('a variable has no value while it is traced', () => {
    const v = new tf.Variable(3);
    for (const f of [() => v.item(), () => v.array(), () => v.data()] as (() => unknown)[])
      expect(() => tf.function(f)()).toThrow(/has no value yet/);
    expect(v.item()).toBe(3);
  });
});

describe('descriptions and warnings', () => {
  test('program() says that the function runs op by op, and why', () => {
    const f = tf.function(function halves(t: tf.Tensor) {
      return tf.reduceSum(tf.sqrt(positive(tf.multiply(t, 0.5))));
    });
    const { steps } = f.program(x);
    expect(steps).toEqual([
      {
        kind: 'eager',
        name: 'booleanMask',
        why: 'the shape of its result depends on values',
        line: expect.stringMatching(/op_by_op.test.ts:\d+:\d+$/) as string,
      },
    ]);
    expect(String(f.program(x))).toMatch(
      /not compiled, runs op by op: booleanMask \(the shape of its result depends on values, .*op_by_op.test.ts:/,
    );
    expect(f.program(x).toDot()).toMatch(/"op by op: booleanMask", style=dashed/);
    expect(f.profile([x], 3).map((r) => r.name)).toEqual(['halves, op by op']);
    const g = tf.function((n: tf.Tensor) => tf.range(n as never));
    expect(String(g.program(tf.constant(3, 'int32')))).toMatch(
      /range \(an argument that is a tensor decides the shape of its result/,
    );
    const h = tf.function((t: tf.Tensor) =>
      tf.cond(
        tf.greater(tf.reduceSum(t), 0),
        () => t,
        () => tf.concat([t, t], 0),
      ),
    );
    expect(String(h.program(x))).toMatch(/cond \(the branches return different shapes as result 0/);
  });

  test('a concrete function', () => {
    const f = tf.function((t: tf.Tensor) => positive(t));
    const concrete = f.getConcreteFunction(new tf.TensorSpec([8]));
    expect([concrete.outputs, f.experimentalGetTracingCount()]).toEqual([null, 1]);
    expect(concrete(x).array()).toEqual([3, 4, 5, 2, 6]);
    expect(f.experimentalGetTracingCount()).toBe(1);
  });

  test('null dimensions in a signature are one trace', () => {
    const f = tf.function(
      (t: tf.Tensor) => tf.add(positive(tf.reshape(t, [-1])), t.shape[0]),
      [new tf.TensorSpec([null, 2])],
    );
    expect(f(tf.reshape(x, [4, 2])).array()).toEqual([7, 8, 9, 6, 10]);
    expect(f(tf.constant([[1, -1]])).array()).toEqual([2]);
    expect(f.experimentalGetTracingCount()).toBe(1);
  });
});
