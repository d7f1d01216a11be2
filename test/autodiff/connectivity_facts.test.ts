/** What is null and what is zeros: higher derivatives, upstream gradients of zero. What TensorFlow has, recorded, and ours. */
import * as tf from 'gradtape';
import { expectRecorded, Facts, type Fact, type Inputs, type Recorded } from '../golden/facts';

const { GradientTape } = tf;
const facts = new Facts(['connected', 'zero_upstream', 'watched']);
const { nn } = tf;

type Fn = (x: tf.Tensor, w: tf.Tensor) => tf.Tensor;
type Gradient = tf.Tensor | tf.IndexedSlices | null;

const image = (x: tf.Tensor) => tf.reshape(x, [1, 2, 2, 1]);
const filters = (w: tf.Tensor) => tf.reshape(w.at(':', ':1'), [1, 2, 1, 1]);

/** The functions of test/golden/semantics_connectivity.py. */
const functions: Record<string, Fn> = {
  multiply: (x, w) => x.mul(w),
  add: (x, w) => x.add(w),
  subtract_negative: (x, w) => x.neg().sub(w),
  divide: (x, w) => x.div(w),
  square: (x, w) => x.mul(x).add(w),
  matmul: (x, w) => x.matmul(w),
  matmul_thrice: (x, w) => x.matmul(w).matmul(x),
  identity: (x, w) => tf.identity(x).add(w),
  cast: (x) => tf.cast(x, 'float32').mul(2),
  reshape: (x) => tf.reshape(x, [4]),
  transpose: (x, w) => tf.transpose(x).mul(w),
  reduce_sum: (x, w) => tf.reduceSum(x).mul(w),
  reduce_mean: (x) => tf.reduceMean(x),
  reduce_max: (x, w) => tf.reduceMax(x, 1).mul(w),
  concat: (x, w) => tf.concat([x, w], 0),
  slice: (x, w) => x.at(0).mul(w),
  gather: (x, w) => tf.gather(x, [0, 0]).mul(w),
  cumsum: (x, w) => tf.cumsum(x).mul(w),
  maximum: (x, w) => tf.maximum(x, w),
  where: (x, w) => tf.where(tf.greater(x, w), x, w),
  clip_by_value: (x) => tf.clipByValue(x, -1, 1),
  sign: (x, w) => tf.sign(x).mul(w),
  abs: (x, w) => tf.abs(x).mul(w),
  relu: (x) => nn.relu(x),
  relu_scaled: (x, w) => tf.multiply(3, nn.relu(x.sub(1))).add(w.mul(0)),
  relu_times: (x, w) => nn.relu(x).mul(w),
  relu_layer: (x, w) => nn.relu(x.matmul(w)),
  relu_before_layer: (x, w) => nn.relu(x).matmul(w),
  relu_twice: (x, w) => nn.relu(nn.relu(x).matmul(w)),
  relu_of_both: (x, w) => nn.relu(x).matmul(nn.relu(w)),
  relu_gather: (x, w) => nn.relu(tf.gather(x, [0, 0])).mul(w),
  relu6: (x, w) => nn.relu6(x.matmul(w)),
  crelu: (x) => nn.crelu(x),
  elu: (x, w) => nn.elu(x).add(w),
  max_pool: (x, w) => nn.maxPool2d(image(x), 2, 1, 'VALID').mul(w),
  avg_pool: (x, w) => nn.avgPool2d(image(x), 2, 1, 'VALID').mul(w),
  conv2d: (x, w) => nn.conv2d(image(x), filters(w), 1, 'VALID'),
  bias_add: (x, w) => nn.biasAdd(x, w.at(0)),
  tanh: (x, w) => tf.tanh(x).add(w),
  softmax: (x, w) => nn.softmax(x).matmul(w),
  stop_gradient: (x, w) => tf.stopGradient(x).mul(w).add(x),
};

const dense = (g: Gradient): tf.Tensor | null => (g instanceof tf.IndexedSlices ? tf.convertToTensor(g) : g);

function kind(g: Gradient): 'none' | 'zeros' | 'values' {
  const t = dense(g);
  if (t === null) return 'none';
  return Array.from(t.data() as Float32Array).every((v) => v === 0) ? 'zeros' : 'values';
}

/** The derivatives of each of some gradients with respect to the sources, two nulls for one that is null. */
function derivatives(
  tape: tf.GradientTape,
  gradients: readonly (tf.Tensor | null)[],
  sources: [tf.Tensor, tf.Tensor],
): Gradient[] {
  return gradients.flatMap((g): Gradient[] => (g === null ? [null, null] : tape.gradient(g, sources)));
}

function second(f: Fn, x: tf.Tensor, w: tf.Tensor): Gradient[] {
  const [outer, inner] = [new GradientTape(true), new GradientTape()];
  outer.watch([x, w]);
  const gradients = outer.run(() => {
    inner.watch([x, w]);
    const y = inner.run(() => f(x, w));
    return inner.gradient(y, [x, w]).map(dense);
  });
  return derivatives(outer, gradients, [x, w]);
}

function third(f: Fn, x: tf.Tensor, w: tf.Tensor): Gradient[] {
  const tape = new GradientTape(true);
  tape.watch([x, w]);
  const seconds = tape.run(() => second(f, x, w).map(dense));
  return derivatives(tape, seconds, [x, w]);
}

/** Eagerly, inside of a function, and of a function. */
const ways: Record<string, (f: Fn, g: typeof second) => (x: tf.Tensor, w: tf.Tensor) => Gradient[]> = {
  eagerly: (f, g) => (x, w) => g(f, x, w),
  'in a function': (f, g) => tf.function((x: tf.Tensor, w: tf.Tensor) => g(f, x, w)),
  'of a function': (f, g) => {
    const compiled = tf.function(f);
    return (x, w) => g(compiled, x, w);
  },
};

function kinds(f: Fn, { x, w }: Inputs, way: string): Record<string, Recorded> {
  const result: Record<string, Recorded> = {};
  for (const [order, g] of [
    [2, second],
    [3, third],
  ] as const) {
    const run = ways[way](f, g);
    const name = `order${order}${way === 'of a function' ? 'OfFunction' : ''}`;
    result[name] = run(tf.constant(x), tf.constant(w)).map(kind);
  }
  return result;
}

/** Zeros to TensorFlow and null here (docs/differences.md): derivatives of zeros that depend on nothing. */
const unconnectedZeros: Record<string, readonly string[]> = {
  order2OfFunction: ['cast', 'sign'],
  order3: ['max_pool'],
  order3OfFunction: ['cast', 'sign', 'relu', 'relu_scaled', 'crelu'],
};

for (const [name, f] of Object.entries(functions)) {
  facts.compares(`connected/${name}`, ({ inputs, result }: Fact) => {
    const recorded = result as Record<string, readonly string[]>;
    for (const way of Object.keys(ways)) {
      for (const [order, list] of Object.entries(kinds(f, inputs as Inputs, way))) {
        const wanted = unconnectedZeros[order]?.includes(name)
          ? recorded[order].map((k, i) => (k === 'zeros' && (list as string[])[i] === 'none' ? 'none' : k))
          : recorded[order];
        expect([way, order, list]).toEqual([way, order, wanted]);
      }
    }
  });
}

facts.same('connected/unconnected_zero', ({ x: value }) => {
  const x = tf.constant(value);
  const [outer, inner] = [new GradientTape(), new GradientTape()];
  outer.watch(x);
  const g = outer.run(() => {
    inner.watch(x);
    const y = inner.run(() => x.mul(3));
    return inner.gradient(y, x) as tf.Tensor;
  });
  return outer.gradient(g, x, { unconnectedGradients: 'zero' });
});

describe('an upstream gradient of zeros stays one, also where the derivative is infinite or NaN', () => {
  const table: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    sqrt: tf.sqrt,
    rsqrt: tf.math.rsqrt,
    reciprocal: tf.math.reciprocal,
    log: tf.math.log,
    sign: tf.sign,
    sqrt_where: (x) => tf.where(tf.greater(x, 0), tf.sqrt(x), 0),
    std: (x) => tf.math.reduceStd(tf.stack([x, x]), 0),
  };
  const gradients = (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => {
    const tape = new GradientTape(true);
    tape.watch(x);
    const y = tape.run(() => f(x));
    return [0, 1].map((up) =>
      tape.gradient(y, x, { outputGradients: tf.fill(y.shape, tf.constant(up, 'float64')) }),
    );
  };
  for (const [name, f] of Object.entries(table)) {
    facts.compares(`zero_upstream/${name}`, ({ inputs, result }: Fact) => {
      const x = tf.constant((inputs.x as (number | string)[]).map(Number), 'float64');
      expectRecorded(gradients(f)(x), result as Recorded, 'eagerly');
      expectRecorded(tf.function(gradients(f))(x), result as Recorded, 'compiled');
    });
  }
});

facts.same('watched/order', () => {
  const [a, b, d] = ['a', 'b', 'd'].map((name, i) => new tf.Variable(i + 1, { name }));
  const tape = new GradientTape();
  tape.watch(d);
  const y = tape.run(() => b.mul(a).mul(d));
  const before = tape.watchedVariables().map((v) => v.name);
  tape.gradient(y, a);
  return [before, tape.watchedVariables().map((v) => v.name)];
});

facts.complete();
