/** Workloads of Keras models: fit, predict, single steps, first calls. */
import {
  denseStack,
  mobileNetwork,
  recurrentNetwork,
  residualNetwork,
  smallCnn,
  type Network,
} from './networks';
import type { Target, Tolerance, Workload } from './workload';

const adam = { rate: 1e-3, epsilon: 1e-7 };
/** For losses after some steps, which amplify rounding errors. */
const lossTolerance: Tolerance = { relative: 5e-3, absolute: 1e-4 };
const outputTolerance: Tolerance = { relative: 1e-4, absolute: 1e-4, l2: 1e-4 };

const best = (ratio: number): Target => ({ kind: 'ratio', ratio });
const within = (ns: number): Target => ({ kind: 'time', ns });

type Params = Workload['params'];

/** A workload of a network on `examples` examples; with labels for training. */
function workloadOf(
  kind: string,
  name: string,
  network: Network,
  examples: number,
  {
    labels,
    ...rest
  }: { labels: boolean; params?: Params; target?: Target; tolerance?: Tolerance; cost?: number },
): Workload {
  const data = { shape: [examples, ...network.shape], low: 0, high: 1 };
  return {
    name: `keras/${name}`,
    kind,
    inputs: [
      data,
      ...(labels ? [{ shape: [examples], dtype: 'int32', low: 0, high: 10 } as const] : []),
      ...network.parameters,
    ],
    cost: (labels ? 3 : 1) * examples * network.cost,
    warmUp: 0.5,
    tolerance: labels ? lossTolerance : outputTolerance,
    reference: null,
    ...rest,
    params: {
      layers: JSON.stringify(network.layers),
      shape: network.shape,
      ...(labels ? adam : {}),
      ...rest.params,
    },
  };
}

/** An epoch over the examples, in order; the result is its loss. */
export const fitOf = (network: Network, examples: number, batch: number, target: Target): Workload =>
  workloadOf('kerasFit', `fit ${network.title}, batch ${batch}, epoch of ${examples}`, network, examples, {
    labels: true,
    params: { batch },
    target,
    // An epoch is many calls: the rate of one network does not predict that of another.
    cost: 1,
  });

/** Steps of `trainOnBatch`; the result is the losses of the first steps. */
export const stepOf = (network: Network, batch: number, target: Target): Workload =>
  workloadOf('kerasStep', `step ${network.title}, batch ${batch}`, network, batch, {
    labels: true,
    params: { steps: 2 },
    target,
    tolerance: { relative: 2e-2, absolute: 1e-3 },
  });

const predictOf = (network: Network, examples: number, batch: number, target: Target): Workload =>
  workloadOf(
    'kerasPredict',
    `predict ${examples} rows, ${network.title}, batch ${batch}`,
    network,
    examples,
    {
      labels: false,
      params: { batch },
      target,
    },
  );

/** `predictOnBatch` of one example. */
export const predictOneOf = (network: Network, what: string, target: Target): Workload =>
  workloadOf('kerasPredictOne', `predict one ${what}, ${network.title}`, network, 1, {
    labels: false,
    target,
  });

/** Builds a model and takes its first step, or predicts for the first time. */
export const firstOf = (network: Network, examples: number, train: boolean, target: Target): Workload =>
  workloadOf('kerasFirst', `first ${train ? 'step' : 'predict'}, ${network.title}`, network, examples, {
    labels: train,
    target,
    params: { train },
    // Does not predict times: compilation dominates.
    cost: 1,
    ...(train ? { tolerance: { relative: 1e-3, absolute: 1e-4 } } : {}),
  });

/** The gradients of the summed last output of a recurrent layer with respect to its weights. */
export const layerGradientOf = (by: 'layer' | 'loop', target?: Target): Workload => {
  const network = recurrentNetwork('lstm', 50, 64, 128);
  return {
    ...workloadOf('recurrentGradient', '', network, 32, {
      labels: false,
      params: { by, units: 128 },
      target,
    }),
    name: `keras/LSTM h128, T50, batch 32, forward and backward${by === 'layer' ? '' : ', by hand'}`,
    inputs: [{ shape: [32, 50, 64] }, ...network.parameters.slice(0, 3)],
    cost: 3 * 32 * network.cost,
    tolerance: { relative: 1e-3, absolute: 1e-3, l2: 1e-3 },
  };
};

export const mlp = denseStack(784, 128, 10);
export const cnn = smallCnn(28);
export const resnet = residualNetwork(3, 32);
export const lstm = recurrentNetwork('lstm', 50, 64, 128);
export const gru = recurrentNetwork('gru', 50, 64, 128);
export const mobile = mobileNetwork(224, 1);

const onnx: Target = { kind: 'ratio', ratio: 0.8, to: ['onnxruntime-node'] };

export const kerasWorkloads: readonly Workload[] = [
  fitOf(mlp, 10_000, 64, best(0.35)),
  fitOf(cnn, 1920, 32, best(0.5)),
  stepOf(resnet, 32, best(0.6)),
  layerGradientOf('layer', { kind: 'ratio', ratio: 0.7, to: ['PyTorch'] }),
  layerGradientOf('loop'),
  predictOneOf(mlp, 'row', within(8000)),
  predictOf(mlp, 10_000, 32, best(0.5)),
  firstOf(lstm, 32, true, within(60e6)),
  firstOf(gru, 32, true, within(60e6)),
  firstOf(resnet, 32, true, within(150e6)),
  firstOf(lstm, 32, false, within(60e6)),
  firstOf(resnet, 32, false, within(150e6)),
  predictOneOf(resnet, 'image', onnx),
  predictOneOf(mobile, 'image', onnx),
];
