/** tf.whileLoop. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { withTensors } from '../../core/leaves';
import { options as parseOptions, throwExtraArguments } from '../../core/options';
import { context } from '../../core/context';
import { describe, showShape } from '../../core/shape';
import { shapeOf, specOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import type { Trace } from '../../graph/trace';
import { emit } from './flow';
import { LoopFlow } from './loop_flow';
import { alike, checkCallable, checkSameStructure, flattenTensors, isTrue, predicate } from './structure';
import { ConcretizationError } from '../../graph/concretization_error';
import { traceSubgraph, traceSubgraphs } from './subgraph';

const whileLoopDefaults = { maximumIterations: null } as const;

export interface WhileLoopOptions {
  /** The most iterations. Default: no limit. */
  maximumIterations?: TensorLike | null;
}

/** The most iterations of a loop that are unrolled during a trace, as long as the condition is known. */
export const maxUnrolled = 64;

/**
 * Calls `body` with the loop variables as long as `cond`, called with the same, returns a true scalar; the results of `body`
 * are the next loop variables. These may be nested structures, which keep their structure and dtypes, and inside a function
 * their shapes. Returns the last loop variables. Inside a function, a symbolic condition creates a loop in the compiled
 * program; under several tapes the function runs op by op.
 * @tf tf.while_loop
 */
export function whileLoop<V extends unknown[]>(
  cond: (...vars: V) => unknown,
  body: (...vars: V) => unknown,
  loopVars: readonly [...V],
  options?: WhileLoopOptions | WhileLoopOptions['maximumIterations'],
): V {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 4) throwExtraArguments('whileLoop', 4, arguments, whileLoopDefaults);
  const o = parseOptions<Required<WhileLoopOptions>>(
    options,
    'maximumIterations',
    whileLoopDefaults,
    'whileLoop',
  );
  checkCallable(cond, 'whileLoop', 'cond');
  checkCallable(body, 'whileLoop', 'body');
  if (!Array.isArray(loopVars)) {
    throw new TypeError(`[whileLoop] loopVars must be an array; got ${describe(loopVars)}`);
  }
  if (loopVars.length === 0) throw new InvalidArgumentError(`[whileLoop] 'loopVars' must be provided`);
  let limit: Tensor | null = null;
  if (o.maximumIterations !== null) {
    const hint = typeof o.maximumIterations === 'number' ? dtypes.int32 : null;
    limit = toTensor(o.maximumIterations, hint, 'whileLoop', 'maximumIterations');
    if (limit.rank !== 0) {
      throw new InvalidArgumentError(
        `[whileLoop] 'maximumIterations' must be a scalar. Received shape: ${showShape(shapeOf(limit))}`,
      );
    }
  }
  const maxIterations = limit === null ? Infinity : limit.isSymbolic ? null : Number(limit.item());

  const start = flattenTensors(loopVars, 'whileLoop', 'loopVars').structure;
  const call = <R>(f: (...vars: V) => R, structure: unknown): R => f(...(structure as V));
  const step = (structure: unknown): unknown => {
    const returned: unknown = call(body, structure);
    // A single loop variable may be returned without an array.
    const result = loopVars.length === 1 && !Array.isArray(returned) ? [returned] : returned;
    const next = flattenTensors(result, 'whileLoop', 'the result of body');
    checkSameStructure(structure, next.structure, 'whileLoop', 'loopVars and the result of body');
    const before = flattenTensors(structure, 'whileLoop', 'loopVars').tensors;
    next.tensors.forEach((t, i) => {
      if (t.dt === before[i].dt) return;
      throw new TypeError(
        `[whileLoop] Loop var ${i} enters the loop with type ${before[i].dtype} but has type ${t.dtype} after 1 iteration. ` +
          `Its type should remain constant`,
      );
    });
    return next.structure;
  };

  let current: unknown = start;
  let done = 0;
  if (context.tracer === null) {
    for (; maxIterations !== null && done < maxIterations; done++) {
      if (!isTrue(predicate(call(cond, current), 'whileLoop', 'the result of cond'))) break;
      current = step(current);
    }
    return current as V;
  }
  // The loop is unrolled as long as its condition is known at trace time.
  for (; maxIterations !== null && done < maxIterations && done < maxUnrolled; done++) {
    const condition = knownCondition(() => call(cond, current));
    if (condition === null) break;
    if (!condition) return current as V;
    current = step(current);
  }
  if (maxIterations !== null && done >= maxIterations) return current as V;
  const remaining =
    maxIterations === null || maxIterations === Infinity
      ? limit
      : toTensor(maxIterations - done, dtypes.int32, 'whileLoop', '');
  return (context.tracer as Trace).recordingFailure(
    () => compiledLoop((vars) => call(cond, vars), step, current, remaining) as V,
  );
}

/** The value of the condition if it is known at trace time; else null. */
function knownCondition(f: () => unknown): boolean | null {
  try {
    const { value } = traceSubgraph(
      'whileLoop',
      [],
      () => predicate(f(), 'whileLoop', 'the result of cond'),
      () => [],
      false,
    );
    return value.isSymbolic ? null : isTrue(value);
  } catch (error) {
    if (error instanceof ConcretizationError) return null;
    throw error;
  }
}

function compiledLoop(
  cond: (vars: unknown) => unknown,
  step: (vars: unknown) => unknown,
  start: unknown,
  limit: Tensor | null,
): unknown {
  (context.tracer as Trace).limitOrders('whileLoop', 2);
  const vars = flattenTensors(start, 'whileLoop', 'loopVars').tensors;
  const specs = vars.map(specOf);
  const [condition, body] = traceSubgraphs(
    'whileLoop',
    (live) =>
      [
        traceSubgraph(
          'whileLoop',
          specs,
          (given) => predicate(cond(withTensors(start, given)), 'whileLoop', 'the result of cond'),
          (t) => [t],
          live,
        ),
        traceSubgraph(
          'whileLoop',
          specs,
          (given) =>
            flattenTensors(step(withTensors(start, given)), 'whileLoop', 'the result of body').tensors,
          (ts) => ts,
          live,
        ),
      ] as const,
    ([c, b]) => c.needsVariables || b.needsVariables || c.assigned.size > 0,
  );
  // Variables that the body assigns are loop variables too.
  const assigned = [...body.assigned.keys()];
  const oldValues = assigned.map((v) => v.held);
  const carried = [...vars, ...oldValues];
  const newValues = [...body.graph.results, ...[...body.assigned.values()]];
  newValues.forEach((t, i) =>
    checkShape(carried[i], t, i < vars.length ? `Input tensor ${i}` : nameOf(assigned[i - vars.length])),
  );

  const captures = [...new Set([...condition.captures, ...body.captures])].filter(
    (t) => !oldValues.includes(t),
  );
  if (context.recorder !== null) {
    for (const v of new Set<Variable>([...condition.variables, ...body.variables])) {
      const read = v.operand();
      if (!captures.includes(read) && !oldValues.includes(read)) captures.push(read);
    }
  }
  const place = (t: Tensor): number => {
    const at = oldValues.indexOf(t);
    return at >= 0 ? vars.length + at : carried.length + captures.indexOf(t);
  };
  const varInputs = vars.map((_, i) => i);
  const inputs = [...carried, ...captures];
  if (limit !== null) inputs.push(limit);
  const flow = new LoopFlow(
    'whileLoop',
    {
      condition: condition.graph,
      conditionInputs: [...varInputs, ...condition.captures.map(place)],
      body: { ...body.graph, results: newValues },
      bodyInputs: [...varInputs, ...body.captures.map(place)],
      carried: carried.length,
      variables: assigned,
      limit: limit === null ? null : inputs.length - 1,
    },
    inputs.map(specOf),
  );
  if (condition.trace.hasGradientCaptures || body.trace.hasGradientCaptures) flow.tryDerivative();
  const results = emit(flow, inputs);
  assigned.forEach((v, i) => v.assignOwned(results[vars.length + i]));
  return withTensors(start, results);
}

const nameOf = (v: Variable): string => `The variable '${v.name}'`;

function checkShape(before: Tensor, after: Tensor, what: string): void {
  if (alike(before, after)) return;
  throw new InvalidArgumentError(
    `[whileLoop] ${what} enters the loop with shape ${showShape(shapeOf(before))}, but has shape ${showShape(shapeOf(after))} ` +
      `after one iteration. Inside tf.function shapes must stay the same; outside they may vary`,
  );
}
