/** Where the batches of fit and evaluate come from. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import {
  ArraySource,
  countExamples,
  isBatches,
  IterableSource,
  toTensors,
  type Batch,
  type BatchSource,
} from './data';
import { part, weightClasses } from './helpers';
import type { FitOptions } from './options';
import { isBatchSequence, SequenceSource } from './sequence_source';

/** The batches that `fit` trains and validates on. */
export function sourcesOfFit(
  x: unknown,
  y: unknown,
  given: FitOptions,
): { training: BatchSource; validation: BatchSource | null } {
  const { batchSize = 32, shuffle = true, validationSplit = 0, validationData = null } = given;
  const validationBatch = given.validationBatchSize ?? batchSize;
  let held: BatchSource | null = null;
  let training: BatchSource;
  if (isBatchSequence(x) || isBatches(x)) {
    checkAlone('fit', y, given.sampleWeight ?? null);
    if (validationSplit > 0)
      throw new InvalidArgumentError(
        '[fit] Argument `validationSplit` is only supported for tensors or arrays; x is an iterable of batches',
      );
    const classWeight = given.classWeight ?? null;
    const change = (batch: Batch): Batch => weightClasses(batch, classWeight);
    training = isBatchSequence(x)
      ? new SequenceSource(x, shuffle !== false, 'fit', change)
      : new IterableSource(x, change);
  } else {
    let parts: Batch = {
      x: toTensors(x),
      y: toTensors(y),
      sampleWeight: toTensors(given.sampleWeight ?? null),
    };
    if (validationSplit > 0) {
      const n = countExamples([parts.x, parts.y], 'fit');
      const at = Math.floor(n * (1 - validationSplit));
      if (at === 0 || at === n)
        throw new InvalidArgumentError(
          `[fit] Training data contains ${n} samples, which is not sufficient to split it into a validation and training ` +
            `set as specified by validationSplit=${describe(validationSplit)}`,
        );
      held = new ArraySource(part(parts, at, n), { batchSize: validationBatch, shuffle: false }, 'fit');
      parts = part(parts, 0, at);
    }
    training = new ArraySource(
      weightClasses(parts, given.classWeight ?? null),
      { batchSize, shuffle },
      'fit',
    );
  }
  if (validationData !== null) held = validationSource(validationData, validationBatch);
  return { training, validation: held };
}

/** Labels and weights come with the batches of an iterable. */
function checkAlone(where: string, y: unknown, sampleWeight: unknown): void {
  if (y === null && sampleWeight === null) return;
  throw new InvalidArgumentError(
    `[${where}] when x is an iterable of batches, [x, y] or [x, y, sampleWeight], \`${y === null ? 'sampleWeight' : 'y'}\` ` +
      `should not be given: it comes with them; options are the third argument, ${where}(batches, null, { … })`,
  );
}

/** The batches of data in memory, or of an iterable. */
export function sourceOf(
  x: unknown,
  y: unknown,
  sampleWeight: unknown,
  batchSize: number,
  where = 'evaluate',
): BatchSource {
  if (isBatchSequence(x) || isBatches(x)) {
    checkAlone(where, y, sampleWeight);
    return isBatchSequence(x) ? new SequenceSource(x, false, where) : new IterableSource(x);
  }
  const parts = { x: toTensors(x), y: toTensors(y), sampleWeight: toTensors(sampleWeight) };
  return new ArraySource(parts, { batchSize, shuffle: false }, where);
}

/** The batches of validation data: [x, y], [x, y, sampleWeight], or an iterable. */
function validationSource(data: unknown, batchSize: number): BatchSource {
  if (isBatchSequence(data) || isBatches(data)) return sourceOf(data, null, null, batchSize);
  if (!Array.isArray(data) || data.length < 2 || data.length > 3)
    throw new InvalidArgumentError(
      `[fit] validationData must be [x, y], [x, y, sampleWeight] or an iterable of batches; got ${describe(data)}`,
    );
  const [x, y, sampleWeight = null] = data as unknown[];
  return sourceOf(x, y, sampleWeight, batchSize);
}
