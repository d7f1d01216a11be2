/** The base class of initializers. */
import type { DType } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import { dtypePolicy } from '../base/dtype_policy';
import { KerasObject } from '../base/keras_object';

/**
 * Base class of initializers: `initializer([2, 3])` gives a tensor of that shape. @tf tf.keras.initializers.Initializer
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export abstract class Initializer extends KerasObject {
  /** The values for a variable. */
  abstract call(shape: readonly number[], dtype: DType): Tensor;

  /** @internal */
  override invoke(shape: unknown, dtype?: unknown): Tensor {
    return this.call(shape as readonly number[], (dtype as DType | undefined) ?? dtypePolicy().variableDtype);
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export interface Initializer {
  (shape: readonly number[], dtype?: DType): Tensor;
}
