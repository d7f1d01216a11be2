import * as tf from 'gradtape';

const counts = (calls: readonly unknown[][], given?: Parameters<typeof tf.function>[1]): number[] => {
  const f = tf.function((...a: unknown[]) => a[0], given);
  return calls.map((a) => {
    f(...a);
    return f.experimentalGetTracingCount();
  });
};
const shapes = (...list: number[][]): tf.Tensor[][] => list.map((s) => [tf.zeros(s)]);

describe('signatures', () => {
  const spec = new tf.TensorSpec([null], { dtype: 'float32' });

  test('the number of traces is that of TensorFlow', () => {
    const lengths = shapes([1], [2], [3], [4]);
    expect(counts(lengths)).toEqual([1, 2, 3, 4]);
    expect(counts(lengths, { reduceRetracing: true })).toEqual([1, 2, 2, 2]);
    expect(counts(shapes([1], [1, 1], [1, 1, 1]), { reduceRetracing: true })).toEqual([1, 2, 2]);
    expect(
      counts(shapes([1, 2], [2, 2], [3, 2], [4, 2], [2, 3], [2, 4], [1, 2]), { reduceRetracing: true }),
    ).toEqual([1, 2, 2, 2, 3, 3, 3]);
    const int = (n: number): unknown[] => [tf.zeros([n], 'int32')];
    expect(counts([[tf.zeros([1])], int(2), [tf.zeros([3])], int(3)], { reduceRetracing: true })).toEqual([
      1, 2, 3, 4,
    ]);
    expect(counts([[1], [2], [3]], { reduceRetracing: true })).toEqual([1, 2, 3]);
    expect(counts(lengths, { inputSignature: [spec] })).toEqual([1, 1, 1, 1]);
  });

  test('an inputSignature converts, and rejects with TensorFlow’s messages', () => {
    const f = tf.function((x: tf.Tensor) => tf.add(x, 1), [spec]);
    expect(f([1, 2] as never).array()).toEqual([2, 3]);
    expect(f(tf.constant([1])).array()).toEqual([2]);
    const start = 'Binding inputs to tf.function failed due to ';
    expect(() => f(tf.constant([1], 'int32'))).toThrow(
      `${start}\`Can not cast TensorSpec(shape=(1,), dtype=tf.int32, name=None) to TensorSpec(shape=(None,), ` +
        `dtype=tf.float32, name=None)\``,
    );
    expect(() => f(tf.constant([[1]]))).toThrow(
      'Can not cast TensorSpec(shape=(1, 1), dtype=tf.float32, name=None)',
    );
    const any = f as unknown as (...a: unknown[]) => unknown;
    expect(() => any(1, 2)).toThrow(`${start}\`too many positional arguments\``);
    expect(() => any()).toThrow(`${start}\`missing a required argument`);
    expect(() => any('a')).toThrow(start);
    expect(() => any(null)).toThrow(TypeError);
    const g = tf.function((d: { a: tf.Tensor }) => d.a, [{ a: new tf.TensorSpec([]) }]);
    expect(g({ a: 1 } as never).item()).toBe(1);
    expect(() => g({ b: 1 } as never)).toThrow(/has different keys/);
    expect(() => tf.function(() => 1, 3 as never)).toThrow(/inputSignature must be an array/);
    expect(() => tf.function(() => 1, [3])).toThrow(/possibly nested sequence of TensorSpec/);
  });

  test('concrete functions', () => {
    let runs = 0;
    const h = tf.function((x: tf.Tensor, k: number) => {
      runs++;
      return { y: tf.multiply(x, k) };
    });
    const cf = h.getConcreteFunction(new tf.TensorSpec([2]), 3);
    expect([runs, h.experimentalGetTracingCount()]).toEqual([1, 1]);
    expect(String(cf.structuredInputSignature[0][0])).toBe(
      'TensorSpec(shape=(2,), dtype=tf.float32, name=None)',
    );
    expect(cf.structuredInputSignature[0][1]).toBe(3);
    expect(cf.outputs?.map(String)).toEqual(['TensorSpec(shape=(2,), dtype=tf.float32, name=None)']);
    expect(cf(tf.constant([1, 2]), 3).y.array()).toEqual([3, 6]);
    expect((cf as unknown as (x: tf.Tensor) => { y: tf.Tensor })(tf.constant([1, 2])).y.array()).toEqual([
      3, 6,
    ]);
    expect(h(tf.constant([1, 2]), 3).y.array()).toEqual([3, 6]);
    expect(runs).toBe(1);
    expect(() => cf(tf.constant([1]), 3)).toThrow(/Can not cast/);
    expect(() => cf(tf.constant([1, 2]), 4)).toThrow(/was traced for/);
    const open = h.getConcreteFunction(spec, 2);
    expect([runs, open.outputs]).toEqual([1, null]);
    expect(open(tf.constant([1]), 2).y.array()).toEqual([2]);
  });

  test('frequent retracing warns once', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      counts(shapes([1], [1], [2], [2], [3], [3], [4], [4], [4], [4]));
      expect(warn).toHaveBeenCalledTimes(0);
      counts(shapes([1], [2], [3], [4], [5], [6], [7], [8]));
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0][0]).toMatch(
        /^5 out of the last 5 calls to the function triggered tf\.function retracing\. Tracing is expensive/,
      );
    } finally {
      warn.mockRestore();
    }
  });
});

test('calls that alternate among many signatures each run the right program', () => {
  let traced = 0;
  const f = tf.function((...xs: tf.Tensor[]) => {
    traced++;
    return [tf.add(xs[0], traced), xs.length];
  });
  const args = [
    [tf.ones([2])],
    [tf.ones([3])],
    [tf.ones([2, 1])],
    [tf.ones([2], 'float64')],
    [tf.ones([2]), tf.ones([2])],
    [tf.ones([2]), tf.ones([3])],
    [tf.ones([])],
  ];
  const turn = () => args.map((a) => f(...a).map((r) => (r instanceof tf.Tensor ? r.data()[0] : r)));
  const first = turn();
  expect(first).toEqual(args.map((a, i) => [1 + i + 1, a.length]));
  for (let i = 0; i < 3; i++) expect(turn()).toEqual(first);
  expect(args.reverse().map((a) => (f(...a)[0] as tf.Tensor).dtype)).toEqual(args.map((a) => a[0].dtype));
  expect([traced, f.experimentalGetTracingCount()]).toEqual([7, 7]);
});

describe('methods', () => {
  class Scale {
    readonly w: tf.Variable;
    constructor(w: number) {
      this.w = new tf.Variable(w);
    }
    call(x: tf.Tensor): tf.Tensor {
      return tf.multiply(x, this.w);
    }
    declare compiled: (x: tf.Tensor) => tf.Tensor;
  }

  test('this is passed on, and a part of the signature', () => {
    // eslint-disable-next-line @typescript-eslint/unbound-method
    const compiled = tf.function(Scale.prototype.call);
    Scale.prototype.compiled = compiled;
    const [two, three] = [new Scale(2), new Scale(3)];
    const x = tf.constant([1, 2]);
    for (let i = 0; i < 3; i++) {
      expect(two.compiled(x).array()).toEqual([2, 4]);
      expect(three.compiled(x).array()).toEqual([3, 6]);
    }
    expect(compiled.experimentalGetTracingCount()).toBe(2);
    const whole = tf.function((t: tf.Tensor) => two.compiled(three.compiled(t)));
    expect(whole(x).array()).toEqual([6, 12]);
    two.w.assign(5);
    expect(two.compiled(x).array()).toEqual([5, 10]);
  });

  test('it matters only if the function uses it', () => {
    const f = tf.function((t: tf.Tensor) => tf.square(t));
    const [a, b] = [{ f }, { f }];
    const x = tf.constant(2);
    expect([a.f(x), b.f(x), f(x)].map((t) => t.item())).toEqual([4, 4, 4]);
    expect(f.experimentalGetTracingCount()).toBe(1);
    class Model {
      readonly w = new tf.Variable(3);
      readonly call = tf.function((t: tf.Tensor) => tf.multiply(t, this.w));
    }
    const model = new Model();
    const { call } = model;
    expect([model.call(x), call(x)].map((t) => t.item())).toEqual([6, 6]);
    expect(call.experimentalGetTracingCount()).toBe(1);
  });

  test('bound to an object, all of its members use this receiver', async () => {
    // eslint-disable-next-line @typescript-eslint/unbound-method
    const call = tf.function(Scale.prototype.call);
    const [two, three] = [new Scale(2), new Scale(3)];
    const [f, g] = [call.bind(two), call.bind(three)];
    const x = tf.constant([1, 2]);
    expect([f(x).array(), g(x).array()]).toEqual([
      [2, 4],
      [3, 6],
    ]);
    expect([(await f.async(x)).array(), (await g.async(x)).array()]).toEqual([
      [2, 4],
      [3, 6],
    ]);
    expect(call.experimentalGetTracingCount()).toBe(2);
    expect(f.experimentalGetTracingCount()).toBe(2);
    expect(call.bind(two)).toBe(f);
    expect(f.bind(three)).toBe(g);
    expect(call.bind(null)).toBe(call);
    expect(f.call(three, x).array()).toEqual([2, 4]);
    expect(String(g.program(x))).toMatch(/multiply/);
    expect(g.profile([x], { runs: 2 }).map((r) => r.name)).toEqual(['multiply']);
    const concrete = g.getConcreteFunction(new tf.TensorSpec([null]));
    expect(concrete(x).array()).toEqual([3, 6]);
    expect((await concrete.async(tf.constant([1, 2, 3]))).array()).toEqual([3, 6, 9]);
    expect(f.jsFunction).toBe(call.jsFunction);
    const whole = tf.function((t: tf.Tensor) => f(g(t)));
    expect(whole(x).array()).toEqual([6, 12]);
    tf.config.runFunctionsEagerly(true);
    try {
      expect([
        f(x).array(),
        (await g.async(x)).array(),
        concrete(x).array(),
        (await concrete.async(x)).array(),
      ]).toEqual([
        [2, 4],
        [3, 6],
        [3, 6],
        [3, 6],
      ]);
    } finally {
      tf.config.runFunctionsEagerly(false);
    }
    // Arguments too, as every function has it.
    const add = tf.function((a: tf.Tensor, b: tf.Tensor) => tf.add(a, b));
    const half = (add as (...args: never[]) => tf.Tensor).bind(null, x as never) as (
      b: tf.Tensor,
    ) => tf.Tensor;
    expect(half(x).array()).toEqual([2, 4]);
  });

  test('as a decorator it binds the method to each object', async () => {
    class Model {
      readonly w: tf.Variable;
      constructor(w: number) {
        this.w = new tf.Variable(w);
      }

      @tf.function
      call(x: tf.Tensor): tf.Tensor {
        return tf.multiply(x, this.w);
      }

      @tf.function({ reduceRetracing: true })
      sum(x: tf.Tensor): tf.Tensor {
        return tf.reduceSum(this.call(x));
      }
    }
    class Negative extends Model {
      override call(x: tf.Tensor): tf.Tensor {
        return tf.negative(super.call(x));
      }
    }
    type Compiled = tf.CompiledFunction<[tf.Tensor], tf.Tensor>;
    const [two, three] = [new Model(2), new Model(3)];
    const x = tf.constant([1, 2]);
    expect([two.call(x).array(), three.call(x).array(), two.sum(x).item()]).toEqual([[2, 4], [3, 6], 6]);
    expect((await (three.call as Compiled).async(x)).array()).toEqual([3, 6]);
    expect(String((two.call as Compiled).program(x))).toMatch(/multiply/);
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it is bound
    const { call } = two;
    expect(call(x).array()).toEqual([2, 4]);
    for (let n = 1; n < 20; n++) expect(three.sum(tf.ones([n])).item()).toBe(3 * n);
    const negative = new Negative(2);
    expect([negative.call(x).array(), negative.sum(x).item()]).toEqual([[-2, -4], -6]);
    expect(Object.keys(two)).toEqual(['w']);
    expect(() => tf.function({ reduceRetracing: true })(() => 1, { kind: 'field' } as never)).toThrow(
      /as a decorator it is for methods/,
    );
  });
});

test('rejected results, whose tensors would be missed', () => {
  const x = tf.constant(1);
  const bad: (() => unknown)[] = [
    () => new Map([['x', x]]),
    () => [new Set([x])],
    () => ({ later: Promise.resolve(x) }),
    function* () {
      yield x;
    },
  ];
  for (const f of bad) expect(() => tf.function(f)()).toThrow(TypeError);
});
