/** A layer that applies an activation function. */
import type { Tensor } from '../../../core/tensor';
import {
  getActivation,
  type Activation as ActivationFunction,
  type ActivationLike,
} from '../../activations/get';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { LayerOptions } from '../options';
import { SameShapeLayer } from '../same_shape_layer';

export type ActivationLayerOptions = Omit<LayerOptions, 'activityRegularizer'>;

/** activation(x), elementwise or along the last axis, as the function says. No weights. @tf tf.keras.layers.Activation */
export class Activation extends SameShapeLayer {
  static override readonly positional = ['activation'];
  readonly activation: ActivationFunction;

  constructor(activation: ActivationLike | null, options: ActivationLayerOptions = {}) {
    super(namedOptions(options, 'Activation'));
    this.activation = getActivation(activation, 'Activation');
    this.supportsMasking = true;
    this.built = true;
  }

  call(x: Tensor): Tensor {
    return this.activation(x);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), activation: this.activation };
  }
}
