/** Whether functions are compiled, and whether one is being traced. */
import { tensorsIn, withTensors } from '../core/leaves';
import { rejectPromise } from '../core/nest';
import { apart, scope } from '../core/scope';
import { describe } from '../core/shape';
import { Tensor } from '../core/tensor';
import { identity } from '../ops/views';

let eagerly = false;
/** A compiled function is running as the plain function that it was made of, where programs do not pay. */
let inside = false;

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

/** Whether ops compute at once: false in a compiled function. @tf tf.executing_eagerly */
export function executingEagerly(): boolean {
  return !insideFunction();
}

/** Whether a compiled function is around. @tf tf.inside_function */
export function insideFunction(): boolean {
  return scope.tracer !== null || inside;
}

/** Whether a compiled function that is called runs as the plain function: it is a part of another, or none is compiled. */
export function runsPlainly(): boolean {
  return scope.tracer !== null || inside || eagerly;
}

function withInside<R>(now: boolean, f: () => R): R {
  const before = inside;
  inside = now;
  try {
    return f();
  } finally {
    inside = before;
  }
}

/** Runs a function that was traced before, op by op, as its program would run: its results are tensors of their own. */
export function plainly(f: () => unknown): unknown {
  const value = withInside(true, f);
  if (value instanceof Tensor) return identity(value);
  return withTensors(value, tensorsIn(value).map(identity));
}

/**
 * Runs `f` outside of the function that is being traced: its ops compute at once, and tapes do not see them. It must not use
 * tensors of the traced function, nor variables that that has read or assigned. @tf tf.init_scope
 */
export function initScope<R>(f: () => R): R {
  return withInside(false, () =>
    apart(() => {
      const result = f();
      rejectPromise(result, 'tf.initScope');
      return result;
    }),
  );
}
