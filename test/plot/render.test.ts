import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Compiled } from './compiled';
import { Picture } from './png';

jest.setTimeout(120_000); // the child processes take about a second each, more on a busy machine

const root = join(__dirname, '../..');
let compiled: Compiled;
let scratch: string;

beforeAll(() => {
  compiled = new Compiled(join(root, `build/plot-test-${process.pid}`));
  scratch = mkdtempSync(join(tmpdir(), 'gradtape-plot-'));
});
afterAll(() => {
  compiled?.remove();
  if (scratch) rmSync(scratch, { recursive: true, force: true });
});

/** Builds the two charts of the linear-regression tutorial. */
const TUTORIAL = `
  const x = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i * 12.9898) * 3);
  const data = plot.chart({ title: 'Before training', xTitle: 'Input', yTitle: 'Output' })
    .scatter(x, x.map((v, i) => 3 * v + 2 + Math.sin(i * 78.233)), { label: 'Data', color: 'blue' })
    .scatter(x, x.map((v) => 5 * v), { label: 'Predictions', color: 'red' });
  const w = [5, 4.48, 4.1, 3.8, 3.6, 3.45, 3.35, 3.27, 3.2, 3.16];
  const epochs = plot.chart({ title: 'The weights', xTitle: 'Epoch', yTitle: 'Value', width: 500, height: 300 })
    .line(w, { label: 'W', color: 'red' })
    .line(w.map((v) => 5 - v), { label: 'b', color: 'blue' })
    .rule({ y: 3, label: 'True <weight> & "more"', dashed: true, color: 'red' })
    .rule({ y: 2, label: 'True bias', dashed: true, color: 'blue' });
`;

describe('SVG and PNG of the tutorial charts', () => {
  let svg: { data: string; epochs: string };
  let png: { data: Picture; epochs: Picture; half: Picture };
  beforeAll(() => {
    const out = compiled.run<{ [name: string]: string }>(`${TUTORIAL}
      const base64 = async (c, options) => Buffer.from(await c.toPNG(options)).toString('base64');
      return {
        dataSvg: await data.toSVG(),
        epochsSvg: await epochs.toSVG(),
        dataPng: await base64(data),
        epochsPng: await base64(epochs),
        halfPng: await base64(epochs, { scale: 0.5 }),
      };`);
    const decode = (name: string) => new Picture(Buffer.from(out[name], 'base64'));
    svg = { data: out.dataSvg, epochs: out.epochsSvg };
    png = { data: decode('dataPng'), epochs: decode('epochsPng'), half: decode('halfPng') };
  });

  test('the SVG has the titles, the legend and every mark', () => {
    for (const text of ['Before training', 'Input', 'Output', 'Data', 'Predictions']) {
      expect(svg.data).toContain(`>${text}</text>`);
    }
    expect(svg.data.match(/<path [^>]*fill="blue"/g)).toHaveLength(1001); // and one in the legend
    expect(svg.data.match(/<path [^>]*fill="red"/g)).toHaveLength(1001);
    expect(svg.epochs).toContain('>True &lt;weight&gt; &amp; "more"</text>');
    expect(svg.epochs.match(/stroke-dasharray="7,4"/g)).toHaveLength(4); // two rules, two in the legend
    expect(svg.epochs).toMatch(/^<svg [^>]*width="500" height="300"/);
  });

  test('the PNG is the chart times the scale, on white', () => {
    expect([png.data.width, png.data.height]).toEqual([1280, 840]);
    expect([png.epochs.width, png.epochs.height]).toEqual([1000, 600]);
    expect([png.half.width, png.half.height]).toEqual([250, 150]);
    expect(png.data.count((r, g, b) => r + g + b === 765)).toBeGreaterThan(0.8 * 1280 * 840);
  });

  const dark = (r: number, g: number, b: number) => r < 100 && g < 100 && b < 100;
  test('the text is visible: title, axis titles, tick labels, legend', () => {
    expect(png.data.count(dark, 0.3, 0.01, 0.6, 0.07)).toBeGreaterThan(300);
    expect(png.data.count(dark, 0.01, 0.3, 0.035, 0.7)).toBeGreaterThan(100);
    expect(png.data.count(dark, 0.04, 0.1, 0.085, 0.9)).toBeGreaterThan(100);
    expect(png.data.count(dark, 0.3, 0.94, 0.6, 1)).toBeGreaterThan(100);
    expect(png.data.count(dark, 0.85, 0.05, 1, 0.2)).toBeGreaterThan(200);
  });

  test('the legend stands beside the plot and is as wide as its text', () => {
    // Nothing touches the right edge, and no more than 3 % of the picture is empty there.
    const ink = (r: number, g: number, b: number) => r + g + b < 600;
    expect(png.data.count(ink, 0.99, 0, 1, 1)).toBe(0);
    expect(png.data.count(ink, 0.96, 0, 0.99, 0.2)).toBeGreaterThan(0);
  });

  test('the marks have their colours', () => {
    const blue = (r: number, g: number, b: number) => r < 60 && g < 60 && b > 200;
    const red = (r: number, g: number, b: number) => r > 200 && g < 60 && b < 60;
    for (const color of [blue, red]) {
      expect(png.data.count(color, 0.1, 0.1, 0.8, 0.9)).toBeGreaterThan(2000);
      expect(png.epochs.count(color, 0.1, 0.1, 0.6, 0.85)).toBeGreaterThan(500);
      expect(png.epochs.count(color, 0.6, 0.05, 1, 0.45)).toBeGreaterThan(50);
    }
  });

  test('all powers of ten have room for their labels', () => {
    const out = compiled.run<string>(
      "return plot.chart({ xScale: 'log', width: 700 }).line([1, 1e8], [1, 2]).toSVG();",
    );
    const shown = out.matchAll(/text-anchor="middle"[^>]* opacity="1">([^<]*)<\/text>/g);
    expect([...shown].map(([, text]) => text)).toEqual([
      '1',
      '10',
      '100',
      '1000',
      '10000',
      '100000',
      '1e6',
      '1e7',
      '1e8',
      'Log scale',
    ]);
  });

  test('Vega-Lite finds nothing to warn of, and lines keep their order and gaps', () => {
    const out = compiled.run<{ warnings: string[]; path: string }>(`
      const lite = await import('vega-lite');
      const warnings = [];
      const logger = { level: () => logger, debug: () => logger, info: () => logger,
        error: (...m) => { warnings.push(m.join()); return logger; }, warn: (...m) => { warnings.push(m.join()); return logger; } };
      const places = [true, 'left', 'top', 'bottom', 'top-left', 'top-right', 'bottom-left', 'bottom-right', false];
      for (const legend of places) for (const xScale of ['linear', 'log']) {
        const c = plot.chart({ legend, xScale, title: 'a\\nb', yRange: [0, 1e30] })
          .line([3, 1, 2], [1, NaN, 3], { label: "it's", dashed: true })
          .scatter([3, 1, 2], { color: 'rgb(1 2 3 / 0.5)', label: 'p"\\\\' }).rule({ x: 1, label: 'r' });
        lite.compile(c.toVegaLite(), { logger });
        await c.toSVG();
      }
      const order = await plot.chart({ xRange: [0, 10], yRange: [0, 10] })
        .line([5, 0, 5, 1, 2], [0, 10, 10, NaN, 3], { color: '#010203' }).toSVG();
      return { warnings, path: order.match(/d="([^"]*)" stroke="#010203"/)?.[1] };`);
    expect(out.warnings).toEqual([]);
    const xs = out.path.split(/(?=[ML])/).map((s) => [s[0], parseFloat(s.slice(1))] as const);
    expect(xs.map(([command]) => command).join('')).toBe('MLLM');
    expect(xs[0][1]).toBeGreaterThan(0);
    expect(xs[1][1]).toBe(0);
    expect(xs[2][1]).toBe(xs[0][1]);
  });

  test('Vega keeps its own measure for fonts that are not ours', () => {
    const widths = compiled.run<number[]>(`
      const { textMetrics } = await import('vega');
      const before = textMetrics.width({ font: 'Other', fontSize: 10 }, 'abcd');
      for (let i = 0; i < 3; i++) await plot.line([1, 2], [1, 2]).toSVG();
      const width = (font) => textMetrics.width({ font, fontSize: 10 }, 'abcd');
      return [before, width('Other'), width('DejaVu Sans, x')];`);
    expect(widths[1]).toBe(widths[0]);
    expect(widths[2]).toBeCloseTo(24.33, 2);
  });
});

describe('save', () => {
  test('writes SVG and PNG by the ending of the name, and replaces what is there', () => {
    const dir = mkdtempSync(join(scratch, 'save-'));
    writeFileSync(join(dir, 'b.PNG'), 'old');
    compiled.run(`
      const c = plot.line([1, 2], [3, 4]);
      process.chdir(${JSON.stringify(dir)});
      await c.save('a.svg');
      await c.save('b.PNG', { scale: 1 });
      await Promise.all(Array.from({ length: 8 }, () => c.save('c.svg')));`);
    expect(readdirSync(dir).sort()).toEqual(['a.svg', 'b.PNG', 'c.svg']);
    expect(readFileSync(join(dir, 'a.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\s*$/s);
    expect(readFileSync(join(dir, 'c.svg'), 'utf8')).toMatch(/<\/svg>\s*$/);
    expect(new Picture(readFileSync(join(dir, 'b.PNG'))).width).toBe(640);
  });

  test('leaves a good file and no scraps when it fails', () => {
    const dir = mkdtempSync(join(scratch, 'fail-'));
    writeFileSync(join(dir, 'good.svg'), 'good');
    mkdirSync(join(dir, 'folder.svg'));
    const errors = compiled.run<string[]>(`
      const c = plot.line([1, 2], [3, 4]);
      process.chdir(${JSON.stringify(dir)});
      const why = (promise) => promise.then(() => 'no error', (e) => e.name + ': ' + (e.code ?? e.message));
      return [
        await why(c.save('folder.svg')),
        await why(c.save('missing/a.svg')),
        await why(c.save('good.jpg')),
        await why(c.save('good')),
        await why(c.save('')),
        await why(c.save('good.svg', { scale: 0 })),
        await why(c.save('good.svg', { fonts: 'a.ttf' })),
        await why(c.toPNG({ scale: 17 })),
        await why(c.toPNG({ fonts: ['no-such-font.ttf'] })),
        await why(plot.chart({ width: 8192, height: 8192 }).line([1]).toPNG({ scale: 16 })),
        await why(plot.chart().save('good.svg')),
      ];`);
    expect(errors).toEqual([
      'Error: EISDIR',
      'Error: ENOENT',
      "RangeError: save: 'good.jpg' must end in .svg or .png",
      "RangeError: save: 'good' must end in .svg or .png",
      "TypeError: save: path must be a file name such as 'chart.svg' or 'chart.png'",
      'RangeError: save: scale must be a number from 0.1 to 16, got 0',
      'TypeError: save: fonts must be an array of paths of font files',
      'RangeError: toPNG: scale must be a number from 0.1 to 16, got 17',
      'Error: ENOENT',
      'RangeError: toPNG: 8192 × 8192 at scale 16 would be more than 268435456 pixels',
      'RangeError: chart: there is nothing to draw; call scatter, line or rule first',
    ]);
    expect(readdirSync(dir).sort()).toEqual(['folder.svg', 'good.svg']);
    expect(readFileSync(join(dir, 'good.svg'), 'utf8')).toBe('good');
  });
});

describe('optional packages', () => {
  /** A copy of the library where none of this repository's packages can be found. */
  const elsewhere = (name: string, packages: { [name: string]: string } = {}) => {
    const dir = join(scratch, name);
    cpSync(compiled.dir, join(dir, 'plot'), { recursive: true });
    for (const [pkg, code] of Object.entries(packages)) {
      mkdirSync(join(dir, 'node_modules', pkg), { recursive: true });
      writeFileSync(join(dir, 'node_modules', pkg, 'index.js'), code);
    }
    return join(dir, 'plot/index.js');
  };
  const why = `const why = (p) => p.then(() => null, (e) => ({ name: e.name, message: e.message, code: e.code,
    command: e.command, packages: e.packages, cause: e.cause?.message }));
    const c = plot.line([1, 2], [3, 4]);`;
  type Why = {
    name: string;
    message: string;
    code: string;
    command: string;
    packages: string[];
    cause: string;
  };

  test('are not needed to build a chart, for text or for Vega-Lite', () => {
    const out = compiled.run<string>(
      `const c = plot.line([1, 2], [3, 4]); c.toVegaLite(); return c.toText();`,
      {},
      elsewhere('none'),
    );
    expect(out).toContain('ooo');
  });

  test('that are missing are named with the command that installs them', () => {
    const out = compiled.run<Why[]>(
      `${why} return [await why(c.toSVG()), await why(c.toPNG()),
      c instanceof plot.Chart && (await c.toSVG().catch((e) => e instanceof plot.MissingPackageError))];`,
      {},
      elsewhere('missing'),
    );
    expect(out[0]).toMatchObject({
      name: 'MissingPackageError',
      code: 'ERR_MISSING_PACKAGE',
      packages: ['vega', 'vega-lite'],
      command: 'npm install vega@6 vega-lite@6.4',
      message:
        'An SVG chart needs vega, vega-lite, which are not installed. Run: npm install vega@6 vega-lite@6.4',
    });
    expect(out[1].command).toBe('npm install vega@6 vega-lite@6.4 @resvg/resvg-js@2.6 dejavu-fonts-ttf@2.37');
    expect(out[2]).toBe(true);
  });

  test('that are installed are not asked for again', () => {
    const index = elsewhere('partly', { vega: 'exports.parse = 1;', 'vega-lite': 'exports.compile = 1;' });
    const [error] = compiled.run<Why[]>(`${why} return [await why(c.toPNG())];`, {}, index);
    expect(error.message).toBe(
      'A PNG chart needs @resvg/resvg-js, dejavu-fonts-ttf, which are not installed. ' +
        'Run: npm install @resvg/resvg-js@2.6 dejavu-fonts-ttf@2.37',
    );
  });

  test('that cannot be loaded are not called missing', () => {
    const index = elsewhere('broken', { vega: 'require("vega-gone");', 'vega-lite': 'exports.compile = 1;' });
    const run = (env: NodeJS.ProcessEnv) =>
      compiled.run<Why[]>(`${why} return [await why(c.toSVG())];`, env, index)[0];
    const error = run({});
    expect(error).toMatchObject({ name: 'PackageLoadError', code: 'ERR_PACKAGE_LOAD' });
    expect(error.message).toMatch(
      /^An SVG chart needs vega, which is installed but could not be loaded: Cannot find module 'vega-gone'/,
    );
    expect(error.message).not.toContain('Jest');
    expect(error.cause).toMatch(/^Cannot find module 'vega-gone'/);
    expect(run({ JEST_WORKER_ID: '1' }).message).toContain('NODE_OPTIONS=--experimental-vm-modules');
  });

  test('are loaded by import(), which CommonJS output keeps', () => {
    const code = readFileSync(join(compiled.dir, 'render.js'), 'utf8');
    expect(code).toContain('await import(name)');
    expect(code).not.toMatch(/require\("(?!node:|\.)/);
  });

  test('are optional peers that the command satisfies', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const names = ['@resvg/resvg-js', 'dejavu-fonts-ttf', 'vega', 'vega-lite'];
    for (const name of names) {
      expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true });
      expect(manifest.dependencies?.[name]).toBeUndefined();
      expect(manifest.devDependencies[name]).toBeDefined();
    }
    expect(names.map((name) => manifest.peerDependencies[name])).toEqual([
      '^2.6.2',
      '^2.37.3',
      '^6.0.0',
      '^6.4.0',
    ]);
  });

  test('are found from ES modules too, where names import', () => {
    const script = `import { chart, Chart } from ${JSON.stringify(join(compiled.dir, 'index.js'))};
      const svg = await chart().line([1, 2]).toSVG();
      console.log(chart() instanceof Chart, svg.startsWith('<svg'));`;
    const args = ['--input-type=module', '-e', script];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('true true\n');
    expect(existsSync(compiled.dir)).toBe(true);
  });
});

test('inside Jest, with --experimental-vm-modules', () => {
  const said = compiled.runInJest(`
    const chart = plot.chart({ title: 'A line' }).line([1, 2, 3], { label: 'y' });
    test('svg', async () => expect(await chart.toSVG()).toContain('</svg>'));
    test('png', async () => expect((await chart.toPNG()).length).toBeGreaterThan(1000));
    test('text', () => expect(chart.toText()).toContain('A line'));
  `);
  expect(said).toContain('3 passed, 3 total');
});
