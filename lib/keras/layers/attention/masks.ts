/** The masks of attention: true where a query attends to a key. */
import { toTensor, type TensorLike } from '../../../core/convert';
import type { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { range } from '../../../ops/array/creation';
import { expandDims } from '../../../ops/array/views';
import { subtract } from '../../../ops/math/binary';
import { greaterEqual, less, logicalAnd } from '../../../ops/math/compare';
import { abs } from '../../../ops/math/unary';

/** A mask as bool: what is not 0 counts. */
export function asBool(mask: TensorLike): Tensor {
  const t = toTensor(mask, null, 'attention', 'mask');
  return t.dtype === 'bool' ? t : cast(t, 'bool');
}

const positions = (n: number, axis: number): Tensor => expandDims(range(0, n, 1, { dtype: 'int32' }), axis);

/** Queries attend to the keys up to their own position: [1, queries, keys]. */
export const causalMask = (queries: number, keys: number): Tensor =>
  expandDims(greaterEqual(positions(queries, 1), positions(keys, 0)), 0);

/** Queries attend to the keys that are fewer than `window` positions away: [1, queries, keys]. */
export const windowMask = (queries: number, keys: number, window: number): Tensor =>
  expandDims(less(abs(subtract(positions(queries, 1), positions(keys, 0))), window), 0);

/** All of the masks that there are; null if there is none. */
export function combined(masks: readonly (Tensor | null)[]): Tensor | null {
  let all: Tensor | null = null;
  for (const mask of masks) if (mask !== null) all = all === null ? mask : logicalAnd(all, mask);
  return all;
}

/** The mask of scores of this rank; the dimensions that it lacks, those of the heads, are put before its last `tail`. */
export function maskOfRank(mask: Tensor, rank: number, tail: number): Tensor {
  let t = mask;
  while (t.rank < rank) t = expandDims(t, -tail - 1);
  return t;
}
