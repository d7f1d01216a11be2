/** The op of `Variable.read`. */
import type { TracedOp } from './contract';

/** The value of a variable as a tensor that later assignments do not change; its gradient is the identity. */
export const readOp: TracedOp & { gradient<T>(dy: T): T } = {
  name: 'read',
  differentiable: true,
  savesInputs: 0,
  savesOutputs: false,
  execute: 'view',
  gradient: (dy) => dy,
};
