/** Buckets of strings and integers: hashes modulo a number. */
import { dtypes, integers, stringType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import type { StringLike, StringTensor } from '../../core/strings';
import { shapeOf, storageView, stringsOf, valuesOf, type Tensor } from '../../core/tensor';
import { op } from '../../op/define/general';
import { internalUnaryOp } from '../../op/define/internal';
import { fingerprint64, joinFingerprints, sipHash } from './fingerprint';
import { textOf } from './text';

/** Two 64-bit integers. */
export type HashKey = readonly [number | bigint, number | bigint];

interface HashAttrs {
  readonly buckets: bigint;
  /** Null: Fingerprint64. */
  readonly key: readonly [bigint, bigint] | null;
}

const host = 'hashes are computed in JavaScript';

/** The elements as bytes: integers in decimal digits. */
const elements = (x: Tensor): Buffer[] =>
  x.dt === stringType
    ? stringsOf(x).map((bytes) => Buffer.from(bytes, 'latin1'))
    : Array.from(valuesOf(x) as ArrayLike<number | bigint>, (v) => Buffer.from(String(v), 'latin1'));

/** @internal The bucket of each element, a string or an integer. */
export const hashBuckets: (x: Tensor, attrs: HashAttrs) => Tensor<never> = internalUnaryOp<HashAttrs>(
  'hashBuckets',
  {
    dtypes: integers,
    infer: ([x]) => ({ shape: shapeOf(x), dt: dtypes.int64 }),
    host,
    run: ([x], { buckets, key }, [y]) => {
      const out = storageView(y) as BigInt64Array;
      const first = y.offset / 8;
      elements(x).forEach((bytes, i) => {
        out[first + i] = (key === null ? fingerprint64(bytes) : sipHash(key, bytes)) % buckets;
      });
    },
    gradient: null,
  },
) as never;

/** The key with which fingerprints of a cross begin. */
const crossKey = 0xdecafcaffen;

/** @internal The bucket of what the inputs have at each place together: tensors of one shape, of strings or integers. */
export const crossBuckets = op<[xs: readonly Tensor[], buckets: bigint], bigint>('crossBuckets', {
  tf: '',
  dtypes: integers,
  args: (xs, buckets) => [xs, buckets],
  infer: ([x]) => ({ shape: shapeOf(x), dt: dtypes.int64 }),
  host,
  run: (xs, buckets, [y]) => {
    const out = storageView(y) as BigInt64Array;
    const first = y.offset / 8;
    const columns = xs.map((x) =>
      x.dt === stringType
        ? elements(x).map(fingerprint64)
        : Array.from(valuesOf(x) as ArrayLike<number | bigint>, BigInt),
    );
    for (let i = 0; i < y.size; i++)
      out[first + i] =
        columns.reduce((hash, column) => joinFingerprints(hash, column[i]), crossKey) % buckets;
  },
  gradient: null,
});

function bucketCount(given: number, name: string): bigint {
  if (!Number.isSafeInteger(given) || given < 1)
    throw new InvalidArgumentError(`[${name}] numBuckets must be a positive integer; got ${describe(given)}`);
  return BigInt(given);
}

/** @internal The two halves of a key as unsigned 64-bit integers. */
function hashKey(key: unknown, name: string): readonly [bigint, bigint] {
  const ok =
    Array.isArray(key) &&
    key.length === 2 &&
    key.every((part: unknown) => typeof part === 'bigint' || Number.isSafeInteger(part));
  if (!ok)
    throw new InvalidArgumentError(`[${name}] Key must have 2 elements, integers; got ${describe(key)}`);
  const [a, b] = (key as unknown as HashKey).map((part) => BigInt.asUintN(64, BigInt(part)));
  return [a, b];
}

/** FarmHash's Fingerprint64 of each string, modulo `numBuckets`: int64. @tf tf.strings.to_hash_bucket_fast */
export function toHashBucketFast(input: StringLike | StringTensor, numBuckets: number): Tensor<'int64'> {
  const buckets = bucketCount(numBuckets, 'toHashBucketFast');
  return hashBuckets(textOf(input, 'toHashBucketFast') as unknown as Tensor, { buckets, key: null });
}

/**
 * SipHash of each string with a key of two integers, modulo `numBuckets`: int64. Without the key nobody can choose strings that
 * share a bucket. @tf tf.strings.to_hash_bucket_strong
 */
export function toHashBucketStrong(
  input: StringLike | StringTensor,
  numBuckets: number,
  key: HashKey,
): Tensor<'int64'> {
  const name = 'toHashBucketStrong';
  const buckets = bucketCount(numBuckets, name);
  const halves = hashKey(key, name);
  return hashBuckets(textOf(input, name) as unknown as Tensor, { buckets, key: halves });
}
