/** What the layers of attention with projected heads have in common. */
import type { TensorLike } from '../../../core/convert';
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { Tensor } from '../../../core/tensor';
import { initScope } from '../../../function/eager';
import { convertToTensor } from '../../../ops/array/convert';
import { einsum } from '../../../ops/linalg/einsum';
import { multiply } from '../../../ops/math/binary';
import { KerasObject, type Config } from '../../base/keras_object';
import { withNameScope } from '../../base/naming';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import { cloneOf } from '../../base/clone';
import { get as getConstraint, type Constraint, type ConstraintLike } from '../../constraints/get';
import { get as getInitializer, type InitializerLike } from '../../initializers/get';
import type { Initializer } from '../../initializers/initializer';
import { attend } from '../../ops/attention';
import { get as getRegularizer, type RegularizerLike, type WeightRegularizer } from '../../regularizers/get';
import { KerasTensor, splitArguments } from '../../symbolic/keras_tensor';
import { Softmax } from '../activation/softmax';
import { maskOf } from '../call_context';
import { EinsumDense } from '../core/einsum_dense';
import { shapesOf } from '../inputs';
import { Layer } from '../layer';
import type { CallOptions, LayerOptions } from '../options';
import { Dropout } from '../regularization/dropout';
import { checkBoolean, checkCount, checkRate, checkSeed } from './arguments';
import { asBool, causalMask, combined, maskOfRank, windowMask } from './masks';
import { expandDims } from '../../../ops/array/views';
import type { Saveable } from '../../saving/weights';

/** The options of MultiHeadAttention and GroupQueryAttention. */
export interface HeadAttentionOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** The fraction of the attention weights that training sets to 0. Default 0. */
  dropout?: number;
  /** Whether the projections have biases. Default true. */
  useBias?: boolean;
  /** Whether the heads' outputs are multiplied by sigmoid(a projection of the query). Default false. */
  useGate?: boolean;
  /** Queries attend to the keys that are fewer than this many positions away. Default: to all. */
  slidingWindow?: number | null;
  /** A kernel of GPUs; on the CPU, calls with it are errors, as in Keras. Default null. */
  flashAttention?: boolean | null;
  /** Of each projection. Default 'glorot_uniform'. */
  kernelInitializer?: InitializerLike;
  /** Of each projection. Default 'zeros'. */
  biasInitializer?: InitializerLike;
  kernelRegularizer?: RegularizerLike | null;
  biasRegularizer?: RegularizerLike | null;
  /** Called with the output of each projection. */
  activityRegularizer?: RegularizerLike | null;
  kernelConstraint?: ConstraintLike | null;
  biasConstraint?: ConstraintLike | null;
  /** The seed of the dropout. */
  seed?: number | null;
}

type Masking = Tensor | TensorLike | null;

/** The options of a call. */
export interface HeadAttentionCallOptions extends Omit<CallOptions, 'mask'> {
  /** The keys, if they are no third argument. Default: the values. */
  key?: Tensor | KerasTensor | TensorLike | null;
  /** Which queries count, [batch, T]. Default: the mask that comes with the queries. */
  queryMask?: Masking;
  /** Which values count, [batch, S]. Default: the mask that comes with the values. */
  valueMask?: Masking;
  /** Which keys count, [batch, S]. Default: the mask that comes with the keys, where these are an argument. */
  keyMask?: Masking;
  /** Which keys each query attends to, [batch, T, S]: true or false. */
  attentionMask?: Masking;
  /** Whether the results are [output, attention weights]. Default false. */
  returnAttentionScores?: boolean;
  /** Whether a query attends to the keys up to its own position alone. Default false. */
  useCausalMask?: boolean;
}

/** How scores and outputs of heads are computed. */
export interface HeadEquations {
  /** Keys and queries, or queries and keys, to scores. */
  readonly scores: string;
  readonly keysFirst: boolean;
  /** Attention weights and values to outputs. */
  readonly outputs: string;
}

/** The shapes by which `build` is called. */
interface BuildShapes {
  readonly query_shape: KerasShape;
  readonly value_shape: KerasShape;
  readonly key_shape?: KerasShape;
}

const fail = (message: string): never => {
  throw new InvalidArgumentError(message);
};

/** What layers of attention by heads have in common. */
export abstract class HeadAttention extends Layer {
  readonly dropout: number;
  readonly useBias: boolean;
  readonly useGate: boolean;
  readonly slidingWindow: number | null;
  readonly flashAttention: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: WeightRegularizer | null;
  readonly biasRegularizer: WeightRegularizer | null;
  readonly kernelConstraint: Constraint | null;
  readonly biasConstraint: Constraint | null;
  readonly seed: number | null;
  queryDense: EinsumDense | null = null;
  keyDense: EinsumDense | null = null;
  gateDense: EinsumDense | null = null;
  valueDense: EinsumDense | null = null;
  softmaxLayer: Softmax | null = null;
  dropoutLayer: Dropout | null = null;
  outputDense: EinsumDense | null = null;
  /** The regularizer of the projections' outputs. */
  readonly projectionRegularizer: WeightRegularizer | null;
  /** @internal */
  buildShapes: BuildShapes | null = null;

  protected constructor(options: HeadAttentionOptions, layer: string) {
    const {
      dropout = 0,
      useBias = true,
      useGate = false,
      slidingWindow = null,
      flashAttention = null,
      kernelInitializer = 'glorot_uniform',
      biasInitializer = 'zeros',
      kernelRegularizer = null,
      biasRegularizer = null,
      activityRegularizer = null,
      kernelConstraint = null,
      biasConstraint = null,
      seed = null,
      ...others
    } = options;
    super(others);
    this.dropout = checkRate(dropout, layer);
    this.useBias = checkBoolean(useBias, 'useBias', layer);
    this.useGate = checkBoolean(useGate, 'useGate', layer);
    if (slidingWindow !== null) checkCount(slidingWindow, 'slidingWindow', layer, ' or null');
    this.slidingWindow = slidingWindow;
    this.flashAttention =
      flashAttention === null ? false : checkBoolean(flashAttention, 'flashAttention', layer);
    if (this.flashAttention && dropout > 0)
      fail(
        `[${layer}] Dropout is not supported when flash attention is enabled. Please set dropout to 0 to use flash attention.`,
      );
    this.kernelInitializer = getInitializer(kernelInitializer, layer);
    this.biasInitializer = getInitializer(biasInitializer, layer);
    this.kernelRegularizer = getRegularizer(kernelRegularizer, layer);
    this.biasRegularizer = getRegularizer(biasRegularizer, layer);
    this.projectionRegularizer = getRegularizer(activityRegularizer, layer);
    this.kernelConstraint = getConstraint(kernelConstraint, layer);
    this.biasConstraint = getConstraint(biasConstraint, layer);
    this.seed = checkSeed(seed, layer);
    this.supportsMasking = true;
  }

  /** The factor of the scores: 1 / √(size of the keys). */
  protected abstract get scoreScale(): number;
  /** The einsums over heads that are not [batch, positions, heads, size], or whose weights are wanted. */
  protected abstract equations(): HeadEquations;
  /** Creates the projections. */
  protected abstract buildHeads(query: KerasShape, value: KerasShape, key: KerasShape): void;
  /** The shape of the output. */
  protected abstract outputShapeFor(query: KerasShape, value: KerasShape, key: KerasShape): KerasShape;
  /** The shape of the attention weights. */
  protected abstract scoresShape(query: KerasShape, value: KerasShape): KerasShape;
  /** The number of dimensions over which queries attend. */
  protected abstract get attendedAxes(): number;

  /** Creates the weights for queries, values and keys of these shapes; by default all are as the queries. */
  override build(
    queryShape: KerasShape,
    valueShape: KerasShape = queryShape,
    keyShape: KerasShape = valueShape,
  ): void {
    this.checkLengths(valueShape, keyShape);
    this.buildHeads(queryShape, valueShape, keyShape);
    this.built = true;
  }

  protected checkLengths(value: KerasShape, key: KerasShape): void {
    const lengths = (shape: KerasShape): string => showKerasShape(shape.slice(1, -1));
    if (lengths(value) !== lengths(key))
      fail(
        `[${this.name}] All dimensions of \`value\` and \`key\`, except the last one, must be equal. Received: ` +
          `valueShape=${showKerasShape(value)} and keyShape=${showKerasShape(key)}`,
      );
  }

  /** A projection by an einsum, built for inputs of a shape. */
  protected projection(
    name: string,
    equation: string,
    input: KerasShape,
    output: { readonly shape: KerasShape; readonly biasAxes: string; readonly activation?: string },
  ): EinsumDense {
    const { kernelRegularizer, biasRegularizer, kernelConstraint, biasConstraint } = this;
    const made = new EinsumDense(equation, output.shape, {
      name,
      activation: output.activation ?? null,
      biasAxes: this.useBias ? output.biasAxes : null,
      // One of its own for each projection: those with a seed draw different numbers at each use.
      kernelInitializer: copyOf(this.kernelInitializer),
      biasInitializer: copyOf(this.biasInitializer),
      activityRegularizer: this.projectionRegularizer,
      dtype: this.dtypePolicy,
      ...{ kernelRegularizer, biasRegularizer, kernelConstraint, biasConstraint },
    });
    withNameScope(name, () => {
      made.build(input);
    });
    made.built = true;
    return made;
  }

  /** Creates the layers of the attention weights; `axis` has the dimensions of the keys. */
  protected buildWeighting(axis: number | readonly number[]): void {
    const { dtypePolicy: dtype, dropout, seed } = this;
    this.softmaxLayer = new Softmax({ axis, dtype });
    this.dropoutLayer = new Dropout(dropout, { dtype, seed });
  }

  protected override buildFor(inputs: readonly unknown[], options: CallOptions): void {
    const { key: named = null } = options as HeadAttentionCallOptions;
    const [query, value, third = named] = inputs;
    this.checkCall(query, value);
    const shape = (t: unknown): KerasShape => shapesOf(t) as KerasShape;
    const key = third === null ? null : asTensor(third);
    this.buildShapes = {
      query_shape: shape(query),
      value_shape: shape(value),
      ...(key === null ? {} : { key_shape: shape(key) }),
    };
    initScope(() => this.buildWith(this.buildShapes as BuildShapes));
  }

  private buildWith({ query_shape: query, value_shape: value, key_shape: key }: BuildShapes): void {
    this.build(query, value, key);
    this.built = true;
  }

  private checkCall(query: unknown, value: unknown): void {
    for (const [name, t] of [
      ['query', query],
      ['value', value],
    ] as const)
      if (!(t instanceof Tensor) && !(t instanceof KerasTensor))
        throw new TypeError(
          `[${this.name}] is called with queries and values, layer(query, value); got ${name}=${describe(t)}`,
        );
  }

  /** @internal */
  override serializedExtras(): Record<string, unknown> {
    return this.buildShapes === null ? {} : { build_config: { shapes_dict: this.buildShapes } };
  }

  /** @internal */
  override buildFromConfig(config: { readonly input_shape?: unknown; readonly shapes_dict?: unknown }): void {
    const {
      query_shape: query,
      value_shape: value,
      key_shape: key,
    } = (config.shapes_dict ?? {}) as Partial<BuildShapes>;
    if (!Array.isArray(query) || !Array.isArray(value)) return;
    this.buildShapes = {
      query_shape: query,
      value_shape: value,
      ...(key === undefined ? {} : { key_shape: key }),
    };
    withNameScope(this.name, () => this.buildWith(this.buildShapes as BuildShapes));
  }

  /** Which keys each query attends to; null: all of them. */
  private attentionMask(
    query: Tensor,
    value: Tensor,
    key: Tensor | null,
    options: HeadAttentionCallOptions,
  ): Tensor | null {
    const { attentionMask = null, useCausalMask = false } = options;
    const [t, s] = [query.shape[1], value.shape[1]];
    const expanded = (mask: Masking, axis: number): Tensor | null =>
      mask === null ? null : expandDims(asBool(mask), axis);
    return combined([
      attentionMask === null ? null : asBool(attentionMask),
      expanded(this.queryMask(query, options), -1),
      expanded(options.valueMask ?? maskOf(value), -2),
      expanded(options.keyMask ?? (key === null ? null : maskOf(key)), -2),
      useCausalMask ? causalMask(t, s) : null,
      this.slidingWindow === null ? null : windowMask(t, s, this.slidingWindow),
    ]);
  }

  /** Which queries count. */
  protected queryMask(query: Tensor, options: HeadAttentionCallOptions): Masking {
    return options.queryMask ?? maskOf(query);
  }

  call(query: Tensor, value: Tensor, ...rest: unknown[]): Tensor | Tensor[] {
    const { key: third, options } = keyAndOptions([query, value, ...rest]);
    const given = third === null ? null : (asTensor(third) as Tensor);
    this.checkCall(query, value);
    const mask = this.attentionMask(query, value, given, options);
    this.takeMasks([query, value, given ?? value]);
    const gate = this.gateDense === null ? null : this.gateDense(query);
    const q = (this.queryDense as EinsumDense)(query);
    const k = this.shared((this.keyDense as EinsumDense)(given ?? value));
    const v = this.shared((this.valueDense as EinsumDense)(value));
    const [outputs, weights] = this.attention([q, k, v], mask, options);
    const result = (this.outputDense as EinsumDense)<Tensor>(
      gate === null ? outputs : multiply(outputs, gate),
    );
    return weights === null ? result : [result, weights];
  }

  /** Called with the operands when their masks are known. */
  protected takeMasks(_operands: readonly Tensor[]): void {
    // They keep them.
  }

  /** Keys or values for all heads of the queries. */
  protected shared(heads: Tensor): Tensor {
    return heads;
  }

  private attention(
    heads: readonly Tensor[],
    mask: Tensor | null,
    { returnAttentionScores = false, training }: HeadAttentionCallOptions,
  ): [Tensor, Tensor | null] {
    const [q, k, v] = heads;
    if (this.flashAttention)
      fail(
        returnAttentionScores
          ? `[${this.name}] Returning attention scores is not supported when flash attention is enabled. Please disable ` +
              'flash attention to access attention scores.'
          : `[${this.name}] Flash attention is not supported on the CPU.`,
      );
    const tail = 2 * this.attendedAxes;
    if (this.dropout === 0 && !returnAttentionScores && q.rank === 4)
      return [
        attend(heads, this.scoreScale, { mask: mask === null ? null : maskOfRank(mask, 4, tail) }),
        null,
      ];
    const { scores: equation, keysFirst, outputs } = this.equations();
    const scaled = multiply(q, this.scoreScale);
    const scores = einsum(equation, ...(keysFirst ? [k, scaled] : [scaled, k]));
    const weigh = this.softmaxLayer as Softmax;
    const weights = weigh(scores, mask === null ? {} : { mask: maskOfRank(mask, scores.rank, tail) });
    const left = this.dropout === 0 ? weights : (this.dropoutLayer as Dropout)<Tensor>(weights, { training });
    return [einsum(outputs, left, v), returnAttentionScores ? weights : null];
  }

  override computeOutputShape(
    queryShape: KerasShape,
    valueShape: KerasShape = queryShape,
    keyShape: KerasShape = valueShape,
  ): KerasShape {
    this.checkLengths(valueShape, keyShape);
    return this.outputShapeFor(queryShape, valueShape, keyShape);
  }

  override computeOutputSpec(query: KerasTensor, value: KerasTensor, ...rest: unknown[]): unknown {
    const { key: third, options } = keyAndOptions([query, value, ...rest]);
    const shape = (t: unknown): KerasShape => shapesOf(t) as KerasShape;
    const key = third === null ? undefined : shape(asTensor(third));
    const one = (dims: KerasShape): KerasTensor => new KerasTensor(dims, this.computeDtype);
    const output = one(this.computeOutputShape(shape(query), shape(value), key));
    if (options.returnAttentionScores !== true) return output;
    return [output, one(this.scoresShape(shape(query), shape(value)))];
  }

  /** @internal The names that the parts have in files: those that Keras keeps to itself begin with `_`. */
  protected abstract fileName(name: string): string;

  override savedChildren(): readonly (readonly [string, Saveable | readonly Saveable[]])[] {
    return super.savedChildren().map(([name, child]) => [this.fileName(name), child] as const);
  }

  override getConfig(): Config {
    const { dropout, useBias, useGate, slidingWindow, kernelInitializer, biasInitializer, seed } = this;
    const { kernelRegularizer, biasRegularizer, kernelConstraint, biasConstraint } = this;
    return {
      ...super.getConfig(),
      ...{ dropout, useBias, useGate, slidingWindow, kernelInitializer, biasInitializer, kernelRegularizer },
      ...{
        biasRegularizer,
        activityRegularizer: this.projectionRegularizer,
        kernelConstraint,
        biasConstraint,
        seed,
      },
    };
  }
}

/** The keys of a call, by position or by name, and its options. */
function keyAndOptions(args: readonly unknown[]): { key: unknown; options: HeadAttentionCallOptions } {
  const { positional, named } = splitArguments(args);
  const options: HeadAttentionCallOptions = named;
  return { key: positional[2] ?? options.key ?? null, options };
}

/** A copy of an initializer; a function is its own. */
const copyOf = (initializer: Initializer): Initializer =>
  initializer instanceof KerasObject ? cloneOf(initializer) : initializer;

/** An operand that may be an array. */
const asTensor = (value: unknown): Tensor | KerasTensor =>
  value instanceof KerasTensor ? value : convertToTensor(value as TensorLike);
