/** Masks, reversals and repetitions along an axis, and coordinate grids. */
import { type AnyTensorLike, toTensor, type TensorLike } from '../../core/convert';
import { type DType, dtypeInfo, dtypes, everyType, integers, numeric } from '../../core/dtype';
import type { AnyDTypeOf, DTypeOf } from '../../core/dtype_of';
import { detached } from '../../core/context';
import { InvalidArgumentError } from '../../core/errors';
import { isPlain, options } from '../../core/options';
import { checkShape, describe, showShape } from '../../core/shape';
import { makeTensor, shapeOf, type Tensor, viewOf } from '../../core/tensor';
import { axisArgument, type OneAxis } from '../../op/axis';
import { badDType } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { checkedIndices, indexTensor } from '../../op/index_rows';
import { sample } from '../../op/registry';
import { integer, integerList, tensorList } from '../../op/strided';
import { requireConcrete } from '../../op/traced';
import { gather } from '../index/indexing';
import { subtract } from '../math/binary';
import { less } from '../math/compare';
import { select } from '../math/select';
import { cast } from './cast';
import { range } from './creation';
import { broadcastTo, transpose } from './movement';
import { expandDims, reshape } from './views';

const ints = (shape: readonly number[], values: readonly number[]) =>
  sample(shape, { dtype: 'int32', values });

export interface SequenceMaskOptions<D extends DType = DType> {
  /** The size of the last dimension. Default: the greatest length. */
  maxlen?: number | bigint | Tensor | null;
  /** Default bool. */
  dtype?: D;
}

const sequenceMaskDefaults = { maxlen: null, dtype: 'bool' } as const;

/**
 * A mask of sequences: mask[…, j] = j < lengths[…]. Its shape is that of `lengths` with a last dimension of size `maxlen`.
 * @tf tf.sequence_mask
 */
export const sequenceMask: <D extends DType = 'bool'>(
  lengths: TensorLike,
  options?: SequenceMaskOptions<D> | number,
) => Tensor<NoInfer<D>> = composite(
  'sequenceMask',
  {
    tf: 'tf.sequence_mask',
    dtypes: integers,
    ulp: 0,
    examples: [
      { args: [ints([3], [1, 3, 2])], options: { maxlen: 5 } },
      { args: [ints([2, 2], [1, 3, 2, 0])] },
      { args: [ints([2], [-1, 2])], options: { maxlen: 3, dtype: 'float32' } },
      { args: [ints([], [2])], options: { maxlen: 3 } },
    ],
  },
  (lengths: TensorLike, given?: SequenceMaskOptions | number): Tensor => {
    const name = 'sequenceMask';
    const { maxlen, dtype } = options<{ maxlen: unknown; dtype: unknown }>(
      given,
      'maxlen',
      sequenceMaskDefaults,
      name,
    );
    const { name: type } = dtypeInfo(dtype, `[${name}] dtype`);
    const isHost = typeof lengths === 'number' || Array.isArray(lengths);
    const t = isHost ? indexTensor(lengths, name, 'lengths') : toTensor(lengths, null, name, 'lengths');
    if (t.dt.kind !== 'int') throw badDType(name, 'lengths', t.dt, integers);
    const positions = range(0, maxlen === null ? greatest(t, name) : size(maxlen, name), 1, {
      dtype: 'int64',
    });
    const mask = less(positions, expandDims(cast(t, 'int64'), -1));
    return type === 'bool' ? mask : cast(mask, type);
  },
);

function size(value: unknown, op: string): number {
  const n = integer(value, op, 'maxlen');
  if (n < 0) throw new InvalidArgumentError(`[${op}] maxlen must be at least 0; got ${n}`);
  return n;
}

/** The greatest element of a tensor of integers; 0 if it is negative or there is none. */
function greatest(t: Tensor, op: string): number {
  let most = 0;
  for (const value of viewOf(requireConcrete(t, op)) as Iterable<number | bigint>)
    most = Math.max(most, Number(value));
  return most;
}

export interface ReverseSequenceOptions {
  /** The axis of the sequences. Required. */
  seqAxis?: OneAxis;
  /** The axis of the batch. Default 0. */
  batchAxis?: OneAxis;
}

const reverseSequenceDefaults = { seqAxis: null, batchAxis: 0 } as const;

/**
 * Reverses the first seqLengths[b] elements of each sequence b along `seqAxis`; the rest stays in place. `seqLengths` is an
 * int32 or int64 vector with an element for each index of `batchAxis`. @tf tf.reverse_sequence
 */
export const reverseSequence: <X extends AnyTensorLike>(
  input: X,
  seqLengths: TensorLike,
  options?: ReverseSequenceOptions | OneAxis,
) => Tensor<AnyDTypeOf<X>> = composite(
  'reverseSequence',
  {
    tf: 'tf.reverse_sequence',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([3, 4]), ints([3], [2, 4, 0])], options: { seqAxis: 1, batchAxis: 0 } },
      { args: [sample([4, 2, 3]), ints([3], [1, 3, 4])], options: { seqAxis: 0, batchAxis: 2 } },
      { args: [sample([2, 3, 2]), ints([2], [3, 2])], options: { seqAxis: 1, batchAxis: 0 } },
      { args: [sample([2, 3]), ints([2], [4, 0])], options: { seqAxis: 1, batchAxis: 0 } },
      { args: [sample([2, 3]), ints([3], [1, 2, 2])], options: { seqAxis: 1, batchAxis: 0 } },
    ],
  },
  (input: AnyTensorLike, seqLengths: TensorLike, given?: ReverseSequenceOptions | OneAxis): Tensor => {
    const name = 'reverseSequence';
    const o = options<{ seqAxis: unknown; batchAxis: unknown }>(
      given,
      'seqAxis',
      reverseSequenceDefaults,
      name,
    );
    const x = toTensor(input, null, name, 'input');
    const lengths = indexTensor(seqLengths, name, 'seqLengths');
    if (o.seqAxis === null)
      throw new TypeError(`[${name}] seqAxis is required: reverseSequence(x, lengths, { seqAxis: 1 })`);
    const seq = axisArgument(o.seqAxis, x.rank, name, 'seqAxis');
    const batch = axisArgument(o.batchAxis, x.rank, name, 'batchAxis');
    if (seq === batch) throw new InvalidArgumentError(`[${name}] batchAxis == seqAxis == ${seq}`);
    const [sequences, n] = [shapeOf(x)[batch], shapeOf(x)[seq]];
    if (lengths.rank !== 1 || lengths.size !== sequences) {
      throw new InvalidArgumentError(
        `[${name}] Length of seqLengths != input.shape[${batch}], (${showShape(shapeOf(lengths))} vs. ${sequences})`,
      );
    }
    const checked = checkedIndices(
      lengths,
      n + 1,
      (t, i) =>
        new InvalidArgumentError(`[${name}] seqLengths has the element ${viewOf(t)[i]}, not in [0, ${n}]`),
    );
    const rest = shapeOf(x).flatMap((_, d) => (d === seq || d === batch ? [] : [d]));
    const perm = [batch, seq, ...rest];
    const columns = expandDims(checked, 1);
    const positions = range(0, n, 1, { dtype: lengths.dtype as 'int32' });
    const order = select(less(positions, columns), subtract(subtract(columns, positions), 1), positions);
    const reversed = gather(transpose(x, { perm }), order, { axis: 1, batchDims: 1 });
    return transpose(reversed, { perm: perm.map((_, d) => perm.indexOf(d)) });
  },
);

export interface RepeatOptions {
  /** The axis along which elements are repeated. Default: of the flattened tensor. */
  axis?: OneAxis | null;
}

const repeatDefaults: Required<RepeatOptions> = { axis: null };

/**
 * Repeats the slices along an axis, each before the next one: [1, 2] twice is [1, 1, 2, 2]. `repeats` is an integer, or a
 * vector with one for each slice. InvalidArgumentError for negative ones, or a vector of another size. @tf tf.repeat
 */
export const repeat: <X extends AnyTensorLike>(
  input: X,
  repeats: number | bigint | readonly number[] | Int32Array | BigInt64Array | Tensor,
  options?: RepeatOptions | OneAxis | null,
) => Tensor<AnyDTypeOf<X>> = composite(
  'repeat',
  {
    tf: 'tf.repeat',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([2, 3]), 2] },
      { args: [sample([2, 3]), 2], options: { axis: 1 } },
      { args: [sample([2, 3]), [1, 2]], options: { axis: 0 } },
      { args: [sample([2, 3, 2]), [0, 2, 1]], options: { axis: -2 } },
      { args: [sample([]), 3] },
      { args: [sample([3]), 0], options: { axis: 0 } },
      { args: [sample([2, 3]), [1, 2]], options: { axis: 1 } },
    ],
  },
  (input: AnyTensorLike, repeats: unknown, given?: RepeatOptions | OneAxis | null): Tensor => {
    const name = 'repeat';
    const { axis } = options<{ axis: unknown }>(given, 'axis', repeatDefaults, name);
    let x = toTensor(input, null, name, 'input');
    if (axis === null || x.rank === 0) x = reshape(x, [-1]);
    const at = axis === null ? 0 : axisArgument(axis, x.rank, name);
    const n = shapeOf(x)[at];
    const counts = integerList(repeats, name, 'repeats');
    const negative = counts.find((count) => count < 0);
    if (negative !== undefined)
      throw new InvalidArgumentError(`[${name}] repeats must not be negative; got ${negative}`);
    if (counts.length === 1) {
      const before = shapeOf(x).slice(0, at + 1);
      const after = shapeOf(x).slice(at + 1);
      const wide = broadcastTo(expandDims(x, at + 1), [...before, counts[0], ...after]);
      return reshape(wide, [...before.slice(0, -1), n * counts[0], ...after]);
    }
    if (counts.length !== n) {
      throw new InvalidArgumentError(
        `[${name}] repeats must be one integer or ${n}, one for each slice along axis ${at} of shape ` +
          `${showShape(shapeOf(x))}; got ${counts.length}`,
      );
    }
    return gather(x, repeatedRows(counts), { axis: at });
  },
);

/** The numbers of slices, each as often as it is repeated. */
function repeatedRows(counts: readonly number[]): Tensor {
  const shape = checkShape([counts.reduce((sum, count) => sum + count, 0)], '[repeat] the repeated axis');
  return detached(() => {
    const rows = makeTensor(dtypes.int32, shape, shape[0]);
    const list = viewOf(rows) as Int32Array;
    let end = 0;
    counts.forEach((count, i) => list.fill(i, end, (end += count)));
    return rows;
  });
}

export interface MeshgridOptions {
  /** 'xy' (default): the first two dimensions of the grids are exchanged; 'ij': they are in the order of the arguments. */
  indexing?: 'xy' | 'ij';
}

const meshgridDefaults: Required<MeshgridOptions> = { indexing: 'xy' };

/**
 * Coordinate grids: for n vectors, n tensors of n dimensions; grid k has the elements of vector k along its dimension and
 * repeats them along the others. @tf tf.meshgrid
 */
export const meshgrid: <V extends TensorLike>(
  ...args: V[] | [...vectors: V[], options: MeshgridOptions]
) => Tensor<DTypeOf<V>>[] = composite(
  'meshgrid',
  {
    tf: 'tf.meshgrid',
    dtypes: numeric,
    ulp: 0,
    examples: [
      { args: [sample([3]), sample([2])] },
      { args: [sample([3]), sample([2])], options: { indexing: 'ij' } },
      { args: [sample([2]), sample([3]), sample([4])] },
      { args: [sample([2]), sample([0])] },
      { args: [sample([3])], options: { indexing: 'xy' } },
      { args: [sample([3])], options: { indexing: 'yx' } },
    ],
  },
  (...args: unknown[]): Tensor[] => {
    const name = 'meshgrid';
    const last = args.at(-1);
    const hasOptions = typeof last === 'object' && last !== null && isPlain(last);
    const { indexing } = options<{ indexing: unknown }>(
      hasOptions ? last : undefined,
      'indexing',
      meshgridDefaults,
      name,
    );
    if (indexing !== 'xy' && indexing !== 'ij') {
      throw new InvalidArgumentError(
        `[${name}] Argument \`indexing\` parameter must be either 'xy' or 'ij', got ${describe(indexing)}`,
      );
    }
    const vectors = tensorList(hasOptions ? args.slice(0, -1) : args, name, 'vectors');
    const list = vectors.map((t) => {
      if (!numeric.includes(t.dtype)) throw badDType(name, 'the vector', t.dt, numeric);
      return reshape(t, [t.size]);
    });
    const place = (i: number): number => (indexing === 'xy' && i < 2 && list.length > 1 ? 1 - i : i);
    const dims = list.map((_, d) => list[place(d)].size);
    return list.map((t, i) => {
      const own = dims.map((_, d) => (d === place(i) ? t.size : 1));
      return broadcastTo(reshape(t, own), dims);
    });
  },
);
