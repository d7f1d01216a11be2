/** Draws from Philox4x32-10 streams: the native kernels of tf.random. */
import { native } from '../../binding';
import { dtypes, floating, wideIntegers, type DTypeInfo } from '../../core/dtype';
import { context } from '../../core/context';
import type { TracedOp, Tracer } from '../../op/contract';
import { asShape, type Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { kernelNumber } from '../../op/checks';
import { op } from '../../op/define/general';
import { opDefinitions, type OpDefinition } from '../../op/registry';
import * as kernels from '../../op/kernels';

/** A 64-bit integer as two 32-bit words, low word first. */
export type Words = readonly [number, number];

/** The position of a stream: key and 128-bit counter, as 32-bit words. */
export interface Stream {
  readonly key: Words;
  readonly counter: readonly [number, number, number, number];
  /**
   * The stream of a stateless seed pair: the first block of the stream with this key and counter supplies its actual key
   * and the upper half of its counter.
   */
  readonly scrambled?: boolean;
}

export type Distribution = 'uniform' | 'uniformInt' | 'uniformFullInt' | 'normal' | 'truncatedNormal';

/** An affine map of drawn floats: scale · x + shift, rounded after each operation; null omits an operation. */
export interface Affine {
  readonly scale: number | null;
  readonly shift: number | null;
}
export const identityAffine: Affine = { scale: null, shift: null };

/** The interval [lo, lo + range) of integer draws. */
export interface Bounds {
  readonly lo: Words;
  readonly range: Words;
}
const noBounds: Bounds = { lo: twoWords(0, 0), range: twoWords(1, 0) };

interface DrawAttrs {
  kernel: number;
  shape: Shape;
  dt: DTypeInfo;
  stream: Stream;
  bounds: Bounds;
  affine: Affine;
}

const fullInt = kernelNumber(native.randomNames, 'uniformFullInt');
const multiplies = kernelNumber(native.binaryNames, 'multiply');
const adds = kernelNumber(native.binaryNames, 'add');

const lists = kernels.randomLists;

function fill(
  { kernel, dt, stream, bounds: { lo, range }, affine: { scale, shift } }: DrawAttrs,
  seed: Tensor | null,
  y: Tensor,
): void {
  const { key, counter } = stream;
  for (let i = 0; i < 2; i++) {
    lists.key[i] = key[i];
    lists.low[i] = lo[i];
    lists.range[i] = range[i];
  }
  for (let i = 0; i < 4; i++) lists.counter[i] = counter[i];
  const [scaleOp, shiftOp] = [scale === null ? -1 : multiplies, shift === null ? -1 : adds];
  const scrambler = stream.scrambled === true ? fullInt : -1;
  kernels.random(seed, y, y.size, kernel, dt.code, scrambler, scaleOp, scale ?? 0, shiftOp, shift ?? 0);
}

/** Fills a tensor from a stream. It is an op without inputs, so that tapes and tracers see its result. */
const philox = op('philox', {
  tf: '',
  dtypes: [...floating, ...wideIntegers],
  args: (draw: DrawAttrs) => [[], draw],
  infer: (_, { shape, dt }) => ({ shape, dt }),
  run: (_, attrs, [y]) => {
    if (y.size > 0) fill(attrs, null, y);
  },
  gradient: null,
});

/** Fills a tensor from the stream of a stateless seed, an int64 tensor of shape [2]. */
const philoxSeeded = op('philoxSeeded', {
  tf: '',
  dtypes: [...floating, ...wideIntegers],
  args: (seed: Tensor, draw: DrawAttrs) => [[seed], draw],
  infer: (_, { shape, dt }) => ({ shape, dt }),
  run: ([seed], attrs, [y]) => {
    if (y.size > 0) fill(attrs, seed, y);
  },
  gradient: null,
});

/** A stream whose position is determined at each run of a compiled function, not during the trace. */
export interface RuntimeStream {
  readonly atRun: () => Stream;
  /** The variables that `atRun` reads or changes. */
  readonly variables: readonly Variable[];
}

/** The stream of a stateless seed whose value a trace does not know: an int64 tensor of shape [2]. */
export interface SeededStream {
  readonly seed: Tensor;
}

export type AnyStream = Stream | RuntimeStream | SeededStream;

/** Draws a tensor from a distribution. */
export function draw(
  distribution: Distribution,
  shape: Shape,
  dt: DTypeInfo,
  stream: AnyStream,
  bounds: Bounds = noBounds,
  affine: Affine = identityAffine,
): Tensor {
  const kernel = kernelNumber(native.randomNames, distribution);
  if ('seed' in stream)
    return philoxSeeded(stream.seed, { kernel, shape, dt, stream: unseeded, bounds, affine });
  if (!('atRun' in stream)) {
    const attrs = { kernel, shape, dt, stream, bounds, affine };
    return philox(attrs);
  }
  const { atRun, variables } = stream;
  const definition = opDefinitions().get('philox') as OpDefinition & TracedOp;
  return (context.tracer as Tracer).emitWithScalars(
    { ...definition, name: distribution },
    [],
    [{ shape, dt }],
    {
      // The key, followed by the counter.
      slot: kernels.slotOf(lists.key),
      count: 6,
      variables,
      write: (to, at) => {
        const { key, counter } = atRun();
        for (let i = 0; i < 2; i++) to[at + i] = key[i];
        for (let i = 0; i < 4; i++) to[at + 2 + i] = counter[i];
      },
      attrs: ([k0, k1, c0, c1, c2, c3]): DrawAttrs => {
        return { kernel, shape, dt, stream: { key: [k0, k1], counter: [c0, c1, c2, c3] }, bounds, affine };
      },
    },
  )[0];
}

// V8 stores small integers and doubles in arrays of different element kinds, and a transition between the two takes as long
// as a draw. So word lists are created as arrays of doubles.

export function twoWords(a: number, b: number): Words {
  const list: [number, number] = [0.5, 0.5];
  list[0] = a;
  list[1] = b;
  return list;
}

export function fourWords(a: number, b: number, c: number, d: number): Stream['counter'] {
  const list: [number, number, number, number] = [0.5, 0.5, 0.5, 0.5];
  list[0] = a;
  list[1] = b;
  list[2] = c;
  list[3] = d;
  return list;
}

/** The words of a bigint or a safe integer. Numbers are preferable: an operation on bigints costs as much as a draw. */
export function words(value: bigint | number): Words {
  if (typeof value === 'number') return twoWords(value >>> 0, Math.floor(value / 2 ** 32) >>> 0);
  const bits = BigInt.asUintN(64, value);
  return twoWords(Number(bits & 0xffffffffn), Number(bits >> 32n));
}

/** a − b modulo 2⁶⁴. */
export function wordsBetween(b: Words, a: Words): Words {
  const low = a[0] - b[0];
  return twoWords(low >>> 0, (a[1] - b[1] - (low < 0 ? 1 : 0)) >>> 0);
}

/** Raw 32-bit draws: an int32 tensor. */
export function drawWords(count: number, stream: Stream): Tensor {
  return draw('uniformFullInt', asShape([count]), dtypes.int32, stream);
}

const scrambling = twoWords(0x3ec8f720, 0x02461e29);

/** Stands in for a stateless stream whose counter is a tensor. */
const unseeded: Stream = { key: scrambling, counter: fourWords(0, 0, 0, 0), scrambled: true };

/** The stream of a stateless seed pair, which is scrambled by one block of a fixed key. */
export function statelessStream([a, b]: readonly [Words, Words]): Stream {
  return { key: scrambling, counter: fourWords(a[0], a[1], b[0], b[1]), scrambled: true };
}
