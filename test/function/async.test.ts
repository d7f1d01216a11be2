/** `await step.async(x, y)`: off the event loop, and otherwise as the call itself. */
import * as tf from 'gradtape';
import { native } from '../../lib/binding';

/** Long enough to be under way when the next line runs: some 10 ms. */
const n = 512;
const slow = (x: tf.Tensor): tf.Tensor => tf.matmul(tf.matmul(x, x), x).mul(1 / (n * n));
const ones = (): tf.Tensor => tf.ones([n, n]);
const same = (a: tf.Tensor, b: tf.Tensor): boolean =>
  Buffer.compare(Buffer.from(a.data().buffer), Buffer.from(b.data().buffer)) === 0;
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

function mlp() {
  tf.random.setSeed(7);
  const w1 = new tf.Variable(tf.random.normal([20, 64], { stddev: 0.3 }));
  const w2 = new tf.Variable(tf.random.normal([64, 5], { stddev: 0.3 }));
  const step = (x: tf.Tensor, labels: tf.Tensor): tf.Tensor => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => {
      const logits = tf.matmul(tf.relu(tf.matmul(x, w1)), w2);
      return tf.reduceMean(tf.nn.sparseSoftmaxCrossEntropyWithLogits(labels, logits));
    });
    const [g1, g2] = tape.gradient(loss, [w1, w2]) as tf.Tensor[];
    w1.assignSub(tf.multiply(g1, 0.1));
    w2.assignSub(tf.multiply(g2, 0.1));
    return loss;
  };
  return { w1, w2, step };
}
const batch = (i: number): [tf.Tensor, tf.Tensor] => [
  tf.random.statelessNormal([32, 20], [i, 1]),
  tf.random.statelessUniform([32], [i, 2], { minval: 0, maxval: 5, dtype: 'int32' }),
];

describe('a call off the event loop', () => {
  test('matches the synchronous call bit for bit, also on large data', async () => {
    const f = tf.function((x: tf.Tensor, y: { scale: tf.Tensor }) => ({
      product: tf.matmul(x, x, { transposeB: true }),
      list: [tf.nn.softmax(tf.multiply(x, y.scale)), 'text', tf.reduceSum(tf.tanh(x))],
    }));
    const x = tf.random.statelessNormal([300, 400], [1, 2]);
    const scale = tf.constant(1.5);
    const now = f(x, { scale });
    const later = await f.async(x, { scale });
    expect(same(later.product, now.product)).toBe(true);
    expect(same(later.list[0] as tf.Tensor, now.list[0] as tf.Tensor)).toBe(true);
    expect(same(later.list[2] as tf.Tensor, now.list[2] as tf.Tensor)).toBe(true);
    expect(later.list[1]).toBe('text');
    expect(f.experimentalGetTracingCount()).toBe(1);
  });

  test('accepts the arguments of the synchronous call: literals, variables, empty and 0-d tensors, an argument as result', async () => {
    const v = new tf.Variable([1, 2]);
    const f = tf.function((x: tf.Tensor, k: number, w: tf.Variable) => [x, tf.multiply(x, k), tf.add(w, k)]);
    const [x, y, z] = await f.async(tf.constant([3, 4]), 2, v);
    expect([x.array(), y.array(), z.array()]).toEqual([
      [3, 4],
      [6, 8],
      [3, 4],
    ]);
    const g = tf.function((t: tf.Tensor) => tf.square(t));
    expect((await g.async(tf.zeros([0, 3]))).shape).toEqual([0, 3]);
    expect((await g.async(tf.constant(3))).item()).toBe(9);
    const c = g.getConcreteFunction(new tf.TensorSpec([2]));
    expect((await c.async(tf.constant([1, 2]))).array()).toEqual([1, 4]);
  });

  test('leaves the event loop free', async () => {
    const f = tf.function((x: tf.Tensor) => {
      let y = x;
      for (let i = 0; i < 8; i++) y = slow(y);
      return y;
    });
    const x = ones();
    await f.async(x);
    let turns = 0;
    let done = false;
    const result = f.async(x).finally(() => (done = true));
    while (!done) {
      await turn();
      turns++;
    }
    expect((await result).data()[0]).toBe(1);
    expect(turns).toBeGreaterThan(10);
  });

  test('traces the function synchronously at the first call only', async () => {
    let traces = 0;
    const f = tf.function((x: tf.Tensor) => {
      traces++;
      return tf.add(x, 1);
    });
    const first = f.async(tf.constant(1));
    expect(traces).toBe(1);
    await Promise.all([first, f.async(tf.constant(2)), f.async(tf.constant(3))]);
    expect(traces).toBe(1);
    expect(f(tf.constant(4)).item()).toBe(5);
    expect(traces).toBe(1);
  });

  test('runs eagerly if functions do', async () => {
    tf.config.runFunctionsEagerly(true);
    try {
      let calls = 0;
      const f = tf.function((x: tf.Tensor) => {
        calls++;
        return tf.square(x);
      });
      expect((await f.async(tf.constant(3))).item()).toBe(9);
      expect((await f.async(tf.constant(4))).item()).toBe(16);
      expect(calls).toBe(2);
    } finally {
      tf.config.runFunctionsEagerly(false);
    }
  });
});

describe('errors', () => {
  test('of arguments, of the trace, of enclosing tapes and functions reject', async () => {
    const f = tf.function((x: tf.Tensor) => tf.matmul(x, x));
    await expect(f.async(tf.zeros([2, 3]))).rejects.toThrow(tf.errors.InvalidArgumentError);
    const limited = tf.function((x: tf.Tensor) => x, { inputSignature: [new tf.TensorSpec([2])] });
    await expect(limited.async(tf.constant([1, 2, 3]))).rejects.toThrow(TypeError);
    const gone = tf.zeros([30, 30]);
    gone.dispose();
    await expect(f.async(gone)).rejects.toThrow(/disposed/);
    const g = tf.function((x: tf.Tensor) => tf.square(x));
    const v = new tf.Variable(2);
    const tape = new tf.GradientTape();
    let inTape: Promise<tf.Tensor> | undefined;
    tape.run(() => {
      inTape = g.async(v.read());
    });
    await expect(inTape).rejects.toThrow(/tape/);
    let inTrace: Promise<tf.Tensor> | undefined;
    tf.function((x: tf.Tensor) => {
      inTrace = g.async(x);
      return x;
    })(tf.constant(1));
    await expect(inTrace).rejects.toThrow(tf.errors.FailedPreconditionError);
  });

  test('reject the promise of their own call, and later calls on the same variable still run', async () => {
    const v = new tf.Variable([0, 0, 0]);
    const f = tf.function((i: tf.Tensor) => {
      const row = tf.gather(v, i);
      v.assignAdd([1, 1, 1]);
      return row;
    });
    const calls = [0, 7, 2, -1, 1].map((i) => f.async(tf.constant(i, 'int32')));
    const ended = await Promise.allSettled(calls);
    expect(ended.map((e) => e.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect((ended[1] as PromiseRejectedResult).reason).toBeInstanceOf(tf.errors.InvalidArgumentError);
    expect((ended[2] as PromiseFulfilledResult<tf.Tensor>).value.item()).toBe(1);
    expect(v.array()).toEqual([3, 3, 3]);
    // Nothing holds the variable any more.
    v.assign([5, 5, 5]);
    expect(f(tf.constant(0, 'int32')).item()).toBe(5);
  });

  test('have the message of the synchronous call', async () => {
    const f = tf.function((x: tf.Tensor, i: tf.Tensor) => tf.gather(slow(x), i));
    const x = ones();
    const bad = tf.constant([1, n], 'int32');
    let message = '';
    try {
      f(x, bad);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/512/);
    await expect(f.async(x, bad)).rejects.toThrow(message);
  });
});

describe('memory of a call in flight', () => {
  test('inputs may be disposed and their memory reused', async () => {
    const f = tf.function((x: tf.Tensor, y: tf.Tensor) => tf.reduceSum(tf.add(slow(x), y)));
    await f.async(ones(), ones());
    const calls: Promise<tf.Tensor>[] = [];
    for (let i = 0; i < 20; i++) {
      const x = tf.fill([n, n], 1);
      const y = tf.fill([n, n], i);
      calls.push(f.async(x, y));
      x.dispose();
      y.dispose();
      // Would take the memory over if it were free.
      tf.tidy(() => [tf.fill([n, n], NaN), tf.fill([n, n], NaN)].length);
    }
    const got = (await Promise.all(calls)).map((t) => t.item());
    expect(got).toEqual(got.map((_, i) => n * n * (1 + i)));
  });

  test('tidy frees neither inputs nor results', async () => {
    const f = tf.function((x: tf.Tensor) => [slow(x), x]);
    let result: Promise<tf.Tensor[]> | undefined;
    tf.tidy(() => {
      result = f.async(tf.fill([n, n], 1));
      return null;
    });
    for (let i = 0; i < 4; i++) tf.fill([n, n], NaN).dispose();
    const [y, x] = await (result as Promise<tf.Tensor[]>);
    expect(y.data()[0]).toBe(1);
    expect(x.data()[n * n - 1]).toBe(1);
  });

  test('concurrent calls of one function have separate intermediates, and so has a synchronous call in between', async () => {
    const f = tf.function((x: tf.Tensor) => tf.reduceSum(tf.add(tf.matmul(x, x), x)));
    const inputs = Array.from({ length: 12 }, (_, i) => tf.fill([200, 200], i));
    const expected = inputs.map((x) => f(x).item());
    const calls = inputs.map((x) => f.async(x));
    expect(f(inputs[3]).item()).toBe(expected[3]);
    expect((await Promise.all(calls)).map((t) => t.item())).toEqual(expected);
  });
});

describe('variables', () => {
  test('calls that assign the same ones run one after another, in call order', async () => {
    const sync = mlp();
    const step = tf.function(sync.step);
    const losses = Array.from({ length: 30 }, (_, i) => step(...batch(i)).item());
    const other = mlp();
    const later = tf.function(other.step);
    const got = await Promise.all(Array.from({ length: 30 }, (_, i) => later.async(...batch(i))));
    expect(got.map((t) => t.item())).toEqual(losses);
    expect(same(other.w1.read(), sync.w1.read())).toBe(true);
    expect(same(other.w2.read(), sync.w2.read())).toBe(true);
  });

  test('readers see the values that earlier calls leave, not those of later calls', async () => {
    const v = new tf.Variable(1);
    const double = tf.function((x: tf.Tensor) => {
      v.assign(tf.multiply(v, tf.multiply(slow(x).at(0, 0), 2)));
      return v.read();
    });
    const read = tf.function((x: tf.Tensor) => tf.multiply(v, x));
    const x = ones();
    const one = tf.constant(1);
    await double.async(x);
    const calls = [read.async(one), double.async(x), read.async(one), double.async(x), read.async(one)];
    expect((await Promise.all(calls)).map((t) => t.item())).toEqual([2, 4, 4, 8, 8]);
    // A reader that waits for nobody takes the value of the moment.
    const before = read.async(one);
    v.assign(100);
    expect((await before).item()).toBe(8);
    expect((await read.async(one)).item()).toBe(100);
  });

  test('keep their value until the call ends; an assignment meanwhile is an error', async () => {
    const v = new tf.Variable(tf.ones([n, n]));
    const rate = new tf.Variable(2);
    const step = tf.function((x: tf.Tensor) => {
      v.assign(tf.multiply(slow(x), rate));
      return tf.reduceMean(v);
    });
    const x = ones();
    expect(step(x).item()).toBe(2);
    const calls = [step.async(x)];
    // Not assigned by it: the call has seen the old one.
    rate.assign(3);
    calls.push(step.async(x));
    expect(v.read().data()[0]).toBe(2);
    const refused = [
      () => v.assign(tf.zeros([n, n])),
      () => v.assignAdd(tf.ones([n, n])),
      () => v.at(0, 0).assign(5),
      () => v.scatterUpdate(new tf.IndexedSlices(tf.zeros([1, n]), tf.constant([0], 'int32'))),
      () => step(x),
    ];
    for (const f of refused) expect(f).toThrow(/'Variable:0' is assigned by a call of 'the function'/);
    expect(refused[0]).toThrow(tf.errors.FailedPreconditionError);
    expect(v.read().data()[0]).toBe(2);
    const [a, b] = await Promise.all(calls);
    expect([a.item(), b.item()]).toEqual([2, 3]);
    expect(v.read().data()[n]).toBe(3);
    v.assign(tf.zeros([n, n]));
    expect(step(x).item()).toBe(3);
  });

  test('tensors read before keep their elements while calls go on', async () => {
    const v = new tf.Variable(tf.zeros([n]));
    const step = tf.function(() => {
      v.assignAdd(tf.ones([n]));
    });
    for (let i = 0; i < 20; i++) {
      const before = v.read();
      const call = step.async();
      v.read();
      expect(before.data()[0]).toBe(i);
      await call;
      expect(before.data()[0]).toBe(i);
      expect(v.read().data()[n - 1]).toBe(i + 1);
    }
  });

  test('may be created on the first call, if that is asynchronous', async () => {
    let v: tf.Variable | null = null;
    const f = tf.function((x: tf.Tensor) => {
      v ??= new tf.Variable(10);
      v.assignAdd(x);
      return v.read();
    });
    const calls = [f.async(tf.constant(1)), f.async(tf.constant(2))];
    expect((await Promise.all(calls)).map((t) => t.item())).toEqual([11, 13]);
  });
});

describe('host steps between segments', () => {
  test('run on the event loop, in program order, and see the assignments before them', async () => {
    const v = new tf.Variable(1);
    const lines: string[] = [];
    const outputStream = (text: string): void => void lines.push(text.trim());
    const f = tf.function((x: tf.Tensor) => {
      tf.print('in', x, { outputStream });
      const y = tf.multiply(x, v);
      v.assign(y);
      tf.print('out', y, v, { outputStream });
      return tf.add(y, v);
    });
    const calls = [2, 3, 4].map((k) => f.async(tf.constant(k)));
    expect((await Promise.all(calls)).map((t) => t.item())).toEqual([4, 12, 48]);
    expect(lines).toEqual(['in 2', 'out 2 2', 'in 3', 'out 6 6', 'in 4', 'out 24 24']);
  });

  test('an assertion that fails rejects; what was assigned before it stays', async () => {
    const v = new tf.Variable(0);
    const f = tf.function((x: tf.Tensor) => {
      v.assignAdd(1);
      tf.debugging.assertPositive(x, { message: 'must be above 0' });
      v.assignAdd(10);
      return tf.sqrt(x);
    });
    const ended = await Promise.allSettled([4, -4, 9].map((x) => f.async(tf.constant(x))));
    expect(ended.map((e) => (e.status === 'fulfilled' ? e.value.item() : String(e.reason)))).toEqual([
      2,
      expect.stringContaining('must be above 0'),
      3,
    ]);
    const twin = new tf.Variable(0);
    const g = tf.function((x: tf.Tensor) => {
      twin.assignAdd(1);
      tf.debugging.assertPositive(x, { message: 'must be above 0' });
      twin.assignAdd(10);
      return tf.sqrt(x);
    });
    for (const x of [4, -4, 9]) {
      try {
        g(tf.constant(x));
      } catch {
        // As above.
      }
    }
    expect(v.item()).toBe(twin.item());
  });

  test('an assertion that fails after one more assignment, as in a synchronous call', async () => {
    const run = async (later: boolean): Promise<unknown> => {
      const v = new tf.Variable(0);
      const g = tf.random.Generator.fromSeed(1);
      const f = tf.function((x: tf.Tensor) => {
        v.assign(tf.add(x, 1));
        // What draws sees the variables themselves: up to here they have their values.
        const state = g.state.read();
        const noise = tf.add(g.normal([]), tf.cast(state.at(0), 'float32'));
        v.assign(tf.add(x, 2));
        tf.debugging.assertPositive(x);
        return tf.add(v, noise);
      });
      await expect(
        (async () => (later ? f.async(tf.constant(-10)) : f(tf.constant(-10))))(),
      ).rejects.toThrow();
      return v.item();
    };
    expect(await run(true)).toBe(await run(false));
    expect(await run(true)).toBe(-8);
  });

  test('loops and branches run their graphs off the event loop too, with gradients', async () => {
    const size = 150;
    const w = new tf.Variable(tf.fill([size, size], 1 / size));
    const f = tf.function((x: tf.Tensor, count: tf.Tensor) => {
      const tape = new tf.GradientTape();
      const loss = tape.run(() => {
        const [, y] = tf.whileLoop(
          (i: tf.Tensor, _: tf.Tensor) => tf.less(i, count),
          (i: tf.Tensor, t: tf.Tensor) => [tf.add(i, 1), tf.tanh(tf.matmul(t, w))],
          [tf.constant(0), x],
        ) as tf.Tensor[];
        return tf.cond(
          tf.greater(count, 3),
          () => tf.reduceSum(tf.matmul(y, w)),
          () => tf.reduceMean(y),
        );
      });
      return [loss, tape.gradient(loss, w) as tf.Tensor];
    });
    const x = tf.random.statelessNormal([size, size], [4, 5]);
    for (const count of [2, 12]) {
      const [loss, g] = f(x, tf.constant(count));
      const starts = jest.spyOn(native, 'startProgram');
      const [a, b] = await f.async(x, tf.constant(count));
      expect(same(a, loss)).toBe(true);
      expect(same(b, g)).toBe(true);
      // Forward and backward; the conditions are too small for it.
      expect(starts.mock.calls.length).toBeGreaterThanOrEqual(2 * count);
      starts.mockRestore();
    }
  }, 60_000);

  test('long loops of small steps yield to the event loop', async () => {
    const f = tf.function((x: tf.Tensor) =>
      tf.scan((a: tf.Tensor, e: tf.Tensor) => tf.add(tf.multiply(a, 0.5), e), x),
    );
    const x = tf.random.statelessNormal([50_000, 3], [4, 5]);
    const expected = f(x);
    let longest = 0;
    let done = false;
    const later = f.async(x).finally(() => (done = true));
    let turns = 0;
    while (!done) {
      const begin = performance.now();
      await turn();
      longest = Math.max(longest, performance.now() - begin);
      turns++;
    }
    expect(same(await later, expected)).toBe(true);
    expect(turns).toBeGreaterThan(5);
    expect(longest).toBeLessThan(200);
  }, 60_000);

  test('optimizers, random numbers and control flow match synchronous calls', async () => {
    const make = () => {
      tf.random.setSeed(3);
      const w = new tf.Variable(tf.ones([64, 64]));
      const optimizer = new tf.keras.optimizers.Adam(0.01);
      const step = tf.function((x: tf.Tensor) => {
        const noise = tf.random.normal([64, 64]);
        const tape = new tf.GradientTape();
        const loss = tape.run(() => tf.reduceMean(tf.square(tf.subtract(tf.matmul(x, w), noise))));
        const [g] = tape.gradient(loss, [w]) as tf.Tensor[];
        optimizer.applyGradients([[g, w]]);
        const scale = tf.cond(
          tf.greater(loss, 1),
          () => tf.constant(2),
          () => tf.constant(3),
        );
        const [count] = tf.whileLoop(
          (i: tf.Tensor) => tf.less(i, 5),
          (i: tf.Tensor) => [tf.add(i, 1)],
          [tf.constant(0)],
        ) as tf.Tensor[];
        return [loss, tf.multiply(scale, count)];
      });
      return { w, step, optimizer };
    };
    const x = tf.random.statelessNormal([64, 64], [1, 2]);
    const a = make();
    const expected = Array.from({ length: 8 }, () => a.step(x).map((t) => t.item()));
    const b = make();
    const got = await Promise.all(Array.from({ length: 8 }, () => b.step.async(x)));
    expect(got.map((r) => r.map((t) => t.item()))).toEqual(expected);
    expect(same(b.w.read(), a.w.read())).toBe(true);
    expect((b.optimizer.iterations as tf.Variable).item()).toBe(8n);
  });
});
