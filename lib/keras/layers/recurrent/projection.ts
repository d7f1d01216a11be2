/** Products of inputs and states with the weights of cells. */
import type { Tensor } from '../../../core/tensor';
import { concat, split } from '../../../ops/array/joining';
import { reshape } from '../../../ops/array/views';
import { matmul } from '../../../ops/linalg/matmul';
import { add, multiply } from '../../../ops/math/binary';

/** x·w over the last dimension. */
export function rowsTimes(x: Tensor, w: Tensor): Tensor {
  const { shape } = x;
  if (shape.length === 2) return matmul(x, w);
  const n = shape[shape.length - 1];
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return reshape(matmul(reshape(x, [rows, n]), w), [...shape.slice(0, -1), w.shape[1]]);
}

/** x·w, where each block of columns of w is for x times a mask of its own; one mask is for all of them. */
export function maskedTimes(x: Tensor, w: Tensor, masks: readonly Tensor[] | null): Tensor {
  if (masks === null) return rowsTimes(x, w);
  if (masks.length === 1) return rowsTimes(multiply(x, masks[0]), w);
  const blocks = split(w, masks.length, { axis: 1 });
  return concat(
    blocks.map((block, i) => rowsTimes(multiply(x, masks[i]), block)),
    -1,
  );
}

/** x, or x + bias. */
export const biased = (x: Tensor, bias: Tensor | null): Tensor => (bias === null ? x : add(x, bias));
