/** The metrics that `compile` was given, for the outputs of a model. */
import { flatten } from '../../core/nest';
import type { Tensor } from '../../core/tensor';
import { BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy } from '../metrics/accuracy';
import { get as getMetric, type MetricLike } from '../metrics/get';
import type { Metric } from '../metrics/metric';
import { labelKind, perOutput, type PerOutput } from './per_output';

type Given = PerOutput<MetricLike | readonly MetricLike[]> | null;

const accuracies = {
  binary: BinaryAccuracy,
  sparse: SparseCategoricalAccuracy,
  categorical: CategoricalAccuracy,
} as const;

/** The metric, which is called as it was given; 'accuracy' is that of the shapes. */
function resolve(given: MetricLike, yTrue: Tensor | null, yPred: Tensor): Metric {
  if (typeof given !== 'string') return getMetric(given, 'compile');
  const isAccuracy = /^(accuracy|acc)$/i.test(given);
  const metric = isAccuracy ? new accuracies[labelKind(yTrue, yPred)]() : getMetric(given, 'compile');
  metric.name = given;
  return metric;
}

/** The metrics of each output. */
function build(
  given: Given,
  what: string,
  names: readonly string[],
  yTrue: readonly (Tensor | null)[],
  yPred: readonly Tensor[],
): Metric[][] {
  const lists = names.length === 1 && given !== null ? [flatten(given)] : perOutput(given, names, what);
  return lists.map((list, i) =>
    (list === null ? [] : Array.isArray(list) ? (list as MetricLike[]) : [list as MetricLike])
      .filter((metric) => (metric as unknown) !== null)
      .map((metric) => resolve(metric, yTrue[i] ?? null, yPred[i])),
  );
}

interface Named {
  readonly name: string;
  readonly metric: Metric;
}

/** The names under which metrics are reported: those that occur twice are numbered, weighted ones marked. */
function withNames(
  metrics: readonly Metric[][],
  weighted: readonly Metric[][],
  outputs: readonly string[],
): Named[] {
  const uses = new Map<string, number>();
  const nameOf = (output: string, metric: Metric, isWeighted: boolean): string => {
    const prefix = outputs.length > 1 ? `${output}_` : '';
    let name = prefix + metric.name;
    if (uses.has(name) && isWeighted) name = `${prefix}weighted_${metric.name}`;
    const count = uses.get(name) ?? 0;
    uses.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  };
  return [metrics, weighted].flatMap((lists, k) =>
    lists.flatMap((list, i) => list.map((metric) => ({ name: nameOf(outputs[i], metric, k === 1), metric }))),
  );
}

/** The metrics of a model's outputs. */
export class CompileMetrics {
  #built: { readonly metrics: Metric[][]; readonly weighted: Metric[][] } | null = null;
  /** All metrics with the names under which they are reported. */
  named: Named[] = [];

  constructor(
    private readonly metrics: Given,
    private readonly weightedMetrics: Given,
  ) {}

  /** Adds a batch. */
  update(
    yTrue: readonly (Tensor | null)[],
    yPred: readonly Tensor[],
    sampleWeight: readonly (Tensor | null)[],
    names: readonly string[],
  ): void {
    if (this.#built === null) {
      const metrics = build(this.metrics, 'metrics', names, yTrue, yPred);
      const weighted = build(this.weightedMetrics, 'weightedMetrics', names, yTrue, yPred);
      this.named = withNames(metrics, weighted, names);
      this.#built = { metrics, weighted };
    }
    const { metrics, weighted } = this.#built;
    metrics.forEach((list, i) => {
      for (const metric of list) metric.updateState(yTrue[i], yPred[i]);
    });
    weighted.forEach((list, i) => {
      for (const metric of list) metric.updateState(yTrue[i], yPred[i], sampleWeight[i] ?? null);
    });
  }
}
