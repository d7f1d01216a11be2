/** Evaluation with the moving averages of the weights. */
import { InvalidArgumentError } from '../../core/errors';
import { options as resolve } from '../../core/options';
import type { Variable } from '../../core/variable';
import { Callback } from './callback';
import { innermost } from './optimizer_of';

export interface SwapEMAWeightsOptions {
  /** Whether other callbacks find the averages in the model at the end of an epoch too. Default false. */
  swapOnEpoch?: boolean;
}

const defaults: Required<SwapEMAWeightsOptions> = { swapOnEpoch: false };

/**
 * Exchanges the weights and the moving averages that the optimizer (with `useEma`) keeps of them before an evaluation, and back
 * after it. @tf tf.keras.callbacks.SwapEMAWeights
 */
export class SwapEMAWeights extends Callback {
  readonly swapOnEpoch: boolean;
  private hasAverages = false;

  constructor(options: SwapEMAWeightsOptions | boolean = {}) {
    super();
    this.swapOnEpoch = resolve(options, 'swapOnEpoch', defaults, 'SwapEMAWeights').swapOnEpoch;
  }

  /** The variables and their averages. */
  private pairs(): [Variable, Variable][] {
    const optimizer = this.model?.optimizer ?? null;
    const found = optimizer === null ? [] : innermost(optimizer).movingAverages;
    if (found.length === 0)
      throw new InvalidArgumentError(
        '[SwapEMAWeights] must be used when `useEma: true` is set on the optimizer, and a step has been trained',
      );
    return found;
  }

  /** Brings the averages into the model, or the weights back. */
  private bring(averages: boolean): void {
    if (this.hasAverages === averages) return;
    for (const [weight, average] of this.pairs()) {
      const value = weight.read();
      weight.assignTensor(average.read());
      average.assignTensor(value);
    }
    this.hasAverages = averages;
  }

  override onEpochBegin(): void {
    if (this.swapOnEpoch) this.bring(false);
  }

  override onEpochEnd(epoch: number): void {
    if (!this.swapOnEpoch) return;
    this.bring(true);
    // At the end of training the optimizer assigns the averages to the weights.
    const isLast = epoch === (this.params?.epochs ?? 0) - 1 || this.model?.stopTraining === true;
    if (!isLast) return;
    for (const [weight, average] of this.pairs()) average.assignTensor(weight.read());
    this.hasAverages = false;
  }

  override onTestBegin(): void {
    this.bring(true);
  }

  override onTestEnd(): void {
    this.bring(false);
  }

  override onPredictBegin(): void {
    this.bring(true);
  }

  override onPredictEnd(): void {
    this.bring(false);
  }
}
