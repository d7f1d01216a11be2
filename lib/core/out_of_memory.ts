/** Failed allocations of scratch memory in native code. */
import { ResourceExhaustedError } from './errors';
import { type Dims, showShape } from './shape';

interface Operand {
  readonly dtype: string;
  readonly shape: Dims;
}

/** Converts the native binding's error for a failed allocation to a ResourceExhaustedError; returns other errors unchanged. */
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
