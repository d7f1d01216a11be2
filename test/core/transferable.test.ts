/** Tensors as plain data for clones and other threads, and the error of cloning one itself. */
import 'gradtape/jest';
import { MessageChannel, receiveMessageOnPort, type TransferListItem } from 'node:worker_threads';
import * as v8 from 'node:v8';
import * as tf from 'gradtape';

/** What another thread receives. */
function posted<T>(value: T, transfer: TransferListItem[] = []): T {
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(value, transfer);
    return (receiveMessageOnPort(port2) as { message: T }).message;
  } finally {
    port1.close();
  }
}

const tensors: [string, () => tf.Tensor][] = [
  [
    'float32',
    () =>
      tf.constant([
        [1.5, NaN],
        [-0, Infinity],
      ]),
  ],
  ['float64', () => tf.constant([0.1], { dtype: 'float64' })],
  ['int32', () => tf.constant([[1], [2]], { dtype: 'int32' })],
  ['int64', () => tf.constant([1n, -(2n ** 63n)])],
  ['uint8', () => tf.constant([0, 255], { dtype: 'uint8' })],
  ['bool', () => tf.constant([[true, false]])],
  ['0-d', () => tf.constant(7)],
  ['0-d bool', () => tf.constant(true)],
  ['0-d int64', () => tf.constant(2n ** 60n)],
  ['empty', () => tf.zeros([2, 0, 3])],
  ['large', () => tf.range(10_000).reshape([100, 100])],
];

describe('tensors', () => {
  test.each(tensors)('%s', (_, make) => {
    const t = make();
    const plain = t.toTransferable();
    expect(Object.keys(plain)).toEqual(['dtype', 'shape', 'data']);
    expect(tf.fromTransferable(plain)).toEqual(t);
    expect(tf.fromTransferable(structuredClone(plain))).toEqual(t);
    expect(tf.fromTransferable(posted(plain))).toEqual(t);
    // Transferred: the buffer is of this tensor alone, and gone afterwards.
    expect(plain.data.buffer.byteLength).toBe(plain.data.byteLength);
    const got = posted(plain, [plain.data.buffer]);
    expect(plain.data.length).toBe(0);
    expect(tf.fromTransferable(got)).toEqual(t);
    expect(t).toEqual(make());
  });

  test('elements are copied both ways', () => {
    const t = tf.constant([1, 2]);
    const plain = t.toTransferable();
    const u = tf.fromTransferable(plain);
    plain.data[0] = 9;
    expect(t.array()).toEqual([1, 2]);
    expect(u.array()).toEqual([1, 2]);
  });

  test('tf.fromTransferable in a compiled function', () => {
    const plain = tf.constant([1, 2]).toTransferable();
    expect(tf.function((x: tf.Tensor) => x.add(tf.fromTransferable(plain)))(tf.constant([1, 1]))).toEqual(
      tf.constant([2, 3]),
    );
    expect(() => tf.function((x: tf.Tensor) => x.toTransferable())(tf.constant(1))).toThrow();
  });
});

test('variables keep their name, shape and whether they are trainable', () => {
  const v = new tf.Variable([[1n], [2n]], { name: 'w', trainable: false, shape: [null, 1] });
  const w = tf.fromTransferable(posted(v.toTransferable()));
  expect(w).toBeInstanceOf(tf.Variable);
  expect(w).toEqual(v);
  expect([w.name, w.trainable, w.dtype]).toEqual(['w:0', false, 'int64']);
  w.assign([[1n], [2n], [3n]]);
  expect(w.shape).toEqual([3, 1]);
  expect(v.shape).toEqual([2, 1]);
  expect(() => w.assign([[1n, 2n]])).toThrow(/incompatible/);
  const constrained = new tf.Variable(1, { constraint: (x) => x });
  expect(() => constrained.toTransferable()).toThrow(tf.errors.FailedPreconditionError);
  expect(() => constrained.toTransferable()).toThrow(/use v\.read\(\)\.toTransferable\(\)/);
});

test('IndexedSlices', () => {
  for (const s of [new tf.IndexedSlices([[1], [2]], [0, 2], [3, 1]), new tf.IndexedSlices([[1]], [0])]) {
    const got = tf.fromTransferable(posted(s.toTransferable()));
    expect(got).toBeInstanceOf(tf.IndexedSlices);
    expect(got).toEqual(s);
  }
});

test('what is cloned or posted itself is an error that says what to write', () => {
  const values = [
    tf.constant([1, 2]),
    tf.zeros([1000]),
    new tf.Variable(1),
    new tf.IndexedSlices([[1]], [0]),
    { deep: [tf.constant(1)] },
  ];
  for (const value of values) {
    const said =
      /gradtape: Tensor, Variable and IndexedSlices are cloned and posted as t\.toTransferable\(\)/;
    expect(() => structuredClone(value)).toThrow(said);
    expect(() => posted(value)).toThrow(said);
    expect(() => v8.serialize(value)).toThrow(said);
  }
});

test('what is no such data', () => {
  const from = (value: unknown) => () => tf.fromTransferable(value as tf.TransferableTensor);
  const good = tf.constant([1, 2]).toTransferable();
  expect(from(tf.constant(1))).toThrow(/its argument must be what toTransferable\(\) returns; got a Tensor/);
  expect(from(null)).toThrow(TypeError);
  expect(from([1, 2])).toThrow(TypeError);
  expect(from({ id: 1 })).toThrow(/a tensor that was cloned or posted itself has lost its elements/);
  expect(from({ ...good, dtype: 'float8' })).toThrow(/dtype must be one of float32.*; got 'float8'/);
  expect(from({ ...good, shape: [-2] })).toThrow(tf.errors.InvalidArgumentError);
  expect(from({ ...good, shape: undefined })).toThrow(TypeError);
  expect(from({ ...good, shape: [3] })).toThrow(/data has 2 elements; shape \[3\] takes 3/);
  expect(from({ ...good, data: [1, 2] })).toThrow(
    /data of dtype float32 must be a Float32Array; got \[1, 2\]/,
  );
  expect(from({ ...good, data: new Int32Array(2) })).toThrow(/must be a Float32Array; got a Int32Array/);
  expect(from({ dtype: 'bool', shape: [1], data: new Uint8Array([2]) })).toThrow(
    tf.errors.InvalidArgumentError,
  );
  const detached = tf.constant([1, 2]).toTransferable();
  posted(detached, [detached.data.buffer]);
  expect(from(detached)).toThrow(/has lost its elements: its buffer was detached/);
  expect(from({ ...good, variable: 5 })).toThrow(/variable must be what toTransferable\(\) returns; got 5/);
  expect(from({ ...good, variable: { name: 5 } })).toThrow(/variable\.name must be a string/);
  expect(from({ values: good, indices: good, denseShape: null })).toThrow(/indices must be int32 or int64/);
  expect(from({ values: 1, indices: good, denseShape: null })).toThrow(/values must be what toTransferable/);
});
