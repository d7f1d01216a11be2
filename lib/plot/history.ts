/** The course of a training as a chart. */
import { type Chart, chart, type ChartOptions } from './chart';

/** What `model.fit` resolves to, or its `history`. */
export type HistoryLike =
  | { readonly history: Readonly<Record<string, readonly number[]>>; readonly epoch?: readonly number[] }
  | Readonly<Record<string, readonly number[]>>;

export interface HistoryPlotOptions extends ChartOptions {
  /** The values to draw, each with its `val_…`; by default all. */
  names?: readonly string[];
}

const isValues = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((n) => typeof n === 'number');

/**
 * Draws losses and metrics over the epochs, those of validation as points: `historyPlot(await model.fit(…)).save('loss.svg')`.
 * Values of a validation that is not in each epoch lie at the epochs between which they are evenly spread.
 */
export function historyPlot(history: HistoryLike, options: HistoryPlotOptions = {}): Chart {
  const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const within = isRecord(history) ? history.history : null;
  const values: unknown = isRecord(within) ? within : history;
  if (!isRecord(values) || !Object.values(values).every(isValues))
    throw new TypeError(
      'historyPlot: expected what model.fit returns, or its history: arrays of numbers by name',
    );
  const { names, ...chartOptions } = options;
  const lists = values as Readonly<Record<string, readonly number[]>>;
  const shown = names ?? Object.keys(lists).filter((name) => !name.startsWith('val_'));
  const unknown = shown.find((name) => !(name in lists));
  if (unknown !== undefined)
    throw new RangeError(
      `historyPlot: the history has no '${unknown}'; it has ${Object.keys(lists).join(', ')}`,
    );
  const epochs = (history as { epoch?: unknown }).epoch;
  const count = Math.max(0, ...shown.map((name) => lists[name].length));
  const numbers =
    isValues(epochs) && epochs.length === count ? epochs : Array.from({ length: count }, (_, i) => i);
  const at = (list: readonly number[]): number[] =>
    list.map((_, i) => numbers[Math.ceil(((i + 1) * count) / list.length) - 1] + 1);
  const drawn = chart({ xTitle: 'epoch', ...chartOptions });
  for (const name of shown) {
    drawn.line(at(lists[name]), [...lists[name]], { label: name });
    const validation = lists[`val_${name}`] as readonly number[] | undefined;
    if (validation !== undefined) drawn.scatter(at(validation), [...validation], { label: `val_${name}` });
  }
  return drawn;
}
