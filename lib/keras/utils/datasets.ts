/** Batches and parts of data in memory. */
import type { TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { options as resolve } from '../../core/options';
import { describe } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { constant, convertToTensor } from '../../ops/array/convert';
import { gather } from '../../ops/index/indexing';
import { MersenneTwister } from '../../ops/random/mersenne_twister';
import { drawBelow } from '../base/seed';
import { mapTensors } from '../layers/inputs';
import { countExamples, rows, toTensors, type Data } from '../training/data';

/** Exchanges the numbers 0…n−1 at random; a seed makes the order that of other calls with it. */
function permuted(list: Int32Array, seed: number | null): Int32Array {
  const twister = seed === null ? null : new MersenneTwister(BigInt(seed));
  const below = (n: number): number => (twister === null ? drawBelow(n) : twister.next() % n);
  for (let i = list.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
}

/** A seed of 32 bits, or null. */
export function checkSeed(seed: unknown, where: string): number | null {
  if (seed === null || (Number.isInteger(seed) && (seed as number) >= 0 && (seed as number) < 2 ** 32))
    return seed as number | null;
  throw new InvalidArgumentError(
    `[${where}] seed must be an integer from 0 to 4294967295, or null; got ${describe(seed)}`,
  );
}

export interface TimeseriesOptions {
  /** The number of steps between the beginnings of two sequences. Default 1. */
  sequenceStride?: number;
  /** The number of steps between two elements of a sequence. Default 1. */
  samplingRate?: number;
  /** Default 128; null: a sequence at a time, without a dimension of batches. */
  batchSize?: number | null;
  /** Whether sequences come in a random order. Default false. */
  shuffle?: boolean;
  /** Of the order. Default: none. */
  seed?: number | null;
  /** The step before which data are not used. Default 0. */
  startIndex?: number | null;
  /** The step from which data are not used. Default: their number. */
  endIndex?: number | null;
}

/** Windows of a series, batch by batch, each time that it is iterated; `fit` takes it. */
export class TimeseriesDataset implements Iterable<Tensor | [Tensor, Tensor]> {
  /** @internal */
  constructor(
    private readonly data: Tensor,
    private readonly targets: Tensor | null,
    private readonly o: Required<TimeseriesOptions> & {
      sequenceLength: number;
      count: number;
      start: number;
    },
  ) {}

  /** The number of batches. */
  get length(): number {
    const sequences = Math.ceil(this.o.count / this.o.sequenceStride);
    return this.o.batchSize === null ? sequences : Math.ceil(sequences / this.o.batchSize);
  }

  *[Symbol.iterator](): Iterator<Tensor | [Tensor, Tensor]> {
    const { sequenceStride, samplingRate, sequenceLength, count, start, shuffle, seed, batchSize } = this.o;
    const places = Int32Array.from(
      { length: Math.ceil(count / sequenceStride) },
      (_, i) => i * sequenceStride,
    );
    if (shuffle) permuted(places, seed);
    const size = batchSize ?? 1;
    for (let at = 0; at < places.length; at += size) {
      const batch = [...places.subarray(at, at + size)];
      const steps = (from: number): number[] =>
        Array.from({ length: sequenceLength }, (_, k) => start + from + k * samplingRate);
      const index = (numbers: unknown): Tensor => constant(numbers as number[], { dtype: 'int32' });
      const x = gather(this.data, index(batchSize === null ? steps(batch[0]) : batch.map(steps)));
      if (this.targets === null) yield x;
      else {
        const places = batch.map((from) => start + from);
        yield [x, gather(this.targets, index(batchSize === null ? places[0] : places))];
      }
    }
  }
}

/**
 * Windows of `sequenceLength` steps of a series, [steps, …], each with the target at its beginning, in batches. `targets`: null
 * for none. @tf tf.keras.utils.timeseries_dataset_from_array
 */
export function timeseriesDatasetFromArray(
  data: TensorLike,
  targets: TensorLike | null,
  sequenceLength: number,
  options: TimeseriesOptions = {},
): TimeseriesDataset {
  const where = 'timeseriesDatasetFromArray';
  const defaults: Required<TimeseriesOptions> = {
    ...{ sequenceStride: 1, samplingRate: 1, batchSize: 128, shuffle: false, seed: null },
    ...{ startIndex: null, endIndex: null },
  };
  const o = { ...defaults, ...resolve(options, 'sequenceStride', defaults, where) };
  const series = convertToTensor(data);
  const labels = targets === null ? null : convertToTensor(targets);
  const length = countExamples([series], where);
  if (labels !== null) countExamples([labels], where);
  const check = (name: string, value: unknown, low: number, high: number): void => {
    if (!Number.isInteger(value) || (value as number) < low || (value as number) >= high)
      throw new InvalidArgumentError(
        `[${where}] \`${name}\` must be an integer from ${low} on, lower than ${high === Infinity ? 'infinity' : high}. ` +
          `Received: ${name}=${describe(value)}, for data of length ${length}`,
      );
  };
  if (o.startIndex !== null) check('startIndex', o.startIndex, 0, length);
  if (o.endIndex !== null) check('endIndex', o.endIndex, (o.startIndex ?? 0) + 1, length);
  check('samplingRate', o.samplingRate, 1, length);
  check('sequenceStride', o.sequenceStride, 1, length);
  check('sequenceLength', sequenceLength, 1, Infinity);
  if (o.batchSize !== null) check('batchSize', o.batchSize, 1, Infinity);
  checkSeed(o.seed, where);
  const start = o.startIndex ?? 0;
  const windows = (o.endIndex ?? length) - start - (sequenceLength - 1) * o.samplingRate;
  const known = labels === null ? windows : Math.min(windows, shapeOf(labels)[0] - start);
  return new TimeseriesDataset(series, labels, { ...o, sequenceLength, start, count: Math.max(0, known) });
}

export interface SplitDatasetOptions {
  /** The number of examples of the left part, or their share if it is below 1. Default: the rest. */
  leftSize?: number | null;
  /** Likewise of the right part. */
  rightSize?: number | null;
  /** Whether examples are taken in a random order. Default false. */
  shuffle?: boolean;
  /** Of the order. Default: none. */
  seed?: number | null;
}

/** Python's `round` of a share of n. */
function share(size: number | null, n: number): number | null {
  if (size === null || size >= 1) return size;
  const exact = size * n;
  const floor = Math.floor(exact);
  return exact - floor === 0.5 ? floor + (floor % 2) : Math.round(exact);
}

/** Data in memory (tensors, or arrays and objects of them) in two parts, [left, right]. @tf tf.keras.utils.split_dataset */
export function splitDataset<D extends Data>(dataset: D, options: SplitDatasetOptions | number = {}): [D, D] {
  const where = 'splitDataset';
  const defaults: Required<SplitDatasetOptions> = {
    ...{ leftSize: null, rightSize: null, shuffle: false, seed: null },
  };
  const o = resolve(options, 'leftSize', defaults, where);
  const parts = toTensors(dataset);
  const n = countExamples([parts], where);
  if (o.leftSize === null && o.rightSize === null)
    throw new InvalidArgumentError(
      `[${where}] At least one of \`leftSize\` or \`rightSize\` must be specified`,
    );
  for (const name of ['leftSize', 'rightSize'] as const) {
    const size: unknown = o[name];
    if (
      size !== null &&
      (typeof size !== 'number' || !(size > 0 && size < n) || (size >= 1 && !Number.isInteger(size)))
    )
      throw new InvalidArgumentError(
        `[${where}] \`${name}\` should be a positive integer smaller than ${n}, the number of examples, or a share in the ` +
          `range (0, 1). Received: ${name}=${describe(size)}`,
      );
  }
  const right = share(o.rightSize, n) ?? n - (share(o.leftSize, n) as number);
  const left = share(o.leftSize, n) ?? n - right;
  if (left + right > n)
    throw new InvalidArgumentError(
      `[${where}] The sum of \`leftSize\` and \`rightSize\` should be smaller than the ${n} examples of the dataset. ` +
        `Received: leftSize=${left}, rightSize=${right}`,
    );
  if (left === 0 || right === 0)
    throw new InvalidArgumentError(
      `[${where}] With ${n} examples, leftSize=${describe(o.leftSize)} and rightSize=${describe(o.rightSize)}, one of the ` +
        'parts would be empty. Adjust any of the aforementioned parameters.',
    );
  let all = parts;
  const seed = checkSeed(o.seed, where);
  if (o.shuffle) {
    const order = convertToTensor(
      permuted(
        Int32Array.from({ length: n }, (_, i) => i),
        seed,
      ),
    );
    all = mapTensors(parts, (t) => gather(t as Tensor, order));
  }
  return [rows(all, 0, left) as D, rows(all, n - right, n) as D];
}

/** What `fit` is passed for each batch: x alone, [x, y] or [x, y, sampleWeight]. @tf tf.keras.utils.pack_x_y_sample_weight */
export function packXYSampleWeight(x: unknown, y: unknown = null, sampleWeight: unknown = null): unknown {
  if (y === null) return Array.isArray(x) ? [x] : x;
  return sampleWeight === null ? [x, y] : [x, y, sampleWeight];
}

/** [x, y, sampleWeight] of a batch, with null for what it lacks. @tf tf.keras.utils.unpack_x_y_sample_weight */
export function unpackXYSampleWeight(data: unknown): [x: unknown, y: unknown, sampleWeight: unknown] {
  if (!Array.isArray(data)) return [data, null, null];
  if (data.length < 1 || data.length > 3)
    throw new InvalidArgumentError(
      `[unpackXYSampleWeight] Data is expected to be in format \`x\`, \`[x]\`, \`[x, y]\`, or \`[x, y, sampleWeight]\`, found: ` +
        describe(data),
    );
  const [x, y = null, sampleWeight = null] = data as unknown[];
  return [x, y, sampleWeight];
}
