/**
 * Long scans, folds and maps (folds.ts) inside a traced function: traces several of their steps as the body of a loop, and emits
 * the loop as a ScanFlow (scan_flow.ts).
 */
import { withTensors } from '../../core/leaves';
import { context } from '../../core/context';
import { shapeOf, specOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { stack, unstack } from '../../ops/array/joining';
import { slice } from '../../ops/array/slicing';
import { reshape } from '../../ops/array/views';
import type { ResultSpec } from '../../op/define/general';
import { emit } from './flow';
import { ScanFlow, type Source } from './scan_flow';
import { alike, flattenTensors, type Structure, type FlatStructure } from './structure';
import { ConcretizationError } from '../../graph/concretization_error';
import { traceSubgraph, traceSubgraphs, type TracedSubgraph } from './subgraph';
import { asShape } from '../../core/shape';

/** The steps that one iteration of a scan or fold runs, unrolled: a compromise between call overhead and compile time. */
const unrolledSteps = 32;

interface LoopSteps {
  readonly op: string;
  /** One step: returns the accumulator's next value, and the values to stack. */
  readonly step: (accumulated: Structure, element: Structure) => { next: Structure; output: Structure };
  readonly elements: FlatStructure;
  /** The range of elements: `count` of them from `first` on. */
  readonly first: number;
  readonly count: number;
  readonly reverse: boolean;
  /** The steps of one iteration. Default: `unrolledSteps`. */
  readonly stepsPerIteration?: number;
}

interface LoopResult {
  readonly next: Structure;
  /** The stacked values, whose first dimension counts the elements; null if there are none. */
  readonly stacked: Structure;
  /** The range of elements that the loop has processed. */
  readonly first: number;
  readonly count: number;
}

/** Runs most of the steps in a loop; null if they change shapes or dtypes, or need concrete values. */
export function stepInLoop(start: Structure, steps: LoopSteps): LoopResult | null {
  try {
    return loop(start, steps);
  } catch (error) {
    if (error instanceof ConcretizationError) return null;
    throw error;
  }
}

function loop(start: Structure, steps: LoopSteps): LoopResult | null {
  const { op, reverse, elements, stepsPerIteration = unrolledSteps } = steps;
  const iterations = Math.floor(steps.count / stepsPerIteration);
  const count = iterations * stepsPerIteration;
  const first = reverse ? steps.first + steps.count - count : steps.first;
  const carried = flattenTensors(start, op, 'the accumulator').tensors;
  const rows = elements.tensors.map((t) => {
    const rest = shapeOf(t).slice(1);
    const used = count === shapeOf(t)[0] ? t : slice(t, [first, ...rest.map(() => 0)], [count, ...rest]);
    if (stepsPerIteration === 1) return used;
    return reshape(used, [iterations, stepsPerIteration, ...rest]);
  });
  let output: Structure = null;
  const body = (parameters: readonly Tensor[]): { next: readonly Tensor[]; stacked: readonly Tensor[] } => {
    const slices = parameters.slice(carried.length);
    let accumulated: Structure = withTensors(start, parameters.slice(0, carried.length));
    if (stepsPerIteration === 1) {
      const result = steps.step(accumulated, withTensors(elements.structure, slices));
      output = result.output;
      return {
        next: flattenTensors(result.next, op, 'the result of fn').tensors,
        stacked: flattenTensors(output, op, 'the result of fn').tensors,
      };
    }
    const chunks = slices.map((t) => unstack(t));
    const all: (readonly Tensor[])[] = [];
    for (let n = 0; n < stepsPerIteration; n++) {
      const i = reverse ? stepsPerIteration - 1 - n : n;
      const element = withTensors(
        elements.structure,
        chunks.map((c) => c[i]),
      );
      const result = steps.step(accumulated, element);
      accumulated = result.next;
      output = result.output;
      all[i] = flattenTensors(output, op, 'the result of fn').tensors;
    }
    const stacked = all[0].map((_, k) => stack(all.map((row) => row[k])));
    return { next: flattenTensors(accumulated, op, 'the result of fn').tensors, stacked };
  };
  const specs: ResultSpec[] = [
    ...carried.map(specOf),
    ...rows.map((t): ResultSpec => ({ shape: asShape(shapeOf(t).slice(1)), dt: t.dt })),
  ];
  const [subgraph] = traceSubgraphs(
    op,
    (live) => [traceSubgraph(op, specs, body, (r) => [...r.next, ...r.stacked], live)] as const,
  );
  const { next, stacked } = subgraph.value;
  if (!next.every((t, k) => alike(t, carried[k]))) return null;
  const results = emitLoop(steps, iterations, subgraph, carried, rows, next.length, stacked.length);
  if (results === null) return null;
  const joined = results.stacked.map((t) =>
    stepsPerIteration === 1 ? t : reshape(t, [count, ...shapeOf(t).slice(2)]),
  );
  return { next: withTensors(start, results.next), stacked: withTensors(output, joined), first, count };
}

function emitLoop(
  { op, reverse }: LoopSteps,
  count: number,
  subgraph: TracedSubgraph<unknown>,
  carried: readonly Tensor[],
  rows: readonly Tensor[],
  nexts: number,
  stackedCount: number,
): { next: readonly Tensor[]; stacked: readonly Tensor[] } | null {
  // Variables that the body assigns are loop variables too.
  const assigned: Variable[] = [...subgraph.assigned.keys()];
  const oldValues = assigned.map((v) => v.held);
  const newValues = [...subgraph.assigned.values()];
  if (!newValues.every((t, i) => alike(t, oldValues[i])))
    throw new ConcretizationError(op, 'the shape of a variable changes from step to step');
  if (context.recorder !== null) for (const v of subgraph.variables) v.operand();
  const starts = [...carried, ...oldValues];
  const captures = subgraph.captures.filter((t) => !oldValues.includes(t));
  const inputs = [...starts, ...rows, ...captures];
  const sources = subgraph.graph.parameters.map((_, p): Source => {
    if (p < carried.length) return { kind: 'carried', index: p };
    if (p < carried.length + rows.length) return { kind: 'slice', input: starts.length + p - carried.length };
    const t = subgraph.captures[p - carried.length - rows.length];
    const old = oldValues.indexOf(t);
    if (old >= 0) return { kind: 'carried', index: carried.length + old };
    return { kind: 'whole', input: starts.length + rows.length + captures.indexOf(t) };
  });
  const bodyResults = subgraph.graph.results;
  const flow = new ScanFlow(
    op,
    {
      body: {
        ...subgraph.graph,
        results: [...bodyResults.slice(0, nexts), ...newValues, ...bodyResults.slice(nexts)],
      },
      sources,
      starts: starts.map((_, i) => i),
      count,
      reverse,
      variables: assigned,
    },
    inputs.map(specOf),
  );
  if (subgraph.trace.hasGradientCaptures) flow.tryDerivative();
  const results = emit(flow, inputs);
  assigned.forEach((v, i) => v.assignOwned(results[nexts + i]));
  const from = nexts + assigned.length;
  return { next: results.slice(0, nexts), stacked: results.slice(from, from + stackedCount) };
}
