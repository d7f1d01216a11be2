/** What notebooks show of tensors, variables and charts. */
import * as tf from 'gradtape';
import * as plot from 'gradtape/plot';

const symbol = Symbol.for('Jupyter.display');
const bundleOf = (value: object): unknown => (value as Record<symbol, () => unknown>)[symbol]();
const html = (value: object): string => (bundleOf(value) as { 'text/html': string })['text/html'];

describe('tensors and variables', () => {
  test('a matrix is a table, with its text', () => {
    const t = tf.constant([
      [1, 2.5],
      [-3, 4],
    ]);
    expect(bundleOf(t)).toEqual({
      'text/plain': String(t),
      'text/html':
        '<table><caption>tf.Tensor, shape=(2, 2), dtype=float32</caption>' +
        '<thead><tr><th></th><th>0</th><th>1</th></tr></thead>' +
        '<tbody><tr><th>0</th><td>1.</td><td>2.5</td></tr><tr><th>1</th><td>-3.</td><td>4.</td></tr></tbody></table>',
    });
  });

  test('the ends of a large matrix', () => {
    const table = html(tf.reshape(tf.range(0, 2100, 1, { dtype: 'int32' }), [100, 21]));
    const rows = table.split('<tr>').slice(2);
    expect(rows).toHaveLength(21);
    expect(rows[0]).toContain('<td>9</td><td>…</td><td>11</td>');
    expect(rows[10]).toContain('<th>…</th>');
    expect(rows[20]).toContain('<th>99</th><td>2079</td>');
    expect(html(tf.ones([20, 20])).match(/<td>/g)).toHaveLength(400);
  });

  test('strings are escaped, empty matrices have no cells', () => {
    expect(html(tf.constant([['<b>&"']]))).toContain('<td>b&#x27;&lt;b&gt;&amp;&quot;&#x27;</td>');
    expect(html(tf.zeros([0, 2]))).not.toContain('<td>');
    expect(html(tf.zeros([2, 0]))).not.toContain('<td>');
  });

  test('other ranks, and tensors without elements to read, are text', () => {
    const disposed = tf.ones([300, 300]);
    disposed.dispose();
    for (const t of [tf.constant(1), tf.ones([3]), tf.ones([2, 2, 2]), disposed])
      expect(bundleOf(t)).toEqual({ 'text/plain': String(t) });
    const seen: unknown[] = [];
    tf.function((x: tf.Tensor) => (seen.push(bundleOf(x)), x))(tf.ones([2, 2]));
    expect(seen).toEqual([{ 'text/plain': 'tf.Tensor(<symbolic>, shape=(2, 2), dtype=float32)' }]);
  });

  test('a variable has its name', () => {
    const v = new tf.Variable([[true]], { name: 'mask' });
    expect(html(v)).toContain('<caption>tf.Variable &#x27;mask:0&#x27;, shape=(1, 1), dtype=bool</caption>');
    expect(html(v)).toContain('<td>True</td>');
  });
});

describe('show', () => {
  const globals = globalThis as { Deno?: unknown; __tslab__?: unknown };
  afterEach(() => {
    delete globals.Deno;
    delete globals.__tslab__;
  });

  test("Deno's kernel gets all contents", async () => {
    const messages: unknown[] = [];
    globals.Deno = { jupyter: { broadcast: (...args: unknown[]) => Promise.resolve(messages.push(args)) } };
    const t = tf.ones([1, 1]);
    await plot.show(t, tf.constant(2));
    expect(messages).toEqual([
      ['display_data', { data: bundleOf(t), metadata: {}, transient: {} }],
      ['display_data', { data: { 'text/plain': String(tf.constant(2)) }, metadata: {}, transient: {} }],
    ]);
  });

  test('tslab gets the richest', async () => {
    const shown: unknown[] = [];
    globals.__tslab__ = { require: () => ({ display: { raw: (...args: unknown[]) => shown.push(args) } }) };
    const t = tf.ones([1, 1]);
    await plot.show(t, tf.constant(2));
    expect(shown).toEqual([
      ['text/html', html(t)],
      ['text/plain', String(tf.constant(2))],
    ]);
  });

  test('elsewhere it prints', async () => {
    const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
    try {
      await plot.show(tf.constant(2));
      expect(write.mock.calls).toEqual([['tf.Tensor(2.0, shape=(), dtype=float32)\n']]);
    } finally {
      write.mockRestore();
    }
  });

  test('what cannot be displayed', async () => {
    for (const value of [1, null, undefined, {}, 'text'])
      await expect(plot.show(value)).rejects.toThrow(TypeError);
    await expect(plot.show({})).rejects.toThrow(/^show: expected charts, tensors or variables/);
  });
});

test('line and scatter take one list', () => {
  expect(plot.line([3, 1], { title: 'Loss', label: 'a' }).toText()).toBe(
    plot.chart({ title: 'Loss' }).line([3, 1], { label: 'a' }).toText(),
  );
  expect(plot.scatter([3, 1]).toText()).toBe(plot.chart().scatter([3, 1]).toText());
});

test('a logarithmic axis says so', () => {
  expect(plot.line([1, 100], { yScale: 'log', yTitle: 'Loss' }).toText()).toContain('Loss (log scale)');
  expect(plot.line([1, 100], { yScale: 'log' }).toText()).toContain('Log scale');
});
