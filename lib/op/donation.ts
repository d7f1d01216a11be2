/** Buffer donation: a kernel may write its result into the storage of an operand that nothing else reads. */
import { context } from '../core/context';
import { moveStorage, type Tensor } from '../core/tensor';

declare module '../core/context' {
  interface Context {
    /**
     * During a backward pass: the upstream gradient of a unary op, if the op's gradient function is its last reader and its
     * storage is uniquely owned; else null. The backward pass sets it; kernels that read it once may write over it.
     */
    donated: Tensor | null;
  }
}

/** A new tensor in the storage of the donated one, whose elements it holds until it is written. */
export function reuseDonated(dy: Tensor): Tensor {
  context.donated = null;
  const y = moveStorage(dy);
  if (context.tidy !== null) context.tidy.push(y);
  return y;
}
