/** What callbacks share that watch one value of the logs. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import { classNameOf, registrationOf } from '../base/registry';
import { Callback } from './callback';
import { checkNumber, checkText, warn } from './checks';

export interface MonitorOptions {
  /** The value that is watched. Default 'val_loss'. */
  monitor?: string;
  /** Whether it should fall ('min') or rise ('max'). Default 'auto': by the metric. */
  mode?: 'auto' | 'min' | 'max';
}

/** The metrics of which more is better. */
const rising = new Set(
  [
    'Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy, TopKCategoricalAccuracy',
    'SparseTopKCategoricalAccuracy, Precision, Recall, SensitivityAtSpecificity, SpecificityAtSensitivity',
    'PrecisionAtRecall, RecallAtPrecision, AUC, PearsonCorrelation, ConcordanceCorrelation, FBetaScore, F1Score',
    'IoU, BinaryIoU, MeanIoU, OneHotIoU, OneHotMeanIoU, CosineSimilarity, R2Score',
  ].flatMap((line) => line.split(', ')),
);
/** And of which less is. */
const falling = new Set(
  [
    'Hinge, SquaredHinge, CategoricalHinge, BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy',
    'KLDivergence, Poisson, MeanSquaredError, RootMeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError',
    'MeanSquaredLogarithmicError, LogCoshError',
  ].flatMap((line) => line.split(', ')),
);

/** Whether a metric should rise or fall; null if it is unknown. */
function directionOf(metric: object): 'up' | 'down' | null {
  const { direction, fn } = metric as { direction?: 'up' | 'down'; fn?: object };
  if (direction === 'up' || direction === 'down') return direction;
  const name = classNameOf(metric);
  if (rising.has(name)) return 'up';
  // A loss as a metric.
  const isLoss = fn !== undefined && registrationOf(fn)?.module === 'keras.losses';
  return falling.has(name) || isLoss ? 'down' : null;
}

/** A callback that decides by whether a value has improved. */
export abstract class MonitorCallback extends Callback {
  readonly monitor: string;
  readonly mode: 'auto' | 'min' | 'max';
  /** The best value so far; null: none. */
  best: number | null;
  private readonly minDelta: number;
  private direction: 'up' | 'down' | null = null;

  protected constructor(
    private readonly className: string,
    o: { monitor: string; mode: 'auto' | 'min' | 'max'; minDelta?: number; baseline?: number | null },
  ) {
    super();
    const { monitor, mode, minDelta = 0, baseline = null } = o;
    this.monitor = checkText(monitor, 'monitor', className);
    const known = mode === 'auto' || mode === 'min' || mode === 'max';
    if (!known) warn(`${className} mode ${describe(mode)} is unknown, fallback to auto mode.`);
    this.mode = known ? mode : 'auto';
    this.minDelta = Math.abs(checkNumber(minDelta, 'minDelta', className));
    this.best = baseline === null ? null : checkNumber(baseline, 'the initial value', className);
  }

  /** Finds out whether less or more is better; it is called when the model's metrics exist. */
  protected findDirection(): 'up' | 'down' {
    if (this.direction !== null) return this.direction;
    if (this.mode !== 'auto') return (this.direction = this.mode === 'min' ? 'down' : 'up');
    const name = this.monitor.replace(/^val_/, '');
    if (name === 'loss') return (this.direction = 'down');
    const metric = this.model?.metrics.find((m) => (m as { name?: unknown }).name === name);
    const direction = metric === undefined ? null : directionOf(metric);
    if (direction === null)
      throw new InvalidArgumentError(
        `[${this.className}] callback received monitor=${this.monitor}, but it cannot be determined whether that metric ` +
          "should be maximized or minimized. Pass `mode: 'max'` in order to monitor based on the highest metric value, or " +
          "pass `mode: 'min'` in order to use the lowest value.",
      );
    return (this.direction = direction);
  }

  protected isImprovement(value: number, reference: number | null): boolean {
    if (reference === null) return true;
    // float32, as Keras compares.
    return this.findDirection() === 'up'
      ? Math.fround(value - this.minDelta) > Math.fround(reference)
      : Math.fround(value + this.minDelta) < Math.fround(reference);
  }
}
