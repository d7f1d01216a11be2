/** tf.whileLoop. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { withTensors } from '../../core/leaves';
import { options as parseOptions, refuseSurplus } from '../../core/options';
import { context } from '../../core/context';
import { describe, showShape } from '../../core/shape';
import { shapeOf, specOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import type { Trace } from '../../graph/trace';
import { isTrue, predicate } from './branch_ops';
import { emit, type Out } from './flow';
import { LoopFlow } from './loop_flow';
import { alike, checkCallable, checkSameStructure, take } from './structure';
import { ConcretizationError } from '../../graph/concretization_error';
import { tracePart, type Part } from './subgraph';

const whileLoopDefaults = { maximumIterations: null } as const;

export interface WhileLoopOptions {
  /** The most iterations. Default: no limit. */
  maximumIterations?: TensorLike | null;
}

/** What a loop with a known condition is unrolled to in a function, at most. */
export const mostUnrolled = 64;

/**
 * Calls `body` with the loop variables as long as `cond`, called with the same, gives a true scalar; the results of `body`
 * are the next loop variables. They may be nested structures, of which each keeps its structure and dtypes, and inside a
 * function its shapes. Returns the last ones. Inside a function, a condition that has no value yet makes a loop of the
 * compiled program; under several tapes its iterations are decided one by one.
 * @tf tf.while_loop
 */
export function whileLoop<V extends unknown[]>(
  cond: (...vars: V) => unknown,
  body: (...vars: V) => unknown,
  loopVars: readonly [...V],
  options?: WhileLoopOptions | WhileLoopOptions['maximumIterations'],
): V {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 4) refuseSurplus('whileLoop', 4, arguments, whileLoopDefaults);
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
  const most = limit === null ? Infinity : limit.isSymbolic ? null : Number(limit.item());

  const start = take(loopVars, 'whileLoop', 'loopVars').structure;
  const call = <R>(f: (...vars: V) => R, structure: unknown): R => f(...(structure as V));
  const step = (structure: unknown): unknown => {
    const given: unknown = call(body, structure);
    // One variable needs no array around it.
    const result = loopVars.length === 1 && !Array.isArray(given) ? [given] : given;
    const next = take(result, 'whileLoop', 'the result of body');
    checkSameStructure(structure, next.structure, 'whileLoop', 'loopVars and the result of body');
    const before = take(structure, 'whileLoop', 'loopVars').tensors;
    next.tensors.forEach((t, i) => {
      if (t.dt === before[i].dt) return;
      throw new TypeError(
        `[whileLoop] Loop var ${i} enters the loop with type ${before[i].dtype} but has type ${t.dtype} after 1 iteration. ` +
          `Its type should remain constant`,
      );
    });
    return next.structure;
  };

  let now: unknown = start;
  let done = 0;
  if (context.tracer === null) {
    for (; most !== null && done < most; done++) {
      if (!isTrue(predicate(call(cond, now), 'whileLoop', 'the result of cond'))) break;
      now = step(now);
    }
    return now as V;
  }
  // As long as the condition is known already, the function does a step of its own for each iteration.
  for (; most !== null && done < most && done < mostUnrolled; done++) {
    const go = knownCondition(() => call(cond, now));
    if (go === null) break;
    if (!go) return now as V;
    now = step(now);
  }
  if (most !== null && done >= most) return now as V;
  const left =
    most === null || most === Infinity ? limit : toTensor(most - done, dtypes.int32, 'whileLoop', '');
  try {
    return compiledLoop((vars) => call(cond, vars), step, now, left) as V;
  } catch (error) {
    // The user's code may catch it: the trace around the loop is to know.
    if (error instanceof ConcretizationError) (context.tracer as Trace).reason = error;
    throw error;
  }
}

/** The condition if it does not depend on what is not known while the function is traced; else null. */
function knownCondition(f: () => unknown): boolean | null {
  try {
    const { value } = tracePart(
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
  const vars = take(start, 'whileLoop', 'loopVars').tensors;
  const specs = vars.map(specOf);
  const traceBoth = (live: boolean): [Part<Tensor>, Part<readonly Tensor[]>] => [
    tracePart(
      'whileLoop',
      specs,
      (given) => predicate(cond(withTensors(start, given)), 'whileLoop', 'the result of cond'),
      (t) => [t],
      live,
    ),
    tracePart(
      'whileLoop',
      specs,
      (given) => take(step(withTensors(start, given)), 'whileLoop', 'the result of body').tensors,
      (ts) => ts,
      live,
    ),
  ];
  let [condition, body] = traceBoth(false);
  if (condition.needsVariables || body.needsVariables || condition.assigned.size > 0) {
    (context.tracer as Trace).limitOrders('whileLoop', 1);
    // What it does to variables needs the variables themselves.
    (context.tracer as Trace).settle(true);
    [condition, body] = traceBoth(true);
  }
  // The variables that the body assigns are loop variables too.
  const assigned = [...body.assigned.keys()];
  const olds = assigned.map((v) => v.held);
  const carried = [...vars, ...olds];
  const news = [...body.graph.results, ...[...body.assigned.values()]];
  news.forEach((t, i) =>
    checkShape(carried[i], t, i < vars.length ? `Input tensor ${i}` : nameOf(assigned[i - vars.length])),
  );

  const captures = [...new Set([...condition.captures, ...body.captures])].filter((t) => !olds.includes(t));
  if (context.recorder !== null) {
    for (const v of new Set<Variable>([...condition.variables, ...body.variables])) {
      const read = v.operand();
      if (!captures.includes(read) && !olds.includes(read)) captures.push(read);
    }
  }
  const place = (t: Tensor): number => {
    const at = olds.indexOf(t);
    return at >= 0 ? vars.length + at : carried.length + captures.indexOf(t);
  };
  const own = vars.map((_, i) => i);
  const inputs = [...carried, ...captures];
  if (limit !== null) inputs.push(limit);
  const flow = new LoopFlow(
    'whileLoop',
    {
      condition: condition.graph,
      conditionInputs: [...own, ...condition.captures.map(place)],
      body: { ...body.graph, results: news },
      bodyInputs: [...own, ...body.captures.map(place)],
      carried: carried.length,
      variables: assigned,
      limit: limit === null ? null : inputs.length - 1,
      isTrue,
    },
    inputs.map((t): Out => ({ shape: shapeOf(t), dt: t.dt })),
  );
  if (condition.trace.closes || body.trace.closes) flow.tryDerivative();
  const results = emit(flow, inputs);
  assigned.forEach((v, i) => v.adopt(results[vars.length + i]));
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
