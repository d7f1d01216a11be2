/** Broadcasting: calls of kernels whose operands broadcast, and the reduction of the gradient to an operand's shape. */
import { frame, native } from '../binding';
import { UnimplementedError } from '../core/errors';
import { broadcastAxes, sameShape, showShape, type Shape } from '../core/shape';
import { bufferOf, shapeOf, type Tensor } from '../core/tensor';

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

/** The maximum number of dimensions of a kernel, after coalescing. */
const maxDims = 16;

function tooMany(op: string, dims: number, operands: readonly Tensor[]): UnimplementedError {
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
  if (n > maxDims) throw tooMany(native.binaryNames[code], n, [a, b]);
  frame[3] = n;
  for (let d = 0; d < n; d++) {
    const k = n - 1 - d;
    frame[6 + d] = dims[k];
    frame[6 + n + d] = aStrides[k];
    frame[6 + 2 * n + d] = bStrides[k];
  }
  native.binaryBroadcast(bufferOf(a), bufferOf(b), bufferOf(y));
}

const threeStrides = [new Float64Array(256), new Float64Array(256), new Float64Array(256)] as const;
const running = [1, 1, 1];
const here = [0, 0, 0];

/**
 * Writes the coalesced dimensions of three operands that broadcast to `shape` to the argument buffer: their number to slot 4,
 * dimensions and strides from slot 6 on.
 */
export function writeTernaryBroadcast(op: string, shape: Shape, operands: readonly Tensor[]): void {
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
  if (n > maxDims) throw tooMany(op, n, operands);
  frame[4] = n;
  for (let d = 0; d < n; d++) {
    frame[6 + d] = dims[n - 1 - d];
    for (let k = 0; k < 3; k++) frame[6 + (k + 1) * n + d] = threeStrides[k][n - 1 - d];
  }
}
