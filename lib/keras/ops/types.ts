/** The types of keras.ops: tensors give tensors, symbolic tensors give symbolic ones. */
import type { TensorLike } from '../../core/convert';
import type { Tensor } from '../../core/tensor';
import type { KerasTensor } from '../symbolic/keras_tensor';

/** What an operation accepts. */
export type Operand = TensorLike | KerasTensor;

/** A function of a tensor, and of plain arguments. */
export interface Unary<Rest extends readonly unknown[] = [], Y = Tensor, S = KerasTensor> {
  (x: KerasTensor, ...rest: Rest): S;
  (x: TensorLike, ...rest: Rest): Y;
  (x: Operand, ...rest: Rest): Y | S;
}

/** A function of two tensors. */
export interface Binary<Rest extends readonly unknown[] = []> {
  (x1: KerasTensor, x2: Operand, ...rest: Rest): KerasTensor;
  (x1: Operand, x2: KerasTensor, ...rest: Rest): KerasTensor;
  (x1: TensorLike, x2: TensorLike, ...rest: Rest): Tensor;
  (x1: Operand, x2: Operand, ...rest: Rest): Tensor | KerasTensor;
}

/** A function of a list of tensors. */
export interface Nary<Rest extends readonly unknown[] = []> {
  (xs: readonly KerasTensor[], ...rest: Rest): KerasTensor;
  (xs: readonly TensorLike[], ...rest: Rest): Tensor;
  (xs: readonly Operand[], ...rest: Rest): Tensor | KerasTensor;
}

export type Axes = number | readonly number[] | null;

export interface ReductionOptions {
  /** The axes that are reduced; null (default): all. */
  axis?: Axes;
  /** Whether they stay, with size 1. Default false. */
  keepdims?: boolean;
}

export interface AxisOption<A = number | null> {
  /** The axis along which it works. */
  axis?: A;
}
