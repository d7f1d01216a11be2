/** What variables and sparse rows have in common: they are converted to tensors. */
import type { DType, DTypeInfo } from './dtype';
import type { Tensor } from './tensor';

/** An object that stands for a tensor: a variable, or sparse rows. */
export abstract class TensorConvertible<out D extends DType = DType> {
  /** Tells it apart from other objects with a dtype, as far as the compiler sees. */
  declare private readonly standsForTensor: never;
  /** The element type. */
  abstract get dtype(): D;
  /** @internal */
  abstract readonly dt: DTypeInfo;
  /**
   * @internal The tensor that ops compute with; tapes see the read. It is not for users' hands, and no op returns it:
   * to a tape, a variable's operand is the variable, whenever it is used.
   */
  abstract operand(): Tensor;
  /** @internal A tensor that users may have. */
  abstract read(): Tensor;
}
