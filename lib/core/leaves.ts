/** The tensors in nested structures, including those of IndexedSlices. */
import { IndexedSlices } from './indexed_slices';
import { flatten, mapStructure } from './nest';
import { Tensor } from './tensor';

const isTensor = (leaf: unknown): boolean => leaf instanceof Tensor;

/** All tensors of a structure, in order. */
export function tensorsIn(structure: unknown): Tensor[] {
  return flatten(structure).flatMap((leaf) => {
    if (leaf instanceof Tensor) return [leaf];
    return leaf instanceof IndexedSlices ? [leaf.values, leaf.indices] : [];
  });
}

/** A copy of the structure in which `tensors`, in order, replace its tensors (or the leaves selected by `isReplaced`). */
export function withTensors(
  structure: unknown,
  tensors: readonly Tensor[],
  isReplaced: (leaf: unknown) => boolean = isTensor,
): unknown {
  let next = 0;
  return mapStructure(structure, (leaf) => {
    if (isReplaced(leaf)) return tensors[next++];
    if (leaf instanceof IndexedSlices)
      return new IndexedSlices(tensors[next++], tensors[next++], leaf.denseShape);
    return leaf;
  });
}
