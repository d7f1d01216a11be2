/** Conversion, variables and sparse rows need each other: this is what conversion knows of the other two. */
import type { DTypeInfo } from './dtype';
import type { Tensor } from './tensor';

/** An object that stands for a tensor. */
export abstract class Readable {
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
