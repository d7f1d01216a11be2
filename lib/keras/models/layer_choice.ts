/** A layer of a model, by name or index. */
import { InvalidArgumentError } from '../../core/errors';
import { isPlainObject } from '../../core/nest';
import { describe } from '../../core/shape';
import { namedOptions } from '../base/named_options';
import type { Layer } from '../layers/layer';

/** Which layer: by its name or its index, negative ones from the end; not both. */
export interface LayerChoice {
  name?: string | null;
  index?: number | null;
}

/** The layer of a list; `model` is the name of the model, for messages. */
export function layerOf(
  layers: readonly Layer[],
  which: string | number | LayerChoice,
  model: string,
): Layer {
  const { name = null, index = null }: LayerChoice = isPlainObject(which)
    ? namedOptions(which, 'getLayer')
    : typeof which === 'number'
      ? { index: which }
      : { name: which as string };
  if (name !== null && index !== null)
    throw new InvalidArgumentError(
      `[${model}] Provide only a layer name or a layer index. Received: index=${index}, name=${name}.`,
    );
  if (index !== null) {
    if (!Number.isInteger(index))
      throw new TypeError(`[${model}] getLayer: index must be an integer; got ${describe(index)}`);
    const found = layers.at(index);
    if (found === undefined)
      throw new InvalidArgumentError(
        `[${model}] Was asked to retrieve layer at index ${index} but model only has ${layers.length} layers.`,
      );
    return found;
  }
  if (name === null) throw new InvalidArgumentError(`[${model}] Provide either a layer name or layer index.`);
  const found = layers.find((layer) => layer.name === name);
  if (found === undefined)
    throw new InvalidArgumentError(
      `[${model}] No such layer: ${name}. Existing layers are: ${layers.map((layer) => layer.name).join(', ')}.`,
    );
  return found;
}
