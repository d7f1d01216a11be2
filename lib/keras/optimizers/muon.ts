/** The Muon optimizer. */
import { shapeOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { add, subtract, multiply, divide } from '../../ops/math/binary';
import { sqrt, square } from '../../ops/math/unary';
import { reduceSum } from '../../ops/reduce/reduce';
import { matmul } from '../../ops/linalg/matmul';
import { transpose } from '../../ops/array/movement';
import { Optimizer } from './optimizer';
import type { LearningRate, OptimizerOptions } from './options';
import { pathOf, type Slot } from './slot';

export interface MuonOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** β₁ of Adam, for what is no matrix. Default 0.9. */
  adamBeta1?: number;
  /** β₂ of Adam. Default 0.999. */
  adamBeta2?: number;
  /** Weight decay of what Adam updates. Default 0.004. */
  adamWeightDecay?: number | null;
  /** Default 1e-7. */
  epsilon?: number;
  /** Weight decay of matrices. Default 0.004. */
  weightDecay?: number | null;
  /** Matrices in whose path one of these regular expressions is found are updated by Adam. Default []. */
  excludeLayers?: readonly string[];
  /** So are those with "embedding" in their path. Default true. */
  excludeEmbeddings?: boolean;
  /** Coefficient of the iteration. Default 3.4445. */
  muonA?: number;
  /** Coefficient of the iteration. Default -4.775. */
  muonB?: number;
  /** Coefficient of the iteration. Default 2.0315. */
  muonC?: number;
  /** What the learning rate is multiplied by for Adam. Default 1. */
  adamLrRatio?: number;
  /** Default 0.95. */
  momentum?: number;
  /** The number of Newton–Schulz iterations. Default 5. */
  nsSteps?: number;
  /** Default true. */
  nesterov?: boolean;
  /** Scales steps to this root mean square times √max(rows, columns); null: no scaling. Default 0.2. */
  rmsRate?: number | null;
}

const defaults = {
  learningRate: 0.001,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamWeightDecay: 0.004 as number | null,
  epsilon: 1e-7,
  weightDecay: 0.004 as number | null,
  excludeLayers: [] as readonly string[],
  excludeEmbeddings: true,
  muonA: 3.4445,
  muonB: -4.775,
  muonC: 2.0315,
  adamLrRatio: 1,
  momentum: 0.95,
  nsSteps: 5,
  nesterov: true,
  rmsRate: 0.2 as number | null,
};

/**
 * Momentum whose step is the nearest orthogonal matrix, found by Newton–Schulz iterations: x = a·x + (b·xxᵀ + c·(xxᵀ)²)·x. Variables
 * that are no matrices, and embeddings, are updated by Adam.
 * Instead of the options, the learning rate alone may be passed. @tf tf.keras.optimizers.Muon
 */
export class Muon extends Optimizer<MuonOptions> {
  private momentums: Slot[] = [];
  private velocities: (Slot | null)[] = [];

  constructor(options?: MuonOptions | LearningRate) {
    // eslint-disable-next-line prefer-rest-params
    super(options, defaults, arguments);
    this.checkNumbers('adamBeta1', 'adamBeta2', 'epsilon', 'muonA', 'muonB', 'muonC', 'adamLrRatio');
    this.checkNumbers('momentum', 'nsSteps');
    this.checkBooleans('nesterov', 'excludeEmbeddings');
    if (this.options.adamWeightDecay !== null) this.checkNumbers('adamWeightDecay');
    if (this.options.rmsRate !== null) this.checkNumbers('rmsRate');
    const { excludeLayers } = this.options;
    if (!Array.isArray(excludeLayers) || excludeLayers.some((name) => typeof name !== 'string'))
      throw this.badOption('excludeLayers', 'an array of strings');
  }

  private usesAdam(v: Variable): boolean {
    const { excludeLayers, excludeEmbeddings } = this.options;
    const path = pathOf(v);
    if (shapeOf(v.held).length !== 2 || (excludeEmbeddings && path.toLowerCase().includes('embedding')))
      return true;
    return excludeLayers.some((pattern) => new RegExp(pattern, 'u').test(path));
  }

  protected override buildSlots(): void {
    for (const v of this.builtVariables) {
      this.momentums.push(this.addSlotLike(v, 'momentum'));
      this.velocities.push(this.usesAdam(v) ? this.addSlotLike(v, 'velocity') : null);
    }
  }

  protected override weightDecayOf(v: Variable): number | null {
    return this.usesAdam(v) ? this.options.adamWeightDecay : this.options.weightDecay;
  }

  protected override updateStep(gradient: Tensor, variable: Variable, learningRate: Tensor): void {
    const { momentum, nesterov, rmsRate, adamLrRatio } = this.options;
    const at = this.position(variable);
    const slot = this.momentums[at];
    const velocity = this.velocities[at];
    if (velocity !== null) {
      this.updateByAdam(gradient, variable, multiply(learningRate, adamLrRatio), slot, velocity);
      return;
    }
    const m0 = this.read(slot);
    const m = add(m0, add(gradient, multiply(m0, momentum - 1)));
    this.assign(slot, m);
    const update = this.orthogonal(nesterov ? add(gradient, multiply(m, momentum)) : m);
    const step = multiply(update, learningRate);
    const scale = rmsRate === null ? 1 : Math.sqrt(Math.max(...shapeOf(variable.held))) * rmsRate;
    this.assign(variable, subtract(this.read(variable), multiply(step, scale)));
  }

  private updateByAdam(
    gradient: Tensor,
    variable: Variable,
    rate: Tensor,
    momentum: Slot,
    velocity: Slot,
  ): void {
    const { adamBeta1, adamBeta2, epsilon } = this.options;
    const m0 = this.read(momentum);
    const m = add(m0, multiply(subtract(gradient, m0), 1 - adamBeta1));
    this.assign(momentum, m);
    const v0 = this.read(velocity);
    const v = add(v0, multiply(subtract(square(gradient), v0), 1 - adamBeta2));
    this.assign(velocity, v);
    const first = this.biasCorrection('adamBeta1', variable);
    const second = this.biasCorrection('adamBeta2', variable);
    const alpha = divide(multiply(rate, sqrt(second)), first);
    const step = divide(multiply(m, alpha), add(sqrt(v), epsilon));
    this.assign(variable, subtract(this.read(variable), step));
  }

  /** The orthogonal matrix that is nearest to a matrix, approximately. */
  private orthogonal(matrix: Tensor): Tensor {
    const { muonA, muonB, muonC, nsSteps } = this.options;
    const [rows, columns] = shapeOf(matrix);
    let x = rows > columns ? transpose(matrix) : matrix;
    x = divide(x, add(sqrt(reduceSum(square(x))), 1e-7));
    for (let i = 0; i < nsSteps; i++) {
      const a = matmul(x, x, { transposeB: true });
      const b = add(multiply(a, muonB), matmul(multiply(a, muonC), a));
      x = add(multiply(x, muonA), matmul(b, x));
    }
    return rows > columns ? transpose(x) : x;
  }
}
