/** The coefficient of determination. */
import { InvalidArgumentError } from '../../core/errors';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { broadcastTo } from '../../ops/array/movement';
import { expandDims } from '../../ops/array/views';
import { divide, multiply, squaredDifference, subtract } from '../../ops/math/binary';
import { greater } from '../../ops/math/compare';
import { select } from '../../ops/math/select';
import { isInf } from '../../ops/math/unary';
import { reduceMean, reduceSum } from '../../ops/reduce/reduce';
import type { Config } from '../base/keras_object';
import { withDefaults } from '../base/named_options';
import { toSameRank } from '../base/ranks';
import type { Weight } from '../base/weight';
import { inDType } from '../losses/operands';
import { Metric, metricDefaults, type MetricOptions } from './metric';

const aggregations = ['uniform_average', 'variance_weighted_average'] as const;

export interface R2ScoreOptions extends MetricOptions {
  /**
   * How the scores of the outputs become one: 'uniform_average' (default), 'variance_weighted_average', or null: they stay a vector.
   */
  classAggregation?: (typeof aggregations)[number] | null;
  /** The number of independent regressors of the adjusted score. Default 0: the standard score. */
  numRegressors?: number;
}

const defaults: Required<R2ScoreOptions> = {
  ...metricDefaults,
  name: 'r2_score',
  classAggregation: 'uniform_average',
  numRegressors: 0,
};

interface Sums {
  readonly squared: Weight;
  readonly sum: Weight;
  readonly residual: Weight;
  readonly count: Weight;
}

/**
 * 1 − Σ (yTrue − yPred)² / Σ (yTrue − mean(yTrue))², of labels and predictions [examples, outputs].
 * @tf tf.keras.metrics.R2Score
 */
export class R2Score extends Metric {
  readonly classAggregation: (typeof aggregations)[number] | null;
  readonly numRegressors: number;
  readonly #samples: Weight;
  #sums: Sums | null = null;

  constructor(options: R2ScoreOptions = {}) {
    const { classAggregation, numRegressors, ...base } = withDefaults(options, defaults, 'R2Score');
    super(base);
    if (classAggregation !== null && !aggregations.includes(classAggregation))
      throw new InvalidArgumentError(
        `[R2Score] Invalid value for argument \`classAggregation\`. Expected one of null, ${aggregations.join(', ')}. ` +
          `Received: classAggregation=${describe(classAggregation)}`,
      );
    if (!Number.isInteger(numRegressors) || numRegressors < 0)
      throw new InvalidArgumentError(
        `[R2Score] Invalid value for argument \`numRegressors\`. Expected a value >= 0. Received: ` +
          `numRegressors=${describe(numRegressors)}`,
      );
    this.classAggregation = classAggregation;
    this.numRegressors = numRegressors;
    this.#samples = this.addVariable({ name: 'num_samples', shape: [] });
  }

  private build(t: Tensor, p: Tensor): Sums {
    if (t.rank !== 2 || p.rank !== 2)
      throw new InvalidArgumentError(
        `[R2Score] expects 2D inputs with shape (batch_size, output_dim). Received input shapes: ` +
          `yPred.shape=${showShape(p.shape)} and yTrue.shape=${showShape(t.shape)}.`,
      );
    const shape = [shapeOf(p)[1]];
    const variable = (name: string): Weight => this.addVariable({ name, shape });
    return (this.#sums = {
      squared: variable('squared_sum'),
      sum: variable('sum'),
      residual: variable('residual'),
      count: variable('count'),
    });
  }

  updateState(yTrue: unknown, yPred?: unknown, sampleWeight?: unknown): void {
    const [t, p] = toSameRank(this.argument(yTrue, 'yTrue'), this.argument(yPred, 'yPred'));
    const sums = this.#sums ?? this.build(t, p);
    const given = this.weightsOf(sampleWeight ?? 1) as Tensor;
    const weights = broadcastTo(given.rank === 1 ? expandDims(given, 1) : given, shapeOf(t));
    const weighted = multiply(t, weights);
    const addTo = (variable: Weight, values: Tensor): void => {
      variable.assignAdd(inDType(reduceSum(values, { axis: 0 }), variable.dtype));
    };
    addTo(sums.sum, weighted);
    addTo(sums.squared, multiply(t, weighted));
    addTo(sums.residual, multiply(squaredDifference(t, p), weights));
    addTo(sums.count, weights);
    this.#samples.assignAdd(t.size);
  }

  private adjusted(score: Tensor): Tensor {
    const { numRegressors } = this;
    if (numRegressors === 0) return score;
    const rest = subtract(this.#samples.read(), 1);
    const adjusted = subtract(1, divide(multiply(subtract(1, score), rest), subtract(rest, numRegressors)));
    // The standard score where there are no more examples than regressors.
    return select(greater(rest, numRegressors), adjusted, score);
  }

  result(): Tensor {
    if (this.#sums === null)
      throw new InvalidArgumentError(
        '[R2Score] result() needs a batch first, which says how many outputs there are',
      );
    const [squared, sum, residual, count] = Object.values(this.#sums).map((v: Weight) => v.read());
    const total = subtract(squared, multiply(sum, divide(sum, count)));
    const raw = subtract(1, divide(residual, total));
    const scores = select(isInf(raw), 0, raw);
    if (this.classAggregation === null) return this.adjusted(scores);
    if (this.classAggregation === 'uniform_average') return this.adjusted(reduceMean(scores));
    return this.adjusted(divide(reduceSum(multiply(total, scores)), reduceSum(total)));
  }

  override getConfig(): Config {
    const { classAggregation, numRegressors } = this;
    return { ...super.getConfig(), classAggregation, numRegressors };
  }
}
