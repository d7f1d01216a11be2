/** Whether functions are compiled, and whether one is being traced. */
import { rejectPromise } from '../core/nest';
import { apart, scope } from '../core/scope';
import { describe } from '../core/shape';

let eagerly = false;

/**
 * Makes every `tf.function` run as the plain function that it was made of, so that a debugger and `console.log` see each
 * call. @tf tf.config.run_functions_eagerly
 */
export function runFunctionsEagerly(runEagerly: boolean): void {
  if (typeof runEagerly !== 'boolean') {
    throw new TypeError(`[runFunctionsEagerly] takes true or false; got ${describe(runEagerly)}`);
  }
  eagerly = runEagerly;
}

/** @tf tf.config.functions_run_eagerly */
export function functionsRunEagerly(): boolean {
  return eagerly;
}

/** Whether ops compute at once: false while a function is traced. @tf tf.executing_eagerly */
export function executingEagerly(): boolean {
  return scope.tracer === null;
}

/** Whether a function is being traced. @tf tf.inside_function */
export function insideFunction(): boolean {
  return scope.tracer !== null;
}

/**
 * Runs `f` outside of the function that is being traced: its ops compute at once, and tapes do not see them. It must not use
 * tensors of the traced function, nor variables that that has read or assigned. @tf tf.init_scope
 */
export function initScope<R>(f: () => R): R {
  return apart(() => {
    const result = f();
    rejectPromise(result, 'tf.initScope');
    return result;
  });
}
