/** TensorFlow.js on one of its backends: cpu, wasm, or tensorflow (tfjs-node, from the folder that the host names). */
import { createRequire } from 'node:module';
import * as path from 'node:path';

/** @type {typeof import('@tensorflow/tfjs')} */
let tf;

function load(backend) {
  if (backend === 'tensorflow') {
    const folder = path.resolve(process.env.GRADTAPE_TFJS_NODE);
    return createRequire(path.join(folder, 'x.js'))('@tensorflow/tfjs-node');
  }
  const require = createRequire(import.meta.url);
  const library = require('@tensorflow/tfjs');
  if (backend === 'wasm') require('@tensorflow/tfjs-backend-wasm');
  return library;
}

const tensor = ({ data, shape, dtype }) => tf.tensor(data, shape, dtype === 'int32' ? 'int32' : 'float32');

async function outputs(result) {
  const list = Array.isArray(result) ? result : [result];
  return Promise.all(list.map(async (t) => ({ shape: t.shape, dtype: t.dtype, data: await t.data() })));
}

const free = (result) => tf.dispose(result);

/** Users of TensorFlow.js must dispose results, so this is part of the task. */
const task = (run, more = {}) => ({ run, outputs, free, ...more });

const unary = ({ f }, inputs) => {
  const x = tensor(inputs[0]);
  if (f !== 'gelu') return task(() => tf[f](x));
  return task(() => tf.tidy(() => gelu(x)), { note: 'from erf' });
};

const binary = ({ f }, inputs) => {
  const [a, b] = inputs.map(tensor);
  const g = { add: tf.add, multiply: tf.mul }[f];
  return task(() => g(a, b));
};

const matmul = ({ transposeA, transposeB, dtype }, inputs) => {
  if (dtype !== 'float32') return `the matrix product supports only float32, not ${dtype}`;
  const [a, b] = inputs.map(tensor);
  return task(() => tf.matMul(a, b, transposeA, transposeB));
};

const reduce = ({ axes }, [input]) => {
  const x = tensor(input);
  return task(axes.length === x.rank ? () => tf.sum(x) : () => tf.sum(x, axes[0]));
};

const argmax = (_, [input]) => {
  const x = tensor(input);
  return task(() => tf.argMax(x));
};

const softmax = (_, [input]) => {
  const x = tensor(input);
  return task(() => tf.softmax(x));
};

const layerNorm = (_, inputs) => {
  const [x, gamma, beta] = inputs.map(tensor);
  return task(() => tf.tidy(() => norm(x, gamma, beta, 1e-5)), { note: 'from moments' });
};

const crossEntropy = (_, inputs) => {
  const [x, labels] = inputs.map(tensor);
  const classes = x.shape[1];
  const run = () => tf.losses.softmaxCrossEntropy(tf.oneHot(labels, classes), x, 1, 0, tf.Reduction.NONE);
  return task(() => tf.tidy(run), { note: 'one-hot labels' });
};

const transpose = ({ perm }, [input]) => {
  const x = tensor(input);
  return task(() => tf.transpose(x, perm));
};

const reshape = ({ shape }, [input]) => {
  const x = tensor(input);
  return task(() => tf.reshape(x, shape));
};

const copy = (_, [input]) => {
  const x = tensor(input);
  return task(() => tf.add(x, 0), { note: 'x + 0' });
};

const concat = (_, inputs) => {
  const parts = inputs.map(tensor);
  return task(() => tf.concat(parts));
};

const gather = (_, inputs) => {
  const [table, indices] = inputs.map(tensor);
  return task(() => tf.gather(table, indices));
};

const random = ({ f, n }) => task(f === 'normal' ? () => tf.randomNormal([n]) : () => tf.randomUniform([n]));

const topK = ({ k }, [input]) => {
  const x = tensor(input);
  const values = ({ values }) => outputs(values);
  return task(() => tf.topk(x, k), { outputs: values });
};

const sort = (_, [input]) => {
  if (tf.getBackend() !== 'tensorflow')
    return 'the library has no sort (a topk of all elements takes minutes)';
  const x = tensor(input);
  const n = input.data.length;
  return {
    ...task(() => tf.topk(x, n), { note: 'topk, descending' }),
    outputs: ({ values }) => outputs(tf.reverse(values)),
  };
};

/** The convolution of (x, w) for the parameters, or the reason why there is none. */
function convolution({ stride, dilation, groups, padding, x, w }) {
  const pad = padding.toLowerCase();
  if (groups === 1) return (a, b) => tf.conv2d(a, b, stride, pad, 'NHWC', dilation);
  if (groups !== x[3]) return 'the library has no grouped convolution';
  const shape = [w[0], w[1], groups, w[3] / groups];
  return (a, b) => tf.depthwiseConv2d(a, tf.reshape(b, shape), stride, pad, 'NHWC', dilation);
}

const conv2d = (params, inputs) => {
  const f = convolution(params);
  if (typeof f === 'string') return f;
  const [x, w] = inputs.map(tensor);
  return task(() => tf.tidy(() => f(x, w)));
};

/** The gradient of f(source) for the upstream gradient dy. TensorFlow.js has no persistent tape, so f is computed, too. */
function gradient(f, source, dy) {
  const g = tf.grad(f);
  return task(() => g(source, dy), { note: 'with the forward pass' });
}

const conv2dInputGradient = (params, inputs) => {
  const f = convolution(params);
  if (typeof f === 'string') return f;
  const [dy, w] = inputs.map(tensor);
  return gradient((x) => f(x, w), tf.zeros(params.x), dy);
};

const conv2dFilterGradient = (params, inputs) => {
  const f = convolution(params);
  if (typeof f === 'string') return f;
  const [x, dy] = inputs.map(tensor);
  return gradient((w) => f(x, w), tf.zeros(params.w), dy);
};

const pooling = (f) => (x) => (f === 'max' ? tf.maxPool(x, 2, 2, 'valid') : tf.avgPool(x, 2, 2, 'valid'));

const pool = ({ f }, [input]) => {
  const x = tensor(input);
  const g = pooling(f);
  return task(() => g(x));
};

const poolGradient = ({ f }, inputs) => {
  const [x, dy] = inputs.map(tensor);
  return gradient(pooling(f), x, dy);
};

const batchNorm = ({ epsilon }, inputs) => {
  const [x, gamma, beta] = inputs.map(tensor);
  const run = () => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    return tf.batchNorm(x, mean, variance, beta, gamma, epsilon);
  };
  return task(() => tf.tidy(run), { note: 'moments, batchNorm' });
};

/** `loss` is the model with its loss for a batch; a step is one of Adam. */
function training({ steps, rate, epsilon }, [x0, target0, ...initial], loss) {
  const x = tensor(x0);
  const target = target0.dtype === 'int32' ? tf.oneHot(tensor(target0), 10) : tensor(target0);
  const make = () => {
    const variables = initial.map((t) => tf.variable(tensor(t)));
    const optimizer = tf.train.adam(rate, 0.9, 0.999, epsilon);
    return () => optimizer.minimize(() => loss(x, target, variables), true, variables);
  };
  return task(make(), { outputs: () => losses(make(), steps) });
}

async function losses(step, steps) {
  const data = new Float32Array(steps);
  for (let i = 0; i < steps; i++) [data[i]] = await step().data();
  return [{ shape: [steps], dtype: 'float32', data }];
}

const batchLoss = (labels, logits) => tf.losses.softmaxCrossEntropy(labels, logits);

/** Along the last dimension. */
function dense(x, w, b) {
  const y = tf.add(tf.matMul(tf.reshape(x, [-1, w.shape[0]]), w), b);
  return tf.reshape(y, [...x.shape.slice(0, -1), w.shape[1]]);
}

function mlpForward(x, v) {
  let y = x;
  for (let i = 0; i < v.length; i += 2) y = dense(i > 0 ? tf.relu(y) : y, v[i], v[i + 1]);
  return y;
}

const mlp = (params, inputs) =>
  training(params, inputs, (x, labels, v) => batchLoss(labels, mlpForward(x, v)));

const cnn = (params, inputs) => {
  const block = (x, w, b) => tf.maxPool(tf.relu(tf.add(tf.conv2d(x, w, 1, 'same'), b)), 2, 2, 'valid');
  return training(params, inputs, (x, labels, [w1, b1, w2, b2, w3, b3]) => {
    const features = tf.reshape(block(block(x, w1, b1), w2, b2), [x.shape[0], -1]);
    return batchLoss(labels, dense(features, w3, b3));
  });
};

const lstm = (params, inputs) =>
  training(params, inputs, (x, labels, [wx, wh, b, w, b2]) => {
    let h = tf.zeros([x.shape[0], wh.shape[0]]);
    let c = h;
    for (const given of tf.unstack(dense(x, wx, b), 1)) {
      const [i, f, g, o] = tf.split(tf.add(given, tf.matMul(h, wh)), 4, 1);
      c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      h = tf.mul(tf.sigmoid(o), tf.tanh(c));
    }
    return batchLoss(labels, dense(h, w, b2));
  });

function norm(x, gamma, beta, epsilon) {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon))), gamma), beta);
}

const gelu = (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

const transformer = (params, inputs) => {
  const { heads, normEpsilon: epsilon } = params;
  const attention = (x, [wqkv, bqkv, wo, bo]) => {
    const [batch, time, width] = x.shape;
    const parts = tf.reshape(dense(x, wqkv, bqkv), [batch, time, 3 * heads, width / heads]);
    const [q, k, v] = tf.split(tf.transpose(parts, [0, 2, 1, 3]), 3, 1);
    const scores = tf.mul(tf.matMul(q, k, false, true), Math.sqrt(heads / width));
    const mixed = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]);
    return dense(tf.reshape(mixed, [batch, time, width]), wo, bo);
  };
  return training(params, inputs, (x, target, v) => {
    const y = tf.add(x, attention(norm(x, v[0], v[1], epsilon), v.slice(2, 6)));
    const hidden = gelu(dense(norm(y, v[6], v[7], epsilon), v[8], v[9]));
    return tf.mean(tf.squaredDifference(tf.add(y, dense(hidden, v[10], v[11])), target));
  });
};

const line = ({ steps, rate }, inputs) => {
  const [x, y] = inputs.map(tensor);
  const make = () => {
    const [w, b] = [tf.variable(tf.scalar(5)), tf.variable(tf.scalar(0))];
    const optimizer = tf.train.sgd(rate);
    const loss = () => tf.mean(tf.squaredDifference(tf.add(tf.mul(w, x), b), y));
    return () => optimizer.minimize(loss, true, [w, b]);
  };
  return task(make(), { outputs: () => losses(make(), steps) });
};

const chain = (_, inputs) => {
  const [x, y] = inputs.map(tensor);
  return task(() => tf.tidy(() => tf.add(tf.mul(x, y), tf.mul(tf.sigmoid(x), 2))));
};

const normGelu = ({ epsilon }, inputs) => {
  const [x, gamma, beta] = inputs.map(tensor);
  return task(() => tf.tidy(() => tf.add(x, gelu(norm(x, gamma, beta, epsilon)))));
};

const predict = (_, inputs) => {
  const [x, ...v] = inputs.map(tensor);
  return task(() => tf.tidy(() => mlpForward(x, v)));
};

const all = {
  ...{
    unary,
    binary,
    matmul,
    reduce,
    argmax,
    softmax,
    layerNorm,
    crossEntropy,
    transpose,
    reshape,
    copy,
    concat,
  },
  ...{ gather, random, sort, topK, conv2d, conv2dInputGradient, conv2dFilterGradient, pool, poolGradient },
  ...{ batchNorm, mlp, cnn, lstm, transformer, line, chain, normGelu, predict },
  firstCall: () => 'the library does not compile',
  pick: () => 'the library does not compile',
  sparseUpdate: () => 'the library has no sparse update of a variable',
};

export async function open(threads, backend) {
  tf = load(backend);
  await tf.setBackend(backend);
  await tf.ready();
  const kinds = Object.entries(all).map(([kind, make]) => [
    kind,
    (params, inputs) =>
      inputs.some(({ dtype }) => dtype === 'float64') ? 'the library has no float64' : make(params, inputs),
  ]);
  const about = {
    backend: tf.getBackend(),
    ...(backend === 'wasm' ? { threads: '1 (multithreading does not work in Node)' } : {}),
  };
  return { version: tf.version?.tfjs ?? tf.version_core, about, kinds: Object.fromEntries(kinds) };
}
