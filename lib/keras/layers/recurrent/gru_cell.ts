/** The cell of GRU. */
import type { Tensor } from '../../../core/tensor';
import { zeros } from '../../../ops/array/creation';
import { concat, split } from '../../../ops/array/joining';
import { slice } from '../../../ops/array/slicing';
import { unstack } from '../../../ops/array/joining';
import { add, multiply, subtract } from '../../../ops/math/binary';
import type { Config } from '../../base/keras_object';
import type { KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { namedOptions } from '../../base/named_options';
import type { LayerOptions } from '../options';
import { biased, maskedTimes, rowsTimes } from './projection';
import {
  checkBoolean,
  checkUnits,
  GatedCell,
  type GateOptions,
  type SplitStep,
  type WeightOptions,
} from './recurrent_cell';

export interface GRUCellOptions
  extends WeightOptions, GateOptions, Omit<LayerOptions, 'activityRegularizer'> {
  /** Whether the reset gate is applied after the product with the state, as cuDNN does, or before. Default true. */
  resetAfter?: boolean;
}

/**
 * One step of GRU. With z, r, g the three blocks of the sums of inputs and state, σ the recurrentActivation:
 * h' = σ(z)·h + (1 − σ(z))·activation(g), where the reset gate σ(r) multiplies the state's part of g (`resetAfter`), or the state
 * of which that is made. The output is h', the state too. Weights: kernel [n, 3·units], recurrentKernel [units, 3·units], bias
 * [2, 3·units] for inputs and state (`resetAfter`) or [3·units]. @tf tf.keras.layers.GRUCell
 */
export class GRUCell extends GatedCell {
  static override readonly positional = ['units'];
  readonly units: number;
  readonly resetAfter: boolean;
  readonly stateSize: number;
  readonly outputSize: number;

  constructor(units: number, options: GRUCellOptions = {}) {
    const { resetAfter = true, ...others } = namedOptions(options, 'GRUCell');
    checkUnits(units, 'GRUCell');
    checkBoolean(resetAfter, 'resetAfter', 'GRUCell');
    super(others, 'GRUCell', 3);
    this.units = units;
    this.resetAfter = resetAfter;
    this.stateSize = units;
    this.outputSize = units;
  }

  override build(inputShape: KerasShape): void {
    const wide = 3 * this.units;
    const n = inputShape[inputShape.length - 1] as number;
    const bias = this.resetAfter ? [2, wide] : [wide];
    this.addWeights([n, wide], [this.units, wide], bias, this.biasInitializer);
  }

  override split(inputMasks: readonly Tensor[] | null, stateMasks: readonly Tensor[] | null): SplitStep {
    const kernel = (this.kernel as Weight).read();
    const recurrentKernel = (this.recurrentKernel as Weight).read();
    const { inputBias, candidateBias } = this.biases();
    const project = (x: Tensor): Tensor => biased(maskedTimes(x, kernel, inputMasks), inputBias);
    const { units } = this;
    const mixed = (z: Tensor, h: Tensor, sums: Tensor): readonly Tensor[] => [
      add(multiply(z, h), multiply(subtract(1, z), this.activation(sums))),
    ];
    if (this.resetAfter) {
      return {
        project,
        advance: (projected, [h]) => {
          const [xz, xr, xg] = split(projected, 3, { axis: -1 });
          const [hz, hr, hg] = split(maskedTimes(h, recurrentKernel, stateMasks), 3, { axis: -1 });
          const reset = this.recurrentActivation(add(xr, hr));
          const candidate = add(xg, multiply(reset, biased(hg, candidateBias)));
          return mixed(this.recurrentActivation(add(xz, hz)), h, candidate);
        },
      };
    }
    const gateKernel = slice(recurrentKernel, [0, 0], [units, 2 * units]);
    const candidateKernel = slice(recurrentKernel, [0, 2 * units], [units, units]);
    const gateMasks = stateMasks?.slice(0, 2) ?? null;
    return {
      project,
      advance: (projected, [h]) => {
        const [xz, xr, xg] = split(projected, 3, { axis: -1 });
        const [hz, hr] = split(maskedTimes(h, gateKernel, gateMasks), 2, { axis: -1 });
        const reset = this.recurrentActivation(add(xr, hr));
        const masked = stateMasks === null ? h : multiply(h, stateMasks[2]);
        const candidate = add(xg, rowsTimes(multiply(reset, masked), candidateKernel));
        return mixed(this.recurrentActivation(add(xz, hz)), h, candidate);
      },
    };
  }

  /** The bias of the inputs, to which those of the state's gates are added, and that of the state's part of the candidate. */
  private biases(): { inputBias: Tensor | null; candidateBias: Tensor | null } {
    if (this.bias === null) return { inputBias: null, candidateBias: null };
    const bias = this.bias.read();
    if (!this.resetAfter) return { inputBias: bias, candidateBias: null };
    const { units } = this;
    const [inputs, state] = unstack(bias);
    const gates = slice(state, [0], [2 * units]);
    const inputBias = add(inputs, concat([gates, zeros([units], bias.dtype as 'float32')], 0));
    return { inputBias, candidateBias: slice(state, [2 * units], [units]) };
  }

  override getConfig(): Config {
    return { ...super.getConfig(), units: this.units, resetAfter: this.resetAfter };
  }
}
