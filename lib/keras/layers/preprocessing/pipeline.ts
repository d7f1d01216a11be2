/** Layers that are called one after the other, as one layer. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import { Layer } from '../layer';
import { masksOf } from '../inputs';
import type { CallOptions } from '../options';

export interface PipelineOptions {
  /** Default: 'pipeline', numbered. */
  name?: string | null;
}

/**
 * Calls layers one after the other, such as those that augment images; a layer, not a model. `training` is true unless a call says
 * otherwise. InvalidArgumentError if something else than a layer is among them, or there is none. @tf tf.keras.layers.Pipeline
 */
export class Pipeline extends Layer {
  static override readonly positional = ['layers'];
  readonly layers: readonly Layer[];

  constructor(layers: readonly Layer[], options: PipelineOptions = {}) {
    const { name = null, ...others } = namedOptions(options, 'Pipeline');
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw new TypeError(`[Pipeline] has no option '${unknown}'; it takes name`);
    if (!Array.isArray(layers) || layers.length === 0)
      throw new InvalidArgumentError(
        `[Pipeline] \`layers\` must be a list of layers, of at least one. Received: layers=${describe(layers)}`,
      );
    for (const layer of layers as readonly unknown[])
      if (!(layer instanceof Layer))
        throw new InvalidArgumentError(`[Pipeline] \`layers\` must be layers. Received: ${describe(layer)}`);
    super({ name });
    this.layers = [...(layers as readonly Layer[])];
    this.usesMask = true;
  }

  protected override get defaultTraining(): boolean {
    return true;
  }

  protected override get convertsFloats(): boolean {
    return false;
  }

  /** What each layer makes of the result of the one before. */
  private run(
    inputs: unknown,
    mask: unknown,
    step: (layer: Layer, x: unknown, options: object) => unknown,
  ): unknown {
    let current = mask;
    return this.layers.reduce<unknown>((x, layer) => {
      const y = step(layer, x, layer.usesMask ? { mask: current } : {});
      current = masksOf(y);
      return y;
    }, inputs);
  }

  call(inputs: unknown, { training = true, mask = null }: CallOptions = {}): unknown {
    return this.run(inputs, mask, (layer, x, options) => layer.invoke(x, { training, ...options }));
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape | readonly KerasShape[] {
    return this.layers.reduce<KerasShape | readonly KerasShape[]>(
      (shape, layer) => layer.computeOutputShape(shape as KerasShape),
      inputShape,
    );
  }

  override getConfig(): Config {
    return { name: this.name, layers: [...this.layers] };
  }
}
