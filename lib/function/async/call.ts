/** Asynchronous calls of compiled functions, off the event loop. */
import { FailedPreconditionError } from '../../core/errors';
import { context } from '../../core/context';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { insideFunction } from '../eager';
import type { Specialization } from '../specialization';
import { enqueue } from './queue';
import { runSteps } from './run';

/** Throws if a trace or tape would miss an asynchronous call. */
export function checkAsync(name: string): void {
  if (insideFunction()) {
    throw new FailedPreconditionError(
      `[${name}] async inside a compiled function: call the function itself, it is inlined`,
    );
  }
  if (context.recorder !== null) {
    throw new FailedPreconditionError(
      `[${name}] a tape does not record what is computed off the event loop: call the function itself, or put the tape into it`,
    );
  }
}

/** Throws a TypeError if a signal is no AbortSignal; the reason of one that is aborted. */
export function checkSignal(signal: unknown, name: string): void {
  if (signal === null) return;
  const { aborted, throwIfAborted, addEventListener } = signal as Partial<AbortSignal>;
  if (
    typeof aborted !== 'boolean' ||
    typeof throwIfAborted !== 'function' ||
    typeof addEventListener !== 'function'
  )
    throw new TypeError(`[${name}] signal must be an AbortSignal; got ${describe(signal)}`);
  (signal as AbortSignal).throwIfAborted();
}

/** Queues a call; resolves to its result. A function that runs op by op runs on the event loop. */
export function runAsync(
  name: string,
  specialization: Specialization,
  tensors: readonly Tensor[],
  signal: AbortSignal | null = null,
): Promise<unknown> {
  specialization.uses++;
  const { compiled } = specialization;
  if (compiled === null) {
    return enqueue(name, null, tensors, signal, (args, variables) =>
      Promise.resolve(variables.withClaim(() => specialization.runEagerly(args))),
    );
  }
  const { executable } = compiled.graph;
  return enqueue(name, executable.use, tensors, signal, async (args, variables) =>
    specialization.packResults(await runSteps(executable, args, variables, signal)),
  );
}
