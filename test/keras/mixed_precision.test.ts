/** Mixed precision against Keras 3.15: dtypes, training with dynamic loss scaling, configs. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { deserialize, type Json } from '../../lib/keras/saving/serialize';

interface Encoded {
  shape: number[];
  dtype: tf.DType;
  values: (number | string)[];
}
interface Case {
  policy: string;
  optimizer: string;
  config: { class_name: string } & Record<string, Json>;
  x: Encoded;
  y: Encoded;
  weights: Encoded[];
  outputs: Encoded[];
  steps: {
    loss: number | string;
    weights: Encoded[];
    optimizer: [string, Encoded | number, tf.DType][] | null;
  }[];
}
const golden = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras/mixed_precision.json'), 'utf8'),
) as { cases: Case[] };

const decode = ({ shape, dtype, values }: Encoded): tf.Tensor =>
  tf.reshape(tf.cast(tf.constant(Float64Array.from(values.map(Number))), dtype), shape);

/** Roundings to 16 bits: the order of sums decides on each of them. */
const unit: Record<string, number> = { mixed_float16: 2 ** -10, mixed_bfloat16: 2 ** -7, float16: 2 ** -10 };

function expectClose(
  got: ArrayLike<number | bigint>,
  want: readonly unknown[],
  most: number,
  what: string,
): void {
  const scale = Math.max(...want.map((w) => Math.abs(Number(w))));
  const bad = want.flatMap((w, i) =>
    Object.is(Number(got[i]), Number(w)) ||
    Math.abs(Number(got[i]) - Number(w)) <= most * Math.max(scale, 1e-4)
      ? []
      : [[i, Number(got[i]), w]],
  );
  expect({ what, bad }).toEqual({ what, bad: [] });
}

function modelOf(c: Case): tf.keras.Sequential {
  const made = deserialize(c.config, { file: 'fixture', customObjects: {} }) as tf.keras.Sequential;
  if (!made.built) made.build([null, 4]);
  made.setWeights(c.weights.map(decode));
  made.compile({ optimizer: c.optimizer, loss: 'mse' });
  return made;
}

describe.each(golden.cases)('$policy $optimizer', (c) => {
  test('dtypes and outputs', () => {
    const model = modelOf(c);
    const [first] = model.layers;
    const x = decode(c.x).at(0);
    const outputs = [first(x), model(x)] as tf.Tensor[];
    outputs.forEach((t, i) => {
      expect(t.dtype).toBe(c.outputs[i].dtype);
      expectClose(t.data(), c.outputs[i].values, 4 * unit[c.policy], `output ${i}`);
    });
    expect(model.weights.map((w) => w.dtype)).toEqual(c.weights.map(({ dtype }) => dtype));
  });

  test('training', async () => {
    const model = modelOf(c);
    const [x, y] = [decode(c.x), decode(c.y)];
    for (let k = 0; k < c.steps.length; k++) {
      const { loss, weights, optimizer } = c.steps[k];
      const found = await model.trainOnBatch(x.at(k), y.at(k));
      const value = Array.isArray(found)
        ? found[0]
        : typeof found === 'object'
          ? (found as { loss: number }).loss
          : found;
      expectClose([Number(value)], [loss], 8 * unit[c.policy], `loss ${k}`);
      model.weights.forEach((w, i) =>
        expectClose(w.data(), weights[i].values, 16 * unit[c.policy], `step ${k} weight ${i}`),
      );
      if (optimizer === null) continue;
      const own = (model.optimizer as tf.keras.optimizers.Optimizer).variables;
      expect(own.map((v) => v.dtype)).toEqual(optimizer.map(([, , dtype]) => dtype));
      optimizer.forEach(([name, v], i) => {
        // Adam's moments are differences of gradients, which were rounded.
        if (/_(momentum|velocity)$/.test(name)) return;
        expectClose(own[i].data(), typeof v === 'object' ? v.values : [v], 2 ** -24, `step ${k} ${name}`);
      });
    }
    const isScaled = model.optimizer instanceof tf.keras.optimizers.LossScaleOptimizer;
    expect(isScaled).toBe(c.policy === 'mixed_float16');
  });
});

test('the global policy, and models that opt out of loss scaling', () => {
  const { config, layers, mixedPrecision, optimizers } = tf.keras;
  config.setDtypePolicy('mixed_float16');
  try {
    expect(config.dtypePolicy().name).toBe('mixed_float16');
    const layer = new layers.Dense(2);
    expect([layer.computeDtype, layer.variableDtype]).toEqual(['float16', 'float32']);
    expect(layer<tf.Tensor>(tf.ones([1, 3])).dtype).toBe('float16');
    const make = (): tf.keras.Sequential =>
      new tf.keras.Sequential([tf.keras.Input([3]), new layers.Dense(2)]);
    const scaled = make();
    scaled.compile({ optimizer: 'sgd', loss: 'mse' });
    expect(scaled.optimizer).toBeInstanceOf(optimizers.LossScaleOptimizer);
    const plain = make();
    plain.compile({ optimizer: 'sgd', loss: 'mse', autoScaleLoss: false });
    expect(plain.optimizer).toBeInstanceOf(optimizers.SGD);
  } finally {
    mixedPrecision.setGlobalPolicy('float32');
  }
  expect(mixedPrecision.globalPolicy().name).toBe('float32');
});

test('a model in mixed precision is saved with its optimizers, and goes on as it was', async () => {
  const c = golden.cases[1];
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mixed-'));
  try {
    const model = modelOf(c);
    const [x, y] = [decode(c.x), decode(c.y)];
    for (let k = 0; k < 3; k++) await model.trainOnBatch(x.at(k), y.at(k));
    const file = path.join(folder, 'model.keras');
    await model.save(file);
    const loaded = (await tf.keras.models.loadModel(file)) as tf.keras.Sequential;
    const [a, b] = [model, loaded].map((m) => m.optimizer as tf.keras.optimizers.Optimizer);
    expect(b).toBeInstanceOf(tf.keras.optimizers.LossScaleOptimizer);
    expect(b.variables.map((v) => v.array())).toEqual(a.variables.map((v) => v.array()));
    for (const m of [model, loaded]) await m.trainOnBatch(x.at(3), y.at(3));
    expect(loaded.getWeights().map((t) => t.array())).toEqual(model.getWeights().map((t) => t.array()));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
