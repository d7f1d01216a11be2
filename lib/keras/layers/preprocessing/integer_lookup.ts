/** Numbers of integers. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { IndexLookup } from './index_lookup';
import type { IndexLookupOptions, TokenOptions } from './lookup_arguments';
import { checkNames } from './string_lookup';

export interface IntegerLookupOptions extends IndexLookupOptions, Partial<TokenOptions<number | bigint>> {
  /** Counts as no token: it gets the number 0, and does not appear in encoded results. Default: none. */
  maskToken?: number | bigint | null;
  /** What unknown tokens are called, with `invert`. Default −1. */
  oovToken?: number | bigint | null;
  /** The integers, or the path of a file with one in each line. Default: those that `adapt` finds. */
  vocabulary?: TokenOptions<number>['vocabulary'];
  /** Only 'int64'. */
  vocabularyDtype?: 'int64';
}

/**
 * The numbers of integers in a vocabulary: first the mask, if there is one, then unknown integers, then the vocabulary. Inputs of any
 * shape; results int64 of that shape, or encoded. With `invert`, the integers of numbers. @tf tf.keras.layers.IntegerLookup
 */
export class IntegerLookup extends IndexLookup {
  constructor(options: IntegerLookupOptions = {}) {
    const chosen = namedOptions(options, 'IntegerLookup');
    const {
      maskToken = null,
      oovToken = -1,
      vocabulary = null,
      vocabularyDtype = 'int64',
      ...others
    } = chosen;
    for (const [name, token] of Object.entries({ maskToken, oovToken }))
      if (token !== null && typeof token !== 'bigint' && !Number.isSafeInteger(token))
        throw new TypeError(`[IntegerLookup] ${name} must be an integer or null; got ${describe(token)}`);
    if (vocabularyDtype !== 'int64')
      throw new InvalidArgumentError(
        `[IntegerLookup] Only \`vocabularyDtype='int64'\` is supported at this time. Received: ` +
          `vocabularyDtype=${describe(vocabularyDtype)}`,
      );
    checkNames(others, 'IntegerLookup');
    super({ ...others, maskToken, oovToken, vocabulary }, false, 'IntegerLookup');
  }

  override getConfig(): Config {
    return { ...super.getConfig(), vocabularyDtype: 'int64' };
  }
}
