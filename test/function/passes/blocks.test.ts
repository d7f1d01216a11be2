/** What only cuts and joins moves nothing: values are read and written where they lie in a larger one. */
import * as tf from 'gradtape';
import { Executable } from '../../../lib/compile/executable';
import { bytesOf, withOneAndTwo } from '../../helpers/threads';

type F = (...x: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

const flat = (r: tf.Tensor | tf.Tensor[]): tf.Tensor[] => (Array.isArray(r) ? r : [r]);
const wave = (...shape: number[]): tf.Tensor =>
  tf.reshape(tf.sin(tf.cast(tf.range(shape.reduce((a, b) => a * b, 1)), 'float32')), shape);

/** The ops that a compiled function runs, copies that are left out aside; its results are those of the ops, bit for bit. */
function opsOf(f: F, ...args: tf.Tensor[]): string[] {
  const names: string[] = [];
  const run = jest.spyOn(Executable.prototype, 'run');
  const compiled = tf.function((...x: tf.Tensor[]) => flat(f(...x)));
  const got = withOneAndTwo(() => compiled(...args));
  for (const step of (run.mock.contexts[0] as Executable).steps) {
    if (step.kind !== 'segment') names.push(step.kind);
    else for (const n of step.nodes) if (n.end > n.start) names.push(n.node.op.name);
  }
  run.mockRestore();
  flat(f(...args)).forEach((w, i) => {
    for (const one of got) {
      expect([one[i].dtype, one[i].shape]).toEqual([w.dtype, w.shape]);
      if (!bytesOf(one[i]).equals(bytesOf(w))) expect(one[i].repr()).toBe(w.repr());
      expect(bytesOf(one[i]).equals(bytesOf(w))).toBe(true);
    }
  });
  return names;
}

/** The same, op by op. */
function unfused(f: F, ...args: tf.Tensor[]): string[] {
  process.env.GRADTAPE_DISABLE_PASS = 'fuse';
  try {
    return opsOf(f, ...args);
  } finally {
    delete process.env.GRADTAPE_DISABLE_PASS;
  }
}

const [x, y] = [wave(6, 32), wave(6, 32)];

describe('contiguous slices', () => {
  test('a slice is read in place', () => {
    expect(unfused((t) => tf.unstack(t).map((r) => tf.exp(r)), wave(3, 5))).toEqual(['exp', 'exp', 'exp']);
    expect(unfused((t) => tf.split(t, 3).map((r) => tf.exp(r)), x)).toEqual(['exp', 'exp', 'exp']);
    expect(unfused((t) => tf.exp(t.at('1:4')), x)).toEqual(['exp']);
    expect(unfused((t) => tf.exp(t.at(2, '3:7')), x)).toEqual(['exp']);
    expect(unfused((t) => tf.exp(tf.split(t, [1, 2, 3])[1]), tf.cast(x, 'float64'))).toEqual(['exp']);
    const ints = tf.reshape(tf.range(12), [4, 3]);
    expect(unfused((t) => tf.add(t.at('1:3'), t.at('2:4')), ints)).toEqual(['add']);
    // Of something that is computed, of a part of that, and by a product.
    expect(unfused((t) => tf.exp(tf.sin(t).at('2:').at('1:3')), x)).toEqual(['sin', 'exp']);
    expect(unfused((t, w) => tf.matmul(tf.sin(t).at('2:5'), w), x, wave(32, 4))).toEqual(['sin', 'matmul']);
  });

  test('inputs of a concatenation are written in place', () => {
    const sines = ['sin', 'cos'];
    expect(unfused((t) => tf.exp(tf.concat([tf.sin(t), tf.cos(t)], 0)), x)).toEqual([...sines, 'exp']);
    expect(unfused((t) => tf.exp(tf.stack([tf.sin(t), tf.cos(t)])), x)).toEqual([...sines, 'exp']);
    // Within what is joined again, and read by others before and after.
    const nested: F = (t) => {
      const [a, b] = [tf.sin(t), tf.cos(t)];
      const c = tf.negative(a);
      const all = tf.concat([c, tf.concat([a, b], 0)], 0);
      return [tf.exp(all), tf.abs(a), tf.abs(b)];
    };
    expect(unfused(nested, x)).toEqual(['sin', 'cos', 'negative', 'exp', 'abs', 'abs']);
  });

  test('arguments, results and repeated inputs are copied', () => {
    expect(unfused((t) => tf.exp(tf.concat([t, tf.sin(t)], 0)), x)).toEqual(['sin', 'concat', 'exp']);
    expect(unfused((t) => tf.concat([tf.sin(t), tf.cos(t)], 0), x)).toEqual(['sin', 'cos', 'concat']);
    expect(unfused((t) => tf.unstack(t), x)).toEqual(['unstack']);
    expect(unfused((t) => [t.at('1:3'), tf.exp(t.at('1:3'))], x)).toEqual(['takeRegion', 'exp']);
    const twice: F = (t) => {
      const a = tf.sin(t);
      return tf.exp(tf.concat([a, a], 0));
    };
    expect(unfused(twice, x)).toEqual(['sin', 'concat', 'exp']);
    const again: F = (t) => {
      const a = tf.sin(t);
      return tf.exp(tf.concat([a, tf.cos(t), a.at('2:4')], 0));
    };
    expect(unfused(again, x)).toEqual(['sin', 'cos', 'concat', 'exp']);
    const some: F = (t) => tf.exp(tf.concat([tf.sin(t), t, tf.cos(t), tf.abs(t), t], 0));
    expect(unfused(some, x)).toEqual(['sin', 'cos', 'abs', 'concat', 'exp']);
    const both: F = (t) => {
      const a = tf.sin(t);
      return [a, tf.exp(tf.concat([a, tf.cos(t)], 0))];
    };
    expect(unfused(both, x)).toEqual(['sin', 'cos', 'concat', 'exp']);
    // Where it would begin between two lines of the cache.
    const narrow = wave(3, 5);
    const odd: F = (t) => tf.exp(tf.concat([tf.sin(t), tf.cos(t)], 0));
    expect(unfused(odd, narrow)).toEqual(['sin', 'cos', 'concat', 'exp']);
  });

  test('a slice of a variable that is assigned afterwards', () => {
    const v = new tf.Variable(x);
    const f = tf.function((t: tf.Tensor) => {
      const part = v.read().at('1:3');
      v.assign(tf.multiply(t, 2));
      return tf.add(part, 1);
    });
    for (const old of [x, tf.multiply(y, 2), tf.multiply(y, 2)])
      expect(bytesOf(f(y)).equals(bytesOf(tf.add(old.at('1:3'), 1)))).toBe(true);
  });
});

test('a slice of a slice of a group’s result', () => {
  const f: F = (t) => tf.exp(tf.cos(tf.cos(tf.sin(t)).at('2:').at('1:3')));
  expect(opsOf(f, x)).toEqual(['fused(sin, cos)', 'fused(cos, exp)']);
});

describe('rows of a matrix, in groups', () => {
  const gates: F = (t, c) => {
    const [i, f, g, o] = tf.split(t, 4, 1);
    const next = tf.add(tf.multiply(tf.sigmoid(f), c), tf.multiply(tf.sigmoid(i), tf.tanh(g)));
    return [next, tf.multiply(tf.sigmoid(o), tf.tanh(next))];
  };
  const names = 'sigmoid, multiply, sigmoid, tanh, multiply, add, sigmoid, tanh, multiply';

  test.each([
    [2, 16],
    [3, 16],
    [32, 128],
    [7, 100],
    [70, 17],
    [3, 1030],
    [2, 600],
  ])('the gates of a cell of %i rows and %i columns', (rows, columns) => {
    const [t, c] = [wave(rows, 4 * columns), wave(rows, columns)];
    expect(opsOf(gates, t, c)).toEqual([`fused(${names})`]);
    // Gradients of the gates are computed in place, and concatenated.
    const gradient: F = (t, c) => {
      const tape = new tf.GradientTape();
      tape.watch(t);
      const [next, h] = tape.run(() => gates(t, c)) as tf.Tensor[];
      const [dt] = tape.gradient([next, h], [t]) as tf.Tensor[];
      return dt;
    };
    const ops = opsOf(gradient, t, c);
    expect(ops.filter((name) => !name.startsWith('fused('))).toEqual(['concat']);
  });

  test('of any dtype, in the middle, and if a row is a group', () => {
    const select: F = (t) => {
      const [a, b, c] = tf.split(t, [20, 24, 20], 1);
      const kept = tf.where(tf.greater(a, c), a, c);
      return [tf.multiply(kept, 2), tf.cast(tf.multiply(b, 3), 'int32')];
    };
    expect(opsOf(select, wave(9, 64))).toHaveLength(2);
    expect(opsOf(select, tf.cast(wave(9, 64), 'float64'))).toHaveLength(2);
    const flags: F = (t) => tf.logicalAnd(...(tf.split(tf.greater(t, 0), 2, 1) as [tf.Tensor, tf.Tensor]));
    expect(opsOf(flags, wave(5, 40))).toEqual(['greater', 'fused(logicalAnd)']);
    const middle: F = (t) => tf.exp(tf.add(t.at(':', '8:40'), t.at(':', '16:48')));
    expect(opsOf(middle, wave(5, 64))).toEqual(['fused(add, exp)']);
    expect(opsOf(middle, wave(5, 2, 64).at(':', 1))).toEqual(['fused(add, exp)']);
  });

  test('copied if others need it, rows are short, or the columns differ', () => {
    const product: F = (t, w) => {
      const [a, b] = tf.split(t, 2, 1);
      return [tf.matmul(a, w), tf.tanh(tf.sin(b))];
    };
    expect(opsOf(product, x, wave(16, 3))).toEqual(['split', 'matmul', 'fused(sin, tanh)']);
    const short: F = (t) => tf.add(...(tf.split(t, 4, 1) as [tf.Tensor, tf.Tensor]));
    expect(opsOf(short, x)).toEqual(['split', 'add']);
    const columns: F = (t, r) => {
      const [a] = tf.split(t, 2, 2);
      return tf.tanh(tf.add(a, r));
    };
    expect(opsOf(columns, wave(4, 3, 32), wave(3, 16))).toEqual(['split', 'fused(add, tanh)']);
  });

  test('results concatenated side by side are copied', () => {
    const pair: F = (t) => tf.concat([tf.sin(t), tf.cos(tf.sin(t))], 1);
    expect(opsOf(pair, x)).toEqual(['fused(sin, cos)', 'concat']);
    // Read by others too, there twice, or of several groups.
    const read: F = (t, m) => {
      const a = tf.sin(t);
      return [tf.concat([a, tf.cos(t)], 1), tf.matmul(a, m)];
    };
    expect(opsOf(read, x, wave(32, 3))).toContain('concat');
    const twice: F = (t) => {
      const a = tf.cos(tf.sin(t));
      return tf.concat([a, a], 1);
    };
    expect(opsOf(twice, x)).toContain('concat');
    const several: F = (t, u) => tf.concat([tf.cos(tf.sin(t)), tf.cos(tf.sin(u))], 1);
    expect(opsOf(several, x, wave(6, 64))).toContain('concat');
  });

  test('and reduced in the group', () => {
    const f = tf.function((t: tf.Tensor) => {
      const a = tf.sin(t);
      return [tf.concat([a, tf.cos(t)], 1), tf.reduceSum(a, 0)];
    });
    const [joined, sum] = f(x);
    expect(bytesOf(joined).equals(bytesOf(tf.concat([tf.sin(x), tf.cos(x)], 1)))).toBe(true);
    tf.reduceSum(tf.sin(x), 0)
      .data()
      .forEach((want, i) => {
        expect(sum.data()[i]).toBeCloseTo(Number(want), 5);
      });
  });
});

test('without the pass everything is copied', () => {
  process.env.GRADTAPE_DISABLE_PASS = 'blocks';
  try {
    expect(opsOf((t) => tf.exp(t.at('1:4')), x)).toEqual(['takeRegion', 'exp']);
    expect(opsOf((t) => tf.add(...(tf.split(t, 2, 1) as [tf.Tensor, tf.Tensor])), x)).toEqual([
      'split',
      'add',
    ]);
    expect(opsOf((t) => tf.concat([tf.sin(t), tf.cos(t)], 1), x)).toContain('concat');
  } finally {
    delete process.env.GRADTAPE_DISABLE_PASS;
  }
});
