/** Draws from Philox4x32-10 streams: the native kernels of tf.random. */
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

/** The first slot of the argument buffer for the stream: key, then counter. */
const streamSlot = 4;

function fill(
  { kernel, dt, stream, bounds: { lo, range }, affine: { scale, shift } }: DrawAttrs,
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

/** Fills a tensor from a stream. It is an op without inputs, so that tapes and tracers see its result. */
const philox = op('philox', {
  tf: '',
  dtypes: [...floating, ...wideIntegers],
  args: (draw: DrawAttrs) => [[], draw],
  infer: (_, { shape, dt }) => ({ shape, dt }),
  run: (_, attrs, [y]) => {
    if (y.size > 0) fill(attrs, y);
  },
  gradient: null,
});

/** A stream whose position is determined at each run of a compiled function, not during the trace. */
export interface RuntimeStream {
  readonly atRun: () => Stream;
  /** The variables that `atRun` reads or changes. */
  readonly variables: readonly Variable[];
}

/** Draws a tensor from a distribution. */
export function draw(
  distribution: Distribution,
  shape: Shape,
  dt: DTypeInfo,
  stream: Stream | RuntimeStream,
  bounds: Bounds = noBounds,
  affine: Affine = identityAffine,
): Tensor {
  const kernel = kernelNumber(native.randomNames, distribution);
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
      slot: streamSlot,
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

/** The stream of a stateless seed pair, which is scrambled by one block of a fixed key. */
export function statelessStream([a, b]: readonly [Words, Words]): Stream {
  return { key: scrambling, counter: fourWords(a[0], a[1], b[0], b[1]), scrambled: true };
}
