/** The training workloads: gradtape compiled, gradtape op by op and the loops by hand come to the same losses. */
import { check, inputsOf, tasksOf } from '../../benchmarks/train/workloads';
import { cnnOf, lstmOf, mlpOf, transformerOf, type Model } from '../../benchmarks/workloads/models';
import { stepOf, trainingWorkloads } from '../../benchmarks/workloads/training';
import type { Target } from '../../benchmarks/workloads/workload';

const target: Target = { kind: 'time', ns: 1 };

/** Losses in full precision of float32: the steps are few and small. */
const tolerance = { relative: 2e-5, absolute: 1e-5 };

const models: readonly Model[] = [
  mlpOf(5, 12, 10),
  mlpOf(8, 20, 16, 12, 10),
  cnnOf(3, 8),
  lstmOf(3, 6, 5, 8),
  transformerOf(2, 7, 12, 3),
];

describe.each(models.map((model) => [model.title, model] as const))('%s', (_, model) => {
  it.each([
    ['op by op', false],
    ['compiled', true],
  ])('%s as the loop', (_how, compiled) => {
    const workload = { ...stepOf(model, compiled, target), tolerance };
    const { ours, loop } = tasksOf(workload, inputsOf(workload));
    expect(ours.compiled).toBe(compiled);
    check(workload, ours, loop!);
  });
});

type Results = readonly { data: Float32Array }[];

describe.each(trainingWorkloads.filter((w) => w.cost < 1e8).map((w) => [w.name, w] as const))(
  '%s',
  (_, workload) => {
    it('is what the loop gives, or what it must be', () => {
      const inputs = inputsOf(workload);
      const { ours, loop } = tasksOf(workload, inputs);
      if (loop !== null) return check(workload, ours, loop);
      const [{ data }] = ours.outputs(ours.run() as never) as Results;
      if (workload.kind !== 'firstCall') return expect(data).toEqual(inputs[2].data);
      const model = {
        ...workload,
        kind: String(workload.params.model),
        params: { ...workload.params, steps: 1 },
      };
      const [losses] = tasksOf(model, inputs).ours.outputs(null as never) as Results;
      expect(data[0]).toBe(losses.data[0]);
    });
  },
);
