/** Updates are written over a variable's value where no one can tell, and only there: what was read earlier stays. */
import * as tf from 'gradtape';

// Large enough for a storage of its own.
const n = 4096;
const filled = (value: number): tf.Tensor => tf.fill([n], value);
const all = (t: tf.Tensor | tf.Variable | tf.IndexedSlices | null): number => {
  const values = new Set(Array.from<number | bigint>((t as tf.Tensor).data()));
  expect(values.size).toBe(1);
  return Number([...values][0]);
};
const rows = (values: tf.TensorLike, indices: number[]): tf.IndexedSlices =>
  new tf.IndexedSlices(values, tf.constant(indices, 'int32'), [n, 2]);

/** Each adds 1 to every element of a variable of ones. */
const updates: [name: string, update: (v: tf.Variable) => unknown][] = [
  ['assignAdd', (v) => v.assignAdd(tf.ones(v.shape))],
  ['assignSub', (v) => v.assignSub(tf.fill(v.shape, -1))],
  ['scatterAdd', (v) => v.scatterAdd(new tf.IndexedSlices(1, tf.range(n)))],
  ['scatterNdAdd', (v) => v.scatterNdAdd(tf.reshape(tf.range(n), [n, 1]), tf.ones(v.shape))],
  ['at().assign', (v) => v.at(':').assign(tf.add(v, 1))],
  ['SGD', (v) => new tf.keras.optimizers.SGD(1).apply([tf.fill(v.shape, -1)], [v])],
];

describe.each(updates)('%s', (_, update) => {
  test('leaves the tensor that the variable was made of', () => {
    const t = filled(1);
    const v = new tf.Variable(t);
    update(v);
    update(v);
    expect([all(t), all(v)]).toEqual([1, 3]);
  });

  test('leaves values read earlier, each as it was', () => {
    const v = new tf.Variable(filled(0));
    const read: tf.Tensor[] = [];
    for (let i = 0; i < 4; i++) {
      read.push(v.read());
      update(v);
      update(v);
    }
    expect(read.map(all)).toEqual([0, 2, 4, 6]);
    expect(all(v)).toBe(8);
  });

  test('leaves variables that took the value over', () => {
    const v = new tf.Variable(filled(0));
    update(v);
    const w = new tf.Variable(v);
    const u = new tf.Variable(filled(7)).assign(v);
    update(v);
    expect([v, w, u].map(all)).toEqual([2, 1, 1]);
    update(w);
    expect([v, w, u].map(all)).toEqual([2, 2, 1]);
  });

  test('leaves the value that a tape needs', () => {
    const v = new tf.Variable(filled(0));
    update(v);
    const tape = new tf.GradientTape({ persistent: true });
    const y = tape.run(() => tf.square(v));
    update(v);
    const z = tape.run(() => tf.square(v));
    update(v);
    expect([all(tape.gradient(y, v)), all(tape.gradient(z, v)), all(v)]).toEqual([2, 4, 3]);
    expect(all(tape.gradient([y, z], v))).toBe(6);
  });

  test('inside tidy, whose end frees nothing that the variable needs', () => {
    const v = new tf.Variable(filled(0));
    for (let i = 0; i < 3; i++) {
      tf.tidy(() => {
        update(v);
        update(v);
      });
      tf.tidy(() => filled(99).add(1));
    }
    expect(all(v)).toBe(6);
  });
});

test('a value no one else has is written over: no storage is taken', () => {
  const v = new tf.Variable(filled(0));
  const delta = filled(1);
  const sparse = new tf.IndexedSlices(1, tf.range(n));
  const sgd = new tf.keras.optimizers.SGD(1);
  v.assignAdd(delta);
  sgd.apply([delta], [v]);
  const before = tf.memory();
  for (let i = 0; i < 10; i++) {
    v.assignAdd(delta);
    v.scatterAdd(sparse);
    sgd.apply([delta], [v]);
  }
  const after = tf.memory();
  expect(after.blocksAllocated + after.blocksRecycled).toBe(before.blocksAllocated + before.blocksRecycled);
  expect(all(v)).toBe(10);
});

test('an assigned value gives its storage back, unless it was read', () => {
  const v = new tf.Variable(filled(0));
  v.assignAdd(filled(1));
  const kept = v.read();
  v.assignAdd(filled(1));
  v.assign(filled(5));
  const others = [filled(100), filled(101), filled(102), filled(103)];
  expect(others.map(all)).toEqual([100, 101, 102, 103]);
  expect([all(kept), all(v)]).toEqual([1, 5]);
});

test.each([
  ['an index outside', 'scatterAdd', (v: tf.Variable) => v.scatterAdd(rows(1, [0, n]))],
  ['a negative index', 'scatterUpdate', (v: tf.Variable) => v.scatterUpdate(rows(1, [0, 1, -1]))],
  ['a tuple outside', 'scatterNdAdd', (v: tf.Variable) => v.scatterNdAdd([[0], [n]], tf.ones([2, 2]))],
  [
    'a bad row for an optimizer',
    'SGD',
    (v: tf.Variable) => new tf.keras.optimizers.SGD(1).apply([rows(tf.ones([2, 2]), [3, n])], [v]),
  ],
])('%s leaves the variable as it was', (_, name, update) => {
  const v = new tf.Variable(tf.fill([n, 2], 4));
  v.assignAdd(tf.ones([n, 2]));
  expect(() => update(v)).toThrow(name);
  expect(all(v)).toBe(5);
  v.assignAdd(tf.ones([n, 2]));
  expect(all(v)).toBe(6);
});

test('a division by zero leaves the variable as it was', () => {
  const v = new tf.Variable(tf.fill([n], tf.constant(6, 'int32')));
  v.assignAdd(tf.zeros([n], 'int32'));
  expect(() => v.scatterDiv(new tf.IndexedSlices(tf.constant([2, 0], 'int32'), [0, 1]))).toThrow(
    'division by zero',
  );
  expect(all(v)).toBe(6);
});

test('a variable as its own operand', () => {
  const v = new tf.Variable(filled(1));
  v.assignAdd(v);
  v.assignAdd(v);
  expect(all(v)).toBe(4);
  v.at('::-1').assign(v);
  expect(all(v)).toBe(4);
  v.assign(tf.range(0, n, { dtype: 'float32' }));
  v.assignAdd(filled(0));
  v.at('::-1').assign(v);
  expect((v.data() as Float32Array)[0]).toBe(n - 1);
  v.scatterAdd(new tf.IndexedSlices(v, tf.range(n)));
  expect((v.data() as Float32Array)[0]).toBe(2 * (n - 1));
});

test('a gradient that is a variable keeps its elements', () => {
  const v = new tf.Variable(filled(3));
  v.assignAdd(filled(0));
  const x = filled(1);
  const tape = new tf.GradientTape({ persistent: true });
  tape.watch(x);
  const f = tf.customGradient((t: tf.Tensor) => [tf.identity(t), () => v as unknown as tf.Tensor]);
  const y = tape.run(() => f(x));
  const custom = tape.gradient(y, x);
  const given = tape.gradient(y, y, { outputGradients: v });
  const sparse = new tf.IndexedSlices(v, tf.range(n), [n]);
  v.assignAdd(filled(1));
  expect([all(custom), all(given), all(sparse.values), all(v)]).toEqual([3, 3, 3, 4]);
});

test("an optimizer's state on a tape", () => {
  const v = new tf.Variable(filled(0));
  const adam = new tf.keras.optimizers.Adam(0.1);
  adam.apply([filled(1)], [v]);
  const momentum = adam.variables[2];
  const at1 = all(momentum);
  const tape = new tf.GradientTape();
  tape.watch(momentum);
  const y = tape.run(() => tf.square(momentum));
  adam.apply([filled(1)], [v]);
  expect(all(momentum)).not.toBe(at1);
  expect(all(tape.gradient(y, momentum))).toBe(2 * at1);
});
