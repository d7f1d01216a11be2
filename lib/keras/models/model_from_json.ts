/** Models of their configs. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import { parseJson } from '../saving/keras_file';
import { deserializeKerasObject, type DeserializeOptions } from '../saving/serialization';
import { Model } from './model';

/** The model of `model.toJson()`, with new weights. @tf tf.keras.models.model_from_json */
export function modelFromJson(json: string, options?: DeserializeOptions): Model {
  if (typeof json !== 'string')
    throw new TypeError(`[modelFromJson] needs a JSON text; got ${describe(json)}`);
  const model = deserializeKerasObject(parseJson(json, '[modelFromJson] the text'), options);
  if (!(model instanceof Model))
    throw new InvalidArgumentError(`[modelFromJson] the config is that of ${describe(model)}, no model`);
  return model;
}
