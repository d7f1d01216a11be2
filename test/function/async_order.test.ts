/** In which order calls off the event loop see and change variables: as if each ran when it was made. */
import * as fc from 'fast-check';
import * as tf from 'gradtape';

test('a generator draws in call order, and must not be used by others during calls', async () => {
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

test('updates of rows and masks: calls that change the same variables run one at a time, in order', async () => {
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
  const [plain, hidden] = [1, 2].map((k) => new tf.Variable(k));
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
    opByOp: tf.function((x: tf.Tensor) => {
      const kept = tf.booleanMask(rows, tf.greater(tf.reduceSum(rows, 1), x));
      rows.assign(tf.multiply(rows, 0.75));
      return tf.add(tf.reduceSum(kept), plain);
    }),
    // Which variables it assigns shows when it runs only.
    hides: tf.function((x: tf.Tensor) => {
      const before = hidden.read();
      const [length] = tf.booleanMask(tf.reshape(x, [1]), tf.greater(tf.reshape(x, [1]), 1)).shape;
      if (length === 1) hidden.assign(tf.multiply(tf.add(hidden, plain), 0.5));
      return tf.add(tf.multiply(before, 100), hidden);
    }),
    turns: tf.function((x: tf.Tensor) => {
      rows.scatterAdd(new tf.IndexedSlices(tf.fill([1, 2], 1), tf.constant([1], 'int32')));
      return tf.add(tf.multiply(plain, x), hidden);
    }),
  };
  return { functions, variables: [a, b, c, rows, plain, hidden], assigned: [plain, hidden], lines };
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

/** What plain code assigns before a call. */
type Assigned = { readonly at: number; readonly value: number } | null;

interface Made {
  readonly name: Name;
  readonly x: number;
  readonly wait: boolean;
  readonly assigns: Assigned;
}

const inTurn = (...list: (Name | [Name, Assigned])[]): Made[] =>
  list.map((made) => {
    const [name, assigns] = typeof made === 'string' ? [made, null] : made;
    return { name, x: 2, wait: false, assigns };
  });

test('concurrent calls have the results of sequential calls', async () => {
  const call = fc.record({
    name: fc.constantFrom(...names),
    x: fc.integer({ min: 0, max: 3 }),
    wait: fc.boolean(),
    assigns: fc.option(
      fc.record({ at: fc.integer({ min: 0, max: 1 }), value: fc.integer({ min: 0, max: 9 }) }),
      {
        freq: 2,
      },
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 25 }), async (calls) => {
      const one = world();
      const expected: unknown[] = [];
      for (const { name, x, assigns } of calls) {
        if (assigns !== null) one.assigned[assigns.at].assign(assigns.value);
        expected.push(await settled((async () => Promise.resolve(one.functions[name](tf.constant(x))))()));
      }
      const other = world();
      const got: Promise<unknown>[] = [];
      for (const { name, x, wait, assigns } of calls) {
        if (assigns !== null) {
          const v = other.assigned[assigns.at];
          try {
            v.assign(assigns.value);
          } catch (error) {
            // A call in flight assigns it, or may.
            expect(error).toBeInstanceOf(tf.errors.FailedPreconditionError);
            await Promise.all(got);
            v.assign(assigns.value);
          }
        }
        const result = settled(other.functions[name].async(tf.constant(x)));
        got.push(result);
        if (wait && x === 0) await result;
      }
      expect(await Promise.all(got)).toEqual(expected);
      expect(other.lines).toEqual(one.lines);
      expect(other.variables.map((v) => v.array())).toEqual(one.variables.map((v) => v.array()));
      expect(other.variables.map((v) => v.claim)).toEqual(Array(6).fill(null));
    }),
    {
      numRuns: 40,
      // The second mix waits for the first, while the one behind it that assigns what it reads does not.
      examples: [
        [inTurn('move', 'mix', 'mix', 'checked', 'read')],
        [inTurn('opByOp', 'mix', 'mix', 'move', 'checked', 'read')],
        // A variable gets other values while calls that read and assign it wait, and did not say so.
        [
          inTurn(
            'opByOp',
            'hides',
            ['hides', { at: 1, value: 7 }],
            ['turns', { at: 0, value: 5 }],
            'hides',
            'opByOp',
          ),
        ],
        [inTurn('turns', 'hides', ['opByOp', { at: 0, value: 3 }], ['hides', { at: 0, value: 4 }], 'turns')],
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

  test.each(Object.entries(makers))('an assignment affects later calls: %s', async (_, make) => {
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

  test.each(Object.entries(makers))('so does replacing it by a schedule: %s', async (_, make) => {
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

  test('a function that assigns it claims it until the call ends', async () => {
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

describe('functions that run op by op', () => {
  const make = () => {
    const [v, w] = [new tf.Variable(tf.ones([50])), new tf.Variable(tf.ones([50]))];
    const f = tf.function((x: tf.Tensor) => {
      const [n] = tf.booleanMask(x, tf.greater(x, 0)).shape;
      if (n === 2) v.assign(tf.add(v, w));
      return tf.add(v.at(0), n);
    });
    return { v, w, f };
  };
  const one = tf.constant([1, -1]);
  const two = tf.constant([1, 1]);

  test('are ordered among other calls, and see their assignments', async () => {
    const { v, w, f } = make();
    const double = tf.function(() => v.assign(tf.multiply(v, 2)).at(0));
    const sum = tf.function(() => tf.reduceSum(tf.multiply(v, w)));
    const calls = [double.async(), f.async(two), sum.async(), double.async(), f.async(one), sum.async()];
    expect((await Promise.all(calls)).map((t) => t.item())).toEqual([2, 5, 150, 6, 7, 300]);
  });

  test('while one is in flight, no variable may be assigned', async () => {
    const { v, w, f } = make();
    const busy = tf.function((x: tf.Tensor) => v.assign(tf.matmul(x, tf.reshape(v, [50, 1])).reshape([50])));
    const calls: Promise<unknown>[] = [busy.async(tf.eye(50)), f.async(one)];
    expect(() => v.assign(tf.zeros([50]))).toThrow(/is assigned by a call of 'the function'/);
    for (const variable of [w, new tf.Variable(1)]) {
      expect(() => variable.assign(tf.zerosLike(variable))).toThrow(
        /may be assigned by a call of 'the function' off the event loop that has not ended/,
      );
    }
    await Promise.all(calls);
    w.assign(tf.zeros([50]));
    expect(w.at(0).item()).toBe(0);
  });

  test('run at once without dependencies', async () => {
    const { v, f } = make();
    const call = f.async(two);
    expect(v.at(0).item()).toBe(2);
    expect((await call).item()).toBe(4);
  });
});

describe('the first calls of functions that run op by op', () => {
  const x = tf.constant([3, -1, 3, 4]);

  test('may create variables, several of them together too', async () => {
    const made: tf.Variable[] = [];
    const f = tf.function((t: tf.Tensor) => {
      if (made.length === 0) made.push(new tf.Variable(2));
      const p = tf.booleanMask(t, tf.greater(t, 0));
      return tf.multiply(tf.reduceSum(tf.unique(p).y), made[0]);
    });
    expect((await Promise.all([f.async(x), f.async(x)])).map((t) => t.item())).toEqual([14, 14]);
    expect(made).toHaveLength(1);
  });

  test('see the assignments of earlier calls', async () => {
    const v = new tf.Variable(tf.ones([300, 300]));
    const step = tf.function(() => {
      v.assign(tf.multiply(tf.matmul(v, v), 1 / 100));
    });
    const f = tf.function(() => tf.reduceSum(tf.booleanMask(v, tf.greater(v, 0.5))));
    const calls = [step.async(), f.async(), step.async(), f.async()];
    const [, a, , b] = await Promise.all(calls);
    expect([a?.item(), b?.item()]).toEqual([3 * 90_000, 27 * 90_000]);
  });

  test('are not recorded or tidied by enclosing scopes, and reject their promises on errors', async () => {
    const f = tf.function((t: tf.Tensor) => {
      const p = tf.booleanMask(t, tf.greater(t, 0));
      tf.debugging.assertPositive(tf.subtract(p, 1));
      return tf.multiply(p, tf.ones([1]));
    });
    const made: Promise<tf.Tensor>[] = [];
    tf.tidy(() => {
      made.push(f.async(tf.constant([2, -1])));
    });
    expect((await made[0]).array()).toEqual([2]);
    const failing = f.async(tf.constant([1, -1, 0]));
    await expect(failing).rejects.toThrow(tf.errors.InvalidArgumentError);
  });
});
