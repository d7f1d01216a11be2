/** Dynamic loss scaling, for training in float16. */
import { dtypes } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { IndexedSlices } from '../../core/indexed_slices';
import { throwExtraArguments } from '../../core/options';
import { describe } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { cond } from '../../function/control/cond';
import { constant } from '../../ops/array/convert';
import { stack } from '../../ops/array/joining';
import { zeros } from '../../ops/array/creation';
import { divide, multiply, add } from '../../ops/math/binary';
import { equal } from '../../ops/math/compare';
import { isFinite } from '../../ops/math/unary';
import { reduceAll } from '../../ops/reduce/reduce';
import { cast } from '../../ops/array/cast';
import { namedOptions } from '../base/named_options';
import { checkLists, noGradients, type Gradient } from './checks';
import { Optimizer } from './optimizer';
import type { LearningRate, OptimizerOptions, ScheduledRate } from './options';
import type { Slot } from './slot';

export interface LossScaleOptions {
  /** What the loss is multiplied by at first. Default 2¹⁵. */
  initialScale?: number;
  /** The scale doubles after so many steps with finite gradients. Default 2000. */
  dynamicGrowthSteps?: number;
  /** Default 'loss_scale_optimizer'. */
  name?: string;
}

type OwnOptions = OptimizerOptions & LossScaleOptions;

/**
 * An optimizer for losses in float16, whose small gradients would round to 0: `scaleLoss` multiplies the loss, and `apply` divides the
 * gradients by the same factor for the optimizer within. A step whose gradients are not finite is left out, and halves the factor;
 * after `dynamicGrowthSteps` steps that were not, it doubles. Compiling a model whose policy is `mixed_float16` wraps its optimizer so.
 * @tf tf.keras.optimizers.LossScaleOptimizer
 */
export class LossScaleOptimizer extends Optimizer<OwnOptions> {
  readonly innerOptimizer: Optimizer;
  private stepCounter: Slot | null = null;
  private scale: Slot | null = null;

  constructor(innerOptimizer: Optimizer, options: LossScaleOptions = {}) {
    const defaults = { initialScale: 2 ** 15, dynamicGrowthSteps: 2000 };
    super({ ...options, learningRate: 0 }, defaults);
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 2) throwExtraArguments('LossScaleOptimizer', 2, arguments, defaults);
    if (!((innerOptimizer as unknown) instanceof Optimizer))
      throw new TypeError(
        `[LossScaleOptimizer] innerOptimizer must be an optimizer; got ${describe(innerOptimizer)}`,
      );
    this.checkNumbers('initialScale', 'dynamicGrowthSteps');
    if (this.options.initialScale <= 0) throw this.badOption('initialScale', 'positive');
    const { dynamicGrowthSteps } = this.options;
    if (!Number.isInteger(dynamicGrowthSteps) || dynamicGrowthSteps < 1)
      throw this.badOption('dynamicGrowthSteps', 'a positive integer');
    for (const key of Object.keys(options))
      if (!['initialScale', 'dynamicGrowthSteps', 'name'].includes(key))
        throw new InvalidArgumentError(
          `[LossScaleOptimizer] LossScaleOptimizer does not support \`${key}\`. Instead, set \`${key}\` on the innerOptimizer.`,
        );
    this.innerOptimizer = innerOptimizer;
    innerOptimizer.dropLossScale();
  }

  static override fromConfig<T>(this: new (...args: never[]) => T, config: Record<string, unknown>): T {
    const { innerOptimizer, ...options } = namedOptions(config, 'LossScaleOptimizer.fromConfig');
    return new this(...([innerOptimizer, options] as never[]));
  }

  override build(variables: readonly Variable[]): void {
    if (this.built) return;
    this.innerOptimizer.build(variables);
    super.build(variables);
  }

  protected override buildSlots(): void {
    this.stepCounter = this.addSlot('step_counter', dtypes.int64, []);
    this.scale = this.addSlot('dynamic_scale', dtypes.float32, [], this.options.initialScale);
  }

  override get variables(): Variable[] {
    return [...super.variables, ...this.innerOptimizer.variables];
  }

  override get learningRate(): Variable<'float32'> | ScheduledRate {
    return this.innerOptimizer.learningRate;
  }

  override set learningRate(rate: LearningRate | Tensor) {
    this.innerOptimizer.learningRate = rate;
  }

  override get iterations(): Variable<'int64'> | Tensor<'int64'> {
    return this.innerOptimizer.iterations;
  }

  /** The factor by which the loss is multiplied now. */
  get dynamicScale(): Variable<'float32'> | null {
    return this.scale as Variable<'float32'> | null;
  }

  override scaleLoss(loss: Tensor): Tensor {
    const factor = this.scale === null ? this.options.initialScale : this.scale;
    return multiply(loss, typeof factor === 'number' ? factor : cast(factor, loss.dtype));
  }

  override apply(gradients: readonly (Gradient | undefined)[], variables?: readonly Variable[]): void {
    checkLists(gradients, variables, this.className);
    if (variables !== undefined) this.build(variables);
    const list = gradients.map((g) => g ?? null);
    const present = list.filter((g): g is Tensor | IndexedSlices => g !== null);
    if (!this.built || present.length === 0) {
      if (present.length === 0 && list.length > 0)
        throw noGradients(variables ?? this.builtVariables, this.className);
      // Its checks say what is wrong.
      this.innerOptimizer.apply(gradients, variables);
      return;
    }
    const [counter, scale] = [this.stepCounter as Slot, this.scale as Slot];
    const flags = present.map((g) => reduceAll(isFinite(g instanceof Tensor ? g : g.values)));
    const finite = flags.length === 1 ? flags[0] : reduceAll(stack(flags));
    cond(
      finite,
      () => {
        const factor = this.read(scale);
        this.innerOptimizer.apply(
          list.map((g) => (g === null ? null : unscaled(g, factor))),
          variables,
        );
        cond(
          equal(this.read(counter), BigInt(this.options.dynamicGrowthSteps - 1)),
          () => {
            this.assign(counter, zeros([], 'int64'));
            this.assign(scale, multiply(this.read(scale), 2));
            return [];
          },
          () => {
            this.assign(counter, add(this.read(counter), constant(1n, { dtype: 'int64' })));
            return [];
          },
        );
        return [];
      },
      () => {
        this.assign(counter, zeros([], 'int64'));
        this.assign(scale, multiply(this.read(scale), 0.5));
        return [];
      },
    );
  }

  /** @internal */
  override finalizeVariableValues(variables: readonly Variable[]): void {
    this.innerOptimizer.finalizeVariableValues(variables);
  }

  override excludeFromWeightDecay(...args: Parameters<Optimizer['excludeFromWeightDecay']>): void {
    this.innerOptimizer.excludeFromWeightDecay(...args);
  }

  /** @internal */
  override savedOptimizers(): readonly (readonly [string, Optimizer])[] {
    return [['inner_optimizer', this.innerOptimizer]];
  }

  override getConfig(): Record<string, unknown> {
    const { name, initialScale, dynamicGrowthSteps } = this.options;
    return { name, innerOptimizer: this.innerOptimizer, initialScale, dynamicGrowthSteps };
  }
}

/** A gradient divided by the scale of the loss. */
function unscaled(g: Tensor | IndexedSlices, scale: Tensor): Tensor | IndexedSlices {
  const divided = (t: Tensor): Tensor => divide(t, scale.dt === t.dt ? scale : cast(scale, t.dtype));
  return g instanceof Tensor ? divided(g) : new IndexedSlices(divided(g.values), g.indices, g.denseShape);
}
