/** Steps of optimizers within compiled functions: bit for bit what they do eagerly, and no step of JavaScript. */
import * as tf from 'gradtape';

const { Adam, SGD } = tf.keras.optimizers;
type Optimizer = tf.keras.optimizers.Optimizer;

interface Made {
  readonly optimizer: Optimizer;
  readonly variables: readonly tf.Variable[];
  readonly step: (x: tf.Tensor) => unknown;
}

const x = tf.reshape(tf.sin(tf.cast(tf.range(24), 'float32')), [6, 4]);

/** A network of two layers and a scalar, in both dtypes; `make` gives its optimizer. */
function network(make: () => Optimizer, sparse = false): Made {
  const fill = (shape: number[], dtype: tf.DType = 'float32'): tf.Tensor =>
    tf.reshape(tf.cos(tf.cast(tf.range(shape.reduce((a, b) => a * b, 1)), dtype)), shape);
  const w = new tf.Variable(fill([4, 3]), { name: 'w' });
  const b = new tf.Variable(tf.zeros([3]), { name: 'b' });
  const scale = new tf.Variable(fill([3, 2], 'float64'), { name: 'scale' });
  const table = new tf.Variable(fill([5, 3]), { name: 'table' });
  const variables = sparse ? [w, b, scale, table] : [w, b, scale];
  const optimizer = make();
  const step = (data: tf.Tensor) => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => {
      let h = tf.tanh(tf.add(tf.matmul(data, w), b));
      if (sparse) h = tf.add(h, tf.gather(table, tf.constant([1, 3, 1, 0, 3, 3], 'int32')));
      return tf.reduceMean(tf.square(tf.matmul(tf.cast(h, 'float64'), scale)));
    });
    const gradients = tape.gradient(loss, variables) as (tf.Tensor | tf.IndexedSlices)[];
    optimizer.applyGradients(gradients.map((g, i) => [g, variables[i]] as const));
    return loss;
  };
  return { optimizer, variables, step };
}

const bits = (t: tf.Variable | tf.Tensor): string => Buffer.from(t.data().buffer).toString('hex');

/** Everything after some steps, compiled and eager; and how many steps of JavaScript there are. */
function expectSame(make: () => Made, hosts: number, steps = 4): void {
  const [compiled, eager] = [true, false].map((compile) => {
    const { optimizer, variables, step } = make();
    const f = tf.function(step);
    const results = Array.from({ length: steps }, () => {
      const result = compile ? f(x) : step(x);
      return (Array.isArray(result) ? result : [result]).map((t) => bits(t as tf.Tensor));
    });
    if (compile) expect(f.program(x).steps.filter((s) => s.kind === 'host')).toHaveLength(hosts);
    return { results, state: [...variables, ...optimizer.variables].map((v) => [v.name, bits(v)]) };
  });
  expect(compiled).toEqual(eager);
}

const options: Record<string, tf.keras.optimizers.OptimizerOptions> = {
  nothing: {},
  'weight decay': { weightDecay: 0.01 },
  'a limit of the norm': { clipnorm: 0.01 },
  'a limit of the norm of all': { globalClipnorm: 0.01 },
  'a limit of values': { clipvalue: 0.001 },
  'a loss scale': { lossScaleFactor: 128 },
  'a function of the step': { learningRate: (step: number) => 0.1 / (step + 1) },
  'a schedule with ops': { learningRate: { call: (step: number) => tf.divide(0.1, tf.constant(step + 2)) } },
};
const rules: Record<string, (o: tf.keras.optimizers.OptimizerOptions) => Optimizer> = {
  SGD: (o) => new SGD({ learningRate: 0.1, ...o }),
  momentum: (o) => new SGD({ learningRate: 0.1, momentum: 0.9, ...o }),
  nesterov: (o) => new SGD({ learningRate: 0.1, momentum: 0.9, nesterov: true, ...o }),
  Adam: (o) => new Adam({ learningRate: 0.1, ...o }),
  amsgrad: (o) => new Adam({ learningRate: 0.1, amsgrad: true, ...o }),
};

describe.each(Object.keys(rules))('%s', (rule) => {
  test.each(Object.keys(options))('with %s', (name) => {
    expectSame(() => network(() => rules[rule](options[name])), 0);
  });

  test.each([{}, { weightDecay: 0.01 }, { clipnorm: 0.1 }])('with rows of a table, %j', (o) => {
    expectSame(() => network(() => rules[rule](o), true), 0);
  });
});

const onTheStep: Record<string, tf.keras.optimizers.OptimizerOptions> = {
  averages: { useEma: true },
  'averages, assigned every other step': { useEma: true, emaMomentum: 0.7, emaOverwriteFrequency: 2 },
  'accumulated gradients': { gradientAccumulationSteps: 3 },
  'accumulated gradients, decay, a limit and a scale': {
    gradientAccumulationSteps: 2,
    weightDecay: 0.01,
    globalClipnorm: 0.01,
    lossScaleFactor: 4,
  },
  'both, and a function of the step': {
    gradientAccumulationSteps: 2,
    useEma: true,
    emaOverwriteFrequency: 3,
    learningRate: (step: number) => 0.1 / (step + 1),
  },
};

describe.each(Object.keys(rules))('%s with step-dependent settings', (rule) => {
  test.each(Object.keys(onTheStep))('%s', (name) => {
    expectSame(() => network(() => rules[rule](onTheStep[name])), 0, 13);
    expectSame(() => network(() => rules[rule](onTheStep[name]), true), 0, 7);
  });
});

describe.each(Object.keys(onTheStep))('%s', (name) => {
  test.each([
    ['compiled', 2],
    ['op by op', 0],
  ])('in branches and loops, with null gradients, infinities and reads around, %s', (how, hosts) => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expectSame(
      () => {
        const [a, b] = [1, -0].map((n) => new tf.Variable(tf.fill([4], n)));
        const optimizer = new Adam({ learningRate: 0.1, ...onTheStep[name] });
        optimizer.build([a, b]);
        const { variables } = optimizer;
        const step = (t: tf.Tensor) => {
          const g = tf.reduceMean(t, 0);
          const before = [a, ...variables].map((v) => v.read());
          const apply = (scale: tf.Tensor): void => {
            optimizer.applyGradients([
              [tf.multiply(g, scale), a],
              [null, b],
            ]);
            optimizer.applyGradients([
              [tf.divide(g, tf.floormod(tf.cast(variables[0], 'float32'), 3)), b],
              [tf.negative(g), a],
            ]);
          };
          tf.cond(
            tf.greater(tf.reduceSum(a), 3.7),
            () => (apply(tf.constant(1)), g),
            () => g,
          );
          tf.whileLoop(
            (i: tf.Tensor) => tf.less(i, 3),
            (i: tf.Tensor) => (apply(i), [tf.add(i, 1)] as [tf.Tensor]),
            [tf.reduceSum(tf.multiply(t, 0))] as [tf.Tensor],
          );
          const kept = how === 'compiled' ? tf.nn.relu(g) : tf.booleanMask(g, tf.greater(g, 0));
          apply(tf.reduceSum(kept));
          return [...before, ...[a, b, ...variables].map((v) => v.read())];
        };
        return { optimizer, variables: [a, b], step };
      },
      hosts,
      5,
    );
    warnings.mockRestore();
  });

  test('off the event loop, several calls in flight', async () => {
    const [eager, later] = [true, false].map(() =>
      network(() => new Adam({ learningRate: 0.1, ...onTheStep[name] })),
    );
    const want = Array.from({ length: 9 }, () => bits(eager.step(x) as tf.Tensor));
    const f = tf.function(later.step);
    const got = await Promise.all(want.map(() => f.async(x)));
    expect(got.map((t) => bits(t as tf.Tensor))).toEqual(want);
    expect([...later.variables, ...later.optimizer.variables].map(bits)).toEqual(
      [...eager.variables, ...eager.optimizer.variables].map(bits),
    );
  });

  test('under a tape', () => {
    const [eager, compiled] = [false, true].map((compile) => {
      const { optimizer, variables, step } = network(
        () => new SGD({ learningRate: 0.1, ...onTheStep[name] }),
      );
      const f = compile ? tf.function(step) : step;
      const gradients = Array.from({ length: 5 }, () => {
        const tape = new tf.GradientTape();
        const loss = tape.run(() => f(x)) as tf.Tensor;
        return (tape.gradient(loss, variables) as tf.Tensor[]).map((g) => g.array());
      });
      return [JSON.stringify(gradients), ...[...variables, ...optimizer.variables].map(bits)];
    });
    expect(compiled.slice(1)).toEqual(eager.slice(1));
    expect(compiled[0].length).toBeGreaterThan(100);
  });
});

test('program() shows the guarded branches of a step', () => {
  const { step } = network(() => new SGD({ learningRate: 0.1, gradientAccumulationSteps: 3 }));
  const f = tf.function(step);
  const program = f.program(x);
  const choice = program.steps.find((s) => s.kind === 'choice');
  expect(choice?.branches.map((b) => b.when)).toEqual(['the update is due', 'gradients accumulate']);
  expect(choice?.branches.map((b) => b.steps.some((s) => s.kind === 'segment'))).toEqual([true, true]);
  expect(String(program)).toMatch(/each run chooses: SGD\n {4}the update is due:\n/);
  expect(program.toDot()).toMatch(/"SGD", style=dashed/);
  expect(f.profile([x], 6).map((r) => r.name)).toContain('sgd');
});

test('more variables than one native call accepts', () => {
  expectSame(() => {
    const variables = Array.from({ length: 90 }, (_, i) => new tf.Variable(tf.fill([(i % 7) + 1], i)));
    const optimizer = new Adam(0.1);
    const step = (t: tf.Tensor) => {
      const scale = tf.reduceSum(t);
      optimizer.applyGradients(variables.map((v) => [tf.multiply(tf.add(v, 1), scale), v] as const));
      return scale;
    };
    return { optimizer, variables, step };
  }, 0);
});

test('a variable that comes twice, two optimizers, one optimizer twice, null gradients', () => {
  const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  expectSame(() => {
    const a = new tf.Variable(tf.ones([4]));
    const b = new tf.Variable(tf.ones([4]));
    const optimizer = new Adam({ learningRate: 0.1, weightDecay: 0.1 });
    const other = new SGD({ learningRate: 0.2, momentum: 0.5 });
    const step = (t: tf.Tensor) => {
      const g = tf.reduceMean(t, 0);
      optimizer.applyGradients([
        [g, a],
        [tf.multiply(g, 2), a],
        [tf.square(g), b],
      ]);
      other.applyGradients([[tf.multiply(a, g), b]]);
      optimizer.applyGradients([
        [tf.multiply(b, g), a],
        [null, b],
      ]);
      return [a.read(), b.read()];
    };
    return { optimizer, variables: [a, b, ...other.variables], step };
  }, 0);
  warnings.mockRestore();
});

test('constraints', () => {
  expectSame(() => {
    const v = new tf.Variable([3, -2, 1, 0.5], { constraint: (w) => tf.clipByValue(w, 0, 1) });
    const optimizer = new Adam(0.5);
    const step = (t: tf.Tensor) => {
      optimizer.applyGradients([[tf.reduceMean(t, 0), v]]);
      return v.read();
    };
    return { optimizer, variables: [v], step };
  }, 0);
});

test('the counter, the learning rate and a slot are read and assigned around steps', () => {
  expectSame(() => {
    const v = new tf.Variable(tf.ones([4]));
    const optimizer = new Adam(0.1);
    optimizer.build([v]);
    const slot = optimizer.variables.find((u) => u.name.includes('momentum')) as tf.Variable;
    const rate = optimizer.learningRate as tf.Variable;
    const counter = optimizer.iterations as tf.Variable;
    const step = (t: tf.Tensor) => {
      const g = tf.reduceMean(t, 0);
      const before = counter.read();
      optimizer.applyGradients([[g, v]]);
      const between = counter.read();
      const old = slot.read();
      rate.assign(tf.multiply(rate, 0.5));
      slot.assign(tf.multiply(slot, 2));
      optimizer.applyGradients([[g, v]]);
      counter.assignAdd(tf.constant(3n));
      optimizer.applyGradients([[g, v]]);
      return [before, between, old, counter.read(), slot.read(), rate.read()];
    };
    return { optimizer, variables: [v], step };
  }, 0);
});

test('in branches and loops', () => {
  expectSame(() => {
    const v = new tf.Variable(tf.ones([4]));
    const optimizer = new Adam(0.1);
    optimizer.build([v]);
    const step = (t: tf.Tensor) => {
      const g = tf.reduceMean(t, 0);
      tf.cond(
        tf.greater(tf.reduceSum(v), 3.7),
        () => {
          optimizer.applyGradients([[g, v]]);
          return tf.constant(1);
        },
        () => tf.constant(0),
      );
      tf.whileLoop(
        (i: tf.Tensor) => tf.less(i, 3),
        (i: tf.Tensor) => {
          optimizer.applyGradients([[tf.multiply(v, g), v]]);
          return [tf.add(i, 1)] as [tf.Tensor];
        },
        [tf.reduceSum(tf.multiply(t, 0))] as [tf.Tensor],
      );
      return v.read();
    };
    return { optimizer, variables: [v], step };
  }, 2);
});

test('values that were read before do not change', () => {
  const v = new tf.Variable(tf.ones([5000]));
  const optimizer = new Adam(0.1);
  const step = tf.function(() => {
    optimizer.applyGradients([[tf.ones([5000]), v]]);
    return v.read();
  });
  step();
  const slot = optimizer.variables.find((u) => u.name.includes('momentum')) as tf.Variable;
  const reads = [step(), v.read(), slot.read(), tf.reshape(slot, [5000])];
  const kept = reads.map(bits);
  const count = (optimizer.iterations as tf.Variable).read();
  step();
  step();
  expect(reads.map(bits)).toEqual(kept);
  expect([count.item(), (optimizer.iterations as tf.Variable).item()]).toEqual([2n, 4n]);
});

test('an index out of range is rejected as in eager mode, and no step is counted', () => {
  for (const optimizer of [new SGD(1), new SGD({ momentum: 0.5 }), new Adam(1)]) {
    const v = new tf.Variable(tf.ones([3, 2]), { name: 'table' });
    const apply = (indices: tf.Tensor): void => {
      optimizer.applyGradients([[new tf.IndexedSlices(tf.ones([2, 2]), indices, [3, 2]), v]]);
    };
    const f = tf.function(apply);
    const message = /the gradient of 'table:0': indices\[1\] = 3 is not in \[0, 3\)/;
    const bad = tf.constant([0, 3], 'int32');
    expect(() => apply(bad)).toThrow(message);
    expect(() => f(bad)).toThrow(message);
    expect((optimizer.iterations as tf.Variable).item()).toBe(0n);
    f(tf.constant([0, 2], 'int32'));
    expect((optimizer.iterations as tf.Variable).item()).toBe(1n);
    expect(() => f(bad)).toThrow(message);
    expect((optimizer.iterations as tf.Variable).item()).toBe(1n);
    expect(v.array()).toEqual([
      [v.at(0, 0).item(), v.at(0, 0).item()],
      [1, 1],
      [v.at(0, 0).item(), v.at(0, 0).item()],
    ]);
  }
});

test('one native step for all variables', () => {
  const { step } = network(() => new Adam());
  const program = tf.function(step).program(x);
  expect(program.steps.filter((s) => s.kind === 'segment')).toHaveLength(1);
  const ops = program.steps.flatMap((s) => (s.kind === 'segment' ? s.ops : [])).map((o) => o.name);
  // One for each dtype.
  expect(ops.filter((name) => name === 'adam')).toHaveLength(2);
  expect(program.steps.filter((s) => s.kind === 'assign').every((s) => s.inPlace)).toBe(true);
});
