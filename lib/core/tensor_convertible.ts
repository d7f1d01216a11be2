/** The base class of variables and IndexedSlices: objects that ops convert to tensors. */
import type { DType, DTypeInfo } from './dtype';
import type { Tensor } from './tensor';

/** An object that ops convert to a tensor: a variable or IndexedSlices. */
export abstract class TensorConvertible<out D extends DType = DType> {
  /** Makes the type nominal: other objects with a dtype are not assignable to it. */
  declare private readonly standsForTensor: never;
  /** The element type. */
  abstract get dtype(): D;
  /** @internal */
  abstract readonly dt: DTypeInfo;
  /**
   * @internal The tensor that ops compute with; tapes record the read. It must not reach users, and no op may return it:
   * tapes identify a variable by the id of this tensor.
   */
  abstract operand(): Tensor;
  /** @internal The value as a new tensor, which users may get. */
  abstract read(): Tensor;
}
