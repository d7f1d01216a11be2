/** The distinct elements of a vector. */
import { toTensor, type AnyTensorLike } from '../../core/convert';
import { dtypes, everyType, type AnyDType, type DType, type DTypeInfo } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { asShape, describe, showShape } from '../../core/shape';
import { ownsStorage } from '../../core/ownership';
import { bufferOf, makeTensor, shapeOf, type Tensor, tensorFromBuffer } from '../../core/tensor';
import { composite } from '../../op/define/composite';
import { multiOp } from '../../op/define/general';
import { options } from '../../core/options';
import type { AnyDTypeOf } from '../../core/dtype_of';
import { scatterNd } from './scatter';
import { dependsOnValues, sample } from '../../op/registry';
import { copyOf } from '../../op/index_rows';
import { expandDims } from '../array/views';
import * as kernels from '../../op/kernels';

const uniqueDefaults = { outIdx: 'int32' } as const;

/** The first k elements of a vector that the caller alone refers to; a vector with its own storage is freed. */
function shrink(t: Tensor, k: number): Tensor {
  if (k === t.size) return t;
  const view = tensorFromBuffer(t.dt, asShape([k]), bufferOf(t), t.offset);
  if (!ownsStorage(t)) return view;
  // A copy, since the view would keep the whole storage alive.
  const copy = copyOf(view);
  t.dispose();
  return copy;
}

/**
 * The distinct elements in order of first occurrence; for each input element its index among them; how often each occurs;
 * the position of each one's first occurrence.
 */
const uniqueOp = multiOp<[x: Tensor, index: DTypeInfo], DTypeInfo>('uniqueElements', {
  tf: '',
  dtypes: everyType,
  strings: true,
  ulp: 0,
  args: (x, index) => [[x], index],
  infer: () => null,
  host: dependsOnValues,
  run: ([x], index) => {
    const n = x.size;
    const shape = asShape([n]);
    const idx = makeTensor(index, shape, n);
    const y = makeTensor(x.dt, shape, n);
    const firstPositions = makeTensor(dtypes.int32, shape, n);
    const count = makeTensor(index, shape, n);
    x.assertAlive('unique');
    const k = kernels.unique(x, idx, y, firstPositions, count, n, x.dt.code, index.big);
    return [shrink(y, k), idx, shrink(count, k), shrink(firstPositions, k)];
  },
  saves: { outputs: true },
  gradient: ([dy], { y, shapes }) => [scatterNd(expandDims(y[3], 1), dy, shapes[0])],
});

export interface UniqueOptions<I extends DType = 'int32' | 'int64'> {
  /** Dtype of indices and counts: 'int32' (default) or 'int64'. */
  outIdx?: I;
}
/** The result of `unique`. */
export interface Unique<D extends AnyDType = DType, I extends DType = 'int32' | 'int64'> {
  /** The distinct elements, in order of first occurrence. */
  y: Tensor<D>;
  /** For each input element, its index in y. */
  idx: Tensor<I>;
}
/** The result of `uniqueWithCounts`. */
export interface UniqueWithCounts<
  D extends AnyDType = DType,
  I extends DType = 'int32' | 'int64',
> extends Unique<D, I> {
  /** How often each element of y occurs in the input. */
  count: Tensor<I>;
}

function runUnique(name: string, input: AnyTensorLike, given: UniqueOptions | DType | undefined): Tensor[] {
  const x = toTensor(input, null, name, 'x');
  const { outIdx } = options<{ outIdx: unknown }>(given, 'outIdx', uniqueDefaults, name);
  if (outIdx !== 'int32' && outIdx !== 'int64')
    throw new InvalidArgumentError(`[${name}] outIdx must be int32 or int64; got ${describe(outIdx)}`);
  if (x.rank !== 1) {
    throw new InvalidArgumentError(
      `[${name}] unique expects a 1D vector; x has shape ${showShape(shapeOf(x))}: tf.reshape(x, [-1])`,
    );
  }
  return uniqueOp(x, dtypes[outIdx]);
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
 * The distinct elements of a vector, and for each input element its index among them: `{ y, idx }`, y[idx[i]] = x[i]. Each
 * NaN is distinct. The size of y depends on the values. The gradient (TensorFlow has none) goes to each element's first
 * occurrence. InvalidArgumentError if x is not a vector. @tf tf.unique
 */
export const unique: <X extends AnyTensorLike, I extends 'int32' | 'int64' = 'int32'>(
  x: X,
  options?: UniqueOptions<I> | I,
) => Unique<AnyDTypeOf<X>, NoInfer<I>> = composite(
  'unique',
  { tf: 'tf.unique', dtypes: everyType, ulp: 0, examples },
  (x: AnyTensorLike, given?: UniqueOptions | DType): Unique<never, never> => {
    const [y, idx] = runUnique('unique', x, given);
    return { y, idx } as Unique<never, never>;
  },
);

/** Like `unique`, with the number of occurrences: `{ y, idx, count }`. @tf tf.unique_with_counts */
export const uniqueWithCounts: <X extends AnyTensorLike, I extends 'int32' | 'int64' = 'int32'>(
  x: X,
  options?: UniqueOptions<I> | I,
) => UniqueWithCounts<AnyDTypeOf<X>, NoInfer<I>> = composite(
  'uniqueWithCounts',
  { tf: 'tf.unique_with_counts', dtypes: everyType, ulp: 0, examples },
  (x: AnyTensorLike, given?: UniqueOptions | DType): UniqueWithCounts<never, never> => {
    const [y, idx, count] = runUnique('uniqueWithCounts', x, given);
    return { y, idx, count } as UniqueWithCounts<never, never>;
  },
);
