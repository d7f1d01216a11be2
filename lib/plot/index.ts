/**
 * Charts of training runs: points, lines and rules, as SVG, PNG, Vega-Lite or terminal text.
 * Imported as `gradtape/plot`; nothing else of gradtape depends on it.
 * @module gradtape/plot
 */
export {
  Chart,
  type ChartOptions,
  chart,
  line,
  type LineOptions,
  type MarkOptions,
  type RuleOptions,
  scatter,
  type ScatterOptions,
} from './chart';
export type { HasData, Values } from './check';
export { type HistoryLike, historyPlot, type HistoryPlotOptions } from './history';
export { MissingPackageError, PackageLoadError } from './errors';
export type { LegendPlace, ScaleType } from './model';
export type { PngOptions } from './render';
export type { SaveOptions } from './save';
export { show } from './show';
export type { VegaLiteSpec } from './spec';
export type { TextOptions } from './text';
