/** tf.cond, tf.case, tf.switchCase. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { withTensors } from '../../core/leaves';
import { rejectPromise } from '../../core/nest';
import { options as parseOptions, throwExtraArguments } from '../../core/options';
import { context } from '../../core/context';
import { describe } from '../../core/shape';
import { shapeOf, specOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { lessEqual } from '../../ops/math/compare';
import { cast } from '../../ops/array/cast';
import { stack } from '../../ops/array/joining';
import { reduceSum } from '../../ops/reduce/reduce';
import { Assert } from '../../ops/debugging/assertions';
import type { Trace } from '../../graph/trace';
import { BranchFlow, type Branch, type SelectBranch } from './branch_flow';
import { emit } from './flow';
import {
  alike,
  checkCallable,
  isTrue,
  predicate,
  showStructure,
  showTensor,
  showTypes,
  flattenTensors,
  type FlatStructure,
} from './structure';
import { ConcretizationError } from '../../graph/concretization_error';
import { traceSubgraph, traceSubgraphs, type TracedSubgraph } from './subgraph';

/** Calls a branch whose condition is known. */
function callNow<R>(f: () => R, op: string): R {
  const result = f();
  rejectPromise(result, `tf.${op}`);
  return result;
}

/**
 * Runs one of two functions, selected by a scalar condition, and returns its result. If the condition is symbolic, inside
 * tf.function, both are traced and must return tensors of the same structure and dtypes; each run of the compiled function
 * executes one of them. Gradients of any order pass; both may read and assign variables.
 * @tf tf.cond
 */
export function cond<R>(pred: TensorLike, trueFn: () => R, falseFn: () => R): R {
  checkCallable(trueFn, 'cond', 'trueFn');
  checkCallable(falseFn, 'cond', 'falseFn');
  if (typeof pred === 'boolean') return callNow(pred ? trueFn : falseFn, 'cond');
  const p = predicate(pred, 'cond', 'pred');
  return either('cond', p, [trueFn, falseFn], ['trueFn', 'falseFn']);
}

/** Runs the first function if a scalar is true, else the second. */
function either<R>(
  op: string,
  p: Tensor,
  fns: readonly [() => R, () => R],
  names: readonly [string, string],
): R {
  if (!p.isSymbolic) return callNow(fns[isTrue(p) ? 0 : 1], op);
  return emitBranches(op, p, (index) => (isTrue(index) ? 0 : 1), fns, names) as R;
}

export type PredFnPair<R> = readonly [pred: TensorLike, fn: () => R];

export interface CaseOptions<R> {
  /** Runs if no condition is true. Without it, the last function runs, after a check that its condition is true. */
  default?: (() => R) | null;
  /** More than one true condition is an error. Default false: the first one counts. */
  exclusive?: boolean;
}

const caseDefaults = { default: null, exclusive: false };

/**
 * Runs the function of the first pair whose condition, a bool scalar, is true. Traces and gradients work as in `tf.cond`.
 * @tf tf.case
 */
export function caseOf<R>(
  predFnPairs: readonly PredFnPair<R>[],
  options?: CaseOptions<R> | CaseOptions<R>['default'],
): R {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('case', 2, arguments, caseDefaults);
  const o = parseOptions<Required<CaseOptions<R>>>(options, 'default', caseDefaults, 'case');
  if (!Array.isArray(predFnPairs))
    throw new TypeError(`[case] 'predFnPairs' must be an array of pairs. Received: ${describe(predFnPairs)}`);
  const pairs = (predFnPairs as readonly PredFnPair<R>[]).map((pair: unknown, i): [Tensor, () => R] => {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new TypeError(
        `[case] Each entry in 'predFnPairs' must be a pair [pred, fn]. Received ${describe(pair)}`,
      );
    const [pred, fn] = pair as unknown as PredFnPair<R>;
    const p = predicate(pred, 'case', `the condition of pair ${i}`);
    if (p.dt.kind !== 'bool')
      throw new TypeError(`[case] the condition of pair ${i} must be of type bool; got ${p.dtype}`);
    checkCallable(fn, 'case', `fn of pair ${i}`);
    return [p, fn];
  });
  const otherwise = o.default;
  if (otherwise !== null) checkCallable(otherwise, 'case', 'default');
  if (pairs.length === 0) {
    if (otherwise !== null) return callNow(otherwise, 'case');
    throw new InvalidArgumentError(`[case] Must provide at least one pair in 'predFnPairs', or a default`);
  }
  const preds = pairs.map(([p]) => p);
  if (o.exclusive && pairs.length > 1) {
    const many = lessEqual(reduceSum(cast(stack(preds), 'int32')), 1);
    Assert(many, ['Input error: exclusive=true: more than 1 conditions evaluated as true:', stack(preds)]);
  }
  let fallback = otherwise;
  if (fallback === null) {
    const [p, fn] = pairs[pairs.length - 1];
    pairs.pop();
    fallback = () => {
      Assert(p, ['Input error: None of conditions evaluated as True:', stack(preds)]);
      return fn();
    };
  }
  const last = otherwise === null ? `fn of pair ${pairs.length}` : 'default';
  const all = pairs.reduceRight(
    (next, [p, fn], i) =>
      () =>
        either('case', p, [fn, next], [`fn of pair ${i}`, i < pairs.length - 1 ? 'what follows it' : last]),
    fallback,
  );
  return callNow(all, 'case');
}

export interface SwitchCaseOptions<R> {
  /** Runs for an index without a branch. Default: the last branch. */
  default?: (() => R) | null;
}

const switchCaseDefaults = { default: null };

/**
 * Runs the branch with the index given by an integer scalar. `branchFns` are functions in index order, or pairs of index and
 * function whose indices cover 0 to their number. Traces and gradients work as in `tf.cond`.
 * @tf tf.switch_case
 */
export function switchCase<R>(
  branchIndex: TensorLike,
  branchFns: readonly (() => R)[] | readonly (readonly [number, () => R])[],
  options?: SwitchCaseOptions<R> | SwitchCaseOptions<R>['default'],
): R {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments('switchCase', 3, arguments, switchCaseDefaults);
  const o = parseOptions<Required<SwitchCaseOptions<R>>>(
    options,
    'default',
    switchCaseDefaults,
    'switchCase',
  );
  if (!Array.isArray(branchFns))
    throw new TypeError(`[switchCase] 'branchFns' must be an array; got ${describe(branchFns)}`);
  const list = branchFns as readonly unknown[];
  if (list.length === 0) {
    throw new InvalidArgumentError(`[switchCase] Must provide at least one item in 'branchFns'`);
  }
  const fns = new Array<(() => R) | undefined>(list.length);
  list.forEach((entry, i) => {
    const pair: readonly unknown[] = Array.isArray(entry) ? entry : [i, entry];
    if (pair.length !== 2 || typeof pair[0] !== 'number' || typeof pair[1] !== 'function') {
      throw new TypeError(
        `[switchCase] Each entry in 'branchFns' must be a function, or a pair of index and function. Received ` +
          describe(entry),
      );
    }
    fns[pair[0]] = pair[1] as () => R;
  });
  if (fns.length !== list.length || fns.includes(undefined)) {
    const keys = list.map((e) => (e as unknown[])[0]).join();
    throw new InvalidArgumentError(
      `[switchCase] branch indices (keys) must form contiguous range of [0 to ${list.length}) but found {${keys}}`,
    );
  }
  const branches = fns as (() => R)[];
  const names = branches.map((_, i) => `branch ${i}`);
  if (o.default !== null) {
    checkCallable(o.default, 'switchCase', 'default');
    branches.push(o.default);
    names.push('default');
  }
  const index = toTensor(
    branchIndex,
    typeof branchIndex === 'number' ? dtypes.int32 : null,
    'switchCase',
    'branchIndex',
  );
  if (index.dt.kind !== 'int')
    throw new TypeError(`[switchCase] 'branchIndex' must be an integer tensor, got ${index.dtype}`);
  if (index.rank !== 0) predicate(index, 'switchCase', 'branchIndex');
  const select = (t: Tensor): number => {
    const i = Number(t.item());
    return i >= 0 && i < branches.length ? i : branches.length - 1;
  };
  if (!index.isSymbolic) return callNow(branches[select(index)], 'switchCase');
  return emitBranches('switchCase', index, select, branches, names) as R;
}

/** Adds branches that are selected by a symbolic index to the function being traced. */
const emitBranches = (...args: Parameters<typeof traceBranches>): unknown =>
  (context.tracer as Trace).recordingFailure(() => traceBranches(...args));

function traceBranches(
  op: string,
  index: Tensor,
  select: SelectBranch,
  fs: readonly (() => unknown)[],
  names: readonly string[],
): unknown {
  const subgraphs = traceSubgraphs(op, (live) =>
    fs.map((f, i) =>
      traceSubgraph(
        op,
        [],
        () => flattenTensors(f(), op, names[i]),
        (r) => r.tensors,
        live,
      ),
    ),
  );
  checkAlike(op, subgraphs, names);

  // Values of variables are inputs, and results if a branch assigns them.
  const assigned = new Set<Variable>(subgraphs.flatMap((p) => [...p.assigned.keys()]));
  const captures = [...new Set(subgraphs.flatMap((p) => p.captures))];
  if (context.recorder !== null) {
    for (const v of new Set(subgraphs.flatMap((p) => [...p.variables]))) {
      const read = v.operand();
      if (!captures.includes(read)) captures.push(read);
    }
  }
  const oldValues = [...assigned].map((v) => v.held);
  for (const old of oldValues) if (!captures.includes(old)) captures.push(old);
  const place = new Map(captures.map((t, i) => [t, i + 1]));
  const resultCount = subgraphs[0].graph.results.length;
  const branches = subgraphs.map((subgraph): Branch => {
    const { graph } = subgraph;
    const parameters = [...graph.parameters];
    const inputs = subgraph.captures.map((t) => place.get(t) as number);
    const newValues = [...assigned].map((v, i) => {
      const value = subgraph.assigned.get(v);
      if (value !== undefined) {
        if (!alike(value, oldValues[i]))
          throw new ConcretizationError(
            op,
            `the branches leave different shapes in the variable '${v.name}'`,
          );
        return value;
      }
      const at = subgraph.captures.indexOf(oldValues[i]);
      if (at >= 0) return graph.parameters[at];
      // This branch does not use the variable: its old value passes through.
      const symbol = subgraph.trace.symbol(oldValues[i].dt, shapeOf(oldValues[i]));
      parameters.push(symbol);
      inputs.push(place.get(oldValues[i]) as number);
      return symbol;
    });
    const results = [...graph.results, ...newValues];
    return { graph: { ...graph, parameters, results }, inputs, outs: results.map((_, i) => i) };
  });
  const outs = branches[0].graph.results.map(specOf);
  const flow = new BranchFlow(op, select, branches, captures.map(specOf), outs);
  if (subgraphs.some((p) => p.trace.hasGradientCaptures)) flow.tryDerivative();
  const results = emit(flow, [index, ...captures]);
  [...assigned].forEach((v, i) => v.assignOwned(results[resultCount + i]));
  return withTensors(subgraphs[0].value.structure, results);
}

function checkAlike(
  op: string,
  subgraphs: readonly TracedSubgraph<FlatStructure>[],
  names: readonly string[],
): void {
  const [first] = subgraphs;
  subgraphs.forEach((subgraph, i) => {
    const a = showStructure(first.value.structure);
    const b = showStructure(subgraph.value.structure);
    const fail = (details: string): never => {
      throw new TypeError(
        `[${op}] ${names[0]} and ${names[i]} arguments to tf.${op} must have the same number, type, and overall structure ` +
          `of return values.\n\n${names[0]} output: ${showTypes(first.value.structure)}\n` +
          `${names[i]} output: ${showTypes(subgraph.value.structure)}\n\nError details:\n${details}`,
      );
    };
    if (a !== b) fail('the structures differ; return the same arrays, keys and numbers of tensors from both');
    first.graph.results.forEach((t, k) => {
      const other = subgraph.graph.results[k];
      if (t.dt !== other.dt)
        fail(
          `result ${k}: ${showTensor(t)} and ${showTensor(other)} have different types; cast one of them, ` +
            `tf.cast(y, '${t.dtype}')`,
        );
    });
  });
  for (const { graph } of subgraphs) {
    graph.results.forEach((t, k) => {
      if (!alike(first.graph.results[k], t))
        throw new ConcretizationError(op, `the branches return different shapes as result ${k}`);
    });
  }
}
