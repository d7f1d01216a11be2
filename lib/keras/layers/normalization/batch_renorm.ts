/** Batch renormalization (Ioffe, 2017): training is corrected towards moving averages. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import type { DType } from '../../../core/dtype';
import { cast } from '../../../ops/array/cast';
import { stopGradient } from '../../../autodiff/custom_gradient';
import { add, maximum, minimum, multiply, realDivide, subtract } from '../../../ops/math/binary';
import { clipByValue } from '../../../ops/math/select';
import { relu, sqrt, square } from '../../../ops/math/unary';
import { namedOptions } from '../../base/named_options';
import type { Weight } from '../../base/weight';
import type { InitializerLike } from '../../initializers/get';
import type { Initializer } from '../../initializers/initializer';
import { moveTowards } from './moving_average';

/** The bounds of the corrections: r is clipped to [rmin, rmax], d to [−dmax, dmax]. Those that are absent do not apply. */
export interface RenormClipping {
  rmax?: number | null;
  rmin?: number | null;
  dmax?: number | null;
}

const keys: readonly string[] = ['rmax', 'rmin', 'dmax'];

/** Checks the option `renormClipping`. */
export function checkClipping(clipping: unknown): RenormClipping {
  const where = '[BatchNormalization]';
  if (clipping === null) return {};
  const bounds = namedOptions(clipping as Record<string, unknown>, 'BatchNormalization renormClipping');
  for (const [key, value] of Object.entries(bounds)) {
    if (!keys.includes(key))
      throw new InvalidArgumentError(
        `${where} Received invalid keys for \`renormClipping\` argument: ${key}. Supported values: ${keys.join(', ')}.`,
      );
    if (value !== null && typeof value !== 'number')
      throw new TypeError(`${where} ${key} of \`renormClipping\` must be a number; got ${describe(value)}`);
  }
  const { rmax = null, rmin = null, dmax = null } = bounds as RenormClipping;
  if (rmax !== null && rmin !== null && rmax < rmin)
    throw new InvalidArgumentError(
      `${where} rmax should be greater than rmin in the \`renormClipping\` argument. Received: rmax=${rmax}, rmin=${rmin}.`,
    );
  if (dmax !== null && dmax < 0)
    throw new InvalidArgumentError(
      `${where} dmax should be non-negative in the \`renormClipping\` argument. Received: dmax=${dmax}.`,
    );
  return bounds;
}

/** What renormalization reads of its layer. */
interface Renormalized {
  readonly epsilon: number;
  readonly momentum: number;
  readonly renormMomentum: number;
  readonly renormClipping: RenormClipping | null;
  readonly movingMeanInitializer: Initializer;
  readonly movingVarianceInitializer: Initializer;
  readonly movingMean: Weight | null;
  readonly movingVariance: Weight | null;
}

/** The averages of batch renormalization, and what it computes from them. */
export class BatchRenorm {
  private readonly movingStddev: Weight;
  private readonly mean: Weight;
  private readonly stddev: Weight;

  constructor(
    private readonly layer: Renormalized,
    average: (name: string, initializer: InitializerLike) => Weight,
  ) {
    const { movingMeanInitializer: mean, movingVarianceInitializer: variance } = layer;
    const root = (shape: readonly number[], dtype: DType): Tensor => sqrt(variance(shape, dtype));
    this.movingStddev = average('moving_stddev', root);
    this.mean = average('renorm_mean', mean);
    this.stddev = average('renorm_stddev', root);
  }

  /** Gamma and beta with the corrections r and d in them; updates all averages. */
  correct(
    mean: Tensor,
    variance: Tensor,
    gamma: Tensor | null,
    beta: Tensor | null,
  ): [gamma: Tensor, beta: Tensor] {
    const { epsilon, renormClipping, renormMomentum } = this.layer;
    const { rmin = null, rmax = null, dmax = null } = renormClipping ?? {};
    const stddev = sqrt(add(variance, epsilon));
    const least = maximum(cast(this.stddev.read(), mean.dtype), Math.sqrt(epsilon));
    let r = realDivide(stddev, least);
    let d = realDivide(subtract(mean, cast(this.mean.read(), mean.dtype)), least);
    if (rmin !== null) r = maximum(r, rmin);
    if (rmax !== null) r = minimum(r, rmax);
    if (dmax !== null) d = clipByValue(d, -dmax, dmax);
    [r, d] = [stopGradient(r), stopGradient(d)];
    moveTowards(this.mean, mean, renormMomentum);
    moveTowards(this.stddev, stddev, renormMomentum);
    this.average(mean, stddev);
    const offset = gamma === null ? d : multiply(d, gamma);
    return [gamma === null ? r : multiply(r, gamma), beta === null ? offset : add(offset, beta)];
  }

  /** The averages of inference: that of the variance follows that of the standard deviation. */
  private average(mean: Tensor, stddev: Tensor): void {
    const { movingMean, movingVariance, momentum, epsilon } = this.layer;
    moveTowards(movingMean as Weight, mean, momentum);
    moveTowards(this.movingStddev, stddev, momentum);
    const moved = cast(this.movingStddev.read(), stddev.dtype);
    const variance = movingVariance as Weight;
    variance.assign(cast(relu(subtract(square(moved), epsilon)), variance.dtype));
  }
}
