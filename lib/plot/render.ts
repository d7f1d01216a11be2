import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { checkOptions, readNumber } from './check';
import { MissingPackageError, PackageLoadError } from './errors';
import { FONT_FILE, FONT_NAME, FONT_PACKAGE, textWidth } from './font';
import type { Model } from './model';
import { toVegaLite } from './spec';

/** Options of `Chart.toPNG`. */
export interface PngOptions {
  /** Pixels of the PNG per pixel of the chart, 0.1 to 16; 2 by default, for sharp text. */
  scale?: number;
  /** Paths of TTF or OTF files for characters that DejaVu Sans lacks, such as Chinese. */
  fonts?: readonly string[];
}

const PNG_KEYS: readonly (keyof PngOptions)[] = ['scale', 'fonts'];

const MOST_PIXELS = 2 ** 28;

/** What to install: inside the ranges of the peer dependencies, for Node 20, and without characters that shells read. */
const PACKAGES: { readonly [name: string]: string } = {
  vega: '6',
  'vega-lite': '6.4',
  '@resvg/resvg-js': '2.6',
  [FONT_PACKAGE]: '2.37',
};

/** The little of Vega that is used here. */
interface TextItem {
  readonly font?: string;
  readonly fontSize?: number;
  readonly limit?: number;
}
type TextMeasure = (item: TextItem, text: string) => number;
interface Vega {
  readonly Error: number;
  readonly textMetrics: { width: TextMeasure };
  readonly View: new (runtime: unknown, options: object) => VegaView;
  parse(spec: unknown): unknown;
}
interface VegaView {
  toSVG(): Promise<string>;
  finalize(): void;
}
interface VegaLite {
  compile(spec: unknown, options: object): { readonly spec: unknown };
}
interface Resvg {
  renderAsync(svg: string, options: object): Promise<{ asPng(): Uint8Array }>;
}

export async function toSVG(model: Model): Promise<string> {
  const [vega, lite] = (await load('An SVG chart', ['vega', 'vega-lite'])) as [Vega, VegaLite];
  return draw(vega, lite, model);
}

export async function toPNG(model: Model, options: PngOptions = {}): Promise<Uint8Array> {
  const { scale, fonts } = readPngOptions('toPNG', options);
  if (model.width * model.height * scale ** 2 > MOST_PIXELS) {
    throw new RangeError(
      `toPNG: ${model.width} × ${model.height} at scale ${scale} would be more than ${MOST_PIXELS} pixels`,
    );
  }
  for (const path of fonts) await access(path, constants.R_OK); // resvg would pass over a wrong path in silence
  const packages = ['vega', 'vega-lite', '@resvg/resvg-js', FONT_PACKAGE];
  const loaded = await load('A PNG chart', packages);
  const [vega, lite, resvg, fontFile] = loaded as [Vega, VegaLite, Resvg, string];
  const svg = await draw(vega, lite, model);
  const image = await resvg.renderAsync(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: {
      loadSystemFonts: false,
      fontFiles: [fontFile, ...fonts],
      defaultFontFamily: FONT_NAME,
      sansSerifFamily: FONT_NAME,
    },
  });
  return image.asPng();
}

export function readPngOptions(fn: string, options: PngOptions | undefined): Required<PngOptions> {
  checkOptions(fn, options, PNG_KEYS);
  const { scale = 2, fonts = [] } = options ?? {};
  if (!Array.isArray(fonts) || !fonts.every((f) => typeof f === 'string')) {
    throw new TypeError(`${fn}: fonts must be an array of paths of font files`);
  }
  return { scale: readNumber(fn, 'scale', scale, 0.1, 16), fonts };
}

async function draw(vega: Vega, lite: VegaLite, model: Model): Promise<string> {
  measureOurFont(vega);
  const { spec } = lite.compile(toVegaLite(model), { logger: silent() });
  const view = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

const measures = new WeakSet<TextMeasure>();

/** Sets the text metrics of our font in Vega; those of other fonts are unchanged. */
function measureOurFont(vega: Vega): void {
  const theirs = vega.textMetrics.width;
  if (measures.has(theirs)) return;
  const ours: TextMeasure = (item, text) => {
    if (!item.font?.startsWith(FONT_NAME)) return theirs(item, text);
    const width = textWidth(text == null ? '' : String(text).trim(), item.fontSize ?? 11);
    return item.limit! > 0 ? Math.min(width, item.limit!) : width;
  };
  measures.add(ours);
  vega.textMetrics.width = ours;
}

/** A Vega logger that says nothing: what a user can get wrong has been checked before. */
function silent(): object {
  const logger = {
    level: () => logger,
    error: () => logger,
    warn: () => logger,
    info: () => logger,
    debug: () => logger,
  };
  return logger;
}

/** Loads packages on first use, and reports all that are missing at once, so that one command installs them. */
async function load(what: string, names: readonly string[]): Promise<unknown[]> {
  const modules: unknown[] = [];
  const failed: { readonly name: string; readonly reason: unknown }[] = [];
  // One after the other: Jest's loader fails where two imports in flight share a module.
  for (const name of names) {
    await loadOne(name).then(
      (module) => modules.push(module),
      (reason: unknown) => failed.push({ name, reason }),
    );
  }
  const missing = failed.filter((f) => isMissing(f.name, f.reason)).map((f) => f.name);
  if (missing.length > 0) {
    const wanted = missing.map((name) => `${name}@${PACKAGES[name]}`);
    throw new MissingPackageError(what, missing, `npm install ${wanted.join(' ')}`);
  }
  const broken = failed.at(0);
  if (broken !== undefined) throw new PackageLoadError(what, broken.name, broken.reason);
  return modules;
}

async function loadOne(name: string): Promise<unknown> {
  if (name === FONT_PACKAGE) return require.resolve(FONT_FILE);
  const module = (await import(name)) as { default?: object };
  return { ...module.default, ...module };
}

function isMissing(name: string, reason: unknown): boolean {
  const { code, message } = (reason ?? {}) as { code?: string; message?: string };
  const notFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return notFound && [`'${name}'`, `'${name}/`].some((start) => message?.includes(start));
}
