import type { Color } from './color';

export type ScaleType = 'linear' | 'log';

export const LEGEND_PLACES = [
  'right',
  'left',
  'top',
  'bottom',
  'top-left',
  'top-right',
  'bottom-left',
  'bottom-right',
] as const;
export type LegendPlace = (typeof LEGEND_PLACES)[number];

/** Points, or points joined by a line, in the order in which they were given. */
export interface Series {
  readonly kind: 'scatter' | 'line';
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly label: string | undefined;
  readonly color: Color;
  readonly opacity: number;
  /** Diameter of a point, in pixels. */
  readonly size: number;
  readonly lineWidth: number;
  readonly dashed: boolean;
}

/** A straight line across the whole plot, at one x or one y. */
export interface Rule {
  readonly kind: 'rule';
  readonly axis: 'x' | 'y';
  readonly at: number;
  readonly label: string | undefined;
  readonly color: Color;
  readonly opacity: number;
  readonly lineWidth: number;
  readonly dashed: boolean;
}

export type Mark = Series | Rule;

export interface Axis {
  readonly title: string | undefined;
  readonly scale: ScaleType;
  readonly range: readonly [number, number] | undefined;
}

/** Everything that a renderer needs to know of a chart: checked, with defaults filled in. */
export interface Model {
  readonly title: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly background: Color;
  readonly legend: LegendPlace | undefined;
  readonly grid: boolean;
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: readonly Mark[];
}

/** Beyond this, sums and differences of coordinates could overflow. */
export const LARGEST = 1e300;

/** Whether a coordinate has a place on the axis: finite, and positive on a logarithmic one. */
export function drawable(v: number, scale: ScaleType): boolean {
  return Math.abs(v) <= LARGEST && (scale === 'linear' || v > 0);
}

/** What an axis spans, and whether all that is on it are whole numbers (so that ticks between them mean nothing). */
export interface Domain {
  readonly low: number;
  readonly high: number;
  readonly whole: boolean;
}

/** The range asked for, or else the extent of everything drawable with a margin of 5 % at each end. */
export function domain(model: Model, axis: 'x' | 'y'): Domain {
  const { scale, range } = model[axis];
  let low = Infinity;
  let high = -Infinity;
  let whole = true;
  const see = (v: number) => {
    if (v < low) low = v;
    if (v > high) high = v;
    whole &&= Number.isInteger(v);
  };
  for (const mark of model.marks) {
    if (mark.kind === 'rule') {
      if (mark.axis === axis && drawable(mark.at, scale)) see(mark.at);
      continue;
    }
    for (let i = 0; i < mark.x.length; i++) {
      if (drawable(mark.x[i], model.x.scale) && drawable(mark.y[i], model.y.scale)) see(mark[axis][i]);
    }
  }
  if (range !== undefined) return { low: range[0], high: range[1], whole };
  if (low > high)
    return scale === 'log' ? { low: 1, high: 10, whole: false } : { low: 0, high: 1, whole: false };
  return { ...(scale === 'log' ? padLog(low, high) : padLinear(low, high)), whole: whole && low < high };
}

function padLinear(low: number, high: number): { low: number; high: number } {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const flat = high - low <= 1e-12 * size;
  const margin = flat ? 0.1 * size || 1 : 0.05 * (high - low);
  return { low: low - margin, high: high + margin };
}

function padLog(low: number, high: number): { low: number; high: number } {
  const margin = high / low - 1 <= 1e-12 ? Math.sqrt(10) : Math.pow(high / low, 0.05);
  return { low: low / margin, high: high * margin };
}
