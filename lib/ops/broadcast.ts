/** The call of a binary kernel whose operands broadcast. */
import { frame, native } from '../binding';
import type { Tensor } from '../core/tensor';

/** Dimensions and strides of a broadcast while they are merged, from the last on. */
const merged = [new Float64Array(256), new Float64Array(256), new Float64Array(256)] as const;

/** What mergeDims does for two operands, without its lists: half of a small call was spent there. */
export function runBroadcast(a: Tensor, b: Tensor, y: Tensor): void {
  const [dims, aStrides, bStrides] = merged;
  const shape = y.shape;
  const aShape = a.shape;
  const bShape = b.shape;
  const aLead = shape.length - aShape.length;
  const bLead = shape.length - bShape.length;
  let aStride = 1;
  let bStride = 1;
  let n = 0;
  for (let d = shape.length - 1; d >= 0; d--) {
    const dim = shape[d];
    if (dim === 1) continue;
    let as = 0;
    let bs = 0;
    if (d >= aLead && aShape[d - aLead] !== 1) {
      as = aStride;
      aStride *= dim;
    }
    if (d >= bLead && bShape[d - bLead] !== 1) {
      bs = bStride;
      bStride *= dim;
    }
    if (n > 0 && as === aStrides[n - 1] * dims[n - 1] && bs === bStrides[n - 1] * dims[n - 1]) {
      dims[n - 1] *= dim;
    } else {
      dims[n] = dim;
      aStrides[n] = as;
      bStrides[n] = bs;
      n++;
    }
  }
  frame[3] = n;
  for (let d = 0; d < n; d++) {
    const k = n - 1 - d;
    frame[6 + d] = dims[k];
    frame[6 + n + d] = aStrides[k];
    frame[6 + 2 * n + d] = bStrides[k];
  }
  native.binaryBroadcast(a.buffer, b.buffer, y.buffer);
}
