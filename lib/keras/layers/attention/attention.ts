/** Attention of queries to values, without projections. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { expandDims } from '../../../ops/array/views';
import { matmul } from '../../../ops/linalg/matmul';
import { add, multiply, subtract } from '../../../ops/math/binary';
import { logicalAnd } from '../../../ops/math/compare';
import { select } from '../../../ops/math/select';
import { tanh } from '../../../ops/math/unary_math';
import { softmax } from '../../../ops/nn/softmax';
import { reduceSum } from '../../../ops/reduce/reduce';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { SeedGenerator } from '../../base/seed';
import type { KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import type { CallOptions, LayerOptions } from '../options';
import { dropped } from '../regularization/dropout';
import { checkBoolean, checkRate, checkSeed } from './arguments';
import { asBool, causalMask } from './masks';

const scoreModes = ['dot', 'concat'] as const;

export interface AttentionOptions extends LayerOptions {
  /** Whether a scalar weight scales the scores. Default false. */
  useScale?: boolean;
  /** 'dot' (default), the products of queries and keys, or 'concat': w·Σ tanh(query + key), with a scalar weight w. */
  scoreMode?: (typeof scoreModes)[number];
  /** The fraction of the attention weights that training sets to 0. Default 0. */
  dropout?: number;
  /** The seed of the dropout. */
  seed?: number | null;
}

export interface AttentionCallOptions extends CallOptions {
  /** Whether the results are [output, attention weights]. Default false. */
  returnAttentionScores?: boolean;
  /** Whether a query attends to the keys up to its own position alone. Default false. */
  useCausalMask?: boolean;
}

const fail = (message: string): never => {
  throw new InvalidArgumentError(message);
};

/**
 * softmax(query·keyᵀ)·value of the inputs [query, value] or [query, value, key]: query [batch, Tq, dim], value and key
 * [batch, Tv, dim] → [batch, Tq, dim]. The mask of a call is a list too, [queryMask, valueMask]: values that do not count are left
 * out, and the results of queries that do not count are 0. Weights: scale and concat_score_weight, scalars, if the options ask for
 * them. @tf tf.keras.layers.Attention
 */
export class Attention extends Layer {
  readonly useScale: boolean;
  readonly scoreMode: (typeof scoreModes)[number];
  readonly dropout: number;
  readonly seed: number | null;
  readonly seedGenerator: SeedGenerator | null;
  scale: Weight | null = null;
  concatScoreWeight: Weight | null = null;

  constructor(options: AttentionOptions = {}) {
    const {
      useScale = false,
      scoreMode = 'dot',
      dropout = 0,
      seed = null,
      ...others
    } = namedOptions(options, 'Attention');
    super(others);
    checkBoolean(useScale, 'useScale', this.name);
    if (!scoreModes.includes(scoreMode))
      fail(
        `[${this.name}] Invalid value for argument scoreMode. Expected one of {'dot', 'concat'}. Received: ` +
          `scoreMode=${describe(scoreMode)}`,
      );
    this.supportsMasking = true;
    this.useScale = useScale;
    this.scoreMode = scoreMode;
    this.dropout = checkRate(dropout, this.name);
    this.seed = checkSeed(seed, this.name);
    this.seedGenerator = dropout > 0 ? new SeedGenerator(seed) : null;
  }

  override build(inputShape: KerasShape): void {
    this.checkList(inputShape);
    this.buildWeights(inputShape as unknown as readonly KerasShape[]);
    this.built = true;
  }

  /** Creates the weights for inputs of these shapes. */
  protected buildWeights(_shapes: readonly KerasShape[]): void {
    if (this.useScale) this.scale = this.addWeight({ name: 'scale', shape: [], initializer: 'ones' });
    if (this.scoreMode === 'concat')
      this.concatScoreWeight = this.addWeight({
        name: 'concat_score_weight',
        shape: [],
        initializer: 'ones',
      });
  }

  /** InvalidArgumentError unless the inputs, or their shapes, are a list of two or three. */
  private checkList(inputs: unknown): void {
    const what = 'namely [query, value] or [query, value, key]';
    const list: unknown = inputs;
    if (!Array.isArray(list) || typeof list[0] === 'number')
      fail(`[${this.name}] layer must be called on a list of inputs, ${what}. Received: ${describe(inputs)}`);
    const { length } = list as unknown[];
    if (length < 2 || length > 3)
      fail(`[${this.name}] layer accepts inputs list of length 2 or 3, ${what}. Received length: ${length}`);
  }

  private checkMask(mask: unknown): readonly (Tensor | null)[] | null {
    if (mask === null || mask === undefined) return null;
    if (!Array.isArray(mask))
      return fail(
        `[${this.name}] layer mask must be a list, namely [queryMask, valueMask]. Received: mask=${describe(mask)}`,
      );
    if (mask.length < 2 || mask.length > 3)
      fail(`[${this.name}] layer accepts mask list of length 2 or 3. Received length: ${mask.length}`);
    return mask as readonly (Tensor | null)[];
  }

  /** The scores of each key for each query, [batch, Tq, Tv]. */
  protected scores(query: Tensor, key: Tensor): Tensor {
    if (this.scoreMode === 'dot') {
      const products = matmul(query, key, { transposeB: true });
      return this.scale === null ? products : multiply(products, this.scale);
    }
    const sum = pairs(query, key);
    const scaled = this.scale === null ? sum : multiply(sum, this.scale);
    return multiply(this.concatScoreWeight as Weight, reduceSum(tanh(scaled), { axis: -1 }));
  }

  call(inputs: readonly Tensor[], options: AttentionCallOptions = {}): Tensor | Tensor[] {
    this.checkList(inputs);
    const { training = false, returnAttentionScores = false, useCausalMask = false } = options;
    const mask = this.checkMask(options.mask);
    const [query, value, key = value] = inputs;
    const [queryMask, valueMask] = [mask?.[0] ?? null, mask?.[1] ?? null];
    const scores = this.scores(query, key);
    const kept = scoreMask(scores, valueMask, useCausalMask);
    const large = scores.dtype === 'float16' ? 65504 : 1e9;
    const counted = kept === null ? scores : select(kept, scores, subtract(scores, large));
    const weights = softmax(counted, { axis: -1 });
    const { seedGenerator } = this;
    const left =
      training && seedGenerator !== null
        ? dropped(weights, this.dropout, null, () => seedGenerator.next())
        : weights;
    const product = matmul(left, value);
    const output = queryMask === null ? product : select(expandDims(asBool(queryMask), -1), product, 0);
    return returnAttentionScores ? [output, weights] : output;
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    this.checkList(inputShape);
    const [query, value] = inputShape as unknown as readonly KerasShape[];
    return [...query.slice(0, -1), value[value.length - 1]];
  }

  override computeOutputSpec(
    inputs: readonly KerasTensor[],
    options: AttentionCallOptions = {},
  ): KerasTensor | KerasTensor[] {
    this.checkList(inputs);
    this.checkMask(options.mask);
    const [query, value, key = value] = inputs.map(({ shape }) => shape);
    const one = (shape: KerasShape): KerasTensor => new KerasTensor(shape, this.computeDtype);
    const output = one([...query.slice(0, -1), value[value.length - 1]]);
    if (options.returnAttentionScores !== true) return output;
    return [output, one([...query.slice(0, -1), key[key.length - 2]])];
  }

  override computeMask(inputs: unknown, mask: unknown): unknown {
    this.checkList(inputs);
    return this.checkMask(mask)?.[0] ?? null;
  }

  override getConfig(): Config {
    const { useScale, scoreMode, dropout, seed } = this;
    return { ...super.getConfig(), useScale, scoreMode, dropout, seed };
  }
}

/** The sum of each query and each key: [batch, Tq, dim] and [batch, Tv, dim] → [batch, Tq, Tv, dim]. */
const pairs = (query: Tensor, key: Tensor): Tensor => add(expandDims(query, -2), expandDims(key, -3));

/** Which scores count; null: all of them. */
function scoreMask(scores: Tensor, valueMask: Tensor | null, causal: boolean): Tensor | null {
  const values = valueMask === null ? null : expandDims(asBool(valueMask), -2);
  if (!causal) return values;
  const { shape, rank } = scores;
  const past = causalMask(shape[rank - 2], shape[rank - 1]);
  return values === null ? past : logicalAnd(values, past);
}

export interface AdditiveAttentionOptions extends Omit<AttentionOptions, 'scoreMode'> {
  /** Whether a weight of shape [dim] scales the terms of the scores. Default true. */
  useScale?: boolean;
}

/**
 * softmax(Σ scale·tanh(query + key))·value of the inputs [query, value] or [query, value, key], as Attention has them. Weights:
 * scale [dim]. @tf tf.keras.layers.AdditiveAttention
 */
export class AdditiveAttention extends Attention {
  constructor(options: AdditiveAttentionOptions = {}) {
    const { useScale = true, ...others } = namedOptions(options, 'AdditiveAttention');
    super({ ...others, useScale });
  }

  protected override buildWeights([query]: readonly KerasShape[]): void {
    if (!this.useScale) return;
    const dim = query[query.length - 1];
    if (dim === null) fail(`[${this.name}] the last dimension of the query must be known; got null`);
    this.scale = this.addWeight({
      name: 'scale',
      shape: [dim as number],
      initializer: 'glorot_uniform',
    });
  }

  protected override scores(query: Tensor, key: Tensor): Tensor {
    const terms = tanh(pairs(query, key));
    return reduceSum(this.scale === null ? terms : multiply(this.scale, terms), { axis: -1 });
  }

  override getConfig(): Config {
    const { scoreMode: _, ...config } = super.getConfig();
    return config;
  }
}
