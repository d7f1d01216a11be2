/** Storages that kernels may write over. */
import { context } from '../core/context';
import { renew, type Tensor } from '../core/tensor';

/**
 * On the way back through a tape: the gradient of the result of a unary op, where the op's gradient is the last to read it and
 * nobody else shows its storage. The way back sets it; kernels that read it once may write over it.
 */
export const spent: { dy: Tensor | null } = { dy: null };

/** A tensor for a result in the storage of what is spent, whose elements it has until it is written. */
export function overSpent(dy: Tensor): Tensor {
  spent.dy = null;
  const y = renew(dy);
  if (context.tidy !== null) context.tidy.push(y);
  return y;
}
