/** The cell of SimpleRNN. */
import type { Tensor } from '../../../core/tensor';
import { add } from '../../../ops/math/binary';
import type { Config } from '../../base/keras_object';
import type { KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import type { LayerOptions } from '../options';
import { biased, maskedTimes } from './projection';
import { checkUnits, RecurrentCell, type SplitStep, type WeightOptions } from './recurrent_cell';

export interface SimpleRNNCellOptions extends WeightOptions, Omit<LayerOptions, 'activityRegularizer'> {}

/**
 * One step of SimpleRNN: h' = activation(x·kernel + bias + h·recurrentKernel), the output and the next state; inputs
 * [batch, n], state [batch, units]. Weights: kernel [n, units], recurrentKernel [units, units], bias [units].
 * @tf tf.keras.layers.SimpleRNNCell
 */
export class SimpleRNNCell extends RecurrentCell {
  static override readonly positional = ['units'];
  readonly units: number;
  readonly stateSize: number;
  readonly outputSize: number;

  constructor(units: number, options: SimpleRNNCellOptions = {}) {
    checkUnits(units, 'SimpleRNNCell');
    super(options, 'SimpleRNNCell', 1);
    this.units = units;
    this.stateSize = units;
    this.outputSize = units;
  }

  override build(inputShape: KerasShape): void {
    const { units } = this;
    const n = inputShape[inputShape.length - 1] as number;
    this.addWeights([n, units], [units, units], [units], this.biasInitializer);
  }

  override masksFor(
    inputs: Tensor,
    state: Tensor,
    training: boolean,
  ): readonly [readonly Tensor[] | null, readonly Tensor[] | null] {
    // As in Keras, this cell draws masks outside of training too, and drops all of the inputs where the rate is 1.
    const masks = [this.inputMasks.for(inputs), this.stateMasks.for(state)] as const;
    return training ? masks : [null, null];
  }

  override split(inputMasks: readonly Tensor[] | null, stateMasks: readonly Tensor[] | null): SplitStep {
    const kernel = (this.kernel as Weight).read();
    const recurrentKernel = (this.recurrentKernel as Weight).read();
    const bias = this.bias?.read() ?? null;
    return {
      project: (x) => biased(maskedTimes(x, kernel, inputMasks), bias),
      advance: (projected, [h]) => [
        this.activation(add(projected, maskedTimes(h, recurrentKernel, stateMasks))),
      ],
    };
  }

  override getConfig(): Config {
    return { ...super.getConfig(), units: this.units };
  }
}
