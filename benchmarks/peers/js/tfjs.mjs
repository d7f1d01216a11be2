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

/** A user of TensorFlow.js disposes what is no longer needed. */
const task = (run, more = {}) => ({ run, outputs, free, ...more });

const unary = ({ f }, inputs) => {
  const x = tensor(inputs[0]);
  if (f !== 'gelu') return task(() => tf[f](x));
  const half = () => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1));
  return task(() => tf.tidy(half), { note: 'from erf' });
};

const binary = ({ f }, inputs) => {
  const [a, b] = inputs.map(tensor);
  const g = { add: tf.add, multiply: tf.mul }[f];
  return task(() => g(a, b));
};

const matmul = ({ transposeA, transposeB, dtype }, inputs) => {
  if (dtype !== 'float32') return `its matrix product takes float32, not ${dtype}`;
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
  const run = () => {
    const { mean, variance } = tf.moments(x, -1, true);
    const scale = tf.mul(tf.rsqrt(tf.add(variance, 1e-5)), gamma);
    return tf.add(tf.mul(tf.sub(x, mean), scale), beta);
  };
  return task(() => tf.tidy(run), { note: 'from moments' });
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
  if (tf.getBackend() !== 'tensorflow') return 'it has no sort (topk of all takes the place, for minutes)';
  const x = tensor(input);
  const n = input.data.length;
  return {
    ...task(() => tf.topk(x, n), { note: 'topk, descending' }),
    outputs: ({ values }) => outputs(tf.reverse(values)),
  };
};

/** The convolution of (x, w) that the parameters ask for, or why there is none. */
function convolution({ stride, dilation, groups, padding, x, w }) {
  const pad = padding.toLowerCase();
  if (groups === 1) return (a, b) => tf.conv2d(a, b, stride, pad, 'NHWC', dilation);
  if (groups !== x[3]) return 'it has no grouped convolution';
  const shape = [w[0], w[1], groups, w[3] / groups];
  return (a, b) => tf.depthwiseConv2d(a, tf.reshape(b, shape), stride, pad, 'NHWC', dilation);
}

const conv2d = (params, inputs) => {
  const f = convolution(params);
  if (typeof f === 'string') return f;
  const [x, w] = inputs.map(tensor);
  return task(() => tf.tidy(() => f(x, w)));
};

/** The gradient of f(source) where dy arrives; a tape of TensorFlow.js cannot be kept, so that f is part of it. */
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

function training({ steps, rate, epsilon }, [x0, labels0, ...initial], forward) {
  const x = tensor(x0);
  const labels = tf.oneHot(tensor(labels0), 10);
  const make = () => {
    const variables = initial.map((t) => tf.variable(tensor(t)));
    const optimizer = tf.train.adam(rate, 0.9, 0.999, epsilon);
    return () =>
      optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, forward(x, variables)), true, variables);
  };
  const losses = async () => {
    const step = make();
    const data = new Float32Array(steps);
    for (let i = 0; i < steps; i++) [data[i]] = await step().data();
    return [{ shape: [steps], dtype: 'float32', data }];
  };
  return task(make(), { outputs: losses });
}

const mlp = (params, inputs) =>
  training(params, inputs, (x, [w1, b1, w2, b2]) =>
    tf.add(tf.matMul(tf.relu(tf.add(tf.matMul(x, w1), b1)), w2), b2),
  );

const cnn = (params, inputs) => {
  const block = (x, w, b) => tf.maxPool(tf.relu(tf.add(tf.conv2d(x, w, 1, 'same'), b)), 2, 2, 'valid');
  const forward = (x, [w1, b1, w2, b2, w3, b3]) =>
    tf.add(tf.matMul(tf.reshape(block(block(x, w1, b1), w2, b2), [x.shape[0], -1]), w3), b3);
  return training(params, inputs, forward);
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
  ...{ batchNorm, mlp, cnn },
  sparseUpdate: () => 'it has no sparse update of a variable',
};

export async function open(threads, backend) {
  tf = load(backend);
  await tf.setBackend(backend);
  await tf.ready();
  const kinds = Object.entries(all).map(([kind, make]) => [
    kind,
    (params, inputs) =>
      inputs.some(({ dtype }) => dtype === 'float64') ? 'it has no float64' : make(params, inputs),
  ]);
  const about = {
    backend: tf.getBackend(),
    ...(backend === 'wasm' ? { threads: '1: more do not work in Node' } : {}),
  };
  return { version: tf.version?.tfjs ?? tf.version_core, about, kinds: Object.fromEntries(kinds) };
}
