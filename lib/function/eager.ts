/** Whether functions are compiled, and whether one is around. */
import { tensorsIn, withTensors } from '../core/leaves';
import { rejectPromise } from '../core/nest';
import { detached, context, withContext } from '../core/context';
import { describe } from '../core/shape';
import { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { identity } from '../ops/array/views';

let eagerly = false;
/**
 * A function runs op by op as the plain function that it was made of: 'apart', functions that it calls are compiled;
 * 'plainly', they run op by op too.
 */
let inside: 'no' | 'apart' | 'plainly' = 'no';

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
  return context.tracer !== null || inside !== 'no';
}

/** Whether a compiled function that is called runs as the plain function: it is a part of another, or none is compiled. */
export function runsPlainly(): boolean {
  return context.tracer !== null || inside === 'plainly' || eagerly;
}

function withInside<R>(now: typeof inside, f: () => R): R {
  const before = inside;
  inside = now;
  try {
    return f();
  } finally {
    inside = before;
  }
}

/**
 * Runs a function of the user's op by op. As of a compiled one, its results are tensors of their own. `onCreate` is called
 * for each variable that it creates; `how` says what becomes of functions that it calls.
 */
export function runOpByOp(
  f: () => unknown,
  onCreate: (variable: Variable) => void,
  how: 'apart' | 'plainly',
): unknown {
  const value = withInside(how, () => withContext({ onCreate }, f));
  if (value instanceof Tensor) return identity(value);
  return withTensors(value, tensorsIn(value).map(identity));
}

/**
 * Runs `f` outside of the function that is being traced: its ops compute at once, and tapes do not see them. It must not use
 * tensors of the traced function, nor variables that that has read or assigned. @tf tf.init_scope
 */
export function initScope<R>(f: () => R): R {
  if (typeof f !== 'function') throw new TypeError(`[initScope] needs a function; got ${describe(f)}`);
  return withInside('no', () =>
    detached(() => {
      const result = f();
      rejectPromise(result, 'tf.initScope');
      return result;
    }),
  );
}
