/** Eager execution of `tf.function`s: their plain functions run op by op. Also whether the current code runs during a call of one. */
import { tensorsIn, withTensors } from '../core/leaves';
import { rejectPromise } from '../core/nest';
import { detached, context, withContext } from '../core/context';
import { describe } from '../core/shape';
import { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { identity } from '../ops/array/views';

let allEager = false;
/**
 * Whether a function is running op by op. 'outer': the functions that it calls are compiled; 'all': they run op by op too.
 */
let eagerScope: 'none' | 'outer' | 'all' = 'none';

/**
 * Makes every `tf.function` run its plain function op by op, so that a debugger and `console.log` see each call. @tf tf.config.run_functions_eagerly
 */
export function runFunctionsEagerly(runEagerly: boolean): void {
  if (typeof runEagerly !== 'boolean') {
    throw new TypeError(`[runFunctionsEagerly] takes true or false; got ${describe(runEagerly)}`);
  }
  allEager = runEagerly;
}

/** @tf tf.config.functions_run_eagerly */
export function functionsRunEagerly(): boolean {
  return allEager;
}

/** Whether ops run eagerly: false while a `tf.function` is traced, or runs op by op because it is not compiled. @tf tf.executing_eagerly */
export function executingEagerly(): boolean {
  return !insideFunction();
}

/** Whether a call of a `tf.function` is under way: its trace, or its execution op by op. @tf tf.inside_function */
export function insideFunction(): boolean {
  return context.tracer !== null || eagerScope !== 'none';
}

/** Whether a call of a compiled function runs the plain function: during a trace, or if functions run eagerly. */
export function runsEagerly(): boolean {
  return context.tracer !== null || eagerScope === 'all' || allEager;
}

function withEagerScope<R>(scope: typeof eagerScope, f: () => R): R {
  const before = eagerScope;
  eagerScope = scope;
  try {
    return f();
  } finally {
    eagerScope = before;
  }
}

/**
 * Runs a user function op by op. Like those of a compiled one, its results are new tensors. `onCreate` is called for each
 * variable that it creates; `scope` selects how functions that it calls run.
 */
export function runOpByOp(
  f: () => unknown,
  onCreate: (variable: Variable) => void,
  scope: 'outer' | 'all',
): unknown {
  const value = withEagerScope(scope, () => withContext({ onCreate }, f));
  if (value instanceof Tensor) return identity(value);
  return withTensors(value, tensorsIn(value).map(identity));
}

/**
 * Runs `f` outside the function being traced: its ops run eagerly and are not recorded on tapes. It must not use tensors of
 * the traced function, nor variables that the traced function has read or assigned. @tf tf.init_scope
 */
export function initScope<R>(f: () => R): R {
  if (typeof f !== 'function') throw new TypeError(`[initScope] needs a function; got ${describe(f)}`);
  return withEagerScope('none', () =>
    detached(() => {
      const result = f();
      rejectPromise(result, 'tf.initScope');
      return result;
    }),
  );
}
