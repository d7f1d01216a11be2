/** The base class of losses: values of examples, weighted and reduced. */
import { toTensor, type TensorLike } from '../../core/convert';
import type { DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { divide, divideNoNan, multiply } from '../../ops/math/binary';
import { logicalAnd } from '../../ops/math/compare';
import { reduceSum } from '../../ops/reduce/reduce';
import { policyFrom, type DTypePolicy, type MixedPolicy } from '../base/dtype_policy';
import { floatx } from '../base/settings';
import { KerasObject, type Config } from '../base/keras_object';
import { logitsOf, withLogits } from '../base/logits';
import { withDefaults } from '../base/named_options';
import { uniqueName } from '../base/naming';
import { classNameOf, registrationOf, snakeNameOf } from '../base/registry';
import { toSameRank } from '../base/ranks';
import { maskOf, setMask } from '../layers/call_context';
import { inDType } from './operands';

const reductions = ['sum_over_batch_size', 'sum', 'mean', 'mean_with_sample_weight', 'none'] as const;
/** How the values of examples become one: 'sum_over_batch_size' and 'mean' are their mean. */
export type Reduction = (typeof reductions)[number];

export interface LossOptions {
  /** Default 'sum_over_batch_size'. 'none' and null leave the values as they are. */
  reduction?: Reduction | null;
  /** Default: the class in snake case. */
  name?: string | null;
  /** The dtype of the result. Default: float32. */
  dtype?: DType | MixedPolicy | DTypePolicy | null;
}

export const lossDefaults: Required<LossOptions> = {
  reduction: 'sum_over_batch_size',
  name: null,
  dtype: null,
};

/** The weights of values from those that are given and a mask. */
export function applyMask(
  weights: Tensor | null,
  mask: Tensor | null,
  dtype: DType,
  reduction: Reduction | null,
): Tensor | null {
  if (mask === null) return weights;
  let scaled: Tensor = cast(mask, dtype);
  // The mean is that of the entries that the mask leaves.
  if (reduction === 'mean' || reduction === 'sum_over_batch_size')
    scaled = multiply(scaled, divideNoNan(mask.size, reduceSum(scaled)));
  if (weights === null) return scaled;
  const [m, w] = toSameRank(scaled, inDType(weights, dtype));
  return multiply(w, m);
}

/** Weights the values of examples, and reduces them. */
function reduceValues(
  values: Tensor,
  sampleWeight: Tensor | null,
  mask: Tensor | null,
  reduction: Reduction | null,
): Tensor {
  let found = values;
  let weights = applyMask(sampleWeight, mask, values.dtype, reduction);
  if (weights !== null) {
    [found, weights] = toSameRank(found, weights);
    found = multiply(found, weights);
  }
  const isReduced = found.rank === 0 || (found.rank === 1 && found.size === 0);
  if (reduction === null || reduction === 'none' || isReduced) return found;
  const sum = reduceSum(found);
  if (reduction === 'sum') return sum;
  if (reduction === 'mean_with_sample_weight' && weights !== null)
    return divideNoNan(sum, reduceSum(weights));
  return divide(sum, Math.max(1, found.size));
}

/** The name of a loss or metric that is given none: that of Keras's classes is fixed, others are numbered. */
function defaultName(loss: Loss): string {
  const name = snakeNameOf(loss);
  return (registrationOf(loss.constructor)?.module ?? null) === null ? uniqueName(name) : name;
}

/** The mask of either of two tensors, or where both have one, of both. */
function bothMasks(a: Tensor | null, b: Tensor | null): Tensor | null {
  if (a === null || b === null) return a ?? b;
  return logicalAnd(a, b);
}

/**
 * Base class of losses: `loss(yTrue, yPred, sampleWeight)`. A subclass defines `call(yTrue, yPred)`, the values of the examples.
 * @tf tf.keras.losses.Loss
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export abstract class Loss extends KerasObject {
  declare name: string;
  readonly reduction: Reduction | null;
  readonly dtype: DType;

  constructor(options: LossOptions = {}) {
    super();
    const { reduction, name, dtype } = withDefaults(options, lossDefaults, classNameOf(this));
    if (reduction !== null && !reductions.includes(reduction))
      throw new InvalidArgumentError(
        `[Loss] Invalid value for argument \`reduction\`. Expected one of ${reductions.join(', ')}. Received: ${describe(reduction)}`,
      );
    if (name !== null && typeof name !== 'string')
      throw new TypeError(`[Loss] name must be a string; got ${describe(name)}`);
    this.reduction = reduction;
    this.name = name ?? defaultName(this);
    this.dtype = dtype === null ? floatx() : policyFrom(dtype, 'Loss').computeDtype;
  }

  /** The values of the examples. */
  abstract call(yTrue: Tensor, yPred: Tensor): Tensor;

  /** @internal */
  override invoke(yTrue: unknown, yPred: unknown, sampleWeight?: unknown): Tensor {
    const given = toTensor(yPred, null, this.name, 'yPred');
    const predictions = toDtype(given, this.dtype);
    const truth = toDtype(toTensor(yTrue, null, this.name, 'yTrue'), this.dtype);
    const found = this.call(truth, predictions);
    const mask = bothMasks(maskOf(given), maskOf(found));
    const weights =
      sampleWeight == null
        ? null
        : inDType(toTensor(sampleWeight, null, this.name, 'sampleWeight'), this.dtype);
    return reduceValues(inDType(found, this.dtype), weights, mask, this.reduction);
  }

  override getConfig(): Config {
    return { name: this.name, reduction: this.reduction };
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export interface Loss {
  (yTrue: TensorLike, yPred: TensorLike, sampleWeight?: TensorLike | null): Tensor;
}

function toDtype(t: Tensor, dtype: DType): Tensor {
  if (t.dtype === dtype) return t;
  const converted = cast(t, dtype);
  setMask(converted, maskOf(t));
  const logits = logitsOf(t);
  return logits === null ? converted : withLogits(converted, cast(logits, dtype));
}
