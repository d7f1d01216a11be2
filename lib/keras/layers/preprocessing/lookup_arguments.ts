/** The arguments of lookups and hashes, and their checks. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { Tensor } from '../../../core/tensor';
import type { TableKey } from '../../../ops/index/table';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { OutputMode } from './encoding';
import { keyOf, tokenOf, type Token, type VocabularyLike } from './vocabulary';

export type Numbers = readonly number[] | Tensor | Float32Array | Float64Array;

export interface IndexLookupOptions {
  name?: string | null;
  /** The most entries of the vocabulary, with those for the mask and for unknown tokens. Default: no limit. */
  maxTokens?: number | null;
  /** How many numbers unknown tokens share, by their hash. 0: an unknown token is an error. Default 1. */
  numOovIndices?: number;
  /** 'int' (default): numbers of tokens; 'one_hot', 'multi_hot', 'count', 'tf_idf': encoded, of float or integer vectors. */
  outputMode?: OutputMode | 'binary' | 'tf-idf';
  /** Whether encoded results have `maxTokens` elements, with zeros where the vocabulary is smaller. Default false. */
  padToMaxTokens?: boolean;
  /** Whether numbers give tokens, instead of tokens numbers. Default false. */
  invert?: boolean;
  /** Sparse results, which are not supported. */
  sparse?: boolean;
  /** The weights of the tokens of `vocabulary`, for 'tf_idf'. */
  idfWeights?: Numbers | null;
  /** A key: unknown tokens are hashed by SipHash with it. One integer or two. Default: FarmHash. */
  salt?: number | readonly number[] | null;
  /** How unknown integers are distributed. Default 'floormod'. */
  oovMethod?: 'floormod' | 'farmhash';
  /** @internal Of configs. */
  vocabularySize?: number | null;
  /** @internal Of configs. */
  hasInputVocabulary?: boolean;
  /** Not used, as in Keras. */
  trainable?: boolean;
  /** Not used, as in Keras. */
  dtype?: unknown;
}

/** The options of a lookup whose tokens have a type of their own. */
export interface TokenOptions<T> {
  maskToken: T | null;
  oovToken: T | null;
  vocabulary: VocabularyLike | null;
}

export function checkLimit(maxTokens: unknown, layer: string): void {
  if (maxTokens === null || (Number.isInteger(maxTokens) && (maxTokens as number) > 1)) return;
  throw new InvalidArgumentError(
    `[${layer}] If set, \`maxTokens\` must be an integer greater than 1. Received: maxTokens=${describe(maxTokens)}`,
  );
}

export function checkCount(numOovIndices: unknown, layer: string): void {
  // Each has an entry of its own in vocabularies.
  if (
    Number.isInteger(numOovIndices) &&
    (numOovIndices as number) >= 0 &&
    (numOovIndices as number) < 2 ** 24
  )
    return;
  throw new InvalidArgumentError(
    `[${layer}] \`numOovIndices\` must be an integer greater than or equal to 0. Received: ` +
      `numOovIndices=${describe(numOovIndices)}`,
  );
}

/** A salt of two integers, of two or one. */
export function saltOf(salt: unknown, layer: string): readonly [number, number] | null {
  if (salt === null || salt === undefined) return null;
  if (Number.isSafeInteger(salt)) return [salt as number, salt as number];
  if (Array.isArray(salt) && salt.length === 2 && salt.every(Number.isSafeInteger))
    return [salt[0] as number, salt[1] as number];
  throw new InvalidArgumentError(
    `[${layer}] The \`salt\` argument can only be an array of 2 integers, or a single integer. Received: salt=${describe(salt)}.`,
  );
}

/** What `checkTokens` reads of a layer. */
interface VocabularyRules {
  readonly name: string;
  readonly maskToken: Token | null;
  readonly oovToken: Token | null;
  readonly inverts: boolean;
  readonly maxTokens: number | null;
}

/** InvalidArgumentError for repeated tokens, special tokens among others, and more than there may be. */
export function checkTokens(
  tokens: readonly TableKey[],
  special: readonly (Token | null)[],
  { name, maskToken, oovToken, inverts, maxTokens }: VocabularyRules,
  start: number,
): void {
  const places = new Map(tokens.map((key, i) => [key, i]));
  if (places.size !== tokens.length) {
    const repeated = new Set(tokens.filter((key, i) => places.get(key) !== i));
    throw new InvalidArgumentError(
      `[${name}] The passed vocabulary has at least one repeated term. Please uniquify your dataset. The repeated terms ` +
        `are: ${[...repeated]
          .slice(0, 10)
          .map((key) => describe(tokenOf(key)))
          .join(', ')}`,
    );
  }
  const refuse = (what: 'mask' | 'OOV', token: Token | null): void => {
    const place = token === null ? undefined : places.get(keyOf(token));
    if (place === undefined) return;
    throw new InvalidArgumentError(
      `[${name}] Found reserved ${what} token at unexpected location in \`vocabulary\`. Note that passed \`vocabulary\` does ` +
        `not need to include the OOV and mask tokens. Either remove all mask and OOV tokens, or include them only at the ` +
        `start of the vocabulary in precisely this order: ${describe(special)}. Received: ${describe(token)} at vocabulary ` +
        `index ${place}`,
    );
  };
  refuse('mask', maskToken);
  if (inverts) refuse('OOV', oovToken);
  const size = start + tokens.length;
  if (maxTokens !== null && size > maxTokens)
    throw new InvalidArgumentError(
      `[${name}] Attempted to set a vocabulary larger than the maximum vocab size. Received vocabulary size is ${size}; ` +
        `\`maxTokens\` is ${maxTokens}.`,
    );
}

/** InvalidArgumentError if a config names a file: it could be any file of the machine. */
export function refusePath(config: Config): void {
  if (typeof namedOptions(config, 'fromConfig').vocabulary === 'string')
    throw new InvalidArgumentError(
      `Requested the loading of a vocabulary file outside of the model archive. This carries a potential risk of loading ` +
        `arbitrary and sensitive files and thus it is disallowed. Vocabulary file: ${describe(config.vocabulary)}`,
    );
}

/** The numbers of an array or tensor. */
export function numbersOf(given: Numbers, where: string): number[] {
  const list = given instanceof Tensor ? given.data() : given;
  if (
    !(Array.isArray(list) || ArrayBuffer.isView(list)) ||
    !Array.from(list as ArrayLike<unknown>).every((w) => typeof w === 'number')
  )
    throw new TypeError(`[${where}] idfWeights must be an array of numbers; got ${describe(given)}`);
  return Array.from(list as ArrayLike<number>);
}
