/**
 * How wide text is. Without a canvas Vega assumes that every character is 0.8 em wide, which pushes legends and axis
 * titles far from where they belong; so charts name one font, DejaVu Sans, and this file knows its widths.
 */

/** The font of all text, with stand-ins of nearly the same widths for SVG viewers that lack it. */
export const FONT_FAMILY = 'DejaVu Sans, Verdana, Bitstream Vera Sans, sans-serif';

/** The first of FONT_FAMILY: what the bundled file calls itself. */
export const FONT_NAME = 'DejaVu Sans';

/** The npm package with the font, and the file inside it. */
export const FONT_PACKAGE = 'dejavu-fonts-ttf';
export const FONT_FILE = 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf';

/** Widths of the characters U+0020 to U+007E in thousandths of the font size. */
const ASCII = [
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636,
  636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295,
  295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838,
  500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521,
  392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/** The width of text in pixels: exact for ASCII, within a few per cent for other alphabets. */
export function textWidth(text: string, fontSize: number): number {
  let sum = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code >= 0x20 && code <= 0x7e) sum += ASCII[code - 0x20];
    else sum += [0, 640, 1000][columns(character)];
    if (code >= 0x2190 && code <= 0x22ff) sum += 198; // arrows and mathematical signs, the minus of tick labels
  }
  return (sum * fontSize) / 1000;
}

/** The number of terminal columns that a character occupies: 0 for combining marks, 2 for wide (East Asian, emoji). */
export function columns(character: string): 0 | 1 | 2 {
  const code = character.codePointAt(0)!;
  if (code < 0x300) return 1;
  if (/^[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1f64f) ||
    (code >= 0x1f680 && code <= 0x1f6ff) ||
    (code >= 0x1f900 && code <= 0x1f9ff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}
