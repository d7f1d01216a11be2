/** Tensors of strings: literals, text, the ops that take them, and that all others refuse them. */
import * as tf from 'gradtape';
import { opInfos } from '../../lib/op/registry';

const t = tf.constant([
  ['a', 'bé', ''],
  ['c', 'a', 'zz'],
]);
const lists = (s: { array(): unknown }): unknown => s.array();

test('print as in TensorFlow, and give text', () => {
  expect(String(t)).toBe(
    "tf.Tensor(\n[[b'a' b'b\\xc3\\xa9' b'']\n [b'c' b'a' b'zz']], shape=(2, 3), dtype=string)",
  );
  expect(tf.constant(['x']).repr()).toBe(
    "<tf.Tensor: shape=(1,), dtype=string, numpy=array([b'x'], dtype=object)>",
  );
  expect(String(tf.constant("it's"))).toBe('tf.Tensor(b"it\'s", shape=(), dtype=string)');
  expect([t.dtype, t.shape, t.size, t.rank]).toEqual(['string', [2, 3], 6, 2]);
  expect(t.array()).toEqual([
    ['a', 'bé', ''],
    ['c', 'a', 'zz'],
  ]);
  expect(t.data()).toEqual(['a', 'bé', '', 'c', 'a', 'zz']);
  expect(tf.constant('日本').item()).toBe('日本');
  expect(tf.constant([] as string[], 'string').shape).toEqual([0]);
  expect(lists(tf.constant('ab', { shape: [2] }))).toEqual(['ab', 'ab']);
  expect(tf.convertToTensor(['a']).data()).toEqual(['a']);
  expect(tf.convertToTensor(t)).toBe(t);
});

test('are moved, joined and selected', () => {
  expect(lists(tf.gather(t, [1, 0, 1], { axis: 1 }))).toEqual([
    ['bé', 'a', 'bé'],
    ['a', 'c', 'a'],
  ]);
  expect(lists(tf.gatherNd(t, [[0, 1]]))).toEqual(['bé']);
  expect(lists(tf.concat([t, tf.constant([['q'], ['r']])], 1))).toEqual([
    ['a', 'bé', '', 'q'],
    ['c', 'a', 'zz', 'r'],
  ]);
  expect(lists(tf.stack([tf.constant('x'), tf.constant('y')]))).toEqual(['x', 'y']);
  expect(tf.unstack(t).map(lists)).toEqual(t.array());
  expect(tf.split(t, 3, { axis: 1 }).map(lists)[2]).toEqual([[''], ['zz']]);
  expect(lists(tf.reshape(t, [3, 2]))).toEqual([
    ['a', 'bé'],
    ['', 'c'],
    ['a', 'zz'],
  ]);
  expect(lists(tf.transpose(t))).toEqual([
    ['a', 'c'],
    ['bé', 'a'],
    ['', 'zz'],
  ]);
  expect(lists(tf.slice(t, [0, 1], [2, 1]))).toEqual([['bé'], ['a']]);
  expect(lists(t.at(-1))).toEqual(['c', 'a', 'zz']);
  expect([...t].map(lists)).toEqual(t.array());
  expect(lists(tf.where(tf.constant([true, false, true]), t, tf.constant('-')))).toEqual([
    ['a', '-', ''],
    ['c', '-', 'zz'],
  ]);
  expect(lists(tf.booleanMask(t, [true, false]))).toEqual([['a', 'bé', '']]);
  expect(lists(tf.reverse(t, [1]))).toEqual([
    ['', 'bé', 'a'],
    ['zz', 'a', 'c'],
  ]);
  expect(lists(tf.tile(tf.constant(['a', 'b']), [2]))).toEqual(['a', 'b', 'a', 'b']);
  expect(lists(tf.repeat(tf.constant(['a', 'b']), 2))).toEqual(['a', 'a', 'b', 'b']);
  expect(lists(tf.pad(tf.constant(['a']), [[1, 1]]))).toEqual(['', 'a', '']);
  expect(lists(tf.broadcastTo(tf.constant('a'), [2]))).toEqual(['a', 'a']);
  expect(lists(tf.expandDims(tf.constant('a'), 0))).toEqual(['a']);
  expect(lists(tf.squeeze(tf.constant(['a'])))).toEqual('a');
  expect(lists(tf.zerosLike(t as never))).toEqual([
    ['', '', ''],
    ['', '', ''],
  ]);
});

test('are compared by their bytes', () => {
  expect(lists(tf.equal(t, tf.constant('a')))).toEqual([
    [true, false, false],
    [false, true, false],
  ]);
  expect(lists(tf.notEqual(tf.constant(['é']), tf.constant(['e\u0301'])))).toEqual([true]);
  const { y, idx } = tf.unique(tf.reshape(t, [-1]));
  expect([lists(y), lists(idx)]).toEqual([
    ['a', 'bé', '', 'c', 'zz'],
    [0, 1, 2, 3, 0, 4],
  ]);
});

test('are held by variables, and go to other threads', () => {
  const copy = tf.fromTransferable(structuredClone(t.toTransferable()));
  expect([copy.dtype, lists(copy)]).toEqual(['string', t.array()]);
  expect(() => structuredClone(t)).toThrow('could not be cloned');
});

test('functions that take them run op by op', () => {
  const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const f = tf.function((s: tf.Tensor, i: tf.Tensor) => [tf.gather(s, i), tf.add(i, 1)]);
  expect(f(t as never, tf.constant([1], 'int32')).map(lists)).toEqual([[['c', 'a', 'zz']], [2]]);
  expect(warning.mock.calls.map(([text]) => String(text)).join()).toContain('[gather] it takes strings');
  const same = tf.function((s: tf.Tensor) => s);
  expect(lists(same(t as never))).toEqual(t.array());
  warning.mockRestore();
});

test.each([
  [() => tf.constant([['a'], ['b', 'c']]), 'the array is ragged'],
  [() => tf.constant(['a', 1] as never), 'cannot convert 1 to an element of dtype string'],
  [() => tf.constant([1, 'a'] as never), "element [1] is 'a'"],
  [() => tf.constant(['a'], 'float32' as never), "cannot convert 'a' to an element of dtype float32"],
  [() => tf.add(t as never, 1), 'cannot convert 1 to an element of dtype string'],
  [() => tf.cast(t as never, 'int32'), '[cast] the op takes no tensors of dtype string'],
  [() => tf.reduceSum(t as never), '[reduceSum] inputTensor has dtype string'],
])('errors %#', (f, message) => {
  expect(f).toThrow(tf.errors.InvalidArgumentError);
  expect(f).toThrow(message);
});

test('every other op refuses them with a typed error', () => {
  const s = t as never;
  const taken: string[] = [];
  for (const [name, { call }] of opInfos()) {
    for (const args of [[s], [s, s], [s, 1], [s, [0]], [[s, s], 0], [s, s, s]]) {
      try {
        (call as (...all: unknown[]) => unknown)(...args);
        taken.push(name);
      } catch (error) {
        const typed = error instanceof TypeError || Object.values(tf.errors).some((E) => error instanceof E);
        if (!typed || /Cannot read|is not a function|undefined \(/.test(String(error)))
          throw new Error(`${name}: ${String(error)}`, { cause: error });
      }
    }
  }
  expect([...new Set(taken)].sort()).toEqual([
    ...['adjoint', 'concat', 'constant', 'diag', 'diagPart', 'equal', 'expandDims', 'gather', 'gatherNd'],
    ...['identity', 'matrixTranspose', 'notEqual', 'repeat', 'reverse', 'split', 'squeeze', 'stack'],
    ...['transpose', 'unstack', 'zerosLike'],
  ]);
});
