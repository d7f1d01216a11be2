/** The Adafactor optimizer. */
import { dtypes } from '../../core/dtype';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { add, subtract, multiply, divide, maximum, minimum } from '../../ops/math/binary';
import { sqrt, square } from '../../ops/math/unary';
import { reduceMean } from '../../ops/reduce/reduce';
import { expandDims } from '../../ops/array/views';
import { Optimizer } from './optimizer';
import type { LearningRate, OptimizerOptions } from './options';
import { pathOf, type Slot } from './slot';

export interface AdafactorOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** The power of the step by which the averages forget. Default -0.8. */
  beta2Decay?: number;
  /** Added to squared gradients. Default 1e-30. */
  epsilon1?: number;
  /** The least root mean square of a variable that scales its steps. Default 0.001. */
  epsilon2?: number;
  /** Updates of a larger root mean square are scaled down to it. Default 1. */
  clipThreshold?: number;
  /** Limit the learning rate to 1/√t. Default true. */
  relativeStep?: boolean;
}

const defaults = {
  learningRate: 0.001,
  beta2Decay: -0.8,
  epsilon1: 1e-30,
  epsilon2: 0.001,
  clipThreshold: 1,
  relativeStep: true,
};

/**
 * Adam whose second moments are kept as one average for each row and each column. Steps are relative to the root mean square of the
 * variable. For vectors and scalars the average is that of each element.
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.Adafactor
 */
export class Adafactor extends Optimizer<AdafactorOptions> {
  private rows: Slot[] = [];
  private columns: Slot[] = [];
  private velocities: Slot[] = [];

  constructor(options?: AdafactorOptions | LearningRate) {
    // eslint-disable-next-line prefer-rest-params
    super(options, defaults, arguments);
    this.checkNumbers('beta2Decay', 'epsilon1', 'epsilon2', 'clipThreshold');
    this.checkBooleans('relativeStep');
  }

  protected override buildSlots(): void {
    for (const v of this.builtVariables) {
      const shape = shapeOf(v.held);
      const isMatrix = shape.length >= 2;
      const name = pathOf(v);
      const dt = isMatrix ? v.dt : dtypes.int32;
      this.rows.push(this.addSlot(name, dt, isMatrix ? shape.slice(0, -1) : []));
      this.columns.push(
        this.addSlot(name, dt, isMatrix ? [...shape.slice(0, -2), shape[shape.length - 1]] : []),
      );
      this.velocities.push(this.addSlotLike(v, 'velocity'));
    }
  }

  protected override updateStep(gradient: Tensor, variable: Variable, learningRate: Tensor): void {
    const { beta2Decay, epsilon1, epsilon2, clipThreshold } = this.options;
    const at = this.position(variable);
    const { dt } = variable;
    const w = this.read(variable);
    const rms = (x: Tensor): Tensor => sqrt(reduceMean(square(x)));
    const rho = minimum(
      learningRate,
      this.stepScalar('root', dt, () => 1 / Math.sqrt(this.updates() + 1)),
    );
    const alpha = multiply(maximum(rms(w), Math.fround(epsilon2)), rho);
    const squares = add(square(gradient), epsilon1);
    const forget = this.stepScalar('beta2', dt, () => 1 - (this.updates() + 1) ** beta2Decay);
    const average = (slot: Slot, x: Tensor): Tensor => {
      const value = add(multiply(this.read(slot), forget), multiply(x, subtract(1, forget)));
      this.assign(slot, value);
      return value;
    };
    let v: Tensor;
    if (shapeOf(w).length >= 2) {
      const r = average(this.rows[at], reduceMean(squares, -1));
      const c = average(this.columns[at], reduceMean(squares, -2));
      const rows = divide(r, reduceMean(r, { axis: -1, keepdims: true }));
      v = multiply(expandDims(rows, -1), expandDims(c, -2));
      this.assign(this.velocities[at], v);
    } else v = average(this.velocities[at], squares);
    const u = divide(gradient, sqrt(v));
    const limited = divide(u, maximum(divide(rms(u), clipThreshold), 1));
    this.assign(variable, subtract(w, multiply(limited, alpha)));
  }
}
