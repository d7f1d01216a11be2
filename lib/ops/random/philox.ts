/** Draws from Philox4x32-10 streams: the native kernels behind everything in tf.random. */
import { frame, native } from '../../binding';
import { dtypes, floating, wideIntegers, type DTypeInfo } from '../../core/dtype';
import { context } from '../../core/context';
import type { TracedOp, Tracer } from '../../op/contract';
import { asShape, type Shape } from '../../core/shape';
import { bufferOf, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { kernelNumber } from '../../op/checks';
import { op } from '../../op/define/general';
import { opDefinitions, type OpDefinition } from '../../op/registry';

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

/** Where the stream stands among the numbers of the native call: key, then counter. */
const streamSlot = 4;

function fill(
  { kernel, dt, stream, bounds: { lo, range }, affine: { scale, shift } }: Draw,
  y: Tensor,
): void {
  const { key, counter } = stream;
  frame[0] = y.offset;
  frame[1] = y.size;
  frame[2] = kernel;
  frame[3] = dt.code;
  frame[streamSlot] = key[0];
  frame[streamSlot + 1] = key[1];
  frame[streamSlot + 2] = counter[0];
  frame[streamSlot + 3] = counter[1];
  frame[streamSlot + 4] = counter[2];
  frame[streamSlot + 5] = counter[3];
  frame[10] = lo[0];
  frame[11] = lo[1];
  frame[12] = range[0];
  frame[13] = range[1];
  frame[14] = stream.scrambled === true ? fullInt : -1;
  frame[15] = scale === null ? -1 : multiplies;
  frame[16] = scale ?? 0;
  frame[17] = shift === null ? -1 : adds;
  frame[18] = shift ?? 0;
  native.random(bufferOf(y));
}

/** Fills a tensor from a stream. A row, so that whoever records or traces sees it; it has no inputs. */
const philox = op('philox', {
  tf: '',
  dtypes: [...floating, ...wideIntegers],
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
  const row = opDefinitions().get('philox') as OpDefinition & TracedOp;
  return (context.tracer as Tracer).emitWithScalars({ ...row, name: distribution }, [], [{ shape, dt }], {
    slot: streamSlot,
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
