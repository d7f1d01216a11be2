/** A call of a compiled function off the event loop. */
import { FailedPreconditionError } from '../../core/errors';
import { scope } from '../../core/scope';
import type { Tensor } from '../../core/tensor';
import { insideFunction } from '../eager';
import type { Pieces } from '../pieces';
import { enqueue } from './queue';
import { runSteps } from './run';
import { anyUse } from './use';

/** Throws where what a call computes later would be missed. */
export function checkLater(name: string): void {
  if (insideFunction()) {
    throw new FailedPreconditionError(
      `[${name}] async inside a compiled function: call the function itself, it becomes a part of that one`,
    );
  }
  if (scope.recorder !== null) {
    throw new FailedPreconditionError(
      `[${name}] a tape does not see what is computed off the event loop: call the function itself, or put the tape into it`,
    );
  }
}

/** Queues a call, and gives what the function returns. */
export function runLater(name: string, pieces: Pieces, tensors: readonly Tensor[]): Promise<unknown> {
  const { first } = pieces;
  const whole = first.cut === null;
  // What comes after a cut is not known yet, and uses variables when it runs.
  const use = whole ? first.whole.executable.use : { ...anyUse, writes: new Set(pieces.assigned) };
  return enqueue(name, use, tensors, (args, variables) =>
    pieces.runLater(args, {
      here: (f) => variables.here(f),
      execute: async (e, given) => {
        const results = await runSteps(e, given, variables);
        // Between the pieces JavaScript reads and assigns the variables themselves.
        if (!whole) variables.carryOut();
        return results;
      },
    }),
  );
}
