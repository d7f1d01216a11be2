/** Operations of two tensors: arithmetic, comparisons, logic. Dtypes are promoted as in JAX: int32 and float32 give float32. */
import type { TensorLike } from '../../core/convert';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { where as select } from '../../ops/index/indexing';
import { matmul as product } from '../../ops/linalg/matmul';
import { tensordot as contract } from '../../ops/linalg/tensordot';
import { einsum as sumOfProducts } from '../../ops/linalg/einsum';
import * as binary from '../../ops/math/binary';
import * as compare from '../../ops/math/compare';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { floating, promoted } from './dtypes';
import { applyOperation, operation, type OperationDefinition } from './operation';
import type { Binary, Operand } from './types';

type Both = (a: Tensor, b: Tensor) => Tensor;
const likes = (args: readonly unknown[]): TensorLike[] => args as TensorLike[];

const both = (className: string, f: Both, prepare = promoted): Binary =>
  operation<Binary>({
    module: 'numpy',
    className,
    tensors: ['x1', 'x2'],
    run: (args) => f(...(prepare(likes(args), className) as [Tensor, Tensor])),
  });
const floats = (args: readonly TensorLike[], op: string): Tensor[] =>
  promoted(args, op).map((t) => floating(t, op));
const booleans = (args: readonly TensorLike[], op: string): Tensor[] =>
  promoted(args, op).map((t) => (t.dtype === 'bool' ? t : cast(t, 'bool')));
/** x1 + x2, elementwise. @tf tf.keras.ops.add */
export const add = both('Add', binary.add);
/** x1 − x2, elementwise. @tf tf.keras.ops.subtract */
export const subtract = both('Subtract', binary.subtract);
/** x1·x2, elementwise. @tf tf.keras.ops.multiply */
export const multiply = both('Multiply', binary.multiply);
/** x1 / x2, elementwise; integers become float32. @tf tf.keras.ops.divide */
export const divide = both('Divide', binary.divide, floats);
/** x1 / x2, elementwise; integers become float32. @tf tf.keras.ops.true_divide */
export const trueDivide = both('TrueDivide', binary.divide, floats);
/** x1 / x2, elementwise, and 0 where x2 is 0. @tf tf.keras.ops.divide_no_nan */
export const divideNoNan = both('DivideNoNan', binary.divideNoNan, floats);
/** ⌊x1 / x2⌋, elementwise. @tf tf.keras.ops.floor_divide */
export const floorDivide = both('FloorDivide', binary.floordiv);
/** x1 − x2·⌊x1 / x2⌋, elementwise. @tf tf.keras.ops.mod */
export const mod = both('Mod', binary.floormod);
/** x1 to the power of x2, elementwise. @tf tf.keras.ops.power */
export const power = both('Power', binary.pow);
/** The larger one, elementwise. @tf tf.keras.ops.maximum */
export const maximum = both('Maximum', binary.maximum);
/** The smaller one, elementwise. @tf tf.keras.ops.minimum */
export const minimum = both('Minimum', binary.minimum);
/** The angle of the point (x2, x1), elementwise. @tf tf.keras.ops.arctan2 */
export const arctan2 = both('Arctan2', binary.atan2, floats);
/** x1 = x2, elementwise. @tf tf.keras.ops.equal */
export const equal = both('Equal', compare.equal);
/** x1 ≠ x2, elementwise. @tf tf.keras.ops.not_equal */
export const notEqual = both('NotEqual', compare.notEqual);
/** x1 > x2, elementwise. @tf tf.keras.ops.greater */
export const greater = both('Greater', compare.greater);
/** x1 ≥ x2, elementwise. @tf tf.keras.ops.greater_equal */
export const greaterEqual = both('GreaterEqual', compare.greaterEqual);
/** x1 < x2, elementwise. @tf tf.keras.ops.less */
export const less = both('Less', compare.less);
/** x1 ≤ x2, elementwise. @tf tf.keras.ops.less_equal */
export const lessEqual = both('LessEqual', compare.lessEqual);
/** x1 and x2, elementwise. @tf tf.keras.ops.logical_and */
export const logicalAnd = both('LogicalAnd', compare.logicalAnd, booleans);
/** x1 or x2, elementwise. @tf tf.keras.ops.logical_or */
export const logicalOr = both('LogicalOr', compare.logicalOr, booleans);
/** Either x1 or x2, elementwise. @tf tf.keras.ops.logical_xor */
export const logicalXor = both('LogicalXor', compare.logicalXor, booleans);

/** The matrix product, over broadcast batches; vectors are rows on the left and columns on the right. @tf tf.keras.ops.matmul */
export const matmul = both('Matmul', (x1, x2) => {
  // As in Keras, whose products of 8-bit integers would overflow.
  const [a, b] = x1.dtype === 'int8' ? [cast(x1, 'int32'), cast(x2, 'int32')] : [x1, x2];
  if (a.dtype === 'bool') return cast(matmul(cast(a, 'int32'), cast(b, 'int32')), 'bool');
  if (a.rank > 1 && b.rank > 1) return product(a, b);
  if (a.rank === 0 || b.rank === 0) return product(a, b);
  return contract(a, b, [[a.rank - 1], [Math.max(0, b.rank - 2)]]);
});

export interface Where {
  (condition: Operand, x1: KerasTensor, x2: Operand): KerasTensor;
  (condition: Operand, x1: Operand, x2: KerasTensor): KerasTensor;
  (condition: KerasTensor, x1: Operand, x2: Operand): KerasTensor;
  (condition: TensorLike, x1: TensorLike, x2: TensorLike): Tensor;
  (condition: Operand, x1: Operand, x2: Operand): Tensor | KerasTensor;
}

/** x1 where the condition is true, else x2; all three are broadcast. @tf tf.keras.ops.where */
export const where: Where = operation<Where>({
  module: 'numpy',
  className: 'Where',
  tensors: ['condition', 'x1', 'x2'],
  run: ([condition, x1, x2]) => {
    const [c] = booleans([condition as TensorLike], 'where');
    const [a, b] = promoted([x1 as TensorLike, x2 as TensorLike], 'where');
    return select(c, a, b);
  },
});

const einsumDefinition: OperationDefinition = {
  module: 'numpy',
  className: 'Einsum',
  tensors: ['operands'],
  required: ['subscripts'],
  run: (operands, { subscripts }) =>
    sumOfProducts(subscripts as string, ...promoted(likes(operands), 'einsum')),
};
operation(einsumDefinition);

/** Sums of products of elements, as the subscripts say: `einsum('ij,jk->ik', a, b)`. @tf tf.keras.ops.einsum */
export function einsum(subscripts: string, ...operands: TensorLike[]): Tensor;
export function einsum(subscripts: string, ...operands: Operand[]): KerasTensor;
export function einsum(subscripts: string, ...operands: Operand[]): Tensor | KerasTensor {
  if (typeof subscripts !== 'string')
    throw new TypeError(`[einsum] subscripts must be a string such as 'ij,jk->ik'`);
  return applyOperation(einsumDefinition, operands, { subscripts }) as Tensor;
}
