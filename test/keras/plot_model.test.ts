/** `plotModel` and `modelToSvg`: the structure of the SVG. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

const { layers, utils } = tf.keras;
const sequential = (): tf.keras.Sequential =>
  new tf.keras.Sequential(
    [
      new layers.InputLayer({ shape: [4], name: 'in' }),
      new layers.Dense(3, { activation: 'relu', name: 'hidden' }),
      new layers.Dense(2, { name: 'out' }),
    ],
    { name: 'seq' },
  );

/** Two branches, of which one has a model within, and a layer that both share. */
function branches(): tf.keras.Model {
  const x = tf.keras.Input([4], { name: 'x' });
  const shared = new layers.Dense(4, { name: 'shared' });
  const a = shared(new layers.Dense(4, { name: 'left' })(x));
  const b = sequential()(shared(x));
  const inner = tf.keras.Input([4], { name: 'inner_x' });
  const nested = new tf.keras.Model({
    inputs: inner,
    outputs: new layers.Add({ name: 'inner_add' })([
      new layers.Dense(4, { name: 'inner_dense' })(inner),
      inner,
    ]),
    name: 'nested',
  });
  const y = new layers.Concatenate({ name: 'join' })([nested(a), b, x]);
  return new tf.keras.Model({ inputs: x, outputs: y, name: 'branches' });
}
const count = (svg: string, part: string): number => svg.split(part).length - 1;
const boxesOf = (svg: string): { x: number; y: number; width: number; height: number }[] =>
  [...svg.matchAll(/<g class="layer"><rect x="([^"]*)" y="([^"]*)" width="([^"]*)" height="([^"]*)"/g)].map(
    (m) => {
      const [x, y, width, height] = m.slice(1).map(Number);
      return { x, y, width, height };
    },
  );
/** Elements are closed in the reverse order. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, end, name, self] of svg.matchAll(/<(\/?)(\w+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (self === '/') continue;
    if (end === '/') expect(open.pop()).toBe(name);
    else open.push(name);
  }
  expect(open).toEqual([]);
}

test('the layers of a Sequential model, one below the other', () => {
  const svg = utils.modelToSvg(sequential());
  expectWellFormed(svg);
  expect(count(svg, 'class="layer"')).toBe(2);
  expect(count(svg, 'class="edge"')).toBe(1);
  expect(svg).toContain('>hidden (Dense)</text>');
  const [first, second] = boxesOf(svg);
  expect(second.y).toBeGreaterThan(first.y + first.height);
  expect(second.x + second.width / 2).toBeCloseTo(first.x + first.width / 2, 0);
});

test('options add lines to the boxes', () => {
  const model = sequential();
  model.layers[1].trainable = false;
  const all = { showShapes: true, showDtype: true, showLayerActivations: true, showTrainable: true };
  const svg = utils.modelToSvg(model, { ...all, showLayerNames: false });
  for (const text of [
    'Dense',
    'Activation: relu',
    'Activation: linear',
    'Input shape: (None, 4)',
    'Output shape: (None, 2)',
  ])
    expect(svg).toContain(`>${text}</text>`);
  for (const text of ['Output dtype: float32', 'Trainable', 'Non-trainable'])
    expect(svg).toContain(`>${text}</text>`);
  expect(svg).not.toContain('hidden');
});

test('branches, and layers within: boxes do not overlap', () => {
  for (const rankdir of ['TB', 'LR', 'BT', 'RL'] as const)
    for (const expandNested of [false, true]) {
      const svg = utils.modelToSvg(branches(), { rankdir, expandNested, showShapes: true });
      expectWellFormed(svg);
      expect(count(svg, 'class="model"')).toBe(expandNested ? 2 : 0);
      expect(svg.includes('inner_dense')).toBe(expandNested);
      const boxes = boxesOf(svg);
      expect(boxes).toHaveLength(expandNested ? 9 : 6);
      boxes.forEach((a, i) =>
        boxes.slice(i + 1).forEach((b) => {
          const apart =
            a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
          expect(apart).toBe(true);
        }),
      );
    }
});

test('the direction', () => {
  const of = (rankdir: 'TB' | 'LR' | 'BT' | 'RL'): ReturnType<typeof boxesOf> =>
    boxesOf(utils.modelToSvg(sequential(), { rankdir }));
  expect(of('LR')[1].x).toBeGreaterThan(of('LR')[0].x);
  expect(of('RL')[1].x).toBeLessThan(of('RL')[0].x);
  expect(of('BT')[1].y).toBeLessThan(of('BT')[0].y);
});

test('text is escaped', () => {
  const model = new tf.keras.Sequential([
    new layers.InputLayer({ shape: [2] }),
    new layers.Dense(1, { name: 'a<b>&"c"' }),
  ]);
  expect(utils.modelToSvg(model)).toContain('a&lt;b&gt;&amp;&quot;c&quot; (Dense)');
});

test('plotModel writes a file', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'plot-'));
  const toFile = path.join(folder, 'm.svg');
  utils.plotModel(sequential(), { toFile, showShapes: true });
  expect(fs.readFileSync(toFile, 'utf8')).toBe(utils.modelToSvg(sequential(), { showShapes: true }));
  expect(fs.readdirSync(folder)).toEqual(['m.svg']);
  fs.rmSync(folder, { recursive: true });
  expect(() => utils.plotModel(sequential(), { toFile: 'm.png' })).toThrow(
    'must be a name that ends in .svg',
  );
});

test('what cannot be drawn is refused', () => {
  expect(() => utils.modelToSvg(new tf.keras.Sequential([new layers.Dense(1)]))).toThrow(
    'has not yet been built',
  );
  expect(() => utils.modelToSvg(3 as never)).toThrow(TypeError);
  expect(() => utils.modelToSvg(sequential(), { rankdir: 'XY' as never })).toThrow("rankdir must be 'TB'");
  expect(() => utils.modelToSvg(sequential(), { showShapes: 1 as never })).toThrow(
    'showShapes must be true or false',
  );
});
