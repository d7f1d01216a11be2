/** jax-js with its WebAssembly backend: every workload is one jitted function, whose result is awaited. */
import { versionOf } from './version.mjs';

globalThis.navigator ??= {};
const jax = await import('@jax-js/jax');
const { numpy: np, lax, nn, random: rng } = jax;

// Node 20 has no Float16Array, which this library accesses when it sees float64.
globalThis.Float16Array ??= class Float16Array {};

const array = ({ data, shape, dtype }) => np.array(data, { shape, dtype: np[dtype] });

async function outputs(result) {
  const shape = result.shape;
  const dtype = String(result.dtype);
  return [{ shape, dtype, data: await result.ref.data() }];
}

const free = (result) => result.dispose();

/** A jitted function of arrays; an argument that is used again is passed as a reference. */
function jitted(f, operands, more = {}) {
  const compiled = jax.jit(f);
  const run = () => jax.blockUntilReady(compiled(...operands.map((x) => x.ref)));
  return { run, outputs, free, ...more };
}

const functions = {
  exp: np.exp,
  tanh: np.tanh,
  sigmoid: nn.sigmoid,
  gelu: (x) => nn.gelu(x, { approximate: false }),
  add: np.add,
  multiply: np.multiply,
};

const elementwise = ({ f }, inputs) => jitted(functions[f], inputs.map(array));

const matmul = ({ transposeA, transposeB }, inputs) => {
  const turn = (x, yes) => (yes ? np.swapaxes(x, -1, -2) : x);
  return jitted((a, b) => np.matmul(turn(a, transposeA), turn(b, transposeB)), inputs.map(array));
};

const reduce = ({ axes }, inputs) => jitted((x) => np.sum(x, axes), inputs.map(array));
const argmax = (_, inputs) => jitted((x) => np.argmax(x), inputs.map(array));
const softmax = (_, inputs) => jitted((x) => nn.softmax(x, -1), inputs.map(array));
const transpose = ({ perm }, inputs) => jitted((x) => np.transpose(x, perm), inputs.map(array));
const reshape = ({ shape }, inputs) => jitted((x) => np.reshape(x, shape), inputs.map(array));
const copy = (_, inputs) => jitted((x) => np.add(x, 0), inputs.map(array), { note: 'x + 0' });
const concat = (_, inputs) => jitted((...parts) => np.concatenate(parts), inputs.map(array));
const gather = (_, inputs) => jitted((table, i) => np.take(table, i, 0), inputs.map(array));
const sort = (_, inputs) => jitted((x) => np.sort(x), inputs.map(array));

const layerNorm = (_, inputs) =>
  jitted(
    (x, gamma, beta) => np.add(np.multiply(nn.standardize(x, -1, { epsilon: 1e-5 }), gamma), beta),
    inputs.map(array),
  );

const crossEntropy = (_, inputs) =>
  jitted((x, labels) => {
    const picked = np.takeAlongAxis(nn.logSoftmax(x, -1), np.expandDims(labels, 1), 1);
    return np.negative(np.reshape(picked, [-1]));
  }, inputs.map(array));

const topK = ({ k }, inputs) =>
  jitted((x) => {
    const [values, indices] = lax.topK(x, k);
    indices.dispose();
    return values;
  }, inputs.map(array));

const random = ({ f, n }) => {
  const draw = { normal: rng.normal, uniform: rng.uniform }[f];
  return jitted((key) => draw(key, [n]), [rng.key(1)], { note: 'threefry' });
};

/** Converts to channels first, the layout of this library. */
const image = ({ data, shape, dtype }) => np.transpose(array({ data, shape, dtype }), [0, 3, 1, 2]);

const conv2d = ({ stride, dilation, groups, padding }, [x, w]) => {
  const filters = np.transpose(array(w), [3, 2, 0, 1]);
  const options = { rhsDilation: [dilation, dilation], featureGroupCount: groups };
  const f = (a, b) => lax.convGeneralDilated(a, b, [stride, stride], padding, options);
  const back = async (y) => outputs(np.transpose(y.ref, [0, 2, 3, 1]));
  return jitted(f, [image(x), filters], { outputs: back, note: 'NCHW' });
};

const kinds = {
  ...{ unary: elementwise, binary: elementwise, matmul, reduce, argmax, softmax, layerNorm, crossEntropy },
  ...{ transpose, reshape, copy, concat, gather, sort, topK, random, conv2d },
};

export async function open() {
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  return { version: versionOf('@jax-js/jax'), about: { device: 'wasm' }, kinds };
}
