/** Text as numbers of its words. */
import { stringType, type DType } from '../../../core/dtype';
import { InvalidArgumentError, UnimplementedError } from '../../../core/errors';
import { describe, showShape } from '../../../core/shape';
import { stringTensor, type StringTensor } from '../../../core/strings';
import { shapeOf, stringsOf, Tensor } from '../../../core/tensor';
import type { ReadDataset } from '../../../io/hdf5';
import { pad } from '../../../ops/array/padding';
import { slice } from '../../../ops/array/slicing';
import { squeeze } from '../../../ops/array/views';
import { lower, ngrams, regexReplace, split, textOf, unicodeSplit } from '../../../ops/strings/text';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import type { Weight } from '../../base/weight';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import type { LayerOptions } from '../options';
import type { Assets, Saveable } from '../../saving/weights';
import { forEachBatch, type AdaptOptions } from './adapt';
import { outputModeOf, refuseSparse, type OutputMode } from './encoding';
import { refusePath, type IndexLookupOptions, type Numbers } from './lookup_arguments';
import { StringLookup } from './string_lookup';
import type { Token, VocabularyLike } from './vocabulary';

/** The parts of texts: of one length, or each a vector. */
type Parts = StringTensor | readonly StringTensor[];

/** A text without what does not matter. It is called with a tensor of strings, and gives one of the same shape. */
export type Standardize = (text: StringTensor) => StringTensor;
/** The parts of texts: called with a vector of strings, it gives an array of vectors, or a matrix. */
export type Split = (text: StringTensor) => Parts | readonly (readonly string[])[];

export interface TextVectorizationOptions
  extends
    Pick<LayerOptions, 'name' | 'trainable' | 'dtype'>,
    Pick<IndexLookupOptions, 'padToMaxTokens' | 'idfWeights' | 'sparse'> {
  /** The most entries of the vocabulary, with those for padding and unknown words. Default: no limit. */
  maxTokens?: number | null;
  /** What happens to the text first. Default 'lower_and_strip_punctuation'; null: nothing. */
  standardize?: 'lower_and_strip_punctuation' | 'lower' | 'strip_punctuation' | Standardize | null;
  /** How it is split into tokens. Default 'whitespace'; null: each string is one. */
  split?: 'whitespace' | 'character' | Split | null;
  /** Runs of tokens that become tokens: up to this length, or of these lengths. Default: none. */
  ngrams?: number | readonly number[] | null;
  /** 'int' (default): numbers of tokens, padded with 0; 'multi_hot', 'count', 'tf_idf': a vector for each text. */
  outputMode?: OutputMode | 'binary' | 'tf-idf';
  /** The length to which numbers are cut or padded. Default: that of the longest text. */
  outputSequenceLength?: number | null;
  /** The tokens, or the path of a file with one in each line. Default: those that `adapt` finds. */
  vocabulary?: VocabularyLike | null;
  /** Ragged results, which are not supported. */
  ragged?: boolean;
  /** Only 'utf-8'. */
  encoding?: string;
  /** @internal Of configs. */
  vocabularySize?: number | null;
  /** @internal Of configs. */
  hasInputVocabulary?: boolean;
}

const modes = ['int', 'one_hot', 'multi_hot', 'count', 'tf_idf'] as const;
const punctuation = '[!"#$%&()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~\']';

/** A function, a name of these, or null. */
function choice(value: unknown, names: readonly string[], argument: string): void {
  if (value === null || typeof value === 'function' || names.includes(value as string)) return;
  throw new InvalidArgumentError(
    `[TextVectorization] Unknown value for argument \`${argument}\`: it must be null, a function, or one of ` +
      `${names.map((name) => `'${name}'`).join(', ')}. Received: ${argument}=${describe(value)}`,
  );
}

/**
 * Texts as numbers of their words in a vocabulary, int64 [batch, length], or as encoded vectors [batch, vocabulary size]: they are
 * standardized, split into tokens, recombined to n-grams, and looked up. Inputs: strings, [batch] or [batch, 1].
 * @tf tf.keras.layers.TextVectorization
 */
export class TextVectorization extends Layer {
  readonly standardize: NonNullable<TextVectorizationOptions['standardize']> | null;
  readonly split: NonNullable<TextVectorizationOptions['split']> | null;
  readonly ngrams: number | readonly number[] | null;
  readonly outputMode: OutputMode;
  readonly outputSequenceLength: number | null;
  private readonly lookupLayer: StringLookup;

  constructor(options: TextVectorizationOptions = {}) {
    const {
      maxTokens = null,
      standardize = 'lower_and_strip_punctuation',
      split: splitBy = 'whitespace',
      ngrams: widths = null,
      outputMode = 'int',
      outputSequenceLength = null,
      padToMaxTokens = false,
      vocabulary = null,
      idfWeights = null,
      sparse,
      ragged = false,
      encoding = 'utf-8',
      vocabularySize = null,
      hasInputVocabulary,
      ...others
    } = namedOptions(options, 'TextVectorization');
    super(others);
    choice(standardize, ['lower_and_strip_punctuation', 'lower', 'strip_punctuation'], 'standardize');
    choice(splitBy, ['whitespace', 'character'], 'split');
    const mode = outputModeOf(outputMode, modes, 'TextVectorization');
    const widthList: unknown[] = Array.isArray(widths) ? (widths as unknown[]) : [widths ?? 1];
    if (widthList.length === 0 || !widthList.every((w) => Number.isInteger(w) && (w as number) > 0))
      throw new InvalidArgumentError(
        `[TextVectorization] \`ngrams\` must be null, a positive integer, or an array of these. Received: ngrams=${describe(widths)}`,
      );
    const isLength = Number.isInteger(outputSequenceLength) && (outputSequenceLength as number) >= 0;
    if (mode === 'int' && outputSequenceLength !== null && !isLength)
      throw new InvalidArgumentError(
        `[TextVectorization] \`outputSequenceLength\` must be either null or an integer when \`outputMode\` is 'int'. Received: ` +
          `outputSequenceLength=${describe(outputSequenceLength)}`,
      );
    if (mode !== 'int' && outputSequenceLength !== null)
      throw new InvalidArgumentError(
        `[TextVectorization] \`outputSequenceLength\` must not be set if \`outputMode\` is not 'int'. Received ` +
          `outputSequenceLength=${describe(outputSequenceLength)}.`,
      );
    refuseSparse(sparse, 'TextVectorization');
    if (ragged !== false)
      throw new UnimplementedError(
        '[TextVectorization] ragged results are not supported: leave ragged false; results are padded with 0',
      );
    this.standardize = standardize;
    this.split = splitBy;
    this.ngrams = widths;
    this.outputMode = mode;
    this.outputSequenceLength = outputSequenceLength;
    this.lookupLayer = new StringLookup({
      ...{ maxTokens, vocabulary, idfWeights, padToMaxTokens, maskToken: '', outputMode: mode, encoding },
      ...{ vocabularySize, ...(hasInputVocabulary === undefined ? {} : { hasInputVocabulary }) },
    });
  }

  /** Learns the vocabulary from texts: an array or a tensor, or an iterable of batches, of which it takes `steps`. */
  adapt(data: unknown, options: AdaptOptions & { batchSize?: number | null } = {}): void {
    this.resetState();
    forEachBatch(data, options, this.name, (batch) => this.updateState(batch));
    this.finalizeState();
  }

  /** @internal Counts the tokens of a batch. */
  updateState(data: unknown): void {
    if (this.split === null && this.ngrams === null) {
      this.lookupLayer.updateState(this.standardized(data), true);
      return;
    }
    const parts = this.preprocess(data);
    const rows = parts instanceof Tensor ? rowsOf(parts as unknown as Tensor) : parts.map(elementsOf);
    this.lookupLayer.checkAdaptable();
    this.lookupLayer.addDocuments(rows);
  }

  /** @internal Makes the vocabulary of what was counted. */
  finalizeState(): void {
    this.lookupLayer.finalizeState();
  }

  /** Forgets what was counted. */
  resetState(): void {
    this.lookupLayer.resetState();
  }

  /** The tokens by their numbers; without `includeSpecialTokens`, those of the vocabulary alone. */
  getVocabulary(includeSpecialTokens = true): Token[] {
    return this.lookupLayer.getVocabulary(includeSpecialTokens);
  }

  /** The number of entries, with those for padding and unknown words. */
  vocabularySize(): number {
    return this.lookupLayer.vocabularySize();
  }

  /** Sets the vocabulary, and with `outputMode: 'tf_idf'` the weights of its tokens. */
  setVocabulary(vocabulary: VocabularyLike, idfWeights: Numbers | null = null): void {
    this.lookupLayer.setVocabulary(vocabulary, idfWeights);
  }

  private standardized(inputs: unknown): StringTensor {
    const { standardize } = this;
    const x = textOf(inputs, this.name, 'inputs');
    if (typeof standardize === 'function')
      return textOf(standardize(x), this.name, 'the result of standardize');
    const lowered = standardize === 'lower' || standardize === 'lower_and_strip_punctuation' ? lower(x) : x;
    return standardize === 'strip_punctuation' || standardize === 'lower_and_strip_punctuation'
      ? regexReplace(lowered, punctuation, '')
      : lowered;
  }

  /** The tokens of texts. */
  private preprocess(inputs: unknown): Parts {
    let x = this.standardized(inputs);
    let parts: Parts = x;
    if (this.split !== null) {
      const shape = shapeOf(x as unknown as Tensor);
      if (shape.length > 1 && shape[shape.length - 1] !== 1)
        throw new InvalidArgumentError(
          `[${this.name}] When using \`TextVectorization\` to tokenize strings, the input rank must be 1 or the last shape ` +
            `dimension must be 1. Received: inputs.shape=${showShape(shape)} with rank=${shape.length}`,
        );
      if (shape.length > 1) x = squeeze(x as unknown as Tensor, -1) as unknown as StringTensor;
      parts = this.splitParts(x);
    }
    if (this.ngrams === null) return parts;
    const widths =
      typeof this.ngrams === 'number' ? Array.from({ length: this.ngrams }, (_, i) => i + 1) : this.ngrams;
    return parts instanceof Tensor ? ngrams(parts, widths) : parts.map((row) => ngrams(row, widths));
  }

  private splitParts(x: StringTensor): Parts {
    if (this.split === 'whitespace') return split(x);
    if (this.split === 'character') return unicodeSplit(x);
    const parts = (this.split as Split)(x);
    if (parts instanceof Tensor) return textOf(parts, this.name, 'the result of split');
    if (!Array.isArray(parts))
      throw new TypeError(
        `[${this.name}] split must give an array of vectors of strings, or a matrix; got ${describe(parts)}`,
      );
    return (parts as unknown[]).map((row) =>
      Array.isArray(row) && row.length === 0
        ? (stringTensor([0], []) as unknown as StringTensor)
        : textOf(row, this.name, 'the result of split'),
    );
  }

  call(inputs: Tensor): Tensor {
    const parts = this.preprocess(inputs);
    // Padding is the mask token, which has the number 0 and is not counted.
    const dense = parts instanceof Tensor ? (parts as unknown as Tensor) : padded(parts);
    const numbers = this.lookupLayer.call(dense);
    const length = this.outputSequenceLength;
    if (this.outputMode !== 'int' || length === null) return numbers;
    const shape = shapeOf(numbers);
    const now = shape[shape.length - 1];
    if (now < length)
      return pad(
        numbers,
        shape.map((_, i) => [0, i === shape.length - 1 ? length - now : 0]),
      );
    const sizes = [...shape.slice(0, -1), length];
    return slice(
      numbers,
      shape.map(() => 0),
      sizes,
    );
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    if (this.outputMode === 'int') return [inputShape[0], this.outputSequenceLength];
    const scalars = this.split === null && inputShape.length > 1;
    return this.lookupLayer.computeOutputShape(
      scalars ? inputShape : [...inputShape, this.split === null ? 1 : null],
    );
  }

  override computeOutputSpec(x: KerasTensor): KerasTensor {
    const dtype = this.outputMode === 'int' ? 'int64' : 'float32';
    return new KerasTensor(this.computeOutputShape(x.shape), dtype);
  }

  override get computeDtype(): DType {
    return stringType.name;
  }

  override get variableDtype(): DType {
    return stringType.name;
  }

  /** @internal Files have the weights of tokens twice, as Keras writes them. */
  override savedVariables(): readonly Weight[] {
    return this.lookupLayer.savedVariables();
  }

  override get weights(): Weight[] {
    return [];
  }

  /** @internal */
  savedVariableNames(): readonly string[] {
    return this.lookupLayer.savedVariableNames();
  }

  /** @internal */
  override savedChildren(): readonly (readonly [string, Saveable])[] {
    return [['_lookup_layer', this.lookupLayer]];
  }

  /** @internal */
  prepareLoad(count: number, dataset: (name: string) => ReadDataset | null): boolean {
    return this.lookupLayer.prepareLoad(count, dataset);
  }

  /** @internal */
  savedAssets(): Assets {
    return this.lookupLayer.savedAssets();
  }

  /** @internal */
  loadAssets(assets: Assets, file: string): void {
    this.lookupLayer.loadAssets(assets, file);
  }

  override getConfig(): Config {
    const { standardize, split, ngrams, outputMode, outputSequenceLength } = this;
    const { maxTokens, padToMaxTokens, encoding } = this.lookupLayer;
    const { idfWeights, vocabulary } = this.lookupLayer.getConfig();
    return {
      ...super.getConfig(),
      ...{ maxTokens, standardize, split, ngrams, outputMode, outputSequenceLength, padToMaxTokens },
      ...{ sparse: false, ragged: false, vocabulary, idfWeights, encoding },
      vocabularySize: this.vocabularySize(),
    };
  }

  static override fromConfig<T>(this: unknown, config: Config): T {
    refusePath(config);
    return new TextVectorization(namedOptions(config as TextVectorizationOptions, 'TextVectorization')) as T;
  }
}

const elementsOf = (t: StringTensor): readonly string[] => stringsOf(t as unknown as Tensor);

/** The rows along the last axis. */
function rowsOf(t: Tensor): string[][] {
  const shape = shapeOf(t);
  const n = shape[shape.length - 1];
  const all = stringsOf(t);
  return Array.from({ length: n === 0 ? 0 : all.length / n }, (_, i) => all.slice(i * n, (i + 1) * n));
}

/** A matrix of vectors, filled up with empty strings. */
function padded(rows: readonly StringTensor[]): Tensor {
  const longest = Math.max(0, ...rows.map((row) => row.size));
  const all = rows.flatMap((row) => [
    ...elementsOf(row),
    ...Array.from({ length: longest - row.size }, () => ''),
  ]);
  return stringTensor([rows.length, longest], all);
}
