/** Numbers of strings. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { IndexLookup } from './index_lookup';
import type { IndexLookupOptions, TokenOptions } from './lookup_arguments';

export interface StringLookupOptions
  extends Omit<IndexLookupOptions, 'oovMethod'>, Partial<TokenOptions<string>> {
  /** Counts as no token: it gets the number 0, and does not appear in encoded results. Default: none. */
  maskToken?: string | null;
  /** What unknown tokens are called, with `invert`. Default '[UNK]'. */
  oovToken?: string | null;
  /** The tokens, or the path of a file with one in each line. Default: those that `adapt` finds. */
  vocabulary?: TokenOptions<string>['vocabulary'];
  /** Only 'utf-8'. */
  encoding?: string;
}

/**
 * The numbers of strings in a vocabulary: first the mask, if there is one, then unknown strings, then the vocabulary. Inputs of any shape;
 * results int64 of that shape, or encoded. With `invert`, the strings of numbers. @tf tf.keras.layers.StringLookup
 */
export class StringLookup extends IndexLookup {
  readonly encoding: string;

  constructor(options: StringLookupOptions = {}) {
    const chosen = namedOptions(options, 'StringLookup');
    const { maskToken = null, oovToken = '[UNK]', vocabulary = null, encoding = 'utf-8', ...others } = chosen;
    for (const [name, token] of Object.entries({ maskToken, oovToken }))
      if (token !== null && typeof token !== 'string')
        throw new TypeError(`[StringLookup] ${name} must be a string or null; got ${describe(token)}`);
    if (typeof encoding !== 'string' || !/^utf-?8$/i.test(encoding))
      throw new InvalidArgumentError(`[StringLookup] encoding must be 'utf-8'; got ${describe(encoding)}`);
    checkNames(others, 'StringLookup');
    super({ ...others, maskToken, oovToken, vocabulary }, true, 'StringLookup');
    this.encoding = encoding;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), encoding: this.encoding };
  }
}

const names = [
  ...['name', 'maxTokens', 'numOovIndices', 'outputMode', 'padToMaxTokens', 'invert', 'sparse', 'idfWeights'],
  ...['salt', 'oovMethod', 'vocabularySize', 'hasInputVocabulary', 'trainable', 'dtype'],
];

/** TypeError for options that lookups do not have. */
export function checkNames(options: object, layer: string): void {
  const unknown = Object.keys(options).filter((key) => !names.includes(key));
  if (unknown.length > 0)
    throw new TypeError(
      `[${layer}] Unrecognized keyword arguments passed to the layer: ${unknown.join(', ')}. It takes ` +
        names.join(', '),
    );
}
