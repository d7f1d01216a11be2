/** The training workloads of `workloads/`, beside the same in plain JavaScript. */
import { judge } from '../host/check';
import { measure, showTime } from '../measure';
import type { Benchmark, Result, Settings } from '../suite';
import { trainKinds } from '../workers/gradtape_train';
import type { Input, Maker, Task } from '../workers/library';
import { plainTraining } from '../workers/plain_train';
import { elementsOf } from '../workloads/inputs';
import { trainingWorkloads } from '../workloads/training';
import type { Target, Workload } from '../workloads/workload';

/** The inputs of a workload, as a worker of the peers gets them. */
export function inputsOf(workload: Workload): Input[] {
  const data = elementsOf(workload);
  return workload.inputs.map(({ shape, dtype = 'float32' }, i) => ({
    shape: [...shape],
    dtype,
    data: data[i],
  }));
}

/** The workload in gradtape and in loops; null where a loop would say nothing. */
export function tasksOf(workload: Workload, inputs: readonly Input[]): { ours: Task; loop: Task | null } {
  return { ours: make(trainKinds, workload, inputs)!, loop: make(plainTraining, workload, inputs) };
}

function make(
  kinds: Readonly<Record<string, Maker>>,
  workload: Workload,
  inputs: readonly Input[],
): Task | null {
  if (!Object.hasOwn(kinds, workload.kind)) return null;
  // Losses of two steps show a wrong gradient, and do not take a loop as long as those of five.
  const params = 'steps' in workload.params ? { ...workload.params, steps: 2 } : workload.params;
  return kinds[workload.kind](params as never, inputs) as Task;
}

/** Throws where the results of two ways differ. */
export function check(workload: Workload, ours: Task, theirs: Task): void {
  const [a, b] = [ours, theirs].map((task) => task.outputs(task.run() as never) as never);
  const wrong = judge(workload, null, a, b);
  if (wrong !== null) throw new Error(`${workload.name}: ${wrong}`);
}

function aimOf(target: Target | undefined, ours: number, loop: number | undefined): Result['aim'] {
  if (target?.kind === 'time') return { text: `≤ ${showTime(target.ns)}`, met: ours <= target.ns };
  if (target?.kind !== 'ratio' || target.to?.includes('plain JS') !== true || loop === undefined)
    return undefined;
  return { text: `≤ ${target.ratio}× the loop`, met: ours <= target.ratio * loop };
}

/** Workloads whose loop takes seconds are measured without it in a run of everything. */
const patience = 1e9;

function run(workload: Workload, { seconds, full }: Settings): Result {
  const inputs = inputsOf(workload);
  const { ours, loop: whole } = tasksOf(workload, inputs);
  const loop = full || workload.cost < patience ? whole : null;
  if (loop !== null) check(workload, ours, loop);
  const tasks = loop === null ? [ours] : [ours, loop];
  const names = ['gradtape', 'plain JS'];
  const timings = measure(
    tasks.map((task, i) => ({ name: names[i], run: task.run })),
    seconds * tasks.length,
    { rounds: 11 },
  );
  return {
    name: workload.name,
    timings: timings.map((timing, i) => ({ name: names[i], timing })),
    aim: aimOf(workload.target, timings[0].median, timings[1]?.median),
  };
}

export function trainingBenchmarks(settings: Settings): Benchmark[] {
  return trainingWorkloads
    .filter(({ quantity }) => quantity === undefined)
    .map((workload) => ({ name: workload.name, run: () => run(workload, settings) }));
}
