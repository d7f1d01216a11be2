/** Layers that leave their inputs as they are, or but for a mask; and the base class of layers around another one. */
import type { TensorLike } from '../../../core/convert';
import { toTensor } from '../../../core/convert';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { squeeze } from '../../../ops/array/views';
import { notEqual as differs } from '../../../ops/math/compare';
import { select } from '../../../ops/math/select';
import { reduceAny } from '../../../ops/reduce/reduce';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import { notEqual } from '../../ops/arithmetic';
import { any } from '../../ops/reductions';
import { KerasTensor, replaceKerasTensors } from '../../symbolic/keras_tensor';
import { setMask } from '../call_context';
import { Layer } from '../layer';
import type { LayerOptions } from '../options';
import { withNameScope } from '../../base/naming';

export interface MaskingOptions extends LayerOptions {
  /** Default 0. */
  maskValue?: TensorLike;
}

/**
 * Masks the steps of sequences [batch, steps, features] whose features are all equal to `maskValue`, and sets them to 0.
 * @tf tf.keras.layers.Masking
 */
export class Masking extends Layer {
  readonly maskValue: TensorLike;

  constructor(options: MaskingOptions = {}) {
    const { maskValue = 0, ...others } = namedOptions(options, 'Masking');
    super(others);
    if (typeof maskValue !== 'number') toTensor(maskValue, null, 'Masking', 'maskValue');
    this.maskValue = maskValue;
    this.supportsMasking = true;
    this.built = true;
  }

  call(x: Tensor): Tensor {
    const kept = reduceAny(differs(x, this.maskValue), { axis: -1, keepdims: true });
    const outputs = select(kept, x, 0);
    setMask(outputs, squeeze(kept, -1));
    return outputs;
  }

  override computeMask(x: Tensor | KerasTensor, _previousMask: unknown): unknown {
    return any(notEqual(x, this.maskValue), { axis: -1 });
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    return inputShape;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), maskValue: this.maskValue };
  }
}

/** Its inputs as they are, of any structure. @tf tf.keras.layers.Identity */
export class Identity extends Layer {
  constructor(options: LayerOptions = {}) {
    super(namedOptions(options, 'Identity'));
    this.supportsMasking = true;
    this.built = true;
  }

  call(x: unknown): unknown {
    return x;
  }

  override computeOutputSpec(x: unknown): unknown {
    return replaceKerasTensors(x, ({ shape, dtype }) => new KerasTensor(shape, dtype));
  }
}

/** Base class of layers around another one, whose `call` says what becomes of it. @tf tf.keras.layers.Wrapper */
export abstract class Wrapper<L extends Layer = Layer> extends Layer {
  static override readonly positional: readonly string[] = ['layer'];
  readonly layer: L;

  /** @param layer The layer within. */
  constructor(layer: L, options: LayerOptions = {}) {
    super(namedOptions(options, 'Wrapper'));
    if (!(layer instanceof Layer))
      throw new TypeError(
        `[Wrapper] Layer ${describe(layer)} supplied to Wrapper isn't a supported layer type. Please ensure wrapped layer is ` +
          'a valid Keras layer.',
      );
    this.layer = layer;
  }

  override build(inputShape: KerasShape): void {
    if (!this.layer.built) {
      const { layer } = this;
      withNameScope(layer.name, () => layer.build(inputShape));
      layer.built = true;
    }
    this.built = true;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), layer: this.layer };
  }
}
