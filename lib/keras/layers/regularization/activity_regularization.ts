/** A layer that adds a penalty on its inputs to the losses. */
import type { Tensor } from '../../../core/tensor';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { L1L2 } from '../../regularizers/regularizers';
import type { LayerOptions } from '../options';
import { SameShapeLayer } from '../same_shape_layer';

export interface ActivityRegularizationOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** The factor of Σ|x|. Default 0. */
  l1?: number;
  /** The factor of Σx². Default 0. */
  l2?: number;
}

/**
 * Passes its inputs on, and adds (l1·Σ|x| + l2·Σx²) / batch size to the losses. @tf tf.keras.layers.ActivityRegularization
 */
export class ActivityRegularization extends SameShapeLayer {
  readonly l1: number;
  readonly l2: number;

  constructor(options: ActivityRegularizationOptions = {}) {
    const { l1 = 0, l2 = 0, ...others } = namedOptions(options, 'ActivityRegularization');
    const regularizer = new L1L2({ l1, l2 });
    super({ ...others, activityRegularizer: regularizer as unknown as (x: Tensor) => Tensor });
    this.l1 = l1;
    this.l2 = l2;
    this.supportsMasking = true;
    this.built = true;
  }

  call(x: Tensor): Tensor {
    return x;
  }

  override getConfig(): Config {
    const { l1, l2 } = this;
    return { ...super.getConfig(), l1, l2 };
  }
}
