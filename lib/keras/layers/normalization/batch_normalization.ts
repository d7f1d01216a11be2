/** Normalization of channels by the statistics of a batch, or by their moving averages. */
import { InvalidArgumentError } from '../../../core/errors';
import { showShape } from '../../../core/shape';
import { shapeOf, Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { ones, zeros } from '../../../ops/array/creation';
import { transpose } from '../../../ops/array/movement';
import { reshape } from '../../../ops/array/views';
import { multiply } from '../../../ops/math/binary';
import { batchNormalization, batchNormTraining } from '../../../ops/nn/batch_norm';
import { exchangeLast } from '../../../ops/nn/softmax';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { get as getInitializer, type InitializerLike } from '../../initializers/get';
import type { Initializer } from '../../initializers/initializer';
import { checkAxis, checkBounds, requireSizes } from '../axes';
import type { CallOptions } from '../options';
import { BatchRenorm, checkClipping, type RenormClipping } from './batch_renorm';
import { batchMoments } from './masked_moments';
import { moveTowards } from './moving_average';
import { checkBoolean, checkNumber, ScaleAndCenter, type ScaleAndCenterOptions } from './scale_and_center';
import { weightFor, widened } from './wide';

export interface BatchNormalizationOptions extends ScaleAndCenterOptions {
  /** The axis of the channels. Default: the last. */
  axis?: number;
  /** The weight of the previous value in the moving averages. Default 0.99. */
  momentum?: number;
  /** Default 'zeros'. */
  movingMeanInitializer?: InitializerLike;
  /** Default 'ones'. */
  movingVarianceInitializer?: InitializerLike;
  /** Batch renormalization: training corrects towards moving averages of its own. Default false. */
  renorm?: boolean;
  /** The bounds of renormalization's corrections. */
  renormClipping?: RenormClipping | null;
  /** The weight of the previous value in renormalization's averages. Default 0.99. */
  renormMomentum?: number;
  /** Has no effect: there is one device. Default false. */
  synchronized?: boolean;
}

/**
 * (x − mean)/√(variance + epsilon)·gamma + beta for each channel. In training, mean and variance are those of the batch (where the
 * mask is true), and moving averages of both are updated; otherwise, and where the layer is frozen, the averages are used. Weights:
 * gamma, beta, and not trained movingMean, movingVariance, all [channels]. @tf tf.keras.layers.BatchNormalization
 */
export class BatchNormalization extends ScaleAndCenter {
  readonly axis: number;
  readonly momentum: number;
  readonly movingMeanInitializer: Initializer;
  readonly movingVarianceInitializer: Initializer;
  readonly renorm: boolean;
  readonly renormClipping: RenormClipping | null;
  readonly renormMomentum: number;
  readonly synchronized: boolean;
  movingMean: Weight | null = null;
  movingVariance: Weight | null = null;
  private renormalization: BatchRenorm | null = null;

  constructor(options: BatchNormalizationOptions = {}) {
    const {
      axis = -1,
      momentum = 0.99,
      movingMeanInitializer = 'zeros',
      movingVarianceInitializer = 'ones',
      renorm = false,
      renormClipping = null,
      renormMomentum = 0.99,
      synchronized = false,
      ...others
    } = namedOptions(options, 'BatchNormalization');
    super(others, 'BatchNormalization');
    this.axis = checkAxis(axis, 'BatchNormalization');
    this.momentum = checkNumber(momentum, 'momentum', 'BatchNormalization');
    this.movingMeanInitializer = getInitializer(movingMeanInitializer, 'BatchNormalization');
    this.movingVarianceInitializer = getInitializer(movingVarianceInitializer, 'BatchNormalization');
    this.renorm = checkBoolean(renorm, 'renorm', 'BatchNormalization');
    this.renormClipping = this.renorm ? checkClipping(renormClipping) : renormClipping;
    this.renormMomentum = checkNumber(renormMomentum, 'renormMomentum', 'BatchNormalization');
    this.synchronized = checkBoolean(synchronized, 'synchronized', 'BatchNormalization');
    this.usesMask = true;
  }

  override build(inputShape: KerasShape): void {
    const { axis } = this;
    checkBounds([axis], inputShape, 'BatchNormalization');
    const shape = requireSizes([inputShape.at(axis) as number | null], inputShape, 'BatchNormalization');
    this.addScaleAndCenter(shape);
    const average = (name: string, initializer: InitializerLike): Weight =>
      this.addWeight({ name, shape, initializer, trainable: false, autocast: false });
    this.movingMean = average('moving_mean', this.movingMeanInitializer);
    this.movingVariance = average('moving_variance', this.movingVarianceInitializer);
    if (this.renorm) this.renormalization = new BatchRenorm(this, average);
    this.inputSpec = { ndim: inputShape.length, axes: { [axis]: shape[0] } };
    this.built = true;
  }

  call(inputs: Tensor, { training = false, mask = null }: CallOptions = {}): Tensor {
    if (mask !== null) checkMask(mask, inputs);
    const x = widened(inputs);
    const gamma = weightFor(this.gamma, x);
    const beta = weightFor(this.beta, x);
    const y =
      training && this.trainable
        ? this.train(x, gamma, beta, mask as Tensor | null)
        : this.normalize(
            x,
            weightFor(this.movingMean, x) as Tensor,
            weightFor(this.movingVariance, x) as Tensor,
            gamma,
            beta,
          );
    return cast(y, this.computeDtype);
  }

  private train(x: Tensor, gamma: Tensor | null, beta: Tensor | null, mask: Tensor | null): Tensor {
    if (mask === null && this.renormalization === null) return this.trainFused(x, gamma, beta);
    const [mean, variance] = batchMoments(x, this.axis, mask);
    if (this.renormalization !== null) {
      const corrected = this.renormalization.correct(mean, variance, gamma, beta);
      return this.normalize(x, mean, variance, ...corrected);
    }
    this.average(mean, variance);
    return this.normalize(x, mean, variance, gamma, beta);
  }

  /** In one pass over x, which has its channels last for that. */
  private trainFused(x: Tensor, gamma: Tensor | null, beta: Tensor | null): Tensor {
    const at = this.axis < 0 ? this.axis + x.rank : this.axis;
    const perm = at === x.rank - 1 ? null : exchangeLast(at, x.rank);
    const channels = x.shape[at];
    const [y, mean, variance] = batchNormTraining(
      perm === null ? x : transpose(x, { perm }),
      gamma ?? ones([channels], x.dtype),
      beta ?? zeros([channels], x.dtype),
      this.epsilon,
    );
    const count = x.size / channels;
    // That of the op has the denominator count − 1.
    this.average(mean, multiply(variance, (count - 1) / count));
    return perm === null ? y : transpose(y, { perm });
  }

  private average(mean: Tensor, variance: Tensor): void {
    moveTowards(this.movingMean as Weight, mean, this.momentum);
    moveTowards(this.movingVariance as Weight, variance, this.momentum);
  }

  /** With statistics of shape [channels]. */
  private normalize(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    gamma: Tensor | null,
    beta: Tensor | null,
  ): Tensor {
    const at = this.axis < 0 ? this.axis + x.rank : this.axis;
    const along = (t: Tensor): Tensor =>
      at === x.rank - 1
        ? t
        : reshape(
            t,
            x.shape.map((n, i) => (i === at ? n : 1)),
          );
    const [offset, scale] = [beta, gamma].map((t) => (t === null ? null : along(t)));
    return batchNormalization(x, along(mean), along(variance), offset, scale, this.epsilon);
  }

  override getConfig(): Config {
    const { axis, momentum, movingMeanInitializer, movingVarianceInitializer } = this;
    const { renorm, renormClipping, renormMomentum, synchronized } = this;
    return {
      ...super.getConfig(),
      ...{ axis, momentum, movingMeanInitializer, movingVarianceInitializer },
      ...{ renorm, renormClipping, renormMomentum, synchronized },
    };
  }
}

function checkMask(mask: unknown, inputs: Tensor): void {
  if (!(mask instanceof Tensor)) throw new TypeError('[BatchNormalization] `mask` must be one tensor');
  if (mask.rank !== inputs.rank - 1)
    throw new InvalidArgumentError(
      '[BatchNormalization] The mask provided should be one dimension less than the inputs. Received: ' +
        `mask.shape=${showShape(shapeOf(mask))}, inputs.shape=${showShape(shapeOf(inputs))}`,
    );
}
