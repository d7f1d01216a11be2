/** The STFT initializer against Keras 3.15. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { deserialize, serialize, type Json } from '../../lib/keras/saving/serialize';

const golden = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras/initializers.json'), 'utf8'),
) as {
  cases: { config: { class_name: string } & Record<string, Json>; shape: number[]; values: number[] }[];
};

test.each(golden.cases.map((c, i) => [`${i}: ${JSON.stringify(c.config.config)}`, c] as const))(
  '%s',
  (_, { config, shape, values }) => {
    const initializer = deserialize(config, {
      file: 'fixture',
      customObjects: {},
    }) as tf.keras.initializers.Initializer;
    expect(serialize(initializer)).toEqual(config);
    const t = initializer(shape);
    expect([...t.shape, t.dtype]).toEqual([...shape, 'float32']);
    // Keras computes the angles in float32.
    const bad = [...(t.data() as Float32Array)].filter((v, i) => !(Math.abs(v - values[i]) <= 4e-6));
    expect(bad).toEqual([]);
  },
);

test('by name, and refusals', () => {
  const { STFT, get } = tf.keras.initializers;
  expect(get('stft')).toBeInstanceOf(STFT);
  expect(get('STFTInitializer')).toBeInstanceOf(STFT);
  expect(() => new STFT({ side: 'left' as never })).toThrow("side should be 'real' or 'imag'");
  expect(() => new STFT({ window: 'hannn' })).toThrow("Unknown window type 'hannn'");
  expect(() => new STFT({ scaling: 'x' as never })).toThrow('Scaling is invalid');
  expect(() => new STFT({ window: [1, 2] })([3, 1, 3])).toThrow(
    'The shape of `window` must be equal to [frame_length]',
  );
  expect(() => new STFT()([3, 3])).toThrow('the shape must be [frame length, 1, frequencies]');
});
