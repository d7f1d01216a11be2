/** The memory of calls off the event loop. */
import { runChild } from '../helpers/child';

test('memory stays flat over thousands of calls', () => {
  const code = `
    const w = new tf.Variable(tf.zeros([100, 100]));
    const big = tf.function((x) => {
      const y = tf.matmul(tf.add(x, 1), x);
      tf.debugging.assertEqual(tf.constant(1), tf.constant(1));
      w.assign(tf.add(tf.multiply(w, 0.5), y));
      return [y, tf.reduceSum(y)];
    });
    (async () => {
      const x = tf.ones([100, 100]);
      const rss = [];
      for (let part = 0; part < 6; part++) {
        for (let i = 0; i < 150; i++) await Promise.all([big.async(x), big.async(x), big.async(x), big.async(x)]);
        rss.push(process.memoryUsage().rss / 2 ** 20);
      }
      report({ rss, blocks: tf.memory().blocksAllocated });
    })();`;
  const { rss } = runChild(code) as { rss: number[] };
  expect(Math.max(...rss.slice(2)) - rss[1]).toBeLessThan(25);
});
