/** gradtape's training steps, as a user of a tape writes them. */
import * as tf from 'gradtape';
import { find, tensor } from './gradtape_task';
import type { Input, Maker, Task } from './library';

interface TrainParams {
  steps: number;
  rate: number;
  epsilon: number;
}

type Forward = (x: tf.Tensor, v: readonly tf.Variable[]) => tf.Tensor;

/** A model's step: made anew for the losses that are compared, so that they start from the given parameters. */
function training(forward: Forward, { steps, rate, epsilon }: TrainParams, inputs: readonly Input[]): Task {
  const [x, labels, ...initial] = inputs.map(tensor);
  const make = (): (() => tf.Tensor) => {
    const variables = initial.map((t) => new tf.Variable(t));
    const optimizer = new tf.keras.optimizers.Adam({ learningRate: rate, epsilon });
    return () => {
      const tape = new tf.GradientTape();
      const loss = tape.run(() =>
        tf.reduceMean(tf.nn.sparseSoftmaxCrossEntropyWithLogits(labels, forward(x, variables))),
      );
      const gradients = tape.gradient(loss, variables);
      optimizer.applyGradients(gradients.map((g, i) => [g, variables[i]]));
      return loss;
    };
  };
  return {
    run: make(),
    outputs: () => {
      const step = make();
      const losses = Float32Array.from({ length: steps }, () => Number(step().item()));
      return [{ shape: [steps], dtype: 'float32', data: losses }];
    },
  };
}

const dense = (x: tf.Tensor, w: tf.Variable, b: tf.Variable): tf.Tensor => tf.add(tf.matmul(x, w), b);

const mlp = (params: TrainParams, inputs: readonly Input[]): Task =>
  training((x, [w1, b1, w2, b2]) => dense(tf.nn.relu(dense(x, w1, b1)), w2, b2), params, inputs);

const cnn = (params: TrainParams, inputs: readonly Input[]): Task | string => {
  const conv = find('nn.conv2d');
  const pool = find('nn.maxPool2d');
  if (conv === undefined || pool === undefined) return 'this version has no tf.nn.conv2d or tf.nn.maxPool2d';
  const block = (x: tf.Tensor, w: tf.Variable, b: tf.Variable): tf.Tensor =>
    pool(tf.nn.relu(tf.add(conv(x, w, 1, 'SAME') as tf.Tensor, b)), 2, 2, 'VALID') as tf.Tensor;
  const forward: Forward = (x, [w1, b1, w2, b2, w3, b3]) => {
    const features = block(block(x, w1, b1), w2, b2);
    return dense(tf.reshape(features, [x.shape[0], -1]), w3, b3);
  };
  return training(forward, params, inputs);
};

export const trainKinds: Record<string, Maker> = { mlp, cnn };
