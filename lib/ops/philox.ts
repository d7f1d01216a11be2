/** Draws from Philox4x32-10 streams: the native kernels behind everything in tf.random. */
import { frame, frameBigInts, native } from '../binding';
import { dtypes, type DTypeInfo } from '../core/dtype';
import { scope, type TracedOp, type Tracer } from '../core/scope';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { op } from './define';
import { registry, type OpRow } from './registry';

/** Where a stream stands: two words of key, four of counter. */
export interface Stream {
  readonly key: readonly [number, number];
  readonly counter: readonly [number, number, number, number];
}

export type Distribution = 'uniform' | 'uniformInt' | 'uniformFullInt' | 'normal' | 'truncatedNormal';

interface Draw {
  kernel: number;
  shape: Shape;
  dt: DTypeInfo;
  stream: Stream;
  lo: bigint;
  range: bigint;
}

/** Where the stream stands among the numbers of the native call: key, then counter. */
const streamSlot = 4;

/** Fills a tensor from a stream. A row, so that whoever records or traces sees it; it has no inputs. */
const philox = op('philox', {
  tf: '',
  dtypes: ['float32', 'float64', 'int32', 'int64'],
  args: (draw: Draw) => [[], draw],
  infer: (_, { shape, dt }) => ({ shape, dt }),
  run: (_, { kernel, dt, stream, lo, range }, [y]) => {
    if (y.size === 0) return;
    frame[0] = y.offset;
    frame[1] = y.size;
    frame[2] = kernel;
    frame[3] = dt.code;
    for (let i = 0; i < 2; i++) frame[streamSlot + i] = stream.key[i];
    for (let i = 0; i < 4; i++) frame[streamSlot + 2 + i] = stream.counter[i];
    frameBigInts[10] = lo;
    frameBigInts[11] = range;
    native.random(y.buffer);
  },
  gradient: null,
});

/** A stream that is known when a compiled function runs, not yet while it is traced. */
export interface LaterStream {
  readonly later: () => Stream;
  /** The variables that finding it reads or changes. */
  readonly variables: readonly Variable[];
}

/** A tensor of the distribution's elements; integers lie in [lo, lo + range). */
export function draw(
  distribution: Distribution,
  shape: Shape,
  dt: DTypeInfo,
  stream: Stream | LaterStream,
  lo = 0n,
  range = 1n,
): Tensor {
  const kernel = native.randomNames.indexOf(distribution);
  if (!('later' in stream)) return philox({ kernel, shape, dt, stream, lo, range });
  const { later, variables } = stream;
  const row = registry().get('philox') as OpRow & TracedOp;
  return (scope.tracer as Tracer).late({ ...row, name: distribution }, [], [{ shape, dt }], {
    slot: streamSlot,
    count: 6,
    variables,
    write: (to, at) => {
      const { key, counter } = later();
      for (let i = 0; i < 2; i++) to[at + i] = key[i];
      for (let i = 0; i < 4; i++) to[at + 2 + i] = counter[i];
    },
    attrs: ([k0, k1, c0, c1, c2, c3]): Draw => {
      return { kernel, shape, dt, stream: { key: [k0, k1], counter: [c0, c1, c2, c3] }, lo, range };
    },
  })[0];
}

/** The two words of a 64-bit integer, low first. */
export function words(value: bigint): [number, number] {
  const bits = BigInt.asUintN(64, value);
  return [Number(bits & 0xffffffffn), Number(bits >> 32n)];
}

/** Raw 32-bit draws. */
export function drawWords(count: number, stream: Stream): Uint32Array {
  const drawn = draw('uniformFullInt', [count], dtypes.int32, stream).view() as Int32Array;
  return new Uint32Array(drawn.buffer, drawn.byteOffset, count);
}

/**
 * The stream of a stateless seed pair: the pair, scrambled by one block of a fixed key, gives the key and the upper half
 * of the counter.
 */
export function statelessStream(seed: readonly [bigint, bigint]): Stream {
  const [a, b] = words(seed[0]);
  const [c, d] = words(seed[1]);
  const w = drawWords(4, { key: [0x3ec8f720, 0x02461e29], counter: [a, b, c, d] });
  return { key: [w[0], w[1]], counter: [0, 0, w[2], w[3]] };
}
