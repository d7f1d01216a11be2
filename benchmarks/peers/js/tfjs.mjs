/** TensorFlow.js on one of its backends: cpu, wasm, or tensorflow (tfjs-node, from the folder that the host names). */
import { createRequire } from 'node:module';
import * as path from 'node:path';

/** @type {typeof import('@tensorflow/tfjs')} */
let tf;

async function load(backend) {
  if (backend === 'tensorflow') {
    const folder = createRequire(path.join(process.env.GRADTAPE_TFJS_NODE, 'x.js'));
    return folder('@tensorflow/tfjs-node');
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

const singles = (inputs) => (inputs.some(({ dtype }) => dtype === 'float64') ? 'it has no float64' : null);

const unary = ({ f }, inputs) => {
  const x = tensor(inputs[0]);
  if (f === 'gelu') {
    return task(() => tf.tidy(() => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1))));
  }
  return task(() => tf[f](x));
};

const binary = ({ f }, inputs) => {
  const [a, b] = inputs.map(tensor);
  const g = { add: tf.add, multiply: tf.mul }[f];
  return task(() => g(a, b));
};

const matmul = ({ transposeA, transposeB, dtype }, inputs) => {
  if (dtype === 'int32') return 'its matrix product takes float32 only';
  const [a, b] = inputs.map(tensor);
  return task(() => tf.matMul(a, b, transposeA, transposeB));
};

const kinds = { unary, binary, matmul };

export async function open(threads, backend) {
  tf = await load(backend);
  await tf.setBackend(backend);
  await tf.ready();
  const checked = Object.entries(kinds).map(([kind, make]) => [
    kind,
    (params, inputs) => singles(inputs) ?? make(params, inputs),
  ]);
  return {
    version: tf.version_core ?? tf.version.tfjs,
    about: { backend: tf.getBackend() },
    kinds: Object.fromEntries(checked),
  };
}
