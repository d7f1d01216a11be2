/** Runs a compiled graph off the event loop: its segments on other threads, what JavaScript does between them here. */
import { setImmediate } from 'node:timers/promises';
import { outOfMemory } from '../../core/out_of_memory';
import type { Shape } from '../../core/shape';
import { aliasTensor, bufferOf, makeTensor, shapeOf, type Tensor } from '../../core/tensor';
import { flopsOf } from '../describe';
import { computeScalars, undoScalars, type Executable, type SegmentRun } from '../../compile/executable';
import type { Segment } from '../../compile/steps';
import type { Flowing } from '../../graph/graph';
import { addPending } from '../../graph/pending';
import type { RunVariables } from './values';

/** Estimate of operations in a graph that takes no longer than to go elsewhere: some 20 µs. */
const few = 100_000;
/** Milliseconds on the event loop at a stretch. */
const stretch = 1;
const sizes = new WeakMap<Executable, boolean>();

/** Whether the graph may as well run on the event loop: it is little, and touches no variables. */
function isSmall(e: Executable): boolean {
  let small = sizes.get(e);
  if (small === undefined) {
    let cost = 0;
    for (const step of e.steps) {
      cost += step.kind === 'segment' ? step.nodes.reduce((sum, n) => sum + flopsOf(n), 0) : Infinity;
    }
    sizes.set(e, (small = cost <= few));
  }
  return small;
}

/** Runs steps that run compiled graphs: loops, branches. */
async function drive(steps: Flowing, variables: RunVariables): Promise<readonly Tensor[]> {
  let since = performance.now();
  const here = <T>(f: () => T): T => variables.here(f);
  let next = here(() => steps.next());
  while (next.done !== true) {
    const [e, args] = next.value;
    let results: readonly Tensor[];
    try {
      if (isSmall(e)) {
        results = here(() => e.run(args));
        if (performance.now() - since > stretch) {
          await setImmediate();
          since = performance.now();
        }
      } else {
        results = await runSteps(e, args, variables);
        since = performance.now();
      }
    } catch (error) {
      next = here(() => steps.throw(error));
      continue;
    }
    const found = results;
    next = here(() => steps.next(found));
  }
  return next.value;
}

/**
 * Runs all steps. The tensors of `args` must live until the promise is settled. Begins at once, up to the first segment or
 * to the end.
 */
export async function runSteps(
  e: Executable,
  args: readonly Tensor[],
  variables: RunVariables,
): Promise<Tensor[]> {
  const values = e.values.slice();
  args.forEach((t, i) => (values[e.parameters[i]] = t));
  /** What goes when the run ends: results and variables share of it what they need. */
  const made = new Set<Tensor>();
  const shaped = ({ slot, shape }: { slot: number; shape: Shape }): Tensor => {
    const t = values[slot] as Tensor;
    if (shapeOf(t) === shape) return t;
    const alias = aliasTensor(t, shape, e.name);
    made.add(alias);
    return alias;
  };
  const arena = e.takeArena();
  try {
    for (const step of e.steps) {
      switch (step.kind) {
        case 'segment':
          // Never over a variable's value: until the call ends everyone may read that.
          for (const f of step.fresh) made.add((values[f.slot] = makeTensor(f.dt, f.shape, f.size)));
          await runSegment(e, step, values, arena, variables);
          break;
        case 'read':
          values[step.slot] = variables.read(step.variable);
          break;
        case 'assign': {
          const value = step.own ? (values[step.slot] as Tensor) : shaped(step);
          variables.assign(step.variable, value, step.own);
          if (step.own) made.delete(value);
          break;
        }
        case 'choice': {
          const { chosen } = step;
          variables.publish(chosen.variables);
          const { f, inputs } = chosen.branches[variables.here(() => chosen.choose())];
          await runSteps(
            f.executable,
            inputs.map((i) => shaped(step.inputs[i])),
            variables,
          );
          break;
        }
        default: {
          const { node, pending } = step;
          // It works on the variables themselves.
          variables.publish(node.scalarOp?.scalars.variables ?? node.variables ?? []);
          const inputs = step.inputs.map(shaped);
          let outputs: readonly Tensor[];
          try {
            outputs =
              node.steps === undefined
                ? variables.here(() => node.run(inputs, variables.read))
                : await drive(node.steps(inputs), variables);
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
      if (!r.own) return aliasTensor(t, r.shape, e.name);
      made.delete(t);
      return t;
    });
  } finally {
    e.giveArena(arena);
    for (const t of made) t.dispose();
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
    variables.here(() => {
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
    variables.here(() => {
      undoScalars(segment, run, -1);
    });
    throw outOfMemory(error, e.name, []);
  }
  while (stopped !== undefined) {
    const at = stopped;
    const from = variables.here(() => e.redo(segment, at, run));
    stopped = await program.start(storages, table, from, end);
  }
  if (failed !== null) {
    variables.here(() => {
      e.failAt(segment, failed.node, failed.error, run);
    });
  }
}
