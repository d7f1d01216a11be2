/** Draws from Philox4x32-10 streams: the native kernels behind everything in tf.random. */
import { native } from '../../binding';
import { dtypes, type DTypeInfo } from '../../core/dtype';
import { context } from '../../core/context';
import type { TracedOp, Tracer } from '../../op/contract';
import { asShape, type Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { kernelNumber } from '../../op/checks';
import { op } from '../../op/define/general';
import { registry, type OpRow } from '../../op/registry';
import * as kernels from '../../op/kernels';

/** The two words of a 64-bit integer, low first. */
export type Words = readonly [number, number];

/** Where a stream stands: two words of key, four of counter. */
export interface Stream {
  readonly key: Words;
  readonly counter: readonly [number, number, number, number];
  /** It is that of a stateless seed pair: the first block of this one is its key and the upper half of its counter. */
  readonly scrambled?: boolean;
}

export type Distribution = 'uniform' | 'uniformInt' | 'uniformFullInt' | 'normal' | 'truncatedNormal';

/** What becomes of drawn floats: `scale` times the number, plus `shift`, each rounded; null: left out. */
export interface Affine {
  readonly scale: number | null;
  readonly shift: number | null;
}
export const asDrawn: Affine = { scale: null, shift: null };

/** Integers lie in [lo, lo + range). */
export interface Bounds {
  readonly lo: Words;
  readonly range: Words;
}
const noBounds: Bounds = { lo: twoWords(0, 0), range: twoWords(1, 0) };

interface Draw {
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
  { kernel, dt, stream, bounds: { lo, range }, affine: { scale, shift } }: Draw,
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
  kernels.random(y, y.size, kernel, dt.code, scrambler, scaleOp, scale ?? 0, shiftOp, shift ?? 0);
}

/** Fills a tensor from a stream. A row, so that whoever records or traces sees it; it has no inputs. */
const philox = op('philox', {
  tf: '',
  dtypes: ['float32', 'float64', 'int32', 'int64'],
  args: (draw: Draw) => [[], draw],
  infer: (_, { shape, dt }) => ({ shape, dt }),
  run: (_, attrs, [y]) => {
    if (y.size > 0) fill(attrs, y);
  },
  gradient: null,
});

/** A stream that is known when a compiled function runs, not yet while it is traced. */
export interface RuntimeStream {
  readonly atRun: () => Stream;
  /** The variables that finding it reads or changes. */
  readonly variables: readonly Variable[];
}

/** A tensor of the distribution's elements. */
export function draw(
  distribution: Distribution,
  shape: Shape,
  dt: DTypeInfo,
  stream: Stream | RuntimeStream,
  bounds: Bounds = noBounds,
  affine: Affine = asDrawn,
): Tensor {
  const kernel = kernelNumber(native.randomNames, distribution);
  if (!('atRun' in stream)) {
    const attrs = { kernel, shape, dt, stream, bounds, affine };
    return philox(attrs);
  }
  const { atRun, variables } = stream;
  const row = registry().get('philox') as OpRow & TracedOp;
  return (context.tracer as Tracer).emitWithScalars({ ...row, name: distribution }, [], [{ shape, dt }], {
    // The key, and behind it the counter.
    slot: kernels.slotOf(lists.key),
    count: 6,
    variables,
    write: (to, at) => {
      const { key, counter } = atRun();
      for (let i = 0; i < 2; i++) to[at + i] = key[i];
      for (let i = 0; i < 4; i++) to[at + 2 + i] = counter[i];
    },
    attrs: ([k0, k1, c0, c1, c2, c3]): Draw => {
      return { kernel, shape, dt, stream: { key: [k0, k1], counter: [c0, c1, c2, c3] }, bounds, affine };
    },
  })[0];
}

// Lists of words are lists of doubles from the start: one of small integers becomes such where it is read beside others, at
// every call, which takes as long as the draw.

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

/** Those of a bigint, or of a number that is a safe integer; bigints cost as much as the draw. */
export function words(value: bigint | number): Words {
  if (typeof value === 'number') return twoWords(value >>> 0, Math.floor(value / 2 ** 32) >>> 0);
  const bits = BigInt.asUintN(64, value);
  return twoWords(Number(bits & 0xffffffffn), Number(bits >> 32n));
}

/** a − b, modulo 2⁶⁴. */
export function wordsBetween(b: Words, a: Words): Words {
  const low = a[0] - b[0];
  return twoWords(low >>> 0, (a[1] - b[1] - (low < 0 ? 1 : 0)) >>> 0);
}

/** Raw 32-bit draws: an int32 tensor. */
export function drawWords(count: number, stream: Stream): Tensor {
  return draw('uniformFullInt', asShape([count]), dtypes.int32, stream);
}

const scrambling = twoWords(0x3ec8f720, 0x02461e29);

/** The stream of a stateless seed pair: the pair, scrambled by one block of a fixed key. */
export function statelessStream([a, b]: readonly [Words, Words]): Stream {
  return { key: scrambling, counter: fourWords(a[0], a[1], b[0], b[1]), scrambled: true };
}
