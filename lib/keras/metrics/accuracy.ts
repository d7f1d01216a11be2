/** Metrics of how often predictions are right. */
import type { TensorLike } from '../../core/convert';
import { toTensor } from '../../core/convert';
import { options as readOptions } from '../../core/options';
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { slice } from '../../ops/array/slicing';
import { expandDims, reshape, squeeze } from '../../ops/array/views';
import { inTopK } from '../../ops/index/counting';
import { equal, greater } from '../../ops/math/compare';
import { argmax } from '../../ops/reduce/argreduce';
import { reduceAny } from '../../ops/reduce/reduce';
import { floatx } from '../base/settings';
import { toSameRank } from '../base/ranks';
import { inDType } from '../losses/operands';
import type { MetricOptions } from './metric';
import { FunctionMetric } from './reduction_metrics';

const asNumber = (t: Tensor): Tensor => cast(t, floatx());
const matches = (a: Tensor, b: Tensor): Tensor => asNumber(equal(a, b));

/** Labels in the dtype of the predictions. */
function pair(yTrue: TensorLike, yPred: TensorLike, name: string): [truth: Tensor, predicted: Tensor] {
  const p = toTensor(yPred, null, name, 'yPred');
  return [inDType(toTensor(yTrue, null, name, 'yTrue'), p.dtype), p];
}

/** 1 where yPred equals yTrue. @tf tf.keras.metrics.accuracy */
export const accuracy = (yTrue: TensorLike, yPred: TensorLike): Tensor =>
  matches(...toSameRank(...pair(yTrue, yPred, 'accuracy')));

export interface BinaryAccuracyOptions {
  /** What predictions of class 1 are above. Default 0.5. */
  threshold?: number;
}

const binaryDefaults: Required<BinaryAccuracyOptions> = { threshold: 0.5 };

/** 1 where yPred > threshold says what yTrue says. @tf tf.keras.metrics.binary_accuracy */
export function binaryAccuracy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options?: BinaryAccuracyOptions | number,
): Tensor {
  const name = 'binaryAccuracy';
  const { threshold } = readOptions(options, 'threshold', binaryDefaults, name);
  const [t, p] = toSameRank(toTensor(yTrue, null, name, 'yTrue'), toTensor(yPred, null, name, 'yPred'));
  return matches(t, cast(greater(p, threshold), t.dtype));
}

/** 1 where the largest prediction is that of the largest label. @tf tf.keras.metrics.categorical_accuracy */
export function categoricalAccuracy(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair(yTrue, yPred, 'categoricalAccuracy');
  return matches(argmax(t, { axis: -1 }), argmax(p, { axis: -1 }));
}

const lastSize = (t: Tensor): number => t.shape[t.rank - 1] ?? 0;

/** 1 where the largest prediction is that of the class of that number. @tf tf.keras.metrics.sparse_categorical_accuracy */
export function sparseCategoricalAccuracy(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [given, p] = pair(yTrue, yPred, 'sparseCategoricalAccuracy');
  const labels = given.rank === p.rank && lastSize(given) === 1 ? squeeze(given, -1) : given;
  const found = matches(labels, cast(argmax(p, { axis: -1 }), labels.dtype));
  return found.rank > 1 && lastSize(found) === 1 ? squeeze(found, -1) : found;
}

export interface TopKOptions {
  /** How many of the largest predictions count. Default 5. */
  k?: number;
}

const topKDefaults: Required<TopKOptions> = { k: 5 };
const rowsOf = (p: Tensor): Tensor => (p.rank > 2 ? reshape(p, [-1, lastSize(p)]) : p);

/** 1 where the largest label is among the k largest predictions. @tf tf.keras.metrics.top_k_categorical_accuracy */
export function topKCategoricalAccuracy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options?: TopKOptions | number,
): Tensor {
  const name = 'topKCategoricalAccuracy';
  const { k } = readOptions(options, 'k', topKDefaults, name);
  const [t, p] = pair(yTrue, yPred, name);
  const classes = argmax(t, { axis: -1, outputType: 'int32' });
  return reshape(asNumber(inTopK(reshape(classes, [-1]), rowsOf(p), k)), shapeOf(classes));
}

export interface SparseTopKOptions extends TopKOptions {
  /** Whether predictions are class numbers, the likeliest first. Default false: a number for each class. */
  fromSortedIds?: boolean;
}

const sparseTopKDefaults: Required<SparseTopKOptions> = { k: 5, fromSortedIds: false };

/** 1 where the class of that number is among the k largest predictions. @tf tf.keras.metrics.sparse_top_k_categorical_accuracy */
export function sparseTopKCategoricalAccuracy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options?: SparseTopKOptions | number,
): Tensor {
  const name = 'sparseTopKCategoricalAccuracy';
  const { k, fromSortedIds } = readOptions(options, 'k', sparseTopKDefaults, name);
  const p = toTensor(yPred, null, name, 'yPred');
  const labels = inDType(toTensor(yTrue, null, name, 'yTrue'), fromSortedIds ? p.dtype : 'int32');
  const [rows, flat] = [rowsOf(p), reshape(labels, [-1])];
  const first = (): Tensor => slice(rows, [0, 0], [-1, Math.min(k, lastSize(rows))]);
  const found = fromSortedIds
    ? reduceAny(equal(expandDims(flat, 1), first()), { axis: 1 })
    : inTopK(flat, rows, k);
  return reshape(asNumber(found), shapeOf(labels));
}

/** The share of predictions that equal the labels. @tf tf.keras.metrics.Accuracy */
export class Accuracy extends FunctionMetric {
  constructor(options: MetricOptions = {}) {
    super(accuracy, options, 'Accuracy', { name: 'accuracy' });
  }
}

/** The share of right predictions of 0 or 1. @tf tf.keras.metrics.BinaryAccuracy */
export class BinaryAccuracy extends FunctionMetric {
  declare readonly threshold: number;

  constructor(options: MetricOptions & BinaryAccuracyOptions = {}) {
    super(binaryAccuracy, options, 'BinaryAccuracy', { name: 'binary_accuracy', ...binaryDefaults });
  }
}

/** The share of right classes, with labels in one-hot form. @tf tf.keras.metrics.CategoricalAccuracy */
export class CategoricalAccuracy extends FunctionMetric {
  constructor(options: MetricOptions = {}) {
    super(categoricalAccuracy, options, 'CategoricalAccuracy', { name: 'categorical_accuracy' });
  }
}

/** The share of right classes, with labels that are class numbers. @tf tf.keras.metrics.SparseCategoricalAccuracy */
export class SparseCategoricalAccuracy extends FunctionMetric {
  constructor(options: MetricOptions = {}) {
    const name = 'sparse_categorical_accuracy';
    super(sparseCategoricalAccuracy, options, 'SparseCategoricalAccuracy', { name });
  }
}

/** How often the class of the largest label is among the k largest predictions. @tf tf.keras.metrics.TopKCategoricalAccuracy */
export class TopKCategoricalAccuracy extends FunctionMetric {
  declare readonly k: number;

  constructor(options: MetricOptions & TopKOptions = {}) {
    const name = 'top_k_categorical_accuracy';
    super(topKCategoricalAccuracy, options, 'TopKCategoricalAccuracy', { name, ...topKDefaults });
  }
}

/**
 * How often the class is among the k largest predictions, with labels that are class numbers.
 * @tf tf.keras.metrics.SparseTopKCategoricalAccuracy
 */
export class SparseTopKCategoricalAccuracy extends FunctionMetric {
  declare readonly k: number;
  declare readonly fromSortedIds: boolean;

  constructor(options: MetricOptions & SparseTopKOptions = {}) {
    const name = 'sparse_top_k_categorical_accuracy';
    const { k, fromSortedIds } = sparseTopKDefaults;
    const where = 'SparseTopKCategoricalAccuracy';
    super(sparseTopKCategoricalAccuracy, options, where, { name, k }, { fromSortedIds });
  }
}
