/** Layers that learn from data, as Keras's do: vocabularies, means, boundaries; a model of text that Keras saved. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { deserialize, serialize, type Json } from '../../lib/keras/saving/serialize';

interface Recorded {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: readonly (number | string)[];
}
interface Case {
  readonly config: { readonly class_name: string } & Record<string, Json>;
  readonly configAfter: Json;
  readonly data: Recorded | Recorded[] | string[] | number[];
  readonly batches: boolean;
  readonly inputs: unknown;
  readonly outputs: Recorded;
  readonly vocabulary?: (string | number)[];
  readonly boundaries?: Recorded;
  readonly weights?: Recorded[];
}

const folder = path.join(__dirname, '../golden/fixtures/keras');
const { cases } = JSON.parse(fs.readFileSync(path.join(folder, 'adapted.json'), 'utf8')) as {
  cases: (Case & { model?: string })[];
};
const isRecorded = (value: unknown): value is Recorded =>
  typeof value === 'object' && value !== null && 'dtype' in value;
const tensor = ({ shape, dtype, values }: Recorded): tf.Tensor =>
  dtype === 'string'
    ? (tf.constant(values as string[], { shape }) as never)
    : tf.reshape(tf.cast(tf.constant(Float64Array.from(values, Number)), dtype as tf.DType), shape);
const decoded = (value: unknown): unknown => {
  if (isRecorded(value)) return tensor(value);
  return Array.isArray(value) && value.some((part) => isRecorded(part)) ? value.map(decoded) : value;
};

function expectClose(got: tf.Tensor, { shape, dtype, values }: Recorded, within = 1e-5): void {
  expect({ shape: [...got.shape], dtype: got.dtype }).toEqual({ shape, dtype });
  Array.from(got.data() as ArrayLike<number | bigint>, Number).forEach((v, i) => {
    const wanted = Number(values[i]);
    expect(Math.abs(v - wanted)).toBeLessThanOrEqual(within * Math.max(1, Math.abs(wanted)));
  });
}

type Adaptable = tf.keras.layers.Layer & {
  adapt(data: unknown): void;
  getVocabulary?(): unknown[];
  binBoundaries?: readonly number[] | null;
};
const layers = cases.filter((recorded) => recorded.model === undefined);

test.each(layers.map((recorded, i) => [`${i}: ${recorded.config.class_name}`, recorded] as const))(
  'adapt %s',
  (_, recorded) => {
    const layer = deserialize(recorded.config, { file: 'fixture', customObjects: {} }) as Adaptable;
    const data = decoded(recorded.data);
    layer.adapt(recorded.batches ? (data as unknown[]).values() : data);
    if (recorded.vocabulary !== undefined) expect(layer.getVocabulary?.()).toEqual(recorded.vocabulary);
    if (recorded.boundaries !== undefined)
      expectClose(tf.constant(layer.binBoundaries as number[]), recorded.boundaries, 1e-6);
    recorded.weights?.forEach((w, i) => expectClose(layer.weights[i].read(), w, 1e-6));
    expectClose(layer(decoded(recorded.inputs) as tf.Tensor), recorded.outputs);
    const { config } = serialize(layer) as { config: Record<string, Json> };
    const after = recorded.configAfter as Record<string, Json>;
    // Boundaries are compared above: they are float32 numbers with a few units of rounding.
    expect({ ...config, bin_boundaries: null }).toEqual({ ...after, bin_boundaries: null });
  },
);

test('a model of text, numbers and learned vocabularies that Keras saved', async () => {
  const [recorded] = cases.filter(({ model }) => model !== undefined);
  const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const model = await tf.keras.models.loadModel(path.join(folder, recorded.model as string));
  const inputs = (recorded.inputs as Recorded[]).map(tensor);
  expectClose(model(inputs), recorded.outputs);
  expectClose(await model.predict(inputs), recorded.outputs);
  expect(warnings).not.toHaveBeenCalled();
  warnings.mockRestore();
  const vocabularies = model.layers.flatMap((layer) =>
    'getVocabulary' in layer ? [(layer as tf.keras.layers.StringLookup).getVocabulary()] : [],
  );
  expect(vocabularies).toContainEqual(['', '[UNK]', 'b', 'zz', 'é', 'c', 'a']);
});
