/** Softmax as a layer. */
import { InvalidArgumentError } from '../../../core/errors';
import { broadcastShapes, sameShape, showShape } from '../../../core/shape';
import { shapeOf, Tensor } from '../../../core/tensor';
import { subtract } from '../../../ops/math/binary';
import { greater } from '../../../ops/math/compare';
import { select } from '../../../ops/math/select';
import { exp } from '../../../ops/math/unary_math';
import { reduceLogsumexp } from '../../../ops/reduce/reduce';
import { softmax } from '../../activations/probabilities';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { listOfAxes, type LayerAxis } from '../axes';
import type { CallOptions } from '../options';
import { SameShapeLayer } from '../same_shape_layer';
import type { ActivationLayerOptions } from './activation';

export interface SoftmaxLayerOptions extends ActivationLayerOptions {
  /** The axis or axes along which the results sum to 1. Default: the last. */
  axis?: LayerAxis;
}

/**
 * eˣ / Σeˣ along an axis. With a mask, which broadcasts to the inputs, the results of entries that do not count are 0, also where
 * all entries along the axis are such. No weights. @tf tf.keras.layers.Softmax
 */
export class Softmax extends SameShapeLayer {
  readonly axis: LayerAxis;

  constructor(options: SoftmaxLayerOptions = {}) {
    const { axis = -1, ...others } = namedOptions(options, 'Softmax');
    super(others);
    const axes = listOfAxes(axis, 'axis', 'Softmax');
    if (axes.length === 0)
      throw new InvalidArgumentError('[Softmax] axis must name at least one axis; got []');
    this.axis = typeof axis === 'number' ? axis : axes;
    this.supportsMasking = true;
    this.usesMask = true;
    this.built = true;
  }

  call(x: Tensor, { mask = null }: CallOptions = {}): Tensor {
    if (mask === null) return this.along(x);
    const kept = maskFor(x, mask);
    const y = this.along(select(kept, x, x.dtype === 'float16' ? -3e4 : -1e9));
    return select(kept, y, 0);
  }

  private along(x: Tensor): Tensor {
    const { axis } = this;
    if (typeof axis === 'number') return softmax(x, axis);
    if (axis.length === 1) return softmax(x, axis[0]);
    return exp(subtract(x, reduceLogsumexp(x, { axis, keepdims: true })));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/** The mask as bool. It must broadcast to x. */
function maskFor(x: Tensor, mask: Tensor | readonly (Tensor | null)[]): Tensor {
  if (!(mask instanceof Tensor)) throw new TypeError('[Softmax] `mask` must be one tensor');
  const shape = broadcastShapes(shapeOf(mask), shapeOf(x));
  if (shape === null || !sameShape(shape, shapeOf(x)))
    throw new InvalidArgumentError(
      `[Softmax] The \`mask\` must be broadcastable to \`inputs\`. Received: inputs.shape=${showShape(shapeOf(x))}, ` +
        `mask.shape=${showShape(shapeOf(mask))}`,
    );
  return mask.dtype === 'bool' ? mask : greater(mask, 0.5);
}
