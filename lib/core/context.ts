/**
 * The execution context: the global state that ops read while they run. All state that one layer of the library sets and
 * another reads is a field of `context`. `withContext` sets fields for the duration of a call. A field is declared by the
 * module that introduces it (declaration merging), since this one imports nothing:
 *
 * - `tidy` (core/tensor.ts): the large tensors created in the innermost `tf.tidy`;
 * - `recorder` (methods in core/variable.ts, op/contract.ts): the active tapes;
 * - `tracer` (methods in core/variable.ts, op/contract.ts): the function that is being traced;
 * - `onCreate` (core/variable.ts): a callback for new variables;
 * - `claims` (core/variable.ts): the asynchronous calls in flight that assign variables. This object is never replaced; the
 *   queue of such calls mutates it;
 * - `donated` (op/donation.ts): the upstream gradient that a kernel of the backward pass may overwrite.
 */

/** Records ops for differentiation: one tape or several. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- other modules declare its methods
export interface Recorder {}

/** Builds the graph of the function that is being traced: ops on its tensors become nodes. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- as above
export interface Tracer {}

export interface Context {
  /** Null if no tape is active; the eager fast path of every op tests this. */
  recorder: Recorder | null;
  /** Null if no function is being traced. */
  tracer: Tracer | null;
}

export const context = {
  recorder: null,
  tracer: null,
  tidy: null,
  onCreate: null,
  claims: { open: 0, ordered: false, any: null },
  donated: null,
} as Context;

/** Runs f with these fields changed, then restores all fields. */
export function withContext<T>(change: Partial<Context>, f: () => T): T {
  const before = { ...context };
  Object.assign(context, change);
  try {
    return f();
  } finally {
    Object.assign(context, before);
  }
}

/** Runs f outside of all tapes, traces and `tf.tidy` scopes, for state that outlives them. */
export function detached<T>(f: () => T): T {
  return withContext({ recorder: null, tracer: null, tidy: null, onCreate: null }, f);
}

/** Whether no tape is active and no function is being traced: results that only a gradient reads need not be computed. */
export const notRecorded = (): boolean => context.recorder === null && context.tracer === null;
