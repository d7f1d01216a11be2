/** Jacobians: what the recorded facts leave open. */
import * as tf from 'gradtape';

const { GradientTape } = tf;
const c = (value: tf.TensorLike, dtype: tf.DType = 'float64') => tf.constant(value, dtype);
const array = (t: unknown): unknown => (t as tf.Tensor).array();

test('a jacobian is the stack of the gradients of its elements', () => {
  const x = c([0.1, 0.4, -0.3]);
  const w = c([
    [1, 2],
    [3, -1],
    [0.5, 0.25],
  ]);
  const tape = new GradientTape(true);
  tape.watch([x, w]);
  const y = tape.run(() => tf.tanh(tf.matmul(x.expandDims(0), w)));
  const [jx, jw] = tape.jacobian(y, [x, w]) as tf.Tensor[];
  expect([jx.shape, jw.shape]).toEqual([
    [1, 2, 3],
    [1, 2, 3, 2],
  ]);
  for (let k = 0; k < 2; k++) {
    const weights = [[k === 0 ? 1 : 0, k === 1 ? 1 : 0]];
    const [gx, gw] = tape.gradient(y, [x, w], weights);
    expect(array(jx.at(0, k))).toEqual(array(gx));
    expect(array(jw.at(0, k))).toEqual(array(gw));
  }
});

test('variables as sources, read before and after an assignment', () => {
  const v = new tf.Variable([1, 2], { dtype: 'float64' });
  const tape = new GradientTape();
  const y = tape.run(() => {
    const a = v.mul(v);
    v.assign([10, 20]);
    return a.add(v.mul(v));
  });
  expect(array(tape.jacobian(y, v))).toEqual([
    [22, 0],
    [0, 44],
  ]);
});

test('rows that a source does not reach are zeros; a source that no row reaches is null, or zeros', () => {
  const [x, z] = [c([1, 2]), c([[1], [2], [3]])];
  const tape = new GradientTape(true);
  tape.watch([x, z]);
  const y = tape.run(() => tf.stack([x.at(0).mul(x.at(0)), c(5)]));
  expect(array(tape.jacobian(y, x))).toEqual([
    [2, 0],
    [0, 0],
  ]);
  expect(tape.jacobian(y, z)).toBeNull();
  const zeros = tape.jacobian(y, { z }, 'zero');
  expect([zeros.z?.shape, zeros.z?.dtype]).toEqual([[2, 3, 1], 'float64']);
  expect(tape.jacobian(y, [x, z], { unconnectedGradients: 'zero' })[1]?.data()).toEqual(new Float64Array(6));
});

test('a target that is its source: the identity', () => {
  const x = c([1, 2]);
  const tape = new GradientTape();
  tape.watch(x);
  expect(array(tape.jacobian(x, x))).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

test('integer targets have none', () => {
  const x = c([1, 2]);
  const tape = new GradientTape(true);
  tape.watch(x);
  const y = tape.run(() => tf.cast(x, 'int32'));
  expect(tape.jacobian(y, x)).toBeNull();
  expect(array(tape.jacobian(y, x, 'zero'))).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test('empty targets: a jacobian without rows where connected', () => {
  const x = c([1, 2]);
  const tape = new GradientTape(true);
  tape.watch(x);
  const y = tape.run(() => tf.reshape(x.mul(0), [1, 2]).at('1:'));
  expect(tape.jacobian(y, x).shape).toEqual([0, 2, 2]);
  expect((tape.batchJacobian(y, tf.zeros([0, 2], 'float64'), 'zero') as tf.Tensor).shape).toEqual([0, 2, 2]);
});

test('inside a persistent tape that is recording, the jacobian is recorded', () => {
  const spy = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const x = c([1, 2]);
  const tape = new GradientTape(true);
  const j = tape.run(() => {
    tape.watch(x);
    return tape.jacobian(x.mul(x).mul(x), x);
  });
  spy.mockRestore();
  expect(array(j)).toEqual([
    [3, 0],
    [0, 12],
  ]);
  expect(array(tape.gradient(j, x))).toEqual([6, 12]);
});

test('a batch jacobian holds the diagonal blocks of the jacobian', () => {
  const x = c([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const tape = new GradientTape(true);
  tape.watch(x);
  const y = tape.run(() => tf.stack([tf.reduceSum(x.mul(x), 1), tf.reduceProd(x, 1)], 1));
  const full = tape.jacobian(y, x);
  const blocks = tape.batchJacobian(y, x);
  expect(blocks.shape).toEqual([2, 2, 3]);
  for (let b = 0; b < 2; b++) expect(array(blocks.at(b))).toEqual(array(full.at(b, ':', b)));
});

test('what is refused', () => {
  const x = c([[1, 2]]);
  const tape = new GradientTape(true);
  tape.watch(x);
  const y = tape.run(() => x.mul(x));
  expect(() => tape.jacobian(3 as never, x)).toThrow(TypeError);
  expect(() => tape.jacobian(y, 3 as never)).toThrow(
    /\[GradientTape\.jacobian\] sources must be tensors or variables/,
  );
  expect(() => tape.batchJacobian(y, [x] as never)).toThrow(TypeError);
  expect(() => tape.jacobian(y, x, 'foo' as never)).toThrow("Unknown value for unconnectedGradients: 'foo'");
  expect(() => tape.jacobian(y, x, { parallelIterations: 1 } as never)).toThrow(
    "no option 'parallelIterations'",
  );
  expect(() => tape.batchJacobian(y, c([[1], [2]]))).toThrow(
    'Need first dimension of target shape (1, 2) and source shape (2, 1) to match.',
  );
});
