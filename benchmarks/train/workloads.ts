/** The training workloads of `workloads/`, compared with plain JavaScript. */
import { judge } from '../host/check';
import { measure, showTime } from '../measure';
import type { Benchmark, Result, Settings } from '../suite';
import { trainKinds } from '../workers/gradtape_train';
import type { Input, Maker, Task } from '../workers/library';
import { plainTraining } from '../workers/plain_train';
import { elementsOf } from '../workloads/inputs';
import { trainingWorkloads } from '../workloads/training';
import type { Target, Workload } from '../workloads/workload';

/** The inputs of a workload, in the form that the library processes of `bench:peers` receive. */
export function inputsOf(workload: Workload): Input[] {
  const data = elementsOf(workload);
  return workload.inputs.map(({ shape, dtype = 'float32' }, i) => ({
    shape: [...shape],
    dtype,
    data: data[i],
  }));
}

/** The workload in gradtape and as a loop; null if a loop would not be comparable. */
export function tasksOf(workload: Workload, inputs: readonly Input[]): { ours: Task; loop: Task | null } {
  return { ours: make(trainKinds, workload, inputs)!, loop: make(plainTraining, workload, inputs) };
}

function make(
  kinds: Readonly<Record<string, Maker>>,
  workload: Workload,
  inputs: readonly Input[],
): Task | null {
  if (!Object.hasOwn(kinds, workload.kind)) return null;
  // Losses of two steps reveal a wrong gradient, and take less time than five.
  const params = 'steps' in workload.params ? { ...workload.params, steps: 2 } : workload.params;
  return kinds[workload.kind](params as never, inputs) as Task;
}

/** Throws if the results of two implementations differ. */
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

/** Nanoseconds: in a full run, workloads whose loop takes longer are measured without it. */
const maxLoopTime = 1e9;

function run(workload: Workload, { seconds, full }: Settings): Result {
  const inputs = inputsOf(workload);
  const { ours, loop: whole } = tasksOf(workload, inputs);
  const loop = full || workload.cost < maxLoopTime ? whole : null;
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
