/** Higher orders, Hessians and jacobians: what TensorFlow computes, recorded, and ours. */
import * as tf from 'gradtape';
import { Facts, type Inputs } from '../golden/facts';

const { GradientTape } = tf;
const facts = new Facts(['higher', 'hessian', 'jacobian', 'batch_jacobian']);
const c = (value: tf.TensorLike, dtype: tf.DType = 'float64') => tf.constant(value, dtype);
const same = facts.same.bind(facts);

type Fn = (x: tf.Tensor) => tf.Tensor;

function gradient(f: Fn, x: tf.Tensor): tf.Tensor | null {
  const tape = new GradientTape();
  tape.watch(x);
  const y = tape.run(() => f(x));
  return tape.gradient(y, x) as tf.Tensor | null;
}

/** f and its n derivatives, each by a tape around the tapes of the one before. */
const derivatives = (f: Fn, n: number) => (inputs: Inputs) => {
  const fs: ((x: tf.Tensor) => tf.Tensor | null)[] = [f];
  for (let k = 0; k < n; k++) {
    const last = fs[k];
    // A derivative of nothing is nothing; zeros as a target have no gradient either.
    fs.push((x) => gradient((at) => last(at) ?? tf.zerosLike(at), x));
  }
  const x = c(inputs.x);
  return fs.map((g) => g(x));
};

describe('higher orders', () => {
  const table: [string, Fn, number][] = [
    ['cube', (x) => tf.pow(x, 3), 4],
    ['cube_products', (x) => x.mul(x).mul(x), 4],
    ['tanh', tf.tanh, 4],
    ['sigmoid', tf.sigmoid, 4],
    ['exp_sin', (x) => tf.exp(tf.sin(x)), 5],
    ['log', tf.log, 4],
    ['rsqrt', tf.rsqrt, 3],
    ['sqrt', tf.sqrt, 3],
    ['reciprocal', (x) => tf.divide(1, x), 4],
    ['softplus', tf.softplus, 3],
    ['reduce_prod', (x) => tf.reduceProd(x), 2],
    ['abs', tf.abs, 2],
    ['relu', tf.relu, 2],
    ['reduce_max', (x) => tf.reduceMax(x.mul(x)), 2],
    ['erf', tf.erf, 3],
  ];
  for (const [name, f, n] of table) same(`higher/${name}`, derivatives(f, n));

  const nested = (persistent: boolean) => () => {
    const x = c(2, 'float32');
    const [outer, inner] = [new GradientTape(persistent), new GradientTape()];
    const dy = outer.run(() => {
      outer.watch(x);
      const y = inner.run(() => {
        inner.watch(x);
        return x.mul(x).mul(x);
      });
      return inner.gradient(y, x);
    }) as tf.Tensor;
    return [dy, outer.gradient(dy, x)];
  };
  same('higher/nested', nested(false));
  same('higher/nested_persistent', nested(true));
  same('higher/gradient_penalty', (inputs) => {
    const w = new tf.Variable(inputs.w, { dtype: 'float64' });
    const x = c(inputs.x);
    const outer = new GradientTape();
    const [inner, loss] = outer.run(() => {
      const tape = new GradientTape();
      const y = tape.run(() => {
        tape.watch(x);
        return tf.reduceSum(tf.tanh(tf.matmul(x, w)));
      });
      const g = tape.gradient(y, x) as tf.Tensor;
      return [g, tf.reduceSum(g.mul(g))];
    });
    return { inner, loss, gradient: outer.gradient(loss, w) };
  });
  facts.absent('higher/complex', 'no complex dtypes yet');
  facts.absent('higher/tf_gradients_eager', 'no graph mode, so no tf.gradients');
  facts.absent('higher/tf_hessians_eager', 'no graph mode, so no tf.hessians');
});

describe('Hessians', () => {
  const hessian = (f: Fn, name = 'x') => {
    return (inputs: Inputs) => {
      const x = c(inputs[name]);
      const [outer, inner] = [new GradientTape(), new GradientTape()];
      let y = x;
      const g = outer.run(() => {
        outer.watch(x);
        y = inner.run(() => {
          inner.watch(x);
          return f(x);
        });
        return inner.gradient(y, x);
      });
      // The jacobian of sparse rows: of the rows themselves.
      const target = g instanceof tf.IndexedSlices ? outer.run(() => tf.convertToTensor(g)) : g;
      return { y, gradient: g, hessian: outer.jacobian(target, x) };
    };
  };
  const weights = c([1, 2, 4]);
  const table: [string, Fn, string?][] = [
    [
      'polynomial',
      (x) =>
        x
          .at(0)
          .mul(x.at(1).pow(2))
          .mul(x.at(2).pow(3))
          .add(tf.sin(x.at(0).mul(x.at(2)))),
    ],
    ['softmax', (x) => tf.reduceSum(tf.nn.softmax(x).mul(weights))],
    ['log_softmax', (x) => tf.reduceSum(tf.nn.logSoftmax(x).mul(weights))],
    ['logsumexp', (x) => tf.reduceLogsumexp(x)],
    ['softmax_cross_entropy', (x) => tf.nn.softmaxCrossEntropyWithLogits(c([0.2, 0.3, 0.5]), x), 'logits'],
    [
      'sparse_softmax_cross_entropy',
      (x) => tf.nn.sparseSoftmaxCrossEntropyWithLogits([2], x.expandDims(0)),
      'logits',
    ],
    ['reduce_prod', (x) => tf.reduceProd(x)],
    ['reduce_variance', (x) => tf.reduceVariance(x)],
    ['reduce_std', (x) => tf.reduceStd(x)],
    ['matmul', (m) => tf.reduceSum(tf.tanh(tf.matmul(m, m))), 'm'],
    [
      'divide',
      (x) =>
        x
          .at(0)
          .div(x.at(1))
          .add(x.at(1).pow(x.at(2))),
    ],
    ['gather', (x) => tf.reduceSum(tf.gather(x, [2, 0, 2]).pow(3))],
    ['cumsum', (x) => tf.reduceSum(tf.cumsum(x).pow(3))],
    ['broadcast', (x) => tf.reduceSum(x.expandDims(1).mul(x.expandDims(0)).pow(2))],
  ];
  for (const [name, f, input] of table) same(`hessian/${name}`, hessian(f, input));
  facts.absent('hessian/norm', 'tf.norm is not here yet');
});

describe('jacobians', () => {
  const jacobian =
    (
      f: (...xs: tf.Tensor[]) => tf.Tensor,
      names: string[],
      source: number | null = 0,
      dtype: tf.DType = 'float64',
    ) =>
    (inputs: Inputs) => {
      const xs = names.map((name) => c(inputs[name], dtype));
      const tape = new GradientTape({ persistent: true });
      tape.watch(xs);
      const y = tape.run(() => f(...xs));
      return source === null ? tape.jacobian(y, xs) : tape.jacobian(y, xs[source]);
    };
  same('jacobian/square', jacobian(tf.square, ['x']));
  same('jacobian/scalar', jacobian(tf.square, ['x']));
  same(
    'jacobian/scalar_target',
    jacobian((x) => tf.reduceSum(x.mul(x)), ['x']),
  );
  same(
    'jacobian/scalar_source',
    jacobian((s) => s.mul([1, 2, 3]), ['s']),
  );
  same('jacobian/softmax', jacobian(tf.nn.softmax, ['x']));
  same(
    'jacobian/matmul_left',
    jacobian((a, b) => tf.matmul(a, b), ['a', 'b']),
  );
  same(
    'jacobian/matmul_right',
    jacobian((a, b) => tf.matmul(a, b), ['a', 'b'], 1),
  );
  same(
    'jacobian/several_sources',
    jacobian((a, b) => tf.matmul(a, b), ['a', 'b'], null),
  );
  facts.differs('jacobian/several_targets', () => {
    const x = c([1, 2]);
    const tape = new GradientTape();
    tape.watch(x);
    const ys = tape.run(() => [x.mul(x), x.mul(3)]);
    expect(() => tape.jacobian(ys as never, x)).toThrow(TypeError);
    expect(() => tape.jacobian(ys as never, x)).toThrow('the target must be one tensor or variable');
  });
  same(
    'jacobian/reduce_max',
    jacobian((m) => tf.reduceMax(m, 1), ['m']),
  );
  same(
    'jacobian/cumsum',
    jacobian((x) => tf.cumsum(x), ['x']),
  );
  same(
    'jacobian/reduce_prod',
    jacobian((m) => tf.reduceProd(m, 0), ['m']),
  );
  same(
    'jacobian/transpose',
    jacobian((m) => tf.transpose(m), ['m']),
  );
  same(
    'jacobian/gather',
    jacobian((x) => tf.gather(x, [2, 0, 2]), ['x']),
  );
  for (const name of ['gather_sequential', 'square_sequential', 'sequential_not_persistent']) {
    facts.absent(`jacobian/${name}`, 'there is one way to compute a jacobian, and any tape will do');
  }
  same(
    'jacobian/broadcast',
    jacobian((x, m) => x.mul(m), ['x', 'm']),
  );
  same('jacobian/empty_source', jacobian(tf.square, ['x']));
  same(
    'jacobian/float32',
    jacobian((x) => tf.exp(x).mul(x), ['x'], 0, 'float32'),
  );
  same('jacobian/linear_layer', (inputs) =>
    jacobian((w, b) => tf.tanh(tf.matmul(c(inputs.x), w).mul(0.1).add(b)), ['w', 'b'], null)(inputs),
  );
  same('jacobian/nested_sources', (inputs) => {
    const [a, b] = [c(inputs.a, 'float32'), c(inputs.b, 'float32')];
    const tape = new GradientTape();
    tape.watch([a, b]);
    const y = tape.run(() => a.mul(b));
    return tape.jacobian(y, { a, b: [b] });
  });
  same('jacobian/of_jacobian', ({ x: value }) => {
    const x = c(value);
    const [outer, inner] = [new GradientTape(), new GradientTape()];
    const j = outer.run(() => {
      outer.watch(x);
      const y = inner.run(() => {
        inner.watch(x);
        return x.pow(3);
      });
      return inner.jacobian(y, x);
    });
    return outer.jacobian(j, x);
  });
});

describe('batch jacobians', () => {
  const batch =
    (f: (x: tf.Tensor, w: tf.Tensor) => tf.Tensor, mode?: tf.UnconnectedGradients) => (inputs: Inputs) => {
      const x = c(inputs.x);
      const tape = new GradientTape();
      tape.watch(x);
      const y = tape.run(() => f(x, inputs.w === undefined ? x : c(inputs.w)));
      return tape.batchJacobian(y, x, mode);
    };
  same('batch_jacobian/square', batch(tf.square));
  same(
    'batch_jacobian/softmax',
    batch((x) => tf.nn.softmax(x)),
  );
  same(
    'batch_jacobian/matmul',
    batch((x, w) => tf.matmul(x, w)),
  );
  same(
    'batch_jacobian/outer',
    batch((x) => x.expandDims(2).mul(x.expandDims(1))),
  );
  facts.absent('batch_jacobian/sequential', 'there is one way to compute a jacobian');
  facts.absent('batch_jacobian/sequential_not_persistent', 'and any tape will do');
  same('batch_jacobian/not_persistent', batch(tf.square));
  same('batch_jacobian/rank_one', batch(tf.square));
  same(
    'batch_jacobian/target_rank_one',
    batch((x) => tf.reduceSum(x, 1)),
  );
  same(
    'batch_jacobian/mismatch',
    batch((x) => tf.transpose(x)),
  );
  const other = c([
    [1, 2],
    [3, 4],
  ]);
  // TF gives zeros whatever unconnectedGradients says; here 'none' means null, as for jacobian.
  facts.differs('batch_jacobian/unconnected', ({ inputs }) => {
    expect(batch(() => other)(inputs as never)).toBeNull();
  });
  same(
    'batch_jacobian/unconnected_zero',
    batch(() => other, 'zero'),
  );
});

facts.complete();
