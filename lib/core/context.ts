/**
 * The execution context: what is in force while an op runs. State that one room of the library sets and another
 * reads belongs here (two exceptions: `claims` in core/variable.ts, `donation` in op/donation.ts). Fields are set for the time
 * of a call by `withContext`, and each room declares those that are its own:
 *
 * - `tidy` (core/tensor.ts): the large tensors created in the innermost `tf.tidy`;
 * - `recorder` (core/variable.ts, op/contract.ts): the tapes that record;
 * - `tracer` (core/variable.ts, op/contract.ts): the function that is being traced;
 * - `onCreate` (core/variable.ts): what is told of new variables.
 */

/** Receives what ops do: a tape, or several. Null in the context where nothing records. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the rooms that use it declare its methods
export interface Recorder {}

/** A function that is being traced: ops on its tensors become nodes of a graph. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- as above
export interface Tracer {}

export interface Context {
  /** Null where nothing records, which is what the fast path of every op asks for. */
  recorder: Recorder | null;
  tracer: Tracer | null;
}

export const context = { recorder: null, tracer: null, tidy: null, onCreate: null } as Context;

/** Runs f with these fields changed. Afterwards every field is what it was before the call. */
export function withContext<T>(change: Partial<Context>, f: () => T): T {
  const before = { ...context };
  Object.assign(context, change);
  try {
    return f();
  } finally {
    Object.assign(context, before);
  }
}

/** Runs f under no tape, trace or tidy: what it creates belongs to something that outlives them. */
export function detached<T>(f: () => T): T {
  return withContext({ recorder: null, tracer: null, tidy: null, onCreate: null }, f);
}
