/** `tf.strings`. */
export {
  asString,
  lower,
  ngrams,
  regexReplace,
  split,
  strip,
  unicodeSplit,
  upper,
  type CaseOptions as StringCaseOptions,
  type NgramsOptions,
  type RegexReplaceOptions,
  type SplitOptions as StringSplitOptions,
} from '../ops/strings/text';
export { toHashBucketFast, toHashBucketStrong, type HashKey } from '../ops/strings/hashing';
