import * as tf from 'gradtape';

const w = new tf.Variable(tf.ones([3, 2]), { name: 'w' });
const step = tf.function(function step(x: tf.Tensor) {
  const y = tf.nn.relu(tf.add(tf.matmul(x, w), 1));
  const z = tf.add(tf.random.shuffle(y), tf.random.uniform([4, 2]));
  w.assignSub(tf.multiply(tf.ones([3, 2]), tf.reduceMean(z)));
  return z;
});

test('the compiled program as data and as text', () => {
  const program = step.program(tf.ones([4, 3]));
  expect(program.name).toBe('step');
  expect(program.steps.map((s) => s.kind)).toEqual(['read', 'segment', 'host', 'segment', 'assign']);
  const [, first] = program.steps;
  if (first.kind !== 'segment') throw new Error('no segment');
  expect(first.ops.map((o) => o.name)).toEqual(['matmul', 'fused(add, relu)']);
  expect(first.ops[0]).toEqual({
    name: 'matmul',
    inputs: ['float32[4,3]', 'float32[3,2]'],
    outputs: ['float32[4,2]'],
    flops: 2 * 4 * 3 * 2,
    bytes: 4 * (12 + 6 + 8),
  });
  expect(first.arenaBytes).toBeGreaterThanOrEqual(32);
  const text = program.toString();
  expect(text).toContain('matmul  float32[4,3] float32[3,2] → float32[4,2]');
  expect(text).toContain('in JavaScript: shuffle (the order is drawn anew in every run)');
  // Both parts read the old value: the new one cannot take its place.
  expect(program.steps.at(-1)).toEqual({ kind: 'assign', variable: 'w:0', inPlace: false });
  expect(text).toMatch(/assign w:0$/);
  expect(program.toDot()).toMatch(/^digraph "step" \{[^]*n\d+ -> n\d+ \[label="float32\[4,2\]"\];[^]*\}$/);
});

test('the profile', () => {
  const before = w.data();
  const rows = step.profile([tf.ones([4, 3])], 3);
  expect(rows.map((r) => r.name)).toEqual(
    expect.arrayContaining(['matmul', 'fused(add, relu)', 'shuffle', 'uniform']),
  );
  expect(rows.reduce((sum, r) => sum + r.share, 0)).toBeCloseTo(1);
  expect(rows.every((r) => r.time >= 0)).toBe(true);
  expect(w.data()).not.toEqual(before);
  expect(() => step.profile([tf.ones([4, 3])], 0)).toThrow(/runs must be an integer above 0/);
});

test('the flops of convolutions and of their gradients', () => {
  const x = tf.ones([2, 6, 6, 4]);
  const filter = new tf.Variable(tf.ones([3, 3, 4, 8]));
  const deep = new tf.Variable(tf.ones([3, 3, 8, 1]));
  const gradients = tf.function((t: tf.Tensor) => {
    const tape = new tf.GradientTape();
    tape.watch(t);
    const loss = tape.run(() => {
      const y = tf.nn.relu(tf.nn.conv2d(t, filter, 1, 'SAME'));
      return tf.reduceSum(tf.square(tf.nn.depthwiseConv2d(y, deep, [1, 2, 2, 1], 'SAME')));
    });
    return tape.gradient(loss, [t, filter, deep]) as tf.Tensor[];
  });
  const flops = new Map<string, number>();
  for (const s of gradients.program(x).steps) {
    if (s.kind === 'segment') for (const o of s.ops) flops.set(o.name, o.flops);
  }
  const products = 2 * (2 * 6 * 6 * 8) * (3 * 3 * 4);
  for (const name of ['fusedConv(relu)', 'convBackpropInput', 'convBackpropFilter'])
    expect([name, flops.get(name)]).toEqual([name, products]);
  const deeply = 2 * (2 * 3 * 3 * 8) * (3 * 3);
  for (const name of ['depthwise', 'depthwiseInput', 'depthwiseFilter'])
    expect([name, flops.get(name)]).toEqual([name, deeply]);
});
