/** The shapes with which layers were built, for summaries and files. */
import { flatten, isPlainObject } from '../../core/nest';
import { shapeOf, Tensor } from '../../core/tensor';
import type { Layer } from '../layers/layer';
import type { Batch } from './data';

/** The shape, or the shapes, with another size of batches in place of 1. */
function widened(shape: unknown, size: number | null): unknown {
  if (isPlainObject(shape))
    return Object.fromEntries(Object.entries(shape).map(([key, part]) => [key, widened(part, size)]));
  if (!Array.isArray(shape)) return shape;
  if (shape.some((part) => Array.isArray(part) || isPlainObject(part)))
    return shape.map((part) => widened(part, size));
  return shape[0] === 1 ? [size, ...(shape.slice(1) as unknown[])] : shape;
}

/**
 * Says for layers that a first pass of one example has built how many examples they are called with; null if that varies, as in
 * Keras: in `fit` and `evaluate`, of arrays that are no multiple of `batchSize`.
 */
export function widenBatch(layers: readonly Layer[], size: number | null): void {
  for (const layer of layers)
    if (layer.built) layer.buildShape = widened(layer.buildShape, size) as Layer['buildShape'];
}

/** The number of examples of a batch; null if it has no tensors. */
export const exampleCount = ({ x }: Batch): number | null => {
  const first = flatten(x).find((t) => t instanceof Tensor);
  return first === undefined ? null : (shapeOf(first)[0] ?? null);
};
