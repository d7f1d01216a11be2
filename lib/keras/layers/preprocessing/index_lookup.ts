/** What StringLookup and IntegerLookup share. */
import type { DType } from '../../../core/dtype';
import { FailedPreconditionError, InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { stringTensor } from '../../../core/strings';
import { shapeOf, type Tensor } from '../../../core/tensor';
import { initScope } from '../../../function/eager';
import type { ReadDataset } from '../../../io/hdf5';
import { constant } from '../../../ops/array/convert';
import { cast } from '../../../ops/array/cast';
import { keysOf, tableLookup, type TableKey } from '../../../ops/index/table';
import { multiply } from '../../../ops/math/binary';
import { requireConcrete } from '../../../op/traced';
import { fingerprint64, sipHash } from '../../../ops/strings/fingerprint';
import type { Config } from '../../base/keras_object';
import type { KerasShape } from '../../base/shapes';
import { Weight } from '../../base/weight';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import type { Assets } from '../../saving/weights';
import { forEachBatch } from './adapt';
import { encodeCategories, encodedShape, outputModeOf, refuseSparse, type OutputMode } from './encoding';
import {
  checkCount,
  checkLimit,
  checkTokens,
  numbersOf,
  refusePath,
  saltOf,
  type IndexLookupOptions,
  type Numbers,
  type TokenOptions,
} from './lookup_arguments';
import {
  dataKeys,
  keyOf,
  parseTokens,
  readVocabulary,
  TokenCounts,
  tokenOf,
  tokensOf,
  VocabularyTable,
  type Token,
  type VocabularyLike,
} from './vocabulary';

const modes = ['int', 'one_hot', 'multi_hot', 'count', 'tf_idf'] as const;
const idfOptions = {
  name: 'idf_weights',
  trainable: false,
  constraint: null,
  regularizer: null,
  autocast: false,
} as const;

/** What a masked token is where there is no place for it: it is not below any depth. */
const nowhere = 2n ** 63n - 1n;

/** The numbers of tokens in a vocabulary. */
export abstract class IndexLookup extends Layer {
  readonly maxTokens: number | null;
  readonly numOovIndices: number;
  readonly maskToken: Token | null;
  readonly oovToken: Token | null;
  readonly outputMode: OutputMode;
  readonly padToMaxTokens: boolean;
  readonly inverts: boolean;
  readonly oovMethod: 'floormod' | 'farmhash';
  readonly salt: readonly [number, number] | null;
  /** The weights of tokens in the mode 'tf_idf'. */
  idfWeights: Weight | null = null;
  private readonly inputVocabulary: readonly Token[] | null;
  private readonly inputIdfWeights: readonly number[] | null;
  private readonly hasInputVocabulary: boolean;
  private frozenVocabularySize: number | null;
  private hasVocabulary = false;
  private readonly table: VocabularyTable;
  private readonly counts = new TokenCounts();

  constructor(
    options: IndexLookupOptions & TokenOptions<Token>,
    /** Whether tokens are text. */
    private readonly isText: boolean,
    where: string,
  ) {
    super({ name: options.name ?? null });
    const { maxTokens = null, numOovIndices = 1, invert = false, padToMaxTokens = false } = options;
    const { maskToken, oovToken, vocabulary, idfWeights = null, salt = null } = options;
    const { oovMethod = 'floormod', vocabularySize = null } = options;
    checkLimit(maxTokens, where);
    checkCount(numOovIndices, where);
    if (padToMaxTokens && maxTokens === null)
      throw new InvalidArgumentError(
        `[${where}] If padToMaxTokens is true, must set \`maxTokens\`. Received: maxTokens=${describe(maxTokens)}`,
      );
    if (!['floormod', 'farmhash'].includes(oovMethod))
      throw new InvalidArgumentError(
        `[${where}] oovMethod must be 'floormod' or 'farmhash'; got ${describe(oovMethod)}`,
      );
    if (salt !== null && !isText && oovMethod !== 'farmhash')
      throw new InvalidArgumentError(
        `[${where}] \`salt\` can only be used when \`oovMethod='farmhash'\`. Received: oovMethod=${oovMethod}`,
      );
    this.outputMode = outputModeOf(options.outputMode ?? 'int', modes, where);
    if (invert && this.outputMode !== 'int')
      throw new InvalidArgumentError(
        `[${where}] \`outputMode\` must be \`'int'\` when \`invert\` is true. Received: outputMode=${this.outputMode}`,
      );
    refuseSparse(options.sparse, where);
    if (idfWeights !== null && this.outputMode !== 'tf_idf')
      throw new InvalidArgumentError(
        `[${where}] \`idfWeights\` should only be set if \`outputMode\` is \`'tf_idf'\`. Received: outputMode=${this.outputMode}`,
      );
    this.maxTokens = maxTokens;
    this.numOovIndices = numOovIndices;
    this.maskToken = maskToken;
    this.oovToken = oovToken;
    this.padToMaxTokens = padToMaxTokens;
    this.inverts = invert;
    this.oovMethod = oovMethod;
    this.salt = saltOf(salt, where);
    this.frozenVocabularySize = vocabularySize;
    this.hasInputVocabulary = options.hasInputVocabulary ?? vocabulary !== null;
    this.inputVocabulary =
      vocabulary === null || typeof vocabulary === 'string' ? null : tokensOf(vocabulary, isText, where);
    this.inputIdfWeights = idfWeights === null ? null : numbersOf(idfWeights, where);
    if (this.outputMode === 'tf_idf' && vocabulary !== null && idfWeights === null)
      throw new InvalidArgumentError(
        `[${where}] When specifying the \`vocabulary\` argument, in TF-IDF output mode, the \`idfWeights\` argument must ` +
          `also be provided.`,
      );
    const mask = maskToken === null ? null : keyOf(maskToken);
    const maskNumber = this.outputMode === 'int' ? 0n : nowhere;
    this.table = new VocabularyTable(
      this.tokenStart,
      (key) => (mask !== null && key === mask ? maskNumber : undefined),
      (key) => this.numberOfUnknown(key),
    );
    this.built = true;
    if (vocabulary !== null) this.setVocabulary(vocabulary, idfWeights);
  }

  /** The number of the first entry for unknown tokens. */
  private get oovStart(): number {
    return this.maskToken !== null && this.outputMode === 'int' ? 1 : 0;
  }

  private get tokenStart(): number {
    return this.oovStart + this.numOovIndices;
  }

  private numberOfUnknown(key: TableKey): bigint {
    const count = BigInt(this.numOovIndices);
    const start = BigInt(this.oovStart);
    if (count === 1n) return start;
    if (count === 0n)
      throw new InvalidArgumentError(
        `[${this.name}] When \`numOovIndices=0\` all inputs should be in vocabulary, found OOV value ` +
          `${describe(tokenOf(key))}, consider setting \`numOovIndices=1\`.`,
      );
    if (typeof key === 'bigint' && this.oovMethod !== 'farmhash')
      return (((key % count) + count) % count) + start;
    const bytes = Buffer.from(String(key), 'latin1');
    const hash =
      this.salt === null
        ? fingerprint64(bytes)
        : sipHash([BigInt(this.salt[0]), BigInt(this.salt[1])], bytes);
    return (hash % count) + start;
  }

  /**
   * Sets the vocabulary: tokens without repetition, or a file with one in each line; with `outputMode: 'tf_idf'` their weights. Entries
   * for the mask and for unknown tokens may stand before them.
   */
  setVocabulary(vocabulary: VocabularyLike, idfWeights: Numbers | null = null): void {
    const where = this.name;
    if (this.outputMode === 'tf_idf' && idfWeights === null)
      throw new InvalidArgumentError(`[${where}] \`idfWeights\` must be set if outputMode is 'tf_idf'.`);
    if (this.outputMode !== 'tf_idf' && idfWeights !== null)
      throw new InvalidArgumentError(
        `[${where}] \`idfWeights\` should only be set if outputMode is \`'tf_idf'\`. Received: outputMode=${this.outputMode}`,
      );
    if (typeof vocabulary === 'string' && this.outputMode === 'tf_idf')
      throw new InvalidArgumentError(
        `[${where}] outputMode \`'tf_idf'\` does not support loading a vocabulary from file.`,
      );
    const all =
      typeof vocabulary === 'string'
        ? readVocabulary(vocabulary, this.isText, where)
        : tokensOf(vocabulary, this.isText, where);
    if (all.length === 0)
      throw new InvalidArgumentError(`[${where}] Cannot set an empty vocabulary. Received: vocabulary=[]`);
    const special: (Token | null)[] = [
      ...Array.from({ length: this.oovStart }, () => this.maskToken),
      ...Array.from({ length: this.numOovIndices }, () => this.oovToken),
    ];
    const hasSpecial = special.every(
      (token, i) => token !== null && i < all.length && keyOf(token) === keyOf(all[i]),
    );
    const tokens = (hasSpecial ? all.slice(special.length) : all).map(keyOf);
    checkTokens(tokens, special, this, this.tokenStart);
    this.table.set(tokens);
    this.recordVocabularySize();
    if (idfWeights !== null) this.setWeightsOfTokens(numbersOf(idfWeights, where), all.length, hasSpecial);
  }

  /** The weights of all entries: unknown tokens have the mean of the others if the vocabulary has no entries for them. */
  private setWeightsOfTokens(weights: readonly number[], count: number, hasSpecial: boolean): void {
    if (weights.length !== count)
      throw new InvalidArgumentError(
        `[${this.name}] \`idfWeights\` must be the same length as vocabulary. Length of idfWeights is ${weights.length}; ` +
          `length of vocabulary is ${count}`,
      );
    const mean = weights.reduce((sum, w) => sum + w, 0) / weights.length;
    const front = hasSpecial ? [] : Array.from({ length: this.tokenStart }, () => mean);
    const known = [...front, ...weights];
    const missing = this.padToMaxTokens ? Math.max(0, (this.maxTokens ?? 0) - known.length) : 0;
    this.assignWeightsOfTokens([...known, ...Array.from({ length: missing }, () => 0)]);
  }

  private assignWeightsOfTokens(weights: readonly number[]): void {
    const value = constant(Float32Array.from(weights));
    if (this.idfWeights?.shape[0] === weights.length) this.idfWeights.assign(value);
    else this.idfWeights = initScope(() => new Weight(value, idfOptions));
  }

  /** The tokens by their numbers; without `includeSpecialTokens`, those of the vocabulary alone. */
  getVocabulary(includeSpecialTokens = true): Token[] {
    const tokens = this.table.tokens.map(tokenOf);
    if (!includeSpecialTokens) return tokens;
    const unknown = Array.from({ length: this.tokenStart }, () => this.oovToken as Token);
    if (this.oovStart > 0) unknown[0] = this.maskToken as Token;
    return [...unknown, ...tokens];
  }

  /** The number of entries, with those for the mask and for unknown tokens. */
  vocabularySize(): number {
    return this.table.tokens.length + this.tokenStart;
  }

  private recordVocabularySize(): void {
    const size = this.vocabularySize();
    // The size in a config, of a layer that has learned nothing yet, binds nobody.
    const frozen = this.hasVocabulary ? this.frozenVocabularySize : null;
    if (this.outputMode !== 'int' && !this.padToMaxTokens && frozen !== null && frozen !== size)
      throw new FailedPreconditionError(
        `[${this.name}] When using \`outputMode=${this.outputMode}\` and \`padToMaxTokens=false\`, the vocabulary size cannot ` +
          `be changed after the layer is called. Old vocab size is ${frozen}, new vocab size is ${size}`,
      );
    this.frozenVocabularySize = size;
    this.hasVocabulary = this.table.tokens.length > 0;
  }

  /**
   * Learns the vocabulary from data, the most frequent tokens first: an array or a tensor, or an iterable of batches, of which it takes
   * `steps`.
   */
  adapt(data: unknown, options: { steps?: number | null } = {}): void {
    this.resetState();
    forEachBatch(data, options, this.name, (batch, whole) => this.updateState(batch, whole));
    this.finalizeState();
  }

  /** @internal Counts the tokens of a batch; a vector is one document, or with `perElement` one for each element. */
  updateState(data: unknown, perElement = false): void {
    this.checkAdaptable();
    const { x, keys } = dataKeys(data, this.isText, this.name);
    const shape = shapeOf(x);
    const rows = x.rank === 0 || (x.rank === 1 && !perElement) ? 1 : shape[0];
    const length = rows === 0 ? 0 : keys.length / rows;
    this.addDocuments(Array.from({ length: rows }, (_, i) => keys.slice(i * length, (i + 1) * length)));
  }

  /** @internal InvalidArgumentError if it was given a vocabulary. */
  checkAdaptable(): void {
    if (this.hasInputVocabulary)
      throw new InvalidArgumentError(
        `[${this.name}] Cannot adapt layer '${this.name}' after setting a static vocabulary via \`vocabulary\` argument or ` +
          `\`setVocabulary()\` method.`,
      );
  }

  /** @internal Counts the tokens of documents. */
  addDocuments(documents: readonly (readonly TableKey[])[]): void {
    this.counts.add(documents);
  }

  /** @internal Makes the vocabulary of what was counted. */
  finalizeState(): void {
    if (!this.hasInputVocabulary && this.counts.size > 0) {
      for (const token of [this.maskToken, this.oovToken])
        if (token !== null) this.counts.remove(keyOf(token));
      const limit = this.maxTokens === null ? Infinity : this.maxTokens - this.tokenStart;
      const tokens = this.counts.mostFrequent(Math.max(0, limit));
      this.table.set(tokens);
      if (this.outputMode === 'tf_idf') {
        const weights = tokens.map((key) => Math.fround(this.counts.inverseDocumentFrequency(key)));
        this.setWeightsOfTokens(weights, weights.length, false);
      }
    }
    this.resetState();
    this.recordVocabularySize();
  }

  /** Forgets what was counted. */
  resetState(): void {
    this.counts.clear();
  }

  /** The numbers of tokens, encoded as `outputMode` says; with `invert`, the tokens of numbers. */
  call(inputs: Tensor): Tensor {
    if (this.inverts) return this.tokensFor(inputs);
    if (this.outputMode !== 'int' && !this.padToMaxTokens && this.frozenVocabularySize === null)
      throw new FailedPreconditionError(
        `[${this.name}] When using \`outputMode=${this.outputMode}\` and \`padToMaxTokens=false\`, you must set the layer's ` +
          `vocabulary before calling it. Either pass a \`vocabulary\` argument to the layer, or call \`adapt\` with some sample data.`,
      );
    const numbers = tableLookup(this.keysIn(inputs), this.table);
    if (this.outputMode === 'int') return numbers;
    const mode = this.outputMode === 'tf_idf' ? 'count' : this.outputMode;
    const encoded = encodeCategories(numbers, mode, this.depth as number, 'int64');
    if (this.outputMode !== 'tf_idf') return encoded;
    if (this.idfWeights === null)
      throw new InvalidArgumentError(
        `[${this.name}] When \`outputMode\` is \`'tf_idf'\`, \`idfWeights\` must be provided.`,
      );
    return multiply(cast(encoded, 'float32'), this.idfWeights);
  }

  /** The inputs as keys: text, or integers. */
  private keysIn(x: Tensor): Tensor {
    const isText = (x.dtype as string) === 'string';
    if (isText !== this.isText)
      throw new InvalidArgumentError(
        `[${this.name}] the inputs must be ${this.isText ? 'strings' : 'integers'}; got dtype ${x.dtype}`,
      );
    return isText || x.dt.kind === 'int' ? x : cast(x, 'int64');
  }

  private tokensFor(inputs: Tensor): Tensor {
    const all = this.getVocabulary().map((token) => (token === null ? null : keyOf(token)));
    const oov = this.oovToken === null ? (this.isText ? '' : 0n) : keyOf(this.oovToken);
    const concrete = requireConcrete(inputs, this.name);
    if ((concrete.dtype as string) === 'string')
      throw new InvalidArgumentError(
        `[${this.name}] with \`invert\`, the inputs must be integers; got strings`,
      );
    const found = keysOf(concrete.dt.kind === 'int' ? concrete : cast(concrete, 'int64')).map(
      (n) => all[Number(n)] ?? oov,
    );
    if (this.isText) return stringTensor(shapeOf(inputs), found as string[]);
    return constant(found as bigint[], { dtype: 'int64', shape: [...shapeOf(inputs)] });
  }

  private get depth(): number | null {
    return this.padToMaxTokens ? this.maxTokens : this.frozenVocabularySize;
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    return encodedShape(inputShape, this.outputMode, this.depth);
  }

  override computeOutputSpec(x: KerasTensor): KerasTensor {
    const dtype = this.outputMode === 'int' ? 'int64' : 'float32';
    return new KerasTensor(this.computeOutputShape(x.shape), dtype);
  }

  override get computeDtype(): DType {
    return (this.isText ? 'string' : 'int64') as DType;
  }

  override get variableDtype(): DType {
    return this.computeDtype;
  }

  protected override get convertsFloats(): boolean {
    return false;
  }

  /** The weights of tokens are not among those of the layer. */
  override get weights(): Weight[] {
    return [];
  }

  /** @internal */
  override savedVariables(): readonly Weight[] {
    return this.idfWeights === null ? [] : [this.idfWeights];
  }

  /** @internal */
  savedVariableNames(): readonly string[] {
    return ['idf_weights'];
  }

  /** @internal The file says how many weights there are. */
  prepareLoad(_count: number, dataset: (name: string) => ReadDataset | null): boolean {
    if (this.outputMode !== 'tf_idf') return false;
    const shape = dataset('idf_weights')?.shape;
    if (shape?.length === 1 && this.idfWeights?.shape[0] !== shape[0])
      this.assignWeightsOfTokens(Array.from({ length: shape[0] }, () => 0));
    return true;
  }

  /** @internal A vocabulary that is not in the config is a file of its own. */
  savedAssets(): Assets {
    if (this.inputVocabulary !== null) return {};
    return { 'vocabulary.txt': this.getVocabulary().map(String).join('\n') };
  }

  /** @internal */
  loadAssets(assets: Assets, file: string): void {
    const content = assets['vocabulary.txt'] as string | undefined;
    if (this.inputVocabulary !== null || content === undefined) return;
    const tokens = parseTokens(content, this.isText, `[${file}] vocabulary.txt`);
    if (tokens.length <= this.tokenStart) return;
    this.setVocabulary(tokens, this.outputMode === 'tf_idf' ? (this.idfWeights?.read() ?? null) : null);
  }

  /** @internal */
  override serializedExtras(): Record<string, unknown> {
    return { build_config: {} };
  }

  override getConfig(): Config {
    const { maxTokens, numOovIndices, oovToken, maskToken, outputMode, padToMaxTokens } = this;
    const { inputIdfWeights, inputVocabulary, frozenVocabularySize, oovMethod, salt } = this;
    return {
      ...super.getConfig(),
      ...{ invert: this.inverts, maxTokens, numOovIndices, oovToken, maskToken, outputMode, sparse: false },
      ...{ padToMaxTokens, idfWeights: inputIdfWeights, vocabulary: inputVocabulary },
      ...{ vocabularySize: frozenVocabularySize, oovMethod, salt },
    };
  }

  static override fromConfig<T>(this: unknown, config: Config): T {
    refusePath(config);
    return new (this as new (options: Config) => T)(config);
  }
}
