/** Runs a compiled graph off the event loop: segments on other threads, host steps between them on this one. */
import { setImmediate } from 'node:timers/promises';
import { outOfMemory } from '../../core/out_of_memory';
import type { Shape } from '../../core/shape';
import { aliasTensor, bufferOf, makeTensor, shapeOf, type Tensor } from '../../core/tensor';
import { flopsOf } from '../describe';
import { computeScalars, undoScalars, type Executable, type SegmentRun } from '../../compile/executable';
import type { Segment } from '../../compile/steps';
import type { TensorSubgraphRuns } from '../../graph/graph';
import { addPending } from '../../graph/pending';
import type { RunVariables } from './run_variables';

/** Operations in a graph that runs as fast as a thread switch, about 20 µs. */
const smallFlops = 100_000;
/** Milliseconds of small graphs on the event loop before it is yielded to. */
const maxBlockingMs = 1;
const sizes = new WeakMap<Executable, boolean>();

/** Whether the graph runs on the event loop: it is small, and uses no variables. */
function isSmall(e: Executable): boolean {
  let small = sizes.get(e);
  if (small === undefined) {
    let cost = 0;
    for (const step of e.steps) {
      cost += step.kind === 'segment' ? step.nodes.reduce((sum, n) => sum + flopsOf(n), 0) : Infinity;
    }
    sizes.set(e, (small = cost <= smallFlops));
  }
  return small;
}

/** Drives the subgraph runs of a loop or branch. */
async function runSubgraphsAsync(
  runs: TensorSubgraphRuns,
  variables: RunVariables,
  signal: AbortSignal | null,
): Promise<readonly Tensor[]> {
  let since = performance.now();
  const withClaim = <T>(f: () => T): T => variables.withClaim(f);
  let next = withClaim(() => runs.next());
  while (next.done !== true) {
    const [e, args] = next.value;
    let results: readonly Tensor[];
    try {
      if (isSmall(e)) {
        results = withClaim(() => e.run(args));
        if (performance.now() - since > maxBlockingMs) {
          await setImmediate();
          signal?.throwIfAborted();
          since = performance.now();
        }
      } else {
        results = await runSteps(e, args, variables, signal);
        since = performance.now();
      }
    } catch (error) {
      next = withClaim(() => runs.throw(error));
      continue;
    }
    const returned = results;
    next = withClaim(() => runs.next(returned));
  }
  return next.value;
}

/**
 * Runs all steps. The tensors of `args` must stay alive until the promise is settled. The steps before the first segment run
 * synchronously. A signal ends the run before its next step, with its reason.
 */
export async function runSteps(
  e: Executable,
  args: readonly Tensor[],
  variables: RunVariables,
  signal: AbortSignal | null = null,
): Promise<Tensor[]> {
  const values = e.values.slice();
  args.forEach((t, i) => (values[e.parameters[i]] = t));
  /** Tensors that are disposed when the run ends; results and variables share the storage that they need. */
  const temporaries = new Set<Tensor>();
  const shaped = ({ slot, shape }: { slot: number; shape: Shape }): Tensor => {
    const t = values[slot] as Tensor;
    if (shapeOf(t) === shape) return t;
    const alias = aliasTensor(t, shape, e.name);
    temporaries.add(alias);
    return alias;
  };
  const arena = e.leaseArena();
  try {
    for (const step of e.steps) {
      signal?.throwIfAborted();
      switch (step.kind) {
        case 'segment':
          // Never in place of a variable's value, which others may read until the call ends.
          for (const f of step.fresh) temporaries.add((values[f.slot] = makeTensor(f.dt, f.shape, f.size)));
          await runSegment(e, step, values, arena, variables);
          break;
        case 'read':
          values[step.slot] = variables.read(step.variable);
          break;
        case 'assign': {
          const value = step.exclusive ? (values[step.slot] as Tensor) : shaped(step);
          variables.assign(step.variable, value, step.exclusive);
          if (step.exclusive) temporaries.delete(value);
          break;
        }
        case 'choice': {
          const { guarded } = step;
          variables.publish(guarded.variables);
          const { f, inputs } = guarded.branches[variables.withClaim(() => guarded.select())];
          await runSteps(
            f.executable,
            inputs.map((i) => shaped(step.inputs[i])),
            variables,
            signal,
          );
          break;
        }
        default: {
          const { node, pending } = step;
          // The step accesses the variables themselves.
          variables.publish(node.scalarOp?.scalars.variables ?? node.variables ?? []);
          const inputs = step.inputs.map(shaped);
          let outputs: readonly Tensor[];
          try {
            outputs =
              node.subgraphRuns === undefined
                ? variables.withClaim(() => node.run(inputs, variables.read))
                : await runSubgraphsAsync(node.subgraphRuns(inputs), variables, signal);
          } catch (error) {
            addPending(error, pending, (i) => shaped(pending[i]));
            throw error;
          }
          step.outputs.forEach((slot, i) => (values[slot] = outputs[i]));
        }
      }
    }
    return e.results.map((r) => {
      const t = values[r.slot] as Tensor;
      if (!r.exclusive) return aliasTensor(t, r.shape, e.name);
      temporaries.delete(t);
      return t;
    });
  } finally {
    e.returnArena(arena);
    for (const t of temporaries) t.dispose();
  }
}

async function runSegment(
  e: Executable,
  segment: Segment,
  values: readonly (Tensor | null)[],
  arena: Tensor,
  variables: RunVariables,
): Promise<void> {
  const tensors = [arena, ...segment.externals.map((slot) => values[slot] as Tensor)];
  const storages = tensors.map((t) => bufferOf(t));
  const table = new Float64Array(tensors.length + segment.scalarCount);
  tensors.forEach((t, i) => (table[i] = t.offset));
  const {
    values: scalars,
    count,
    failed,
  } = computeScalars(segment, (s, to, at) => {
    variables.publish(s.variables);
    variables.withClaim(() => {
      s.write(to, at, variables.read);
    });
  });
  table.set(scalars, tensors.length);
  const run: SegmentRun = { storages, table, scalarCount: count };
  const program = e.programOf(segment);
  const end = failed === null ? program.words : segment.nodes[failed.node].start;
  let stopped: number | undefined;
  try {
    stopped = await program.start(storages, table, 0, end);
  } catch (error) {
    variables.withClaim(() => {
      undoScalars(segment, run, -1);
    });
    throw outOfMemory(error, e.name, []);
  }
  while (stopped !== undefined) {
    const at = stopped;
    const from = variables.withClaim(() => e.rerunEagerly(segment, at, run));
    stopped = await program.start(storages, table, from, end);
  }
  if (failed !== null) {
    variables.withClaim(() => {
      e.failAt(segment, failed.node, failed.error, run);
    });
  }
}
