/** The networks of workloads/networks.ts as Keras models, and as functions of variables. */
import * as tf from 'gradtape';
import type { Layer } from '../workloads/networks';

type Value = InstanceType<typeof tf.keras.layers.Layer>;

/** The Keras layer. */
function layerOf({ op, units = 1, size, stride = 1, bias = true }: Layer): Value {
  const { layers } = tf.keras;
  switch (op) {
    case 'dense':
      return new layers.Dense(units);
    case 'relu':
      return new layers.ReLU();
    case 'conv':
      return new layers.Conv2D(units, size ?? 3, { strides: stride, padding: 'same', useBias: bias });
    case 'depthwise':
      return new layers.DepthwiseConv2D(size ?? 3, { strides: stride, padding: 'same', useBias: bias });
    case 'norm':
      return new layers.BatchNormalization();
    case 'maxPool':
      return new layers.MaxPooling2D(size ?? 2);
    case 'flatten':
      return new layers.Flatten();
    case 'mean':
      return new layers.GlobalAveragePooling2D();
    case 'add':
      return new layers.Add();
    case 'lstm':
      return new layers.LSTM(units);
    case 'gru':
      return new layers.GRU(units);
  }
}

export type Model = InstanceType<typeof tf.keras.Model>;

/** The model with the given weights: Sequential if the layers form a chain. */
export function modelOf(
  network: readonly Layer[],
  shape: readonly number[],
  parameters: readonly tf.Tensor[],
): Model {
  const input = tf.keras.Input([...shape]);
  const made = network.map(layerOf);
  let model: Model;
  if (network.every(({ from }) => from === undefined)) {
    model = new tf.keras.Sequential([input, ...made]);
  } else {
    const values: unknown[] = [input];
    for (const [i, { from = [i] }] of network.entries()) {
      const args = from.map((at) => values[at]);
      values.push((made[i] as unknown as (x: unknown) => unknown)(args.length === 1 ? args[0] : args));
    }
    model = new tf.keras.Model(input, values[values.length - 1] as typeof input);
  }
  let at = 0;
  for (const layer of made) {
    const { length } = layer.weights;
    if (length > 0) layer.setWeights(parameters.slice(at, at + length));
    at += length;
  }
  return model;
}

/** Stateless layers as a function of variables, as a user would write it without Keras. */
export function forward(network: readonly Layer[], v: readonly tf.Variable[], x: tf.Tensor): tf.Tensor {
  let at = 0;
  let y = x;
  for (const { op, size = 2, stride = 1 } of network) {
    if (op === 'dense') y = tf.add(tf.matmul(y, v[at++]), v[at++]);
    else if (op === 'relu') y = tf.nn.relu(y);
    else if (op === 'conv') y = tf.add(tf.nn.conv2d(y, v[at++], stride, 'SAME'), v[at++]);
    else if (op === 'maxPool') y = tf.nn.maxPool2d(y, size, size, 'VALID');
    else if (op === 'flatten') y = tf.reshape(y, [y.shape[0], -1]);
    else throw new Error(`no function for ${op}`);
  }
  return y;
}
