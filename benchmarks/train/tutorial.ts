/** The training step of TensorFlow's tutorial: forward pass, loss, gradients and two updates of a linear model on 1,000 points. */
import * as tf from 'gradtape';
import { fusedStep, loopStep, type Step } from '../loops/linear_regression';
import { measure } from '../measure';
import type { Benchmark, Settings } from '../suite';

/** The step with a tape. */
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

/** The data of the tutorial. */
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
        // A small learning rate, so that millions of steps neither diverge nor end in denormal numbers.
        const ways = [tapedStep, loopStep, fusedStep].map((make) => make(inputs, outputs, 0.01));
        for (let i = 0; i < 100; i++) ways.forEach((way) => way.step());
        for (const way of ways) {
          if (Math.abs(way.W() - ways[0].W()) > 1e-4 || Math.abs(way.b() - ways[0].b()) > 1e-4) {
            throw new Error('the training steps have different results');
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
