/** Attention of heads: softmax of scaled products of queries and keys. */
import { toTensor, type TensorLike } from '../../core/convert';
import type { DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { describe, showShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { ones } from '../../ops/array/creation';
import { repeat } from '../../ops/array/sequences';
import { einsum } from '../../ops/linalg/einsum';
import { bandPart } from '../../ops/linalg/structure';
import { add, multiply } from '../../ops/math/binary';
import { logicalAnd } from '../../ops/math/compare';
import { select } from '../../ops/math/select';
import { softmax } from '../../ops/nn/softmax';
import { withDefaults } from '../base/named_options';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { promoted } from './dtypes';
import { applyOperation, operation, type OperationDefinition } from './operation';
import type { Operand } from './types';

/** @internal What the scores of attention are changed by. */
export interface ScoreChanges {
  /** Added to the scaled scores. */
  readonly bias?: Tensor | null;
  /** Bool, broadcast to the scores: false where a query does not attend to a key. */
  readonly mask?: Tensor | null;
  /** Whether a query attends to the keys up to its own position alone. */
  readonly isCausal?: boolean;
}

/** Where scores do not count: far below any other, and finite, so that a row without any that counts gives no NaN. */
const excluded = (dtype: DType): number =>
  -0.7 * (dtype === 'float64' ? Number.MAX_VALUE : 3.4028234663852886e38);

/** @internal softmax(scale·query·keyᵀ)·value of [batch, positions, heads, size]; scores are float32 or wider. */
export function attend(
  [query, key, value]: readonly Tensor[],
  scale: number,
  { bias = null, mask = null, isCausal = false }: ScoreChanges,
): Tensor {
  const products = einsum('btnh,bsnh->bnts', query, key);
  const dtype = products.dtype === 'float64' ? 'float64' : 'float32';
  const wide = products.dtype === dtype ? products : cast(products, dtype);
  const scaled = multiply(wide, scale);
  const scores = bias === null ? scaled : add(scaled, cast(bias, dtype));
  const { shape } = scores;
  const past = isCausal ? bandPart(ones([shape[2], shape[3]], 'bool'), -1, 0) : null;
  const kept = mask === null || past === null ? (mask ?? past) : logicalAnd(mask, past);
  const weights = softmax(kept === null ? scores : select(kept, scores, excluded(dtype)), { axis: -1 });
  return einsum('bnts,bsnh->btnh', weights.dtype === key.dtype ? weights : cast(weights, key.dtype), value);
}

const definition: OperationDefinition = {
  module: 'nn',
  className: 'DotProductAttention',
  tensors: ['query', 'key', 'value'],
  named: ['bias', 'mask', 'scale'],
  optional: { isCausal: false, flashAttention: null, attnLogitsSoftCap: null },
  run: (args, { isCausal, flashAttention }) => {
    const op = 'dotProductAttention';
    if (flashAttention === true)
      throw new InvalidArgumentError(`[${op}] Flash attention is not supported on the CPU.`);
    const [q, k, v] = promoted(args.slice(0, 3) as TensorLike[], op);
    for (const t of [q, k, v])
      if (t.rank !== 4)
        throw new InvalidArgumentError(
          `[${op}] only supports 4D inputs, [batch, positions, heads, size]. Received: query.shape=${showShape(q.shape)}, ` +
            `key.shape=${showShape(k.shape)}, value.shape=${showShape(v.shape)}`,
        );
    const groups = q.shape[2] > k.shape[2] && k.shape[2] > 1 ? Math.floor(q.shape[2] / k.shape[2]) : 1;
    const shared = (t: Tensor): Tensor => (groups === 1 ? t : repeat(t, groups, { axis: 2 }));
    const optional = (value: unknown, name: string): Tensor | null =>
      value === null || value === undefined ? null : toTensor(value, null, op, name);
    const mask = optional(args[4], 'mask');
    return attend(
      [q, shared(k), shared(v)],
      (args[5] as number | null | undefined) ?? 1 / Math.sqrt(k.shape[3]),
      {
        bias: optional(args[3], 'bias'),
        mask: mask === null || mask.dtype === 'bool' ? mask : cast(mask, 'bool'),
        isCausal: isCausal as boolean,
      },
    );
  },
};
operation(definition);

export interface DotProductAttentionOptions<T = TensorLike> {
  /** Added to the scores, broadcast to [batch, heads, queries, keys]. */
  bias?: T | null;
  /** Broadcast to the scores: false where a query does not attend to a key. */
  mask?: T | null;
  /** The scores' factor. Default: 1 / √size. */
  scale?: number | null;
  /** Whether a query attends to the keys up to its own position alone. Default false. */
  isCausal?: boolean;
  /** Must not be true: it is for GPUs. */
  flashAttention?: boolean | null;
  /** Must be null: it is for TPUs. */
  attnLogitsSoftCap?: number | null;
}

/**
 * softmax(scale·query·keyᵀ)·value for each head: query [batch, queries, heads, size], key and value [batch, keys, heads, size] →
 * the shape of query. Keys and values may have fewer heads, each of which several heads of the query share.
 * @tf tf.keras.ops.dot_product_attention
 */
export function dotProductAttention(
  query: TensorLike,
  key: TensorLike,
  value: TensorLike,
  options?: DotProductAttentionOptions,
): Tensor;
export function dotProductAttention(
  query: Operand,
  key: Operand,
  value: Operand,
  options?: DotProductAttentionOptions<Operand>,
): KerasTensor;
export function dotProductAttention(
  query: Operand,
  key: Operand,
  value: Operand,
  options: DotProductAttentionOptions<Operand> = {},
): Tensor | KerasTensor {
  const op = 'dotProductAttention';
  for (const [name, t] of Object.entries({ query, key, value }))
    if ((t as unknown) === undefined)
      throw new TypeError(`[${op}] needs the arguments query, key, value; ${name} is missing`);
  const { bias, mask, scale, ...config } = withDefaults<Required<DotProductAttentionOptions<Operand>>>(
    options,
    { bias: null, mask: null, scale: null, isCausal: false, flashAttention: null, attnLogitsSoftCap: null },
    op,
  );
  if (scale !== null && typeof scale !== 'number')
    throw new TypeError(`[${op}] scale must be a number or null; got ${describe(scale)}`);
  if (typeof config.isCausal !== 'boolean')
    throw new TypeError(`[${op}] isCausal must be true or false; got ${describe(config.isCausal)}`);
  if (config.attnLogitsSoftCap !== null)
    throw new InvalidArgumentError(
      `[${op}] attnLogitsSoftCap is for TPUs alone; got ${describe(config.attnLogitsSoftCap)}`,
    );
  return applyOperation(definition, [query, key, value, { bias, mask, scale }], config) as Tensor;
}
