/** Layers of attention: models recorded from Keras (test/golden/keras/attention_models.py), masks, files, errors. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { maskOf } from '../../lib/keras/layers/call_context';
import { deserialize, serialize, type Json } from '../../lib/keras/saving/serialize';
import { flat, recordedTensor, type Recorded } from './recorded';

const { layers } = tf.keras;
interface Case {
  readonly config: Json;
  readonly weights: readonly Recorded[];
  readonly weightPaths: readonly string[];
  readonly inputs: readonly Recorded[];
  readonly outputs: readonly Recorded[];
}
const { cases } = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras/attention_models.json'), 'utf8'),
  (key, value: unknown) => (key === 'quantization_config' ? undefined : value),
) as { cases: Case[] };

const values = (t: unknown): number[] => [...((t as tf.Tensor).data() as Iterable<number>)].map(Number);

function expectClose(got: unknown, expected: Recorded): void {
  expect((got as tf.Tensor).shape).toEqual(expected.shape);
  values(got).forEach((value, i) => expect(Math.abs(value - Number(expected.values[i]))).toBeLessThan(2e-6));
}

test.each(cases.map((recorded, i) => [i, recorded] as const))('model %d', async (_, recorded) => {
  const model = deserialize(recorded.config, { file: 'fixture', customObjects: {} }) as tf.keras.Model;
  expect(model.weights.map((w) => w.path)).toEqual(recorded.weightPaths);
  model.setWeights(recorded.weights.map(recordedTensor));
  expect(serialize(model)).toEqual(recorded.config);
  const inputs = recorded.inputs.map(recordedTensor);
  const x = inputs.length > 1 ? inputs : inputs[0];
  const run = (m: tf.keras.Model): tf.Tensor[] => flat(m<unknown>(x)) as tf.Tensor[];
  for (const f of [run, tf.function(run)])
    recorded.outputs.forEach((expected, i) => expectClose(f(model)[i], expected));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-attention-'));
  try {
    const file = path.join(folder, 'm.keras');
    await model.save(file);
    const loaded = await tf.keras.models.loadModel(file);
    recorded.outputs.forEach((expected, i) => expectClose(run(loaded)[i], expected));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test('masks come with the inputs; MultiHeadAttention takes them off its operands, as Keras does', () => {
  const ids = tf.constant([[1, 2, 0]], { dtype: 'int32' });
  const embedding = new layers.Embedding(3, 4, { maskZero: true });
  const x = embedding<tf.Tensor>(ids);
  const y = new layers.GroupQueryAttention(2, 2, 1)<tf.Tensor>(x, x);
  expect(values(maskOf(y))).toEqual([1, 1, 0]);
  expect(maskOf(x)).not.toBeNull();
  const attention = new layers.MultiHeadAttention(2, 2);
  const z = attention<tf.Tensor>(x, x);
  expect(values(maskOf(z))).toEqual([1, 1, 0]);
  expect(maskOf(x)).toBeNull();
  const [, scores] = attention<tf.Tensor[]>(embedding(ids), x, { returnAttentionScores: true });
  expect(scores.shape).toEqual([1, 2, 3, 3]);
  // Values are not masked any more; queries that do not count attend to nothing.
  expect(values(tf.reduceSum(scores, { axis: -1 })).map(Math.round)).toEqual([1, 1, 0, 1, 1, 0]);
});

test('names, shapes and properties', () => {
  const [q, v] = [tf.keras.Input([3, 6]), tf.keras.Input([5, 6])];
  const layer = new layers.GroupQueryAttention(4, 4, 2);
  expect(layer.name).toMatch(/^grouped_query_attention(_\d+)?$/);
  const [y, scores] = layer<tf.keras.KerasTensor[]>(q, v, { returnAttentionScores: true });
  expect([y.shape, scores.shape]).toEqual([
    [null, 3, 6],
    [null, 4, 3, 5],
  ]);
  const multi = new layers.MultiHeadAttention(2, 4, { attentionAxes: [1, 2], outputShape: [2, 5] });
  const [a, b] = [tf.keras.Input([3, 2, 6]), tf.keras.Input([4, 5, 6])];
  const results = multi<tf.keras.KerasTensor[]>(a, b, { returnAttentionScores: true });
  expect(results.map(({ shape }) => shape)).toEqual([
    [null, 3, 2, 2, 5],
    [null, 2, 3, 2, 4, 5],
  ]);
  expect(multi.attentionAxes).toEqual([1, 2]);
  expect(multi.computeOutputShape([null, 3, 2, 6])).toEqual([null, 3, 2, 2, 5]);
  const list = new layers.Attention();
  expect(
    list.computeOutputShape([
      [null, 3, 6],
      [null, 5, 7],
    ] as never),
  ).toEqual([null, 3, 7]);
  // An initializer that is a function makes the weights of all projections.
  const ones = new layers.MultiHeadAttention(1, 2, {
    kernelInitializer: ((shape: number[]) => tf.ones(shape)) as never,
  });
  ones(tf.ones([1, 2, 2]), tf.ones([1, 2, 2]));
  expect(values(ones.weights[0].read())).toEqual([1, 1, 1, 1]);
});

test('errors name the layer and the argument', () => {
  const { InvalidArgumentError } = tf.errors;
  const x = tf.ones([2, 3, 4]);
  const Heads = layers.MultiHeadAttention;
  const Groups = layers.GroupQueryAttention;
  expect(() => new Heads(0, 2)).toThrow(InvalidArgumentError);
  expect(() => new Heads(2, 1.5)).toThrow('`keyDim`, expected a positive integer. Received: keyDim=1.5');
  expect(() => new Heads(2, 2, { valueDim: -1 })).toThrow('expected a positive integer or null');
  expect(() => new Heads(2, 2, { dropout: 2 })).toThrow('`dropout`. Expected a float value between 0 and 1');
  expect(() => new Heads(2, 2, { slidingWindow: 0 })).toThrow('`slidingWindow`');
  expect(() => new Heads(2, 2, { attentionAxes: 'x' as never })).toThrow(TypeError);
  expect(() => new Heads(2, 2, { flashAttention: true, dropout: 0.1 })).toThrow('Dropout is not supported');
  expect(() => new Heads(2, 2, { flashAttention: true })(x, x)).toThrow(
    'Flash attention is not supported on the CPU',
  );
  expect(() => new Heads(2, 2, { heads: 1 } as never)).toThrow(
    'Unrecognized keyword arguments passed to the layer: heads',
  );
  expect(() => new Heads(2, 2)(x)).toThrow('is called with queries and values, layer(query, value)');
  expect(() => new Heads(2, 2)(x, x, tf.ones([2, 2, 4]))).toThrow('All dimensions of `value` and `key`');
  expect(() => new Heads(2, 2, { attentionAxes: 2 })(x, x)).toThrow(
    'attentionAxes must be different dimensions',
  );
  expect(() => new Heads(2, 2)(x, x, { attentionMask: tf.ones([2, 3, 2]) })).toThrow(InvalidArgumentError);
  expect(() => new Groups(2, 3, 2)).toThrow('`numQueryHeads` must be divisible by `numKeyValueHeads`');
  expect(() => new Groups(2, 2, 2)(tf.ones([2, 4]), x)).toThrow(
    'query must have the shape [batch, positions, size]',
  );
  expect(() => new layers.Attention({ scoreMode: 'sum' as never })).toThrow(
    "Expected one of {'dot', 'concat'}",
  );
  expect(() => new layers.Attention()(x)).toThrow('must be called on a list of inputs');
  expect(() => new layers.Attention()([x])).toThrow('accepts inputs list of length 2 or 3');
  expect(() => new layers.Attention()([x, x], { mask: tf.ones([2, 3]) })).toThrow(
    'layer mask must be a list',
  );
});

test('ops.dotProductAttention', () => {
  const { dotProductAttention } = tf.keras.ops;
  const q = tf.random.normal([2, 3, 4, 5], { seed: 1 });
  const k = tf.random.normal([2, 6, 2, 5], { seed: 2 });
  const whole = dotProductAttention(q, tf.repeat(k, 2, 2), tf.repeat(k, 2, 2));
  expect(values(dotProductAttention(q, k, k))).toEqual(values(whole));
  const first = dotProductAttention(q, k, k, {
    mask: tf.constant([true, false, false, false, false, false]),
  });
  expect(values(first)).toEqual(
    values(tf.broadcastTo(tf.repeat(k.slice([0, 0, 0, 0], [2, 1, 2, 5]), 2, 2), q.shape)),
  );
  expect(() => dotProductAttention(tf.ones([2, 3]), k, k)).toThrow('only supports 4D inputs');
  expect(() => dotProductAttention(q, k, k, { attnLogitsSoftCap: 1 })).toThrow('attnLogitsSoftCap');
  const inputs = [tf.keras.Input([3, 4, 5]), tf.keras.Input([6, 2, 5])];
  const y = dotProductAttention(inputs[0], inputs[1], inputs[1], { isCausal: true });
  expect(y.shape).toEqual([null, 3, 4, 5]);
  const model = new tf.keras.Model(inputs, y);
  const loaded = deserialize(serialize(model), { file: 'fixture', customObjects: {} }) as tf.keras.Model;
  expect(values(loaded([q, k]))).toEqual(values(dotProductAttention(q, k, k, { isCausal: true })));
});
