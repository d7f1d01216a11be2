/** In which order calls off the event loop see and change variables: as if each ran when it was made. */
import * as fc from 'fast-check';
import * as tf from 'gradtape';

test('a generator gives its numbers in call order, and is not to be used meanwhile', async () => {
  const draws = async (later: boolean): Promise<unknown[]> => {
    const g = tf.random.Generator.fromSeed(5);
    const f = tf.function((x: tf.Tensor) => [tf.add(g.normal([3]), x), g.uniform([2])]);
    const x = tf.constant(1);
    f(x);
    const list: tf.Tensor[][] = [];
    if (later) {
      const calls = [f.async(x), f.async(x), f.async(x)];
      expect(() => g.normal([1])).toThrow(tf.errors.FailedPreconditionError);
      list.push(...(await Promise.all(calls)));
    } else {
      for (let k = 0; k < 3; k++) list.push(f(x));
    }
    return [...list.map((r) => r.map((t) => t.array())), g.normal([2]).array()];
  };
  expect(await draws(true)).toEqual(await draws(false));
});

test('updates of rows and cuts: calls that change variables between parts run one at a time, in order', async () => {
  const run = async (later: boolean): Promise<unknown[]> => {
    const v = new tf.Variable([1, 2, 3, 4]);
    const f = tf.function((x: tf.Tensor) => {
      const big = tf.booleanMask(v, tf.greater(v, x));
      v.scatterAdd(new tf.IndexedSlices(tf.constant([10]), tf.constant([0], 'int32')));
      v.assign(tf.multiply(v, 2));
      return tf.reduceSum(big);
    });
    const sum = tf.function(() => tf.reduceSum(v));
    const results: tf.Tensor[] = [];
    for (let round = 0; round < 3; round++) {
      const calls = [1, 3, 2].flatMap((k) => {
        const x = tf.constant(k);
        return later ? [f.async(x), sum.async()] : [Promise.resolve(f(x)), Promise.resolve(sum())];
      });
      results.push(...(await Promise.all(calls)));
    }
    return [...results.map((t) => t.item()), v.array()];
  };
  expect(await run(true)).toEqual(await run(false));
});

/** Functions over three variables, and what plain code does to these in between. */
function world() {
  const [a, b, c] = [1, 2, 3].map((k) => new tf.Variable(tf.fill([40, 40], k)));
  const rows = new tf.Variable(tf.ones([4, 2]));
  const lines: string[] = [];
  const outputStream = (text: string): void => void lines.push(text);
  const scalar = (v: tf.Variable): tf.Tensor => tf.reduceMean(v);
  const functions = {
    move: tf.function((x: tf.Tensor) => {
      a.assign(tf.add(tf.multiply(tf.matmul(b, b), 1 / 40), x));
      return scalar(a);
    }),
    mix: tf.function((x: tf.Tensor) => {
      const before = b.read();
      b.assign(tf.multiply(tf.add(a, c), 0.25));
      return tf.add(tf.reduceMean(tf.multiply(before, x)), scalar(b));
    }),
    read: tf.function((x: tf.Tensor) => tf.multiply(tf.add(scalar(a), scalar(c)), x)),
    printed: tf.function((x: tf.Tensor) => {
      c.assignAdd(tf.fill([40, 40], 1));
      tf.print(scalar(c), x, { outputStream });
      c.assign(tf.multiply(c, 0.5));
      return scalar(c);
    }),
    checked: tf.function((x: tf.Tensor) => {
      a.assignAdd(tf.ones([40, 40]));
      tf.debugging.assertGreater(x, 1);
      a.assignSub(tf.fill([40, 40], 0.5));
      return scalar(a);
    }),
    scattered: tf.function((x: tf.Tensor) => {
      rows.scatterAdd(new tf.IndexedSlices(tf.fill([1, 2], 2), tf.cast(tf.reshape(x, [1]), 'int32')));
      return tf.add(tf.reduceSum(rows), scalar(b));
    }),
    cut: tf.function((x: tf.Tensor) => {
      const kept = tf.booleanMask(rows, tf.greater(tf.reduceSum(rows, 1), x));
      rows.assign(tf.multiply(rows, 0.75));
      return tf.reduceSum(kept);
    }),
  };
  return { functions, variables: [a, b, c, rows], lines };
}
type Name = keyof ReturnType<typeof world>['functions'];
const names = Object.keys(world().functions) as Name[];

const settled = async (p: Promise<tf.Tensor>): Promise<unknown> => {
  try {
    return (await p).item();
  } catch (error) {
    return (error as Error).name;
  }
};

const inTurn = (...list: Name[]): { name: Name; x: number; wait: boolean }[] =>
  list.map((name) => ({ name, x: 2, wait: false }));

test('any calls in flight give what the same calls give one by one', async () => {
  const call = fc.record({
    name: fc.constantFrom(...names),
    x: fc.integer({ min: 0, max: 3 }),
    wait: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 25 }), async (calls) => {
      const one = world();
      const expected: unknown[] = [];
      for (const { name, x } of calls) {
        expected.push(await settled((async () => Promise.resolve(one.functions[name](tf.constant(x))))()));
      }
      const other = world();
      const got: Promise<unknown>[] = [];
      for (const { name, x, wait } of calls) {
        const result = settled(other.functions[name].async(tf.constant(x)));
        got.push(result);
        if (wait && x === 0) await result;
      }
      expect(await Promise.all(got)).toEqual(expected);
      expect(other.lines).toEqual(one.lines);
      expect(other.variables.map((v) => v.array())).toEqual(one.variables.map((v) => v.array()));
      expect(other.variables.map((v) => v.claim)).toEqual([null, null, null, null]);
    }),
    {
      numRuns: 40,
      // The second mix waits for the first, while the one behind it that assigns what it reads does not.
      examples: [
        [inTurn('move', 'mix', 'mix', 'checked', 'read')],
        [inTurn('cut', 'mix', 'mix', 'move', 'checked', 'read')],
      ],
    },
  );
}, 120_000);

describe('the learning rate of an optimizer whose steps are in flight', () => {
  const { Adam, SGD } = tf.keras.optimizers;
  const makers = {
    SGD: () => new SGD(0.5),
    Adam: () => new Adam({ learningRate: 0.5, weightDecay: 0.1 }),
    accumulating: () => new SGD({ learningRate: 0.5, momentum: 0.5, gradientAccumulationSteps: 2 }),
  };

  test.each(Object.entries(makers))('what is assigned counts for later calls: %s', async (_, make) => {
    const run = async (later: boolean): Promise<unknown[]> => {
      const v = new tf.Variable(tf.ones([300]));
      const optimizer = make();
      const rate = optimizer.learningRate as tf.Variable;
      const step = tf.function((x: tf.Tensor) => {
        optimizer.applyGradients([[tf.multiply(x, v), v]]);
        optimizer.applyGradients([[tf.fill([300], x), v]]);
        return tf.reduceSum(v);
      });
      const rateOf = tf.function(() => rate.read());
      const results: Promise<tf.Tensor>[] = [];
      const call = (f: tf.CompiledFunction<never[], tf.Tensor>, ...args: never[]): void =>
        void results.push(later ? f.async(...args) : Promise.resolve(f(...args)));
      for (let k = 0; k < 8; k++) {
        call(step as never, tf.constant(k) as never);
        call(rateOf);
        optimizer.learningRate = 1 / (k + 1);
        if (k % 2 === 1) rate.assign(tf.multiply(rate, 0.5));
        expect((optimizer.learningRate as tf.Variable).item()).toBe(rate.item());
      }
      const values = await Promise.all(results);
      return [...values.map((t) => t.item()), v.array(), ...optimizer.variables.map((u) => u.toJSON())];
    };
    expect(await run(true)).toEqual(await run(false));
  });

  test.each(Object.entries(makers))('a schedule that takes its place does too: %s', async (_, make) => {
    const run = async (later: boolean): Promise<unknown[]> => {
      const v = new tf.Variable(tf.ones([300]));
      const optimizer = make();
      const step = tf.function((x: tf.Tensor) => {
        optimizer.applyGradients([[tf.multiply(x, v), v]]);
        return tf.reduceSum(v);
      });
      const results: Promise<tf.Tensor>[] = [];
      for (let k = 0; k < 8; k++) {
        const x = tf.constant(k);
        results.push(later ? step.async(x) : Promise.resolve(step(x)));
        if (k === 1) optimizer.learningRate = 0.125;
        if (k > 1) optimizer.learningRate = k % 2 ? { call: (n: number) => 0.25 / (n + k) } : () => 0.5 / k;
        if (k === 5) await Promise.all(results);
      }
      const values = await Promise.all(results);
      expect((optimizer.learningRate as tf.Tensor).item()).toBeCloseTo(0.25 / (8 + 7));
      return [...values.map((t) => t.item()), v.array(), ...optimizer.variables.map((u) => u.toJSON())];
    };
    expect(await run(true)).toEqual(await run(false));
  });

  test('a function that assigns it keeps it until it ends', async () => {
    const v = new tf.Variable(tf.ones([300]));
    const optimizer = new SGD(0.5);
    const rate = optimizer.learningRate as tf.Variable;
    const f = tf.function(() => {
      optimizer.applyGradients([[tf.ones([300]), v]]);
      rate.assign(tf.multiply(rate, 0.5));
      optimizer.applyGradients([[tf.ones([300]), v]]);
      return v.at(0);
    });
    f();
    const calls = [f.async(), f.async()];
    expect(() => (optimizer.learningRate = 1)).toThrow(tf.errors.FailedPreconditionError);
    expect((await Promise.all(calls)).map((t) => t.item())).toEqual([-0.125, -0.3125]);
    optimizer.learningRate = 1;
    expect(rate.item()).toBe(1);
  });
});

test('a variable that a function with cuts reads is not assigned while it is in flight', async () => {
  const v = new tf.Variable(1);
  const optimizer = new tf.keras.optimizers.SGD(0.5);
  const w = new tf.Variable(1);
  const f = tf.function((x: tf.Tensor) => {
    const p = tf.booleanMask(x, tf.greater(x, 0));
    optimizer.applyGradients([[tf.reduceSum(p), w]]);
    return tf.multiply(tf.reduceSum(p), v);
  });
  const x = tf.constant([3, -1, 4]);
  for (let i = 0; i < 3; i++) f(x);
  const calls = [f.async(x), f.async(x)];
  for (const u of [v, w, optimizer.learningRate as tf.Variable])
    expect(() => u.assign(10)).toThrow(/is used by a call of 'the function' off the event loop/);
  expect((await Promise.all(calls)).map((t) => t.item())).toEqual([7, 7]);
  v.assign(10);
  expect((await f.async(x)).item()).toBe(70);
});
