/** Assignments that stand before a check: where it stops the run, they have happened. */
import type { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';

export interface Pending {
  readonly variable: Variable;
  readonly value: Tensor;
}

/** Which variables have their values already, by the error: inner parts of a function are later in program order. */
const applied = new WeakMap<object, Set<Variable>>();

/** Runs `f`; if it throws, the variables take these values first. */
export function orElseAssign<R>(
  variables: readonly Variable[],
  values: (i: number) => Tensor,
  f: () => R,
): R {
  try {
    return f();
  } catch (error) {
    assignAfter(error, variables, values);
    throw error;
  }
}

/** The same of steps, which `f` makes. */
export function* orElseAssignSteps<S, R, T>(
  variables: readonly Variable[],
  values: (i: number) => Tensor,
  f: () => Generator<S, R, T>,
): Generator<S, R, T> {
  try {
    return yield* f();
  } catch (error) {
    assignAfter(error, variables, values);
    throw error;
  }
}

function assignAfter(error: unknown, variables: readonly Variable[], values: (i: number) => Tensor): void {
  if (typeof error !== 'object' || error === null) return;
  let done = applied.get(error);
  if (done === undefined) applied.set(error, (done = new Set()));
  for (const [i, variable] of variables.entries()) {
    if (done.has(variable)) continue;
    done.add(variable);
    variable.assignTensor(values(i));
  }
}

let around: readonly Pending[] = [];

/** Notes what `f` notes as if these assignments stood before it. */
export function withPending<R>(pending: readonly Pending[], f: () => R): R {
  const before = around;
  around = pending;
  try {
    return f();
  } finally {
    around = before;
  }
}

export function pendingAround(): readonly Pending[] {
  return around;
}
