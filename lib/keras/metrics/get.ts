/** Metrics by name. */
import { Callable } from '../base/callable';
import { isClass, Lookup } from '../base/lookup';
import { snakeCase } from '../base/naming';
import * as accuracies from './accuracy';
import * as auc from './auc';
import * as confusion from './confusion_metrics';
import * as correlations from './correlation';
import * as scores from './fscore';
import * as functions from './function_metrics';
import * as ious from './iou';
import { Metric } from './metric';
import * as r2 from './r2';
import { MeanMetricWrapper, Mean, Sum, type MetricFunction } from './reduction_metrics';

/** A metric, its name, or a function of labels and predictions. */
export type MetricLike = Metric | MetricFunction | string;

const classes = Object.fromEntries(
  Object.entries({
    ...accuracies,
    ...auc,
    ...confusion,
    ...correlations,
    ...scores,
    ...functions,
    ...ious,
    ...r2,
    Mean,
    Sum,
  }).filter(([, value]) => isClass(value, Metric)),
);

const aliases: Readonly<Record<string, string>> = {
  bce: 'BinaryCrossentropy',
  BCE: 'BinaryCrossentropy',
  mse: 'MeanSquaredError',
  MSE: 'MeanSquaredError',
  mae: 'MeanAbsoluteError',
  MAE: 'MeanAbsoluteError',
  mape: 'MeanAbsolutePercentageError',
  MAPE: 'MeanAbsolutePercentageError',
  msle: 'MeanSquaredLogarithmicError',
  MSLE: 'MeanSquaredLogarithmicError',
};

// A name, in snake case too, is that of a class.
const lookup = new Lookup<Metric | MetricFunction>('metric', classes, aliases, (found) =>
  isClass(found, Metric) ? new (found as new () => Metric)() : (found as MetricFunction),
);

/** The metric that a name or an object stands for; a function's is the mean of its values. @tf tf.keras.metrics.get */
export function get(identifier: MetricLike, where = 'metrics.get'): Metric {
  const found = lookup.get(identifier, where);
  if (found instanceof Metric) return found;
  const name = found instanceof Callable ? null : snakeCase(found.name);
  return new MeanMetricWrapper(found, { name: name === '' ? null : name });
}
