/** Iteration over the first dimension: `for (const row of tensor)`. */
import type { AnyDType, DType } from '../../core/dtype';
import { Tensor } from '../../core/tensor';
import { unstack } from './joining';

declare module '../../core/tensor' {
  interface Tensor<D extends AnyDType = DType> {
    /** Iterates over the slices along the first dimension, as `unstack`. TypeError for a scalar. @tf tf.Tensor.__iter__ */
    [Symbol.iterator](): IterableIterator<Tensor<D>>;
  }
}

Object.defineProperty(Tensor.prototype, Symbol.iterator, {
  value(this: Tensor): IterableIterator<Tensor> {
    if (this.rank === 0) {
      throw new TypeError(
        '[Tensor] Cannot iterate over a scalar tensor: it has no first dimension; t.item() is its element. (Comparisons of tensors ' +
          'in Jest and Vitest iterate over them without gradtape/jest.)',
      );
    }
    return unstack(this)[Symbol.iterator]();
  },
  writable: true,
  configurable: true,
});

export {};
