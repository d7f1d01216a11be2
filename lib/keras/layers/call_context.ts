/** What nested calls of layers share: whether they train. And the masks of tensors. */
import type { Tensor } from '../../core/tensor';
import type { KerasTensor } from '../symbolic/keras_tensor';

interface CallContext {
  /** Undefined: nobody has said. */
  readonly training: boolean | undefined;
}

/** The context of the outermost call in progress; null outside. */
let current: CallContext | null = null;

/** Whether the call in progress trains; null outside of calls. */
export const currentTraining = (): boolean | null => current?.training ?? null;

/** Runs f as the body of a layer's call. */
export function withTraining<T>(training: boolean | undefined, f: () => T): T {
  const before = current;
  current = { training };
  try {
    return f();
  } finally {
    current = before;
  }
}

type Maskable = Tensor | KerasTensor;
const masks = new WeakMap<object, Maskable>();

/** The mask of a tensor, bool: false for entries (of batch and time, say) that are padding. Null if it has none. */
export const maskOf = <T extends Maskable>(t: T): T | null => (masks.get(t) as T | undefined) ?? null;

/** Attaches a mask to a tensor. */
export function setMask(t: Maskable, mask: Maskable | null): void {
  if (mask !== null) masks.set(t, mask);
}

/** Takes the mask off a tensor. */
export function removeMask(t: Maskable): void {
  masks.delete(t);
}
