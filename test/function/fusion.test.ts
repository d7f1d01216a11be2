/** Fused groups: what is fused, and that it gives what the ops give one by one, whatever the shape and the threads. */
import * as tf from 'gradtape';
import { Executable } from '../../lib/compile/executable';
import { withOneAndTwo } from '../helpers/threads';

type F = (...x: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/** The names of the ops that the first part runs. */
function opsOf(f: F, args: readonly tf.Tensor[]): string[] {
  const names: string[] = [];
  const spy = jest.spyOn(Executable.prototype, 'run').mockImplementationOnce(function (this: Executable) {
    for (const step of this.steps) {
      names.push(...(step.kind === 'segment' ? step.nodes.map((n) => n.node.op.name) : [step.kind]));
    }
    return [];
  });
  tf.function((...x: tf.Tensor[]) => {
    f(...x);
    return f(...x);
  })(...args);
  spy.mockRestore();
  return names;
}

const flat = (r: tf.Tensor | tf.Tensor[]): tf.Tensor[] => (Array.isArray(r) ? r : [r]);

function compare(f: F, args: readonly tf.Tensor[], label: string): void {
  const want = flat(f(...args));
  const compiled = tf.function((...x: tf.Tensor[]) => flat(f(...x)));
  const runs = withOneAndTwo(() => compiled(...args));
  want.forEach((w, i) => {
    const [one, two] = runs.map((r) => r[i].data() as Float32Array);
    expect(runs[0][i].shape).toEqual(w.shape);
    const eager = w.data() as Float32Array;
    for (let k = 0; k < eager.length; k++) {
      if (!Object.is(one[k], two[k])) throw new Error(`${label}: result ${i}[${k}] depends on the threads`);
      const error = Math.abs(one[k] - eager[k]);
      if (!(error <= 2e-5 * Math.max(1, Math.abs(eager[k]))) && !Object.is(one[k], eager[k]))
        throw new Error(`${label}: result ${i}[${k}] is ${one[k]}, eagerly ${eager[k]}`);
    }
  });
}

const normal = (...shape: number[]): tf.Tensor => tf.random.normal(shape, { seed: shape.length + shape[0] });

const layerNorm: F = (x, gamma, beta) => {
  const mean = tf.reduceMean(x, { axis: -1, keepdims: true });
  const d = tf.subtract(x, mean);
  const variance = tf.reduceMean(tf.square(d), { axis: -1, keepdims: true });
  return tf.add(tf.multiply(tf.multiply(d, tf.math.rsqrt(tf.add(variance, 1e-5))), gamma), beta);
};
const softmax: F = (x) => {
  const e = tf.exp(tf.subtract(x, tf.reduceMax(x, { axis: -1, keepdims: true })));
  return tf.divide(e, tf.reduceSum(e, { axis: -1, keepdims: true }));
};

describe('what is fused', () => {
  test('a chain with broadcasts and both its reductions', () => {
    const f: F = (x, w, b) => {
      const y = tf.tanh(tf.add(tf.multiply(x, w), b));
      return [tf.reduceSum(y), tf.reduceMean(tf.square(y))];
    };
    expect(opsOf(f, [normal(8, 5), normal(5), normal(8, 1)])).toEqual([
      'fused(multiply, add, tanh, reduceSum, square, reduceMean)',
    ]);
  });

  test('a layer norm and a softmax: one pass each', () => {
    expect(opsOf(layerNorm, [normal(8, 5), normal(5), normal(5)])).toHaveLength(1);
    expect(opsOf(softmax, [normal(8, 5)])).toHaveLength(1);
  });

  test('reductions down columns, casts, and the whole backward pass of a layer norm and a softmax', () => {
    const down: F = (x, w) => {
      const y = tf.tanh(tf.multiply(x, w));
      return [tf.reduceSum(y, 0), tf.reduceMax(y, 0), tf.reduceMean(tf.cast(tf.greater(y, 0), 'float32'), 0)];
    };
    expect(opsOf(down, [normal(8, 5), normal(5)])).toEqual([
      'fused(multiply, tanh, reduceSum, reduceMax, greater, cast, reduceMean)',
    ]);
    const back =
      (f: F): F =>
      (...x) => {
        const tape = new tf.GradientTape();
        tape.watch(x);
        const loss = tape.run(() => tf.reduceSum(tf.square(f(...x) as tf.Tensor)));
        return tape.gradient(loss, x) as tf.Tensor[];
      };
    expect(opsOf(back(layerNorm), [normal(8, 5), normal(5), normal(5)])).toHaveLength(1);
    expect(opsOf(back(softmax), [normal(8, 5)])).toHaveLength(1);
  });

  test('not ops after a reduction down columns', () => {
    const f: F = (x) => tf.divide(tf.square(x), tf.reduceSum(tf.square(x), 0));
    expect(opsOf(f, [normal(8, 5)])).toEqual(['fused(square, reduceSum)', 'divide']);
  });

  test('not ops after a full reduction', () => {
    const f: F = (x) => tf.divide(x, tf.reduceSum(x));
    expect(opsOf(f, [normal(8, 5)])).toEqual(['reduceSum', 'divide']);
  });

  test('not if an op in between depends on the group', () => {
    const f: F = (x) => {
      const y = tf.square(x);
      return tf.subtract(y, tf.matmul(y, y));
    };
    expect(opsOf(f, [normal(5, 5)])).toEqual(['square', 'matmul', 'subtract']);
  });

  test('nothing without the pass', () => {
    process.env.GRADTAPE_DISABLE_PASS = 'fuse';
    try {
      expect(opsOf(softmax, [normal(8, 5)])).toHaveLength(5);
    } finally {
      delete process.env.GRADTAPE_DISABLE_PASS;
    }
  });
});

describe('matches the separate ops', () => {
  const shapes = [
    [1, 1],
    [1, 7],
    [7, 1],
    [3, 5],
    [64, 10],
    [33, 64],
    [5, 511],
    [4, 512],
    [3, 513],
    [9, 1023],
    [5, 1024],
    [3, 1025],
    [2, 4099],
    [2, 8192],
    [2, 8193],
    [3, 20_000],
    [2000, 3],
    [1500, 129],
  ];
  test.each(shapes)('[%d, %d]', (rows, columns) => {
    const x = normal(rows, columns);
    const row = normal(columns);
    const column = normal(rows, 1);
    const label = `[${rows}, ${columns}]`;
    compare(layerNorm, [x, row, normal(columns)], `${label} layer norm`);
    compare(softmax, [x], `${label} softmax`);
    compare(
      (a, b, c) => {
        const y = tf.sigmoid(tf.add(tf.multiply(a, b), c));
        return [y, tf.reduceSum(y), tf.reduceMax(y), tf.reduceMean(tf.square(y), 1), tf.subtract(1, y)];
      },
      [x, row, column],
      `${label} broadcasts`,
    );
    compare(
      (a, b, c) => {
        const y = tf.sin(tf.add(tf.multiply(a, b), c));
        const down = [tf.reduceSum, tf.reduceMean, tf.reduceMax, tf.reduceMin].map((f) => f(y, 0));
        return [...down, tf.reduceSum(y, 1), tf.reduceSum(y), tf.reduceSum(a, 0), tf.square(y)];
      },
      [x, row, column],
      `${label} down columns`,
    );
    compare(
      (a, b) => {
        const flag = tf.greater(a, b);
        const count = tf.cast(flag, 'int32');
        return [
          tf.cast(flag, 'float32'),
          tf.reduceSum(tf.cast(count, 'float32'), 0),
          tf.reduceSum(count, 0),
          count,
        ];
      },
      [x, row],
      `${label} casts`,
    );
    compare(
      (a, b, c) => [
        tf.where(tf.greater(a, 0), b, c),
        tf.where(tf.greater(b, tf.negative(c)), a, tf.square(a)),
      ],
      [x, row, column],
      `${label} where`,
    );
  });

  test('gradients of all of it', () => {
    for (const [rows, columns] of [
      [6, 5],
      [40, 700],
      [700, 40],
    ]) {
      const f: F = (x, gamma, beta) => {
        const tape = new tf.GradientTape();
        tape.watch([x, gamma, beta]);
        const loss = tape.run(() => tf.reduceMean(tf.square(layerNorm(x, gamma, beta) as tf.Tensor)));
        return tape.gradient(loss, [x, gamma, beta]) as tf.Tensor[];
      };
      compare(f, [normal(rows, columns), normal(columns), normal(columns)], `[${rows}, ${columns}]`);
    }
  });

  test.each([
    [3, 0],
    [0, 3],
  ])('rows or columns of nothing, [%d, %d]', (rows, columns) => {
    for (const axis of [0, 1]) {
      const f = (x: tf.Tensor): tf.Tensor[] => {
        const e = tf.exp(x);
        const sum = tf.reduceSum(e, { axis, keepdims: true });
        return [tf.multiply(e, tf.divide(1, sum)), sum];
      };
      compare(f, [tf.ones([rows, columns])], `axis ${axis}`);
    }
  });

  test('down the first dimensions of several', () => {
    const x = normal(3, 40, 7, 5);
    compare((a) => [tf.reduceSum(tf.sin(a), [0, 1]), tf.reduceMean(tf.cos(a), 0)], [x], 'first dimensions');
    compare((a) => [tf.reduceSum(tf.sin(a), [0, 1, 2]), tf.cos(a)], [x], 'all but the last');
    compare((a) => [tf.reduceSum(tf.sin(a), [1, 2]), tf.cos(a)], [x], 'in the middle');
  });

  test('more than three dimensions, and broadcasts in the middle, which are not fused', () => {
    compare(
      (x, a, b) => tf.add(tf.multiply(tf.tanh(x), a), tf.multiply(b, x)),
      [normal(2, 3, 4, 5), normal(4, 5), normal(2, 3, 1, 1)],
      'mixed',
    );
    compare((x, a) => tf.exp(tf.add(tf.negative(x), a)), [normal(2, 3, 4), normal(2, 1, 4)], 'middle');
  });
});
