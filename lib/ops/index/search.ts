/** Binary search in sorted sequences. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes, numeric, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { options } from '../../core/options';
import { describe, sameShape, showShape } from '../../core/shape';
import { shapeOf, type Tensor, valuesOf } from '../../core/tensor';
import { badDType, mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { internalBinaryOp } from '../../op/define/internal';
import { sample } from '../../op/registry';
import { storageView } from '../../core/tensor';

export interface SearchsortedOptions<I extends 'int32' | 'int64' = 'int32' | 'int64'> {
  /** 'left' (default): the first position at which the value can be inserted; 'right': the last. */
  side?: 'left' | 'right';
  /** 'int32' (default) or 'int64'. */
  outType?: I;
}

const searchsortedDefaults = { side: 'left', outType: 'int32' } as const;

interface SearchAttrs {
  readonly right: boolean;
  readonly dt: DTypeInfo;
}

/** The number of the n elements from `start` on that are less than v, or with `right` at most v. */
function boundary(
  sequence: ArrayLike<number | bigint>,
  start: number,
  n: number,
  v: number | bigint,
  right: boolean,
): number {
  let from = start;
  let count = n;
  while (count > 0) {
    const half = count >> 1;
    const element = sequence[from + half];
    if (right ? !(v < element) : element < v) {
      from += half + 1;
      count -= half + 1;
    } else count = half;
  }
  return from - start;
}

const searchRows = internalBinaryOp<SearchAttrs>('searchRows', {
  dtypes: numeric,
  infer: ([, values], { dt }) => ({ shape: shapeOf(values), dt }),
  host: 'the binary search is written in JavaScript',
  run: ([sequence, values], { right, dt }, [y]) => {
    const sorted = valuesOf(sequence) as ArrayLike<number | bigint>;
    const wanted = valuesOf(values) as ArrayLike<number | bigint>;
    const out = storageView(y) as { [i: number]: number | bigint };
    const first = y.offset / dt.bytes;
    const n = shapeOf(sequence)[sequence.rank - 1];
    const m = shapeOf(values)[values.rank - 1];
    for (let i = 0; i < y.size; i++) {
      const position = boundary(sorted, Math.floor(i / m) * n, n, wanted[i], right);
      out[first + i] = dt.big ? BigInt(position) : position;
    }
  },
  gradient: null,
});

const ascending = (shape: readonly number[], values: readonly number[]) => sample(shape, { values });

/**
 * The positions at which values can be inserted into sorted sequences, which are the rows along the last axis of
 * `sortedSequence`; all dimensions but the last of both tensors are equal. InvalidArgumentError for different dtypes or
 * other shapes. @tf tf.searchsorted
 */
export const searchsorted: <I extends 'int32' | 'int64' = 'int32'>(
  sortedSequence: TensorLike,
  values: TensorLike,
  options?: SearchsortedOptions<I> | 'left' | 'right',
) => Tensor<NoInfer<I>> = composite(
  'searchsorted',
  {
    tf: 'tf.searchsorted',
    dtypes: numeric,
    domain: [-10, 10],
    ulp: 0,
    examples: [
      { args: [ascending([5], [0, 3, 3, 5, 9]), sample([7], { domain: [0, 10] })] },
      { args: [ascending([5], [0, 3, 3, 5, 9]), ascending([4], [3, 0, 9, 10])], options: { side: 'right' } },
      { args: [ascending([2, 3], [0, 3, 5, 1, 1, 2]), ascending([2, 2], [3, 6, 1, 0])] },
      { args: [ascending([3], [1, 2, 4]), ascending([2], [2, 3])], options: { outType: 'int64' } },
      { args: [ascending([2, 3], [0, 3, 5, 1, 1, 2]), ascending([3, 2], [3, 6, 1, 0, 1, 2])] },
    ],
  },
  (sequence: TensorLike, values: TensorLike, given?: SearchsortedOptions | 'left' | 'right'): Tensor => {
    const name = 'searchsorted';
    const { side, outType } = options<{ side: unknown; outType: unknown }>(
      given,
      'side',
      searchsortedDefaults,
      name,
    );
    if (side !== 'left' && side !== 'right') {
      throw new InvalidArgumentError(
        `[${name}] Argument \`side\` must be either 'right' or 'left'. Received: \`side\` = ${describe(side)}.`,
      );
    }
    if (outType !== 'int32' && outType !== 'int64')
      throw new InvalidArgumentError(`[${name}] outType must be int32 or int64; got ${describe(outType)}`);
    const a = toTensor(sequence, null, name, 'sortedSequence');
    if (!numeric.includes(a.dtype)) throw badDType(name, 'sortedSequence', a.dt, numeric);
    const v = toTensor(values, a.dt, name, 'values');
    if (v.dt !== a.dt) throw mixedDTypes(name, a, v);
    const batch = shapeOf(a).slice(0, -1);
    if (a.rank === 0 || v.rank !== a.rank || !sameShape(batch, shapeOf(v).slice(0, -1))) {
      throw new InvalidArgumentError(
        `[${name}] Leading dim_size of both tensors must match: sortedSequence has shape ${showShape(shapeOf(a))}, values ` +
          `${showShape(shapeOf(v))}; all dimensions but the last must be equal, and there must be one at least`,
      );
    }
    return searchRows(a, v, { right: side === 'right', dt: dtypes[outType] });
  },
);
