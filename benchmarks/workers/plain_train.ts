/** Training workloads in plain JavaScript. */
import { chain as chainLoop, normGelu as normGeluLoop } from '../loops/fused';
import { fusedStep } from '../loops/linear_regression';
import { lstmTraining } from '../loops/lstm';
import { cnnTraining, mlpForward, mlpTraining, type Training } from '../loops/train';
import { transformerTraining } from '../loops/transformer';
import type { Elements } from '../workloads/workload';
import type { Input, Maker, Output, Task } from './library';

interface TrainParams {
  steps: number;
  rate: number;
  epsilon: number;
}

const floats = (input: Input): Float32Array => input.data as Float32Array;

/** A task that runs `steps` steps from the given parameters; `make` creates the step. */
function stepping(make: () => () => unknown, steps: number): Task {
  const losses = (): Output[] => {
    const step = make();
    const data = Float32Array.from({ length: steps }, () => Number(step()));
    return [{ shape: [steps], dtype: 'float32', data }];
  };
  return { run: make(), outputs: losses };
}

const trained =
  <Target extends Elements, Params>(
    training: (t: Training<Target>, params: Params, x: Input) => () => number,
  ) =>
  (params: TrainParams & Params, [x, target, ...rest]: readonly Input[]): Task => {
    const { rate, epsilon, steps } = params;
    const labels = target.data as Target;
    const t = { x: floats(x), labels, parameters: rest.map(floats), rate, epsilon };
    return stepping(() => training(t, params, x), steps);
  };

const transformer = trained((t: Training<Float32Array>, params: { heads: number; normEpsilon: number }, x) =>
  transformerTraining({ ...t, ...params, time: x.shape[1] }),
);

const line = ({ steps, rate }: TrainParams, [x, y]: readonly Input[]): Task =>
  stepping(() => fusedStep(floats(x), floats(y), rate).step, steps);

/** A task that computes one array. */
const making = (shape: readonly number[], run: () => Float32Array): Task => ({
  run,
  outputs: (data: Float32Array): Output[] => [{ shape, dtype: 'float32', data }],
});

const chain = (_: unknown, [x, y]: readonly Input[]): Task =>
  making(x.shape, () => chainLoop(floats(x), floats(y)));

const normGelu = ({ epsilon }: { epsilon: number }, [x, gamma, beta]: readonly Input[]): Task =>
  making(x.shape, () => normGeluLoop(floats(x), floats(gamma), floats(beta), epsilon));

const predict = (_: unknown, [x, ...rest]: readonly Input[]): Task => {
  const parameters = rest.map(floats);
  const last = parameters[parameters.length - 1];
  return making([x.shape[0], last.length], () => mlpForward(floats(x), x.shape[0], parameters).at(-1)!);
};

export const plainTraining: Record<string, Maker> = {
  ...{ mlp: trained(mlpTraining), cnn: trained(cnnTraining), lstm: trained(lstmTraining), transformer },
  ...{ line, chain, normGelu, predict },
};
