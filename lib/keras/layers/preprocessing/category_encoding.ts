/** Vectors of category numbers. */
import type { TensorLike } from '../../../core/convert';
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { convertToTensor } from '../../../ops/array/convert';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import type { LayerOptions } from '../options';
import { encodeCategories, encodedShape, outputModeOf, refuseSparse } from './encoding';

const modes = ['multi_hot', 'one_hot', 'count'] as const;
type EncodingMode = (typeof modes)[number];

export interface CategoryEncodingOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** The number of categories: numbers are less. Required. */
  numTokens: number;
  /** 'multi_hot' (default): which categories occur; 'count': how often; 'one_hot': a vector for each number. */
  outputMode?: EncodingMode | 'binary';
  /** Sparse results, which are not supported. */
  sparse?: boolean;
}

/**
 * Vectors of category numbers: inputs [..., n] → [..., numTokens], one-hot [..., n, numTokens]. Called with `countWeights` in the mode
 * 'count', occurrences count for their weights. @tf tf.keras.layers.CategoryEncoding
 */
export class CategoryEncoding extends Layer {
  readonly numTokens: number;
  readonly outputMode: EncodingMode;

  constructor(options: CategoryEncodingOptions) {
    const {
      numTokens,
      outputMode = 'multi_hot',
      sparse,
      ...others
    } = namedOptions(options, 'CategoryEncoding');
    super(others);
    this.outputMode = outputModeOf(outputMode, modes, 'CategoryEncoding');
    refuseSparse(sparse, 'CategoryEncoding');
    if ((numTokens as unknown) === undefined || (numTokens as unknown) === null)
      throw new InvalidArgumentError(
        '[CategoryEncoding] numTokens must be set to use this layer. If the number of tokens is not known beforehand, use the ' +
          'IntegerLookup layer instead.',
      );
    if (!Number.isInteger(numTokens) || numTokens < 1)
      throw new InvalidArgumentError(
        `[CategoryEncoding] \`numTokens\` must be an integer >= 1. Received: numTokens=${describe(numTokens)}.`,
      );
    this.numTokens = numTokens;
  }

  protected override get convertsFloats(): boolean {
    return false;
  }

  call(inputs: Tensor, options: { countWeights?: TensorLike | null } = {}): Tensor {
    const { countWeights = null } = options;
    if (countWeights !== null && this.outputMode !== 'count')
      throw new InvalidArgumentError(
        `[CategoryEncoding] \`countWeights\` is not used when \`outputMode\` is not \`'count'\`. Received: ` +
          `countWeights=${describe(countWeights)}`,
      );
    const weights =
      countWeights === null
        ? null
        : cast(convertToTensor(countWeights, { dtypeHint: this.computeDtype }), this.computeDtype);
    return encodeCategories(inputs, this.outputMode, this.numTokens, this.dtype, weights);
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    return inputShape.length === 0
      ? [this.numTokens]
      : encodedShape(inputShape, this.outputMode, this.numTokens);
  }

  override computeOutputSpec(x: KerasTensor): KerasTensor {
    return new KerasTensor(this.computeOutputShape(x.shape), this.computeDtype);
  }

  override getConfig(): Config {
    const { numTokens, outputMode } = this;
    return { ...super.getConfig(), numTokens, outputMode };
  }
}
