/** The dense layer that computes an einsum. */
import type { TensorLike } from '../../../core/convert';
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { einsum } from '../../../ops/linalg/einsum';
import { add } from '../../../ops/math/binary';
import { getActivation, type Activation } from '../../activations/get';
import { effectiveWeight } from '../../base/lora_weight';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { get as getConstraint, type Constraint } from '../../constraints/get';
import { get as getInitializer } from '../../initializers/get';
import type { Initializer } from '../../initializers/initializer';
import { VarianceScaling } from '../../initializers/random_initializers';
import { get as getRegularizer, type WeightRegularizer } from '../../regularizers/get';
import { Layer } from '../layer';
import { addLora, loraArguments, loraConfig, type LoraOptions } from '../lora';
import type { DenseOptions } from './dense';
import { einsumShapes, type EinsumShapes } from './einsum_equation';

export interface EinsumDenseOptions extends Omit<DenseOptions, 'useBias'> {
  /** The dimensions of the result that have a bias, as letters of the equation: 'bc'. Default: no bias. */
  biasAxes?: string | null;
}

/** The shape in a config or argument. */
function shapeArgument(value: unknown): KerasShape {
  const list: unknown = typeof value === 'number' ? [value] : value;
  if (!Array.isArray(list))
    throw new TypeError(
      `[EinsumDense] outputShape must be an integer or an array of integers and nulls; got ${describe(value)}`,
    );
  if (!list.every((n) => n === null || (Number.isInteger(n) && (n as number) >= 0)))
    throw new InvalidArgumentError(
      `[EinsumDense] outputShape must have sizes, and null for those that the inputs have; got ${describe(value)}`,
    );
  return [...(list as KerasShape)];
}

/**
 * activation(einsum(equation, x, kernel) + bias): the kernel's shape follows from the equation, `'abc,cd->abd'`, the inputs and
 * the shape of the results. An ellipsis at the beginning or the end of inputs and results stands for any dimensions.
 * Weights: kernel; bias, of the dimensions `biasAxes`. @tf tf.keras.layers.EinsumDense
 */
export class EinsumDense extends Layer {
  static override readonly positional = ['equation', 'outputShape'];
  readonly equation: string;
  /** The shape of the results without batch and ellipsis. */
  readonly partialOutputShape: KerasShape;
  readonly activation: Activation;
  readonly biasAxes: string | null;
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

  /**
   * @param equation Such as `'ab,bc->ac'`, `'...ab,bc->...ac'` or `'ab...,bc->ac...'`.
   * @param outputShape The shape of the results without the batch and what the ellipsis stands for; null for a size that the
   * inputs have.
   */
  constructor(equation: string, outputShape: number | KerasShape, options: EinsumDenseOptions = {}) {
    const {
      activation = null,
      biasAxes = null,
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
    } = namedOptions(options, 'EinsumDense');
    super({ ...others, activityRegularizer: getRegularizer(activityRegularizer, 'EinsumDense') });
    if (typeof equation !== 'string')
      throw new TypeError(
        `[EinsumDense] equation must be a string such as 'ab,bc->ac'; got ${describe(equation)}`,
      );
    if (biasAxes !== null && (typeof biasAxes !== 'string' || biasAxes === ''))
      throw new TypeError(
        `[EinsumDense] biasAxes must be letters of the equation, or null; got ${describe(biasAxes)}`,
      );
    this.equation = equation;
    this.partialOutputShape = shapeArgument(outputShape);
    this.biasAxes = biasAxes;
    this.activation = getActivation(activation, 'EinsumDense');
    ({ loraRank: this.loraRank, loraAlpha: this.loraAlpha } = loraArguments(
      { loraRank, loraAlpha },
      'EinsumDense',
    ));
    this.kernelInitializer = getInitializer(kernelInitializer, 'EinsumDense');
    this.biasInitializer = getInitializer(biasInitializer, 'EinsumDense');
    this.kernelRegularizer = getRegularizer(kernelRegularizer, 'EinsumDense');
    this.biasRegularizer = getRegularizer(biasRegularizer, 'EinsumDense');
    this.kernelConstraint = getConstraint(kernelConstraint, 'EinsumDense');
    this.biasConstraint = getConstraint(biasConstraint, 'EinsumDense');
  }

  private shapesFor(inputShape: KerasShape): EinsumShapes {
    return einsumShapes(this.equation, this.biasAxes, inputShape, this.partialOutputShape);
  }

  override build(inputShape: KerasShape): void {
    const { kernel, bias, inputAxes, outputAxes } = this.shapesFor(inputShape);
    const known = (shape: KerasShape, what: string): number[] =>
      shape.map((n) => {
        if (n !== null) return n;
        throw new InvalidArgumentError(
          `[${this.name}] the sizes of the ${what} must be known; the inputs or outputShape leave some open`,
        );
      });
    this.kernel = this.addWeight({
      name: 'kernel',
      shape: known(kernel, 'kernel'),
      initializer: this.initializerFor(inputAxes, outputAxes),
      regularizer: this.kernelRegularizer,
      constraint: this.kernelConstraint,
    });
    if (bias !== null)
      this.bias = this.addWeight({
        name: 'bias',
        shape: known(bias, 'bias'),
        initializer: this.biasInitializer,
        regularizer: this.biasRegularizer,
        constraint: this.biasConstraint,
      });
    this.inputSpec = { ndim: inputShape.length };
    this.built = true;
    if (this.loraRank !== null) this.enableLora(this.loraRank, { loraAlpha: this.loraAlpha });
  }

  /** The kernel's initializer; one that scales by the numbers of inputs and outputs is told which axes these are. */
  private initializerFor(inputAxes: readonly number[], outputAxes: readonly number[]): Initializer {
    const { kernelInitializer: given } = this;
    if (!(given instanceof VarianceScaling)) return given;
    return given.withAxes(inputAxes, outputAxes);
  }

  /**
   * Freezes the kernel and uses kernel + (loraAlpha / rank)·A·B in its place, with trained float32 weights A with the rank as
   * the kernel's last dimension and
   * B [rank, the last of the kernel]. Files get that sum as the kernel. The model must be compiled again. InvalidArgumentError if the layer is not
   * built, has LoRA already, or has a constraint of the kernel.
   * @tf tf.keras.layers.EinsumDense
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

  call(x: Tensor): Tensor {
    const y = einsum<TensorLike>(this.equation, x, effectiveWeight(this.kernel as Weight, this.computeDtype));
    return this.activation(this.bias === null ? y : add(y, this.bias));
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    return this.shapesFor(inputShape).output;
  }

  override getConfig(): Config {
    const { equation, partialOutputShape, activation, biasAxes, kernelInitializer, biasInitializer } = this;
    const { kernelRegularizer, biasRegularizer, activityRegularizer, kernelConstraint, biasConstraint } =
      this;
    return {
      ...super.getConfig(),
      ...{ outputShape: partialOutputShape, equation, activation, biasAxes, kernelInitializer },
      ...{ biasInitializer, kernelRegularizer, biasRegularizer, activityRegularizer },
      ...{ kernelConstraint, biasConstraint },
      ...loraConfig(this),
    };
  }
}
