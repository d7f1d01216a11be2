/** The different elements of a vector. */
import { toTensor, type TensorLike } from '../core/convert';
import { dtypes, everyType, type DType, type DTypeInfo } from '../core/dtype';
import { InvalidArgumentError } from '../core/errors';
import { describe, showShape } from '../core/shape';
import { elementsAround, makeTensor, type Tensor } from '../core/tensor';
import { composite, multiOp, options } from './define';
import { scatterNd } from './indexing';
import { sample } from './registry';
import { expandDims } from './views';

const uniqueDefaults = { outIdx: 'int32' } as const;

type Elements = Record<number, number | bigint> & { readonly length: number };

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
  run: ([x], index) => {
    x.assertAlive('unique');
    const from = elementsAround(x) as Elements;
    const begin = x.offset / x.dt.bytes;
    const n = x.size;
    const idx = makeTensor(index, [n], n);
    const to = elementsAround(idx) as Elements;
    const toBegin = idx.offset / index.bytes;
    const came: number[] = [];
    const counts: number[] = [];
    // Few are looked through one by one; a Map pays for more.
    let seen: Map<number | bigint, number> | null = null;
    const find = (v: number | bigint): number => {
      // A NaN is like no other, itself included; a Map would find it again.
      if (seen !== null) return Number.isNaN(v) ? -1 : (seen.get(v) ?? -1);
      let k = came.length - 1;
      while (k >= 0 && from[begin + came[k]] !== v) k--;
      return k;
    };
    for (let i = 0; i < n; i++) {
      const v = from[begin + i];
      let at = find(v);
      if (at < 0) {
        at = came.length;
        came.push(i);
        counts.push(0);
        if (seen !== null) seen.set(v, at);
        else if (at === 16) seen = new Map(came.map((place, k) => [from[begin + place], k]));
      }
      counts[at]++;
      to[toBegin + i] = index.big ? BigInt(at) : at;
    }
    const made = (dt: DTypeInfo, list: readonly number[]): Tensor => {
      const t = makeTensor(dt, [list.length], list.length);
      const values = elementsAround(t) as Elements;
      const at = t.offset / dt.bytes;
      for (let i = 0; i < list.length; i++) values[at + i] = dt.big ? BigInt(list[i]) : list[i];
      return t;
    };
    const y = makeTensor(x.dt, [came.length], came.length);
    const values = elementsAround(y) as Elements;
    const yBegin = y.offset / y.dt.bytes;
    for (let i = 0; i < came.length; i++) values[yBegin + i] = from[begin + came[i]];
    return [y, idx, made(index, counts), made(dtypes.int32, came)];
  },
  saves: { outputs: true },
  gradient: ([dy], { y, shapes }) => [scatterNd(expandDims(y[3], 1), dy, shapes[0])],
});

export interface UniqueOptions {
  /** dtype of positions and counts: 'int32' (default) or 'int64'. */
  outIdx?: DType;
}
/** What `unique` gives. */
export interface Unique {
  /** The different elements, in the order in which they first come. */
  y: Tensor;
  /** For each element of the input its position in y. */
  idx: Tensor;
}
/** What `uniqueWithCounts` gives. */
export interface UniqueWithCounts extends Unique {
  /** How often each element of y comes. */
  count: Tensor;
}

function parts(name: string, input: TensorLike, given: UniqueOptions | DType | undefined): Tensor[] {
  const x = toTensor(input, null, name, 'x');
  const { outIdx } = options<{ outIdx: unknown }>(given, 'outIdx', uniqueDefaults, name);
  if (outIdx !== 'int32' && outIdx !== 'int64')
    throw new InvalidArgumentError(`[${name}] outIdx must be int32 or int64; got ${describe(outIdx)}`);
  if (x.rank !== 1) {
    throw new InvalidArgumentError(
      `[${name}] unique expects a 1D vector; x has shape ${showShape(x.shape)}: tf.reshape(x, [-1])`,
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
export const unique: (x: TensorLike, options?: UniqueOptions | DType) => Unique = composite(
  'unique',
  { tf: 'tf.unique', dtypes: everyType, ulp: 0, examples },
  (x: TensorLike, given?: UniqueOptions | DType): Unique => {
    const [y, idx] = parts('unique', x, given);
    return { y, idx };
  },
);

/** As `unique`, and how often each comes: `{ y, idx, count }`. @tf tf.unique_with_counts */
export const uniqueWithCounts: (x: TensorLike, options?: UniqueOptions | DType) => UniqueWithCounts =
  composite(
    'uniqueWithCounts',
    { tf: 'tf.unique_with_counts', dtypes: everyType, ulp: 0, examples },
    (x: TensorLike, given?: UniqueOptions | DType): UniqueWithCounts => {
      const [y, idx, count] = parts('uniqueWithCounts', x, given);
      return { y, idx, count };
    },
  );
