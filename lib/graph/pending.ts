/**
 * Assignments that precede an error. In eager execution, what a function assigned before it threw stays assigned. A compiled
 * function carries out its assignments at its end, which an error prevents. So a step that throws attaches to the error the
 * assignments that precede it in program order (pending ones), and the call of the function carries them out before it rethrows.
 */
import { detached } from '../core/context';
import { aliasTensor, shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';

/** Pending assignments by error. */
const assignments = new WeakMap<object, Map<Variable, Tensor>>();

/**
 * Adds assignments pending before an error. Inner subgraphs add theirs first; these are later in program order, so their
 * values take precedence.
 */
export function addPending(
  error: unknown,
  assigned: readonly { readonly variable: Variable }[],
  value: (i: number) => Tensor,
): void {
  if (typeof error !== 'object' || error === null || assigned.length === 0) return;
  let byVariable = assignments.get(error);
  if (byVariable === undefined) assignments.set(error, (byVariable = new Map<Variable, Tensor>()));
  for (const [i, { variable }] of assigned.entries()) {
    if (byVariable.has(variable)) continue;
    const t = value(i);
    // An alias: the value may be disposed before it is assigned.
    byVariable.set(
      variable,
      detached(() => aliasTensor(t, shapeOf(t), 'assign')),
    );
  }
}

/** Carries out the assignments pending before an error. */
export function assignPending(error: unknown): void {
  if (typeof error !== 'object' || error === null) return;
  const byVariable = assignments.get(error);
  if (byVariable === undefined) return;
  assignments.delete(error);
  for (const [variable, value] of byVariable) {
    variable.assignTensor(value);
    value.dispose();
  }
}

/** Runs the generator of `f`; an error gets the current values of the variables as pending assignments. */
export function* withPendingSteps<S, R, T>(
  variables: readonly Variable[],
  values: (i: number) => Tensor,
  f: () => Generator<S, R, T>,
): Generator<S, R, T> {
  try {
    return yield* f();
  } catch (error) {
    addPending(
      error,
      variables.map((variable) => ({ variable })),
      values,
    );
    throw error;
  }
}
