/** gradtape's Keras: fit, steps, predictions and first calls. */
import * as tf from 'gradtape';
import type { Layer } from '../workloads/networks';
import { modelOf, type Model } from './gradtape_networks';
import { outputsOf, tensor } from './gradtape_task';
import type { Input, Maker, Output, Task } from './library';

export interface NetworkParams {
  /** The layers as JSON. */
  layers: string;
  shape: readonly number[];
  rate: number;
  epsilon: number;
}

export const layersOf = ({ layers }: NetworkParams): readonly Layer[] => JSON.parse(layers) as Layer[];

export function trainedModel(params: NetworkParams, parameters: readonly tf.Tensor[]): Model {
  const model = modelOf(layersOf(params), params.shape, parameters);
  model.compile({
    optimizer: new tf.keras.optimizers.Adam({ learningRate: params.rate, epsilon: params.epsilon }),
    loss: new tf.keras.losses.SparseCategoricalCrossentropy({ fromLogits: true }),
  });
  return model;
}

const floats = (...values: number[]): Output[] => [
  { shape: [values.length], dtype: 'float32', data: Float32Array.from(values) },
];

const kerasFit = (params: NetworkParams & { batch: number }, inputs: readonly Input[]): Task => {
  const [x, y, ...parameters] = inputs.map(tensor);
  const options = { batchSize: params.batch, epochs: 1, shuffle: false, verbose: 0 } as const;
  const epochs = (): (() => Promise<number>) => {
    const model = trainedModel(params, parameters);
    return async () => (await model.fit(x, y, options)).history.loss[0];
  };
  return { run: epochs(), outputs: async () => floats(await epochs()()), compiled: true };
};

const kerasStep = (params: NetworkParams & { steps: number }, inputs: readonly Input[]): Task => {
  const [x, y, ...parameters] = inputs.map(tensor);
  const steps = (): (() => Promise<number>) => {
    const model = trainedModel(params, parameters);
    return async () => Number((await model.trainOnBatch(x, y)).loss);
  };
  const losses = async (): Promise<Output[]> => {
    const step = steps();
    const values: number[] = [];
    for (let i = 0; i < params.steps; i++) values.push(await step());
    return floats(...values);
  };
  return { run: steps(), outputs: losses, compiled: true };
};

const kerasPredict = (params: NetworkParams & { batch: number }, inputs: readonly Input[]): Task => {
  const [x, ...parameters] = inputs.map(tensor);
  const model = modelOf(layersOf(params), params.shape, parameters);
  const options = { batchSize: params.batch, verbose: 0 } as const;
  return { run: () => model.predict(x, options), outputs: outputsOf, compiled: true };
};

const kerasPredictOne = (params: NetworkParams, inputs: readonly Input[]): Task => {
  const [x, ...parameters] = inputs.map(tensor);
  const model = modelOf(layersOf(params), params.shape, parameters);
  return { run: () => model.predictOnBatch(x), outputs: outputsOf, compiled: true };
};

/** Each call builds a new model, so that nothing is cached. */
const kerasFirst = (params: NetworkParams & { train: boolean }, inputs: readonly Input[]): Task => {
  const tensors = inputs.map(tensor);
  if (params.train) {
    const [x, y, ...parameters] = tensors;
    const step = async (): Promise<number> =>
      Number((await trainedModel(params, parameters).trainOnBatch(x, y)).loss);
    return { run: step, outputs: (loss: number) => floats(loss), compiled: true };
  }
  const [x, ...parameters] = tensors;
  const run = (): tf.Tensor => modelOf(layersOf(params), params.shape, parameters).predictOnBatch(x);
  return { run, outputs: outputsOf, compiled: true };
};

/** The last output of an LSTM, as the Keras layer computes it, written by hand. */
function lastByHand(x: tf.Tensor, [wx, wh, b]: readonly tf.Variable[]): tf.Tensor {
  const [batch, , features] = x.shape;
  const [units, wide] = wh.shape;
  const steps = tf.reshape(tf.transpose(x, [1, 0, 2]), [-1, features]);
  const inputs = tf.reshape(tf.add(tf.matmul(steps, wx), b), [-1, batch, wide]);
  let [h, c] = [tf.zeros([batch, units]), tf.zeros([batch, units])];
  for (const input of tf.unstack(inputs)) {
    const [i, f, candidate, o] = tf.split(tf.add(input, tf.matmul(h, wh)), 4, 1);
    c = tf.add(tf.multiply(tf.sigmoid(f), c), tf.multiply(tf.sigmoid(i), tf.tanh(candidate)));
    h = tf.multiply(tf.sigmoid(o), tf.tanh(c));
  }
  return h;
}

const recurrentGradient = (
  { by, units }: { by: 'layer' | 'loop'; units: number },
  inputs: readonly Input[],
): Task => {
  const [x, ...parameters] = inputs.map(tensor);
  let forward: (x: tf.Tensor) => tf.Tensor;
  let variables: readonly tf.Variable[];
  if (by === 'layer') {
    const layer = new tf.keras.layers.LSTM(units);
    layer.build([...x.shape]);
    layer.setWeights(parameters);
    variables = layer.trainableWeights;
    forward = (x) => (layer as unknown as (x: tf.Tensor) => tf.Tensor)(x);
  } else {
    const own = parameters.map((t) => new tf.Variable(t));
    variables = own;
    forward = (x) => lastByHand(x, own);
  }
  const step = tf.function((x: tf.Tensor) => {
    const tape = new tf.GradientTape();
    const y = tape.run(() => tf.reduceSum(forward(x)));
    return tape.gradient(y, [...variables]) as tf.Tensor[];
  });
  return { run: () => step(x), outputs: outputsOf, compiled: true };
};

export const kerasKinds: Record<string, Maker> = {
  ...{ kerasFit, kerasStep, kerasPredict, kerasPredictOne, kerasFirst, recurrentGradient },
};
