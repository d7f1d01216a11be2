/** Standardization with means and variances of the data. */
import type { TensorLike } from '../../../core/convert';
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { shapeOf, type Tensor } from '../../../core/tensor';
import { Variable } from '../../../core/variable';
import { cast } from '../../../ops/array/cast';
import { constant, convertToTensor } from '../../../ops/array/convert';
import { broadcastTo } from '../../../ops/array/movement';
import { reshape } from '../../../ops/array/views';
import { add, divide, maximum, multiply, subtract } from '../../../ops/math/binary';
import { sqrt, square } from '../../../ops/math/unary';
import { reduceMean } from '../../../ops/reduce/reduce';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { isHostArray } from '../inputs';
import type { LayerOptions } from '../options';
import { SameShapeLayer } from '../same_shape_layer';
import { isIterableOfBatches } from './adapt';
import { epsilon } from '../../base/settings';

export interface NormalizationOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** The axes along which there is a mean for each index; null: one mean for all. Default −1. */
  axis?: number | readonly number[] | null;
  /** The mean, or one for each index of the axes. Default: what `adapt` finds. */
  mean?: TensorLike | null;
  variance?: TensorLike | null;
  /** Whether it undoes the standardization. Default false. */
  invert?: boolean;
}

/**
 * (x − mean) / √variance, or with `invert` x·√variance + mean; the means and variances are given, or found by `adapt`. Inputs of any
 * shape, results of the same. Weights, if they are not given: mean, variance, count. @tf tf.keras.layers.Normalization
 */
export class Normalization extends SameShapeLayer {
  readonly axis: readonly number[];
  readonly invert: boolean;
  private readonly inputMean: Tensor | null;
  private readonly inputVariance: Tensor | null;
  private adaptMean: Weight | null = null;
  private adaptVariance: Weight | null = null;
  private keptAxes: readonly number[] = [];
  private broadcastShape: readonly number[] = [];

  constructor(options: NormalizationOptions = {}) {
    const {
      axis = -1,
      mean = null,
      variance = null,
      invert = false,
      ...others
    } = namedOptions(options, 'Normalization');
    super(others);
    const axes: unknown[] = axis === null ? [] : Array.isArray(axis) ? (axis as unknown[]) : [axis];
    if (!axes.every(Number.isInteger))
      throw new InvalidArgumentError(
        `[Normalization] axis must be an integer, an array of these, or null; got ${describe(axis)}`,
      );
    if (typeof invert !== 'boolean')
      throw new TypeError(`[Normalization] invert must be a boolean; got ${describe(invert)}`);
    this.axis = axes as number[];
    this.invert = invert;
    this.supportsMasking = true;
    if ((mean === null) !== (variance === null))
      throw new InvalidArgumentError(
        `[Normalization] When setting values directly, both \`mean\` and \`variance\` must be set. Received: ` +
          `mean=${describe(mean)} and variance=${describe(variance)}`,
      );
    this.inputMean = mean === null ? null : convertToTensor(mean);
    this.inputVariance = variance === null ? null : convertToTensor(variance);
    this.checkGiven();
  }

  private checkGiven(): void {
    if (this.inputMean === null || this.inputVariance === null) return;
    const [m, v] = [shapeOf(this.inputMean), shapeOf(this.inputVariance)];
    if (m.join() !== v.join())
      throw new InvalidArgumentError(
        `[Normalization] When setting values directly, \`mean\` and \`variance\` must have the same shape. Received: mean ` +
          `shape ${showKerasShape(m)} and variance shape ${showKerasShape(v)}`,
      );
    if (m.length > this.axis.length)
      throw new InvalidArgumentError(
        `[Normalization] The rank of \`mean\` must be less than or equal to the number of axes (${this.axis.length}). ` +
          `Received: mean shape ${showKerasShape(m)} for axis ${describe(this.axis)}`,
      );
  }

  override build(inputShape: KerasShape): void {
    const rank = inputShape.length;
    if (this.axis.some((a) => a < -rank || a >= rank))
      throw new InvalidArgumentError(
        `[Normalization] All \`axis\` values must be in the range [-ndim, ndim). Received inputs with ndim=${rank}, while ` +
          `axis=${describe(this.axis)}`,
      );
    this.keptAxes = this.axis.map((a) => (a < 0 ? a + rank : a)).sort((a, b) => a - b);
    const unknown = this.keptAxes.find((a) => inputShape[a] === null);
    if (unknown !== undefined)
      throw new InvalidArgumentError(
        `[Normalization] All \`axis\` values to be kept must have a known shape. Received axis=${describe(this.axis)}, ` +
          `inputs.shape=${showKerasShape(inputShape)}, with unknown axis at index ${unknown}`,
      );
    this.broadcastShape = inputShape.map((n, i) => (this.keptAxes.includes(i) ? (n as number) : 1));
    if (this.inputMean === null) {
      const shape = this.keptAxes.map((a) => inputShape[a] as number);
      this.adaptMean = this.addWeight({ name: 'mean', shape, initializer: 'zeros', trainable: false });
      this.adaptVariance = this.addWeight({ name: 'variance', shape, initializer: 'ones', trainable: false });
      this.addWeight({ name: 'count', shape: [], dtype: 'int64', initializer: 'zeros', trainable: false });
    } else {
      // Once at least, for the error where they do not fit.
      this.broadcast(this.inputMean);
    }
    this.buildShape = inputShape;
    this.built = true;
  }

  /** A given mean or variance, in a shape that broadcasts with the inputs. */
  private broadcast(given: Tensor): Tensor {
    const value = cast(given, this.computeDtype);
    if (value.rank === 0) return value;
    const shape = this.broadcastShape.map(() => 1);
    const own = shapeOf(value);
    own.forEach((n, i) => {
      shape[this.keptAxes[this.keptAxes.length - own.length + i]] = n;
    });
    return broadcastTo(reshape(value, shape), this.broadcastShape);
  }

  /**
   * Finds mean and variance of data: an array or a tensor, or an iterable of batches (of pairs, their first parts).
   */
  adapt(data: unknown): void {
    const listOfBatches = Array.isArray(data) && data.length > 0 && !isHostArray(data);
    const isBatches = listOfBatches || isIterableOfBatches(data);
    if (
      !isBatches &&
      (data === null || data === undefined || ['string', 'function', 'symbol'].includes(typeof data))
    )
      throw new TypeError(
        `[Normalization] adapt takes an array, a tensor, or an iterable of batches; got ${describe(data)}`,
      );
    let mean: Tensor | null = null;
    let variance: Tensor | null = null;
    let total = 0;
    for (const given of isBatches ? (data as Iterable<unknown>) : [data]) {
      const batch = this.batchOf(given);
      const reduced = shapeOf(batch)
        .map((_, i) => i)
        .filter((i) => !this.keptAxes.includes(i));
      const batchMean = reduceMean(batch, { axis: reduced, keepdims: true });
      const batchVariance = reduceMean(square(subtract(batch, batchMean)), reduced);
      const flatMean = reshape(batchMean, shapeOf(batchVariance));
      const count = reduced.reduce((product, i) => product * shapeOf(batch)[i], 1);
      total += count;
      if (mean === null || variance === null) {
        [mean, variance] = [flatMean, batchVariance];
        continue;
      }
      const weight = count / total;
      const next: Tensor = add(multiply(mean, 1 - weight), multiply(flatMean, weight));
      variance = add(
        multiply(add(variance, square(subtract(mean, next))), 1 - weight),
        multiply(add(batchVariance, square(subtract(flatMean, next))), weight),
      );
      mean = next;
    }
    if (mean === null || variance === null)
      throw new InvalidArgumentError(
        '[Normalization] adapt() received an empty iterable (no batches). Expected at least one batch.',
      );
    if (this.adaptMean === null || this.adaptVariance === null) return;
    this.adaptMean.assign(cast(mean, this.variableDtype));
    this.adaptVariance.assign(cast(variance, this.variableDtype));
  }

  /** A batch as a tensor, for whose shape the layer is built. */
  private batchOf(given: unknown): Tensor {
    const first =
      Array.isArray(given) && given.length > 0 && !isHostArray(given) ? (given as unknown[])[0] : given;
    const t = first instanceof Variable ? first.read() : convertToTensor(first as TensorLike);
    const batch = cast(t, this.computeDtype);
    const shape = shapeOf(batch);
    if (!this.built) this.build([...shape]);
    const builtFor = this.buildShape as KerasShape;
    if (shape.length !== builtFor.length || this.keptAxes.some((a) => shape[a] !== builtFor[a]))
      throw new InvalidArgumentError(
        `[Normalization] The layer was built with inputShape=${showKerasShape(builtFor)}, but adapt() is being called with ` +
          `data with an incompatible shape, data.shape=${showKerasShape(shape)}`,
      );
    return batch;
  }

  call(inputs: Tensor): Tensor {
    const x = cast(inputs, this.computeDtype);
    const given = this.inputMean !== null && this.inputVariance !== null;
    const mean = given ? this.broadcast(this.inputMean) : this.adapted(this.adaptMean);
    const variance = given ? this.broadcast(this.inputVariance) : this.adapted(this.adaptVariance);
    const deviation = maximum(sqrt(variance), constant(epsilon(), { dtype: this.computeDtype }));
    return this.invert ? add(mean, multiply(x, deviation)) : divide(subtract(x, mean), deviation);
  }

  private adapted(weight: Weight | null): Tensor {
    return cast(reshape(weight as Weight, this.broadcastShape), this.computeDtype);
  }

  override getConfig(): Config {
    const { axis, invert, inputMean, inputVariance } = this;
    return {
      ...super.getConfig(),
      ...{ axis, invert, mean: inputMean?.array() ?? null, variance: inputVariance?.array() ?? null },
    };
  }
}
