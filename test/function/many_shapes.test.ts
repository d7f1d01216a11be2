/** Functions whose sizes vary without end: programs for those that come often, the plain function for the others. */
import * as tf from 'gradtape';

const plain = (g: unknown): unknown => JSON.parse(JSON.stringify(g)) as unknown;
const ones = (n: number): tf.Tensor => tf.ones([n]);
const vector = [new tf.TensorSpec([null])];
const sizes = Array.from({ length: 200 }, (_, i) => i + 1);

const kinds: Record<string, tf.FunctionOptions> = {
  inputSignature: { inputSignature: vector },
  reduceRetracing: { reduceRetracing: true },
};

describe.each(Object.entries(kinds))('%s', (_, options) => {
  test('the function is traced once for each shape up to the limit; frequent shapes get a program', () => {
    const seen = new Map<number, number>();
    const f = tf.function((t: tf.Tensor) => {
      seen.set(t.shape[0], (seen.get(t.shape[0]) ?? 0) + 1);
      return tf.reduceSum(tf.multiply(t, 2));
    }, options);
    for (const n of sizes) expect(f(ones(n)).item()).toBe(2 * n);
    const count = f.experimentalGetTracingCount();
    expect(count).toBeLessThan(3);
    expect([...seen.values()]).toEqual(sizes.map(() => 1));
    for (const n of sizes) f(ones(n));
    expect([...seen.values()].filter((k) => k === 1).length).toBe(64);
    for (let i = 0; i < 200; i++) f(ones(200));
    const before = seen.get(200);
    for (let i = 0; i < 100; i++) f(ones(200));
    expect(seen.get(200)).toBe(before);
    expect(f.experimentalGetTracingCount()).toBe(count);
  });

  test('equally frequent shapes do not evict each other', () => {
    let runs = 0;
    const f = tf.function((t: tf.Tensor) => {
      runs += Math.sign(t.shape[0]);
      return tf.reduceSum(t);
    }, options);
    const tensors = sizes.slice(0, 80).map(ones);
    for (let round = 0; round < 200; round++) for (const t of tensors) f(t);
    // One each, and those without a program each time.
    expect(runs).toBe(64 + 16 * 200);
  });

  test('variables, random numbers, optimizers and gradients are those of eager mode', () => {
    const run = (wrap: <T>(f: T) => T): unknown => {
      tf.random.setSeed(5);
      const v = new tf.Variable(1);
      const optimizer = new tf.keras.optimizers.Adam(0.1);
      const f = wrap((t: tf.Tensor): tf.Tensor[] => {
        const before = v.read();
        v.assignAdd(tf.reduceMean(t));
        const noise = tf.random.uniform(t.shape);
        const tape = new tf.GradientTape();
        const loss = tape.run(() => tf.reduceMax(tf.square(tf.subtract(tf.multiply(t, v), noise))));
        optimizer.minimize(() => tf.square(v.read()), [v]);
        return [before, v.read(), noise, loss, tape.gradient(loss, v) as tf.Tensor];
      });
      return sizes.slice(0, 90).map((n) => {
        const t = tf.range(n).cast('float32');
        const tape = new tf.GradientTape({ persistent: true });
        tape.watch(t);
        const results = tape.run(() => f(t));
        return [results, tape.gradient(results[3], [t, v])].map(plain);
      });
    };
    expect(run((f) => tf.function(f as never, options) as never)).toEqual(run((f) => f));
  });

  test('a function that runs op by op still counts as inside a function', async () => {
    let inner = 0;
    const part = tf.function((t: tf.Tensor) => {
      inner++;
      return tf.square(t);
    });
    const states: unknown[] = [];
    const f = tf.function((t: tf.Tensor) => {
      states.push([tf.insideFunction(), tf.executingEagerly(), tf.initScope(() => tf.executingEagerly())]);
      if (t.size > 1000) throw new Error('too long');
      return [part(t), t, { v: null, n: 1 }] as const;
    }, options);
    for (const n of sizes.slice(0, 100)) {
      const t = ones(n);
      const [, same, rest] = f(t);
      expect(rest).toEqual({ v: null, n: 1 });
      expect(same).not.toBe(t);
      same.dispose();
      expect(t.array()).toEqual(ones(n).array());
    }
    expect(states).toEqual(states.map(() => [true, false, true]));
    expect(states.length).toBe(100);
    expect([inner, part.experimentalGetTracingCount()]).toEqual([100, 64]);
    expect(tf.insideFunction()).toBe(false);
    // Calls off the event loop have programs.
    expect(plain(await f.async(ones(150)))).toEqual(plain([ones(150), ones(150), { v: null, n: 1 }]));
    const bad = tf.function((s: tf.Tensor): tf.Tensor => {
      if (s.shape[0] > 100) throw new Error('too long');
      return s;
    }, options);
    for (const n of sizes) {
      if (n > 100) expect(() => bad(ones(n))).toThrow('too long');
      else bad(ones(n));
    }
    expect(tf.insideFunction()).toBe(false);
    const nested = tf.function((s: tf.Tensor): tf.Tensor => {
      if (s.shape[0] > 100) void part.async(s).catch((e: unknown) => states.push(String(e)));
      return s;
    }, options);
    for (const n of sizes.slice(0, 101)) nested(ones(n));
    await new Promise(setImmediate);
    expect(states.at(-1)).toMatch(/async inside a compiled function/);
  });
});
