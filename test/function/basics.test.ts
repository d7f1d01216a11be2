import * as tf from 'gradtape';

const first = <T>(list: readonly T[]): T => list[0];
const tensor = (g: unknown): tf.Tensor => {
  expect(g).toBeInstanceOf(tf.Tensor);
  return g as tf.Tensor;
};

describe('a compiled function', () => {
  test('computes what the function computes', () => {
    const eager = (x: tf.Tensor, y: tf.Tensor) => tf.add(tf.multiply(x, y), tf.multiply(tf.sigmoid(x), 2));
    const f = tf.function(eager);
    const x = tf.constant([1, 2, 3]);
    const y = tf.constant([4, 5, 6]);
    for (let i = 0; i < 3; i++) expect(f(x, y).array()).toEqual(eager(x, y).array());
    expect(f.experimentalGetTracingCount()).toBe(1);
  });

  test('mirrors nested arguments and results, and returns host values', () => {
    const f = tf.function((args: { a: tf.Tensor; b: tf.Tensor[] }, k: number) => ({
      sum: tf.add(args.a, first(args.b)),
      list: [tf.multiply(args.a, k), k, 'text', null],
    }));
    const result = f({ a: tf.constant(1), b: [tf.constant(2)] }, 3);
    expect(result.sum.item()).toBe(3);
    expect((result.list[0] as tf.Tensor).item()).toBe(3);
    expect(result.list.slice(1)).toEqual([3, 'text', null]);
  });

  test('runs JavaScript at the trace only, and traces once for each signature', () => {
    let runs = 0;
    const f = tf.function((x: tf.Tensor, k?: number | string) => {
      runs++;
      return k === undefined ? x : tf.add(x, 1);
    });
    const x = tf.constant([1, 2]);
    f(x);
    f(tf.constant([3, 4]));
    expect(runs).toBe(1);
    f(tf.constant([1, 2, 3]));
    f(tf.constant([[1, 2]]));
    f(tf.constant([1, 2], 'int32'));
    expect(runs).toBe(4);
    f(x, 1);
    f(x, 1);
    f(x, 2);
    f(x, 'a');
    expect(runs).toBe(7);
    expect(f.experimentalGetTracingCount()).toBe(7);
  });

  test('an argument as result, a constant, and the same result twice', () => {
    const c = tf.constant([7, 8]);
    const f = tf.function((x: tf.Tensor) => {
      const y = tf.square(x);
      return [x, c, y, y, tf.reshape(y, [2, 1])];
    });
    const x = tf.constant([1, 2]);
    expect(f(x).map((t) => t.array())).toEqual([
      [1, 2],
      [7, 8],
      [1, 4],
      [1, 4],
      [[1], [4]],
    ]);
  });

  test('keeps captured tensors that the user disposes', () => {
    const c = tf.fill([1000], 2);
    const f = tf.function((x: tf.Tensor) => tf.add(x, c));
    const x = tf.ones([1000]);
    expect(f(x).data()[999]).toBe(3);
    c.dispose();
    tf.fill([1000], 5);
    expect(f(x).data()[999]).toBe(3);
  });

  test('keeps a constant that a variable held only for a while', () => {
    const v = new tf.Variable(tf.zeros([1000]));
    const f = tf.function((x: tf.Tensor) => {
      v.assign(tf.fill([1000], 2));
      const y = tf.multiply(v, x);
      v.assign(tf.fill([1000], 3));
      return y;
    });
    const x = tf.ones([1000]);
    for (let i = 0; i < 2; i++) {
      expect(f(x).data()[999]).toBe(2);
      expect(v.data()[999]).toBe(3);
    }
  });

  test('reads and writes variables in program order', () => {
    const v = new tf.Variable(1);
    const w = new tf.Variable(10);
    const f = tf.function((x: tf.Tensor) => {
      const before = v.read();
      v.assignAdd(x);
      const after = tf.multiply(v, 1);
      w.assign(v);
      v.assign(tf.multiply(v, 2));
      return [before, after, v.read(), w.read()];
    });
    expect(f(tf.constant(4)).map((t) => t.item())).toEqual([1, 5, 10, 5]);
    expect([v.item(), w.item()]).toEqual([10, 5]);
    expect(f(tf.constant(1)).map((t) => t.item())).toEqual([10, 11, 22, 11]);
    v.assign(100);
    expect(f(tf.constant(1)).map((t) => t.item())).toEqual([100, 101, 202, 101]);
  });

  test('values read before an update do not change', () => {
    const v = new tf.Variable(tf.zeros([1000]));
    const f = tf.function(() => {
      v.assignAdd(tf.ones([1000]));
      return v.read();
    });
    const reads = [f(), f(), f()];
    expect(reads.map((t) => t.data()[500])).toEqual([1, 2, 3]);
  });

  test('a function called inside another is inlined', () => {
    const square = tf.function((x: tf.Tensor) => tf.square(x));
    const f = tf.function((x: tf.Tensor) => tf.add(square(x), square(tf.add(x, 1))));
    expect(f(tf.constant([1, 2])).array()).toEqual([5, 13]);
    expect(square.experimentalGetTracingCount()).toBe(1);
  });
});

test('updates of rows and slices of variables', () => {
  const both = [(f: () => tf.Tensor) => tf.function(f), (f: () => tf.Tensor) => f].map((wrap) => {
    const v = new tf.Variable(tf.zeros([3, 2]));
    const n = new tf.Variable(0, { dtype: 'int32' });
    const f = wrap(() => {
      v.assignAdd(tf.ones([3, 2]));
      v.scatterAdd(new tf.IndexedSlices(tf.multiply(v.at('0:2'), 2), tf.constant([0, 2], 'int32')));
      v.at(1, 1).assign(7);
      v.assignSub(new tf.IndexedSlices(tf.ones([1, 2]), tf.constant([0], 'int32')));
      return tf.add(tf.cast(n.countUpTo(5), 'float32'), tf.reduceSum(v));
    });
    return [f().item(), f().item(), v.array(), n.item()];
  });
  expect(both[0]).toEqual(both[1]);
});

describe('variables created inside', () => {
  test('are created on the first call', () => {
    let v: tf.Variable | null = null;
    const f = tf.function((x: tf.Tensor) => {
      v ??= new tf.Variable(1);
      v.assignAdd(x);
      return v.read();
    });
    expect(f(tf.constant(1)).item()).toBe(2);
    expect(f(tf.constant(1)).item()).toBe(3);
  });

  test('may not be created again', () => {
    const f = tf.function((x: tf.Tensor) => tf.add(new tf.Variable(1), x));
    expect(() => f(tf.constant(1))).toThrow(/only supports singleton tf.Variables created on the first call/);
  });
});

describe('mistakes', () => {
  test('a value read during the trace', () => {
    expect(() => tf.function((x: tf.Tensor) => x.item())(tf.constant(1))).toThrow(/has no value yet/);
    expect(() => tf.function((x: tf.Tensor) => x.data())(tf.constant(1))).toThrow(/has no value yet/);
    expect(() => tf.function((x: tf.Tensor) => (Number(x) > 0 ? x : tf.negative(x)))(tf.constant(1))).toThrow(
      /has no value yet/,
    );
  });

  test('a tensor that leaked', () => {
    let leaked: tf.Tensor | null = null;
    tf.function((x: tf.Tensor) => {
      leaked = tf.square(x);
      return leaked;
    })(tf.constant(1));
    const t = leaked as unknown as tf.Tensor;
    expect(() => tf.add(t, 1)).toThrow(/is out of scope and cannot be used here/);
    expect(() => t.item()).toThrow(TypeError);
    expect(() => tf.function((x: tf.Tensor) => tf.add(x, t))(tf.constant(1))).toThrow(/out of scope/);
    expect(String(tf.function((x: tf.Tensor) => ((leaked = tf.stack([x])), x))(tf.constant(1)))).toMatch(
      /1\.0/,
    );
    expect(String(leaked)).toBe('tf.Tensor(<symbolic>, shape=(1,), dtype=float32)');
  });

  test('a leaked tensor as an argument, even if it is only returned', async () => {
    let leaked: tf.Tensor = tf.constant(0);
    const f = tf.function((x: tf.Tensor) => {
      leaked = tf.square(x);
      return x;
    });
    const concrete = f.getConcreteFunction(new tf.TensorSpec([]));
    f(tf.constant(1));
    for (const g of [f, concrete]) {
      expect(() => g(leaked)).toThrow(/out of scope/);
      await expect(g.async(leaked)).rejects.toThrow(/out of scope/);
    }
    const gone = tf.constant(1);
    gone.dispose();
    expect(() => f(gone)).toThrow(/was disposed/);
  });

  test('the value of a variable, which is symbolic during the trace', () => {
    const v = new tf.Variable([2]);
    const reads: ((w: tf.Variable) => unknown)[] = [
      (w) => w.item(),
      (w) => w.array(),
      (w) => +(w as never as number),
      (w) => (w as never as number) > 1,
      (w) => JSON.stringify(w),
    ];
    for (const read of reads) {
      expect(() => tf.function(() => void read(v))()).toThrow(tf.errors.FailedPreconditionError);
      expect(() => tf.function(() => void read(v.assign([3])))()).toThrow(/has no value yet/);
      expect(() => read(v)).not.toThrow();
    }
    let text = '';
    tf.function(() => void (text = String(v.assign([3]))))();
    expect(text).toBe("<tf.Variable 'Variable:0' shape=(1,) dtype=float32>");
    expect(String(v)).toBe(
      "<tf.Variable 'Variable:0' shape=(1,) dtype=float32, numpy=array([3.], dtype=float32)>",
    );
  });

  test('arguments that contain themselves', () => {
    const loop: unknown[] = [];
    loop.push({ loop });
    const f = tf.function((x: unknown) => x);
    expect(() => f(loop)).toThrow(tf.errors.InvalidArgumentError);
    expect(() => f(loop)).toThrow(/nested too deeply/);
  });

  test('results that are neither tensors nor values are named in the error', () => {
    const f = tf.function(function* (x: tf.Tensor) {
      yield x;
    });
    expect(() => f(tf.constant(1))).toThrow('got a Generator');
  });

  test('a Promise', () => {
    expect(() => tf.function(async (x: tf.Tensor) => Promise.resolve(x))(tf.constant(1))).toThrow(
      /returned a Promise/,
    );
  });

  test('an error inside does not affect variables and later calls', () => {
    const v = new tf.Variable(1);
    let broken = true;
    const f = tf.function((x: tf.Tensor) => {
      v.assignAdd(1);
      if (broken) throw new Error('on purpose');
      return tf.add(v, x);
    });
    expect(() => f(tf.constant(1))).toThrow('on purpose');
    expect(v.item()).toBe(1);
    expect(tf.add(v, 1).item()).toBe(2);
    broken = false;
    expect(f(tf.constant(1)).item()).toBe(3);
  });

  test('bad data cause the same error as in eager mode', () => {
    const f = tf.function((a: tf.Tensor, b: tf.Tensor) => tf.floordiv(tf.add(a, 1), b));
    const a = tf.constant([4, 5], 'int32');
    expect(f(a, tf.constant([2, 3], 'int32')).array()).toEqual([2, 2]);
    expect(() => f(a, tf.constant([2, 0], 'int32'))).toThrow(/element 1 of y \(int32\) is 0/);
    const g = tf.function((i: tf.Tensor) => tf.gather(tf.constant([1, 2, 3]), i));
    expect(() => g(tf.constant([0, 3], 'int32'))).toThrow(/indices\[1\] = 3 is not in \[0, 3\)/);
  });
});

describe('gradients', () => {
  const w = new tf.Variable([
    [1, 2],
    [3, 4],
  ]);
  const eager = (x: tf.Tensor) => tf.reduceSum(tf.tanh(tf.matmul(x, w)));
  const x = tf.constant([[0.1, 0.2]]);

  test('a tape inside', () => {
    const f = (a: tf.Tensor) => {
      const tape = new tf.GradientTape();
      tape.watch(a);
      const y = tape.run(() => eager(a));
      return tape.gradient(y, [a, w]).map(tensor);
    };
    expect(
      tf
        .function(f)(x)
        .map((g) => g.array()),
    ).toEqual(f(x).map((g) => g.array()));
  });

  test('a function inside a tape, first and second order', () => {
    const both = [tf.function(eager), eager].map((f) => {
      const outer = new tf.GradientTape();
      outer.watch(x);
      const g = outer.run(() => {
        const tape = new tf.GradientTape();
        tape.watch(x);
        const y = tape.run(() => f(x));
        const [dx, dw] = tape.gradient(y, [x, w]).map(tensor);
        return tf.add(tf.reduceSum(tf.square(dx)), tf.reduceSum(tf.square(dw)));
      });
      return [g.item(), ...outer.gradient(g, [x, w]).map((t) => tensor(t).array())];
    });
    expect(both[0]).toEqual(both[1]);
  });

  test('belong to the value of a variable before the function changed it', () => {
    const v = new tf.Variable(3);
    const f = tf.function((a: tf.Tensor) => {
      const y = tf.multiply(v, a);
      v.assign(100);
      return y;
    });
    const tape = new tf.GradientTape();
    const a = tf.constant(2);
    tape.watch(a);
    const y = tape.run(() => f(a));
    expect(tape.gradient(y, [a, v]).map((g) => tensor(g).item())).toEqual([3, 2]);
  });
});

test('a training step with Adam and random numbers matches eager mode', () => {
  const train = (wrap: (f: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor) => typeof f) => {
    tf.random.setSeed(7);
    const w = new tf.Variable(tf.random.normal([4, 3]));
    const b = new tf.Variable(tf.zeros([3]));
    const optimizer = new tf.keras.optimizers.Adam(0.01);
    const x = tf.random.normal([8, 4]);
    const y = tf.random.normal([8, 3]);
    const step = wrap((u, v) => {
      const tape = new tf.GradientTape();
      const loss = tape.run(() => {
        const noisy = tf.add(u, tf.random.normal([8, 4], { stddev: 0.1, seed: 3 }));
        return tf.reduceMean(tf.square(tf.subtract(tf.add(tf.matmul(noisy, w), b), v)));
      });
      const [dw, db] = tape.gradient(loss, [w, b]);
      optimizer.applyGradients([
        [dw, w],
        [db, b],
      ]);
      return loss;
    });
    return [Array.from({ length: 5 }, () => step(x, y).item()), w.array(), b.array()];
  };
  expect(train((f) => tf.function(f))).toEqual(train((f) => f));
});
