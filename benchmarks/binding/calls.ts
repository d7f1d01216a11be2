/** Times small eager ops, with and without a tape. */
import * as tf from 'gradtape';
import { measure, type Contender } from '../measure';
import type { Benchmark, Settings } from '../suite';

export function bindingBenchmarks({ seconds }: Settings): Benchmark[] {
  return [
    {
      name: 'eager/add 4',
      run: () => {
        const a = tf.constant([1, 2, 3, 4]);
        const b = tf.constant([5, 6, 7, 8]);
        const x = Float32Array.of(1, 2, 3, 4);
        const y = Float32Array.of(5, 6, 7, 8);
        const contenders: Contender[] = [
          { name: 'gradtape', run: () => tf.add(a, b) },
          {
            name: 'plain JS',
            run: () => {
              const z = new Float32Array(4);
              for (let i = 0; i < 4; i++) z[i] = x[i] + y[i];
              return z;
            },
          },
        ];
        const [ours, js] = measure(contenders, seconds);
        return {
          name: 'eager/add 4',
          timings: [
            { name: 'gradtape', timing: ours },
            { name: 'plain JS loop', timing: js },
          ],
          aim: { text: '≤ 120 ns', met: ours.median <= 120 },
        };
      },
    },
    {
      name: 'eager/add 4, taped',
      run: () => {
        // 1,000 ops on one tape, so that the cost of the tape itself is negligible.
        const n = 1000;
        const w = new tf.Variable([1, 2, 3, 4]);
        const b = tf.constant([5, 6, 7, 8]);
        const x = Float32Array.of(1, 2, 3, 4);
        const y = Float32Array.of(5, 6, 7, 8);
        const contenders: Contender[] = [
          {
            name: 'gradtape',
            run: () =>
              new tf.GradientTape().run(() => {
                let z = tf.add(w, b);
                for (let i = 1; i < n; i++) z = tf.add(z, b);
                return z;
              }),
          },
          {
            name: 'plain JS',
            run: () => {
              let z = x;
              for (let k = 0; k < n; k++) {
                const next = new Float32Array(4);
                for (let i = 0; i < 4; i++) next[i] = z[i] + y[i];
                z = next;
              }
              return z;
            },
          },
        ];
        const timings = measure(contenders, seconds).map((t) => ({
          ...t,
          median: t.median / n,
          low: t.low / n,
          high: t.high / n,
        }));
        return {
          name: 'eager/add 4, taped',
          timings: [
            { name: 'gradtape', timing: timings[0] },
            { name: 'plain JS loop', timing: timings[1] },
          ],
          aim: { text: '≤ 180 ns', met: timings[0].median <= 180 },
        };
      },
    },
  ];
}
