/** The hardware limit that applies to each kernel, and the share of it that is reached. */
import * as tf from 'gradtape';
import { measure } from '../measure';
import { floats } from '../ops/data';
import type { Result } from '../suite';
import { levels, type Level, type Limits, type Stream } from './levels';

/** A kernel's work: operations (a multiply-add is two), or bytes of a kind of stream. */
type Work = { operations: number } | { bytes: number; stream: Stream; working: number };

interface Kernel {
  name: string;
  work: Work;
  run: () => unknown;
}

/** The cache level that holds all arrays of a call. */
function levelOf(working: number): Level {
  return levels.find(({ bytes }) => working <= 3.5 * bytes)?.name ?? 'DRAM';
}

export function limitOf(work: Work, limits: Limits, threads: number): { text: string; ns: number } {
  const at = limits.threads.find((t) => t.threads === threads) ?? limits.threads[0];
  if ('operations' in work) {
    return { text: `${at.gflops.toFixed(0)} GFLOP/s`, ns: work.operations / at.gflops };
  }
  const level = levelOf(work.working);
  const rate = at.gbps[level][work.stream];
  return { text: `${rate.toFixed(0)} GB/s (${work.stream}, ${level})`, ns: work.bytes / rate };
}

const mega = 1 << 20;

function stream(
  name: string,
  kind: Stream,
  n: number,
  reads: number,
  writes: number,
  run: () => unknown,
): Kernel {
  const bytes = 4 * n * (reads + writes);
  return { name, work: { bytes, stream: kind, working: bytes }, run };
}

function kernels(): Kernel[] {
  const [a, b] = [floats([mega]).tensor, floats([mega]).tensor];
  const m = tf.reshape(a, [1024, 1024]);
  const product = (s: number): Kernel => {
    const [p, q] = [floats([s, s]).tensor, floats([s, s]).tensor];
    return { name: `matmul ${s}`, work: { operations: 2 * s ** 3 }, run: () => tf.matmul(p, q) };
  };
  return [
    stream('add 1M', 'add', mega, 2, 1, () => tf.add(a, b)),
    stream('multiply by a scalar 1M', 'copy', mega, 1, 1, () => tf.multiply(a, 2)),
    stream('exp 1M', 'copy', mega, 1, 1, () => tf.exp(a)),
    stream('tanh 1M', 'copy', mega, 1, 1, () => tf.tanh(a)),
    stream('sum 1M', 'read', mega, 1, 0, () => tf.reduceSum(a)),
    stream('sum axis 0, 1024x1024', 'read', mega, 1, 0, () => tf.reduceSum(m, 0)),
    stream('sum axis 1, 1024x1024', 'read', mega, 1, 0, () => tf.reduceSum(m, 1)),
    stream('argmax 1M', 'read', mega, 1, 0, () => tf.argmax(a)),
    stream('softmax 1024x1024', 'copy', mega, 1, 1, () => tf.nn.softmax(m)),
    stream('transpose 1024x1024', 'copy', mega, 1, 1, () => tf.transpose(m)),
    stream('zeros 1M', 'write', mega, 0, 1, () => tf.zeros([mega])),
    ...[64, 128, 256, 512, 1024].map(product),
    ...imageKernels(),
  ];
}

type Function3 = (...args: unknown[]) => unknown;

/** The kernels that this version has. */
function imageKernels(): Kernel[] {
  const x = floats([8, 56, 56, 64]).tensor;
  const w = floats([3, 3, 64, 64]).tensor;
  const d = floats([3, 3, 64, 1]).tensor;
  const n = x.size;
  const nn = tf.nn as unknown as Record<string, Function3 | undefined>;
  const list: Kernel[] = [];
  const { conv2d, depthwiseConv2d, maxPool2d } = nn;
  if (conv2d !== undefined) {
    const operations = 2 * n * 9 * 64;
    list.push({
      name: 'conv2d 3x3, 64 to 64 channels',
      work: { operations },
      run: () => conv2d(x, w, 1, 'SAME'),
    });
  }
  if (depthwiseConv2d !== undefined) {
    const run = (): unknown => depthwiseConv2d(x, d, [1, 1, 1, 1], 'SAME');
    list.push(stream('depthwise 3x3', 'copy', n, 1, 1, run));
  }
  if (maxPool2d !== undefined) {
    list.push(stream('max pool 2x2', 'copy', n, 1, 0.25, () => maxPool2d(x, 2, 2, 'VALID')));
  }
  return list;
}

/** Measures every kernel on one thread and on all, and its share of the limit. */
export function kernelShares(limits: Limits, seconds: number): Result[] {
  const before = tf.config.threading.getIntraOpParallelismThreads();
  const results: Result[] = [];
  try {
    for (const kernel of kernels()) {
      for (const { threads } of limits.threads) {
        tf.config.threading.setIntraOpParallelismThreads(threads);
        const [timing] = measure([{ name: 'gradtape', run: kernel.run }], seconds, {
          rounds: 7,
          warmUp: seconds / 2,
        });
        const limit = limitOf(kernel.work, limits, threads);
        results.push({
          name: `roofline/${kernel.name}, ${threads} thread${threads > 1 ? 's' : ''}`,
          timings: [{ name: 'gradtape', timing }],
          limit: { text: limit.text, share: limit.ns / timing.median },
        });
      }
    }
  } finally {
    tf.config.threading.setIntraOpParallelismThreads(before);
  }
  return results;
}
