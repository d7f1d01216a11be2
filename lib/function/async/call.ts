/** A call of a compiled function off the event loop. */
import { FailedPreconditionError } from '../../core/errors';
import { context } from '../../core/context';
import type { Tensor } from '../../core/tensor';
import { insideFunction } from '../eager';
import type { Specialization } from '../specialization';
import { enqueue } from './queue';
import { runSteps } from './run';

/** Throws where what a call computes later would be missed. */
export function checkLater(name: string): void {
  if (insideFunction()) {
    throw new FailedPreconditionError(
      `[${name}] async inside a compiled function: call the function itself, it becomes a part of that one`,
    );
  }
  if (context.recorder !== null) {
    throw new FailedPreconditionError(
      `[${name}] a tape does not see what is computed off the event loop: call the function itself, or put the tape into it`,
    );
  }
}

/** Queues a call, and gives what the function returns. A function that runs op by op does so on the event loop. */
export function runLater(
  name: string,
  specialization: Specialization,
  tensors: readonly Tensor[],
): Promise<unknown> {
  specialization.uses++;
  const { compiled } = specialization;
  if (compiled === null) {
    return enqueue(name, null, tensors, (args, variables) =>
      Promise.resolve(variables.here(() => specialization.runEagerly(args))),
    );
  }
  const { executable } = compiled.graph;
  return enqueue(name, executable.use, tensors, async (args, variables) =>
    specialization.packed(await runSteps(executable, args, variables)),
  );
}
