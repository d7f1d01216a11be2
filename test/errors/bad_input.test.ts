/** Bad input: each kind gets a typed error that says what is wrong and what would be right, and changes nothing. */
import { structuredCloneDetached } from '../helpers/detach';
import * as tf from 'gradtape';

const { InvalidArgumentError, FailedPreconditionError, ResourceExhaustedError } = tf.errors;

/** Runs f, which must throw an error of the class whose message holds all the words. */
function refused(f: () => unknown, type: abstract new (...args: never[]) => Error, ...words: string[]): void {
  let thrown: unknown;
  try {
    f();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(type);
  for (const word of words) expect((thrown as Error).message).toContain(word);
}

const x = tf.constant([
  [1, 2, 3],
  [4, 5, 6],
]);

describe('shapes', () => {
  test('that do not broadcast', () => {
    refused(
      () => tf.add(x, tf.constant([1, 2])),
      InvalidArgumentError,
      '[add]',
      'Incompatible shapes',
      '[2,3]',
      '[2]',
    );
  });
  test('of a matrix product', () => {
    refused(() => tf.matmul(x, x), InvalidArgumentError, 'matmul', 'Matrix size-incompatible', '[2,3]');
    refused(() => tf.matmul(x, tf.constant([1, 2, 3])), InvalidArgumentError, 'matmul');
  });
  test('that do not hold the elements', () => {
    refused(() => tf.reshape(x, [4, 2]), InvalidArgumentError, 'reshape', '[2,3]', '[4,2]');
    refused(() => tf.reshape(x, [-1, -1]), InvalidArgumentError, 'reshape');
  });
  test.each([[NaN], [1.5], [-2], [Infinity]])('with a dimension of %p', (d) => {
    refused(() => tf.zeros([2, d]), InvalidArgumentError, 'zeros');
    refused(() => tf.random.normal([d]), InvalidArgumentError);
  });
  test.each([
    ['a string', '3'],
    ['null', null],
    ['an object', { a: 1 }],
  ])('that are %s', (_, shape) => {
    refused(() => tf.zeros(shape as never), TypeError, 'zeros');
  });
  test('of more elements than can be', () => {
    refused(() => tf.zeros([2 ** 31, 2 ** 31]), ResourceExhaustedError);
    refused(() => tf.ones([2 ** 20, 2 ** 20]), ResourceExhaustedError);
    refused(() => tf.broadcastTo(tf.constant(1), [2 ** 40]), ResourceExhaustedError);
    refused(() => tf.tile(x, [2 ** 30, 2 ** 10]), ResourceExhaustedError);
  });
});

describe('dtypes', () => {
  test('that differ', () => {
    refused(
      () => tf.add(x, tf.constant([1, 2, 3], 'int32')),
      InvalidArgumentError,
      '[add]',
      'int32',
      'float32',
      'cast',
    );
  });
  test('that the op does not take', () => {
    refused(() => tf.exp(tf.constant([1], 'int32')), InvalidArgumentError, '[exp]', 'int32', 'float32');
    refused(() => tf.add(true, false), InvalidArgumentError, '[add]', 'bool');
  });
  test('that do not exist', () => {
    refused(() => tf.zeros([2], 'float23' as never), TypeError, 'float23', 'float32');
    refused(() => tf.cast(x, 'complex' as never), TypeError, 'complex');
  });
  test('that a number does not fit', () => {
    refused(() => tf.add(tf.constant([1], 'int32'), 1.5), InvalidArgumentError, '[add]', '1.5', 'int32');
    refused(() => tf.constant(2 ** 40, 'int32'), InvalidArgumentError, 'int32');
    refused(() => tf.constant(NaN, 'int32'), InvalidArgumentError, 'NaN', 'int32');
  });
});

describe('axes and indices', () => {
  test('an axis out of range', () => {
    refused(() => tf.reduceSum(x, 2), InvalidArgumentError, 'reduceSum', 'axis', '2', '[-2, 2)');
    refused(() => tf.reduceSum(x, [0, 0]), InvalidArgumentError, 'reduceSum', 'twice');
    refused(() => tf.concat([x, x], 5), InvalidArgumentError, 'concat');
    refused(() => tf.expandDims(x, 4), InvalidArgumentError, 'expandDims');
  });
  test('an axis that is no integer', () => {
    refused(() => tf.reduceSum(x, 0.5), TypeError, 'reduceSum', '0.5');
    refused(() => tf.reduceSum(x, 'rows' as never), TypeError, 'reduceSum', 'rows');
  });
  test('an index out of range', () => {
    refused(() => tf.gather(x, [0, 5]), InvalidArgumentError, 'gather', 'indices[1] = 5 is not in [0, 2)');
    refused(() => tf.gather(x, -1), InvalidArgumentError, 'gather', '-1');
    refused(() => x.at(7), InvalidArgumentError, 'slice index 7 of dimension 0 out of bounds');
    refused(() => x.at('::0'), InvalidArgumentError, 'must be non-zero');
    refused(() => x.at(0, 0, 0), InvalidArgumentError);
  });
  test('an unknown option', () => {
    refused(() => tf.reduceSum(x, { axes: 1 } as never), TypeError, 'reduceSum', 'axes', 'keepdims');
  });
});

describe('arrays', () => {
  test('ragged', () => {
    refused(() => tf.constant([[1, 2], [3]]), InvalidArgumentError, 'ragged', '[1]');
    refused(() => tf.constant([[1, 2], 3] as never), InvalidArgumentError, 'ragged');
    refused(() => tf.constant([1, [2]] as never), InvalidArgumentError);
  });
  test('mixed', () => {
    refused(() => tf.constant([1, true] as never), InvalidArgumentError, 'one kind');
    refused(() => tf.constant([1, 'a'] as never), InvalidArgumentError, "'a'");
    refused(() => tf.constant([1, null] as never), InvalidArgumentError, 'null');
    refused(() => tf.constant([1, 2n] as never), InvalidArgumentError);
  });
  test('sparse', () => {
    refused(() => tf.constant([1, , 3] as never), InvalidArgumentError, '[1]', 'hole');
  });
  test('that contain themselves', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    refused(() => tf.constant(loop as never), InvalidArgumentError, 'nested too deeply');
  });
  test('detached', () => {
    refused(
      () => tf.constant(structuredCloneDetached(new Float32Array(4))),
      InvalidArgumentError,
      'detached',
    );
  });
  test('of a kind that is no dtype', () => {
    refused(() => tf.constant(new DataView(new ArrayBuffer(8)) as never), TypeError, 'DataView');
  });
  test.each([
    ['undefined', undefined],
    ['null', null],
    ['a function', () => 1],
    ['an object', { shape: [1] }],
    ['a symbol', Symbol('s')],
    ['a Promise', Promise.resolve(1)],
  ])('that are %s', (_, value) => {
    refused(() => tf.add(x, value as never), TypeError, '[add]');
  });
});

describe('disposed tensors', () => {
  test('are refused by every kind of op', () => {
    const make = (): tf.Tensor => {
      const t = tf.constant([
        [1, 2],
        [3, 4],
      ]);
      t.dispose();
      return t;
    };
    for (const use of [
      () => tf.add(make(), 1),
      () => tf.exp(make()),
      () => tf.reduceSum(make()),
      () => tf.matmul(make(), make()),
      () => tf.reshape(make(), [4]),
      () => tf.transpose(make()),
      () => tf.gather(make(), [0]),
      () => make().data(),
      () => make().array(),
      () => new tf.Variable(make()),
    ]) {
      refused(use, FailedPreconditionError, 'disposed');
    }
    expect(String(make())).toContain('disposed');
  });
});

describe('callbacks', () => {
  test('that return a Promise', () => {
    const wrong = (): Promise<number> => Promise.resolve(1);
    refused(() => new tf.GradientTape().run(wrong), TypeError, 'Promise');
    refused(() => tf.tidy(wrong), TypeError, 'Promise');
    refused(() => new tf.Variable(wrong as never), TypeError, 'Promise');
  });
  test('that throw leave tapes and scopes as they were', () => {
    const tape = new tf.GradientTape();
    expect(() =>
      tape.run(() => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    const v = new tf.Variable(3);
    const y = tape.run(() => v.mul(v));
    expect((tape.gradient(y, v) as tf.Tensor).item()).toBe(6);
    expect(() =>
      tf.tidy(() => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
  });
});

describe('variables', () => {
  test('keep their value when an assignment is refused', () => {
    const v = new tf.Variable([1, 2]);
    refused(() => v.assign([1, 2, 3]), InvalidArgumentError, 'Shape mismatch', '(2,)', '(3,)');
    refused(() => v.assign(tf.constant([1, 2], 'int32')), InvalidArgumentError, 'int32', 'float32');
    refused(() => v.assignAdd(1), InvalidArgumentError, 'shapes must be equal');
    refused(
      () => v.scatterUpdate(new tf.IndexedSlices(tf.constant([9, 9]), tf.constant([0, 5], 'int32'))),
      InvalidArgumentError,
      'is not in [0, 2)',
    );
    expect(v.array()).toEqual([1, 2]);
  });
});

test('all errors share one base class', () => {
  for (const [name, type] of Object.entries(tf.errors)) {
    expect(name).toBe(type.name);
    expect(new type('x')).toBeInstanceOf(tf.errors.OpError);
    expect(new type('x').name).toBe(name);
  }
});
