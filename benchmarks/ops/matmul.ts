/** Matrix products. */
import * as tf from 'gradtape';
import { measure } from '../measure';
import type { Benchmark, Result, Settings } from '../suite';

function loopMatmul(a: Float32Array, b: Float32Array, n: number): Float32Array {
  const c = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const aik = a[i * n + k];
      for (let j = 0; j < n; j++) c[i * n + j] += aik * b[k * n + j];
    }
  }
  return c;
}

function matmulRow(n: number, threads: number, seconds: number, aim?: number): Result {
  const before = tf.config.threading.getIntraOpParallelismThreads();
  tf.config.threading.setIntraOpParallelismThreads(threads);
  try {
    const a = tf.random.statelessNormal([n, n], [1, 2]);
    const b = tf.random.statelessNormal([n, n], [3, 4]);
    const x = a.data() as Float32Array;
    const y = b.data() as Float32Array;
    const [ours, js] = measure(
      [
        { name: 'gradtape', run: () => tf.matmul(a, b) },
        { name: 'js', run: () => loopMatmul(x, y, n) },
      ],
      seconds,
    );
    const rate = (ns: number): number => (2 * n ** 3) / ns;
    return {
      name: `matmul/float32 ${n}×${n}, ${threads} thread${threads > 1 ? 's' : ''}`,
      timings: [
        { name: 'gradtape', timing: ours },
        { name: 'plain JS loop', timing: js },
      ],
      figures: {
        gradtape: `${rate(ours.median).toFixed(1)} GF/s`,
        'plain JS': `${rate(js.median).toFixed(2)} GF/s`,
      },
      aim: aim === undefined ? undefined : { text: `≥ ${aim} GF/s`, met: rate(ours.median) >= aim },
    };
  } finally {
    tf.config.threading.setIntraOpParallelismThreads(before);
  }
}

export function matmulBenchmarks({ seconds }: Settings): Benchmark[] {
  return [
    { name: 'matmul/512, 1 thread', run: () => matmulRow(512, 1, 2 * seconds, 80) },
    {
      name: 'matmul/512, all threads',
      run: () => matmulRow(512, tf.config.threading.getIntraOpParallelismThreads(), 2 * seconds),
    },
    { name: 'matmul/64, 1 thread', run: () => matmulRow(64, 1, seconds) },
  ];
}
