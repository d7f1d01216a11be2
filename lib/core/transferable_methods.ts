/**
 * Declares the methods of transferable.ts on the classes. A file of its own: in one that also imports the classes, the
 * compiler leaves that import out of the .d.ts file that it writes.
 */
import type { DType, TypedArray } from './dtype';

/** A tensor as plain data. */
export interface TransferableTensor {
  dtype: DType;
  shape: number[];
  /** A copy of the elements, row-major, in an ArrayBuffer of their own: `data.buffer` can be transferred. */
  data: TypedArray;
}

/** A variable as plain data. */
export interface TransferableVariable extends TransferableTensor {
  variable: { name: string; trainable: boolean; shape: (number | null)[] };
}

/** IndexedSlices as plain data. */
export interface TransferableSlices {
  values: TransferableTensor;
  indices: TransferableTensor;
  denseShape: number[] | null;
}

declare module './tensor' {
  interface Tensor {
    /** The tensor as plain data, to clone or to post to another thread; `tf.fromTransferable` makes a tensor of it. */
    toTransferable(): TransferableTensor;
  }
}
declare module './variable' {
  interface Variable {
    /**
     * The variable as plain data, to clone or to post to another thread; `tf.fromTransferable` makes a variable of it.
     * FailedPreconditionError if it has a constraint.
     */
    toTransferable(): TransferableVariable;
  }
}
declare module './indexed_slices' {
  interface IndexedSlices {
    /** The rows as plain data, to clone or to post to another thread; `tf.fromTransferable` makes IndexedSlices of it. */
    toTransferable(): TransferableSlices;
  }
}
