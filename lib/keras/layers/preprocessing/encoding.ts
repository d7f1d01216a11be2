/** How layers that give category numbers can give them: as they are, one-hot, multi-hot, counted. */
import type { DType } from '../../../core/dtype';
import { InvalidArgumentError, UnimplementedError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { shapeOf, type Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { ones, range } from '../../../ops/array/creation';
import { oneHot } from '../../../ops/array/patterns';
import { expandDims, reshape, squeeze } from '../../../ops/array/views';
import { unsortedSegmentSum } from '../../../ops/index/segments';
import { add, minimum, multiply } from '../../../ops/math/binary';
import { greaterEqual, less, logicalAnd } from '../../../ops/math/compare';
import { select } from '../../../ops/math/select';
import { reduceMax, reduceSum } from '../../../ops/reduce/reduce';
import type { KerasShape } from '../../base/shapes';

/** 'int': category numbers; 'one_hot', 'multi_hot' and 'count' encode them; 'tf_idf' weights counts. */
export type OutputMode = 'int' | 'one_hot' | 'multi_hot' | 'count' | 'tf_idf';

/** A mode of those that a layer has. InvalidArgumentError for others. */
export function outputModeOf<M extends OutputMode>(
  mode: unknown,
  allowed: readonly M[],
  layer: string,
  argument = 'outputMode',
): M {
  const current = mode === 'binary' ? 'multi_hot' : mode === 'tf-idf' ? 'tf_idf' : mode;
  const found = allowed.find((one) => one === current);
  if (found === undefined)
    throw new InvalidArgumentError(
      `[${layer}] Unknown argument for \`${argument}\`: it must be one of ${allowed.map((one) => `'${one}'`).join(', ')}. ` +
        `Received: ${argument}=${describe(mode)}`,
    );
  return found;
}

/** UnimplementedError for sparse results, which do not exist here. */
export function refuseSparse(sparse: unknown, layer: string): void {
  if (sparse === false || sparse === undefined || sparse === null) return;
  if (typeof sparse !== 'boolean')
    throw new TypeError(`[${layer}] sparse must be a boolean; got ${describe(sparse)}`);
  throw new UnimplementedError(`[${layer}] sparse results are not supported: leave sparse false`);
}

/** The shape of categories of that shape, encoded. */
export function encodedShape(shape: KerasShape, mode: OutputMode, depth: number | null): KerasShape {
  if (mode === 'int') return shape;
  const encodesLast = mode !== 'one_hot' || (shape.length > 1 && shape[shape.length - 1] === 1);
  return [...(encodesLast ? shape.slice(0, -1) : shape), depth];
}

/** How often each number below `depth` occurs in each row of a matrix, or in a vector; others are not counted. */
function countRows(x: Tensor, depth: number, dtype: DType, weights: Tensor | null): Tensor {
  const shape = shapeOf(x);
  const rows = x.rank === 2 ? shape[0] : null;
  const counted = logicalAnd(greaterEqual(x, 0), less(x, depth));
  const offsets =
    rows === null ? null : expandDims(range(0, rows * depth, depth, { dtype: x.dtype as 'int32' }), 1);
  const ids = select(counted, offsets === null ? x : add(x, offsets), -1);
  const sums = unsortedSegmentSum(weights ?? ones(shape, { dtype }), ids, depth * (rows ?? 1));
  return rows === null ? sums : reshape(sums, [rows, depth]);
}

/** Category numbers in an output mode other than 'tf_idf'; numbers that are not below `depth` are left out. */
export function encodeCategories(
  categories: Tensor,
  mode: OutputMode,
  depth: number,
  dtype: DType,
  weights: Tensor | null = null,
): Tensor {
  if (mode === 'int') return cast(categories, dtype);
  let x = categories.dt.kind === 'int' ? categories : cast(categories, 'int64');
  if (x.rank === 0) x = reshape(x, [1]);
  const shape = shapeOf(x);
  if (mode === 'one_hot')
    return oneHot(x.rank > 1 && shape[x.rank - 1] === 1 ? squeeze(x, -1) : x, depth, { dtype });
  const resultType = weights === null ? dtype : weights.dtype;
  if (x.rank <= 2) {
    const counts = countRows(x, depth, resultType, weights);
    return cast(mode === 'count' ? counts : minimum(counts, 1), dtype);
  }
  const encoded = oneHot(x, depth, { dtype: resultType });
  if (mode === 'multi_hot') return reduceMax(encoded, 1);
  return reduceSum(weights === null ? encoded : multiply(encoded, expandDims(weights, -1)), 1);
}
