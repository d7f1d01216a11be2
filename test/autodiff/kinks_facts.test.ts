/** Corners, ties and gradients of one's own: what TensorFlow does, recorded, and ours. */
import * as tf from 'gradtape';
import { Facts } from '../golden/facts';

const { GradientTape } = tf;
const facts = new Facts(['kink', 'ties', 'custom_gradient', 'stop_gradient', 'forward']);
const same = facts.same.bind(facts);
const c = (value: unknown, dtype: tf.DType = 'float32') => {
  // Infinities and NaN are strings in the fixture.
  const decode = (v: unknown): unknown =>
    Array.isArray(v) ? v.map(decode) : typeof v === 'string' ? Number(v) : v;
  return tf.constant(decode(value) as tf.TensorLike, dtype);
};

function gradients(f: (...xs: tf.Tensor[]) => tf.Tensor, xs: tf.Tensor[], weights: tf.Tensor | null = null) {
  const tape = new GradientTape();
  tape.watch(xs);
  const y = tape.run(() => f(...xs));
  return tape.gradient(y, xs, { outputGradients: weights });
}

describe('corners', () => {
  const at = (name: string, f: (x: tf.Tensor) => tf.Tensor) => {
    same(`kink/${name}`, (inputs) => {
      const x = c(inputs.x);
      return { y: f(x), gradient: gradients(f, [x])[0] };
    });
  };
  at('relu', tf.relu);
  at('abs', tf.abs);
  at('sign', tf.sign);
  at('maximum', (x) => tf.maximum(x, 0));
  at('minimum', (x) => tf.minimum(x, 0));
  at('maximum_swapped', (x) => tf.maximum(0, x));
  at('minimum_swapped', (x) => tf.minimum(0, x));
  at('clip', (x) => tf.clipByValue(x, 0, 1));
  at('softplus', tf.softplus);
  at('sqrt', tf.sqrt);
  at('rsqrt', tf.rsqrt);
  at('log', tf.log);
  at('reciprocal', tf.reciprocal);
  at('reduce_std', (x) => tf.reduceStd(x));
  at('reduce_variance', (x) => tf.reduceVariance(x));
  for (const p of [0, 0.5, 1, 2, -1]) at(`pow_${p}`, (x) => tf.pow(x, p));
  at('where_log', (x) => tf.where(x.greater(0), tf.log(x), 0));
  at('where_safe', (x) => tf.where(x.greater(0), tf.log(tf.where(x.greater(0), x, 1)), 0));
  for (const name of ['relu6', 'elu', 'selu', 'leaky_relu', 'softsign', 'norm', 'norm_nonzero']) {
    facts.absent(`kink/${name}`, 'the op is not here yet');
  }

  const pair = (name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, a = 'a', b = 'b') => {
    same(`kink/${name}`, (inputs) => gradients(f, [c(inputs[a]), c(inputs[b])]));
  };
  pair('pow_both', tf.pow);
  pair('divide_no_nan', tf.divideNoNan);
  pair('xlogy', tf.xlogy, 'x', 'y');
  pair('floordiv', tf.floordiv);
  pair('floormod', tf.floormod);
  pair('atan2', tf.atan2, 'y', 'x');
  same('kink/reduce_prod_zeros', ({ x }) => gradients((x) => tf.reduceProd(x, 1), [c(x)]));
  same('kink/logsumexp_inf', ({ x }) => gradients((x) => tf.reduceLogsumexp(x, 1), [c(x)]));
});

describe('ties', () => {
  const both = (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) => (inputs: Record<string, never>) =>
    gradients(f, [c(inputs.a), c(inputs.b)]);
  same('ties/maximum', both(tf.maximum));
  same('ties/minimum', both(tf.minimum));
  same('ties/maximum_nan', both(tf.maximum));
  same('ties/maximum_same', ({ x }) => gradients((x) => tf.maximum(x, x), [c(x)]));
  same('ties/reduce_max', ({ m }) => gradients((m) => tf.reduceMax(m), [c(m)]));
  same('ties/reduce_max_axis', ({ m }) => gradients((m) => tf.reduceMax(m, 1), [c(m)]));
  same('ties/reduce_min_axis', ({ m }) => gradients((m) => tf.reduceMin(m, 1), [c(m)]));
  same('ties/reduce_max_weighted', ({ m }) =>
    gradients((m) => tf.reduceMax(m, { axis: 1, keepdims: true }), [c(m)], c([[6], [12]])),
  );
  same('ties/reduce_max_nan', ({ x }) => gradients((x) => tf.reduceMax(x), [c(x)]));
  facts.absent('ties/max_pool', 'pooling is not here yet');
});

describe("gradients of one's own", () => {
  same('stop_gradient/product', ({ x }) => gradients((x) => tf.stopGradient(x.mul(x)).mul(x), [c(x)]));
  same('stop_gradient/all', ({ x }) => gradients((x) => tf.stopGradient(x.mul(x)), [c(x)]));

  const log1pexp = tf.customGradient((x) => {
    const e = tf.exp(x);
    return [tf.log(e.add(1)), (dy) => dy.mul(tf.subtract(1, tf.divide(1, e.add(1))))];
  });
  same('custom_gradient/log1pexp', ({ x }) => gradients(log1pexp, [c(x)]));

  const tripled = tf.customGradient((x) => [x.mul(x), (dy) => dy.mul(3).mul(x).mul(x).mul(x)]);
  same('custom_gradient/second_order', ({ x: value }) => {
    const x = c(value);
    const outer = new GradientTape();
    const first = outer.run(() => {
      outer.watch(x);
      return gradients(tripled, [x])[0];
    }) as tf.Tensor;
    return [first, outer.gradient(first, x)];
  });

  const twoOutputs = (seen: tf.Tensor[][]) =>
    tf.customGradient((x) => [
      [x.mul(2), x.mul(3)],
      (da, db) => {
        seen.push([da, db]);
        return da.mul(10).add(db.mul(100));
      },
    ]);
  same('custom_gradient/unused_output', ({ x }) => {
    const seen: tf.Tensor[][] = [];
    const f = twoOutputs(seen);
    return { gradient: gradients((x) => f(x)[1], [c(x)]), upstreams: seen[0] };
  });
  same('custom_gradient/both_outputs', ({ x }) => {
    const f = twoOutputs([]);
    return gradients(
      (x) => {
        const [a, b] = f(x);
        return a.add(b);
      },
      [c(x)],
    );
  });
  same('custom_gradient/wrong_count', () =>
    gradients(
      tf.customGradient((a, b) => [a.mul(b), (dy) => dy]),
      [c(1), c(2)],
    ),
  );
  same('custom_gradient/null_gradient', (inputs) =>
    gradients(
      tf.customGradient((a, b) => [a.mul(b), (dy) => [dy.mul(b), null]]),
      [c(inputs.a), c(inputs.b)],
    ),
  );
  same('custom_gradient/variables', (inputs) => {
    const v = new tf.Variable(inputs.v);
    const f = tf.customGradient((x) => [
      x.mul(v),
      (dy, { variables }) => [[dy.mul(7)], variables.map(() => dy.mul(11))],
    ]);
    const x = c(inputs.x);
    const tape = new GradientTape();
    const y = tape.run(() => {
      tape.watch(x);
      return f(x);
    });
    return { y, gradients: tape.gradient(y, [x, v]) };
  });
  // Python knows the function's parameters when it is called; here it shows when the gradient is wanted.
  facts.differs('custom_gradient/variables_missing', () => {
    const v = new tf.Variable(5, { name: 'mine' });
    const f = tf.customGradient((x) => [x.mul(v), (dy) => dy.mul(7)]);
    expect(() => gradients(f as never, [c(2)])).toThrow(TypeError);
    expect(() => gradients(f as never, [c(2)])).toThrow(
      /must accept the last argument { variables } .* since function uses variables: \[<tf.Variable 'mine:0' shape=\(\)/,
    );
  });
  // TF lets a gradient of another shape through.
  facts.differs('custom_gradient/wrong_shape', () => {
    const f = tf.customGradient((x) => [x.mul(2), () => tf.ones([3])]);
    const run = () => gradients((x) => f(x.mul(1)), [c([1, 2])]);
    expect(run).toThrow(tf.errors.InvalidArgumentError);
    expect(run).toThrow("gradient 0 must have its argument's dtype and shape, float32 [2]; got float32 [3]");
  });
  facts.differs('custom_gradient/no_pair', () => {
    const f = tf.customGradient(((x: tf.Tensor) => x.mul(2)) as never) as (x: tf.Tensor) => tf.Tensor;
    expect(() => f(c([1, 2, 3]))).toThrow(TypeError);
    expect(() => f(c([1, 2, 3]))).toThrow('the function must return [value, gradient]');
  });
  same('custom_gradient/clip', ({ w: value }) => {
    // clipByNorm of a scalar.
    const clipped = tf.customGradient((x) => [x.add(0), (dy) => tf.clipByValue(dy, -0.5, 0.5)]);
    const w = new tf.Variable(value);
    const tape = new GradientTape();
    const y = tape.run(() => clipped(w.mul(w)));
    return tape.gradient(y, w);
  });
  facts.absent('custom_gradient/recompute_grad', 'recomputeGrad is not here yet');
});

for (const name of [
  'hvp',
  'nested',
  'two_primals',
  'unconnected',
  'unconnected_zero',
  'duplicate_primal',
  'tangent_shape',
  'int_primal',
  'variable',
]) {
  facts.absent(`forward/${name}`, 'ForwardAccumulator is not here yet');
}

facts.complete();
