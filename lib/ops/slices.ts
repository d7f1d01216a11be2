/** Arithmetic of IndexedSlices that gradients need; ops/indexing.ts and ops/movement.ts hand in the ops. */
import { InvalidArgumentError } from '../core/errors';
import { IndexedSlices, setDensifier } from '../core/indexed_slices';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';

interface SliceOps {
  concat(values: readonly Tensor[], axis: number): Tensor;
  stack(values: readonly Tensor[], axis: number): Tensor;
  reshape(x: Tensor, shape: Shape): Tensor;
  /** zeros(shape) with rows added at indices. */
  addRows(shape: Shape, indices: Tensor, values: Tensor): Tensor;
}

let ops: SliceOps;
export function setSliceOps(given: SliceOps): void {
  ops = given;
}

export function sliceOps(): SliceOps {
  return ops;
}

/** Both sets of rows, one after the other: duplicates are kept. */
export function addSlices(a: IndexedSlices, b: IndexedSlices): IndexedSlices {
  return new IndexedSlices(
    ops.concat([a.values, b.values], 0),
    ops.concat([a.indices, b.indices], 0),
    a.denseShape ?? b.denseShape,
  );
}

/** The whole tensor: rows with the same index are summed. @tf tf.convert_to_tensor */
export function densify(slices: IndexedSlices): Tensor {
  if (slices.denseShape === null) {
    throw new InvalidArgumentError(
      '[convertToTensor] Tensor conversion requested for IndexedSlices without denseShape; give it one',
    );
  }
  return ops.addRows(slices.denseShape, slices.indices, slices.values);
}

setDensifier(densify);
