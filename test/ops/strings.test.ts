/** The functions of tf.strings, as recorded from TensorFlow. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';

interface Case {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly output?: { readonly shape: number[]; readonly dtype: string; readonly values: unknown[] };
  readonly rows?: string[][];
}

const { input, cases } = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/strings.json'), 'utf8'),
) as { input: string[]; cases: Case[] };
const functions = tf.strings as unknown as Record<string, (...args: unknown[]) => unknown>;

test.each(cases.map((recorded, i) => [`${i}: ${recorded.name}`, recorded] as const))(
  '%s',
  (_, { name, args, output, rows }) => {
    const found = functions[name](tf.constant(input), ...args);
    if (output === undefined) expect((found as tf.Tensor[]).map((row) => row.array())).toEqual(rows);
    else {
      const t = found as tf.Tensor;
      expect({ shape: [...t.shape], dtype: t.dtype }).toEqual({ shape: output.shape, dtype: output.dtype });
      expect(Array.from(t.data() as Iterable<unknown>, String)).toEqual(output.values.map(String));
    }
  },
);

test('a scalar is split into a vector, and ragged parts have n-grams of their own', () => {
  const words = tf.strings.split('a b  c');
  expect(words.array()).toEqual(['a', 'b', 'c']);
  expect(tf.strings.ngrams(tf.strings.split(['a b', 'c']), 2).map((row) => row.array())).toEqual([
    ['a b'],
    [],
  ]);
  expect(tf.strings.asString(tf.constant([1, -20], 'int32')).array()).toEqual(['1', '-20']);
  expect(tf.strings.asString([true, false]).array()).toEqual(['true', 'false']);
});

test('errors', () => {
  const { InvalidArgumentError } = tf.errors;
  expect(() => tf.strings.lower(tf.ones([2]) as never)).toThrow(/\[lower\] input has dtype float32/);
  expect(() => tf.strings.lower(['a'], 'latin1' as never)).toThrow(InvalidArgumentError);
  expect(() => tf.strings.regexReplace(['a'], '(', 'x')).toThrow(/Invalid pattern/);
  expect(() => tf.strings.split([['a']])).toThrow(/scalar or a vector/);
  expect(() => tf.strings.toHashBucketFast(['a'], 0)).toThrow(/numBuckets must be a positive integer/);
  expect(() => tf.strings.toHashBucketStrong(['a'], 2, [1] as never)).toThrow(/Key must have 2 elements/);
  expect(() => tf.strings.ngrams(['a'], 0)).toThrow(/ngramWidth must be a positive integer/);
});
