/** Means and sums over batches. */
import type { TensorLike } from '../../core/convert';
import { describe } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { broadcastTo } from '../../ops/array/movement';
import { divideNoNan, multiply } from '../../ops/math/binary';
import { reduceMean, reduceSum } from '../../ops/reduce/reduce';
import type { Config } from '../base/keras_object';
import { namedOptions, withDefaults } from '../base/named_options';
import { toSameRank } from '../base/ranks';
import type { Weight } from '../base/weight';
import { maskOf } from '../layers/call_context';
import { applyMask } from '../losses/loss';
import { inDType } from '../losses/operands';
import { Metric, metricDefaults, named, type MetricOptions } from './metric';

const axesFrom = (first: number, rank: number): number[] =>
  Array.from({ length: Math.max(0, rank - first) }, (_, i) => first + i);

type Reduce = (x: Tensor, options: { axis: readonly number[] }) => Tensor;

/** Values and weights, one for each example. */
function bySample(
  given: Tensor,
  weights: Tensor | null,
  reduce: Reduce,
  dtype: Tensor['dtype'],
): { values: Tensor; weights: Tensor | null } {
  let values = inDType(given, dtype);
  let w = weights;
  if (w !== null) {
    [values, w] = toSameRank(values, applyMask(w, maskOf(given), dtype, 'sum') ?? w);
    const { rank } = w;
    if (values.rank > rank) values = reduce(values, { axis: axesFrom(rank, values.rank) });
    w = broadcastTo(w, shapeOf(values));
    values = multiply(values, w);
    if (rank > 1) w = reduce(w, { axis: axesFrom(1, rank) });
  }
  if (values.rank > 1) values = reduce(values, { axis: axesFrom(1, values.rank) });
  return { values, weights: w };
}

/** The weighted mean of the values of all batches. @tf tf.keras.metrics.Mean */
export class Mean extends Metric {
  private readonly total: Weight;
  private readonly count: Weight;

  constructor(options: MetricOptions = {}) {
    super(withDefaults(options, named('mean'), 'Mean'));
    this.total = this.addVariable({ name: 'total', shape: [], dtype: this.dtype });
    this.count = this.addVariable({ name: 'count', shape: [], dtype: this.dtype });
  }

  updateState(values: TensorLike, sampleWeight?: unknown): void {
    const given = this.argument(values, 'values', null);
    const found = bySample(given, this.weightsOf(sampleWeight), reduceMean, this.dtype);
    this.total.assignAdd(reduceSum(found.values));
    const { weights } = found;
    if (weights !== null) this.count.assignAdd(reduceSum(weights));
    else this.count.assignAdd(found.values.rank > 0 ? found.values.shape[0] : 1);
  }

  result(): Tensor {
    return divideNoNan(this.total.read(), this.count.read());
  }
}

/** The weighted sum of the values of all batches. @tf tf.keras.metrics.Sum */
export class Sum extends Metric {
  private readonly total: Weight;

  constructor(options: MetricOptions = {}) {
    super(withDefaults(options, named('sum'), 'Sum'));
    this.total = this.addVariable({ name: 'total', shape: [], dtype: this.dtype });
  }

  updateState(values: TensorLike, sampleWeight?: unknown): void {
    const given = this.argument(values, 'values', null);
    const found = bySample(given, this.weightsOf(sampleWeight), reduceSum, this.dtype);
    this.total.assignAdd(reduceSum(found.values));
  }

  result(): Tensor {
    return this.total.read();
  }
}

/** A function of labels and predictions: the values of the examples. */
export type MetricFunction = (yTrue: TensorLike, yPred: TensorLike) => Tensor;

/** What a wrapped function is called with. */
type WrappedFunction = (yTrue: TensorLike, yPred: TensorLike, options?: never) => Tensor;

/**
 * The mean of a function of labels and predictions. Options beyond those of every metric are passed to it as its last argument.
 * @tf tf.keras.metrics.MeanMetricWrapper
 */
export class MeanMetricWrapper extends Mean {
  static override readonly positional: readonly string[] = ['fn'];
  readonly #fn: WrappedFunction;
  readonly #options: Readonly<Record<string, unknown>>;

  constructor(fn: MetricFunction, options: MetricOptions & Readonly<Record<string, unknown>> = {}) {
    const { name = null, dtype = null, ...own } = namedOptions(options, 'MeanMetricWrapper');
    if (typeof fn !== 'function')
      throw new TypeError(
        `[MeanMetricWrapper] fn must be a function of labels and predictions; got ${describe(fn)}`,
      );
    super({ name, dtype });
    this.#fn = fn;
    this.#options = own;
  }

  override updateState(yTrue: TensorLike, yPred?: unknown, sampleWeight?: unknown): void {
    const predictions = this.argument(yPred, 'yPred', null);
    const args = Object.keys(this.#options).length > 0 ? [this.#options as never] : [];
    const values = this.#fn(this.argument(yTrue, 'yTrue', null), predictions, ...args);
    const mask = maskOf(predictions);
    super.updateState(values, applyMask(this.weightsOf(sampleWeight), mask, this.dtype, 'sum'));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), fn: this.#fn, ...this.#options };
  }
}

/**
 * The mean of a function of the library's. Its options are properties of the metric and stand in its config, which does not have the
 * function.
 */
export class FunctionMetric extends MeanMetricWrapper {
  static override readonly positional: readonly string[] = [];
  /** The defaults of options that Keras's configs do not have: these are there if they have other values. */
  readonly #unsaved: Readonly<Record<string, unknown>>;

  /** @internal */
  constructor(
    fn: WrappedFunction,
    given: MetricOptions | undefined,
    where: string,
    defaults: MetricOptions & Readonly<Record<string, unknown>>,
    unsaved: Readonly<Record<string, unknown>> = {},
  ) {
    const { name, dtype, ...own } = withDefaults<Required<MetricOptions>>(
      given,
      { ...metricDefaults, ...defaults, ...unsaved },
      where,
    );
    super(fn, { name, dtype, ...own });
    this.#unsaved = unsaved;
    Object.assign(this, own);
  }

  override getConfig(): Config {
    return Object.fromEntries(
      Object.entries(super.getConfig()).filter(
        ([key, value]) => key !== 'fn' && (!(key in this.#unsaved) || this.#unsaved[key] !== value),
      ),
    );
  }
}
