/** Each pass can be switched off, and then does nothing. */
import * as tf from 'gradtape';
import { optimize } from '../../../lib/graph/passes/optimize';
import { graphOf, namesOf } from './graphs';

const x = tf.random.normal([3, 3], { seed: 1 });
const f = (t: tf.Tensor): tf.Tensor => {
  tf.sqrt(t);
  const y = tf.matmul(t, tf.transpose(t)).mul(1);
  return tf.sin(y).add(tf.sin(y));
};

test('all of them', () => {
  expect(namesOf(optimize(graphOf(f, [x])))).toEqual(['matmul', 'sin', 'add']);
});

test.each([
  ['deadCode', ['sqrt', 'matmul', 'sin', 'add']],
  ['regroup', ['transpose', 'matmul', 'sin', 'add']],
  ['simplify', ['matmul', 'multiply', 'sin', 'add']],
  ['commonSubexpressions', ['matmul', 'sin', 'sin', 'add']],
])('without %s', (pass, names) => {
  process.env.GRADTAPE_DISABLE_PASS = `fuse, ${pass}`;
  try {
    expect(namesOf(optimize(graphOf(f, [x])))).toEqual(names);
  } finally {
    delete process.env.GRADTAPE_DISABLE_PASS;
  }
});

const padded = (t: tf.Tensor): tf.Tensor =>
  tf.nn.conv2d(
    tf.nn.relu(tf.nn.conv2d(t, tf.ones([1, 1, 3, 3]), 1, 'SAME', 'NCHW')),
    tf.ones([1, 1, 3, 3]),
    1,
    'SAME',
    'NCHW',
  );

test.each([
  ['fuse', ['transpose', 'fusedConv(relu)', 'convForward', 'transpose']],
  ['layout', ['transpose', 'convForward', 'transpose', 'relu', 'transpose', 'convForward', 'transpose']],
  ['epilogues', ['transpose', 'convForward', 'relu', 'convForward', 'transpose']],
])('convolutions without %s', (pass, names) => {
  process.env.GRADTAPE_DISABLE_PASS = pass;
  try {
    expect(namesOf(optimize(graphOf(padded, [tf.ones([1, 3, 4, 5])])))).toEqual(names);
  } finally {
    delete process.env.GRADTAPE_DISABLE_PASS;
  }
});
