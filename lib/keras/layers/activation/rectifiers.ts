/** Rectified linear units and their kin as layers. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { leakyRelu } from '../../../ops/nn/activations';
import { scaledElu } from '../../../ops/nn/thresholds';
import { relu } from '../../activations/units';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { get as getConstraint, type Constraint, type ConstraintLike } from '../../constraints/get';
import { get as getInitializer, type InitializerLike } from '../../initializers/get';
import type { Initializer } from '../../initializers/initializer';
import { get as getRegularizer, type RegularizerLike, type WeightRegularizer } from '../../regularizers/get';
import { listOfAxes, requireSizes } from '../axes';
import { SameShapeLayer } from '../same_shape_layer';
import type { ActivationLayerOptions } from './activation';

/** A number ≥ 0. */
function checkCoefficient(value: unknown, name: string, layer: string): number {
  if (typeof value === 'number' && value >= 0) return value;
  const Class = typeof value === 'number' ? InvalidArgumentError : TypeError;
  throw new Class(
    `[${layer}] ${name} of a ${layer} layer cannot be null or a negative value. Expected a number. Received: ` +
      `${name}=${describe(value)}`,
  );
}

export interface ReLULayerOptions extends ActivationLayerOptions {
  /** The largest result. Default null: none. */
  maxValue?: number | null;
  /** The slope below the threshold, ≥ 0. Default 0. */
  negativeSlope?: number;
  /** What is not above it becomes negativeSlope·(x − threshold); ≥ 0. Default 0. */
  threshold?: number;
}

/**
 * Rectified linear unit, elementwise. y = min(x, maxValue) where x > threshold, else negativeSlope·(x − threshold). No weights.
 * @tf tf.keras.layers.ReLU
 */
export class ReLU extends SameShapeLayer {
  readonly maxValue: number | null;
  readonly negativeSlope: number;
  readonly threshold: number;

  constructor(options: ReLULayerOptions = {}) {
    const { maxValue = null, negativeSlope = 0, threshold = 0, ...others } = namedOptions(options, 'ReLU');
    super(others);
    this.maxValue = maxValue === null ? null : checkCoefficient(maxValue, 'maxValue', 'ReLU');
    this.negativeSlope = checkCoefficient(negativeSlope, 'negativeSlope', 'ReLU');
    this.threshold = checkCoefficient(threshold, 'threshold', 'ReLU');
    this.supportsMasking = true;
    this.built = true;
  }

  call(x: Tensor): Tensor {
    const { maxValue, negativeSlope, threshold } = this;
    const isPlain = maxValue === null && negativeSlope === 0 && threshold === 0;
    return isPlain ? relu(x) : relu(x, { maxValue, negativeSlope, threshold });
  }

  override getConfig(): Config {
    const { maxValue, negativeSlope, threshold } = this;
    return { ...super.getConfig(), maxValue, negativeSlope, threshold };
  }
}

export interface LeakyReLULayerOptions extends ActivationLayerOptions {
  /** The slope for x ≤ 0, ≥ 0. Default 0.3. */
  negativeSlope?: number;
  /** Its former name. */
  alpha?: number;
}

/** Leaky rectified linear unit, elementwise. y = x where x > 0, else negativeSlope·x. No weights. @tf tf.keras.layers.LeakyReLU */
export class LeakyReLU extends SameShapeLayer {
  readonly negativeSlope: number;

  constructor(options: LeakyReLULayerOptions = {}) {
    const { negativeSlope = 0.3, alpha = negativeSlope, ...others } = namedOptions(options, 'LeakyReLU');
    super(others);
    this.negativeSlope = checkCoefficient(alpha, 'negativeSlope', 'LeakyReLU');
    this.supportsMasking = true;
    this.built = true;
  }

  call(x: Tensor): Tensor {
    return leakyRelu(x, this.negativeSlope);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), negativeSlope: this.negativeSlope };
  }
}

export interface ELULayerOptions extends ActivationLayerOptions {
  /** The factor for x < 0. Default 1. */
  alpha?: number;
}

/** Exponential linear unit, elementwise. y = x where x > 0, else alpha·(eˣ − 1). No weights. @tf tf.keras.layers.ELU */
export class ELU extends SameShapeLayer {
  readonly alpha: number;

  constructor(options: ELULayerOptions = {}) {
    const { alpha = 1, ...others } = namedOptions(options, 'ELU');
    super(others);
    if (typeof alpha !== 'number')
      throw new TypeError(`[ELU] alpha must be a number; got ${describe(alpha)}`);
    this.alpha = alpha;
    this.supportsMasking = true;
    this.built = true;
  }

  call(x: Tensor): Tensor {
    return scaledElu(x, this.alpha);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), alpha: this.alpha };
  }
}

export interface PReLUOptions extends ActivationLayerOptions {
  /** Default 'zeros'. */
  alphaInitializer?: InitializerLike;
  alphaRegularizer?: RegularizerLike | null;
  alphaConstraint?: ConstraintLike | null;
  /** The axes, ≥ 1, along which elements share a slope: `[1, 2]` for one slope for each channel of images. Default: none. */
  sharedAxes?: number | readonly number[] | null;
}

/**
 * Rectified linear unit with slopes that are learned. y = x where x > 0, else alpha·x. Weights: alpha, of the shape of an example,
 * with size 1 along the shared axes. @tf tf.keras.layers.PReLU
 */
export class PReLU extends SameShapeLayer {
  readonly alphaInitializer: Initializer;
  readonly alphaRegularizer: WeightRegularizer | null;
  readonly alphaConstraint: Constraint | null;
  readonly sharedAxes: readonly number[] | null;
  alpha: Weight | null = null;

  constructor(options: PReLUOptions = {}) {
    const {
      alphaInitializer = 'zeros',
      alphaRegularizer = null,
      alphaConstraint = null,
      sharedAxes = null,
      ...others
    } = namedOptions(options, 'PReLU');
    super(others);
    this.alphaInitializer = getInitializer(alphaInitializer, 'PReLU');
    this.alphaRegularizer = getRegularizer(alphaRegularizer, 'PReLU');
    this.alphaConstraint = getConstraint(alphaConstraint, 'PReLU');
    this.sharedAxes = sharedAxes === null ? null : listOfAxes(sharedAxes, 'sharedAxes', 'PReLU');
    this.supportsMasking = true;
  }

  override build(inputShape: KerasShape): void {
    const shared = this.sharedAxes ?? [];
    for (const axis of shared)
      if (axis < 1 || axis >= inputShape.length)
        throw new InvalidArgumentError(
          `[PReLU] sharedAxes must be from 1 to ${inputShape.length - 1} for inputs of rank ${inputShape.length}; got ${axis}`,
        );
    const sizes = inputShape.map((n, i) => (shared.includes(i) ? 1 : n));
    this.alpha = this.addWeight({
      name: 'alpha',
      shape: requireSizes(sizes.slice(1), inputShape, 'PReLU'),
      initializer: this.alphaInitializer,
      regularizer: this.alphaRegularizer,
      constraint: this.alphaConstraint,
    });
    const own = inputShape.map((n, i) => [i, n] as const).filter(([i]) => i > 0 && !shared.includes(i));
    this.inputSpec = {
      ndim: inputShape.length,
      axes: shared.length > 0 ? Object.fromEntries(own) : {},
    };
    this.built = true;
  }

  call(x: Tensor): Tensor {
    return leakyRelu(x, this.alpha as Weight);
  }

  override getConfig(): Config {
    const { alphaInitializer, alphaRegularizer, alphaConstraint, sharedAxes } = this;
    return { ...super.getConfig(), alphaInitializer, alphaRegularizer, alphaConstraint, sharedAxes };
  }
}
