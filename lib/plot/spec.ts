import type { Color } from './color';
import { FONT_FAMILY } from './font';
import { type Domain, domain, drawable, type Mark, type Model, type Series } from './model';
import { exponentialDigits, powersOfTen } from './ticks';

/** A Vega-Lite 6 specification: plain JSON. */
export type VegaLiteSpec = { readonly [key: string]: unknown };

const INK = '#333333';
const FAINT = '#e6e6e6';
const DASHES = [7, 4];

/** Width of the samples in the legend, in pixels. */
const SAMPLE = 28;

interface Scales {
  readonly x: object;
  readonly y: object;
}

/** Writes a chart down in Vega-Lite: one layer for each mark, one colour scale for those that have labels. */
export function toVegaLite(model: Model): VegaLiteSpec {
  const scales: Scales = { x: positionScale(model, 'x'), y: positionScale(model, 'y') };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    ...(model.title === undefined ? {} : { title: { text: lines(model.title) } }),
    description: model.title ?? 'Chart',
    width: model.width,
    height: model.height,
    autosize: { type: 'fit', contains: 'padding' },
    padding: { left: 8, top: 8, right: 14, bottom: 8 },
    background: withAlpha(model.background),
    config: config(model),
    layer: [
      // Rules have one coordinate each; this layer without points gives a chart that has only rules both axes.
      ...(model.marks.every((m) => m.kind === 'rule') ? [emptyLayer(scales)] : []),
      ...model.marks.map((mark) => layer(model, mark, scales)),
    ],
  };
}

function layer(model: Model, mark: Mark, scales: Scales): object {
  return {
    data: { values: mark.kind === 'rule' ? [{}] : points(model, mark) },
    mark: markOf(mark, model.x.range !== undefined || model.y.range !== undefined),
    encoding: {
      ...(mark.kind === 'rule'
        ? { [mark.axis]: { ...scales[mark.axis], datum: mark.at } }
        : { x: { ...scales.x, field: 'x' }, y: { ...scales.y, field: 'y' } }),
      ...(mark.kind === 'line' ? { order: { value: null } } : {}),
      ...colorOf(model, mark),
    },
  };
}

function emptyLayer(scales: Scales): object {
  const encoding = { x: { ...scales.x, field: 'x' }, y: { ...scales.y, field: 'y' } };
  return { data: { values: [] }, mark: { type: 'circle' }, encoding };
}

function config(model: Model): object {
  const text = { font: FONT_FAMILY, fontWeight: 'normal', color: INK };
  return {
    font: FONT_FAMILY,
    title: { ...text, fontSize: 16, offset: 10, limit: model.width - 30 },
    view: { stroke: FAINT },
    axis: {
      grid: model.grid,
      gridColor: FAINT,
      domainColor: '#888888',
      tickColor: '#888888',
      labelFont: FONT_FAMILY,
      labelFontSize: 12,
      labelColor: INK,
      titleFont: FONT_FAMILY,
      titleFontSize: 13,
      titleFontWeight: 'normal',
      titleColor: INK,
      titlePadding: 8,
      labelFlush: false,
    },
    axisX: { titleLimit: model.width - 60 },
    axisY: { titleLimit: model.height - 60 },
    legend: {
      labelFont: FONT_FAMILY,
      labelFontSize: 12,
      labelColor: INK,
      labelLimit: Math.round(model.width * 0.4),
      symbolSize: SAMPLE ** 2,
      symbolStrokeWidth: 2,
      clipHeight: 16,
      rowPadding: 3,
      columnPadding: 18,
    },
  };
}

function positionScale(model: Model, axis: 'x' | 'y'): object {
  const { title, scale } = model[axis];
  const span = domain(model, axis);
  return {
    type: 'quantitative',
    scale: {
      type: scale,
      domain: [span.low, span.high],
      nice: false,
      ...(scale === 'log' ? {} : { zero: false }),
    },
    axis: { title: title === undefined ? null : lines(title), ...tickOptions(model, axis, span) },
  };
}

/** As many ticks as leave space for their labels; only powers of ten on a logarithmic axis that has several. */
function tickOptions(model: Model, axis: 'x' | 'y', span: Domain): object {
  const tickCount = Math.max(2, Math.round(axis === 'x' ? model.width / 80 : model.height / 50));
  if (model[axis].scale === 'log') {
    const powers = powersOfTen(span, tickCount);
    const format = '~g';
    if (powers.length === 0) return { format, tickCount };
    const texts = Object.fromEntries(powers.map(({ value, text }) => [value, text]));
    const minor = minorTicks(span, powers);
    const isMinor = `indexof(${JSON.stringify(powers.map((t) => t.value))}, datum.value) < 0`;
    return {
      format,
      values: [...powers.map((t) => t.value), ...minor].sort((a, b) => a - b),
      labelExpr: `${JSON.stringify(texts)}[datum.value] || ''`,
      ...(minor.length === 0
        ? {}
        : {
            tickSize: { condition: { test: isMinor, value: 3 }, value: 5 },
            gridOpacity: { condition: { test: isMinor, value: 0.4 }, value: 1 },
          }),
    };
  }
  const digits = exponentialDigits(span, tickCount);
  return {
    tickCount,
    ...(span.whole ? { tickMinStep: 1 } : {}),
    ...(digits === undefined ? {} : exponential(digits + 1)), // + 1: Vega's ticks may be closer than ours
  };
}

function exponential(digits: number): object {
  return { format: `.${digits}~e`, labelExpr: "datum.value == 0 ? '0' : datum.label" };
}

/** Two to nine times the powers of ten, where those are next to each other and leave space. */
function minorTicks({ low, high }: Domain, powers: readonly { value: number }[]): number[] {
  const decades = Math.log10(high / low);
  if (decades > 7 || powers[1].value > 11 * powers[0].value) return [];
  const all = [powers[0].value / 10, ...powers.map((t) => t.value)].flatMap((power) =>
    [2, 3, 4, 5, 6, 7, 8, 9].map((k) => Number((k * power).toPrecision(3))),
  );
  return all.filter((value) => value >= low && value <= high);
}

/** Points that cannot be drawn are omitted, except in lines, where null is a gap. */
function points(model: Model, series: Series): object[] {
  const rows: object[] = [];
  for (let i = 0; i < series.x.length; i++) {
    const x = series.x[i];
    const y = series.y[i];
    if (drawable(x, model.x.scale) && drawable(y, model.y.scale)) rows.push({ x, y });
    else if (series.kind === 'line') rows.push({ x: null, y: null });
  }
  return rows;
}

function markOf(mark: Mark, clip: boolean): object {
  const common = { color: mark.color.css, opacity: mark.opacity * mark.color.alpha, aria: false, clip };
  if (mark.kind === 'scatter') return { type: 'circle', size: mark.size ** 2, ...common };
  const stroke = { strokeWidth: mark.lineWidth, ...(mark.dashed ? { strokeDash: DASHES } : {}) };
  if (mark.kind === 'rule') return { type: 'rule', ...stroke, ...common };
  const ends = mark.dashed ? {} : { strokeCap: 'round', strokeJoin: 'round' };
  return { type: 'line', ...stroke, ...ends, ...common, invalid: 'break-paths-show-path-domains' };
}

/** A label enters the colour scale, and by it the legend, whose symbols show points, lines and dashes as drawn. */
function colorOf(model: Model, mark: Mark): object {
  if (mark.label === undefined) return {};
  const labelled = model.marks.filter((m) => m.label !== undefined);
  return {
    color: {
      datum: mark.label,
      type: 'nominal',
      scale: { domain: labelled.map((m) => m.label), range: labelled.map((m) => m.color.css) },
      legend: model.legend === undefined ? null : legend(model, labelled),
    },
  };
}

function legend(model: Model, marks: readonly Mark[]): object {
  const place = model.legend!;
  const pick = (f: (m: Mark) => unknown) => ({
    value: { expr: `${JSON.stringify(marks.map(f))}[datum.index]` },
  });
  const isPoint = (m: Mark) => m.kind === 'scatter';
  return {
    title: null,
    orient: place,
    direction: place === 'top' || place === 'bottom' ? 'horizontal' : 'vertical',
    ...(place.includes('-')
      ? { fillColor: '#ffffffd9', strokeColor: '#cccccc', padding: 6, cornerRadius: 3, offset: 8 }
      : { offset: 14 }),
    encoding: {
      symbols: {
        shape: pick((m) => (isPoint(m) ? circle((m as Series).size) : 'M-1,0L1,0')),
        fill: pick((m) => (isPoint(m) ? m.color.css : 'transparent')),
        stroke: pick((m) => (isPoint(m) ? 'transparent' : m.color.css)),
        strokeDash: pick((m) => (!isPoint(m) && m.dashed ? DASHES : [])),
        opacity: pick((m) => Math.max(m.opacity * m.color.alpha, 0.3)),
      },
    },
  };
}

/**
 * A path for a point of a size in pixels, in units of half a sample. All samples have the same `size` for Vega, which
 * reserves their space by it; so what differs has to be in the path.
 */
function circle(size: number): string {
  const r = Math.min(Math.max(size, 6), 14) / SAMPLE;
  return `M${-r},0A${r},${r},0,1,1,${r},0A${r},${r},0,1,1,${-r},0Z`;
}

function lines(text: string): string | string[] {
  return text.includes('\n') ? text.split('\n') : text;
}

function withAlpha(color: Color): string {
  const alpha = Math.round(color.alpha * 255);
  return alpha === 255 ? color.css : `rgba(${color.rgb.join(',')},${color.alpha})`;
}
