export type Cell = string;

/** A Markdown table with padded columns. */
export function table(head: readonly Cell[], rows: readonly (readonly Cell[])[]): string {
  const width = head.map((cell, i) => Math.max(3, cell.length, ...rows.map((r) => r[i].length)));
  const line = (cells: readonly Cell[]): string =>
    `| ${cells.map((c, i) => c.padEnd(width[i])).join(' | ')} |`;
  return [line(head), `| ${width.map((w) => '-'.repeat(w)).join(' | ')} |`, ...rows.map(line)].join('\n');
}
