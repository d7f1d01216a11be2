/** Long scans, folds and maps inside of a function that is being traced: loops over a compiled body. */
import { withTensors } from '../../core/leaves';
import { context } from '../../core/context';
import { shapeOf, specOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { stack, unstack } from '../../ops/array/joining';
import { slice } from '../../ops/array/slicing';
import { reshape } from '../../ops/array/views';
import type { Trace } from '../../graph/trace';
import { emit, type Out } from './flow';
import { ScanFlow, type Source } from './scan_flow';
import { alike, take, type Structure, type Taken } from './structure';
import { ConcretizationError } from '../../graph/concretization_error';
import { tracePart, type Part } from './subgraph';
import { asShape } from '../../core/shape';

/** How many steps one iteration of a long loop makes: enough that calling it costs little, few enough to compile at once. */
const stepsAtOnce = 32;

export interface Steps {
  readonly op: string;
  /** One step: the accumulator's next value, and what is stacked. */
  readonly step: (accumulated: Structure, element: Structure) => { next: Structure; given: Structure };
  readonly elements: Taken;
  /** The elements from `first` on, so many. */
  readonly first: number;
  readonly count: number;
  readonly backwards: boolean;
}

export interface Stepped {
  readonly next: Structure;
  /** The structure of what is stacked, its tensors' first dimension the elements; null where nothing was. */
  readonly given: Structure;
  /** Which elements are done. */
  readonly first: number;
  readonly count: number;
}

/** Makes most of the steps in a loop; null where they do not keep shapes and dtypes, or depend on values. */
export function stepInLoop(start: Structure, steps: Steps): Stepped | null {
  try {
    return loop(start, steps);
  } catch (error) {
    if (error instanceof ConcretizationError) return null;
    throw error;
  }
}

function loop(start: Structure, steps: Steps): Stepped | null {
  const { op, backwards, elements } = steps;
  const iterations = Math.floor(steps.count / stepsAtOnce);
  const count = iterations * stepsAtOnce;
  const first = backwards ? steps.first + steps.count - count : steps.first;
  const carried = take(start, op, 'the accumulator').tensors;
  const rows = elements.tensors.map((t) => {
    const rest = shapeOf(t).slice(1);
    const used = slice(t, [first, ...rest.map(() => 0)], [count, ...rest]);
    return reshape(used, [iterations, stepsAtOnce, ...rest]);
  });
  let given: Structure = null;
  const body = (own: readonly Tensor[]): { next: readonly Tensor[]; stacked: readonly Tensor[] } => {
    const chunks = own.slice(carried.length).map((t) => unstack(t));
    const all: (readonly Tensor[])[] = [];
    let now: Structure = withTensors(start, own.slice(0, carried.length));
    for (let n = 0; n < stepsAtOnce; n++) {
      const i = backwards ? stepsAtOnce - 1 - n : n;
      const element = withTensors(
        elements.structure,
        chunks.map((c) => c[i]),
      );
      const result = steps.step(now, element);
      now = result.next;
      given = result.given;
      all[i] = take(given, op, 'the result of fn').tensors;
    }
    const stacked = all[0].map((_, k) => stack(all.map((row) => row[k])));
    return { next: take(now, op, 'the result of fn').tensors, stacked };
  };
  const specs: Out[] = [
    ...carried.map(specOf),
    ...rows.map((t): Out => ({ shape: asShape(shapeOf(t).slice(1)), dt: t.dt })),
  ];
  type Body = ReturnType<typeof body>;
  const traceBody = (live: boolean): Part<Body> =>
    tracePart(op, specs, body, (r) => [...r.next, ...r.stacked], live);
  let part = traceBody(false);
  if (part.needsVariables) {
    (context.tracer as Trace).limitOrders(op, 1);
    (context.tracer as Trace).settle(true);
    part = traceBody(true);
  }
  const { next, stacked } = part.value;
  if (!next.every((t, k) => alike(t, carried[k]))) return null;
  const results = emitLoop(steps, iterations, part, carried, rows, next.length, stacked.length);
  if (results === null) return null;
  const whole = results.stacked.map((t) => reshape(t, [count, ...shapeOf(t).slice(2)]));
  return { next: withTensors(start, results.next), given: withTensors(given, whole), first, count };
}

function emitLoop(
  { op, backwards }: Steps,
  count: number,
  part: Part<unknown>,
  carried: readonly Tensor[],
  rows: readonly Tensor[],
  nexts: number,
  stackedCount: number,
): { next: readonly Tensor[]; stacked: readonly Tensor[] } | null {
  // The variables that the body assigns are carried too.
  const assigned: Variable[] = [...part.assigned.keys()];
  const olds = assigned.map((v) => v.held);
  const news = [...part.assigned.values()];
  if (!news.every((t, i) => alike(t, olds[i])))
    throw new ConcretizationError(op, 'the shape of a variable changes from step to step');
  if (context.recorder !== null) for (const v of part.variables) v.operand();
  const starts = [...carried, ...olds];
  const captures = part.captures.filter((t) => !olds.includes(t));
  const inputs = [...starts, ...rows, ...captures];
  const sources = part.graph.parameters.map((_, p): Source => {
    if (p < carried.length) return { kind: 'carried', index: p };
    if (p < carried.length + rows.length) return { kind: 'part', input: starts.length + p - carried.length };
    const t = part.captures[p - carried.length - rows.length];
    const old = olds.indexOf(t);
    if (old >= 0) return { kind: 'carried', index: carried.length + old };
    return { kind: 'whole', input: starts.length + rows.length + captures.indexOf(t) };
  });
  const own = part.graph.results;
  const flow = new ScanFlow(
    op,
    {
      body: { ...part.graph, results: [...own.slice(0, nexts), ...news, ...own.slice(nexts)] },
      sources,
      starts: starts.map((_, i) => i),
      count,
      backwards,
      variables: assigned,
    },
    inputs.map((t): Out => ({ shape: shapeOf(t), dt: t.dt })),
  );
  if (part.trace.closes) flow.tryDerivative();
  const results = emit(flow, inputs);
  assigned.forEach((v, i) => v.adopt(results[nexts + i]));
  const from = nexts + assigned.length;
  return { next: results.slice(0, nexts), stacked: results.slice(from, from + stackedCount) };
}
