/** A drawing of a model as SVG. */
import { escapeMarkup } from '../../../core/format/markup';
import type { Drawing, DrawnLayer } from './model_drawing';
import { layeredLayout, type Box, type Point } from './layered_layout';

const font = { title: 14, line: 13 };
const lineHeight = 24;
const padding = 12;
const margin = 16;

/** The width of a text in Helvetica, roughly. */
const textWidth = (text: string, size: number): number => text.length * size * 0.58;

// Control characters are not allowed in XML, escaped or not.
const escape = (text: string): string =>
  escapeMarkup(text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?'));

const rowsOf = ({ lines, trained }: DrawnLayer): string[] =>
  trained === null ? [...lines] : [...lines, trained ? 'Trainable' : 'Non-trainable'];

function sizeOf(layer: DrawnLayer): Box {
  const rows = rowsOf(layer);
  const widths = [textWidth(layer.title, font.title) * 1.05, ...rows.map((row) => textWidth(row, font.line))];
  return { width: Math.ceil(Math.max(...widths)) + 2 * padding, height: (rows.length + 1) * lineHeight };
}

const n = (value: number): string => `${Math.round(value * 10) / 10}`;
const rect = ({ x, y }: Point, { width, height }: Box, attributes: string): string =>
  `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" ${attributes}/>`;

function layerSvg(layer: DrawnLayer, at: Point, box: Box): string {
  const middle = at.x + box.width / 2;
  const row = (text: string, i: number, attributes: string): string =>
    `<text x="${n(middle)}" y="${n(at.y + i * lineHeight + 16.5)}" ${attributes}>${escape(text)}</text>`;
  const parts = [
    rect(at, box, 'fill="white" stroke="black"'),
    rect(at, { width: box.width, height: lineHeight }, 'fill="black"'),
    row(layer.title, 0, `font-size="${font.title}" font-weight="bold" fill="white"`),
  ];
  rowsOf(layer).forEach((text, i, { length }) => {
    const isTrained = layer.trained !== null && i === length - 1;
    if (isTrained)
      parts.push(
        rect(
          { x: at.x, y: at.y + (i + 1) * lineHeight },
          { width: box.width, height: lineHeight },
          `fill="${layer.trained === true ? 'forestgreen' : 'firebrick'}" stroke="black"`,
        ),
      );
    parts.push(row(text, i + 1, `font-size="${font.line}" fill="${isTrained ? 'white' : 'black'}"`));
  });
  return `<g class="layer">${parts.join('')}</g>`;
}

/** The frames of models, around the boxes within them: the outer ones wider. */
function frames(drawing: Drawing, places: readonly Point[], boxes: readonly Box[]): string[] {
  const deepest = Math.max(0, ...drawing.layers.map(({ groups }) => groups.length));
  return drawing.groups.map((name, group) => {
    const within = [...drawing.layers.keys()].filter((i) => drawing.layers[i].groups.includes(group));
    if (within.length === 0) return '';
    const depth = drawing.layers[within[0]].groups.indexOf(group);
    const space = 5 + 4 * (deepest - depth - 1);
    const left = Math.min(...within.map((i) => places[i].x)) - space;
    const top = Math.min(...within.map((i) => places[i].y)) - space - 12;
    const right = Math.max(...within.map((i) => places[i].x + boxes[i].width)) + space;
    const bottom = Math.max(...within.map((i) => places[i].y + boxes[i].height)) + space;
    const frame = rect(
      { x: left, y: top },
      { width: right - left, height: bottom - top },
      'fill="none" stroke="gray" stroke-dasharray="5 3"',
    );
    const label = `<text x="${n(left + 4)}" y="${n(top + 11)}" text-anchor="start" font-size="11" fill="gray">${escape(name)}</text>`;
    return `<g class="model">${frame}${label}</g>`;
  });
}

/** The text of the SVG; `rankdir` is the direction of the edges. */
export function drawSvg(drawing: Drawing, rankdir: 'TB' | 'LR' | 'BT' | 'RL'): string {
  const boxes = drawing.layers.map(sizeOf);
  const lies = rankdir === 'LR' || rankdir === 'RL';
  const turn = <T extends Point>({ x, y }: T): Point => (lies ? { x: y, y: x } : { x, y });
  const layout = layeredLayout(
    lies ? boxes.map(({ width, height }) => ({ width: height, height: width })) : boxes,
    drawing.edges,
  );
  const border = margin + (drawing.groups.length > 0 ? 24 : 0);
  const [width, height] = lies ? [layout.height, layout.width] : [layout.width, layout.height];
  const mirrored = rankdir === 'BT' || rankdir === 'RL';
  const shift = ({ x, y }: Point): Point => ({
    x: border + (mirrored && lies ? width - x : x),
    y: border + (mirrored && !lies ? height - y : y),
  });
  const places = layout.positions.map((position, i) => {
    const { x, y } = shift(turn(position));
    return { x: mirrored && lies ? x - boxes[i].width : x, y: mirrored && !lies ? y - boxes[i].height : y };
  });
  const side = (i: number, isEnd: boolean): Point => {
    const { x, y } = places[i];
    const box = boxes[i];
    const far = isEnd === mirrored;
    return lies
      ? { x: far ? x + box.width : x, y: y + box.height / 2 }
      : { x: x + box.width / 2, y: far ? y + box.height : y };
  };
  const lines = drawing.edges.map(([from, to], i) => {
    const points = [side(from, false), ...layout.bends[i].map((p) => shift(turn(p))), side(to, true)];
    const path = points.map(({ x, y }) => `${n(x)},${n(y)}`).join(' ');
    return `<polyline class="edge" points="${path}" fill="none" stroke="black" stroke-width="1.5" marker-end="url(#arrow)"/>`;
  });
  const size = [width + 2 * border, height + 2 * border].map(n);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size[0]}" height="${size[1]}" viewBox="0 0 ${size.join(' ')}" font-family="Helvetica, Arial, sans-serif" text-anchor="middle">`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path d="M0,0 L8,4 L0,8 z"/></marker></defs>',
    `<rect width="100%" height="100%" fill="white"/>`,
    ...frames(drawing, places, boxes),
    ...lines,
    ...drawing.layers.map((layer, i) => layerSvg(layer, places[i], boxes[i])),
    '</svg>',
    '',
  ].join('\n');
}
