/** The cell of LSTM. */
import type { DType } from '../../../core/dtype';
import type { Tensor } from '../../../core/tensor';
import { concat, split } from '../../../ops/array/joining';
import { ones } from '../../../ops/array/creation';
import { add, multiply } from '../../../ops/math/binary';
import type { Config } from '../../base/keras_object';
import type { KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { Initializer } from '../../initializers/initializer';
import { namedOptions } from '../../base/named_options';
import type { LayerOptions } from '../options';
import { biased, maskedTimes } from './projection';
import {
  checkBoolean,
  checkUnits,
  GatedCell,
  type GateOptions,
  type SplitStep,
  type WeightOptions,
} from './recurrent_cell';

/** A bias of four gates, of which that of the forget gate begins as 1. */
export class UnitForgetBias extends Initializer {
  constructor(private readonly others: Initializer) {
    super();
  }

  call([n]: readonly number[], dtype: DType): Tensor {
    const units = n / 4;
    return concat([this.others([units], dtype), ones([units], dtype), this.others([2 * units], dtype)], 0);
  }
}

export interface LSTMCellOptions
  extends WeightOptions, GateOptions, Omit<LayerOptions, 'activityRegularizer'> {
  /** Whether the bias of the forget gate begins as 1. Default true. */
  unitForgetBias?: boolean;
}

/** The next output and carry, from the sums of the gates [..., 4·units], in the order input, forget, candidate, output. */
export function lstmGates(
  parts: readonly Tensor[],
  carry: Tensor,
  activation: (x: Tensor) => Tensor,
  recurrentActivation: (x: Tensor) => Tensor,
): readonly Tensor[] {
  const [i, f, candidate, o] = parts;
  const next = add(
    multiply(recurrentActivation(f), carry),
    multiply(recurrentActivation(i), activation(candidate)),
  );
  return [multiply(recurrentActivation(o), activation(next)), next];
}

/**
 * One step of LSTM. With i, f, g, o the four blocks of x·kernel + bias + h·recurrentKernel:
 * c' = recurrentActivation(f)·c + recurrentActivation(i)·activation(g), h' = recurrentActivation(o)·activation(c'). The output is
 * h'; the states are [h', c']. Weights: kernel [n, 4·units], recurrentKernel [units, 4·units], bias [4·units].
 * @tf tf.keras.layers.LSTMCell
 */
export class LSTMCell extends GatedCell {
  static override readonly positional = ['units'];
  readonly units: number;
  readonly unitForgetBias: boolean;
  readonly stateSize: readonly [number, number];
  readonly outputSize: number;

  constructor(units: number, options: LSTMCellOptions = {}) {
    const { unitForgetBias = true, ...others } = namedOptions(options, 'LSTMCell');
    checkUnits(units, 'LSTMCell');
    checkBoolean(unitForgetBias, 'unitForgetBias', 'LSTMCell');
    super(others, 'LSTMCell', 4);
    this.units = units;
    this.unitForgetBias = unitForgetBias;
    this.stateSize = [units, units];
    this.outputSize = units;
  }

  override build(inputShape: KerasShape): void {
    const { units, biasInitializer } = this;
    const n = inputShape[inputShape.length - 1] as number;
    const bias = this.unitForgetBias ? new UnitForgetBias(biasInitializer) : biasInitializer;
    this.addWeights([n, 4 * units], [units, 4 * units], [4 * units], bias);
  }

  override split(inputMasks: readonly Tensor[] | null, stateMasks: readonly Tensor[] | null): SplitStep {
    const kernel = (this.kernel as Weight).read();
    const recurrentKernel = (this.recurrentKernel as Weight).read();
    const bias = this.bias?.read() ?? null;
    return {
      project: (x) => biased(maskedTimes(x, kernel, inputMasks), bias),
      advance: (projected, [h, c]) => {
        const sums = add(projected, maskedTimes(h, recurrentKernel, stateMasks));
        return lstmGates(split(sums, 4, { axis: -1 }), c, this.activation, this.recurrentActivation);
      },
    };
  }

  override getConfig(): Config {
    return { ...super.getConfig(), units: this.units, unitForgetBias: this.unitForgetBias };
  }
}
