/** What gradients pass in compiled functions, and what they do not: with the tape around the function, and inside it. */
import * as tf from 'gradtape';

type F = (t: tf.Tensor) => tf.Tensor;

/** f, its gradient and the gradient of that with respect to the argument and the variable. */
function derivatives(f: F, a: tf.Tensor, v: tf.Variable): unknown[] {
  const outer = new tf.GradientTape({ persistent: true });
  outer.watch(a);
  const [y, first] = outer.run((): [tf.Tensor, (tf.Tensor | null)[]] => {
    const inner = new tf.GradientTape();
    inner.watch(a);
    const z = inner.run(() => f(a));
    return [z, inner.gradient(z, [a, v], { unconnectedGradients: 'zero' }) as tf.Tensor[]];
  });
  const second = first.flatMap(
    (g) => outer.gradient(g as tf.Tensor, [a, v], { unconnectedGradients: 'zero' }) as tf.Tensor[],
  );
  return [y, ...first, ...second].map((t) => (t as tf.Tensor).array());
}

function same(f: F, v: tf.Variable): void {
  const start = v.read();
  const a = tf.constant(5);
  const run = (g: () => unknown): unknown => {
    v.assign(start);
    return [g(), v.array()];
  };
  const want = run(() => derivatives(f, a, v));
  const compiled = tf.function(f);
  expect(run(() => derivatives(compiled, a, v))).toEqual(want);
  expect(run(() => derivatives(compiled, a, v))).toEqual(want);
  const inside = tf.function((t: tf.Tensor) => {
    const tape = new tf.GradientTape();
    tape.watch(t);
    const y = tape.run(() => f(t));
    return [y, ...(tape.gradient(y, [t, v], { unconnectedGradients: 'zero' }) as tf.Tensor[])];
  });
  const [values] = want as [unknown[]];
  expect((run(() => inside(a).map((t) => t.array())) as unknown[])[0]).toEqual(values.slice(0, 3));
}

const positive = (t: tf.Tensor): tf.Tensor => tf.greater(t, 0);

describe('through variables', () => {
  const assigns: F = (t) => {
    v.assign(tf.multiply(t, 2));
    return tf.multiply(tf.multiply(v, 3), t);
  };
  const v = new tf.Variable(2);

  test('do not pass through an assignment, but belong to the variable if it is read after it', () => {
    same(assigns, v);
    same((t) => {
      const before = tf.multiply(v, t);
      v.assignAdd(t);
      return tf.add(before, tf.multiply(v.read(), tf.square(v)));
    }, v);
    same((t) => {
      v.assign(7);
      return tf.multiply(tf.multiply(v, v), t);
    }, v);
  });

  test('the same in branches', () => {
    const one = (t: tf.Tensor): tf.Tensor => tf.multiply(t, 1);
    same((t) => tf.cond(positive(t), () => assigns(t), () => one(t)), v); // prettier-ignore
    same((t) => tf.cond(positive(tf.negative(t)), () => assigns(t), () => one(t)), v); // prettier-ignore
    same((t) => {
      const y = tf.cond(positive(t), () => assigns(t), () => tf.square(v)); // prettier-ignore
      return tf.multiply(y, v);
    }, v);
    same((t) => {
      v.assign(tf.square(t));
      return tf.cond(positive(t), () => tf.multiply(v, t), () => assigns(t)); // prettier-ignore
    }, v);
  });

  test('and in loops', () => {
    const f: F = (t) =>
      tf.whileLoop(
        (i: tf.Tensor, _: tf.Tensor) => tf.less(i, 3),
        (i, y) => {
          v.assignAdd(tf.multiply(t, 0.5));
          return [tf.add(i, 1), tf.add(y, tf.multiply(v, t))];
        },
        [tf.cast(tf.multiply(t, 0), 'int32'), tf.multiply(t, 1)],
      )[1];
    const a = tf.constant(5);
    const first = (g: F): unknown => {
      v.assign(2);
      const tape = new tf.GradientTape();
      tape.watch(a);
      const y = tape.run(() => g(a));
      return tape.gradient(y, [a, v]).map((t) => (t as tf.Tensor).item());
    };
    expect(first(tf.function(f))).toEqual(first(f));
  });
});

describe('custom gradients', () => {
  const v = new tf.Variable(2);

  test('a custom gradient', () => {
    const clip = tf.customGradient((x: tf.Tensor) => {
      const y = tf.sin(x);
      return [y, (dy: tf.Tensor) => tf.multiply(dy, tf.multiply(y, 10))];
    });
    same((t) => tf.multiply(clip(tf.multiply(t, 0.125)), t), v);
    same((t) => tf.cond(positive(t), () => clip(t), () => t), v); // prettier-ignore
    const twice = tf.customGradient((x: tf.Tensor) => {
      const y = clip(tf.square(x));
      return [y, (dy: tf.Tensor) => tf.multiply(tf.reshape(dy, []), tf.multiply(clip(x), y))];
    });
    same((t) => twice(tf.multiply(t, 0.25)), v);
  });

  test('one that reads a variable', () => {
    const scaled = tf.customGradient((x: tf.Tensor) => [
      tf.multiply(x, v),
      ((dy: tf.Tensor) => [[tf.multiply(dy, 3)], [tf.multiply(dy, x)]]) as never,
    ]);
    same((t) => tf.multiply(scaled(t), t), v);
  });

  test('stopGradient', () => {
    same((t) => tf.multiply(tf.stopGradient(tf.square(t)), t), v);
    same((t) => tf.cond(positive(t), () => tf.multiply(tf.stopGradient(t), t), () => t), v); // prettier-ignore
  });
});

test('reduceLogsumexp, which keeps its shift from gradients', () => {
  const x = tf.constant([1, 2, 3]);
  const g = (f: F): unknown => {
    const tape = new tf.GradientTape();
    tape.watch(x);
    const y = tape.run(() => f(x));
    return (tape.gradient(y, x) as tf.Tensor).array();
  };
  expect(g(tf.function((t: tf.Tensor) => tf.reduceLogsumexp(t)))).toEqual(g((t) => tf.reduceLogsumexp(t)));
});

test('sparse gradients stay sparse across function boundaries', () => {
  const table = new tf.Variable(tf.reshape(tf.cast(tf.range(12), 'float32'), [6, 2]));
  const given = tf.sin(table);
  const f = (ids: tf.Tensor, t: tf.Tensor): tf.Tensor =>
    tf.add(
      tf.reduceSum(tf.square(tf.gather(table, ids))),
      tf.reduceSum(tf.multiply(tf.gather(t, tf.constant([1, 0], 'int32')), tf.gather(given, ids))),
    );
  const g = tf.function(f);
  const ids = tf.constant([1, 5], 'int32');
  const t = tf.cos(table);
  for (let i = 0; i < 2; i++) {
    const [want, got] = [f, g].map((h) => {
      const tape = new tf.GradientTape();
      tape.watch([t, given]);
      const y = tape.run(() => h(ids, t));
      return tape.gradient(y, [table, t, given]).map((r) => {
        expect(r).toBeInstanceOf(tf.IndexedSlices);
        const rows = r as tf.IndexedSlices;
        return [rows.denseShape, tf.convertToTensor(rows).array()];
      });
    });
    expect(got).toEqual(want);
  }
  // To the second order, too.
  const [want, got] = [f, g].map((h) => {
    const outer = new tf.GradientTape();
    const sum = outer.run(() => {
      const tape = new tf.GradientTape();
      const y = tape.run(() => h(ids, t));
      return tf.reduceSum(tf.square(tf.convertToTensor(tape.gradient(y, table) as tf.IndexedSlices)));
    });
    return tf.convertToTensor(outer.gradient(sum, table) as tf.Tensor).array();
  });
  expect(got).toEqual(want);
});

test('a weight that all time steps use, and its transpose with a value for each assignment', () => {
  const start = tf.reshape(tf.sin(tf.cast(tf.range(256), 'float32')), [16, 16]);
  const w = new tf.Variable(start);
  const step = (x: tf.Tensor): tf.Tensor[] => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => {
      let h = tf.zeros([12, 16]);
      for (const t of tf.unstack(x)) h = tf.tanh(tf.add(tf.matmul(h, w, { transposeB: true }), t));
      return tf.reduceSum(tf.square(h));
    });
    const dw = tf.convertToTensor(tape.gradient(loss, w));
    w.assign(tf.multiply(w, 0.5));
    return [dw, ...[1, 2, 3].map((k) => tf.matmul(tf.multiply(x, k), w, { transposeB: true }))];
  };
  const x = tf.reshape(tf.cos(tf.cast(tf.range(7 * 12 * 16), 'float32')), [7, 12, 16]);
  const want = step(x);
  w.assign(start);
  tf.function(step)(x).forEach((got, i) => {
    const expected = want[i].data() as Float32Array;
    got.data().forEach((e, k) => {
      expect(Math.abs(Number(e) - expected[k])).toBeLessThanOrEqual(
        1e-5 * Math.max(1, Math.abs(expected[k])),
      );
    });
  });
});
