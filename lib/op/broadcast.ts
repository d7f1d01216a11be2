/** Broadcasting: calls of kernels whose operands broadcast, and the reduction of the gradient to an operand's shape. */
import { native } from '../binding';
import { UnimplementedError } from '../core/errors';
import { broadcastAxes, sameShape, showShape, type Shape } from '../core/shape';
import { shapeOf, type Tensor } from '../core/tensor';
import * as kernels from './kernels';

let reduceTo: (t: Tensor, axes: readonly number[], shape: Shape) => Tensor;
/** Sets the sum that `unbroadcast` uses; it is an op (ops/reduce/reduce.ts), which this module cannot import. */
export function setBroadcastReducer(f: typeof reduceTo): void {
  reduceTo = f;
}

/** Sums `grad` over the broadcast dimensions, to `shape`: the shape of an operand that was broadcast to grad's. */
export function unbroadcast(grad: Tensor, shape: Shape): Tensor {
  if (sameShape(shapeOf(grad), shape)) return grad;
  return reduceTo(grad, broadcastAxes(shape, shapeOf(grad)), shape);
}

/** Scratch buffers for the coalesced dimensions and the strides of two operands, from the last dimension on. */
const merged = [new Float64Array(256), new Float64Array(256), new Float64Array(256)] as const;

/** `maxDims`: the maximum number of dimensions of the kernel, after coalescing. */
function tooMany(op: string, dims: number, maxDims: number, operands: readonly Tensor[]): UnimplementedError {
  const shapes = operands.map((t) => showShape(shapeOf(t))).join(', ');
  return new UnimplementedError(
    `[${op}] Broadcast between ${shapes} is not supported: the operands alternate over ${dims} dimensions, of which ` +
      `${maxDims} are possible; reshape or transpose them so that fewer alternate`,
  );
}

/**
 * Runs the binary kernel `code` on operands that broadcast. Coalesces dimensions like mergeDims, but into scratch buffers:
 * allocating its lists took half the time of a small call.
 */
export function runBroadcast(code: number, a: Tensor, b: Tensor, y: Tensor): void {
  const [dims, aStrides, bStrides] = merged;
  const shape = shapeOf(y);
  const aShape = shapeOf(a);
  const bShape = shapeOf(b);
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
  const lists = kernels.binaryBroadcastLists;
  if (n > lists.dims.length) throw tooMany(native.binaryNames[code], n, lists.dims.length, [a, b]);
  for (let d = 0; d < n; d++) {
    const k = n - 1 - d;
    lists.dims[d] = dims[k];
    lists.aStrides[d] = aStrides[k];
    lists.bStrides[d] = bStrides[k];
  }
  kernels.binaryBroadcast(a, b, y, n, code, a.dt.code);
}

const threeStrides = [new Float64Array(256), new Float64Array(256), new Float64Array(256)] as const;
const running = [1, 1, 1];
const here = [0, 0, 0];

const { dims: selectDims, cStrides, aStrides, bStrides } = kernels.selectLists;
const selectStrides = [cStrides, aStrides, bStrides];

/** Writes the coalesced dimensions of three operands that broadcast to `shape`, for `select`; returns their number. */
export function writeTernaryBroadcast(op: string, shape: Shape, operands: readonly Tensor[]): number {
  const dims = merged[0];
  let n = 0;
  running[0] = running[1] = running[2] = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    const dim = shape[d];
    if (dim === 1) continue;
    let joins = n > 0;
    for (let k = 0; k < 3; k++) {
      const own = shapeOf(operands[k]);
      const at = d - shape.length + own.length;
      const has = at >= 0 && own[at] !== 1;
      here[k] = has ? running[k] : 0;
      if (has) running[k] *= dim;
      if (joins && here[k] !== threeStrides[k][n - 1] * dims[n - 1]) joins = false;
    }
    if (joins) {
      dims[n - 1] *= dim;
    } else {
      dims[n] = dim;
      for (let k = 0; k < 3; k++) threeStrides[k][n] = here[k];
      n++;
    }
  }
  if (n > selectDims.length) throw tooMany(op, n, selectDims.length, operands);
  for (let d = 0; d < n; d++) {
    selectDims[d] = dims[n - 1 - d];
    for (let k = 0; k < 3; k++) selectStrides[k][d] = threeStrides[k][n - 1 - d];
  }
  return n;
}
