/**
 * Declares the methods of methods.ts on the classes. A file of its own: in one that also imports the classes, the
 * compiler leaves that import out of the .d.ts file that it writes.
 */
import type { TensorMethods } from './methods';

declare module '../core/tensor' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface Tensor extends TensorMethods {}
}
declare module '../core/variable' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface Variable extends TensorMethods {}
}
