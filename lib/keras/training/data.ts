/// <reference lib="es2018.asynciterable" preserve="true" />
/** Batches of training data from arrays, tensors and iterables. */
import type { TensorLike } from '../../core/convert';
import { stringType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import type { StringLike, StringTensor } from '../../core/strings';
import { shapeOf, Tensor, viewRows } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { flatten, isPlainObject } from '../../core/nest';
import { convertToTensor } from '../../ops/array/convert';
import { slice } from '../../ops/array/slicing';
import { gather } from '../../ops/index/indexing';
import { drawBelow } from '../base/seed';
import { isHostArray, mapTensors } from '../layers/inputs';

/** Tensors, arrays of numbers or text, or arrays and objects of these for models with several inputs or outputs. */
export type Data =
  TensorLike | StringLike | StringTensor | readonly Data[] | { readonly [name: string]: Data };

/** Inputs, and labels and weights where there are any. */
export interface Batch {
  readonly x: unknown;
  readonly y: unknown;
  readonly sampleWeight: unknown;
}

/** Where batches come from: an epoch at a time. */
export interface BatchSource {
  /** The number of batches of an epoch; null: not known before its end. */
  readonly steps: number | null;
  /** The number of examples of every batch; absent or null: it varies, or is not known. */
  readonly batchSize?: number | null;
  epoch(): Iterable<Batch> | AsyncIterable<Batch>;
}

/** The tensors of the data, in its structure: arrays of numbers are one tensor each. */
export function toTensors(data: unknown): unknown {
  if (data === null || data === undefined) return null;
  if (data instanceof Tensor) return data;
  if (data instanceof Variable) return data.read();
  if (Array.isArray(data) && !isHostArray(data)) return data.map(toTensors);
  if (isPlainObject(data))
    return Object.fromEntries(Object.entries(data).map(([key, part]) => [key, toTensors(part)]));
  return convertToTensor(data as TensorLike);
}

/** The number of examples, which all tensors must share. */
export function countExamples(parts: readonly unknown[], where: string): number {
  const sizes: number[] = [];
  for (const t of flatten(parts)) {
    if (!(t instanceof Tensor)) continue;
    if (t.rank === 0)
      throw new InvalidArgumentError(`[${where}] data must have a dimension of examples; got a scalar`);
    sizes.push(shapeOf(t)[0]);
  }
  if (new Set(sizes).size > 1)
    throw new InvalidArgumentError(
      `[${where}] Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. Sizes: ${sizes.join(', ')}`,
    );
  if (sizes.length === 0)
    throw new InvalidArgumentError(`[${where}] needs data: an array, a tensor, or an iterable of batches`);
  return sizes[0];
}

/** The rows of all tensors from `begin` to `end`; nothing is copied but text. */
export const rows = (structure: unknown, begin: number, end: number): unknown =>
  mapTensors(structure, (given) => {
    const t = given as Tensor;
    if (!t.isSymbolic && t.dt !== stringType) return viewRows(t, begin, end, 'rows');
    const [, ...rest] = shapeOf(t);
    return slice(t, [begin, ...rest.map(() => 0)], [end - begin, ...rest]);
  });

export interface ArrayOptions {
  readonly batchSize: number;
  /** true: all examples; 'batch': within blocks of a batch's size. */
  readonly shuffle: boolean | 'batch';
}

/** Data in memory. */
export class ArraySource implements BatchSource {
  readonly steps: number;
  readonly examples: number;
  readonly batchSize: number | null;

  constructor(
    private readonly parts: Batch,
    private readonly options: ArrayOptions,
    where: string,
  ) {
    this.examples = countExamples([parts.x, parts.y, parts.sampleWeight], where);
    const { batchSize } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new InvalidArgumentError(
        `[${where}] batchSize must be a positive integer; got ${describe(batchSize)}`,
      );
    this.steps = Math.ceil(this.examples / batchSize);
    this.batchSize = this.examples % batchSize === 0 ? batchSize : null;
  }

  *epoch(): Iterable<Batch> {
    const { batchSize, shuffle } = this.options;
    const order = shuffle === false ? null : permutation(this.examples, shuffle === 'batch' ? batchSize : 1);
    for (let at = 0; at < this.examples; at += batchSize) {
      const end = Math.min(this.examples, at + batchSize);
      const indices = order === null ? null : convertToTensor(order.subarray(at, end));
      const take = (structure: unknown): unknown =>
        indices === null
          ? rows(structure, at, end)
          : mapTensors(structure, (t) => gather(t as Tensor, indices));
      const { x, y, sampleWeight } = this.parts;
      yield {
        x: take(x),
        y: y === null ? null : take(y),
        sampleWeight: sampleWeight === null ? null : take(sampleWeight),
      };
    }
  }
}

/** A random order of 0…n−1, blocks of `block` numbers kept together. */
export function permutation(n: number, block: number): Int32Array {
  const blocks = Int32Array.from({ length: Math.ceil(n / block) }, (_, i) => i);
  for (let i = blocks.length - 1; i > 0; i--) {
    const j = drawBelow(i + 1);
    [blocks[i], blocks[j]] = [blocks[j], blocks[i]];
  }
  if (block === 1) return blocks;
  return Int32Array.from(
    [...blocks].flatMap((b) =>
      Array.from({ length: Math.min(block, n - b * block) }, (_, i) => b * block + i),
    ),
  );
}

/** A batch, x, [x, y] or [x, y, sampleWeight], by its parts. `where`: it must be one. */
export function batchOf(given: unknown, where: string | null = null): Batch {
  const parts = Array.isArray(given) && !isHostArray(given) ? given : [given];
  if (where !== null && (given === undefined || given === null || parts.length > 3))
    throw new InvalidArgumentError(
      `[${where}] \`getItem\` must return a batch: x, [x, y] or [x, y, sampleWeight]; got ${describe(given)}`,
    );
  const [x, y = null, sampleWeight = null] = parts.map(toTensors);
  return { x, y, sampleWeight };
}

/** An iterable of batches: x, [x, y] or [x, y, sampleWeight]. */
export class IterableSource implements BatchSource {
  constructor(
    private readonly batches: Iterable<unknown> | AsyncIterable<unknown>,
    /** What becomes of each batch. */
    private readonly change: (batch: Batch) => Batch = (batch) => batch,
  ) {}

  /** Not known before the end. */
  get steps(): null {
    return null;
  }

  async *epoch(): AsyncIterable<Batch> {
    for await (const given of this.batches) {
      yield this.change(batchOf(given));
    }
  }
}

/** Whether a value is an iterable of batches, not an array of numbers. */
export function isBatches(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (value instanceof Tensor || value instanceof Variable || ArrayBuffer.isView(value)) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}
