import { type Chart, chart, line, scatter, type VegaLiteSpec } from '../../lib/plot';

type Layer = {
  data: { values: { x: number | null; y: number | null }[] };
  mark: { [key: string]: unknown };
  encoding: { [channel: string]: { [key: string]: unknown } };
};
const layers = (c: Chart) => c.toVegaLite().layer as Layer[];
const span = (c: Chart, axis: 'x' | 'y') =>
  (layers(c)[0].encoding[axis].scale as { domain: number[] }).domain;

describe('coordinates', () => {
  const expected = [
    { x: 1, y: 4 },
    { x: 2, y: 5 },
    { x: 3, y: 6 },
  ];
  test.each<[string, Parameters<Chart['scatter']>[0]]>([
    ['an array', [1, 2, 3]],
    ['a Float32Array', Float32Array.of(1, 2, 3)],
    ['an Int32Array', Int32Array.of(1, 2, 3)],
    ['int64 data', BigInt64Array.of(1n, 2n, 3n)],
    ['an array-like', { length: 3, 0: 1, 1: 2, 2: 3 }],
    ['a tensor', { data: () => Float32Array.of(1, 2, 3) }],
  ])('may be %s', (_, x) => {
    expect(layers(chart().scatter(x, [4, 5, 6]))[0].data.values).toEqual(expected);
    expect(layers(chart().line(x, Float64Array.of(4, 5, 6)))[0].data.values).toEqual(expected);
  });

  test('are copied', () => {
    const x = [1, 2, 3];
    const c = scatter(x, [4, 5, 6]);
    x[0] = 99;
    expect(layers(c)[0].data.values).toEqual(expected);
  });

  test('count 0, 1, 2 when only y is given', () => {
    const values = [
      { x: 0, y: 7 },
      { x: 1, y: 8 },
    ];
    expect(layers(chart().line([7, 8]))[0].data.values).toEqual(values);
    expect(layers(chart().scatter([7, 8], { size: 3 }))[0].data.values).toEqual(values);
  });

  test('that are NaN or infinite are skipped by points and make a gap in lines', () => {
    const y = [1, NaN, 3, Infinity, -1e301, 6];
    expect(layers(chart().scatter(y))[0].data.values).toEqual([
      { x: 0, y: 1 },
      { x: 2, y: 3 },
      { x: 5, y: 6 },
    ]);
    expect(layers(chart().line(y))[0].data.values.map((v) => v.y)).toEqual([1, null, 3, null, null, 6]);
  });

  test('that are not positive are skipped on a logarithmic axis', () => {
    const c = chart({ yScale: 'log' }).scatter([0, -1, 10, 1000]);
    expect(layers(c)[0].data.values.map((v) => v.y)).toEqual([10, 1000]);
    expect(span(c, 'y')[0]).toBeCloseTo(10 / 100 ** 0.05, 10);
    expect(span(c, 'y')[1]).toBeCloseTo(1000 * 100 ** 0.05, 8);
  });
});

describe('axes', () => {
  test('span all points and rules with a margin of 5 %', () => {
    const c = chart().scatter([0, 10], [5, 7]).line([2, 20], [6, 6]).rule({ y: 25 });
    expect(span(c, 'x')).toEqual([-1, 21]);
    expect(span(c, 'y')).toEqual([4, 26]);
  });

  test.each([
    ['a single point', chart().scatter([3], [0]), [2.7, 3.3], [-1, 1]],
    ['no drawable point', chart().line([NaN], [NaN]), [0, 1], [0, 1]],
    ['a rule alone', chart().rule({ y: -10 }), [0, 1], [-11, -9]],
    [
      'no point on logarithmic axes',
      chart({ xScale: 'log', yScale: 'log' }).scatter([0], [0]),
      [1, 10],
      [1, 10],
    ],
  ])('have a width with %s', (_, c, x, y) => {
    const scale = (c.toVegaLite().layer as Layer[])[0].encoding;
    const spans = { x: scale.x ? span(c, 'x') : x, y: span(c, 'y') };
    expect(spans.x.map((v) => +v.toFixed(9))).toEqual(x);
    expect(spans.y.map((v) => +v.toFixed(9))).toEqual(y);
    expect(c.toText()).not.toMatch(/NaN|Infinity/);
  });

  test('take the range asked for and cut off the rest', () => {
    const c = chart({ xRange: [2, 4], yRange: [-1, 1] }).line([0, 10], [0, 10]);
    expect([span(c, 'x'), span(c, 'y')]).toEqual([
      [2, 4],
      [-1, 1],
    ]);
    expect(layers(c)[0].mark.clip).toBe(true);
    expect(layers(chart().line([1, 2]))[0].mark.clip).toBe(false);
  });
});

describe('the Vega-Lite specification', () => {
  const c = chart({ title: 'T\nwo', xTitle: 'Epoch', yTitle: 'Value', width: 500, height: 300 })
    .line([0, 1], [5, 4], { label: 'W', color: 'RED', lineWidth: 3 })
    .scatter([0, 1], [5, 4], { color: 'rgb(0 0 255 / 50%)', opacity: 0.5, size: 6 })
    .rule({ y: 3, label: 'True', dashed: true });
  const spec = c.toVegaLite();

  test('is JSON', () => {
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
    expect(spec).toMatchObject({ width: 500, height: 300, title: { text: ['T', 'wo'] } });
  });

  test('has one layer for each mark, with its style', () => {
    const [w, points, rule] = layers(c);
    expect(w.mark).toMatchObject({ type: 'line', color: 'red', strokeWidth: 3, opacity: 1 });
    expect(w.mark).not.toHaveProperty('strokeDash');
    expect(w.encoding.x).toMatchObject({ field: 'x', axis: { title: 'Epoch' } });
    expect(points.mark).toMatchObject({ type: 'circle', color: '#0000ff', opacity: 0.25, size: 36 });
    expect(rule.mark).toMatchObject({ type: 'rule', strokeDash: [7, 4] });
    expect(rule.encoding.y).toMatchObject({ datum: 3, axis: { title: 'Value' } });
    expect(rule.encoding).not.toHaveProperty('x');
  });

  test('names labelled marks only in the legend, with colours that differ', () => {
    const [w, points, rule] = layers(c);
    expect(points.encoding).not.toHaveProperty('color');
    const scale = { domain: ['W', 'True'], range: ['red', '#2ca02c'] };
    expect(w.encoding.color).toMatchObject({ datum: 'W', scale });
    expect(rule.encoding.color).toMatchObject({ datum: 'True', scale, legend: { orient: 'right' } });
  });

  test.each([
    [undefined, 'right'],
    [true, 'right'],
    ['bottom-left', 'bottom-left'],
  ] as const)('puts the legend where %s says', (legend, orient) => {
    const [layer] = layers(chart({ legend }).line([1, 2], { label: 'a' }));
    expect(layer.encoding.color.legend).toMatchObject({ orient });
  });

  test('leaves the legend out when asked', () => {
    expect(layers(chart({ legend: false }).line([1, 2], { label: 'a' }))[0].encoding.color.legend).toBeNull();
  });

  test('of the one-call forms is that of the long ones', () => {
    const long = chart({ title: 'T', xTitle: 'x' });
    const same = (a: Chart, b: Chart) => expect(a.toVegaLite()).toEqual<VegaLiteSpec>(b.toVegaLite());
    same(scatter([1], [2], { title: 'T', xTitle: 'x', size: 9 }), long.scatter([1], [2], { size: 9 }));
    same(
      line([1], [2], { title: 'T', lineWidth: 5, dashed: true }),
      chart({ title: 'T' }).line([1], [2], { lineWidth: 5, dashed: true }),
    );
  });

  test('spells every kind of colour as SVG does', () => {
    const color = (text: string) => layers(chart().line([1], { color: text }))[0].mark;
    expect(color(' SteelBlue ')).toMatchObject({ color: 'steelblue', opacity: 1 });
    expect(color('#0f8')).toMatchObject({ color: '#00ff88', opacity: 1 });
    expect(color('#00ff8880').opacity).toBeCloseTo(128 / 255);
    expect(color('rgb(10%, 300, -5)')).toMatchObject({ color: '#1aff00' });
    expect(color('hsl(120deg 50% 25% / 0.5)')).toMatchObject({ color: '#206020', opacity: 0.5 });
    expect(color('hsla(-0.5turn, 100%, 50%, .25)')).toMatchObject({ color: '#00ffff', opacity: 0.25 });
    expect(color('hwb(120 20% 30%)')).toMatchObject({ color: '#33b333' });
    expect(color('transparent')).toMatchObject({ opacity: 0 });
  });
});

describe('as text', () => {
  const fit = chart({ title: 'Fit', xTitle: 'x', yTitle: 'y' })
    .scatter([0, 1, 2, 3, 4], [0, 1, 2, 3, 4], { label: 'Data' })
    .line([0, 4], [4, 0], { label: 'Line' })
    .rule({ y: 2, label: 'Two', dashed: true });

  test('shows title, axes, marks and legend', () => {
    expect(fit.toText({ width: 40, height: 14 })).toBe(
      [
        '                  Fit',
        'y',
        '4 ┤ ooo                               ⠂',
        '  │    ooooo',
        '  │         ooooo            ⠈',
        '2 ┤-------------------------------------',
        '  │                   oooo',
        '  │          ⡀            ooooo',
        '  │                            ooooo',
        '0 ┤ ⠠                               ooo',
        '  └─┬────────────────┬────────────────┬─',
        '    0                2                4',
        '                   x',
        '  ⣿ Data  ooo Line  --- Two',
      ].join('\n'),
    );
  });

  test('keeps to ASCII when asked', () => {
    const text = fit.toText({ width: 30, height: 12, ascii: true });
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    expect(text.split('\n').at(-1)).toBe('  o Data  *** Line  --- Two');
  });

  test('fits the size asked for', () => {
    for (const [width, height] of [
      [24, 8],
      [61, 17],
      [200, 50],
    ]) {
      const text = fit.toText({ width, height }).split('\n');
      expect(Math.max(...text.map((s) => s.length))).toBeLessThanOrEqual(width);
      if (height > 8) expect(text.length).toBe(height);
    }
    const label = 'a label that is much too long for a narrow terminal 測試測試測試測試';
    const wide = chart({ title: label, legend: 'top' }).line([1, 2], { label }).line([2, 1], { label: 'b' });
    expect(
      Math.max(
        ...wide
          .toText({ width: 30 })
          .split('\n')
          .map((s) => s.length),
      ),
    ).toBeLessThanOrEqual(30);
  });

  test('has colours when asked, each run of characters in one sequence', () => {
    const text = chart().rule({ y: 1, color: 'blue' }).toText({ color: true, width: 24, height: 8 });
    expect(text).toMatch(/┤\u001b\[38;2;0;0;255mo{19}\u001b\[39m\n/);
    expect(fit.toText()).not.toContain('\u001b');
  });

  test('breaks lines at gaps and cuts them off at the edges', () => {
    const row = (c: Chart) =>
      c
        .toText({ width: 24, height: 8, ascii: true })
        .split('\n')
        .find((s) => s.includes('o'))!
        .split(/[|+]/)[1];
    const gap = chart({ yRange: [0, 1], xRange: [0, 8] }).line([0, 1, 2, 3, 8], [0.6, 0.6, NaN, 0.6, 0.6]);
    expect(row(gap)).toMatch(/^o{3} +o{11,}$/);
    const through = chart({ yRange: [0, 1], xRange: [0, 1] }).line([-1e9, 1e9], [0.6, 0.6]);
    expect(row(through)).toMatch(/^o{19}$/);
    const outside = chart({ yRange: [0, 1], xRange: [0, 1] })
      .line([-5, 5], [2, 3])
      .scatter([9], [9]);
    expect(outside.toText({ ascii: true })).not.toContain('o');
  });

  test('writes ticks at powers of ten on a logarithmic axis and exponents for extreme numbers', () => {
    const log = chart({ yScale: 'log' }).line([1e-4, 1e3]).toText();
    expect(log).toMatch(/^ *100 ┤/m);
    expect(log).toMatch(/^ *1e-4 ┤/m);
    const huge = chart().line([0, 4e30]).toText();
    expect(huge).toMatch(/^ *4e30 ┤/m);
    expect(huge).toMatch(/^ *0 ┤/m);
  });

  test('obeys no control characters in labels', () => {
    expect(chart({ title: 'a\u001b[31mb' }).line([1], { label: 'c\u0007\nd' }).toText()).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f]/,
    );
  });
});

describe('bad input', () => {
  const bad = (f: (c: Chart) => unknown) => {
    const c = chart().line([1, 2], { label: 'taken' });
    const before = c.toVegaLite();
    let error: unknown;
    try {
      f(c);
    } catch (e) {
      error = e;
    }
    expect(c.toVegaLite()).toEqual(before);
    return `${(error as Error)?.name}: ${(error as Error)?.message}`;
  };
  const any = (v: unknown) => v as never;

  test.each<[string, (c: Chart) => unknown]>([
    [
      'RangeError: scatter: x and y must have the same length, got 2 and 1 numbers',
      (c) => c.scatter([1, 2], [1]),
    ],
    ['RangeError: line: y is empty; give at least one number', (c) => c.line([])],
    ['RangeError: line: x is empty; give at least one number', (c) => c.line(new Float32Array(0), [])],
    [
      'TypeError: line: y must be an array of numbers, a typed array or a tensor, got the number 3',
      (c) => c.line([1], any(3)),
    ],
    [
      "TypeError: scatter: x must be an array of numbers, a typed array or a tensor, got the string 'abc'",
      (c) => c.scatter(any('abc'), [1, 2, 3]),
    ],
    [
      'TypeError: line: y must be an array of numbers, a typed array or a tensor, got null',
      (c) => c.line([1, 2], any(null)),
    ],
    [
      'TypeError: scatter: y must be an array of numbers, a typed array or a tensor, got undefined',
      (c) => c.scatter([1, 2], any(undefined)),
    ],
    [
      'TypeError: line: y must be an array of numbers, a typed array or a tensor, got undefined',
      (c) => (c as never as { line(): void }).line(),
    ],
    ['TypeError: line: x[1] must be a number, got undefined', (c) => c.line(any([1, , 3]), [1, 2, 3])],
    [
      'TypeError: line: x[0] must be a number, got an array of 2; flatten it',
      (c) => c.line(any([[1, 2]]), [1]),
    ],
    ["TypeError: line: y[1] must be a number, got the string '2'", (c) => c.line(any([1, '2']))],
    ['TypeError: line: y[0] must be a number, got true', (c) => c.line(any([true]))],
    ['TypeError: line: y must be an array of numbers; its length is -1', (c) => c.line({ length: -1 })],
    [
      'TypeError: line: y.data() returned a Promise; await it and pass the numbers',
      (c) => c.line({ data: () => any(Promise.resolve([1])) }),
    ],
    [
      "TypeError: line: there is no option 'colour'; the options are label, color, opacity, dashed, lineWidth",
      (c) => c.line([1], any({ colour: 'red' })),
    ],
    [
      "TypeError: line: options must be an object like { label: … }, got the string 'r'",
      (c) => c.line([1], [1], any('r')),
    ],
    [
      "RangeError: line: color must be a CSS colour: a name such as 'steelblue', #rgb, #rrggbb, rgb(), hsl() or hwb(), got 'blurple'",
      (c) => c.line([1], { color: 'blurple' }),
    ],
    ['TypeError: line: color must be a string, got the number 7', (c) => c.line([1], { color: any(7) })],
    [
      "RangeError: rule: label 'taken' is taken; the labels of a chart must differ",
      (c) => c.rule({ y: 1, label: 'taken' }),
    ],
    ['TypeError: line: label must be a string, got the number 5', (c) => c.line([1], { label: any(5) })],
    [
      'RangeError: scatter: size must be a number from 0.1 to 200, got NaN',
      (c) => c.scatter([1], { size: NaN }),
    ],
    ['RangeError: line: opacity must be a number from 0 to 1, got 2', (c) => c.line([1], { opacity: 2 })],
    [
      'TypeError: line: dashed must be true or false, got the number 1',
      (c) => c.line([1], { dashed: any(1) }),
    ],
    ['RangeError: rule: y must be a number from -1e+300 to 1e+300, got NaN', (c) => c.rule({ y: NaN })],
    ['TypeError: rule: give exactly one of x (a vertical rule) and y (a horizontal one)', (c) => c.rule({})],
    [
      'TypeError: rule: give exactly one of x (a vertical rule) and y (a horizontal one)',
      (c) => c.rule({ x: 1, y: 1 }),
    ],
    ['RangeError: toText: width must be a whole number, got 30.5', (c) => c.toText({ width: 30.5 })],
    ['RangeError: toText: height must be a number from 8 to 1000, got 3', (c) => c.toText({ height: 3 })],
    ['RangeError: chart: width must be a number from 200 to 8192, got 0', () => chart({ width: 0 })],
    [
      'RangeError: chart: xRange must be [low, high] with low < high, got [2, 2]',
      () => chart({ xRange: [2, 2] }),
    ],
    [
      'RangeError: chart: xRange[1] must be a number from -1e+300 to 1e+300, got Infinity',
      () => chart({ xRange: [2, Infinity] }),
    ],
    ['TypeError: chart: yRange must be [low, high], got an array of 1', () => chart({ yRange: any([1]) })],
    [
      'RangeError: chart: yRange must be positive on a logarithmic axis, got [0, 1]',
      () => chart({ yScale: 'log', yRange: [0, 1] }),
    ],
    [
      "RangeError: chart: yScale must be one of 'linear', 'log', got 'sqrt'",
      () => chart({ yScale: any('sqrt') }),
    ],
    [
      "RangeError: chart: legend must be one of 'right', 'left', 'top', 'bottom', 'top-left', 'top-right', 'bottom-left', 'bottom-right', got 'middle'",
      () => chart({ legend: any('middle') }),
    ],
    ['TypeError: chart: title must be a string, got the number 1', () => chart({ title: any(1) })],
    ['TypeError: chart: options must be an object like { title: … }, got null', () => chart(any(null))],
    ['RangeError: chart: there is nothing to draw; call scatter, line or rule first', () => chart().toText()],
    [
      'RangeError: chart: there is nothing to draw; call scatter, line or rule first',
      () => chart().toVegaLite(),
    ],
  ])('%s', (message, f) => {
    expect(bad(f)).toBe(message);
  });
});
