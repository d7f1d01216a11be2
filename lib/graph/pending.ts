/**
 * What was assigned before an error stays assigned. A compiled function carries assignments out at its end: an error takes
 * along those that stand before it, and whoever called the function carries them out.
 */
import { detached } from '../core/context';
import { aliasTensor, shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';

/** By the error. */
const assignments = new WeakMap<object, Map<Variable, Tensor>>();

/**
 * Adds assignments that stand before an error. Inner parts of a function come first, and are later in program order: where
 * they assign a variable too, their value counts.
 */
export function addPending(
  error: unknown,
  assigned: readonly { readonly variable: Variable }[],
  value: (i: number) => Tensor,
): void {
  if (typeof error !== 'object' || error === null || assigned.length === 0) return;
  let known = assignments.get(error);
  if (known === undefined) assignments.set(error, (known = new Map<Variable, Tensor>()));
  for (const [i, { variable }] of assigned.entries()) {
    if (known.has(variable)) continue;
    const t = value(i);
    // Others may dispose theirs before it is assigned.
    known.set(
      variable,
      detached(() => aliasTensor(t, shapeOf(t), 'assign')),
    );
  }
}

/** Carries out the assignments that stand before an error. */
export function assignPending(error: unknown): void {
  if (typeof error !== 'object' || error === null) return;
  const known = assignments.get(error);
  if (known === undefined) return;
  assignments.delete(error);
  for (const [variable, value] of known) {
    variable.assignTensor(value);
    value.dispose();
  }
}

/** Runs steps, which `f` creates; an error takes along the values that variables have by then. */
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
