/** Scans, folds and maps over many elements are loops of the compiled program. */
import * as tf from 'gradtape';

type F = (...args: tf.Tensor[]) => unknown;
const plain = (structure: unknown): unknown => JSON.parse(JSON.stringify(structure)) as unknown;
const tensor = (g: unknown): tf.Tensor => {
  expect(g).toBeInstanceOf(tf.Tensor);
  return g as tf.Tensor;
};

/** Equal but for the order in which gradients are summed. */
function expectClose(got: unknown, want: unknown): void {
  const [a, b] = [got, want].map((s) => JSON.stringify(s).split(/[[\],{}]+/));
  expect(a.length).toBe(b.length);
  a.forEach((text, i) => {
    const [x, y] = [Number(text), Number(b[i])];
    if (Number.isNaN(y)) expect(text).toBe(b[i]);
    else if (Math.abs(x - y) > 2e-5 * Math.max(1, Math.abs(y))) throw new Error(`${text} for ${b[i]}`);
  });
}

function same(f: F, calls: readonly tf.Tensor[][]): tf.CompiledFunction<tf.Tensor[], unknown> {
  const g = tf.function(f);
  for (const args of [...calls, ...calls]) expectClose(plain(g(...args)), plain(f(...args)));
  return g;
}

const noise = (shape: number[], seed: number): tf.Tensor =>
  tf.random.statelessNormal(shape, [seed, 0], { stddev: 0.5 });

describe.each([64, 97, 131])('%i elements', (n) => {
  const [a, b] = [noise([n, 3], 1), noise([n, 3], 2)];

  test('scan, foldl, foldr, mapFn', () => {
    const step = (s: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.tanh(tf.add(tf.multiply(s, 0.9), x));
    for (const reverse of [false, true]) {
      const f = same((x) => tf.scan(step, x, { reverse }), [[a], [b]]);
      // A part of the only segment, which repeats the instructions of 32 steps.
      const [segment, ...others] = f.program(a).steps;
      expect(others).toEqual([]);
      const names = segment.kind === 'segment' ? segment.ops.map(({ name }) => name) : [];
      expect(names.filter((name) => name.startsWith('scan ×'))).toEqual(n > 64 ? [`scan ×${n >> 5}`] : []);
      same((x) => tf.scan(step, x, { reverse, initializer: tf.ones([3]) }), [[a], [b]]);
    }
    same((x) => tf.foldl(step, x), [[a], [b]]);
    same((x) => tf.foldr(step, x, { initializer: tf.ones([3]) }), [[a], [b]]);
    same((x) => tf.mapFn((row: tf.Tensor) => tf.reduceSum(tf.square(row)), x), [[a], [b]]);
  });

  test('structures', () => {
    same(
      (x, y) =>
        tf.scan(
          (s: { p: tf.Tensor; q: tf.Tensor[] }, [u, v]: tf.Tensor[]) => ({
            p: tf.add(tf.multiply(s.p, 0.5), u),
            q: [tf.reduceSum(v), tf.add(s.q[1], 1)],
          }),
          [x, y] as never,
          { initializer: { p: tf.zeros([3]), q: [tf.constant(0), tf.constant(0, 'int32')] } },
        ),
      [[a, b]],
    );
    same((x, y) => tf.mapFn(([u, v]: tf.Tensor[]) => ({ sum: tf.add(u, v), list: [v] }), [x, y]), [[a, b]]);
  });

  test('gradients of all inputs, up to the second order, inside and outside', () => {
    const w = new tf.Variable(noise([3, 3], 5));
    const loss = (x: tf.Tensor, h: tf.Tensor, c: tf.Tensor): tf.Tensor => {
      const states = tf.scan(
        (s: tf.Tensor, row: tf.Tensor) =>
          tf.tanh(tf.add(tf.reshape(tf.matmul(tf.reshape(s, [1, 3]), w), [3]), tf.multiply(row, c))),
        x,
        { initializer: h },
      );
      return tf.reduceSum(
        tf.multiply(
          tf.square(states),
          tf.mapFn((row: tf.Tensor) => tf.multiply(row, c), x),
        ),
      );
    };
    const args = [a, noise([3], 6), noise([3], 7)];
    const first =
      (f: typeof loss) =>
      (x: tf.Tensor, h: tf.Tensor, c: tf.Tensor): tf.Tensor[] => {
        const tape = new tf.GradientTape();
        tape.watch([x, h, c]);
        const y = tape.run(() => f(x, h, c));
        return tape.gradient(y, [x, h, c, w]).map(tensor);
      };
    const second =
      (f: typeof loss) =>
      (x: tf.Tensor, h: tf.Tensor, c: tf.Tensor): tf.Tensor[] => {
        const tape = new tf.GradientTape();
        tape.watch([x, h, c]);
        const y = tape.run(() =>
          first(f)(x, h, c).reduce((sum, g) => tf.add(sum, tf.reduceSum(tf.square(g))), tf.constant(0)),
        );
        return tape.gradient(y, [x, h, c, w]).map(tensor);
      };
    for (const order of [first, second]) {
      const want = plain(order(loss)(args[0], args[1], args[2]));
      expectClose(plain(order(tf.function(loss))(args[0], args[1], args[2])), want);
      expectClose(plain(tf.function(order(loss))(args[0], args[1], args[2])), want);
    }
  });
});

test('variables are read and assigned step by step', () => {
  const run = (wrap: (f: F) => F): unknown => {
    const total = new tf.Variable([0, 0]);
    const steps = new tf.Variable(0, { dtype: 'int32' });
    const f = wrap((x) => {
      total.assignAdd([1, 1]);
      const y = tf.scan((s: tf.Tensor, row: tf.Tensor) => {
        steps.assignAdd(1);
        total.assign(tf.add(tf.multiply(total, 0.5), row));
        return tf.add(s, total);
      }, x);
      return [y, total.read(), steps.read()];
    });
    return [1, 2, 3].map((k) => [plain(f(noise([90, 2], k))), total.array(), steps.item()]);
  };
  expectClose(
    run((f) => tf.function(f)),
    run((f) => f),
  );
});

test('gradients of variables that are assigned in the loop', () => {
  const run = (wrap: <T>(f: T) => T): unknown => {
    const v = new tf.Variable([1, 2]);
    const f = wrap((x: tf.Tensor) => {
      v.assign([1, 2]);
      const y = tf.foldl((s: tf.Tensor, row: tf.Tensor) => {
        const next = tf.add(tf.multiply(s, 0.5), tf.multiply(v, row));
        v.assign(tf.multiply(tf.sin(next), 0.5));
        return next;
      }, x);
      return tf.reduceSum(tf.multiply(y, v));
    });
    const x = noise([80, 2], 4);
    const tape = new tf.GradientTape();
    tape.watch(x);
    const y = tape.run(() => f(x));
    return [plain(y), ...tape.gradient(y, [x, v]).map(plain)];
  };
  expectClose(
    run((f) => tf.function(f as never) as never),
    run((f) => f),
  );
});

test('random numbers, checks, masks and optimizers in the body', () => {
  const x = noise([70, 4], 9);
  const run = (wrap: (f: F) => F): unknown => {
    tf.random.setSeed(11);
    const noisy = wrap((t) =>
      tf.scan(
        (s: tf.Tensor, row: tf.Tensor) => tf.add(tf.add(s, row), tf.random.uniform([4], { seed: 3 })),
        t,
      ),
    );
    const masked = wrap((t) =>
      tf.mapFn((row: tf.Tensor) => tf.reduceSum(tf.booleanMask(row, tf.greater(row, 0))), t),
    );
    const w = new tf.Variable([1, 1, 1, 1]);
    const sgd = new tf.keras.optimizers.SGD(0.1);
    const train = wrap((t) =>
      tf.mapFn((row: tf.Tensor) => {
        const tape = new tf.GradientTape();
        const loss = tape.run(() => tf.square(tf.subtract(tf.reduceSum(tf.multiply(row, w)), 1)));
        sgd.applyGradients([[tape.gradient(loss, w), w]]);
        return loss;
      }, t),
    );
    const count = new tf.Variable(0);
    const checked = wrap((t) =>
      tf.foldl((s: tf.Tensor, row: tf.Tensor) => {
        count.assignAdd(1);
        tf.debugging.assertLess(tf.reduceSum(row), 1.4, 'too much');
        return tf.add(s, row);
      }, t),
    );
    let error = '';
    try {
      checked(x);
    } catch (e) {
      error = (e as Error).message;
    }
    return [noisy(x), noisy(x), masked(x), train(x), train(x), w, error, count].map(plain);
  };
  const want = run((f) => f);
  expect(JSON.stringify(want)).toMatch(/too much/);
  expectClose(
    run((f) => tf.function(f)),
    want,
  );
});

test('loops whose accumulators change shape are unrolled', () => {
  same((x) => tf.foldl((s: tf.Tensor, row: tf.Tensor) => tf.concat([s, row], 0), x), [[noise([70, 2], 3)]]);
});

test('ten thousand steps compile quickly', () => {
  const w = new tf.Variable(noise([8, 8], 5));
  const x = noise([10_000, 8], 1);
  const f = tf.function((t: tf.Tensor) => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() =>
      tf.reduceMean(
        tf.scan(
          (s: tf.Tensor, row: tf.Tensor) =>
            tf.tanh(tf.add(tf.reshape(tf.matmul(tf.reshape(s, [1, 8]), w), [8]), row)),
          t,
          { initializer: tf.zeros([8]) },
        ),
      ),
    );
    return [loss, tensor(tape.gradient(loss, w))];
  });
  const start = performance.now();
  const [loss] = f(x);
  expect(performance.now() - start).toBeLessThan(2500);
  expect(loss.shape).toEqual([]);
  expect(String(f.program(x)).split('\n').length).toBeLessThan(200);
});
