import { checkOptions, readBoolean, readInteger } from './check';
import { columns } from './font';
import { type Domain, domain, drawable, type Mark, type Model, type ScaleType, type Series } from './model';
import { Canvas, type Cell } from './canvas';
import { type Tick, ticks } from './ticks';

/** Options of `Chart.toText`. */
export interface TextOptions {
  /** Columns of the whole picture, 24 to 1000; 72 by default. */
  width?: number;
  /** Lines of the whole picture, 8 to 1000; 22 by default. */
  height?: number;
  /** Whether to write the marks' colours as ANSI escape sequences; false by default. */
  color?: boolean;
  /** Whether to use ASCII characters only, without braille dots and box lines; false by default. */
  ascii?: boolean;
}

const TEXT_KEYS: readonly (keyof TextOptions)[] = ['width', 'height', 'color', 'ascii'];

/** The characters that distinguish marks without colours. */
const GLYPHS = ['o', '*', '+', 'x', '#', '@', '%', '&'];
const DASH_GLYPHS = ['-', '=', '~', '.', '_'];

/** Characters of the frame: side, tick on the side, corner, bottom, tick at the bottom. */
const BOX = ['│', '┤', '└', '─', '┬'];
const ASCII_BOX = ['|', '+', '+', '-', '+'];

/** A map from the data to the plot: 0 is the low end of the axis, 1 the high end. */
type Place = (v: number) => number;

/** Adds the escape codes for the colour of a mark, if colours are on. */
type Paint = (mark: Mark, text: string) => string;

/**
 * Draws a chart with characters: title, plot with ticks, axis titles, legend. The first set of points is drawn in
 * braille dots (2 × 4 in a character), everything else with one character of its own that the legend names.
 */
export function toText(model: Model, options: TextOptions = {}): string {
  const fn = 'toText';
  checkOptions(fn, options, TEXT_KEYS);
  const width = readInteger(fn, 'width', options.width ?? 72, 24, 1000);
  const height = readInteger(fn, 'height', options.height ?? 22, 8, 1000);
  const color = readBoolean(fn, 'color', options.color ?? false);
  const ascii = readBoolean(fn, 'ascii', options.ascii ?? false);

  const glyphs = chooseGlyphs(model, ascii);
  const paint: Paint = (mark, text) => (color ? ansi(mark.color.rgb, text) : text);
  const top = [...centred(model.title, width), ...titleLines(model.y.title, width)];
  const bottom = [
    ...centred(model.x.title, width),
    ...(model.legend === undefined ? [] : legend(model, glyphs, width, paint)),
  ];
  const rows = Math.max(3, height - top.length - bottom.length - 2);

  const spans = { x: domain(model, 'x'), y: domain(model, 'y') };
  const yTicks = ticks(spans.y, model.y.scale, Math.max(2, Math.floor(rows / 3)));
  const gutter = Math.max(...yTicks.map((t) => t.text.length), 1) + 1;
  const canvas = new Canvas(Math.max(8, width - gutter - 1), rows);
  const placeX = place(spans.x, model.x.scale);
  const placeY = place(spans.y, model.y.scale);
  model.marks.forEach((mark, i) => draw(canvas, mark, i, glyphs[i], model, placeX, placeY));

  const [side, tick, corner, base, baseTick] = ascii ? ASCII_BOX : BOX;
  const yLabels = placeTicks(yTicks, placeY, rows);
  const plot = canvas.rows().map((row, i) => {
    const label = yLabels.get(rows - 1 - i) ?? '';
    return `${label.padStart(gutter - 1)} ${label === '' ? side : tick}${show(row, model, glyphs, paint)}`;
  });
  const xTicks = ticks(spans.x, model.x.scale, Math.max(2, Math.floor(canvas.width / 12)));
  const xLabels = placeTicks(xTicks, placeX, canvas.width);
  const axis = Array.from({ length: canvas.width }, (_, i) => (xLabels.has(i) ? baseTick : base)).join('');
  const out = [
    ...top,
    ...plot,
    ' '.repeat(gutter) + corner + axis,
    labelLine(xLabels, gutter + 1, width),
    ...bottom,
  ];
  return out.map((s) => s.trimEnd()).join('\n');
}

function chooseGlyphs(model: Model, ascii: boolean): string[] {
  let solid = 0;
  let dashed = 0;
  let dotted = ascii;
  return model.marks.map((mark) => {
    if (mark.kind === 'scatter' && !dotted) {
      dotted = true;
      return '';
    }
    const isDashed = mark.kind !== 'scatter' && mark.dashed;
    return isDashed ? DASH_GLYPHS[dashed++ % DASH_GLYPHS.length] : GLYPHS[solid++ % GLYPHS.length];
  });
}

function place({ low, high }: Domain, scale: ScaleType): Place {
  if (scale === 'linear') return (v) => (v - low) / (high - low);
  const start = Math.log(low);
  const span = Math.log(high) - start;
  return (v) => (Math.log(v) - start) / span;
}

function draw(
  canvas: Canvas,
  mark: Mark,
  owner: number,
  glyph: string,
  model: Model,
  x: Place,
  y: Place,
): void {
  if (mark.kind === 'rule') {
    if (!drawable(mark.at, model[mark.axis].scale)) return;
    const at = (mark.axis === 'x' ? x : y)(mark.at);
    if (mark.axis === 'x') canvas.line(at, 0, at, 1, owner);
    else canvas.line(0, at, 1, at, owner);
    return;
  }
  let last: readonly [number, number] | undefined;
  forEachPoint(mark, model, (px, py) => {
    const here = px === undefined ? undefined : ([x(px), y(py!)] as const);
    if (here !== undefined) {
      if (mark.kind !== 'scatter') canvas.line(...(last ?? here), ...here, owner);
      else if (glyph === '') canvas.dot(...here, owner);
      else canvas.cell(...here, owner);
    }
    last = here;
  });
}

/** Calls f with each point, and with nothing where a point cannot be drawn. */
function forEachPoint(series: Series, model: Model, f: (x?: number, y?: number) => void): void {
  for (let i = 0; i < series.x.length; i++) {
    if (drawable(series.x[i], model.x.scale) && drawable(series.y[i], model.y.scale))
      f(series.x[i], series.y[i]);
    else f();
  }
}

/** One line of the plot. Neighbours of one mark are painted together. */
function show(row: Cell[], model: Model, glyphs: string[], paint: Paint): string {
  let out = '';
  for (let i = 0; i < row.length;) {
    const { owner } = row[i];
    let run = '';
    for (; i < row.length && row[i].owner === owner; i++) {
      run += owner < 0 ? ' ' : glyphs[owner] || String.fromCharCode(0x2800 + row[i].dots);
    }
    out += owner < 0 ? run : paint(model.marks[owner], run);
  }
  return out;
}

/** Which row or column has which label; of two in the same place the first stays. */
function placeTicks(list: readonly Tick[], at: Place, size: number): Map<number, string> {
  const labels = new Map<number, string>();
  for (const { value, text } of list) {
    const where = Math.min(Math.floor(at(value) * size), size - 1);
    if (where >= 0 && !labels.has(where)) labels.set(where, text);
  }
  return labels;
}

/** The labels under the x axis, each centred under its tick; one that would touch the one before is left out. */
function labelLine(labels: Map<number, string>, indent: number, width: number): string {
  let out = '';
  for (const [where, text] of labels) {
    const middle = indent + where - Math.floor(text.length / 2);
    const start = Math.max(0, Math.min(middle, width - text.length));
    if (out === '' || start > out.length) out = out.padEnd(start) + text;
  }
  return out;
}

function legend(model: Model, glyphs: string[], width: number, paint: Paint): string[] {
  const out: string[] = [];
  let used = 0;
  model.marks.forEach((mark, i) => {
    if (mark.label === undefined) return;
    const sample = glyphs[i] === '' ? '⣿' : mark.kind === 'scatter' ? glyphs[i] : glyphs[i].repeat(3);
    const label = clip(mark.label, width - sample.length - 3);
    const size = sample.length + 1 + textColumns(label) + 3;
    const entry = `  ${paint(mark, sample)} ${label}`;
    if (used > 0 && used + size <= width + 1) {
      out[out.length - 1] += entry;
      used += size;
    } else {
      out.push(entry);
      used = size;
    }
  });
  return out;
}

function titleLines(text: string | undefined, width: number): string[] {
  return text === undefined ? [] : text.split('\n').map((s) => clip(s, width));
}

function centred(text: string | undefined, width: number): string[] {
  return titleLines(text, width).map((s) => ' '.repeat((width - textColumns(s)) >> 1) + s);
}

function textColumns(text: string): number {
  let sum = 0;
  for (const c of text) sum += columns(c);
  return sum;
}

/** Cuts text off at a number of columns. */
function clip(text: string, width: number): string {
  if (textColumns(text) <= width) return text;
  let out = '';
  let used = 1;
  for (const c of text) {
    used += columns(c);
    if (used > width) break;
    out += c;
  }
  return out + '…';
}

function ansi([r, g, b]: readonly [number, number, number], text: string): string {
  return `\u001b[38;2;${r};${g};${b}m${text}\u001b[39m`;
}
