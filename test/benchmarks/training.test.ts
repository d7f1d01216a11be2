/** The training works: gradtape compiled, gradtape op by op and the loops by hand come to the same losses. */
import { check, inputsOf, tasksOf } from '../../benchmarks/train/works';
import { cnnOf, lstmOf, mlpOf, transformerOf, type Model } from '../../benchmarks/works/models';
import { stepOf, trainingWorks } from '../../benchmarks/works/training';
import type { Target } from '../../benchmarks/works/work';

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
    const work = { ...stepOf(model, compiled, target), tolerance };
    const { ours, loop } = tasksOf(work, inputsOf(work));
    expect(ours.compiled).toBe(compiled);
    check(work, ours, loop!);
  });
});

type Results = readonly { data: Float32Array }[];

describe.each(trainingWorks.filter((w) => w.cost < 1e8).map((w) => [w.name, w] as const))('%s', (_, work) => {
  it('is what the loop gives, or what it must be', () => {
    const inputs = inputsOf(work);
    const { ours, loop } = tasksOf(work, inputs);
    if (loop !== null) return check(work, ours, loop);
    const [{ data }] = ours.outputs(ours.run() as never) as Results;
    if (work.kind !== 'firstCall') return expect(data).toEqual(inputs[2].data);
    const model = { ...work, kind: String(work.params.model), params: { ...work.params, steps: 1 } };
    const [losses] = tasksOf(model, inputs).ours.outputs(null as never) as Results;
    expect(data[0]).toBe(losses.data[0]);
  });
});
