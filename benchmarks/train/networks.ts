/** Training steps of small networks, as `works/` describes them, beside the same in plain JavaScript. */
import { cnnTraining, mlpTraining, type Training } from '../loops/train';
import { measure } from '../measure';
import type { Benchmark, Result, Settings } from '../suite';
import { trainKinds } from '../workers/gradtape_train';
import type { Input, Maker, Task } from '../workers/library';
import { works } from '../works';
import { elements, seedOf } from '../works/inputs';

const loops: Readonly<Record<string, (t: Training) => () => number>> = { mlp: mlpTraining, cnn: cnnTraining };

function run(name: string, kind: string, seconds: number): Result[] {
  const work = works.find((w) => w.kind === kind)!;
  const inputs = work.inputs.map(({ shape, dtype = 'float32', ...rest }, i): Input => ({
    shape: [...shape],
    dtype,
    data: elements({ shape, dtype, ...rest }, seedOf(`${kind}/${i}`)),
  }));
  const task = (trainKinds[kind] as (params: unknown, inputs: readonly Input[]) => ReturnType<Maker>)(
    work.params,
    inputs,
  ) as Task | string;
  // What a version lacks is not measured.
  if (typeof task === 'string') return [];
  const [x, labels, ...parameters] = inputs.map(({ data }) => data);
  const { rate, epsilon, steps } = work.params as { rate: number; epsilon: number; steps: number };
  const make = (): (() => number) =>
    loops[kind]({
      x: x as Float32Array,
      labels: labels as Int32Array,
      parameters: parameters as Float32Array[],
      rate,
      epsilon,
    });
  const [ours] = task.outputs(null as never) as readonly { data: Float32Array }[];
  const step = make();
  for (let i = 0; i < steps; i++) {
    const loss = step();
    if (!(Math.abs(loss - ours.data[i]) <= 1e-3 * loss)) {
      throw new Error(`${name}: the loss of step ${i} is ${ours.data[i]}, and ${loss} by the loop`);
    }
  }
  const names = ['gradtape', 'plain JS, a loop per op'];
  const timings = measure(
    [task.run, make()].map((f, i) => ({ name: names[i], run: f })),
    seconds,
    { rounds: 11 },
  );
  return [{ name, timings: timings.map((timing, i) => ({ name: names[i], timing })) }];
}

export function networkBenchmarks({ seconds }: Settings): Benchmark[] {
  return works
    .filter(({ kind }) => kind in loops)
    .map(({ name, kind }) => ({ name, run: () => run(name, kind, 2 * seconds) }));
}
