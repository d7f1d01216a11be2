/** Tables of text, laid out as the package `rich` does, with which Keras prints its summaries. */

/** A column: its heading, the number of characters of its cells, and where in it text stands. */
export interface Column {
  readonly heading: string;
  readonly width: number;
  readonly align: 'left' | 'right' | 'center';
}

/** A space on both sides of each cell. */
const padding = 2;

/** Where a text is broken so that its lines have at most `width` characters; a longer word stays whole. */
function breaks(text: string, width: number): number[] {
  const found: number[] = [];
  let used = 0;
  for (const { 0: word, index } of text.matchAll(/\s*\S+\s*/g)) {
    const length = word.trimEnd().length;
    if (width - used >= length) used += word.length;
    else {
      if (index > 0 && (length > width || used > 0)) found.push(index);
      used = word.length;
    }
  }
  return found;
}

/** The lines of a cell; a word that is too long ends with `…`. */
function linesOf(text: string, { width, align }: Column): string[] {
  const places = [0, ...breaks(text, width), text.length];
  return places.slice(1).map((end, i) => {
    let line = text.slice(places[i], end);
    if (line.length > width) line = line.slice(0, Math.max(width, line.trimEnd().length));
    if (align !== 'left') line = line.trimEnd();
    if (line.length > width) line = `${line.slice(0, Math.max(0, width - 1))}…`;
    if (align === 'left') return line.padEnd(width);
    if (align === 'right') return line.padStart(width);
    return line.padStart(line.length + Math.floor((width - line.length) / 2)).padEnd(width);
  });
}

/** Python's `round`. */
const round = (value: number): number => {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
};

/** The widths of cells with their padding, so that together they are `total`. */
function fit(widths: readonly number[], total: number): number[] {
  const sum = widths.reduce((a, b) => a + b, 0);
  let left = Math.abs(total - sum);
  if (sum > total) {
    let columns = widths.filter((width) => width > 0).length;
    return widths.map((width) => {
      if (width === 0) return 0;
      const less = Math.min(width, round(left / columns));
      left -= less;
      columns--;
      return width - less;
    });
  }
  let ratios = sum;
  return widths.map((width) => {
    const more = ratios > 0 ? Math.ceil((width * left) / ratios) : left;
    ratios -= width;
    left -= more;
    return width + more;
  });
}

/** The lines of a table, `width` characters wide, with a rule between rows. */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const widths = fit(
    columns.map((column) => column.width + padding),
    width - columns.length - 1,
  );
  const rule = (left: string, line: string, cross: string, right: string): string =>
    `${left}${widths.map((n) => line.repeat(n)).join(cross)}${right}`;
  const row = (cells: readonly string[], bar: string, atBottom = false): string[] => {
    const lines = cells.map((text, i) => linesOf(text, { ...columns[i], width: widths[i] - padding }));
    const height = Math.max(...lines.map(({ length }) => length));
    return Array.from({ length: height }, (_, k) => {
      const at = (list: readonly string[]): number => (atBottom ? k - height + list.length : k);
      const parts = lines.map(
        (list, i) => ` ${list[at(list)] ?? ' '.repeat(Math.max(0, widths[i] - padding))} `,
      );
      return `${bar}${parts.join(bar)}${bar}`;
    });
  };
  const between = rule('├', '─', '┼', '┤');
  return [
    rule('┏', '━', '┳', '┓'),
    ...row(
      columns.map(({ heading }) => heading),
      '┃',
      true,
    ),
    rule('┡', '━', '╇', '┩'),
    ...rows.flatMap((cells, i) => [...(i > 0 ? [between] : []), ...row(cells, '│')]),
    rule('└', '─', '┴', '┘'),
  ];
}
