/** gradtape's training workloads: op by op, or compiled by tf.function if the workload says so. */
import * as tf from 'gradtape';
import { mlpForward, models, type Loss, type ModelParams } from './gradtape_models';
import { outputsOf, tensor } from './gradtape_task';
import type { Input, Maker, Output, Task } from './library';

interface TrainParams extends ModelParams {
  steps: number;
  rate: number;
  epsilon: number;
  compiled: boolean;
}

/** A step and its first arguments. */
type Step = () => tf.Tensor;

function lossesOf(step: Step, steps: number): Output[] {
  const data = Float32Array.from({ length: steps }, () => Number(step().item()));
  return [{ shape: [steps], dtype: 'float32', data }];
}

/** A training step with new variables, initialised to the given parameters, and a new optimizer. */
export function freshStep(
  loss: Loss,
  { rate, epsilon }: Pick<TrainParams, 'rate' | 'epsilon'>,
  parameters: readonly tf.Tensor[],
): (x: tf.Tensor, target: tf.Tensor) => tf.Tensor {
  const variables = parameters.map((t) => new tf.Variable(t));
  const optimizer = new tf.keras.optimizers.Adam({ learningRate: rate, epsilon });
  return (x, target) => {
    const tape = new tf.GradientTape();
    const value = tape.run(() => loss(x, target, variables));
    const gradients = tape.gradient(value, variables);
    optimizer.applyGradients(gradients.map((g, i) => [g, variables[i]]));
    return value;
  };
}

/** Returns a function that creates independent steps on the same batch. */
function stepsOf(loss: Loss, params: TrainParams, inputs: readonly Input[]): () => Step {
  const [x, target, ...parameters] = inputs.map(tensor);
  return () => {
    const step = freshStep(loss, params, parameters);
    const run = params.compiled ? tf.function(step) : step;
    return () => run(x, target);
  };
}

const training =
  (model: (params: ModelParams) => Loss) =>
  (params: TrainParams, inputs: readonly Input[]): Task => {
    const make = stepsOf(model(params), params, inputs);
    return { run: make(), outputs: () => lossesOf(make(), params.steps), compiled: params.compiled };
  };

const firstCall = (params: TrainParams & { model: string }, inputs: readonly Input[]): Task => {
  const make = stepsOf(models[params.model](params), params, inputs);
  return { run: () => make()(), outputs: outputsOf, compiled: true };
};

/** Linear regression, W·x + b, by gradient descent, as in TensorFlow's tutorial. */
const line = ({ steps, rate, compiled }: TrainParams, inputs: readonly Input[]): Task => {
  const [x, y] = inputs.map(tensor);
  const make = (): Step => {
    const [W, b] = [new tf.Variable(5.0), new tf.Variable(0.0)];
    const step = (inputs: tf.Tensor, outputs: tf.Tensor): tf.Tensor => {
      const tape = new tf.GradientTape();
      const loss = tape.run(() =>
        tf.reduceMean(tf.square(tf.subtract(tf.add(tf.multiply(W, inputs), b), outputs))),
      );
      const [dW, db] = tape.gradient(loss, [W, b]) as [tf.Tensor, tf.Tensor];
      W.assignSub(tf.multiply(dW, rate));
      b.assignSub(tf.multiply(db, rate));
      return loss;
    };
    const run = compiled ? tf.function(step) : step;
    return () => run(x, y);
  };
  return { run: make(), outputs: () => lossesOf(make(), steps), compiled };
};

/** A task that calls a compiled function of all inputs. */
const calling =
  (
    make: (params: never, inputs: readonly tf.Tensor[]) => (...args: tf.Tensor[]) => tf.Tensor,
    free = Infinity,
  ) =>
  (params: never, inputs: readonly Input[]): Task => {
    const all = inputs.map(tensor);
    const f = tf.function(make(params, all.slice(free)));
    const args = all.slice(0, free);
    return { run: () => f(...args), outputs: outputsOf, compiled: true };
  };

const chain = calling(() => (x, y) => tf.add(tf.multiply(x, y), tf.multiply(tf.sigmoid(x), 2)));

const normGelu = calling(({ epsilon }: { epsilon: number }) => (x, gamma, beta) => {
  const mean = tf.reduceMean(x, { axis: -1, keepdims: true });
  const centred = tf.subtract(x, mean);
  const variance = tf.reduceMean(tf.square(centred), { axis: -1, keepdims: true });
  const y = tf.add(tf.multiply(tf.multiply(centred, tf.math.rsqrt(tf.add(variance, epsilon))), gamma), beta);
  const gelu = tf.multiply(tf.multiply(0.5, y), tf.add(1, tf.math.erf(tf.multiply(y, Math.SQRT1_2))));
  return tf.add(x, gelu);
});

const predict = calling((_, parameters) => {
  const variables = parameters.map((t) => new tf.Variable(t));
  return (x) => mlpForward(x, variables);
}, 1);

const pick = calling(() => (_a, _b, c) => c);

const { mlp, cnn, lstm, transformer } = models;

export const trainKinds: Record<string, Maker> = {
  ...{ mlp: training(mlp), cnn: training(cnn), lstm: training(lstm), transformer: training(transformer) },
  ...{ firstCall, line, chain, normGelu, predict, pick },
};
