/** The densely connected layer. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { matmul } from '../../../ops/linalg/matmul';
import { add } from '../../../ops/math/binary';
import { reshape } from '../../../ops/array/views';
import { getActivation, type Activation, type ActivationLike } from '../../activations/get';
import { effectiveWeight } from '../../base/lora_weight';
import type { Config } from '../../base/keras_object';
import type { KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { get as getConstraint, type Constraint, type ConstraintLike } from '../../constraints/get';
import { get as getInitializer, type InitializerLike } from '../../initializers/get';
import type { Initializer } from '../../initializers/initializer';
import { get as getRegularizer, type RegularizerLike, type WeightRegularizer } from '../../regularizers/get';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import { addLora, loraArguments, loraConfig, type LoraLayerOptions, type LoraOptions } from '../lora';
import type { LayerOptions } from '../options';
import { namedOptions } from '../../base/named_options';

export interface DenseOptions extends Omit<LayerOptions, 'activityRegularizer'>, LoraLayerOptions {
  /** Applied to the result. Default: none. */
  activation?: ActivationLike | null;
  /** Default true. */
  useBias?: boolean;
  /** Default 'glorot_uniform'. */
  kernelInitializer?: InitializerLike;
  /** Default 'zeros'. */
  biasInitializer?: InitializerLike;
  kernelRegularizer?: RegularizerLike | null;
  biasRegularizer?: RegularizerLike | null;
  activityRegularizer?: RegularizerLike | null;
  kernelConstraint?: ConstraintLike | null;
  biasConstraint?: ConstraintLike | null;
}

/**
 * activation(x·kernel + bias): inputs [..., n] → [..., units]. Weights: kernel [n, units], bias [units].
 * @tf tf.keras.layers.Dense
 */
export class Dense extends Layer {
  static override readonly positional = ['units'];
  readonly units: number;
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: WeightRegularizer | null;
  readonly biasRegularizer: WeightRegularizer | null;
  readonly kernelConstraint: Constraint | null;
  readonly biasConstraint: Constraint | null;
  kernel: Weight | null = null;
  bias: Weight | null = null;
  /** The rank of LoRA; null: none. */
  loraRank: number | null;
  loraAlpha: number | null;
  /** Whether `enableLora` was called. */
  loraEnabled = false;
  loraKernelA: Weight | null = null;
  loraKernelB: Weight | null = null;

  constructor(units: number, options: DenseOptions = {}) {
    const {
      activation = null,
      useBias = true,
      kernelInitializer = 'glorot_uniform',
      biasInitializer = 'zeros',
      kernelRegularizer = null,
      biasRegularizer = null,
      activityRegularizer = null,
      kernelConstraint = null,
      biasConstraint = null,
      loraRank = null,
      loraAlpha = null,
      ...others
    } = namedOptions(options, 'Dense');
    super({ ...others, activityRegularizer: getRegularizer(activityRegularizer, 'Dense') });
    if (!Number.isInteger(units) || units <= 0)
      throw new InvalidArgumentError(
        `[Dense] Received an invalid value for \`units\`, expected a positive integer. Received: units=${describe(units)}`,
      );
    this.units = units;
    this.activation = getActivation(activation, 'Dense');
    this.useBias = useBias;
    this.kernelInitializer = getInitializer(kernelInitializer, 'Dense');
    this.biasInitializer = getInitializer(biasInitializer, 'Dense');
    this.kernelRegularizer = getRegularizer(kernelRegularizer, 'Dense');
    this.biasRegularizer = getRegularizer(biasRegularizer, 'Dense');
    this.kernelConstraint = getConstraint(kernelConstraint, 'Dense');
    this.biasConstraint = getConstraint(biasConstraint, 'Dense');
    ({ loraRank: this.loraRank, loraAlpha: this.loraAlpha } = loraArguments(
      { loraRank, loraAlpha },
      'Dense',
    ));
    this.inputSpec = { minNdim: 2 };
    this.supportsMasking = true;
  }

  override build(inputShape: KerasShape): void {
    const n = inputShape[inputShape.length - 1];
    if (n === null)
      throw new InvalidArgumentError('[Dense] the last dimension of the inputs must be known; got None');
    this.kernel = this.addWeight({
      name: 'kernel',
      shape: [n, this.units],
      initializer: this.kernelInitializer,
      regularizer: this.kernelRegularizer,
      constraint: this.kernelConstraint,
    });
    if (this.useBias)
      this.bias = this.addWeight({
        name: 'bias',
        shape: [this.units],
        initializer: this.biasInitializer,
        regularizer: this.biasRegularizer,
        constraint: this.biasConstraint,
      });
    this.inputSpec = { minNdim: 2, axes: { [-1]: n } };
    this.built = true;
    if (this.loraRank !== null) this.enableLora(this.loraRank, { loraAlpha: this.loraAlpha });
  }

  /**
   * Freezes the kernel and uses kernel + (loraAlpha / rank)·A·B in its place, with trained float32 weights A [n, rank] and
   * B [rank, units]. Files get that sum as the kernel. The model must be compiled again. InvalidArgumentError if the layer is not
   * built, has LoRA already, or has a constraint of the kernel.
   * @tf tf.keras.layers.Dense
   */
  enableLora(rank: number, options: LoraOptions = {}): void {
    const { kernel: weight, kernelRegularizer: regularizer, kernelConstraint: constraint } = this;
    const added = addLora(this, { weight, name: 'kernel', regularizer, constraint }, rank, options);
    ({
      a: this.loraKernelA,
      b: this.loraKernelB,
      loraRank: this.loraRank,
      loraAlpha: this.loraAlpha,
    } = added);
    this.loraEnabled = true;
  }

  call(inputs: Tensor): Tensor {
    const x = inputs.dt.kind === 'float' ? inputs : cast(inputs, this.computeDtype);
    const { shape } = x;
    const n = shape[shape.length - 1];
    const rows = shape.length > 2 ? reshape(x, [x.size / Math.max(1, n), n]) : x;
    const product = matmul(rows, effectiveWeight(this.kernel as Weight, this.computeDtype));
    const biased = this.bias === null ? product : add(product, this.bias);
    return this.activation(shape.length > 2 ? reshape(biased, [...shape.slice(0, -1), this.units]) : biased);
  }

  override computeOutputSpec(x: KerasTensor): KerasTensor {
    return new KerasTensor([...x.shape.slice(0, -1), this.units], this.computeDtype);
  }

  override getConfig(): Config {
    const { units, activation, useBias, kernelInitializer, biasInitializer } = this;
    const { kernelRegularizer, biasRegularizer, activityRegularizer, kernelConstraint, biasConstraint } =
      this;
    return {
      ...super.getConfig(),
      ...{ units, activation, useBias, kernelInitializer, biasInitializer, kernelRegularizer },
      ...{ biasRegularizer, kernelConstraint, biasConstraint },
      ...(activityRegularizer === null ? {} : { activityRegularizer }),
      ...loraConfig(this),
    };
  }
}
