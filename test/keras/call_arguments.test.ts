/** What the calls in a functional model are given: `training`, named arguments, structures of tensors. */
import * as tf from 'gradtape';
import { deserialize, serialize, type Json } from '../../lib/keras/saving/serialize';

/** Adds 1 in training, and a multiple of another tensor. */
class Probe extends tf.keras.layers.Layer {
  call(x: tf.Tensor, options: { training?: boolean; otherInput?: tf.Tensor; bigFactor?: number }): tf.Tensor {
    const { training, otherInput, bigFactor = 1 } = options;
    const y = otherInput === undefined ? x : tf.add(x, tf.multiply(otherInput, bigFactor));
    return training === true ? tf.add(y, 1) : y;
  }
}
const customObjects = { Probe };
const reading = { file: 'test', customObjects };
const value = (model: tf.keras.Model, options: object): number =>
  model<tf.Tensor>([[0]], options)
    .at(0, 0)
    .item() as number;

test('`training` of a model goes before that of the calls in it, which holds where nobody says', () => {
  const x = tf.keras.Input([1]);
  for (const training of [true, false]) {
    const model = new tf.keras.Model(x, new Probe()(x, { training }));
    expect(value(model, { training: true })).toBe(1);
    expect(value(model, { training: false })).toBe(0);
    expect(model<tf.Tensor>([[0]]).array()).toEqual([[training ? 1 : 0]]);
  }
});

test('named arguments have their names of Python in files, the keys of structures their own', () => {
  class Pair extends tf.keras.layers.Layer {
    call(x: Record<string, tf.Tensor>): tf.Tensor {
      return tf.subtract(x.left_part, x.right_part);
    }
  }
  const [a, b] = [tf.keras.Input([1], { name: 'a' }), tf.keras.Input([1], { name: 'b' })];
  const probed = new Probe()(a, { otherInput: b, bigFactor: 3 });
  const model = new tf.keras.Model([a, b], new Pair()({ left_part: probed, right_part: b }));
  const json = serialize(model) as { config: { layers: { name: string; inbound_nodes: unknown[] }[] } };
  const calls = JSON.stringify(json.config.layers.map((layer) => layer.inbound_nodes));
  expect(calls).toContain('"other_input":{"class_name":"__keras_tensor__"');
  expect(calls).toContain('"big_factor":3');
  expect(calls).toContain('"left_part":{"class_name":"__keras_tensor__"');
  const again = deserialize(json as unknown as Json, {
    ...reading,
    customObjects: { Probe, Pair },
  }) as tf.keras.Model;
  for (const m of [model, again])
    expect(m<tf.Tensor>([tf.constant([[1]]), tf.constant([[10]])]).array()).toEqual([[21]]);
  expect(serialize(again)).toEqual(json);
});
