/** Functions whose shapes vary: for every size the results are those of the plain function, however many sizes there are. */
import fc from 'fast-check';
import * as tf from 'gradtape';

const plain = (g: unknown): unknown => JSON.parse(JSON.stringify(g)) as unknown;
/** More than a function keeps programs for. */
const sizes = Array.from({ length: 90 }, (_, i) => i + 1);
const vector = (n: number): tf.Tensor => tf.range(n).cast('float32').div(n);

const kinds: [string, tf.FunctionOptions, number][] = [
  ['inputSignature', { inputSignature: [new tf.TensorSpec([null])] }, 1],
  ['reduceRetracing', { reduceRetracing: true }, 2],
];

type F = (t: tf.Tensor) => unknown;

// Functions are traced again here for comparison.
beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterAll(() => void jest.restoreAllMocks());

/** Over all sizes, twice: the results are those of the plain function, and to the user it was traced so many times. */
function expectEager(make: () => F, options: tf.FunctionOptions, traces: number): void {
  const results = [true, false].map((compile) => {
    tf.random.setSeed(7);
    const f = compile ? tf.function(make(), options) : make();
    const all = [...sizes, ...sizes].map((n) => plain(f(vector(n))));
    if (compile)
      expect((f as tf.CompiledFunction<[tf.Tensor], unknown>).experimentalGetTracingCount()).toBe(traces);
    return all;
  });
  expect(results[0]).toEqual(results[1]);
}

describe.each(kinds)('%s', (_, options, traces) => {
  const bodies: Record<string, () => F> = {
    'ops, literals, methods': () => (t) =>
      t
        .mul(2)
        .add([1])
        .sub(tf.reduceMean(t, { keepdims: true }))
        .reshape([-1, 1]),
    'variables, in order': () => {
      const v = new tf.Variable(1);
      return (t) => {
        const before = v.read();
        v.assignAdd(tf.reduceMean(t));
        const between = tf.multiply(v, 2);
        v.assign(tf.add(v, tf.reduceMax(t)));
        return { before, between, after: v.read(), sum: tf.add(t, v) };
      };
    },
    'random numbers, shapes of tensors': () => (t) => [
      tf.random.uniform(t.shape).add(t),
      tf.random.normal([2]),
      tf.reshape(tf.zerosLike(t), tf.shape(t)),
      tf.multiply(tf.shape(t), 2),
      tf.cast(tf.shape(t).at(0), 'float32').mul(t),
    ],
    'cond, case and whileLoop': () => {
      const v = new tf.Variable(0);
      return (t) => {
        const mean = tf.reduceMean(t);
        const a = tf.cond(
          tf.greater(mean, 0.45),
          () => {
            v.assignAdd(1);
            return tf.multiply(t, mean);
          },
          () =>
            tf.cond(
              tf.greater(mean, 0.3),
              () => t.add(v),
              () => tf.negative(t),
            ),
        );
        const [n, sum] = tf.whileLoop(
          (i: tf.Tensor, _s: tf.Tensor) => tf.less(i, tf.cast(tf.reduceSum(t), 'int32')),
          (i: tf.Tensor, s: tf.Tensor) => [tf.add(i, 1), tf.add(s, tf.reduceMax(a))],
          [tf.constant(0, 'int32'), tf.constant(0.5)],
        );
        const by = tf.switchCase(tf.cast(tf.multiply(mean, 6), 'int32'), [
          () => tf.constant(1.5),
          () => mean,
        ]);
        return [a, n, sum, by, v.read()];
      };
    },
    'scan and mapFn': () => (t) => [
      tf.scan((s: tf.Tensor, x: tf.Tensor) => tf.add(tf.multiply(s, 0.5), x), t),
      tf.mapFn((x: tf.Tensor) => tf.square(x), t),
      tf.foldl((s: tf.Tensor, x: tf.Tensor) => tf.maximum(s, x), t, { initializer: tf.constant(0.25) }),
    ],
    'a shape that depends on values': () => {
      const v = new tf.Variable(1);
      return (t) => {
        v.assignAdd(1);
        const p = tf.booleanMask(t, tf.greater(t, tf.reduceMean(t)));
        return [tf.multiply(p, v), tf.reduceSum(tf.sqrt(p)), tf.unique(tf.cast(t.mul(3), 'int32')).y];
      };
    },
    'tapes and an optimizer inside': () => {
      const v = new tf.Variable([0.5]);
      const optimizer = new tf.keras.optimizers.Adam(0.1);
      return (t) => {
        const outer = new tf.GradientTape({ persistent: true });
        outer.watch(t);
        const [loss, first] = outer.run(() => {
          const inner = new tf.GradientTape();
          const y = inner.run(() => tf.reduceMean(tf.square(tf.subtract(tf.multiply(t, v), 1))));
          return [y, inner.gradient(y, v) as tf.Tensor];
        });
        const second = outer.gradient(first, t);
        optimizer.minimize(() => tf.reduceMean(tf.square(tf.subtract(tf.multiply(t, v), 1))), [v]);
        return { loss, first, second, v: v.read(), n: tf.cast(optimizer.iterations, 'int32') };
      };
    },
    'functions inside functions, matrix products, joins': () => {
      const w = new tf.Variable([[1, 2, 3]]);
      const dense = tf.function((x: tf.Tensor) => tf.nn.softmax(tf.matmul(x, w)));
      return (t) => {
        const rows = dense(tf.expandDims(t, 1));
        const joined = tf.concat([rows, tf.stack([t, t, tf.negative(t)], { axis: 1 })], 0);
        return [
          joined,
          tf.transpose(joined),
          tf.argmax(joined, { axis: 0 }),
          tf.cumsum(t),
          tf.gather(t, [0]),
        ];
      };
    },
    checks: () => (t) => {
      tf.debugging.assertLess(t, 1);
      tf.debugging.assertNonNegative(t);
      return tf.debugging.checkNumerics(t, 'no numbers');
    },
  };
  test.each(Object.entries(bodies))('%s', (name, make) => {
    // An optimizer creates variables, which the first trace is for.
    expectEager(make, options, traces + (/optimizer/.test(name) ? 1 : 0));
  });

  test('gradients of an outer tape, to arguments, variables and captured tensors', () => {
    const results = [true, false].map((compile) => {
      const v = new tf.Variable(2);
      const c = tf.constant(0.5);
      const body = (t: tf.Tensor): tf.Tensor => {
        const y = tf.cond(
          tf.greater(tf.reduceMean(t), 0.49),
          () => tf.square(t),
          () => tf.exp(t),
        );
        return tf.reduceSum(tf.multiply(y, tf.multiply(v, c)));
      };
      const f = compile ? tf.function(body, options) : body;
      return sizes.map((n) => {
        const t = vector(n);
        const tape = new tf.GradientTape();
        tape.watch([t, c]);
        const y = tape.run(() => f(t));
        return plain([y, tape.gradient(y, [t, v, c])]);
      });
    });
    expect(results[0]).toEqual(results[1]);
  });
});

describe('sizes for which an op does something else', () => {
  type Body = (t: tf.Tensor) => tf.Tensor | number;
  const sub = (bodies: Record<string, Body>, data: number[]): void => {
    for (const [name, body] of Object.entries(bodies)) {
      for (const [kind, options] of kinds) {
        const f = tf.function(body, options) as F;
        for (const n of data)
          expect([name, kind, n, plain(f(vector(n)))]).toEqual([name, kind, n, plain(body(vector(n)))]);
      }
    }
  };
  const mask = (t: tf.Tensor): tf.Tensor => tf.booleanMask(t, tf.greaterEqual(t, 0));

  test('roll by 0, unstack into one, squeeze', () => {
    sub(
      {
        roll: (t) => tf.subtract(t, tf.roll(t, 4, 0)),
        unstack: (t) => tf.unstack(t).reduce((a, b) => tf.add(a, b)),
        rank: (t) => tf.multiply(tf.reduceSum(t), tf.squeeze(t).rank),
        'length of a shape': (t) => tf.add(tf.reduceSum(t), tf.squeeze(t).shape.length),
        'map of a shape': (t) => tf.add(tf.reduceSum(t), tf.squeeze(t).shape.map((d) => d + 1).length),
        'all of them op by op': (t) =>
          tf.add(tf.reduceSum(tf.roll(mask(t), 4, 0)), tf.squeeze(mask(t)).rank + tf.unstack(mask(t)).length),
      },
      [4, 2, 3, 1, 5, 4],
    );
  });

  test('a loop whose first value is also used in its body', () => {
    const loop = (t: tf.Tensor): tf.Tensor => {
      const z = tf.whileLoop(
        (i: tf.Tensor, _: tf.Tensor) => tf.less(i, 3),
        (i: tf.Tensor, s: tf.Tensor) => [tf.add(i, 1), tf.add(s, t)],
        [tf.constant(0), t],
      )[1];
      return tf.add(z, tf.reduceSum(t));
    };
    sub({ compiled: loop, 'op by op': (t) => loop(mask(t)) }, [1, 2, 3, 4, 5, 6, 7, 2]);
  });

  test('a rejected call does not affect later ones', () => {
    const f = tf.function((t: tf.Tensor) => tf.reshape(mask(t), [3]));
    for (const n of [3, 2, 4, 1, 3]) {
      if (n === 3) expect(f(vector(n)).shape).toEqual([3]);
      else expect(() => f(vector(n))).toThrow(tf.errors.InvalidArgumentError);
    }
  });
});

describe('off the event loop', () => {
  const options = { inputSignature: [new tf.TensorSpec([null])] };

  test('compiled, and op by op', async () => {
    for (const masked of [false, true]) {
      const v = new tf.Variable(0);
      const f = tf.function((t: tf.Tensor) => {
        v.assignAdd(1);
        const p = masked ? tf.booleanMask(t, tf.greater(t, 0.5)) : tf.multiply(t, 2);
        return tf.add(tf.reduceSum(p), v);
      }, options);
      const got = await Promise.all(sizes.map((n) => f.async(vector(n))));
      sizes.forEach((n, i) => {
        const t = vector(n);
        const p = masked ? tf.booleanMask(t, tf.greater(t, 0.5)) : tf.multiply(t, 2);
        expect(got[i].item()).toBeCloseTo((tf.reduceSum(p).item() as number) + i + 1, 3);
      });
    }
  });
});

describe('shapes in control flow', () => {
  const options = { inputSignature: [new tf.TensorSpec([null])] };
  const c = tf.constant(1, 'int32');
  const bodies: Record<string, () => (t: tf.Tensor) => unknown> = {
    'a size': () => (t) => tf.multiply(t, t.shape[0] > 100 ? 2 : 1),
    'the number of elements': () => (t) => tf.multiply(t, t.size),
    'of a result': () => (t) => tf.divide(t, tf.square(t).shape[0]),
    'in a list': () => (t) => tf.reshape(t, [1, ...t.shape]),
    'in text': () => (t) => tf.add(t, String(t).length),
    'how often a body is called': () => {
      let k = 0;
      return (t) => [tf.mapFn((x: tf.Tensor) => tf.add(x, ++k % 2), t), (k = 0)];
    },
    'the values of a shape': () => (t) => tf.add(t, tf.shape(t).data()[0]),
    'the value of a size': () => (t) => tf.add(t, tf.add(tf.size(t), 1).item()),
    'in a callback': () => (t) => tf.mapFn((x: tf.Tensor) => tf.add(x, t.shape[0]), t),
    'a counter in a body': () => (t) => {
      let k = 0;
      return tf.scan((s: tf.Tensor, x: tf.Tensor) => tf.add(tf.multiply(s, ++k), x), t);
    },
    'a tensor that is there twice': () => (t) =>
      tf.whileLoop(
        (i: tf.Tensor) => tf.less(i, tf.size(t)),
        (i: tf.Tensor) => tf.add(i, c),
        [c],
      ),
    'a gradient of the user': () => {
      const f = tf.customGradient((x: tf.Tensor) => [tf.square(x), (dy: tf.Tensor) => tf.multiply(dy, 3)]);
      return (t) => {
        const tape = new tf.GradientTape();
        tape.watch(t);
        return tape.gradient(
          tape.run(() => f(t)),
          t,
        );
      };
    },
  };
  test.each(Object.entries(bodies))('%s', (_, make) => {
    const [f, g] = [tf.function(make(), options) as F, tf.function(make()) as F];
    for (const n of [2, 3, 1, 5, 150, 4, 90]) expect(plain(f(vector(n)))).toEqual(plain(g(vector(n))));
  });

  test('fixed dimensions may be read, and shapes passed on', () => {
    const f = tf.function(
      (t: tf.Tensor) => {
        const rows = tf.multiply(t, t.shape[1] * t.shape.length * tf.square(t).rank);
        return tf.random.uniform(rows.shape).mul(0).add(rows);
      },
      { inputSignature: [new tf.TensorSpec([null, 3])] },
    );
    for (const n of sizes) expect(f(tf.ones([n, 3])).array()).toEqual(tf.fill([n, 3], 12).array());
  });

  test('of a function without a signature, calls of a concrete one that has null dimensions', async () => {
    const f = tf.function((t: tf.Tensor, k: number) => tf.multiply(tf.cumsum(t), k));
    const two = f.getConcreteFunction(new tf.TensorSpec([null]), 2);
    const three = f.getConcreteFunction(new tf.TensorSpec([null]), 3);
    for (const n of sizes) {
      const x = vector(n);
      expect(two(x, 2).array()).toEqual(tf.multiply(tf.cumsum(x), 2).array());
      expect((await three.async(x, 3)).array()).toEqual(tf.multiply(tf.cumsum(x), 3).array());
    }
  });

  test('an error for a shape is thrown by the call', () => {
    const f = tf.function((t: tf.Tensor) => tf.add(t, [1, 2, 3]), options);
    expect(f(vector(3)).shape).toEqual([3]);
    for (const n of sizes.slice(3)) expect(() => f(vector(n))).toThrow(/Incompatible shapes/);
    expect(f(vector(1)).shape).toEqual([3]);
  });

  test('plain JavaScript runs once for each shape, tf.print at every run', () => {
    const said: string[] = [];
    let traces = 0;
    const f = tf.function((t: tf.Tensor) => {
      traces++;
      tf.print('n', tf.size(t), { outputStream: (text: string) => said.push(text) });
      return tf.initScope(() => traces);
    }, options);
    const few = sizes.slice(0, 20);
    for (const n of [...few, ...few]) f(vector(n));
    expect(said).toEqual([...few, ...few].map((n) => `n ${n}\n`));
    expect(traces).toBe(20);
  });
});

describe('random programs', () => {
  const w = tf.constant([
    [0.5, -1, 0.25],
    [1, 0.5, -0.5],
    [-0.25, 0.75, 1],
  ]);
  type Pair = (a: tf.Tensor, b: tf.Tensor, v: tf.Variable) => tf.Tensor;
  /** On values of n rows and three columns, of which none looks at n. */
  const rules: Pair[] = [
    (a, b) => tf.add(a, b),
    (a, b) => tf.multiply(tf.sin(a), b),
    (a) => tf.tanh(a),
    (a) => tf.nn.softmax(a),
    (a) => tf.sin(tf.matmul(a, w)),
    (a) => tf.subtract(a, tf.reduceMean(a, { axis: 0, keepdims: true })),
    (a) => tf.multiply(a, tf.reduceMax(a, { axis: 1, keepdims: true })),
    (a) => tf.sin(tf.cumsum(a)),
    (a) => tf.reverse(a, [0]),
    (a) => tf.transpose(tf.reshape(tf.transpose(a), [3, -1])),
    (a) =>
      tf
        .gather(a, tf.math.argmax(tf.transpose(a), { axis: 1 }))
        .at(0)
        .add(a),
    (a, b) => tf.split(tf.concat([a, b], 1), 2, 1)[1],
    (a, b) => tf.where(tf.greater(a, b), a, b),
    (a, _, v) => tf.multiply(a, v),
    (a, b, v) => {
      v.assign(tf.sin(tf.reduceSum(a)));
      return tf.add(tf.subtract(b, v), tf.random.uniform(b.shape));
    },
    (a, b, v) =>
      tf.cond(
        tf.greater(tf.reduceMean(a), tf.reduceMean(b)),
        () => {
          v.assignAdd(0.5);
          return tf.multiply(b, v);
        },
        () => tf.multiply(a, 0.5),
      ),
    (a, b) =>
      tf
        .mapFn((row: tf.Tensor) => tf.multiply(row, tf.reduceMean(row)), tf.concat([a, b], 0))
        .at(':-1')
        .add(a.at(0)),
    (a) => {
      const tape = new tf.GradientTape();
      tape.watch(a);
      return tape.gradient(
        tape.run(() => tf.reduceSum(tf.square(tf.sin(a)))),
        a,
      ) as tf.Tensor;
    },
  ];
  // What has other rows than the others does not go on.
  const last = 16;
  const steps = fc.array(fc.tuple(fc.nat(rules.length - 1), fc.nat(99), fc.nat(99)), {
    minLength: 1,
    maxLength: 12,
  });
  const input = (n: number): tf.Tensor => tf.sin(tf.reshape(tf.range(3 * n).cast('float32'), [n, 3]));

  test.each([
    ['one after the other', [3, 1, 4, 2, 3]],
    ['of many sizes', [...Array.from({ length: 70 }, (_, i) => i + 2), 90, 2, 91]],
  ])('%s', (_, lengths) => {
    const program =
      (list: readonly (readonly [number, number, number])[], v: tf.Variable) => (t: tf.Tensor) => {
        const values = [t, tf.negative(t)];
        const others: tf.Tensor[] = [];
        for (const [rule, a, b] of list) {
          const y = rules[rule](values[a % values.length], values[b % values.length], v);
          (rule === last ? others : values).push(y);
        }
        return [...values, ...others, v.read()];
      };
    fc.assert(
      fc.property(steps, (list) => {
        const results = [true, false].map((compile) => {
          tf.random.setSeed(3);
          const body = program(list, new tf.Variable(0.5));
          const f = compile ? tf.function(body, { inputSignature: [new tf.TensorSpec([null, 3])] }) : body;
          return lengths.map((n) => f(input(n)));
        });
        results[0].forEach((got, i) => {
          results[1][i].forEach((want, k) => {
            expect(got[k].shape).toEqual(want.shape);
            const difference = tf.reduceMax(tf.abs(tf.subtract(got[k], want))).item() as number;
            if (!(difference < 1e-4)) throw new Error(`value ${k} of size ${lengths[i]}: ${difference} off`);
          });
        });
      }),
      { numRuns: lengths.length > 10 ? 12 : 150 },
    );
  });
});
