/** Labels, vectors and sequences as models take them. */
import { convertToTensor, constant } from '../../ops/array/convert';
import type { TensorLike } from '../../core/convert';
import type { DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { options as resolve } from '../../core/options';
import { describe } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { reshape } from '../../ops/array/views';
import { divide, pow } from '../../ops/math/binary';
import { equal, notEqual } from '../../ops/math/compare';
import { abs, square, sqrt } from '../../ops/math/unary';
import { where } from '../../ops/index/indexing';
import { onesLike } from '../../ops/array/creation';
import { reduceMax, reduceMin, reduceSum } from '../../ops/reduce/reduce';

export interface ToCategoricalOptions {
  /** The number of classes. Default: one more than the greatest label. */
  numClasses?: number | null;
}

/** Labels from 0 to numClasses − 1 as vectors with a one in the place of the class, along a new last axis. @tf tf.keras.utils.to_categorical */
export function toCategorical(x: TensorLike, options: ToCategoricalOptions | number = {}): Tensor<'float32'> {
  const { numClasses } = resolve(
    options,
    'numClasses',
    { numClasses: null as number | null },
    'toCategorical',
  );
  const t = convertToTensor(x);
  const labels = cast(t, 'float64').data() as Float64Array;
  const shape = shapeOf(t);
  const outer = shape.length > 1 && shape[shape.length - 1] === 1 ? shape.slice(0, -1) : shape;
  const classes = numClasses ?? labels.reduce((most, label) => Math.max(most, label), -1) + 1;
  if (!Number.isInteger(classes) || classes < 1)
    throw new InvalidArgumentError(
      `[toCategorical] numClasses must be a positive integer; got ${describe(numClasses ?? classes)}`,
    );
  if (labels.length * classes > 2 ** 31)
    throw new InvalidArgumentError(
      `[toCategorical] ${labels.length} labels of ${classes} classes are too many for one tensor`,
    );
  const values = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => {
    const k = Math.trunc(label);
    if (!(k >= 0 && k < classes))
      throw new InvalidArgumentError(
        `[toCategorical] labels must be from 0 to ${classes - 1}, less than numClasses; got ${label}`,
      );
    values[i * classes + k] = 1;
  });
  return reshape(constant(values, { dtype: 'float32' }), [...outer, classes]);
}

export interface NormalizeOptions {
  /** Default −1. */
  axis?: number;
  /** The order of the norm: 2 (default) is the Euclidean one; also 0, 1, ±Infinity and others. */
  order?: number;
}

/** x divided by its norm along an axis; where that is 0, x itself. @tf tf.keras.utils.normalize */
export function normalize(x: TensorLike, options: NormalizeOptions | number = {}): Tensor {
  const { axis, order } = resolve(options, 'axis', { axis: -1, order: 2 }, 'normalize');
  if (typeof order !== 'number' || Number.isNaN(order))
    throw new TypeError(`[normalize] order must be a number; got ${describe(order)}`);
  const given = convertToTensor(x);
  const t = given.dt.kind === 'float' ? given : cast(given, 'float32');
  const norm = normOf(t, axis, order);
  const isZero = equal(norm, 0);
  return divide(t, where(isZero, onesLike(norm), norm));
}

function normOf(t: Tensor, axis: number, order: number): Tensor {
  const over = { axis, keepdims: true };
  if (order === 2) return sqrt(reduceSum(square(t), over));
  const sizes = abs(t);
  if (order === Infinity) return reduceMax(sizes, over);
  if (order === -Infinity) return reduceMin(sizes, over);
  if (order === 0) return reduceSum(cast(notEqual(t, 0), t.dtype), over);
  if (order === 1) return reduceSum(sizes, over);
  return pow(reduceSum(pow(sizes, order), over), 1 / order);
}

export interface PadSequencesOptions {
  /** The length of each row. Default: that of the longest sequence. */
  maxlen?: number | null;
  /** Default 'int32'. */
  dtype?: DType;
  /** Whether values are added before ('pre', default) or after ('post') a short sequence. */
  padding?: 'pre' | 'post';
  /** Whether a long sequence loses its beginning ('pre', default) or its end ('post'). */
  truncating?: 'pre' | 'post';
  /** What is added. Default 0. */
  value?: number;
}

/** Sequences of different lengths as the rows of one tensor, [sequences, maxlen, …]. @tf tf.keras.utils.pad_sequences */
export function padSequences(
  sequences: readonly TensorLike[],
  options: PadSequencesOptions | number = {},
): Tensor {
  const defaults: Required<PadSequencesOptions> = {
    ...{ maxlen: null, dtype: 'int32', padding: 'pre', truncating: 'pre', value: 0 },
  };
  const o = resolve(options, 'maxlen', defaults, 'padSequences');
  for (const name of ['padding', 'truncating'] as const)
    if (o[name] !== 'pre' && o[name] !== 'post')
      throw new InvalidArgumentError(
        `[padSequences] ${name} type ${describe(o[name])} not understood: it is 'pre' or 'post'`,
      );
  if (typeof o.value !== 'number')
    throw new TypeError(`[padSequences] value must be a number; got ${describe(o.value)}`);
  if (!Array.isArray(sequences))
    throw new TypeError(`[padSequences] sequences must be an array of sequences; got ${describe(sequences)}`);
  const list = (sequences as readonly TensorLike[]).map((sequence, i) => {
    const t = cast(convertToTensor(sequence), 'float64');
    if (t.rank === 0)
      throw new InvalidArgumentError(
        `[padSequences] \`sequences\` must be a list of iterables. Found non-iterable: ${describe(sequences[i])}`,
      );
    return { shape: shapeOf(t), data: t.data() };
  });
  const maxlen = o.maxlen ?? list.reduce((most, { shape }) => Math.max(most, shape[0]), 0);
  if (!Number.isInteger(maxlen) || maxlen < 0)
    throw new InvalidArgumentError(
      `[padSequences] maxlen must be a whole number that is not negative; got ${describe(maxlen)}`,
    );
  const inner = list.find(({ shape }) => shape[0] > 0)?.shape.slice(1) ?? [];
  const step = inner.reduce((a, b) => a * b, 1);
  if (list.length * maxlen * step > 2 ** 31)
    throw new InvalidArgumentError(
      `[padSequences] ${list.length} rows of ${maxlen} are too many for one tensor`,
    );
  const values = new Float64Array(list.length * maxlen * step).fill(o.value);
  list.forEach(({ shape, data }, i) => {
    if (shape[0] === 0) return;
    if (shape.length - 1 !== inner.length || inner.some((n, k) => n !== shape[k + 1]))
      throw new InvalidArgumentError(
        `[padSequences] Shape of sample (${shape.slice(1).join(', ')}) of sequence at position ${i} is different from ` +
          `expected shape (${inner.join(', ')})`,
      );
    const kept = Math.min(shape[0], maxlen);
    const from = o.truncating === 'pre' ? shape[0] - kept : 0;
    const to = i * maxlen + (o.padding === 'pre' ? maxlen - kept : 0);
    values.set(data.subarray(from * step, (from + kept) * step), to * step);
  });
  return cast(reshape(constant(values), [list.length, maxlen, ...inner]), o.dtype);
}
