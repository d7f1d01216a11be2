/** Vectors for integers. */
import type { TensorLike } from '../../../core/convert';
import type { DType } from '../../../core/dtype';
import { dtypeInfo } from '../../../core/dtype';
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { gather } from '../../../ops/index/indexing';
import { matmul } from '../../../ops/linalg/matmul';
import { divide, multiply } from '../../../ops/math/binary';
import { tanh } from '../../../ops/math/unary_math';
import { effectiveWeight, withLora } from '../../base/lora_weight';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { get as getConstraint, type Constraint, type ConstraintLike } from '../../constraints/get';
import { get as getInitializer, type InitializerLike } from '../../initializers/get';
import type { Initializer } from '../../initializers/initializer';
import { notEqual } from '../../ops/arithmetic';
import { wrapped } from '../../ops/indices';
import { get as getRegularizer, type RegularizerLike, type WeightRegularizer } from '../../regularizers/get';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { setMask } from '../call_context';
import { Layer } from '../layer';
import { addLora, loraArguments, loraConfig, type LoraLayerOptions, type LoraOptions } from '../lora';
import type { LayerOptions } from '../options';

export interface EmbeddingOptions extends Omit<LayerOptions, 'activityRegularizer'>, LoraLayerOptions {
  /** Default 'uniform'. */
  embeddingsInitializer?: InitializerLike;
  embeddingsRegularizer?: RegularizerLike | null;
  activityRegularizer?: RegularizerLike | null;
  embeddingsConstraint?: ConstraintLike | null;
  /** Whether 0 is padding: layers after this one get a mask that is false there. Default false. */
  maskZero?: boolean;
  /** The initial vectors, [inputDim, outputDim], in place of the initializer's. */
  weights?: TensorLike | readonly TensorLike[] | null;
}

function dimension(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0)
    throw new InvalidArgumentError(
      `[Embedding] \`${name}\` must be a positive integer. Received: ${name}=${describe(value)}`,
    );
  return value;
}

/**
 * A vector for each integer: [...] → [..., outputDim]. Weights: embeddings [inputDim, outputDim]. Negative integers count from
 * the end; InvalidArgumentError for those that are not less than inputDim. @tf tf.keras.layers.Embedding
 */
export class Embedding extends Layer {
  static override readonly positional: readonly string[] = ['inputDim', 'outputDim'];
  readonly inputDim: number;
  readonly outputDim: number;
  readonly embeddingsInitializer: Initializer;
  readonly embeddingsRegularizer: WeightRegularizer | null;
  readonly embeddingsConstraint: Constraint | null;
  readonly maskZero: boolean;
  embeddings: Weight | null = null;
  /** The rank of LoRA; null: none. */
  loraRank: number | null;
  loraAlpha: number | null;
  /** Whether `enableLora` was called. */
  loraEnabled = false;
  loraEmbeddingsA: Weight | null = null;
  loraEmbeddingsB: Weight | null = null;

  /**
   * @param inputDim The number of integers, from 0.
   * @param outputDim The size of the vectors.
   */
  constructor(inputDim: number, outputDim: number, options: EmbeddingOptions = {}) {
    const {
      embeddingsInitializer = 'uniform',
      embeddingsRegularizer = null,
      activityRegularizer = null,
      embeddingsConstraint = null,
      maskZero = false,
      weights = null,
      loraRank = null,
      loraAlpha = null,
      ...others
    } = namedOptions(options, 'Embedding');
    super({ ...others, activityRegularizer: getRegularizer(activityRegularizer, 'Embedding') });
    this.inputDim = dimension(inputDim, 'input_dim');
    this.outputDim = dimension(outputDim, 'output_dim');
    this.embeddingsInitializer = getInitializer(embeddingsInitializer, 'Embedding');
    this.embeddingsRegularizer = getRegularizer(embeddingsRegularizer, 'Embedding');
    this.embeddingsConstraint = getConstraint(embeddingsConstraint, 'Embedding');
    if (typeof maskZero !== 'boolean')
      throw new TypeError(`[Embedding] maskZero must be true or false; got ${describe(maskZero)}`);
    this.maskZero = maskZero;
    this.supportsMasking = maskZero;
    ({ loraRank: this.loraRank, loraAlpha: this.loraAlpha } = loraArguments(
      { loraRank, loraAlpha },
      'Embedding',
    ));
    if (weights !== null) {
      this.build();
      const list = Array.isArray(weights) && weights.length === 1 ? (weights as TensorLike[]) : [weights];
      this.setWeights(list as TensorLike[]);
    }
  }

  protected override get convertsFloats(): boolean {
    return false;
  }

  override build(_inputShape?: KerasShape): void {
    if (this.built) return;
    this.embeddings = this.addWeight({
      name: 'embeddings',
      shape: [this.inputDim, this.outputDim],
      initializer: this.embeddingsInitializer,
      regularizer: this.embeddingsRegularizer,
      constraint: this.embeddingsConstraint,
      autocast: false,
    });
    this.built = true;
    if (this.loraRank !== null) this.enableLora(this.loraRank, { loraAlpha: this.loraAlpha });
  }

  /**
   * Freezes the embeddings and uses embeddings + (loraAlpha / rank)·A·B in its place, with trained float32 weights A [inputDim, rank] and
   * B [rank, outputDim]. Files get that sum as the embeddings. The model must be compiled again. InvalidArgumentError if the layer is not
   * built, has LoRA already, or has a constraint of the embeddings.
   * @tf tf.keras.layers.Embedding
   */
  enableLora(rank: number, options: LoraOptions = {}): void {
    const { embeddings: weight, embeddingsRegularizer: regularizer, embeddingsConstraint: constraint } = this;
    const added = addLora(this, { weight, name: 'embeddings', regularizer, constraint }, rank, options);
    ({
      a: this.loraEmbeddingsA,
      b: this.loraEmbeddingsB,
      loraRank: this.loraRank,
      loraAlpha: this.loraAlpha,
    } = added);
    this.loraEnabled = true;
  }

  call(x: Tensor, ..._rest: unknown[]): Tensor {
    const whole = x.dtype === 'int32' || x.dtype === 'int64' ? x : cast(x, 'int32');
    const embeddings = this.embeddings as Weight;
    const places = wrapped(whole, this.inputDim);
    let vectors: Tensor = gather(embeddings, places);
    if (embeddings.lora !== null) {
      // The rows of A alone: their gradient is that of a few rows, too.
      const { a, b, scale } = embeddings.lora;
      vectors = withLora(vectors, gather(a, places), b.operand(), scale);
    }
    return vectors.dtype === this.computeDtype ? vectors : cast(vectors, this.computeDtype);
  }

  override computeMask(x: Tensor | KerasTensor, _previousMask: unknown): unknown {
    return this.maskZero ? notEqual(x, 0) : null;
  }

  override computeOutputSpec(x: KerasTensor, ..._rest: unknown[]): KerasTensor {
    return new KerasTensor([...x.shape, this.outputDim], this.computeDtype);
  }

  override getConfig(): Config {
    const { inputDim, outputDim, embeddingsInitializer, embeddingsRegularizer } = this;
    const { activityRegularizer, embeddingsConstraint, maskZero } = this;
    return {
      ...super.getConfig(),
      ...{ inputDim, outputDim, embeddingsInitializer, embeddingsRegularizer, activityRegularizer },
      ...{ embeddingsConstraint, maskZero },
      ...loraConfig(this),
    };
  }
}

export interface ReversibleEmbeddingOptions extends EmbeddingOptions {
  /** Whether the reverse projection has the same weights. Default true. */
  tieWeights?: boolean;
  /** The dtype of the reverse projection. Default: that of the layer. */
  reverseDtype?: DType | null;
  /** Limits the logits to (−c, c): c·tanh(logits / c). Default: no limit. */
  logitSoftCap?: number | null;
}

/**
 * An embedding that also projects back: with the call option `reverse: true`, [..., outputDim] → logits [..., inputDim], by the
 * transposed embeddings or, without `tieWeights`, a matrix of its own. Weights: embeddings [inputDim, outputDim]; if they are
 * not tied, reverseEmbeddings [outputDim, inputDim]. @tf tf.keras.layers.ReversibleEmbedding
 */
export class ReversibleEmbedding extends Embedding {
  readonly tieWeights: boolean;
  readonly reverseDtype: DType | null;
  readonly logitSoftCap: number | null;
  reverseEmbeddings: Weight | null = null;

  constructor(inputDim: number, outputDim: number, options: ReversibleEmbeddingOptions = {}) {
    const {
      tieWeights = true,
      reverseDtype = null,
      logitSoftCap = null,
      weights = null,
      ...others
    } = namedOptions(options, 'ReversibleEmbedding');
    super(inputDim, outputDim, others);
    this.tieWeights = tieWeights;
    this.reverseDtype =
      reverseDtype === null ? null : dtypeInfo(reverseDtype, '[ReversibleEmbedding] reverseDtype').name;
    if (logitSoftCap !== null && typeof logitSoftCap !== 'number')
      throw new TypeError(
        `[ReversibleEmbedding] logitSoftCap must be a number or null; got ${describe(logitSoftCap)}`,
      );
    this.logitSoftCap = logitSoftCap;
    if (weights !== null) {
      this.build();
      this.setWeights(
        (Array.isArray(weights) && weights[0] instanceof Tensor ? weights : [weights]) as TensorLike[],
      );
    }
  }

  override build(inputShape?: KerasShape): void {
    if (this.built) return;
    super.build(inputShape);
    if (!this.tieWeights)
      this.reverseEmbeddings = this.addWeight({
        name: 'reverse_embeddings',
        shape: [this.outputDim, this.inputDim],
        initializer: this.embeddingsInitializer,
        autocast: false,
      });
  }

  override call(x: Tensor, { reverse = false }: { reverse?: boolean } = {}): Tensor {
    if (reverse) return this.project(x);
    const vectors = super.call(x);
    if (this.maskZero) setMask(vectors, notEqual(x, 0));
    return vectors;
  }

  private project(x: Tensor): Tensor {
    const weight = (this.tieWeights ? this.embeddings : this.reverseEmbeddings) as Weight;
    const matrix =
      weight.lora === null ? weight.read() : (effectiveWeight(weight, this.computeDtype) as Tensor);
    const { reverseDtype, logitSoftCap: cap } = this;
    const dtype = reverseDtype ?? this.computeDtype;
    const of = (t: Tensor): Tensor => (t.dtype === dtype ? t : cast(t, dtype));
    const logits = matmul(of(x), of(matrix), { transposeB: this.tieWeights });
    return cap === null ? logits : multiply(tanh(divide(logits, cap)), cap);
  }

  /** The mask is attached in the call. */
  override computeMask(): unknown {
    return null;
  }

  override computeOutputSpec(x: KerasTensor, { reverse = false }: { reverse?: boolean } = {}): KerasTensor {
    const shape = reverse ? [...x.shape.slice(0, -1), this.inputDim] : [...x.shape, this.outputDim];
    return new KerasTensor(shape, this.computeDtype);
  }

  override getConfig(): Config {
    const { tieWeights, reverseDtype, logitSoftCap } = this;
    return { ...super.getConfig(), tieWeights, reverseDtype, logitSoftCap };
  }
}
