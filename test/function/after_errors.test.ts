/** What was assigned before an error stays assigned: eagerly, compiled and off the event loop, whatever the sizes. */
import * as tf from 'gradtape';

type Step = (x: tf.Tensor, i: tf.Tensor) => unknown;
interface World {
  readonly variables: readonly tf.Variable[];
  readonly step: Step;
}

const state = (variables: readonly tf.Variable[]): string[] =>
  variables.map((v) => Buffer.from(v.data().buffer).toString('base64').slice(0, 64));

/** The variables and the error after a good call and a failing one, eagerly, compiled and off the event loop. */
async function outcomes(make: () => World, x: tf.Tensor): Promise<unknown[]> {
  const good = tf.constant([0], 'int32');
  const bad = tf.constant([7], 'int32');
  const all: unknown[] = [];
  for (const how of ['eager', 'compiled', 'async']) {
    tf.random.setSeed(5);
    const { variables, step } = make();
    const f = tf.function(step);
    const call = async (i: tf.Tensor): Promise<string> => {
      try {
        if (how === 'async') await f.async(x, i);
        else if (how === 'compiled') f(x, i);
        else step(x, i);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const messages = [await call(good), await call(bad), await call(bad), await call(good)];
    expect(messages.map((m) => m !== '')).toEqual([false, true, true, false]);
    all.push([messages, state(variables)]);
  }
  return all;
}

// Small ones are written in place, those that several cores may have in their caches are not, and large ones are again.
describe.each([3, 300, 9000, 2_000_000])('variables of %d elements', (n) => {
  const x = tf.fill([n], 0.5);
  const table = tf.ones([5]);
  const worlds: Record<string, () => World> = {
    'before and after the op that fails': () => {
      const [v, w, u] = [1, 2, 3].map((k) => new tf.Variable(tf.fill([n], k)));
      const step: Step = (t, i) => {
        v.assign(tf.add(v, t));
        const next = tf.multiply(w, 2);
        const y = tf.gather(table, i);
        w.assign(next);
        u.assign(tf.add(v, tf.multiply(u, y)));
        return u.read();
      };
      return { variables: [v, w, u], step };
    },
    'twice, with another op that may fail in between': () => {
      const v = new tf.Variable(tf.zeros([n]));
      const step: Step = (t, i) => {
        v.assignAdd(t);
        const a = tf.gather(table, tf.floordiv(i, 7));
        v.assign(tf.add(tf.multiply(v, 3), a));
        const b = tf.gather(table, i);
        v.assign(tf.subtract(v, b));
        return tf.reduceSum(v);
      };
      return { variables: [v], step };
    },
    'a check between them': () => {
      const [v, w] = [1, 2].map((k) => new tf.Variable(tf.fill([n], k)));
      const step: Step = (t, i) => {
        v.assignAdd(t);
        const next = tf.add(w, v);
        tf.debugging.assertLess(i, 5);
        w.assign(next);
        return tf.reduceSum(w);
      };
      return { variables: [v, w], step };
    },
    'in a branch and a loop': () => {
      const [v, w] = [1, 2].map((k) => new tf.Variable(tf.fill([n], k)));
      const step: Step = (t, i) => {
        v.assignAdd(t);
        const y = tf.cond(
          tf.greater(tf.reduceSum(i), -1),
          () => {
            w.assignAdd(t);
            const z = tf.gather(table, i);
            w.assign(tf.multiply(w, z));
            return z;
          },
          () => tf.zeros([1]),
        );
        tf.whileLoop(
          (k: tf.Tensor) => tf.less(k, 3),
          (k: tf.Tensor) => {
            v.assignAdd(tf.multiply(t, k));
            v.assign(tf.add(v, tf.gather(table, tf.multiply(i, tf.cast(k, 'int32')))));
            return [tf.add(k, 1)] as [tf.Tensor];
          },
          [tf.multiply(tf.reduceSum(y), 0)] as [tf.Tensor],
        );
        return v.read();
      };
      return { variables: [v, w], step };
    },
    'in the loop': () => {
      const v = new tf.Variable(tf.ones([n]));
      const step: Step = (t, i) => {
        tf.whileLoop(
          (k: tf.Tensor) => tf.less(k, 3),
          (k: tf.Tensor) => {
            v.assignAdd(tf.multiply(t, k));
            v.assign(tf.add(v, tf.gather(table, tf.multiply(i, tf.cast(k, 'int32')))));
            return [tf.add(k, 1)] as [tf.Tensor];
          },
          [tf.multiply(tf.reduceSum(t), 0)] as [tf.Tensor],
        );
        return v.read();
      };
      return { variables: [v], step };
    },
    'an optimizer before': () => {
      const v = new tf.Variable(tf.ones([n]));
      const optimizer = new tf.keras.optimizers.Adam(0.1);
      optimizer.build([v]);
      const step: Step = (t, i) => {
        optimizer.applyGradients([[tf.multiply(v, t), v]]);
        const y = tf.gather(table, i);
        v.assign(tf.multiply(v, y));
        return v.read();
      };
      return { variables: [v, ...optimizer.variables], step };
    },
    'an optimizer after': () => {
      const v = new tf.Variable(tf.ones([n]));
      const optimizer = new tf.keras.optimizers.SGD({ learningRate: 0.1, momentum: 0.9 });
      optimizer.build([v]);
      const step: Step = (t, i) => {
        v.assignAdd(t);
        const y = tf.gather(table, i);
        optimizer.applyGradients([[tf.multiply(v, y), v]]);
        return v.read();
      };
      return { variables: [v, ...optimizer.variables], step };
    },
    'random numbers before': () => {
      const v = new tf.Variable(tf.ones([n]));
      const step: Step = (_, i) => {
        v.assign(tf.random.uniform([n]));
        return tf.gather(table, i);
      };
      return { variables: [v], step };
    },
    'labels outside of the classes': () => {
      const [v, mean] = [new tf.Variable(tf.ones([1, 5])), new tf.Variable(tf.zeros([n]))];
      const optimizer = new tf.keras.optimizers.SGD(0.1);
      optimizer.build([v]);
      const step: Step = (t, i) => {
        mean.assign(tf.add(tf.multiply(mean, 0.9), tf.multiply(t, 0.1)));
        const tape = new tf.GradientTape();
        const loss = tape.run(() =>
          tf.reduceMean(tf.nn.sparseSoftmaxCrossEntropyWithLogits(i, tf.multiply(v, tf.reduceMax(mean)))),
        );
        optimizer.applyGradients([[tape.gradient(loss, v), v]]);
        return loss;
      };
      return { variables: [v, mean, ...optimizer.variables], step };
    },
  };

  test.each(Object.entries(worlds))('%s', async (_, make) => {
    const [eager, compiled, later] = await outcomes(make, x);
    expect(compiled).toEqual(eager);
    expect(later).toEqual(eager);
  });
});

test('an error of the learning rate is thrown after the effects before the step', async () => {
  const make = (): World & { fail: (now: boolean) => void } => {
    let failing = false;
    const [v, w] = [1, 2].map((k) => new tf.Variable([k]));
    const before = new tf.keras.optimizers.SGD(0.5);
    const optimizer = new tf.keras.optimizers.SGD(() => {
      if (failing) throw new Error('no rate today');
      return 0.25;
    });
    before.build([v]);
    optimizer.build([w]);
    const step: Step = (t) => {
      before.applyGradients([[t, v]]);
      w.assignAdd(t);
      optimizer.applyGradients([[t, w]]);
      return tf.add(v, w);
    };
    const variables = [v, w, ...before.variables, ...optimizer.variables];
    return { variables, step, fail: (now) => void (failing = now) };
  };
  const x = tf.constant([1]);
  const results: unknown[] = [];
  for (const how of ['eager', 'compiled', 'async']) {
    const { variables, step, fail } = make();
    const f = tf.function(step);
    const call = (): unknown => (how === 'eager' ? step(x, x) : how === 'compiled' ? f(x, x) : f.async(x, x));
    await call();
    fail(true);
    await expect((async () => Promise.resolve(call()))()).rejects.toThrow('no rate today');
    fail(false);
    await call();
    results.push(variables.map((v) => String(v.array())));
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

test('a constraint that fails leaves weights and counter together', () => {
  for (const compile of [false, true]) {
    const v = new tf.Variable([1], {
      constraint: (w) => tf.gather(w, tf.cast(tf.reduceMax(tf.multiply(w, 0)), 'int32').add([5])),
    });
    const optimizer = new tf.keras.optimizers.SGD(0.5);
    const step = (x: tf.Tensor): void => {
      optimizer.applyGradients([[x, v]]);
    };
    const f = compile ? tf.function(step) : step;
    expect(() => {
      f(tf.constant([1]));
    }).toThrow(/is not in \[0, 1\)/);
    expect([v.array(), (optimizer.iterations as tf.Variable).item()]).toEqual([[0.5], 1n]);
  }
});

test('a learning rate that calls the same step', () => {
  let depth = 0;
  const w = new tf.Variable([1, 2, 3, 4]);
  const optimizer = new tf.keras.optimizers.SGD(() => {
    if (depth++ === 0) step(tf.fill([4], 8));
    return 0.125;
  });
  const step = tf.function((x: tf.Tensor) => {
    optimizer.applyGradients([[x, w]]);
    return tf.add(w, 0);
  });
  // The inner step comes first; the outer one goes on from what it read when it began.
  expect(step(tf.constant([8, 8, 8, 8])).array()).toEqual([0, 1, 2, 3]);
  expect(w.array()).toEqual([0, 1, 2, 3]);
  depth = 1;
  expect(step(tf.constant([8, 0, 0, 8])).array()).toEqual([-1, 1, 2, 2]);
});
