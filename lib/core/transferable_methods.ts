/**
 * Declares the methods of transferable.ts on the classes. This is a separate file, since TypeScript would omit the imports
 * of a file that also imports the classes from its .d.ts output.
 */
import type { AnyDType, DType, DTypeTable } from './dtype';

/** A tensor as plain data. */
export interface TransferableTensor<D extends AnyDType = DType> {
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
  interface Tensor<D extends AnyDType = DType> {
    /** The tensor as plain data, to clone or to post to another thread; `tf.fromTransferable` restores it. */
    toTransferable(): TransferableTensor<D>;
  }
}
declare module './variable' {
  interface Variable<D extends DType = DType> {
    /**
     * The variable as plain data, to clone or to post to another thread; `tf.fromTransferable` restores it.
     * Throws a FailedPreconditionError if it has a constraint.
     */
    toTransferable(): TransferableVariable<D>;
  }
}
declare module './indexed_slices' {
  interface IndexedSlices<D extends DType = DType> {
    /** The IndexedSlices as plain data, to clone or to post to another thread; `tf.fromTransferable` restores them. */
    toTransferable(): TransferableSlices<D>;
  }
}
