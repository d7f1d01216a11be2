/** Metrics of right and wrong predictions of two classes. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { add, divideNoNan } from '../../ops/math/binary';
import { greaterEqual } from '../../ops/math/compare';
import { select } from '../../ops/math/select';
import { reduceMax } from '../../ops/reduce/reduce';
import { slice } from '../../ops/array/slicing';
import { reshape } from '../../ops/array/views';
import type { Config } from '../base/keras_object';
import { withDefaults } from '../base/named_options';
import type { Weight } from '../base/weight';
import {
  areEven,
  evenThresholds,
  negativeInfinity,
  thresholdsOf,
  updateCounts,
  type Counts,
  type Thresholds,
} from './confusion';
import { Metric, metricDefaults, type MetricOptions } from './metric';

/** The value itself where there is one threshold. */
const oneOrAll = (values: Tensor): Tensor =>
  values.size === 1 ? reshape(slice(values, [0], [1]), []) : values;

const share = (part: Weight, rest: Weight): Tensor => divideNoNan(part.read(), add(part.read(), rest.read()));

type CountName = keyof Counts;

/** A metric that keeps counts of right and wrong predictions at thresholds. */
abstract class CountingMetric extends Metric {
  readonly thresholds: readonly number[];
  readonly #isEven: boolean;
  readonly #counts: Record<CountName, Weight>;
  readonly topK: number | null;
  readonly classId: number | null;

  constructor(o: {
    base: MetricOptions;
    thresholds: readonly number[];
    isEven: boolean;
    counts: readonly CountName[];
    topK?: number | null;
    classId?: number | null;
    where: string;
    names?: readonly string[];
  }) {
    super(o.base);
    const { topK = null, classId = null } = o;
    for (const [key, value] of Object.entries({ topK, classId }))
      if (value !== null && !Number.isInteger(value))
        throw new InvalidArgumentError(
          `[${o.where}] ${key} must be an integer or null; got ${describe(value)}`,
        );
    this.thresholds = o.thresholds;
    this.topK = topK;
    this.classId = classId;
    this.#isEven = o.isEven;
    this.#counts = Object.fromEntries(
      o.counts.map((count, i) => {
        const name = o.names?.[i] ?? count.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
        return [count, this.addVariable({ name, shape: [o.thresholds.length] })];
      }),
    ) as Record<CountName, Weight>;
  }

  /** @internal */
  protected count(name: CountName): Weight {
    return this.#counts[name];
  }

  /** @internal The counts of `a` as shares of those of `a` and `b`. */
  protected share(a: CountName, b: CountName): Tensor {
    return share(this.#counts[a], this.#counts[b]);
  }

  updateState(yTrue: unknown, yPred?: unknown, sampleWeight?: unknown): void {
    const { thresholds, topK, classId } = this;
    const { dtype } = Object.values(this.#counts)[0];
    updateCounts(this.#counts, this.argument(yTrue, 'yTrue', dtype), this.argument(yPred, 'yPred', dtype), {
      thresholds,
      isEven: this.#isEven,
      topK,
      classId,
      sampleWeight: this.weightsOf(sampleWeight, dtype),
    });
  }
}

export interface ThresholdOptions extends MetricOptions {
  /** What positive predictions are above, in [0, 1]; several give a result for each. Default 0.5. */
  thresholds?: Thresholds | null;
}

const thresholdDefaults: Required<ThresholdOptions> = { ...metricDefaults, thresholds: null };

/** The number of predictions of one kind. */
abstract class ConditionCount extends CountingMetric {
  readonly #count: CountName;
  readonly #given: Thresholds | null;

  constructor(options: ThresholdOptions | undefined, count: CountName, where: string) {
    const { thresholds, ...base } = withDefaults(options, thresholdDefaults, where);
    const list = thresholdsOf(thresholds, 0.5, where);
    super({ base, thresholds: list, isEven: areEven(list), counts: [count], where, names: ['accumulator'] });
    this.#count = count;
    this.#given = thresholds;
  }

  result(): Tensor {
    return oneOrAll(this.count(this.#count).read());
  }

  override getConfig(): Config {
    return { ...super.getConfig(), thresholds: this.#given };
  }
}

/** The number, or summed weight, of negatives that are predicted to be positives. @tf tf.keras.metrics.FalsePositives */
export class FalsePositives extends ConditionCount {
  constructor(options: ThresholdOptions = {}) {
    super(options, 'falsePositives', 'FalsePositives');
  }
}

/** The number, or summed weight, of positives that are predicted to be negatives. @tf tf.keras.metrics.FalseNegatives */
export class FalseNegatives extends ConditionCount {
  constructor(options: ThresholdOptions = {}) {
    super(options, 'falseNegatives', 'FalseNegatives');
  }
}

/** The number, or summed weight, of negatives that are predicted to be negatives. @tf tf.keras.metrics.TrueNegatives */
export class TrueNegatives extends ConditionCount {
  constructor(options: ThresholdOptions = {}) {
    super(options, 'trueNegatives', 'TrueNegatives');
  }
}

/** The number, or summed weight, of positives that are predicted to be positives. @tf tf.keras.metrics.TruePositives */
export class TruePositives extends ConditionCount {
  constructor(options: ThresholdOptions = {}) {
    super(options, 'truePositives', 'TruePositives');
  }
}

export interface PrecisionOptions extends ThresholdOptions {
  /** If it is given, the k largest predictions of an example are the positive ones. */
  topK?: number | null;
  /** If it is given, only predictions of that class count. */
  classId?: number | null;
}

const precisionDefaults: Required<PrecisionOptions> = { ...thresholdDefaults, topK: null, classId: null };

/** Right positive predictions as a share of those and of others. */
abstract class ShareOfPositives extends CountingMetric {
  readonly #other: CountName;
  readonly #given: Thresholds | null;

  constructor(options: PrecisionOptions | undefined, other: CountName, where: string) {
    const { thresholds, topK, classId, ...base } = withDefaults(options, precisionDefaults, where);
    const list = thresholdsOf(thresholds, topK === null ? 0.5 : negativeInfinity, where);
    const counts = ['truePositives', other] as const;
    super({ base, thresholds: list, isEven: areEven(list), counts, topK, classId, where });
    this.#other = other;
    this.#given = thresholds;
  }

  result(): Tensor {
    return oneOrAll(this.share('truePositives', this.#other));
  }

  override getConfig(): Config {
    const { topK, classId } = this;
    return { ...super.getConfig(), thresholds: this.#given, topK, classId };
  }
}

/** True positives / (true positives + false positives). @tf tf.keras.metrics.Precision */
export class Precision extends ShareOfPositives {
  constructor(options: PrecisionOptions = {}) {
    super(options, 'falsePositives', 'Precision');
  }
}

/** True positives / (true positives + false negatives). @tf tf.keras.metrics.Recall */
export class Recall extends ShareOfPositives {
  constructor(options: PrecisionOptions = {}) {
    super(options, 'falseNegatives', 'Recall');
  }
}

export interface AtThresholdOptions extends MetricOptions {
  /** The number of thresholds that are tried. Default 200. */
  numThresholds?: number;
  /** If it is given, only predictions of that class count. */
  classId?: number | null;
}

const atDefaults: Required<AtThresholdOptions> = { ...metricDefaults, numThresholds: 200, classId: null };
const allCounts = ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives'] as const;

/** The best value of one measure at the thresholds where another is high enough. */
abstract class BestAtThreshold extends CountingMetric {
  readonly numThresholds: number;
  readonly #least: number;
  readonly #what: string;

  constructor(least: number, what: string, options: AtThresholdOptions | undefined, where: string) {
    const { numThresholds, classId, ...base } = withDefaults(options, atDefaults, where);
    if (typeof least !== 'number' || !(least >= 0 && least <= 1))
      throw new InvalidArgumentError(
        `[${where}] Argument \`${what}\` must be in the range [0, 1]. Received: ${what}=${describe(least)}`,
      );
    const thresholds = evenThresholds(numThresholds, 1, where);
    super({ base, thresholds, isEven: numThresholds > 1, counts: allCounts, classId, where });
    this.numThresholds = numThresholds;
    this.#least = least;
    this.#what = what;
  }

  /** @internal */
  protected sensitivities(): Tensor {
    return this.share('truePositives', 'falseNegatives');
  }

  /** @internal */
  protected specificities(): Tensor {
    return this.share('trueNegatives', 'falsePositives');
  }

  /** @internal */
  protected precisions(): Tensor {
    return this.share('truePositives', 'falsePositives');
  }

  /** @internal The largest value where the constraint holds; 0 if it does nowhere. */
  protected best(constrained: Tensor, value: Tensor): Tensor {
    return reduceMax(select(greaterEqual(constrained, this.#least), value, 0));
  }

  override getConfig(): Config {
    const { numThresholds, classId } = this;
    return { ...super.getConfig(), classId, numThresholds, [this.#what]: this.#least };
  }
}

/**
 * The best sensitivity TP / (TP + FN) at thresholds where the specificity TN / (TN + FP) is at least the given one.
 * @tf tf.keras.metrics.SensitivityAtSpecificity
 */
export class SensitivityAtSpecificity extends BestAtThreshold {
  static override readonly positional: readonly string[] = ['specificity'];

  constructor(specificity: number, options: AtThresholdOptions = {}) {
    super(specificity, 'specificity', options, 'SensitivityAtSpecificity');
  }

  result(): Tensor {
    return this.best(this.specificities(), this.sensitivities());
  }
}

/**
 * The best specificity TN / (TN + FP) at thresholds where the sensitivity TP / (TP + FN) is at least the given one.
 * @tf tf.keras.metrics.SpecificityAtSensitivity
 */
export class SpecificityAtSensitivity extends BestAtThreshold {
  static override readonly positional: readonly string[] = ['sensitivity'];

  constructor(sensitivity: number, options: AtThresholdOptions = {}) {
    super(sensitivity, 'sensitivity', options, 'SpecificityAtSensitivity');
  }

  result(): Tensor {
    return this.best(this.sensitivities(), this.specificities());
  }
}

/**
 * The best precision TP / (TP + FP) at thresholds where the recall TP / (TP + FN) is at least the given one.
 * @tf tf.keras.metrics.PrecisionAtRecall
 */
export class PrecisionAtRecall extends BestAtThreshold {
  static override readonly positional: readonly string[] = ['recall'];

  constructor(recall: number, options: AtThresholdOptions = {}) {
    super(recall, 'recall', options, 'PrecisionAtRecall');
  }

  result(): Tensor {
    return this.best(this.sensitivities(), this.precisions());
  }
}

/**
 * The best recall TP / (TP + FN) at thresholds where the precision TP / (TP + FP) is at least the given one.
 * @tf tf.keras.metrics.RecallAtPrecision
 */
export class RecallAtPrecision extends BestAtThreshold {
  static override readonly positional: readonly string[] = ['precision'];

  constructor(precision: number, options: AtThresholdOptions = {}) {
    super(precision, 'precision', options, 'RecallAtPrecision');
  }

  result(): Tensor {
    return this.best(this.precisions(), this.sensitivities());
  }
}
