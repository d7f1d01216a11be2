/** Small parts of training: batches, logs, weights of classes. */
import { InvalidArgumentError } from '../../core/errors';
import { flatten, packAs } from '../../core/nest';
import { describe } from '../../core/shape';
import { shapeOf, Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { convertToTensor } from '../../ops/array/convert';
import { concat } from '../../ops/array/joining';
import { reshape, squeeze } from '../../ops/array/views';
import { gather } from '../../ops/index/indexing';
import { multiply } from '../../ops/math/binary';
import { greater, less, logicalOr } from '../../ops/math/compare';
import { select } from '../../ops/math/select';
import { round } from '../../ops/math/unary';
import { reduceMean } from '../../ops/reduce/reduce';
import { argmax } from '../../ops/reduce/argreduce';
import { standardStream } from '../base/settings';
import type { Logs } from '../callbacks/callback';
import { rows, type Batch } from './data';
import type { EvaluateOptions } from './options';

/** Whether and how progress is shown; `elsewhere`: by default where there is no terminal. */
export const verbosity = (verbose: EvaluateOptions['verbose'] = 'auto', elsewhere: 0 | 2 = 2): 0 | 1 | 2 =>
  verbose === 'auto' ? (standardStream.isTTY ? 1 : elsewhere) : verbose;

/** Values by name in alphabetical order, as Keras reports them. */
export const sorted = (logs: Logs): Logs =>
  Object.fromEntries(Object.entries(logs).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The values of results; of a metric with several values their mean, which is what Keras shows. */
export const numbers = (outputs: Readonly<Record<string, Tensor | number>>): Logs =>
  sorted(
    Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [
        name,
        typeof value === 'number' ? value : Number((value.size === 1 ? value : reduceMean(value)).item()),
      ]),
    ),
  );

/** Whether there is a validation after an epoch. */
export function validates(frequency: number | readonly number[], epoch: number): boolean {
  return typeof frequency === 'number' ? (epoch + 1) % frequency === 0 : frequency.includes(epoch + 1);
}

/** The examples from `begin` to `end`. */
export const part = ({ x, y, sampleWeight }: Batch, begin: number, end: number): Batch => ({
  x: rows(x, begin, end),
  y: y === null ? null : rows(y, begin, end),
  sampleWeight: sampleWeight === null ? null : rows(sampleWeight, begin, end),
});

/** The results of all batches, joined along the first dimension. */
export function joined(batches: readonly unknown[]): unknown {
  if (batches.length === 0) throw new InvalidArgumentError('[predict] there is no batch of inputs');
  if (batches.length === 1) return batches[0];
  const lists = batches.map((batch) => flatten(batch) as Tensor[]);
  return packAs(
    batches[0],
    lists[0].map((_, i) =>
      concat(
        lists.map((list) => list[i]),
        0,
      ),
    ),
  );
}

/** Multiplies the weights of examples by those of their classes; a class that has none counts once. */
export function weightClasses(batch: Batch, classWeight: Readonly<Record<number, number>> | null): Batch {
  if (classWeight === null) return batch;
  if (!(batch.y instanceof Tensor))
    throw new InvalidArgumentError('[fit] `classWeight` is only supported for models with a single output.');
  const { y } = batch;
  const oneHot = y.rank > 1 && shapeOf(y)[y.rank - 1] > 1;
  const flat = y.rank > 1 && !oneHot ? squeeze(y, -1) : y;
  const classes = oneHot
    ? argmax(y, { axis: -1 })
    : cast(flat.dt.kind === 'float' ? round(flat) : flat, 'int32');
  const numbers = Object.entries(classWeight).map(([key, value]) => [Number(key), value] as const);
  const wrong = numbers.find(
    ([key, value]) => !Number.isInteger(key) || key < 0 || typeof value !== 'number',
  );
  if (wrong !== undefined)
    throw new InvalidArgumentError(
      `[fit] classWeight must have a number for each class number, { 0: 1, 1: 2.5 }; got ${Object.keys(classWeight).join(', ')} ` +
        `with ${describe(wrong[1])}`,
    );
  const others = Math.max(-1, ...numbers.map(([key]) => key)) + 1;
  const table = new Float32Array(others + 1).fill(1);
  for (const [key, value] of numbers) table[key] = value;
  const isOther = logicalOr(less(classes, 0), greater(classes, others));
  const weights = gather(convertToTensor(table), select(isOther, others, classes));
  const { sampleWeight } = batch;
  if (sampleWeight === null) return { ...batch, sampleWeight: weights };
  const given = reshape(cast(sampleWeight as Tensor, 'float32'), [...shapeOf(weights)]);
  return { ...batch, sampleWeight: multiply(given, weights) };
}
