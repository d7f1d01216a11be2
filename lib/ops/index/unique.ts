/** The different elements of a vector. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes, everyType, type DType, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { asShape, describe, showShape } from '../../core/shape';
import { bufferOf, makeTensor, ownsStorage, shapeOf, type Tensor, tensorOver } from '../../core/tensor';
import { composite } from '../../op/define/composite';
import { multiOp } from '../../op/define/general';
import { options } from '../../core/options';
import type { DTypeOf } from '../../core/dtype_of';
import { scatterNd } from './indexing';
import { dependsOnValues, sample } from '../../op/registry';
import { copyOf } from '../../op/index_rows';
import { expandDims } from '../array/views';
import * as kernels from '../../op/kernels';

const uniqueDefaults = { outIdx: 'int32' } as const;

/** The first k elements of a vector that nobody else has. */
function first(t: Tensor, k: number): Tensor {
  if (k === t.size) return t;
  const part = tensorOver(t.dt, asShape([k]), bufferOf(t), t.offset);
  if (!ownsStorage(t)) return part;
  // Not to keep the memory of all.
  const copy = copyOf(part);
  t.dispose();
  return copy;
}

/**
 * In the order in which they first come; for each element the position of its like in that order; how often each comes;
 * where each first came.
 */
const uniqueParts = multiOp<[x: Tensor, index: DTypeInfo], DTypeInfo>('uniqueParts', {
  tf: '',
  dtypes: everyType,
  ulp: 0,
  args: (x, index) => [[x], index],
  infer: () => null,
  host: dependsOnValues,
  run: ([x], index) => {
    const n = x.size;
    const shape = asShape([n]);
    const idx = makeTensor(index, shape, n);
    const y = makeTensor(x.dt, shape, n);
    const came = makeTensor(dtypes.int32, shape, n);
    const count = makeTensor(index, shape, n);
    x.assertAlive('unique');
    const k = kernels.unique(x, idx, y, came, count, n, x.dt.code, index.big);
    return [first(y, k), idx, first(count, k), first(came, k)];
  },
  saves: { outputs: true },
  gradient: ([dy], { y, shapes }) => [scatterNd(expandDims(y[3], 1), dy, shapes[0])],
});

export interface UniqueOptions<I extends DType = 'int32' | 'int64'> {
  /** dtype of positions and counts: 'int32' (default) or 'int64'. */
  outIdx?: I;
}
/** What `unique` gives. */
export interface Unique<D extends DType = DType, I extends DType = 'int32' | 'int64'> {
  /** The different elements, in the order in which they first come. */
  y: Tensor<D>;
  /** For each element of the input its position in y. */
  idx: Tensor<I>;
}
/** What `uniqueWithCounts` gives. */
export interface UniqueWithCounts<
  D extends DType = DType,
  I extends DType = 'int32' | 'int64',
> extends Unique<D, I> {
  /** How often each element of y comes. */
  count: Tensor<I>;
}

function parts(name: string, input: TensorLike, given: UniqueOptions | DType | undefined): Tensor[] {
  const x = toTensor(input, null, name, 'x');
  const { outIdx } = options<{ outIdx: unknown }>(given, 'outIdx', uniqueDefaults, name);
  if (outIdx !== 'int32' && outIdx !== 'int64')
    throw new InvalidArgumentError(`[${name}] outIdx must be int32 or int64; got ${describe(outIdx)}`);
  if (x.rank !== 1) {
    throw new InvalidArgumentError(
      `[${name}] unique expects a 1D vector; x has shape ${showShape(shapeOf(x))}: tf.reshape(x, [-1])`,
    );
  }
  return uniqueParts(x, dtypes[outIdx]);
}

const examples = [
  { args: [sample([9], { dtype: 'int32', values: [1, 1, 2, 4, 4, 4, 7, 8, 8] })] },
  { args: [sample([7], { dtype: 'float32', values: [3, 'NaN', -1, 3, 'NaN', -1, 0] })] },
  { args: [sample([6])] },
  { args: [sample([0])] },
  {
    args: [sample([4], { dtype: 'int64', values: ['9007199254740993', 5, '9007199254740993', 5] })],
    options: { outIdx: 'int64' },
  },
  { args: [sample([2, 2], { dtype: 'float32' })] },
];

/**
 * The different elements of a vector and where each element is among them: `{ y, idx }`, y[idx[i]] = x[i]. A NaN differs from every
 * element. Its results' sizes depend on the data. The gradient (TensorFlow has none) goes to where each element first
 * came. InvalidArgumentError where x is not a vector. @tf tf.unique
 */
export const unique: <X extends TensorLike, I extends 'int32' | 'int64' = 'int32'>(
  x: X,
  options?: UniqueOptions<I> | I,
) => Unique<DTypeOf<X>, NoInfer<I>> = composite(
  'unique',
  { tf: 'tf.unique', dtypes: everyType, ulp: 0, examples },
  (x: TensorLike, given?: UniqueOptions | DType): Unique<never, never> => {
    const [y, idx] = parts('unique', x, given);
    return { y, idx } as Unique<never, never>;
  },
);

/** As `unique`, and how often each comes: `{ y, idx, count }`. @tf tf.unique_with_counts */
export const uniqueWithCounts: <X extends TensorLike, I extends 'int32' | 'int64' = 'int32'>(
  x: X,
  options?: UniqueOptions<I> | I,
) => UniqueWithCounts<DTypeOf<X>, NoInfer<I>> = composite(
  'uniqueWithCounts',
  { tf: 'tf.unique_with_counts', dtypes: everyType, ulp: 0, examples },
  (x: TensorLike, given?: UniqueOptions | DType): UniqueWithCounts<never, never> => {
    const [y, idx, count] = parts('uniqueWithCounts', x, given);
    return { y, idx, count } as UniqueWithCounts<never, never>;
  },
);
