/** Embedding lookup. */
import type { TensorLike } from '../../core/convert';
import type { DTypeOf } from '../../core/dtype_of';
import { options, throwExtraArguments } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import { indexTensor } from '../../op/index_rows';
import { divide, maximum, multiply } from '../math/binary';
import { greater } from '../math/compare';
import { select } from '../math/select';
import { sqrt, square } from '../math/unary';
import { reduceSum } from '../reduce/reduce';
import { gather } from './indexing';

const embeddingLookupDefaults = { maxNorm: null } as const;

export interface EmbeddingLookupOptions {
  /** Rows with a larger L2 norm are scaled down to this norm. Default: no scaling. */
  maxNorm?: number | null;
}

/**
 * The rows of `params` with the given ids: a gather along axis 0, so the gradient is IndexedSlices.
 * InvalidArgumentError for an id outside [0, rows). @tf tf.nn.embedding_lookup
 */
export function embeddingLookup<X extends TensorLike>(
  params: X,
  ids: TensorLike,
  options?: EmbeddingLookupOptions | number,
): Tensor<DTypeOf<X>>;
export function embeddingLookup(
  params: TensorLike,
  ids: TensorLike,
  given?: EmbeddingLookupOptions | number,
): Tensor {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 3) throwExtraArguments('embeddingLookup', 3, arguments, embeddingLookupDefaults);
  const { maxNorm } = options<{ maxNorm: number | null }>(
    given,
    'maxNorm',
    embeddingLookupDefaults,
    'embeddingLookup',
  );
  const rows = gather(params, ids);
  if (maxNorm === null) return rows;
  const at = indexTensor(ids, 'embeddingLookup', 'ids');
  const axis = Array.from({ length: rows.rank - at.rank }, (_, i) => at.rank + i);
  const squares = reduceSum(square(rows), { axis, keepdims: true });
  // Rows of zeros bypass the square root, whose gradient at 0 is infinite.
  const isPositive = greater(squares, 0);
  const norms = select(isPositive, sqrt(select(isPositive, squares, 1)), squares);
  return divide(multiply(rows, maxNorm), maximum(norms, maxNorm));
}
