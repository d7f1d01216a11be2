/** A colour as SVG writes it everywhere, with its opacity kept apart. */
export interface Color {
  /** A CSS colour name or `#rrggbb`. */
  readonly css: string;
  readonly rgb: readonly [number, number, number];
  /** 0 (transparent) to 1 (opaque). */
  readonly alpha: number;
}

/** The palette: series without a colour of their own use these in turn. */
const CYCLE = '#1f77b4 #ff7f0e #2ca02c #d62728 #9467bd #8c564b #e377c2 #7f7f7f #bcbd22 #17becf'.split(' ');

/** The colour of the n-th series that names none. */
export function cycled(n: number): Color {
  return hex(CYCLE[n % CYCLE.length].slice(1))!;
}

/** CSS Color Module Level 4, section 6.1. */
const NAMES =
  'aliceblue f0f8ff antiquewhite faebd7 aqua 00ffff aquamarine 7fffd4 azure f0ffff beige f5f5dc bisque ffe4c4 ' +
  'black 000000 blanchedalmond ffebcd blue 0000ff blueviolet 8a2be2 brown a52a2a burlywood deb887 cadetblue 5f9ea0 ' +
  'chartreuse 7fff00 chocolate d2691e coral ff7f50 cornflowerblue 6495ed cornsilk fff8dc crimson dc143c cyan 00ffff ' +
  'darkblue 00008b darkcyan 008b8b darkgoldenrod b8860b darkgray a9a9a9 darkgreen 006400 darkgrey a9a9a9 ' +
  'darkkhaki bdb76b darkmagenta 8b008b darkolivegreen 556b2f darkorange ff8c00 darkorchid 9932cc darkred 8b0000 ' +
  'darksalmon e9967a darkseagreen 8fbc8f darkslateblue 483d8b darkslategray 2f4f4f darkslategrey 2f4f4f ' +
  'darkturquoise 00ced1 darkviolet 9400d3 deeppink ff1493 deepskyblue 00bfff dimgray 696969 dimgrey 696969 ' +
  'dodgerblue 1e90ff firebrick b22222 floralwhite fffaf0 forestgreen 228b22 fuchsia ff00ff gainsboro dcdcdc ' +
  'ghostwhite f8f8ff gold ffd700 goldenrod daa520 gray 808080 green 008000 greenyellow adff2f grey 808080 ' +
  'honeydew f0fff0 hotpink ff69b4 indianred cd5c5c indigo 4b0082 ivory fffff0 khaki f0e68c lavender e6e6fa ' +
  'lavenderblush fff0f5 lawngreen 7cfc00 lemonchiffon fffacd lightblue add8e6 lightcoral f08080 lightcyan e0ffff ' +
  'lightgoldenrodyellow fafad2 lightgray d3d3d3 lightgreen 90ee90 lightgrey d3d3d3 lightpink ffb6c1 ' +
  'lightsalmon ffa07a lightseagreen 20b2aa lightskyblue 87cefa lightslategray 778899 lightslategrey 778899 ' +
  'lightsteelblue b0c4de lightyellow ffffe0 lime 00ff00 limegreen 32cd32 linen faf0e6 magenta ff00ff maroon 800000 ' +
  'mediumaquamarine 66cdaa mediumblue 0000cd mediumorchid ba55d3 mediumpurple 9370db mediumseagreen 3cb371 ' +
  'mediumslateblue 7b68ee mediumspringgreen 00fa9a mediumturquoise 48d1cc mediumvioletred c71585 midnightblue 191970 ' +
  'mintcream f5fffa mistyrose ffe4e1 moccasin ffe4b5 navajowhite ffdead navy 000080 oldlace fdf5e6 olive 808000 ' +
  'olivedrab 6b8e23 orange ffa500 orangered ff4500 orchid da70d6 palegoldenrod eee8aa palegreen 98fb98 ' +
  'paleturquoise afeeee palevioletred db7093 papayawhip ffefd5 peachpuff ffdab9 peru cd853f pink ffc0cb plum dda0dd ' +
  'powderblue b0e0e6 purple 800080 rebeccapurple 663399 red ff0000 rosybrown bc8f8f royalblue 4169e1 ' +
  'saddlebrown 8b4513 salmon fa8072 sandybrown f4a460 seagreen 2e8b57 seashell fff5ee sienna a0522d silver c0c0c0 ' +
  'skyblue 87ceeb slateblue 6a5acd slategray 708090 slategrey 708090 snow fffafa springgreen 00ff7f steelblue 4682b4 ' +
  'tan d2b48c teal 008080 thistle d8bfd8 tomato ff6347 turquoise 40e0d0 violet ee82ee wheat f5deb3 white ffffff ' +
  'whitesmoke f5f5f5 yellow ffff00 yellowgreen 9acd32';

let names: Map<string, string> | undefined;

function named(name: string): Color | undefined {
  if (names === undefined) {
    const words = NAMES.split(' ');
    names = new Map();
    for (let i = 0; i < words.length; i += 2) names.set(words[i], words[i + 1]);
  }
  const digits = names.get(name);
  return digits === undefined ? undefined : { ...hex(digits)!, css: name };
}

/**
 * Reads a CSS colour: a name, `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`, `rgb()`, `rgba()`, `hsl()`, `hsla()`, `hwb()`
 * (commas or spaces, percentages, an alpha), or `transparent`. Returns undefined for anything else.
 */
export function parseColor(text: string): Color | undefined {
  const t = text.trim().toLowerCase();
  if (t === 'transparent') return make([0, 0, 0], 0);
  if (t.startsWith('#')) return hex(t.slice(1));
  const call = /^(rgba?|hsla?|hwb)\(([^()]*)\)$/.exec(t);
  return call ? callColor(call[1], call[2]) : named(t);
}

function hex(digits: string): Color | undefined {
  if (!/^(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/.test(digits)) return undefined;
  const long = digits.length > 4 ? digits : [...digits].map((d) => d + d).join('');
  const byte = (i: number) => parseInt(long.slice(2 * i, 2 * i + 2), 16);
  return make([byte(0), byte(1), byte(2)], long.length === 8 ? byte(3) / 255 : 1);
}

/** The inside of rgb(), hsl() and hwb(): `a, b, c, alpha` or `a b c / alpha`. */
function callColor(kind: string, inside: string): Color | undefined {
  const parts = inside
    .replace('/', ' / ')
    .split(inside.includes(',') ? /\s*,\s*/ : /\s+/)
    .map((s) => s.trim())
    .filter((s) => s !== '');
  if (parts.length === 5 && parts[3] === '/') parts.splice(3, 1);
  if (parts.length !== 3 && parts.length !== 4) return undefined;
  const alpha = parts.length === 4 ? number(parts[3], 1) : 1;
  const isRgb = kind.startsWith('rgb');
  const a = isRgb ? number(parts[0], 255) : angle(parts[0]);
  const b = number(parts[1], isRgb ? 255 : 1, isRgb ? 1 : 100);
  const c = number(parts[2], isRgb ? 255 : 1, isRgb ? 1 : 100);
  if (a === undefined || b === undefined || c === undefined || alpha === undefined) return undefined;
  if (isRgb) return make([a, b, c], alpha);
  return make(kind === 'hwb' ? hwb(a, b, c) : hsl(a, b, c), alpha);
}

/** `12.5`, `.5` or `30%`: a percentage is of `whole`, a plain number is divided by `unit`; clamped to [0, whole]. */
function number(text: string, whole: number, unit = 1): number | undefined {
  const m = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(%?)$/.exec(text);
  if (!m) return undefined;
  const value = m[2] ? (Number(m[1]) / 100) * whole : Number(m[1]) / unit;
  return Math.min(Math.max(value, 0), whole);
}

function angle(text: string): number | undefined {
  const m = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(deg|grad|rad|turn)?$/.exec(text);
  if (!m) return undefined;
  const turn = { deg: 360, grad: 400, rad: 2 * Math.PI, turn: 1 }[m[2] ?? 'deg']!;
  const degrees = (Number(m[1]) / turn) * 360;
  return ((degrees % 360) + 360) % 360;
}

function hsl(h: number, s: number, l: number): [number, number, number] {
  const chroma = s * Math.min(l, 1 - l);
  const channel = (n: number) => {
    const k = (n + h / 30) % 12;
    return 255 * (l - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}

function hwb(h: number, white: number, black: number): [number, number, number] {
  if (white + black >= 1) {
    const grey = (255 * white) / (white + black);
    return [grey, grey, grey];
  }
  const mix = (c: number) => c * (1 - white - black) + 255 * white;
  const [r, g, b] = hsl(h, 1, 0.5);
  return [mix(r), mix(g), mix(b)];
}

function make(channels: [number, number, number], alpha: number): Color {
  const rgb = channels.map(Math.round) as [number, number, number];
  return { css: '#' + rgb.map((c) => c.toString(16).padStart(2, '0')).join(''), rgb, alpha };
}
