/** Arrays that lie about their length, contain themselves or hold what no tensor can: errors, not hangs or wrong elements. */
import * as tf from 'gradtape';

const { InvalidArgumentError } = tf.errors;

test('integers that a dtype cannot hold are refused', () => {
  const t = tf.constant(1n);
  for (const value of [1e20, 2 ** 63, -(2 ** 64), 2n ** 63n, -(2n ** 63n) - 1n])
    expect(() => tf.constant(value as never, 'int64')).toThrow(InvalidArgumentError);
  expect(() => tf.add(t, 1e20)).toThrow(InvalidArgumentError);
  expect(() => tf.constant([1, 1e20], 'int64')).toThrow(InvalidArgumentError);
  expect(() => tf.constant(2 ** 31, 'int32')).toThrow(InvalidArgumentError);
  expect(tf.constant(-(2 ** 63), 'int64').item()).toBe(-(2n ** 63n));
  expect(tf.constant(2 ** 53, 'int64').item()).toBe(2n ** 53n);
});

test.each([0.17, -1, '2', NaN, 2 ** 40])('an array whose length is %p', (length) => {
  const proxy = new Proxy([1, 2], {
    get: (target, key) => (key === 'length' ? length : Reflect.get(target, key)),
  });
  expect(() => tf.constant(proxy as never)).toThrow(tf.errors.OpError);
});

test('an array whose length changes', () => {
  let asked = 0;
  const proxy = new Proxy([[1, 2], [3]] as unknown[], {
    get: (target, key) => (key === 'length' ? (asked++ === 0 ? 2 : 7) : Reflect.get(target, key)),
  });
  expect(() => tf.constant(proxy as never)).toThrow(InvalidArgumentError);
});

test('a typed array with a length of its own', () => {
  const list = Object.defineProperty(new Float32Array([1, 2]), 'length', { value: 1000 });
  expect(tf.constant(list).array()).toEqual([1, 2]);
  expect(tf.constant([list, list] as never).array()).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test('what contains itself is refused', () => {
  const list: unknown[] = [];
  list.push(list);
  const object: Record<string, unknown> = {};
  object.self = object;
  const x = tf.ones([2]);
  for (const f of [
    () => tf.constant(list as never),
    () => x.at(list as never),
    () => tf.reduceSum(list as never),
    () => tf.nn.softmax(list as never),
    () => tf.function((o: unknown) => (o === null ? x : x))(object),
    () => tf.print(list),
    () =>
      tf.whileLoop(
        () => true,
        (...a) => a,
        [object] as never,
      ),
  ])
    expect(f).toThrow(InvalidArgumentError);
});

test('a long text as an index takes no time', () => {
  const start = performance.now();
  expect(() => tf.ones([2]).at(`${' '.repeat(300_000)}x`)).toThrow(TypeError);
  expect(() => tf.ones([2]).at(`${' '.repeat(300_000)}1:x`)).toThrow(TypeError);
  // Quadratic, it took minutes.
  expect(performance.now() - start).toBeLessThan(5000);
});
