/** Intersections of predicted and true regions, as shares of their unions. */
import type { DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { describe, sameShape, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { constant } from '../../ops/array/convert';
import { stack } from '../../ops/array/joining';
import { broadcastTo } from '../../ops/array/movement';
import { reshape } from '../../ops/array/views';
import { gather } from '../../ops/index/indexing';
import { scatterNd } from '../../ops/index/scatter';
import { diagPart } from '../../ops/linalg/structure';
import { add, divide, subtract } from '../../ops/math/binary';
import { greater, greaterEqual, less, logicalAnd, notEqual } from '../../ops/math/compare';
import { select } from '../../ops/math/select';
import { argmax } from '../../ops/reduce/argreduce';
import { reduceSum } from '../../ops/reduce/reduce';
import type { Config } from '../base/keras_object';
import { withDefaults } from '../base/named_options';
import type { Weight } from '../base/weight';
import { epsilon } from '../losses/operands';
import { Metric, metricDefaults, type MetricOptions } from './metric';

export interface OneHotIoUOptions extends MetricOptions {
  /** The label of pixels that do not count. Default null: all count. */
  ignoreClass?: number | null;
  /** Whether predictions are class numbers; otherwise they have an axis of classes. */
  sparseYPred?: boolean;
  /** The axis of the classes. Default −1. */
  axis?: number;
}

export interface IoUOptions extends OneHotIoUOptions {
  /** Whether labels are class numbers (default); otherwise they have an axis of classes. */
  sparseYTrue?: boolean;
}

const defaults: Required<IoUOptions> = {
  ...metricDefaults,
  ignoreClass: null,
  sparseYTrue: true,
  sparseYPred: true,
  axis: -1,
};
const oneHotDefaults: Required<OneHotIoUOptions> = {
  ...metricDefaults,
  ignoreClass: null,
  sparseYPred: false,
  axis: -1,
};

const flat = (t: Tensor): Tensor => (t.rank > 1 ? reshape(t, [-1]) : t);

function checkClasses(numClasses: unknown, ids: unknown, where: string): void {
  if (!Number.isInteger(numClasses) || (numClasses as number) < 1 || (numClasses as number) > 2 ** 15)
    throw new InvalidArgumentError(
      `[${where}] numClasses must be a positive integer; got ${describe(numClasses)}`,
    );
  if (!Array.isArray(ids) || ids.length === 0)
    throw new InvalidArgumentError(
      `[${where}] targetClassIds must be an array of class numbers; got ${describe(ids)}`,
    );
  for (const id of ids)
    if (!Number.isInteger(id) || id < 0 || id >= (numClasses as number))
      throw new InvalidArgumentError(
        `[${where}] Target class id ${describe(id)} is out of range, which is [0, ${numClasses as number}).`,
      );
}

/**
 * The mean over some classes of TP / (TP + FP + FN), of the pixels of each class. Counts are of int64 unless `dtype` says otherwise.
 * @tf tf.keras.metrics.IoU
 */
export class IoU extends Metric {
  static override readonly positional: readonly string[] = ['numClasses', 'targetClassIds'];
  readonly numClasses: number;
  readonly targetClassIds: readonly number[];
  readonly ignoreClass: number | null;
  readonly sparseYTrue: boolean;
  readonly sparseYPred: boolean;
  readonly axis: number;
  private readonly totals: Weight;

  constructor(numClasses: number, targetClassIds: readonly number[], options: IoUOptions = {}) {
    const { name, dtype, ...o } = withDefaults(options, defaults, 'IoU');
    checkClasses(numClasses, targetClassIds, 'IoU');
    super({ name, dtype: dtype ?? 'int64' });
    this.numClasses = numClasses;
    this.targetClassIds = [...targetClassIds];
    this.ignoreClass = o.ignoreClass;
    this.sparseYTrue = o.sparseYTrue;
    this.sparseYPred = o.sparseYPred;
    this.axis = o.axis;
    const shape = [numClasses, numClasses];
    this.totals = this.addVariable({ name: 'total_confusion_matrix', shape, dtype: this.dtype });
  }

  updateState(yTrue: unknown, yPred?: unknown, sampleWeight?: unknown): void {
    const classesOf = (value: unknown, what: string, isSparse: boolean): Tensor => {
      const given = this.argument(value, what, null);
      const classes = isSparse ? given : argmax(given, { axis: this.axis, outputType: 'int64' });
      return flat(classes.dtype === this.dtype ? classes : cast(classes, this.dtype));
    };
    const t = classesOf(yTrue, 'yTrue', this.sparseYTrue);
    const p = classesOf(yPred, 'yPred', this.sparseYPred);
    if (!sameShape(shapeOf(t), shapeOf(p)))
      throw new InvalidArgumentError(
        `[${this.name}] labels and predictions must have as many pixels; got shapes ${showShape(t.shape)} and ${showShape(p.shape)}`,
      );
    this.totals.assignAdd(this.matrix(t, p, flat(this.weightsOf(sampleWeight ?? 1) as Tensor)));
  }

  /** The summed weights of the pixels by true and predicted class. */
  private matrix(t: Tensor, p: Tensor, given: Tensor): Tensor {
    const inRange = (x: Tensor): Tensor => logicalAnd(greaterEqual(x, 0), less(x, this.numClasses));
    let counts = logicalAnd(inRange(t), inRange(p));
    if (this.ignoreClass !== null) counts = logicalAnd(counts, notEqual(t, this.ignoreClass));
    const weights = select(counts, broadcastTo(given, shapeOf(t)), 0);
    const index = (x: Tensor): Tensor => reshape(cast(select(counts, x, 0), 'int64'), [x.size]);
    const places = stack([index(t), index(p)], 1);
    return scatterNd(places, reshape(weights, [t.size]), [this.numClasses, this.numClasses]);
  }

  result(): Tensor {
    const totals = this.totals.read();
    const right = diagPart(totals);
    const union = subtract(add(reduceSum(totals, { axis: 0 }), reduceSum(totals, { axis: 1 })), right);
    const ids = constant([...this.targetClassIds], { dtype: 'int32' });
    const wanted = (x: Tensor): Tensor => cast(gather(x, ids), 'float32');
    const [part, whole] = [wanted(right), wanted(union)];
    const occurs = greater(whole, 1e-9);
    const shares = select(occurs, divide(part, add(whole, epsilon())), 0);
    return divide(reduceSum(shares), add(reduceSum(cast(occurs, 'float32')), epsilon()));
  }

  override getConfig(): Config {
    const { numClasses, targetClassIds, ignoreClass, sparseYTrue, sparseYPred, axis } = this;
    return {
      ...super.getConfig(),
      numClasses,
      targetClassIds,
      ignoreClass,
      sparseYTrue,
      sparseYPred,
      axis,
    };
  }
}

export interface BinaryIoUOptions extends MetricOptions {
  /** The classes whose shares are averaged. Default [0, 1]. */
  targetClassIds?: readonly number[];
  /** What predictions of class 1 are at least. Default 0.5. */
  threshold?: number;
}

const binaryDefaults: Required<BinaryIoUOptions> = {
  ...metricDefaults,
  targetClassIds: [0, 1],
  threshold: 0.5,
};

/** The mean of TP / (TP + FP + FN) of the classes 0 and 1, of predictions that are probabilities. @tf tf.keras.metrics.BinaryIoU */
export class BinaryIoU extends IoU {
  static override readonly positional: readonly string[] = [];
  readonly threshold: number;

  constructor(options: BinaryIoUOptions = {}) {
    const { targetClassIds, threshold, ...base } = withDefaults(options, binaryDefaults, 'BinaryIoU');
    super(2, targetClassIds, base);
    if (typeof threshold !== 'number')
      throw new TypeError(`[BinaryIoU] threshold must be a number; got ${describe(threshold)}`);
    this.threshold = threshold;
  }

  override updateState(yTrue: unknown, yPred?: unknown, sampleWeight?: unknown): void {
    const p = cast(greaterEqual(this.argument(yPred, 'yPred', 'float32'), this.threshold), this.dtype);
    super.updateState(yTrue, p, sampleWeight);
  }

  override getConfig(): Config {
    const { name, dtype, targetClassIds, threshold } = this;
    return { name, dtype, targetClassIds, threshold };
  }
}

const allClasses = (numClasses: number, where: string): number[] => {
  checkClasses(numClasses, [0], where);
  return Array.from({ length: numClasses }, (_, i) => i);
};

/** A config of what all of these metrics but `IoU` have. */
function configOf(metric: IoU): Record<string, unknown> & { readonly dtype: DType } {
  const { name, dtype, numClasses, ignoreClass, sparseYPred, axis } = metric;
  return { name, dtype, numClasses, ignoreClass, sparseYPred, axis };
}

/** The mean over all classes of TP / (TP + FP + FN). @tf tf.keras.metrics.MeanIoU */
export class MeanIoU extends IoU {
  static override readonly positional: readonly string[] = ['numClasses'];

  constructor(numClasses: number, options: IoUOptions = {}) {
    super(numClasses, allClasses(numClasses, 'MeanIoU'), withDefaults(options, defaults, 'MeanIoU'));
  }

  override getConfig(): Config {
    return { ...configOf(this), sparseYTrue: this.sparseYTrue };
  }
}

/** `IoU` of labels, and by default predictions, that have an axis of classes. @tf tf.keras.metrics.OneHotIoU */
export class OneHotIoU extends IoU {
  constructor(numClasses: number, targetClassIds: readonly number[], options: OneHotIoUOptions = {}) {
    const o = withDefaults(options, oneHotDefaults, 'OneHotIoU');
    super(numClasses, targetClassIds, { ...o, sparseYTrue: false });
  }

  override getConfig(): Config {
    return { ...configOf(this), targetClassIds: this.targetClassIds };
  }
}

/** `MeanIoU` of labels, and by default predictions, that have an axis of classes. @tf tf.keras.metrics.OneHotMeanIoU */
export class OneHotMeanIoU extends MeanIoU {
  constructor(numClasses: number, options: OneHotIoUOptions = {}) {
    super(numClasses, { ...withDefaults(options, oneHotDefaults, 'OneHotMeanIoU'), sparseYTrue: false });
  }

  override getConfig(): Config {
    return configOf(this);
  }
}
