import { MissingPackageError } from './errors';
import {
  checkOptions,
  looksLikeValues,
  readBoolean,
  readChoice,
  readColor,
  readNumber,
  readRange,
  readText,
  readValues,
  sameLength,
  type Values,
} from './check';
import { type Color, cycled } from './color';
import { LARGEST, LEGEND_PLACES, type LegendPlace, type Mark, type Model, type ScaleType } from './model';
import { type PngOptions, toPNG, toSVG } from './render';
import { save, type SaveOptions } from './save';
import { toVegaLite, type VegaLiteSpec } from './spec';
import { type TextOptions, toText } from './text';

/** Options of a whole chart. */
export interface ChartOptions {
  /** Title above the plot; `\n` starts a new line. */
  title?: string;
  /** Width of the whole picture in pixels, 200 to 8192; 640 by default. */
  width?: number;
  /** Height of the whole picture in pixels, 150 to 8192; 420 by default. */
  height?: number;
  /** Title of the x axis. */
  xTitle?: string;
  /** Title of the y axis. */
  yTitle?: string;
  /** 'linear' (default) or 'log'. */
  xScale?: ScaleType;
  /** 'linear' (default) or 'log'. */
  yScale?: ScaleType;
  /** What the x axis spans; by default all points with a margin. What lies outside is clipped. */
  xRange?: readonly [number, number];
  /** What the y axis spans; by default all points with a margin. What lies outside is clipped. */
  yRange?: readonly [number, number];
  /**
   * Where the legend stands: beside the plot ('right', which `true` and the default mean, 'left', 'top', 'bottom'),
   * in one of its corners ('top-left', 'top-right', 'bottom-left', 'bottom-right'), or nowhere (`false`).
   * It lists what has a label; without labels there is none.
   */
  legend?: boolean | LegendPlace;
  /** Whether thin lines run across the plot at the ticks; true by default. */
  grid?: boolean;
  /** Colour behind everything; white by default. */
  background?: string;
}

/** What points, lines and rules have in common. */
export interface MarkOptions {
  /** Name in the legend, unique in the chart. Without one it does not appear there. */
  label?: string;
  /** Any CSS colour name, `#rgb`, `#rrggbb`, `rgb()`, `hsl()` or `hwb()`; by default the next one of ten. */
  color?: string;
  /** 0 (invisible) to 1; 1 by default. */
  opacity?: number;
}

/** Options of `Chart.scatter`. */
export interface ScatterOptions extends MarkOptions {
  /** Diameter of a point in pixels, up to 200; 4 by default. */
  size?: number;
}

/** Options of `Chart.line`. */
export interface LineOptions extends MarkOptions {
  /** Whether the line is dashed; false by default. */
  dashed?: boolean;
  /** Thickness in pixels, up to 200; 2 by default. */
  lineWidth?: number;
}

/** Options of `Chart.rule`: exactly one of `x` and `y`. */
export interface RuleOptions extends MarkOptions {
  /** Where a vertical rule crosses the x axis. */
  x?: number;
  /** Where a horizontal rule crosses the y axis. */
  y?: number;
  /** Whether the line is dashed; false by default. */
  dashed?: boolean;
  /** Thickness in pixels, up to 200; 1.5 by default. */
  lineWidth?: number;
}

const CHART_KEYS: readonly (keyof ChartOptions)[] = [
  'title',
  'width',
  'height',
  'xTitle',
  'yTitle',
  'xScale',
  'yScale',
  'xRange',
  'yRange',
  'legend',
  'grid',
  'background',
];
const MARK_KEYS: readonly (keyof MarkOptions)[] = ['label', 'color', 'opacity'];
const SCATTER_KEYS: readonly (keyof ScatterOptions)[] = [...MARK_KEYS, 'size'];
const LINE_KEYS: readonly (keyof LineOptions)[] = [...MARK_KEYS, 'dashed', 'lineWidth'];
const RULE_KEYS: readonly (keyof RuleOptions)[] = ['x', 'y', ...MARK_KEYS, 'dashed', 'lineWidth'];

/**
 * A chart of points, lines and rules. Build it by chaining, then render it any number of times:
 *
 * ```ts
 * const c = plot.chart({ title: 'Fit', xTitle: 'x', yTitle: 'y' })
 *   .scatter(x, y, { label: 'Data', color: 'blue' })
 *   .line(x, prediction, { label: 'Prediction', color: 'red' });
 * await c.save('fit.png');
 * console.log(c.toText());
 * ```
 *
 * Coordinates may be arrays, typed arrays or tensors, and are copied. Points with a coordinate that is NaN or
 * infinite (or beyond ±1e300, or not positive on a logarithmic axis) are skipped, as Vega does; a line has a gap
 * there. Wrong arguments throw a TypeError or RangeError at once and leave the chart as it was.
 */
export class Chart {
  readonly #frame: Omit<Model, 'marks'>;
  readonly #marks: Mark[] = [];

  constructor(options: ChartOptions = {}) {
    this.#frame = readFrame('chart', options);
  }

  /** Adds points at (xᵢ, yᵢ). With one list, x counts 0, 1, 2, … */
  scatter(y: Values, options?: ScatterOptions): this;
  scatter(x: Values, y: Values, options?: ScatterOptions): this;
  scatter(...args: unknown[]): this {
    return this.#series('scatter', args, SCATTER_KEYS);
  }

  /** Adds a line through (xᵢ, yᵢ) in the order given. With one list, x counts 0, 1, 2, … */
  line(y: Values, options?: LineOptions): this;
  line(x: Values, y: Values, options?: LineOptions): this;
  line(...args: unknown[]): this {
    return this.#series('line', args, LINE_KEYS);
  }

  /** Adds a straight line across the whole plot: horizontal at `y`, or vertical at `x`. */
  rule(options: RuleOptions): this {
    checkOptions('rule', options, RULE_KEYS);
    const { x, y } = options ?? {};
    if ((x === undefined) === (y === undefined)) {
      throw new TypeError('rule: give exactly one of x (a vertical rule) and y (a horizontal one)');
    }
    const axis = x === undefined ? 'y' : 'x';
    const at = readNumber('rule', axis, options[axis], -LARGEST, LARGEST);
    return this.#add({
      kind: 'rule',
      axis,
      at,
      ...this.#style('rule', options),
      dashed: readBoolean('rule', 'dashed', options.dashed ?? false),
      lineWidth: readNumber('rule', 'lineWidth', options.lineWidth ?? 1.5, 0.1, 200),
    });
  }

  /** The chart as a Vega-Lite specification: plain JSON for a notebook, a web page or another renderer. */
  toVegaLite(): VegaLiteSpec {
    return toVegaLite(this.#model());
  }

  /**
   * The chart as an SVG document. Needs the packages vega and vega-lite, loaded on first use;
   * @throws MissingPackageError that names the command to install them.
   */
  async toSVG(): Promise<string> {
    return toSVG(this.#model());
  }

  /**
   * The chart as a PNG file's bytes. Needs what `toSVG` needs, @resvg/resvg-js and dejavu-fonts-ttf;
   * @throws MissingPackageError that names the command to install them.
   */
  async toPNG(options?: PngOptions): Promise<Uint8Array> {
    return toPNG(this.#model(), options);
  }

  /**
   * Writes the chart to a file: SVG or PNG by the ending of its name. A file that is already there is replaced in
   * one step, only after the new one is complete. Options are those of `toPNG`.
   */
  async save(path: string, options?: SaveOptions): Promise<void> {
    return save(this.#model(), path, options);
  }

  /** The chart as text for a terminal. Needs no packages. */
  toText(options?: TextOptions): string {
    return toText(this.#model(), options);
  }

  /** @internal What a notebook shows: a picture, or text where the packages that `toSVG` needs are missing. */
  async [Symbol.for('Jupyter.display')](): Promise<Record<string, string>> {
    const text = { 'text/plain': this.toText() };
    try {
      return { 'image/svg+xml': await this.toSVG(), ...text };
    } catch (error) {
      if (error instanceof MissingPackageError) return text;
      throw error;
    }
  }

  #model(): Model {
    if (this.#marks.length === 0) {
      throw new RangeError('chart: there is nothing to draw; call scatter, line or rule first');
    }
    return { ...this.#frame, marks: [...this.#marks] };
  }

  #series(kind: 'scatter' | 'line', args: unknown[], keys: readonly string[]): this {
    const single = hasOneList(args);
    const options = (args[single ? 1 : 2] ?? {}) as ScatterOptions & LineOptions;
    const first = readValues(kind, single ? 'y' : 'x', args[0]);
    const x = single ? first.map((_, i) => i) : first;
    const y = single ? first : readValues(kind, 'y', args[1]);
    sameLength(kind, x, y);
    checkOptions(kind, options, keys);
    return this.#add({
      kind,
      x,
      y,
      ...this.#style(kind, options),
      size: readNumber(kind, 'size', options.size ?? 4, 0.1, 200),
      dashed: readBoolean(kind, 'dashed', options.dashed ?? false),
      lineWidth: readNumber(kind, 'lineWidth', options.lineWidth ?? 2, 0.1, 200),
    });
  }

  #style(fn: string, options: MarkOptions): { label: string | undefined; color: Color; opacity: number } {
    const label = options.label === undefined ? undefined : labelOf(fn, options.label);
    if (label !== undefined && this.#marks.some((m) => m.label === label)) {
      throw new RangeError(`${fn}: label '${label}' is taken; the labels of a chart must differ`);
    }
    const color =
      options.color === undefined ? cycled(this.#marks.length) : readColor(fn, 'color', options.color);
    return { label, color, opacity: readNumber(fn, 'opacity', options.opacity ?? 1, 0, 1) };
  }

  /** The last step of every addition: what threw before it has changed nothing. */
  #add(mark: Mark): this {
    this.#marks.push(mark);
    return this;
  }
}

/** Whether the arguments of a series are y and its options, not x, y and options. */
const hasOneList = (args: readonly unknown[]): boolean =>
  args.length < 2 || (args.length === 2 && isOptions(args[1]));

/** Whether the second argument can only be options: coordinates have a length or data(). */
function isOptions(v: unknown): boolean {
  return typeof v === 'object' && v !== null && !looksLikeValues(v);
}

function labelOf(fn: string, label: unknown): string | undefined {
  const text = readText(fn, 'label', label).replaceAll('\n', ' ').trim();
  return text === '' ? undefined : text;
}

function readFrame(fn: string, options: ChartOptions): Omit<Model, 'marks'> {
  checkOptions(fn, options, CHART_KEYS);
  const { legend = true, background = 'white' } = options;
  const place = typeof legend === 'boolean' ? (legend ? 'right' : undefined) : legend;
  const text = (arg: 'title' | 'xTitle' | 'yTitle') =>
    options[arg] === undefined ? undefined : readText(fn, arg, options[arg]).trim() || undefined;
  const axis = (name: 'x' | 'y') => {
    const scale = readChoice(fn, `${name}Scale`, options[`${name}Scale`] ?? 'linear', [
      'linear',
      'log',
    ] as const);
    const asked = options[`${name}Range`];
    const range = asked === undefined ? undefined : readRange(fn, `${name}Range`, asked);
    if (scale === 'log' && range !== undefined && range[0] <= 0) {
      throw new RangeError(
        `${fn}: ${name}Range must be positive on a logarithmic axis, got [${range.join(', ')}]`,
      );
    }
    const title = text(`${name}Title`);
    if (scale === 'linear') return { title, scale, range };
    return { title: title === undefined ? 'Log scale' : `${title} (log scale)`, scale, range };
  };
  return {
    title: text('title'),
    width: readNumber(fn, 'width', options.width ?? 640, 200, 8192),
    height: readNumber(fn, 'height', options.height ?? 420, 150, 8192),
    background: readColor(fn, 'background', background),
    legend:
      place === undefined ? undefined : readChoice<LegendPlace>(fn, 'legend', place, [...LEGEND_PLACES]),
    grid: readBoolean(fn, 'grid', options.grid ?? true),
    x: axis('x'),
    y: axis('y'),
  };
}

/** An empty chart, to be filled by chaining. */
export function chart(options?: ChartOptions): Chart {
  return new Chart(options);
}

/** A chart of one set of points: the options of the chart and of the points together. With one list, x counts 0, 1, 2, … */
export function scatter(y: Values, options?: ChartOptions & ScatterOptions): Chart;
export function scatter(x: Values, y: Values, options?: ChartOptions & ScatterOptions): Chart;
export function scatter(...args: unknown[]): Chart {
  return chartOf('scatter', args, SCATTER_KEYS);
}

/** A chart of one line: the options of the chart and of the line together. With one list, x counts 0, 1, 2, … */
export function line(y: Values, options?: ChartOptions & LineOptions): Chart;
export function line(x: Values, y: Values, options?: ChartOptions & LineOptions): Chart;
export function line(...args: unknown[]): Chart {
  return chartOf('line', args, LINE_KEYS);
}

function chartOf(kind: 'scatter' | 'line', args: unknown[], keys: readonly string[]): Chart {
  const lists = args.slice(0, hasOneList(args) ? 1 : 2);
  const [frame, marks] = split(kind, args[lists.length] ?? {}, keys);
  const chart = new Chart(frame);
  const all = [...lists, marks] as [Values, Values];
  return kind === 'line' ? chart.line(...all) : chart.scatter(...all);
}

function split(fn: string, options: object, keys: readonly string[]): [ChartOptions, MarkOptions] {
  checkOptions(fn, options, [...keys, ...CHART_KEYS]);
  const entries = Object.entries(options);
  const pick = (ours: boolean) => Object.fromEntries(entries.filter(([k]) => keys.includes(k) === ours));
  return [pick(false), pick(true)];
}
