/** Every op is where a person who knows TensorFlow looks for it. */
import * as tf from 'gradtape';

const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());

function find(symbol: string): unknown {
  return symbol
    .replace('tf.compat.v1.', 'tf.')
    .split('.')
    .slice(1)
    .reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[camel(part)], tf);
}

// Rows that are parts of others have no symbol; raw ops are what a public function calls.
const symbols = [...new Set([...tf.registry().values()].map((row) => row.tf))].filter(
  (symbol) => /^tf\.[\w.]+$/.test(symbol) && !symbol.startsWith('tf.raw_ops.'),
);

test.each(symbols)('%s', (symbol) => {
  expect(typeof find(symbol)).toBe('function');
});

test('aliases are the same functions', () => {
  expect(tf.math.reduceMean).toBe(tf.reduceMean);
  expect(tf.math.tanh).toBe(tf.tanh);
  expect(tf.nn.relu).toBe(tf.relu);
  expect(tf.linalg.matmul).toBe(tf.matmul);
});

test('facts of a tensor', () => {
  const x = tf.ones([2, 0, 3]);
  expect(tf.shape(x).array()).toEqual([2, 0, 3]);
  expect(tf.shape(x, 'int64').array()).toEqual([2n, 0n, 3n]);
  expect(tf.size(x).item()).toBe(0);
  expect(tf.rank(x).item()).toBe(3);
  expect([tf.isTensor(x), tf.isTensor(new tf.Variable(1)), tf.isTensor([1])]).toEqual([true, true, false]);
  // @ts-expect-error -- an integer type
  expect(() => tf.size(x, 'float32')).toThrow(/int32 or int64/);
});
