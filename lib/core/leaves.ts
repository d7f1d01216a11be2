/** The tensors in nested structures, those of sparse rows too. */
import { IndexedSlices } from './indexed_slices';
import { flatten, mapStructure } from './nest';
import { Tensor } from './tensor';

const isTensor = (leaf: unknown): boolean => leaf instanceof Tensor;

/** In order. */
export function tensorsIn(structure: unknown): Tensor[] {
  return flatten(structure).flatMap((leaf) => {
    if (leaf instanceof Tensor) return [leaf];
    return leaf instanceof IndexedSlices ? [leaf.values, leaf.indices] : [];
  });
}

/** The structure with other tensors in their places, in order; `stands` says what else a tensor takes the place of. */
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
