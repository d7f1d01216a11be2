/** Training steps and parts of them. The rows of `train/` are eager; those of `training/` are compiled by the libraries that can. */
import { million } from './elementwise';
import { cnnOf, lstmOf, mlpOf, transformerOf, type Model } from './models';
import { erf } from './special';
import { close, type Elements, type Expected, type Target, type Workload } from './workload';

const best = (ratio: number): Target => ({ kind: 'ratio', ratio });
const within = (ns: number): Target => ({ kind: 'time', ns });

/** Steps whose losses are compared. */
const lossSteps = 5;
/** For losses after a few steps, which amplify rounding errors. */
const lossTolerance = { relative: 2e-3, absolute: 1e-4 };
const adam = { rate: 1e-3, epsilon: 1e-7 };

/**
 * A training step: forward pass, loss, gradients, Adam. The inputs are the batch, its targets and the parameters; the result that is
 * compared is the losses of the first steps.
 */
export function stepOf(model: Model, compiled: boolean, target: Target): Workload {
  return {
    name: `${compiled ? 'training' : 'train'}/${model.title}`,
    kind: model.kind,
    params: { steps: lossSteps, ...adam, ...model.params, compiled },
    inputs: [...model.data, ...model.parameters],
    cost: model.cost,
    warmUp: compiled ? 0.3 : 1,
    target,
    tolerance: lossTolerance,
    reference: null,
  };
}

/** The first call of a new step, which includes tracing and compilation. The result is its loss. */
function firstCall(model: Model, ms: number): Workload {
  return {
    ...stepOf(model, true, within(ms * 1e6)),
    name: `training/first call, ${model.title}`,
    kind: 'firstCall',
    params: { model: model.kind, ...adam, ...model.params, compiled: true },
    // Does not predict times: compilation dominates.
    cost: 1,
  };
}

const mlp = mlpOf(64, 784, 128, 10);
const cnn = cnnOf(32, 28);
const transformer = transformerOf(16, 64, 128, 4);

const compiled = { compiled: true } as const;
const vector = { shape: [million] } as const;

const chain: Workload = {
  name: 'training/x·y + sigmoid(x)·2, 1M',
  kind: 'chain',
  params: compiled,
  inputs: [vector, vector],
  cost: 4 * million,
  target: best(0.55),
  tolerance: close,
  reference: ([x, y]: readonly Elements[]) => [
    { shape: [million], at: (i) => Number(x[i]) * Number(y[i]) + 2 / (1 + Math.exp(-Number(x[i]))) },
  ],
};

const [rows, width, normEpsilon] = [1024, 1024, 1e-5];

function normalised([x, gamma, beta]: readonly Elements[]): Expected {
  return {
    shape: [rows, width],
    at: (i) => {
      const row = (x as Float32Array).subarray(i - (i % width), i - (i % width) + width);
      const mean = row.reduce((a, b) => a + b, 0) / width;
      const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / width;
      const column = i % width;
      const y =
        ((Number(x[i]) - mean) / Math.sqrt(variance + normEpsilon)) * Number(gamma[column]) +
        Number(beta[column]);
      return Number(x[i]) + 0.5 * y * (1 + erf(y / Math.SQRT2));
    },
  };
}

/** x + gelu(norm(x)) composed of means, squares and erf instead of a library's own layers. */
const normGelu: Workload = {
  name: 'training/layer norm + gelu + residual from plain ops, 1024×1024',
  kind: 'normGelu',
  params: { epsilon: normEpsilon, ...compiled },
  inputs: [{ shape: [rows, width] }, { shape: [width] }, { shape: [width] }],
  cost: 20 * rows * width,
  target: best(0.6),
  tolerance: { relative: 1e-5, absolute: 4e-6 },
  reference: (inputs) => [normalised(inputs)],
};

/** Linear regression on 1,000 points by gradient descent: TensorFlow's tutorial. */
const line: Workload = {
  name: 'training/tutorial step, 1,000 points',
  kind: 'line',
  params: { steps: lossSteps, rate: 0.01, ...compiled },
  inputs: [{ shape: [1000] }, { shape: [1000] }],
  cost: 10_000,
  target: { kind: 'ratio', ratio: 0.5, to: ['plain JS'] },
  tolerance: { relative: 1e-5, absolute: 1e-6 },
  reference: null,
};

const predict: Workload = {
  name: 'training/one-row MLP predict',
  kind: 'predict',
  params: compiled,
  inputs: [{ shape: [1, 784], low: 0, high: 1 }, ...mlp.parameters],
  cost: 2 * (784 * 128 + 128 * 10),
  target: within(4000),
  tolerance: { relative: 1e-5, absolute: 1e-5 },
  reference: null,
};

/** The memory of a training step: parameters, batch, intermediates, and caches of the library. */
const memory = (model: Model, target: Target): Workload => ({
  ...stepOf(model, true, target),
  name: `training/memory of a step, ${model.title}`,
  quantity: 'memory',
});

const small = { shape: [4] } as const;
const pick: Workload = {
  name: 'training/call of a function that returns one of its 4 inputs',
  kind: 'pick',
  params: compiled,
  inputs: [small, small, small, small],
  cost: 4,
  target: within(500),
  tolerance: { relative: 0, absolute: 0 },
  reference: ([, , c]: readonly Elements[]) => [{ shape: [4], at: (i) => Number(c[i]) }],
};

export const trainingWorkloads: readonly Workload[] = [
  stepOf(mlp, false, best(0.5)),
  stepOf(cnn, false, best(0.5)),
  line,
  chain,
  normGelu,
  stepOf(mlp, true, best(0.45)),
  stepOf(mlpOf(256, 784, 1024, 1024, 10), true, best(0.88)),
  stepOf(cnn, true, best(0.45)),
  stepOf(lstmOf(32, 50, 64, 128), true, best(0.7)),
  stepOf(transformer, true, best(0.65)),
  predict,
  firstCall(mlp, 5),
  firstCall(transformer, 25),
  pick,
  memory(cnn, { kind: 'ratio', ratio: 0.5, to: ['TensorFlow', 'tf.function'] }),
];
