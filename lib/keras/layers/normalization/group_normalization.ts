/** Normalization of groups of channels of each example. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { reshape } from '../../../ops/array/views';
import { add, multiply, subtract } from '../../../ops/math/binary';
import { negative, rsqrt } from '../../../ops/math/unary';
import { moments } from '../../../ops/nn/normalization';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import { checkAxis, checkBounds } from '../axes';
import { ScaleAndCenter, type ScaleAndCenterOptions } from './scale_and_center';
import { weightFor, widened } from './wide';

export interface GroupNormalizationOptions extends ScaleAndCenterOptions {
  /** The number of groups, which divides that of the channels; -1: as many as channels. Default 32. */
  groups?: number;
  /** The axis of the channels. Default: the last. */
  axis?: number;
}

/**
 * (x − mean)/√(variance + epsilon)·gamma + beta, with mean and variance of each group of channels of each example. Weights: gamma
 * and beta, [channels]. Floats of 16 bits are computed as float32. @tf tf.keras.layers.GroupNormalization
 */
export class GroupNormalization extends ScaleAndCenter {
  /** That of the channels, once the layer is built, if -1 was given. */
  groups: number;
  readonly axis: number;

  constructor(options: GroupNormalizationOptions = {}) {
    const { groups = 32, axis = -1, ...others } = namedOptions(options, 'GroupNormalization');
    super(others, 'GroupNormalization');
    if (!Number.isSafeInteger(groups) || (groups <= 0 && groups !== -1))
      throw new InvalidArgumentError(
        '[GroupNormalization] Received an invalid value for argument `groups`, expected a positive integer (or `-1` for ' +
          `instance normalization). Received: groups=${describe(groups)}`,
      );
    this.groups = groups;
    this.axis = checkAxis(axis, 'GroupNormalization');
  }

  protected override get convertsFloats(): boolean {
    return false;
  }

  override build(inputShape: KerasShape): void {
    const { axis } = this;
    checkBounds([axis], inputShape, 'GroupNormalization');
    const channels = inputShape.at(axis) as number | null;
    if (channels === null)
      throw new InvalidArgumentError(
        `[GroupNormalization] Axis ${axis} of input tensor should have a defined dimension but the layer received an input ` +
          `with shape ${showKerasShape(inputShape)}.`,
      );
    if (this.groups === -1) this.groups = channels;
    const { groups } = this;
    if (channels < groups)
      throw new InvalidArgumentError(
        `[GroupNormalization] Number of groups (${groups}) cannot be more than the number of channels (${channels}).`,
      );
    if (channels % groups !== 0)
      throw new InvalidArgumentError(
        `[GroupNormalization] Number of groups (${groups}) must be a divisor of the number of channels (${channels}).`,
      );
    this.inputSpec = { ndim: inputShape.length, axes: { [axis]: channels } };
    this.addScaleAndCenter([channels]);
    this.built = true;
  }

  call(x: Tensor): Tensor {
    const { groups, axis, epsilon } = this;
    const { shape } = x;
    const at = axis < 0 ? axis + x.rank : axis;
    const inGroup = shape[at] / groups;
    const grouped = widened(reshape(x, [...shape.slice(0, at), groups, inGroup, ...shape.slice(at + 1)]));
    // All but the examples and the groups.
    const axes = Array.from({ length: x.rank }, (_, i) => i + 1).filter((i) => i !== at);
    const [mean, variance] = moments(grouped, axes, { keepdims: true });
    const weightShape = grouped.shape.map((n, i) => (i === at || i === at + 1 ? n : 1));
    const [gamma, beta] = [this.gamma, this.beta].map((weight) => {
      const value = weightFor(weight, grouped);
      return value === null ? null : reshape(value, weightShape);
    });
    const root = rsqrt(add(variance, epsilon));
    const factor = gamma === null ? root : multiply(root, gamma);
    const shift = multiply(mean, factor);
    const y = add(multiply(grouped, factor), beta === null ? negative(shift) : subtract(beta, shift));
    return cast(reshape(y, shape), this.computeDtype);
  }

  override getConfig(): Config {
    const { groups, axis } = this;
    return { ...super.getConfig(), groups, axis };
  }
}
