/** The violations in the text of a file of native/, as `file:line: what`. */
export function check(file: string, text: string): string[];
