/** The tutorial's training step: forward, loss, gradients and two updates of a line on 1,000 points. */
import * as tf from 'gradtape';
import { fusedStep, loopStep, type Step } from '../loops/line';
import { measure } from '../measure';
import type { Benchmark, Settings } from '../suite';

/** The step with a tape, as a user writes it. */
export function tapedStep(inputs: Float32Array, outputs: Float32Array, learningRate: number): Step {
  const W = new tf.Variable(5.0);
  const b = new tf.Variable(0.0);
  const x = tf.constant(inputs);
  const y = tf.constant(outputs);
  return {
    step: () => {
      const tape = new tf.GradientTape();
      const loss = tape.run(() => tf.reduceMean(tf.square(tf.subtract(tf.add(tf.multiply(W, x), b), y))));
      const [dW, db] = tape.gradient(loss, [W, b]) as [tf.Tensor, tf.Tensor];
      W.assignSub(tf.multiply(dW, learningRate));
      b.assignSub(tf.multiply(db, learningRate));
      return loss;
    },
    W: () => Number(W.item()),
    b: () => Number(b.item()),
  };
}

/** The tutorial's data. */
export function tutorialData(n: number): { inputs: Float32Array; outputs: Float32Array } {
  tf.random.setSeed(1234);
  const inputs = tf.random.normal([n]);
  const outputs = inputs
    .mul(3)
    .add(2)
    .add(tf.random.normal([n]));
  return { inputs: inputs.data(), outputs: outputs.data() };
}

export function tutorialBenchmarks({ seconds }: Settings): Benchmark[] {
  return [
    {
      name: 'train/tutorial step, 1,000 points',
      run: () => {
        const { inputs, outputs } = tutorialData(1000);
        // A small rate: the steps go on for millions of rounds without diverging or standing still in denormals.
        const ways = [tapedStep, loopStep, fusedStep].map((make) => make(inputs, outputs, 0.01));
        for (let i = 0; i < 100; i++) ways.forEach((way) => way.step());
        for (const way of ways) {
          if (Math.abs(way.W() - ways[0].W()) > 1e-4 || Math.abs(way.b() - ways[0].b()) > 1e-4) {
            throw new Error('the ways to train disagree');
          }
        }
        const [ours, loops, fused] = measure(
          ways.map((way, i) => ({ name: String(i), run: way.step })),
          seconds,
        );
        return {
          name: 'train/tutorial step, 1,000 points',
          timings: [
            { name: 'gradtape', timing: ours },
            { name: 'plain JS, a loop per op', timing: loops },
            { name: 'plain JS, fused by hand', timing: fused },
          ],
          aim: { text: '≤ 8 µs', met: ours.median <= 8000 },
        };
      },
    },
  ];
}
