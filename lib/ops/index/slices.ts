/** Sum of IndexedSlices and their conversion to dense tensors. */
import { InvalidArgumentError } from '../../core/errors';
import { IndexedSlices, setDensifier } from '../../core/indexed_slices';
import { checkShape, showShape, type Shape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../array/cast';
import { concat } from '../array/joining';
import { reshape } from '../array/views';

/** zeros(shape), to which values are added at indices along axis 0. Injected by indexing.ts, which imports this file. */
let scatterAdd: (shape: Shape, indices: Tensor, values: Tensor) => Tensor;
export function setScatterAdd(f: typeof scatterAdd): void {
  scatterAdd = f;
}

/** The sum of two IndexedSlices: the concatenation of their slices, with duplicate indices kept. */
export function addSlices(a: IndexedSlices, b: IndexedSlices): IndexedSlices {
  const indices =
    a.indices.dt === b.indices.dt
      ? [a.indices, b.indices]
      : [cast(a.indices, 'int64'), cast(b.indices, 'int64')];
  return new IndexedSlices(concat([a.values, b.values], 0), concat(indices, 0), a.denseShape ?? b.denseShape);
}

/** Converts to a dense tensor; slices with equal indices are summed. @tf tf.convert_to_tensor */
export function densify(slices: IndexedSlices): Tensor {
  const { values, indices } = slices;
  if (slices.denseShape === null) {
    throw new InvalidArgumentError(
      `[convertToTensor] Tensor conversion requested for IndexedSlices without denseShape: ${String(slices)}`,
    );
  }
  const denseShape = checkShape(slices.denseShape, '[convertToTensor] denseShape');
  const rows = [...shapeOf(indices), ...denseShape.slice(1)];
  if (values.rank !== rows.length || shapeOf(values).some((d, i) => d !== rows[i])) {
    throw new InvalidArgumentError(
      `[convertToTensor] IndexedSlices of dense shape ${showShape(denseShape)} with indices of shape ` +
        `${showShape(shapeOf(indices))} must have values of shape ${showShape(rows)}; got ${showShape(shapeOf(values))}`,
    );
  }
  return scatterAdd(
    denseShape,
    reshape(indices, [indices.size]),
    reshape(values, [indices.size, ...denseShape.slice(1)]),
  );
}

setDensifier(densify);
