/** gradtape/jest: what is equal, and what is printed where it is not. */
import 'gradtape/jest';
import * as tf from 'gradtape';
import { extend } from 'gradtape/jest';

/** The message of an expectation that fails, without colours. */
function failure(f: () => void): string {
  try {
    f();
  } catch (error) {
    return (error as Error).message.replace(/\u001b\[\d+m/g, '');
  }
  throw new Error('it passed');
}

const makers: [string, () => unknown][] = [
  [
    'float32',
    () =>
      tf.constant([
        [1, 2],
        [3, NaN],
      ]),
  ],
  ['float64', () => tf.constant([0.1], { dtype: 'float64' })],
  ['int32', () => tf.constant([1, 2], { dtype: 'int32' })],
  ['int64', () => tf.constant([1n, 2n ** 60n])],
  ['bool', () => tf.constant([true, false])],
  ['a scalar', () => tf.constant(5)],
  ['empty', () => tf.zeros([0, 3])],
  ['large', () => tf.range(100_000)],
  ['a variable', () => new tf.Variable([1, 2])],
  ['sparse rows', () => new tf.IndexedSlices([[1]], [2], [3, 1])],
  ['sparse rows without a shape', () => new tf.IndexedSlices([[1]], [2])],
];

describe('equal', () => {
  test.each(makers)('%s', (_, make) => {
    expect(make()).toEqual(make());
    expect(make()).toStrictEqual(make());
    expect({ a: [make()] }).toEqual({ a: [make()] });
    expect([make()]).toContainEqual(make());
    expect(make()).toMatchObject(make() as object);
    const f = jest.fn();
    f(make(), 1);
    expect(f).toHaveBeenCalledWith(make(), 1);
    expect(() => expect(make()).not.toEqual(make())).toThrow();
  });

  test('views of the same elements', () => {
    expect(tf.reshape([1, 2, 3, 4], [2, 2])).toEqual(
      tf.constant([
        [1, 2],
        [3, 4],
      ]),
    );
    expect(tf.transpose(tf.constant([[1, 2]]))).toEqual(tf.constant([[1], [2]]));
  });

  test('properties can be matched', () => {
    expect(tf.zeros([2])).toMatchObject({ dtype: 'float32', shape: [2] });
    expect(() => expect(tf.zeros([2])).toMatchObject({ shape: [3] })).toThrow();
    expect({ t: tf.zeros([2]) }).toEqual({ t: expect.any(tf.Tensor) as unknown });
  });

  test('a tensor of another copy of the library', () => {
    let other!: typeof tf;
    jest.isolateModules(() => {
      other = jest.requireActual<typeof tf>('gradtape');
    });
    expect(other.constant([1, 2])).toEqual(tf.constant([1, 2]));
    expect(other.constant([1, 2])).not.toEqual(tf.constant([1, 3]));
  });
});

describe('different', () => {
  const t = (): tf.Tensor =>
    tf.constant([
      [1, 2],
      [3, 4],
    ]);
  const different: [string, () => unknown, () => unknown][] = [
    [
      'an element',
      t,
      () =>
        tf.constant([
          [1, 2],
          [3, 5],
        ]),
    ],
    ['the shape', t, () => tf.constant([1, 2, 3, 4])],
    ['the dtype', t, () => tf.cast(t(), 'int32')],
    ['the dtype of nothing', () => tf.zeros([0]), () => tf.zeros([0], 'int32')],
    ['the sign of zero', () => tf.constant(0), () => tf.constant(-0)],
    ['NaN', () => tf.constant(NaN), () => tf.constant(1)],
    ['int64', () => tf.constant([2n ** 60n]), () => tf.constant([2n ** 60n + 1n])],
    ['a tensor and an array', t, () => t().array()],
    ['a tensor and a variable', t, () => new tf.Variable(t())],
    ['variables', () => new tf.Variable(1), () => new tf.Variable(2)],
    ['rows', () => new tf.IndexedSlices([[1]], [2]), () => new tf.IndexedSlices([[2]], [2])],
    ['their places', () => new tf.IndexedSlices([[1]], [2]), () => new tf.IndexedSlices([[1]], [1])],
    ['their shape', () => new tf.IndexedSlices([[1]], [2]), () => new tf.IndexedSlices([[1]], [2], [3, 1])],
  ];
  test.each(different)('%s', (_, a, b) => {
    expect(a()).not.toEqual(b());
    expect(b()).not.toEqual(a());
    expect(() => expect(a()).toEqual(b())).toThrow();
    expect(() => expect({ a: a() }).toStrictEqual({ a: b() })).toThrow();
  });

  test('a disposed tensor is an error, whichever way it is compared', () => {
    const gone = tf.zeros([2]);
    gone.dispose();
    expect(() => expect(gone).not.toEqual(tf.zeros([2]))).toThrow(/was disposed/);
  });
});

describe('printed', () => {
  test('an element', () => {
    const said = failure(() => expect(tf.constant([1, 2, 3])).toEqual(tf.constant([1, 2.5, 3])));
    expect(said).toContain(
      `
  tf.Tensor {
    "dtype": "float32",
    "elements": Array [
      1,
-     2.5,
+     2,
      3,
    ],
    "shape": "[3]",
  }`,
    );
  });

  test('the shape', () => {
    const said = failure(() => expect(tf.zeros([2, 1])).toEqual(tf.zeros([1, 2])));
    expect(said).toContain('-   "shape": "[1, 2]",\n+   "shape": "[2, 1]",');
  });

  test('the dtype', () => {
    const said = failure(() => expect(tf.constant([1])).toEqual(tf.constant([1], { dtype: 'int32' })));
    expect(said).toContain('-   "dtype": "int32",\n+   "dtype": "float32",');
  });

  test('what is around a tensor, and equal tensors in it', () => {
    const said = failure(() =>
      expect({ n: 1, t: tf.constant([1n]) }).toEqual({ n: 2, t: tf.constant([1n]) }),
    );
    expect(said).toContain('-   "n": 2,\n+   "n": 1,');
    expect(said).toContain('"t": tf.Tensor {');
    expect(said).toContain('1n,');
    // Jest compares the last property first, and stops there.
    const unread = failure(() => expect({ t: tf.constant(1), n: 1 }).toEqual({ t: tf.constant(1), n: 2 }));
    expect(unread).toContain('-   "n": 2,\n+   "n": 1,');
    expect(unread).toContain('"t": tf.Tensor {}');
  });

  test('variables and sparse rows', () => {
    const variable = failure(() => expect(new tf.Variable(true)).toEqual(new tf.Variable(false)));
    expect(variable).toContain('tf.Variable {');
    expect(variable).toContain('-   "elements": false,\n+   "elements": true,');
    const rows = failure(() =>
      expect(new tf.IndexedSlices([[1]], [2])).toEqual(new tf.IndexedSlices([[1]], [1])),
    );
    expect(rows).toContain('IndexedSlices {');
    expect(rows).toContain('-       1,\n+       2,');
  });

  test('of large tensors the elements that differ', () => {
    const x = tf.range(100_000).reshape([1000, 100]);
    const y = tf.where(tf.equal(x, 54_321), -1, x);
    const said = failure(() => expect(x).toEqual(y));
    expect(said).toContain('-     "[543, 21]": -1,\n+     "[543, 21]": 54321,');
    expect(said.split('\n').length).toBeLessThan(20);
    const all = failure(() => expect(x).toEqual(x.add(1)));
    expect(all).toContain('"…": "99980 more that differ"');
    expect(all.split('\n').length).toBeLessThan(60);
  });

  test('the arguments of a call', () => {
    const f = jest.fn();
    f(tf.constant([1, 2]));
    const said = failure(() => expect(f).toHaveBeenCalledWith(tf.constant([1, 3])));
    expect(said).toMatch(/- +3,\n\+ +2,/);
  });

  test('tensors themselves keep their JSON', () => {
    const t = tf.constant([1, 2]);
    expect(() => expect(t).toEqual(tf.constant([1, 3]))).toThrow();
    expect(JSON.stringify({ t, v: new tf.Variable(3n) })).toBe('{"t":[1,2],"v":"3"}');
    expect(t.toJSON()).toEqual([1, 2]);
  });
});

test('extend takes an expect', () => {
  expect(() => extend({} as typeof expect)).toThrow(/extend takes the `expect` of Jest/);
});
