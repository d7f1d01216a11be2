/** Calls of the factorizations of `dense.ts` for each matrix of a batch. */
import type { DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { showShape } from '../../core/shape';
import { shapeOf, storageView, type Tensor, valuesOf } from '../../core/tensor';
import { badDType } from '../../op/checks';
import type { Matrix } from './dense';
import { matrixOperand } from './structure';

/** The dtypes of factorizations, which are computed in float64 and rounded once. */
export const factorTypes: readonly DType[] = ['float32', 'float64'];

/** The trait `host` of factorizations. */
export const inJavaScript = 'the factorization is written in JavaScript';

/** Converts to matrices of a dtype that has factorizations. */
export function factorOperand(
  value: unknown,
  op: string,
  argument: string,
): [x: Tensor, m: number, n: number] {
  const found = matrixOperand(value, op, argument);
  if (!factorTypes.includes(found[0].dtype)) throw badDType(op, argument, found[0].dt, factorTypes);
  return found;
}

/** The same for square matrices. */
export function squareOperand(value: unknown, op: string, argument: string): [x: Tensor, n: number] {
  const [x, m, n] = factorOperand(value, op, argument);
  if (m !== n) {
    throw new InvalidArgumentError(
      `[${op}] ${argument}: Input matrix must be square; got shape ${showShape(shapeOf(x))}`,
    );
  }
  return [x, n];
}

/** The number of matrices in a tensor with that shape. */
export const batchSize = (x: Tensor): number =>
  shapeOf(x)
    .slice(0, -2)
    .reduce((a, b) => a * b, 1);

/** Copies of the matrices of a tensor. */
export function matrixReader(x: Tensor): (index: number) => Matrix {
  const size = shapeOf(x)
    .slice(-2)
    .reduce((a, b) => a * b, 1);
  const values = valuesOf(x) as Float32Array | Float64Array;
  return (index) => Float64Array.from(values.subarray(index * size, (index + 1) * size));
}

/** Writes consecutive groups of elements of a result. */
export function writer(y: Tensor): (index: number, values: Float64Array) => void {
  const to = storageView(y) as Float32Array | Float64Array;
  const first = y.offset / y.dt.bytes;
  return (index, values) => {
    to.set(values, first + index * values.length);
  };
}
