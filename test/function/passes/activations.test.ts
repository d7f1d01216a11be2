/** Activations that are written from plain ops are computed by one; what only looks like one is not. */
import * as tf from 'gradtape';
import { compile } from '../../../lib/compile/compile';
import { activations } from '../../../lib/graph/passes/activations';
import { deadCode } from '../../../lib/graph/passes/dead_code';
import { graphOf, namesOf, type F } from './graphs';

const x = tf.linspace(-12, 12, 4801);

/** What the pass leaves; the results are those of the ops but for their roundings. */
function left(f: F, ...args: tf.Tensor[]): string[] {
  const after = deadCode(activations(graphOf(f, args)));
  const got = compile(after).run(args)[0].data();
  const want = (f(...args) as tf.Tensor).data();
  const given = args[0].data();
  let worst = 0;
  want.forEach((w, i) => {
    const size = Math.max(1e-30, Math.abs(Number(w)), Math.abs(Number(given[i % given.length])));
    worst = Math.max(worst, Math.abs(Number(got[i]) - Number(w)) / size);
  });
  expect(worst).toBeLessThanOrEqual(1e-6);
  return namesOf(after);
}

const erfGate = (t: tf.Tensor): tf.Tensor => tf.add(1, tf.math.erf(tf.multiply(t, Math.SQRT1_2)));
const scale = Math.sqrt(2 / Math.PI);
const cubic = (t: tf.Tensor): tf.Tensor => tf.add(t, tf.multiply(0.044715, tf.pow(t, 3)));
const tanhGate = (t: tf.Tensor): tf.Tensor => tf.add(tf.tanh(tf.multiply(scale, cubic(t))), 1);

test.each<[string, F]>([
  ['½x · gate', (t) => tf.multiply(tf.multiply(0.5, t), erfGate(t))],
  ['½ · (x · gate)', (t) => tf.multiply(0.5, tf.multiply(t, erfGate(t)))],
  ['x · (gate · ½)', (t) => tf.multiply(t, tf.multiply(erfGate(t), 0.5))],
  ['x · gate / 2', (t) => tf.divide(tf.multiply(t, erfGate(t)), 2)],
  ['x / √2', (t) => tf.multiply(tf.multiply(t, 0.5), tf.add(tf.math.erf(tf.divide(t, Math.SQRT2)), 1))],
])('gelu: %s', (_, f) => {
  expect(left(f, x)).toEqual(['geluErf']);
});

test.each<[string, F]>([
  ['x³ as a power', (t) => tf.multiply(tf.multiply(0.5, t), tanhGate(t))],
  [
    'x³ as products',
    (t) => {
      const cube = tf.multiply(tf.multiply(t, t), t);
      const inner = tf.multiply(tf.add(t, tf.multiply(cube, 0.044715)), scale);
      return tf.multiply(tf.multiply(t, tf.add(1, tf.tanh(inner))), 0.5);
    },
  ],
  [
    '√(2/π)·x·(1 + 0.044715·x²)',
    (t) => {
      const inner = tf.multiply(tf.multiply(scale, t), tf.add(1, tf.multiply(tf.square(t), 0.044715)));
      return tf.multiply(tf.multiply(0.5, t), tf.add(1, tf.tanh(inner)));
    },
  ],
])('the approximation of gelu: %s', (_, f) => {
  expect(left(f, x)).toEqual(['geluTanh']);
});

test('silu of an intermediate, and as a factor', () => {
  expect(left((t) => tf.multiply(t, tf.sigmoid(t)), x)).toEqual(['siluUnit']);
  expect(left((t) => tf.multiply(tf.sigmoid(t), t), x)).toEqual(['siluUnit']);
  const more: F = (t) => {
    const y = tf.sin(t);
    return tf.add(t, tf.multiply(tf.multiply(tf.multiply(y, 0.5), erfGate(y)), 3));
  };
  expect(left(more, x)).toEqual(['sin', 'geluErf', 'multiply', 'add']);
});

test('not with other constants, another argument, or other readers of intermediates', () => {
  const none = (f: F, ...args: tf.Tensor[]): void => {
    for (const name of left(f, x, ...args)) expect(name).not.toMatch(/gelu|silu/);
  };
  none((t) => tf.multiply(tf.multiply(0.25, t), erfGate(t)));
  none((t) => tf.multiply(t, erfGate(t)));
  none((t) => tf.multiply(tf.multiply(0.5, t), tf.add(1, tf.math.erf(tf.multiply(t, 0.7072)))));
  none((t) => tf.multiply(tf.multiply(0.5, t), tf.add(2, tf.math.erf(tf.multiply(t, Math.SQRT1_2)))));
  none((t) => tf.multiply(tf.multiply(0.5, t), tf.add(1, tf.tanh(tf.multiply(t, Math.SQRT1_2)))));
  none((t) =>
    tf.multiply(tf.multiply(0.5, t), tf.add(1, tf.tanh(tf.multiply(scale, tf.add(t, tf.pow(t, 3)))))),
  );
  none((t, u) => tf.multiply(tf.multiply(0.5, u), erfGate(t)), tf.cos(x));
  none((t, u) => tf.multiply(u, tf.sigmoid(t)), tf.cos(x));
  none((t) => tf.multiply(tf.multiply(t, 2), tf.sigmoid(t)));
  const shown: F = (t) => {
    const gate = tf.sigmoid(t);
    return tf.add(tf.multiply(t, gate), gate);
  };
  none(shown);
  // Broadcast, and in float64, which is not rounded to less.
  none((t, u) => tf.multiply(tf.add(t, tf.zeros([2, 1])), tf.sigmoid(u)), x);
  const wide = deadCode(activations(graphOf((t) => tf.multiply(t, tf.sigmoid(t)), [tf.cast(x, 'float64')])));
  expect(namesOf(wide)).toEqual(['sigmoid', 'multiply']);
});

test('a product fuses it into its epilogue', () => {
  const f = tf.function((a: tf.Tensor, w: tf.Tensor) => {
    const y = tf.matmul(a, w);
    return tf.multiply(tf.multiply(0.5, y), erfGate(y));
  });
  const [a, w] = [tf.reshape(x.at('0:12'), [3, 4]), tf.reshape(x.at('20:40'), [4, 5])];
  expect(String(f.program(a, w))).toContain('fusedMatmul(gelu)');
});
