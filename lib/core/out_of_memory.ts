/** Scratch memory that native code could not allocate. */
import { ResourceExhaustedError } from './errors';
import { type Dims, showShape } from './shape';

interface Operand {
  readonly dtype: string;
  readonly shape: Dims;
}

/** For an error of the native binding that says so, the one that a user gets; any other error as it is. */
export function outOfMemory(error: unknown, where: string, operands: readonly Operand[]): unknown {
  if (!(error instanceof RangeError) || (error as { code?: unknown }).code !== 'GRADTAPE_MEMORY')
    return error;
  const work = operands.map((t) => ` ${t.dtype} ${showShape(t.shape)}`);
  return new ResourceExhaustedError(
    `[${where}] the system has no memory for intermediate results${work.length > 0 ? ' of' : ''}${work.join(',')}; ` +
      'dispose tensors that are no longer needed, or split the work',
    { cause: error },
  );
}
