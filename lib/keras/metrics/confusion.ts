/** Counts of right and wrong predictions of two classes, at one or more thresholds. */
import { InvalidArgumentError } from '../../core/errors';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { constant } from '../../ops/array/convert';
import { range } from '../../ops/array/creation';
import { broadcastTo, transpose } from '../../ops/array/movement';
import { oneHot } from '../../ops/array/patterns';
import { slice } from '../../ops/array/slicing';
import { expandDims, reshape } from '../../ops/array/views';
import { unsortedSegmentSum } from '../../ops/index/segments';
import { topK } from '../../ops/index/sort';
import { add, multiply, subtract } from '../../ops/math/binary';
import { greater, logicalAnd } from '../../ops/math/compare';
import { cumsum } from '../../ops/math/scan';
import { clipByValue, select } from '../../ops/math/select';
import { ceil, logicalNot, relu } from '../../ops/math/unary';
import { reduceSum } from '../../ops/reduce/reduce';
import { toSameRank } from '../base/ranks';
import type { Weight } from '../base/weight';
import { epsilon } from '../losses/operands';

/** What predictions are below where only the largest k count. */
export const negativeInfinity = -1e10;

/** One threshold, or several. */
export type Thresholds = number | readonly number[];

/** The counts that a metric has, each a vector with an element for each threshold, or a matrix of thresholds and labels. */
export interface Counts {
  readonly truePositives?: Weight;
  readonly falsePositives?: Weight;
  readonly trueNegatives?: Weight;
  readonly falseNegatives?: Weight;
}

export interface ConfusionOptions {
  readonly thresholds: readonly number[];
  /** Whether they are at equal distances. */
  readonly isEven: boolean;
  readonly topK?: number | null;
  readonly classId?: number | null;
  readonly sampleWeight: Tensor | null;
  /** Whether each label has counts of its own. */
  readonly multiLabel?: boolean;
  readonly labelWeights?: Tensor | null;
}

/** The thresholds as a list. InvalidArgumentError unless they are in [0, 1]. */
export function thresholdsOf(given: Thresholds | null, otherwise: number, where: string): readonly number[] {
  if (given === null) return [otherwise];
  const list: readonly unknown[] = Array.isArray(given) ? (given as unknown[]) : [given];
  const invalid = list.filter((t) => typeof t !== 'number' || !(t >= 0 && t <= 1));
  if (invalid.length > 0 || list.length === 0)
    throw new InvalidArgumentError(
      `[${where}] Threshold values must be in [0, 1]. Received: ${describe(invalid.length > 0 ? invalid[0] : given)}`,
    );
  return list as readonly number[];
}

/** Whether there are at least three thresholds, at equal distances from 0 to 1. */
export function areEven(thresholds: readonly number[]): boolean {
  const last = thresholds.length - 1;
  return last >= 2 && thresholds.every((t, i) => Math.abs(t - i / last) <= epsilon() + 1e-5 * (i / last));
}

/** `count` thresholds from 0 to 1. */
export function evenThresholds(count: unknown, least: number, where: string): number[] {
  if (!Number.isInteger(count) || (count as number) < least || (count as number) > 2 ** 24)
    throw new InvalidArgumentError(
      `[${where}] Argument \`numThresholds\` must be an integer >= ${least}. Received: numThresholds=${describe(count)}`,
    );
  const n = count as number;
  return n === 1 ? [0.5] : Array.from({ length: n }, (_, i) => i / (n - 1));
}

/** Predictions that are not among the k largest of the last axis become very low. */
function keepTopK(p: Tensor, k: number): Tensor {
  const { indices } = topK(p, { k });
  const classes = shapeOf(p)[p.rank - 1];
  const kept = reduceSum(oneHot(indices, classes, { dtype: p.dtype }), { axis: -2 });
  return add(multiply(p, kept), multiply(subtract(1, kept), negativeInfinity));
}

/** The column of one class, of size 1. */
function column(t: Tensor, classId: number, what: string): Tensor {
  const shape = shapeOf(t);
  const last = t.rank - 1;
  const at = classId < 0 ? classId + shape[last] : classId;
  if (t.rank < 2 || !(at >= 0 && at < shape[last]))
    throw new InvalidArgumentError(
      `[confusion] When class_id is provided, y_pred must be a 2D array with shape (num_samples, num_classes) that has the ` +
        `class; got classId ${describe(classId)}, and ${what} of shape ${showShape(shape)}`,
    );
  const begin = shape.map((_, i) => (i === last ? at : 0));
  return slice(
    t,
    begin,
    shape.map((n, i) => (i === last ? 1 : n)),
  );
}

/** The weight of each element; null: all are 1. */
function elementWeights(p: Tensor, o: ConfusionOptions): Tensor | null {
  const shape = shapeOf(p);
  const samples = o.sampleWeight === null ? null : broadcastTo(o.sampleWeight, shape);
  const { labelWeights = null } = o;
  if (labelWeights === null) return samples;
  const labels = broadcastTo(expandDims(labelWeights, 0), shape);
  return samples === null ? labels : multiply(samples, labels);
}

type Name = keyof Counts;
type Found = Record<Name, () => Tensor>;

/**
 * Counts for even thresholds: each prediction is in one bucket between two of them, and is counted for all thresholds below.
 * Positives are [thresholds] or [labels, thresholds].
 */
function bucketed(t: Tensor, p: Tensor, o: ConfusionOptions): Found {
  const n = o.thresholds.length;
  const weights = elementWeights(p, o);
  const weigh = (x: Tensor): Tensor => (weights === null ? x : multiply(x, weights));
  const truth = cast(cast(t, 'bool'), t.dtype);
  let buckets = subtract(ceil(multiply(clipByValue(p, 0, 1), n - 1)), 1);
  // The lowest threshold is below 0: a prediction of 0 is above it.
  if (o.thresholds[0] < 0) buckets = relu(buckets);
  const labels = o.multiLabel === true ? shapeOf(p)[1] : 1;
  const byLabel = (x: Tensor): Tensor => (o.multiLabel === true ? transpose(x) : reshape(x, [1, x.size]));
  let ids = byLabel(cast(buckets, 'int32'));
  if (labels > 1) ids = add(ids, expandDims(multiply(range(0, labels, { dtype: 'int32' }), n), 1));
  const flatIds = reshape(ids, [ids.size]);
  const count = (x: Tensor): { above: Tensor; all: () => Tensor } => {
    const values = byLabel(weigh(x));
    const sums = reshape(unsortedSegmentSum(reshape(values, [values.size]), flatIds, labels * n), [
      labels,
      n,
    ]);
    const above = cumsum(sums, { axis: 1, reverse: true });
    return { above, all: () => reduceSum(values, { axis: 1, keepdims: true }) };
  };
  const positive = count(truth);
  const negative = count(subtract(1, truth));
  const shaped = (x: Tensor): Tensor => (o.multiLabel === true ? transpose(x) : reshape(x, [n]));
  return {
    truePositives: () => shaped(positive.above),
    falsePositives: () => shaped(negative.above),
    trueNegatives: () => shaped(subtract(negative.all(), negative.above)),
    falseNegatives: () => shaped(subtract(positive.all(), positive.above)),
  };
}

/** Counts for any thresholds: each prediction is compared with each threshold. */
function compared(t: Tensor, p: Tensor, o: ConfusionOptions): Found {
  const n = o.thresholds.length;
  const isMulti = o.multiLabel === true;
  const weights = elementWeights(p, o);
  const spread = (x: Tensor): Tensor => (isMulti ? expandDims(x, 0) : reshape(x, [1, x.size]));
  const thresholds = constant([...o.thresholds], { dtype: p.dtype as 'float32' });
  const isPredicted = greater(spread(p), reshape(thresholds, isMulti ? [n, 1, 1] : [n, 1]));
  const isTrue = spread(cast(t, 'bool'));
  const spreadWeights = weights === null ? null : spread(weights);
  const count = (label: () => Tensor, predicted: () => Tensor) => (): Tensor => {
    const both = logicalAnd(label(), predicted());
    const values = spreadWeights === null ? cast(both, p.dtype) : select(both, spreadWeights, 0);
    return reduceSum(values, { axis: 1 });
  };
  const positive = (): Tensor => isTrue;
  const negative = (): Tensor => logicalNot(isTrue);
  const above = (): Tensor => isPredicted;
  const below = (): Tensor => logicalNot(isPredicted);
  return {
    truePositives: count(positive, above),
    falsePositives: count(negative, above),
    trueNegatives: count(negative, below),
    falseNegatives: count(positive, below),
  };
}

/** Adds the counts of a batch. */
export function updateCounts(counts: Counts, yTrue: Tensor, yPred: Tensor, o: ConfusionOptions): void {
  let [p, t] = toSameRank(yPred, yTrue);
  let { sampleWeight } = o;
  if (sampleWeight !== null) sampleWeight = toSameRank(t, expandDims(sampleWeight, -1), false)[1];
  if (o.topK != null) p = keepTopK(p, o.topK);
  if (o.classId != null) [t, p] = [column(t, o.classId, 'labels'), column(p, o.classId, 'predictions')];
  if (shapeOf(t).join() !== shapeOf(p).join())
    throw new InvalidArgumentError(
      `[confusion] labels and predictions must have the same shape; got ${showShape(t.shape)} and ${showShape(p.shape)}`,
    );
  const found = (o.isEven ? bucketed : compared)(t, p, { ...o, sampleWeight });
  for (const [name, variable] of Object.entries(counts) as [Name, Weight][])
    variable.assignAdd(found[name]());
}
