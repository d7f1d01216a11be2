/** What a notebook shows of a tensor: its text, and a matrix as a table. */
import { shapeToString } from '../format';
import { type PrintData, elementWriter } from './elements';
import { shownPositions, visible } from './layout';
import { escapeMarkup } from './markup';

/** Contents by MIME type. A Jupyter front end chooses the richest that it can show. */
export interface MimeBundle {
  'text/plain': string;
  'text/html'?: string;
}

/** Rows and columns at each end of a matrix that has more than twice as many. */
const edge = 10;

/** The text of a tensor, and a table if it is a matrix; `data` is null if its elements cannot be read. */
export function mimeBundle(
  text: string,
  data: PrintData | null,
  shape: readonly number[],
  dtype: string,
  title: string,
): MimeBundle {
  if (data === null || shape.length !== 2) return { 'text/plain': text };
  const caption = `${title}, shape=${shapeToString(shape)}, dtype=${dtype}`;
  return { 'text/plain': text, 'text/html': htmlTable(data, [shape[0], shape[1]], dtype, caption) };
}

/** The elements of a matrix as an HTML table with the indices of rows and columns; `…` stands for those left out. */
function htmlTable(
  data: PrintData,
  shape: readonly [number, number],
  dtype: string,
  caption: string,
): string {
  const [rows, columns] = shape.map((n) => visible(n, edge));
  const notation = { precision: 8, suppress: false };
  const write = elementWriter(data, dtype, shownPositions(shape, edge), notation);
  const withGap = (
    cells: string[],
    { head, gap }: { head: number; gap: boolean },
    filler: string,
  ): string[] => (gap ? [...cells.slice(0, head), filler, ...cells.slice(head)] : cells);
  const lineOf = (title: string, cells: string[], tag: string): string =>
    `<tr><th>${title}</th>${withGap(cells, columns, `<${tag}>…</${tag}>`).join('')}</tr>`;
  const header = lineOf(
    '',
    columns.positions.map((j) => `<th>${j}</th>`),
    'th',
  );
  const body = rows.positions.map((i) =>
    lineOf(
      String(i),
      columns.positions.map((j) => `<td>${escapeMarkup(write(i * shape[1] + j).trim())}</td>`),
      'td',
    ),
  );
  const dots = lineOf(
    '…',
    columns.positions.map(() => '<td>…</td>'),
    'td',
  );
  return (
    `<table><caption>${escapeMarkup(caption)}</caption><thead>${header}</thead>` +
    `<tbody>${withGap(body, rows, dots).join('')}</tbody></table>`
  );
}
