/**
 * Declares the methods of transferable.ts on the classes. A file of its own: in one that also imports the classes, the
 * compiler leaves that import out of the .d.ts file that it writes.
 */
import type { DType, DTypeTable } from './dtype';

/** A tensor as plain data. */
export interface TransferableTensor<D extends DType = DType> {
  dtype: D;
  shape: number[];
  /** A copy of the elements, row-major, in an ArrayBuffer of their own: `data.buffer` can be transferred. */
  data: DTypeTable[D]['array'];
}

/** A variable as plain data. */
export interface TransferableVariable<D extends DType = DType> extends TransferableTensor<D> {
  variable: { name: string; trainable: boolean; shape: (number | null)[] };
}

/** IndexedSlices as plain data. */
export interface TransferableSlices<D extends DType = DType> {
  values: TransferableTensor<D>;
  indices: TransferableTensor;
  denseShape: number[] | null;
}

declare module './tensor' {
  interface Tensor<D extends DType = DType> {
    /** The tensor as plain data, to clone or to post to another thread; `tf.fromTransferable` makes a tensor of it. */
    toTransferable(): TransferableTensor<D>;
  }
}
declare module './variable' {
  interface Variable<D extends DType = DType> {
    /**
     * The variable as plain data, to clone or to post to another thread; `tf.fromTransferable` makes a variable of it.
     * FailedPreconditionError if it has a constraint.
     */
    toTransferable(): TransferableVariable<D>;
  }
}
declare module './indexed_slices' {
  interface IndexedSlices<D extends DType = DType> {
    /** The rows as plain data, to clone or to post to another thread; `tf.fromTransferable` makes IndexedSlices of it. */
    toTransferable(): TransferableSlices<D>;
  }
}
