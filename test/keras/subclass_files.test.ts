/** Models with a `call` of their own in files: made by their constructors, or by a `fromConfig` of their own. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

const { layers, models } = tf.keras;

class Net extends tf.keras.Model {
  out = new layers.Dense(1);
  override call(x: tf.Tensor): tf.Tensor {
    return this.out(x);
  }
}

class Wide extends tf.keras.Model {
  static override readonly positional = ['units'];
  hidden: tf.keras.layers.Dense;
  out = new layers.Dense(1);
  constructor(
    readonly units: number,
    options: tf.keras.models.ModelOptions = {},
  ) {
    super(options);
    this.hidden = new layers.Dense(units);
  }
  override call(x: tf.Tensor): tf.Tensor {
    return this.out(this.hidden(x));
  }
  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), units: this.units };
  }
}

class Pair extends tf.keras.Model {
  left = new layers.Dense(2);
  right = new layers.Dense(2);
  override call({ a, b }: { a: tf.Tensor; b: tf.Tensor }): tf.Tensor {
    return tf.add(this.left(a), this.right(b));
  }
}

test('inputs by name', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'subclass-'));
  try {
    const model = new Pair();
    const x = { a: tf.ones([2, 3]), b: tf.ones([2, 4]) };
    const expected = model(x).array();
    const file = path.join(folder, 'm.keras');
    await model.save(file);
    const loaded = await models.loadModel(file, { customObjects: { Pair } });
    expect(loaded(x).array()).toEqual(expected);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test.each([
  ['without arguments', () => new Net({ name: 'net' })],
  ['with an argument', () => new Wide(4, { name: 'wide' })],
])('%s', async (_, make) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'subclass-'));
  try {
    const model = make();
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.fit(tf.ones([4, 2]), tf.ones([4, 1]), { verbose: 0 });
    const file = path.join(folder, 'm.keras');
    await model.save(file);
    await expect(models.loadModel(file)).rejects.toThrow(/Could not locate class/);
    const loaded = await models.loadModel(file, { customObjects: { Net, Wide } });
    expect(loaded).toBeInstanceOf(model.constructor);
    expect(loaded.name).toBe(model.name);
    const x = tf.constant([[1, 2]]);
    expect(loaded(x).array()).toEqual(model(x).array());
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
