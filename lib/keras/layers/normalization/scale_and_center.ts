/** The options and weights that the normalizations have in common: a scale, gamma, and an offset, beta. */
import { describe } from '../../../core/shape';
import type { Config } from '../../base/keras_object';
import type { Weight } from '../../base/weight';
import { get as getConstraint, type Constraint, type ConstraintLike } from '../../constraints/get';
import { get as getInitializer, type InitializerLike } from '../../initializers/get';
import type { Initializer } from '../../initializers/initializer';
import { get as getRegularizer, type RegularizerLike, type WeightRegularizer } from '../../regularizers/get';
import type { LayerOptions } from '../options';
import { SameShapeLayer } from '../same_shape_layer';

export interface ScaleAndCenterOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** Added to the variance. Default 0.001. */
  epsilon?: number;
  /** Whether an offset, beta, is added. Default true. */
  center?: boolean;
  /** Whether the result is multiplied by a scale, gamma. Default true. */
  scale?: boolean;
  /** Default 'zeros'. */
  betaInitializer?: InitializerLike;
  /** Default 'ones'. */
  gammaInitializer?: InitializerLike;
  betaRegularizer?: RegularizerLike | null;
  gammaRegularizer?: RegularizerLike | null;
  betaConstraint?: ConstraintLike | null;
  gammaConstraint?: ConstraintLike | null;
}

/** A boolean option. */
export function checkBoolean(value: unknown, name: string, layer: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`[${layer}] ${name} must be true or false; got ${describe(value)}`);
}

/** A number option. */
export function checkNumber(value: unknown, name: string, layer: string): number {
  if (typeof value === 'number') return value;
  throw new TypeError(`[${layer}] ${name} must be a number; got ${describe(value)}`);
}

/** A layer that normalizes, then scales and shifts. */
export abstract class ScaleAndCenter extends SameShapeLayer {
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly betaInitializer: Initializer;
  readonly gammaInitializer: Initializer;
  readonly betaRegularizer: WeightRegularizer | null;
  readonly gammaRegularizer: WeightRegularizer | null;
  readonly betaConstraint: Constraint | null;
  readonly gammaConstraint: Constraint | null;
  gamma: Weight | null = null;
  beta: Weight | null = null;

  protected constructor(options: ScaleAndCenterOptions, layer: string) {
    const {
      epsilon = 1e-3,
      center = true,
      scale = true,
      betaInitializer = 'zeros',
      gammaInitializer = 'ones',
      betaRegularizer = null,
      gammaRegularizer = null,
      betaConstraint = null,
      gammaConstraint = null,
      ...others
    } = options;
    super(others);
    this.epsilon = checkNumber(epsilon, 'epsilon', layer);
    this.center = checkBoolean(center, 'center', layer);
    this.scale = checkBoolean(scale, 'scale', layer);
    this.betaInitializer = getInitializer(betaInitializer, layer);
    this.gammaInitializer = getInitializer(gammaInitializer, layer);
    this.betaRegularizer = getRegularizer(betaRegularizer, layer);
    this.gammaRegularizer = getRegularizer(gammaRegularizer, layer);
    this.betaConstraint = getConstraint(betaConstraint, layer);
    this.gammaConstraint = getConstraint(gammaConstraint, layer);
    this.supportsMasking = true;
  }

  /** Creates gamma and beta, where the layer has them. */
  protected addScaleAndCenter(shape: readonly number[], hasGamma = this.scale, hasBeta = this.center): void {
    if (hasGamma)
      this.gamma = this.addWeight({
        name: 'gamma',
        shape,
        initializer: this.gammaInitializer,
        regularizer: this.gammaRegularizer,
        constraint: this.gammaConstraint,
        autocast: false,
      });
    if (hasBeta)
      this.beta = this.addWeight({
        name: 'beta',
        shape,
        initializer: this.betaInitializer,
        regularizer: this.betaRegularizer,
        constraint: this.betaConstraint,
        autocast: false,
      });
  }

  override getConfig(): Config {
    const { epsilon, center, scale, betaInitializer, gammaInitializer } = this;
    const { betaRegularizer, gammaRegularizer, betaConstraint, gammaConstraint } = this;
    return {
      ...super.getConfig(),
      ...{ epsilon, center, scale, betaInitializer, gammaInitializer },
      ...{ betaRegularizer, gammaRegularizer, betaConstraint, gammaConstraint },
    };
  }
}
