/** F-scores: means of precision and recall. */
import { InvalidArgumentError } from '../../core/errors';
import { describe, showShape } from '../../core/shape';
import { sameShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { expandDims } from '../../ops/array/views';
import { add, divide, multiply, subtract } from '../../ops/math/binary';
import { greater, greaterEqual, logicalAnd } from '../../ops/math/compare';
import { abs } from '../../ops/math/unary';
import { reduceMax, reduceMean, reduceSum } from '../../ops/reduce/reduce';
import type { Config } from '../base/keras_object';
import { withDefaults } from '../base/named_options';
import type { Weight } from '../base/weight';
import { epsilon } from '../losses/operands';
import { Metric, metricDefaults, type MetricOptions } from './metric';

const averages = ['micro', 'macro', 'weighted'] as const;

export interface F1ScoreOptions extends MetricOptions {
  /**
   * null (default): a score for each class; 'macro': their mean; 'weighted': their mean weighted by how frequent classes are; 'micro':
   * one score of all predictions.
   */
  average?: (typeof averages)[number] | null;
  /** What positive predictions are above. Default null: the largest prediction of an example is positive. */
  threshold?: number | null;
}

export interface FBetaScoreOptions extends F1ScoreOptions {
  /** How much more recall counts than precision. Default 1. */
  beta?: number;
}

const f1Defaults: Required<F1ScoreOptions> = { ...metricDefaults, average: null, threshold: null };
const f1ScoreDefaults: Required<F1ScoreOptions> = { ...f1Defaults, name: 'f1_score' };
const fBetaDefaults: Required<FBetaScoreOptions> = { ...f1Defaults, beta: 1, name: 'fbeta_score' };

interface Counts {
  readonly truePositives: Weight;
  readonly falsePositives: Weight;
  readonly falseNegatives: Weight;
  readonly intermediateWeights: Weight;
}

/**
 * (1 + beta²)·precision·recall / (beta²·precision + recall), of labels and predictions [examples, classes].
 * @tf tf.keras.metrics.FBetaScore
 */
export class FBetaScore extends Metric {
  readonly average: (typeof averages)[number] | null;
  readonly beta: number;
  readonly threshold: number | null;
  #counts: Counts | null = null;

  constructor(options: FBetaScoreOptions = {}) {
    const { average, beta, threshold, ...base } = withDefaults(options, fBetaDefaults, 'FBetaScore');
    super(base);
    if (average !== null && !averages.includes(average))
      throw new InvalidArgumentError(
        `[FBetaScore] Invalid \`average\` argument value. Expected one of: null, ${averages.join(', ')}. ` +
          `Received: average=${describe(average)}`,
      );
    if (typeof beta !== 'number' || !(beta > 0))
      throw new InvalidArgumentError(
        `[FBetaScore] Invalid \`beta\` argument value. It should be a number > 0. Received: beta=${describe(beta)}`,
      );
    if (threshold !== null && (typeof threshold !== 'number' || !(threshold > 0 && threshold <= 1)))
      throw new InvalidArgumentError(
        `[FBetaScore] Invalid \`threshold\` argument value. It should verify 0 < threshold <= 1. Received: ` +
          `threshold=${describe(threshold)}`,
      );
    this.average = average;
    this.beta = beta;
    this.threshold = threshold;
  }

  private build(t: Tensor, p: Tensor): Counts {
    if (t.rank !== 2 || p.rank !== 2 || !sameShape(shapeOf(t), shapeOf(p)))
      throw new InvalidArgumentError(
        `[FBetaScore] expects 2D inputs with shape (batch_size, output_dim). Received input shapes: ` +
          `yPred.shape=${showShape(p.shape)} and yTrue.shape=${showShape(t.shape)}.`,
      );
    const shape = this.average === 'micro' ? [] : [shapeOf(p)[1]];
    const variable = (name: string): Weight => this.addVariable({ name, shape, dtype: this.dtype });
    return (this.#counts ??= {
      truePositives: variable('true_positives'),
      falsePositives: variable('false_positives'),
      falseNegatives: variable('false_negatives'),
      intermediateWeights: variable('intermediate_weights'),
    });
  }

  updateState(yTrue: unknown, yPred?: unknown, sampleWeight?: unknown): void {
    const t = this.argument(yTrue, 'yTrue');
    const given = this.argument(yPred, 'yPred');
    const counts = this.#counts ?? this.build(t, given);
    const isPositive =
      this.threshold === null
        ? logicalAnd(
            greaterEqual(given, reduceMax(given, { axis: -1, keepdims: true })),
            greater(abs(given), 1e-9),
          )
        : greater(given, this.threshold);
    const p: Tensor = cast(isPositive, this.dtype);
    const weights = this.weightsOf(sampleWeight);
    const axis = this.average === 'micro' ? null : 0;
    const sum = (x: Tensor): Tensor =>
      reduceSum(weights === null ? x : multiply(x, expandDims(weights, 1)), { axis });
    counts.truePositives.assignAdd(sum(multiply(p, t)));
    counts.falsePositives.assignAdd(sum(multiply(p, subtract(1, t))));
    counts.falseNegatives.assignAdd(sum(multiply(subtract(1, p), t)));
    counts.intermediateWeights.assignAdd(sum(t));
  }

  result(): Tensor {
    if (this.#counts === null)
      throw new InvalidArgumentError(
        '[FBetaScore] result() needs a batch first, which says how many classes there are',
      );
    const { truePositives, falsePositives, falseNegatives, intermediateWeights } = this.#counts;
    const right = truePositives.read();
    const precision = divide(right, add(add(right, falsePositives.read()), epsilon()));
    const recall = divide(right, add(add(right, falseNegatives.read()), epsilon()));
    const squared = this.beta ** 2;
    const mean = divide(
      multiply(precision, recall),
      add(add(multiply(precision, squared), recall), epsilon()),
    );
    const scores = multiply(mean, 1 + squared);
    if (this.average === null) return scores;
    if (this.average !== 'weighted') return reduceMean(scores);
    const weights = intermediateWeights.read();
    return reduceSum(multiply(scores, divide(weights, add(reduceSum(weights), epsilon()))));
  }

  override getConfig(): Config {
    const { average, beta, threshold } = this;
    return { ...super.getConfig(), average, beta, threshold };
  }
}

/** 2·precision·recall / (precision + recall), of labels and predictions [examples, classes]. @tf tf.keras.metrics.F1Score */
export class F1Score extends FBetaScore {
  constructor(options: F1ScoreOptions = {}) {
    super(withDefaults(options, f1ScoreDefaults, 'F1Score'));
  }

  override getConfig(): Config {
    const { name, dtype, average, threshold } = this;
    return { name, dtype, average, threshold };
  }
}
