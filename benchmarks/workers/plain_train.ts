/** Training steps in plain JavaScript. */
import { cnnTraining, mlpTraining, type Training } from '../loops/train';
import type { Input, Maker, Task } from './library';

interface TrainParams {
  steps: number;
  rate: number;
  epsilon: number;
}

const trained =
  (training: (t: Training) => () => number) =>
  ({ steps, rate, epsilon }: TrainParams, inputs: readonly Input[]): Task => {
    const [x, labels, ...parameters] = inputs.map(({ data }) => data);
    const make = (): (() => number) =>
      training({
        x: x as Float32Array,
        labels: labels as Int32Array,
        parameters: parameters as Float32Array[],
        rate,
        epsilon,
      });
    return {
      run: make(),
      outputs: () => {
        const step = make();
        return [{ shape: [steps], dtype: 'float32', data: Float32Array.from({ length: steps }, step) }];
      },
    };
  };

export const plainTraining: Record<string, Maker> = { mlp: trained(mlpTraining), cnn: trained(cnnTraining) };
