'use strict';
/**
 * Records models that TensorFlow.js saved, and what it predicts. Writes fixtures/keras/tfjs/: a folder for each model, and
 * predictions.json. Run it in a folder with TensorFlow.js: `npm install --ignore-scripts @tensorflow/tfjs@4.22.0`, then
 * `NODE_PATH=node_modules node .../test/golden/generate_tfjs.js`.
 */
const fs = require('node:fs');
const path = require('node:path');
const tf = require('@tensorflow/tfjs');

const out = path.join(__dirname, 'fixtures', 'keras', 'tfjs');
const { layers } = tf;

/** Weights that the seed alone decides, within [-1, 1]. */
function setWeights(model, seed) {
  let state = seed;
  const draw = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  model.setWeights(
    model.weights.map((w) => {
      const values = Array.from({ length: w.shape.reduce((a, b) => a * b, 1) }, draw);
      // Variances are positive.
      return tf.tensor(w.originalName.endsWith('variance') ? values.map((v) => 1.5 + v) : values, w.shape);
    }),
  );
}

const models = {
  dense: () =>
    tf.sequential({
      layers: [
        layers.dense({ units: 5, inputShape: [4], activation: 'relu', kernelRegularizer: 'l1l2' }),
        layers.dropout({ rate: 0.5 }),
        layers.batchNormalization({ momentum: 0.9, epsilon: 0.01 }),
        layers.leakyReLU({ alpha: 0.1 }),
        layers.dense({ units: 3, useBias: false, activation: 'hardSigmoid' }),
        layers.dense({ units: 2, activation: 'softmax', kernelInitializer: 'heNormal' }),
      ],
    }),
  convolution: () =>
    tf.sequential({
      layers: [
        layers.conv2d({
          filters: 3,
          kernelSize: 3,
          inputShape: [8, 8, 2],
          padding: 'same',
          activation: 'elu',
        }),
        layers.batchNormalization(),
        layers.depthwiseConv2d({ kernelSize: [3, 2], strides: 2, depthMultiplier: 2 }),
        layers.separableConv2d({ filters: 4, kernelSize: 2, activation: 'tanh' }),
        layers.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2 }),
        layers.zeroPadding2d({
          padding: [
            [1, 0],
            [0, 1],
          ],
        }),
        layers.upSampling2d({ size: [2, 1] }),
        layers.flatten(),
        layers.dense({ units: 2 }),
      ],
    }),
  lstm: () =>
    tf.sequential({
      layers: [
        layers.masking({ maskValue: 0, inputShape: [5, 3] }),
        layers.lstm({ units: 4, returnSequences: true }),
        layers.bidirectional({
          layer: layers.lstm({ units: 2, returnSequences: true }),
          mergeMode: 'concat',
        }),
        layers.timeDistributed({ layer: layers.dense({ units: 3 }) }),
        layers.simpleRNN({ units: 2, activation: 'tanh' }),
      ],
    }),
  gru: () =>
    tf.sequential({
      layers: [
        layers.embedding({ inputDim: 7, outputDim: 3, inputLength: 4, maskZero: false }),
        layers.gru({ units: 4, returnSequences: true, recurrentActivation: 'sigmoid' }),
        layers.rnn({ cell: [layers.gruCell({ units: 3 }), layers.lstmCell({ units: 2 })] }),
        layers.layerNormalization({ axis: -1 }),
      ],
    }),
  functional: () => {
    const a = tf.input({ shape: [4], name: 'a' });
    const b = tf.input({ shape: [4], name: 'b' });
    const shared = layers.dense({ units: 3, name: 'shared' });
    const joined = layers.concatenate().apply([shared.apply(a), shared.apply(b)]);
    const inner = tf.sequential({ name: 'inner', layers: [layers.dense({ units: 6, inputShape: [6] })] });
    const sum = layers.add().apply([inner.apply(joined), joined]);
    return tf.model({ inputs: [a, b], outputs: [layers.dense({ units: 1 }).apply(sum), sum] });
  },
  quantized: () =>
    tf.sequential({ layers: [layers.dense({ units: 6, inputShape: [4] }), layers.dense({ units: 2 })] }),
  compiled: () => {
    const model = tf.sequential({
      layers: [layers.dense({ units: 4, inputShape: [4], activation: 'relu' }), layers.dense({ units: 1 })],
    });
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError', metrics: ['mae'] });
    return model;
  },
};

/** Stores weights in fewer bits, as the converter does: kernels of the first layer in 8, of the second in 16, biases as float16. */
function quantize({ weightSpecs, weightData }) {
  const parts = [];
  let at = 0;
  const specs = weightSpecs.map((spec, i) => {
    const size = spec.shape.reduce((a, b) => a * b, 1);
    const values = new Float32Array(weightData.slice(at, (at += size * 4)));
    if (spec.name.endsWith('bias')) {
      parts.push(Buffer.from(Uint16Array.from(values, toFloat16).buffer));
      return { ...spec, quantization: { dtype: 'float16', original_dtype: 'float32' } };
    }
    const [dtype, levels, array] = i === 0 ? ['uint8', 255, Uint8Array] : ['uint16', 65535, Uint16Array];
    const min = Math.min(...values);
    const scale = (Math.max(...values) - min) / levels;
    parts.push(Buffer.from(array.from(values, (v) => Math.round((v - min) / scale)).buffer));
    return { ...spec, quantization: { dtype, min, scale, original_dtype: 'float32' } };
  });
  const whole = Buffer.concat(parts);
  return {
    weightSpecs: specs,
    weightData: whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length),
  };
}

/** The bits of a number with few digits as a float16. */
function toFloat16(value) {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0];
  const exponent = ((bits >> 23) & 255) - 127 + 15;
  if (exponent <= 0) return (bits >> 16) & 0x8000;
  return ((bits >> 16) & 0x8000) | (exponent << 10) | ((bits >> 13) & 0x3ff);
}

const inputs = {
  convolution: () => [
    tf.tensor(
      Array.from({ length: 256 }, (_, i) => Math.sin(i)),
      [2, 8, 8, 2],
    ),
  ],
  lstm: () => [
    tf.tensor(
      Array.from({ length: 30 }, (_, i) => (i % 15 < 3 ? 0 : Math.cos(i))),
      [2, 5, 3],
    ),
  ],
  gru: () => [tf.tensor([1, 2, 3, 4, 6, 0, 5, 1], [2, 4])],
  functional: () =>
    [0, 1].map((k) =>
      tf.tensor(
        Array.from({ length: 8 }, (_, i) => Math.sin(i + k)),
        [2, 4],
      ),
    ),
};
const plainInput = () => [
  tf.tensor(
    Array.from({ length: 8 }, (_, i) => Math.sin(i)),
    [2, 4],
  ),
];

/** Writes a model as TensorFlow.js does, the weights in files of at most `shardBytes`. */
function write(name, artifacts, shardBytes) {
  const folder = path.join(out, name);
  fs.mkdirSync(folder, { recursive: true });
  const data = Buffer.from(tf.io.CompositeArrayBuffer.join(artifacts.weightData));
  const count = Math.ceil(data.length / shardBytes);
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  paths.forEach((file, i) =>
    fs.writeFileSync(path.join(folder, file), data.subarray(i * shardBytes, (i + 1) * shardBytes)),
  );
  const model = { ...artifacts, weightsManifest: [{ paths, weights: artifacts.weightSpecs }] };
  for (const key of ['weightSpecs', 'weightData']) delete model[key];
  fs.writeFileSync(path.join(folder, 'model.json'), `${JSON.stringify(model, null, 1)}\n`);
}

async function main() {
  await tf.setBackend('cpu');
  fs.rmSync(out, { recursive: true, force: true });
  const recorded = {};
  for (const [name, make] of Object.entries(models)) {
    tf.disposeVariables();
    const model = make();
    setWeights(model, name.length);
    let artifacts;
    await model.save(
      tf.io.withSaveHandler((saved) => {
        artifacts = saved;
        return { modelArtifactsInfo: {} };
      }),
      { includeOptimizer: name === 'compiled' },
    );
    if (name === 'quantized') artifacts = { ...artifacts, ...quantize(artifacts) };
    write(name, artifacts, name === 'functional' ? 100 : 1 << 20);
    // What it reads back: quantized weights are not those that were set.
    const again = await tf.loadLayersModel(tf.io.fromMemory({ ...artifacts, trainingConfig: undefined }));
    const x = (inputs[name] ?? plainInput)();
    const y = again.predict(x.length === 1 ? x[0] : x);
    const show = (t) => ({ shape: t.shape, values: [...t.dataSync()] });
    recorded[name] = { inputs: x.map(show), outputs: [y].flat().map(show) };
  }
  const json = { tfjs: tf.version.tfjs, models: recorded };
  fs.writeFileSync(path.join(out, 'predictions.json'), `${JSON.stringify(json, null, 1)}\n`);
}

main();
