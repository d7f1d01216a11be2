/** The area under a curve of two measures over all thresholds. */
import type { TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { slice } from '../../ops/array/slicing';
import { add, divide, divideNoNan, maximum, minimum, multiply, subtract } from '../../ops/math/binary';
import { equal, greater, logicalAnd } from '../../ops/math/compare';
import { select } from '../../ops/math/select';
import { log, sigmoid } from '../../ops/math/unary_math';
import { reduceMean, reduceSum } from '../../ops/reduce/reduce';
import type { Config } from '../base/keras_object';
import { withDefaults } from '../base/named_options';
import type { Weight } from '../base/weight';
import { epsilon } from '../losses/operands';
import { areEven, evenThresholds, thresholdsOf, updateCounts, type Counts } from './confusion';
import { Metric, metricDefaults, type MetricOptions } from './metric';

const curves = ['ROC', 'PR', 'PRGAIN'] as const;
const methods = ['interpolation', 'majoring', 'minoring'] as const;
type Curve = (typeof curves)[number];
type Method = (typeof methods)[number];

export interface AUCOptions extends MetricOptions {
  /** Default 200. */
  numThresholds?: number;
  /** 'ROC': recall over the rate of false positives; 'PR': precision over recall; 'PRGAIN': their gains. Default 'ROC'. */
  curve?: Curve | Lowercase<Curve>;
  /** How the area between two thresholds is computed. Default 'interpolation'. */
  summationMethod?: Method | Capitalize<Method>;
  /** Thresholds in place of `numThresholds` even ones; 0 and 1 are added. */
  thresholds?: readonly number[] | null;
  /** Whether the columns of the predictions are labels with curves of their own, whose areas are averaged. Default false. */
  multiLabel?: boolean;
  /** The number of labels, of which the first batch decides otherwise. */
  numLabels?: number | null;
  /** The weights of the labels. */
  labelWeights?: TensorLike | null;
  /** Whether predictions are logits. Default false: probabilities. */
  fromLogits?: boolean;
}

const defaults: Required<AUCOptions> = {
  ...metricDefaults,
  numThresholds: 200,
  curve: 'ROC',
  summationMethod: 'interpolation',
  thresholds: null,
  multiLabel: false,
  numLabels: null,
  labelWeights: null,
  fromLogits: false,
};

function oneOf<T extends string>(value: unknown, values: readonly T[], what: string): T {
  const found = values.find((v) => typeof value === 'string' && v.toLowerCase() === value.toLowerCase());
  if (found === undefined)
    throw new InvalidArgumentError(
      `[AUC] Invalid AUC ${what} value: ${describe(value)}. Expected values are ${values.join(', ')}`,
    );
  return found;
}

const countNames = ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives'] as const;
const variableNames = ['true_positives', 'false_positives', 'true_negatives', 'false_negatives'];

/** All rows but the last, and all but the first. */
function neighbours(x: Tensor): [lower: Tensor, upper: Tensor] {
  const size = shapeOf(x).map((n, i) => (i === 0 ? n - 1 : n));
  const begin = (at: number): number[] => size.map((_, i) => (i === 0 ? at : 0));
  return [slice(x, begin(0), size), slice(x, begin(1), size)];
}

/** The area under the ROC or another curve, from sums over intervals of thresholds. @tf tf.keras.metrics.AUC */
export class AUC extends Metric {
  readonly numThresholds: number;
  readonly curve: Curve;
  readonly summationMethod: Method;
  readonly thresholds: readonly number[];
  readonly multiLabel: boolean;
  readonly numLabels: number | null;
  readonly labelWeights: Tensor | null;
  readonly fromLogits: boolean;
  readonly #isEven: boolean;
  readonly #hasOwnThresholds: boolean;
  #counts: Required<Counts> | null = null;

  constructor(options: AUCOptions = {}) {
    const o = withDefaults(options, defaults, 'AUC');
    super({ name: o.name, dtype: o.dtype });
    this.curve = oneOf(o.curve, curves, 'curve');
    this.summationMethod = oneOf(o.summationMethod, methods, 'summation method');
    this.#hasOwnThresholds = o.thresholds !== null;
    const inner =
      o.thresholds === null
        ? evenThresholds(o.numThresholds, 2, 'AUC').slice(1, -1)
        : o.thresholds.length === 0
          ? []
          : [...thresholdsOf(o.thresholds, 0.5, 'AUC')].sort((a, b) => a - b);
    this.#isEven = o.thresholds === null || areEven([0, ...inner, 1]);
    this.thresholds = [-epsilon(), ...inner, 1 + epsilon()];
    this.numThresholds = this.thresholds.length;
    this.multiLabel = o.multiLabel;
    this.numLabels = o.numLabels;
    this.labelWeights = o.labelWeights === null ? null : this.argument(o.labelWeights, 'labelWeights');
    this.fromLogits = o.fromLogits;
    if (!this.multiLabel && this.numLabels !== null)
      throw new InvalidArgumentError('[AUC] `numLabels` is needed only when `multiLabel` is true.');
    if (this.numLabels !== null && (!Number.isInteger(this.numLabels) || this.numLabels < 1))
      throw new InvalidArgumentError(
        `[AUC] numLabels must be a positive integer; got ${describe(this.numLabels)}`,
      );
    if (!this.multiLabel) this.build([]);
    else if (this.numLabels !== null) this.build([this.numLabels]);
  }

  private build(labels: readonly number[]): Required<Counts> {
    const shape = [this.numThresholds, ...labels];
    const made = countNames.map((name, i) => [name, this.addVariable({ name: variableNames[i], shape })]);
    return (this.#counts = Object.fromEntries(made) as Required<Counts>);
  }

  private countsFor(p: Tensor): Required<Counts> {
    if (this.multiLabel && p.rank !== 2)
      throw new InvalidArgumentError(
        `[AUC] \`yPred\` must have rank 2 when \`multiLabel\` is true. Found rank ${p.rank}. Full shape received for ` +
          `\`yPred\`: ${showShape(p.shape)}`,
      );
    return this.#counts ?? this.build([shapeOf(p)[1]]);
  }

  updateState(yTrue: unknown, yPred?: unknown, sampleWeight?: unknown): void {
    const given = this.argument(yPred, 'yPred', 'float32');
    const counts = this.countsFor(given);
    const { dtype } = counts.truePositives;
    updateCounts(counts, this.argument(yTrue, 'yTrue', dtype), this.fromLogits ? sigmoid(given) : given, {
      thresholds: this.thresholds,
      isEven: this.#isEven,
      sampleWeight: this.weightsOf(sampleWeight, dtype),
      multiLabel: this.multiLabel,
      labelWeights: this.multiLabel ? null : this.labelWeights,
    });
  }

  /** The sum over thresholds, and the mean over labels. */
  private total(areas: Tensor): Tensor {
    if (!this.multiLabel) return reduceSum(areas);
    const byLabel = reduceSum(areas, { axis: 0 });
    if (this.labelWeights === null) return reduceMean(byLabel);
    return divideNoNan(reduceSum(multiply(byLabel, this.labelWeights)), reduceSum(this.labelWeights));
  }

  /** The area under precision over recall, between whose points the true positives are linear in all positives. */
  private interpolated(tp: Tensor, fp: Tensor, fn: Tensor): Tensor {
    const [tpLower, tpUpper] = neighbours(tp);
    const [lower, upper] = neighbours(add(tp, fp));
    const dtp = subtract(tpLower, tpUpper);
    const slope = divideNoNan(dtp, maximum(subtract(lower, upper), 0));
    const intercept = subtract(tpUpper, multiply(slope, upper));
    const both = logicalAnd(greater(lower, 0), greater(upper, 0));
    const ratio = select(both, divideNoNan(lower, maximum(upper, 0)), 1);
    const areas = multiply(slope, add(dtp, multiply(intercept, log(ratio))));
    const [, positives] = neighbours(add(tp, fn));
    return this.total(divideNoNan(areas, maximum(positives, 0)));
  }

  /** The abscissas and ordinates of the curve. */
  private points(tp: Tensor, fp: Tensor, tn: Tensor, fn: Tensor): [x: Tensor, y: Tensor] {
    const recall = divideNoNan(tp, add(tp, fn));
    if (this.curve === 'ROC') return [divideNoNan(fp, add(fp, tn)), recall];
    if (this.curve === 'PR') return [recall, divideNoNan(tp, add(tp, fp))];
    const scale = divideNoNan(add(tp, fn), add(tn, fp));
    const none = equal(tp, 0);
    const gain = (wrong: Tensor): Tensor => subtract(1, multiply(scale, divideNoNan(wrong, tp)));
    return [maximum(select(none, 0, gain(fn)), 0), select(none, 1, gain(fp))];
  }

  result(): Tensor {
    if (this.#counts === null)
      throw new InvalidArgumentError(
        '[AUC] result() needs a batch first, which says how many labels there are',
      );
    const [tp, fp, tn, fn] = countNames.map((name) => (this.#counts as Record<string, Weight>)[name].read());
    const { summationMethod } = this;
    if (this.curve === 'PR' && summationMethod === 'interpolation') return this.interpolated(tp, fp, fn);
    const [x, y] = this.points(tp, fp, tn, fn);
    const [yLower, yUpper] = neighbours(y);
    const heights =
      summationMethod === 'interpolation'
        ? divide(add(yLower, yUpper), 2)
        : (summationMethod === 'minoring' ? minimum : maximum)(yLower, yUpper);
    const [xLower, xUpper] = neighbours(x);
    return this.total(multiply(subtract(xLower, xUpper), heights));
  }

  override getConfig(): Config {
    const { numThresholds, curve, summationMethod, multiLabel, numLabels, labelWeights, fromLogits } = this;
    return {
      ...super.getConfig(),
      numThresholds,
      curve,
      summationMethod,
      multiLabel,
      numLabels,
      labelWeights,
      fromLogits,
      ...(this.#hasOwnThresholds ? { thresholds: this.thresholds.slice(1, -1) } : {}),
    };
  }
}
