/** Compiled functions that call each other: a part of the caller's program, traced once for each signature. */
import * as tf from 'gradtape';

const x = tf.constant([1, 2, 3]);

test('a function called twice inside another is traced once', () => {
  let runs = 0;
  const inner = tf.function((t: tf.Tensor) => {
    runs++;
    return tf.multiply(tf.square(t), 2);
  });
  const f = tf.function((t: tf.Tensor) => tf.add(inner(t), inner(tf.add(inner(t), 1))));
  expect(f(x).array()).toEqual([20, 170, 740]);
  expect([runs, inner.experimentalGetTracingCount(), f.experimentalGetTracingCount()]).toEqual([1, 1, 1]);
  expect(f.program(x).steps.map((s) => s.kind)).toEqual(['segment']);
  // Outside as well.
  expect(inner(x).array()).toEqual([2, 8, 18]);
  expect(f(tf.ones([2])).array()).toEqual([20, 20]);
  expect([runs, inner.experimentalGetTracingCount()]).toEqual([2, 2]);
});

/** What two calls give, and what the variables are, with everything compiled, the outer function, or nothing. */
function same(
  make: (wrap: <F extends (...args: never[]) => unknown>(f: F) => F) => {
    f: (t: tf.Tensor) => unknown;
    variables: readonly tf.Variable[];
  },
): void {
  const run = (inner: boolean, outer: boolean): unknown => {
    tf.random.setSeed(3);
    const { f, variables } = make((g) => (inner ? tf.function(g as never) : g) as unknown as typeof g);
    const h = outer ? (tf.function(f) as typeof f) : f;
    return JSON.stringify([h(x), h(x), variables.map((v) => String(v.array()))]);
  };
  const want = run(false, false);
  expect(run(true, true)).toBe(want);
  expect(run(true, false)).toBe(want);
  expect(run(false, true)).toBe(want);
}

test('variables are read and assigned in program order', () => {
  same((wrap) => {
    const [v, w] = [new tf.Variable([1, 1, 1]), new tf.Variable(2)];
    const g = wrap((t: tf.Tensor): tf.Tensor => {
      v.assign(tf.add(v, tf.multiply(t, w)));
      w.assignAdd(1);
      return tf.add(v, w);
    });
    const f = (t: tf.Tensor): unknown => {
      const before = v.read();
      const a = g(t);
      v.assign(tf.multiply(v, 2));
      const b = g(a);
      return [before, a, b, v.read(), w.read(), tf.multiply(v, g(b))];
    };
    return { f, variables: [v, w] };
  });
});

test('optimizers, random numbers, checks, rows and control flow', () => {
  same((wrap) => {
    const [v, rows] = [new tf.Variable([1, 1, 1]), new tf.Variable(tf.zeros([3, 2]))];
    const optimizer = new tf.keras.optimizers.Adam({ learningRate: 0.5, gradientAccumulationSteps: 2 });
    optimizer.build([v]);
    const g = wrap((t: tf.Tensor): tf.Tensor => {
      const tape = new tf.GradientTape();
      const loss = tape.run(() => tf.reduceSum(tf.square(tf.subtract(tf.multiply(v, t), 1))));
      optimizer.applyGradients([[tape.gradient(loss, v), v]]);
      rows.scatterAdd(new tf.IndexedSlices(tf.ones([1, 2]), tf.constant([1], 'int32')));
      tf.debugging.assertGreater(tf.reduceSum(t), -100);
      const noise = tf.random.uniform([3]);
      return tf.cond(
        tf.greater(loss, 1),
        () => tf.add(v, noise),
        () => tf.subtract(v, noise),
      );
    });
    const f = (t: tf.Tensor): unknown => [g(t), g(tf.multiply(t, 0.5)), tf.reduceSum(rows), v.read()];
    return { f, variables: [v, rows, ...optimizer.variables] };
  });
});

test('gradients of tapes inside, around the call and around all', () => {
  const c = tf.constant([0.5, 0.25, 2]);
  same((wrap) => {
    const v = new tf.Variable([2, 3, 4]);
    const g = wrap((t: tf.Tensor): tf.Tensor => {
      const tape = new tf.GradientTape();
      tape.watch(t);
      const y = tape.run(() => tf.reduceSum(tf.multiply(tf.multiply(tf.square(t), v), c)));
      v.assign(tf.add(v, 1));
      return tf.add(tape.gradient(y, t) as tf.Tensor, v);
    });
    const f = (t: tf.Tensor): unknown => {
      const tape = new tf.GradientTape({ persistent: true });
      tape.watch([t, c]);
      const y = tape.run(() => tf.add(g(t), g(tf.sin(t))));
      return [y, ...(tape.gradient(y, [t, v, c]) as tf.Tensor[])];
    };
    const around = (t: tf.Tensor): unknown => {
      const tape = new tf.GradientTape();
      tape.watch([t, c]);
      const y = tape.run(() => tf.multiply(g(t), g(t)));
      return [...(f(t) as tf.Tensor[]), ...(tape.gradient(y, [t, v, c]) as tf.Tensor[])];
    };
    return { f: around, variables: [v] };
  });
});

test('a function that uses tensors of its caller, or has a custom gradient', () => {
  same((wrap) => ({
    f: (t: tf.Tensor) => {
      const double = tf.multiply(t, 2);
      const g = wrap((u: tf.Tensor): tf.Tensor => tf.add(tf.multiply(u, t), double));
      return [g(t), g(double)];
    },
    variables: [],
  }));
  same((wrap) => {
    const clipped = tf.customGradient((t: tf.Tensor) => {
      const root = tf.sqrt(t);
      return [root, (dy: tf.Tensor) => tf.multiply(dy, root)];
    });
    const g = wrap((t: tf.Tensor): tf.Tensor => tf.multiply(clipped(t), 3));
    const f = (t: tf.Tensor): unknown => {
      const tape = new tf.GradientTape();
      tape.watch(t);
      const y = tape.run(() => tf.multiply(g(t), g(tf.add(t, 1))));
      return [y, tape.gradient(y, t)];
    };
    return { f, variables: [] };
  });
});

test('concrete arguments, and structures', () => {
  const g = tf.function((o: { t: tf.Tensor; n: tf.Tensor }, k: number) => ({
    y: tf.multiply(o.t, k),
    r: tf.range(o.n as never),
  }));
  const f = tf.function((t: tf.Tensor) => [
    g({ t, n: tf.constant(2, 'int32') }, 3),
    g({ t, n: tf.constant(3, 'int32') }, 3),
  ]);
  expect(JSON.parse(JSON.stringify(f(x)))).toEqual([
    { y: [3, 6, 9], r: [0, 1] },
    { y: [3, 6, 9], r: [0, 1, 2] },
  ]);
  expect(f.program(x).steps.map((s) => s.kind)).toEqual(['segment']);
});

test('variables that the inner function creates', () => {
  let made = 0;
  const layer = (): ((t: tf.Tensor) => tf.Tensor) => {
    let w: tf.Variable | null = null;
    return tf.function((t: tf.Tensor) => {
      if (w === null) {
        made++;
        w = new tf.Variable(tf.ones([3]));
      }
      return tf.multiply(t, w);
    });
  };
  const [a, b] = [layer(), layer()];
  const f = tf.function((t: tf.Tensor) => b(a(a(t))));
  expect(f(x).array()).toEqual([1, 2, 3]);
  expect(made).toBe(2);
  const bad = tf.function((t: tf.Tensor) => tf.add(t, new tf.Variable(1)));
  expect(() => tf.function((t: tf.Tensor) => bad(t))(x)).toThrow(/only supports singleton tf.Variables/);
});

test('an inner function whose shapes depend on values', () => {
  const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const g = tf.function((t: tf.Tensor) => tf.booleanMask(t, tf.greater(t, 1)));
  const f = tf.function((t: tf.Tensor) => tf.reduceSum(g(tf.add(t, 0))));
  expect(f(x).item()).toBe(5);
  expect(f.program(x).steps).toMatchObject([{ kind: 'eager', name: 'booleanMask' }]);
  warnings.mockRestore();
});
