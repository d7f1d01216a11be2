/** The training works of `works/`, beside the same in plain JavaScript. */
import { judge } from '../host/check';
import { measure, showTime } from '../measure';
import type { Benchmark, Result, Settings } from '../suite';
import { trainKinds } from '../workers/gradtape_train';
import type { Input, Maker, Task } from '../workers/library';
import { plainTraining } from '../workers/plain_train';
import { elementsOf } from '../works/inputs';
import { trainingWorks } from '../works/training';
import type { Target, Work } from '../works/work';

/** The inputs of a work, as a worker of the peers gets them. */
export function inputsOf(work: Work): Input[] {
  const data = elementsOf(work);
  return work.inputs.map(({ shape, dtype = 'float32' }, i) => ({ shape: [...shape], dtype, data: data[i] }));
}

/** The work in gradtape and in loops; null where a loop would say nothing. */
export function tasksOf(work: Work, inputs: readonly Input[]): { ours: Task; loop: Task | null } {
  return { ours: make(trainKinds, work, inputs)!, loop: make(plainTraining, work, inputs) };
}

function make(kinds: Readonly<Record<string, Maker>>, work: Work, inputs: readonly Input[]): Task | null {
  if (!Object.hasOwn(kinds, work.kind)) return null;
  // Losses of two steps show a wrong gradient, and do not take a loop as long as those of five.
  const params = 'steps' in work.params ? { ...work.params, steps: 2 } : work.params;
  return kinds[work.kind](params as never, inputs) as Task;
}

/** Throws where the results of two ways differ. */
export function check(work: Work, ours: Task, theirs: Task): void {
  const [a, b] = [ours, theirs].map((task) => task.outputs(task.run() as never) as never);
  const wrong = judge(work, null, a, b);
  if (wrong !== null) throw new Error(`${work.name}: ${wrong}`);
}

function aimOf(target: Target | undefined, ours: number, loop: number | undefined): Result['aim'] {
  if (target?.kind === 'time') return { text: `≤ ${showTime(target.ns)}`, met: ours <= target.ns };
  if (target?.kind !== 'ratio' || target.to?.includes('plain JS') !== true || loop === undefined)
    return undefined;
  return { text: `≤ ${target.ratio}× the loop`, met: ours <= target.ratio * loop };
}

/** Works whose loop takes seconds are measured without it in a run of everything. */
const patience = 1e9;

function run(work: Work, { seconds, full }: Settings): Result {
  const inputs = inputsOf(work);
  const { ours, loop: whole } = tasksOf(work, inputs);
  const loop = full || work.cost < patience ? whole : null;
  if (loop !== null) check(work, ours, loop);
  const tasks = loop === null ? [ours] : [ours, loop];
  const names = ['gradtape', 'plain JS'];
  const timings = measure(
    tasks.map((task, i) => ({ name: names[i], run: task.run })),
    seconds * tasks.length,
    { rounds: 11 },
  );
  return {
    name: work.name,
    timings: timings.map((timing, i) => ({ name: names[i], timing })),
    aim: aimOf(work.target, timings[0].median, timings[1]?.median),
  };
}

export function trainingBenchmarks(settings: Settings): Benchmark[] {
  return trainingWorks
    .filter(({ quantity }) => quantity === undefined)
    .map((work) => ({ name: work.name, run: () => run(work, settings) }));
}
