/** Configs of layers. */
import { serializersOf } from '../saving/serialization';
import { Layer } from './layer';

/** The config of a layer, and the layer of a config. @tf tf.keras.layers.serialize @tf tf.keras.layers.deserialize */
export const { serialize, deserialize } = serializersOf<Layer>(
  'layers',
  (value) => value instanceof Layer,
  null,
);
