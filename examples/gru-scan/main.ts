/**
 * A recurrent network written by hand: a GRU whose steps tf.scan carries out, compiled with its backward pass. It adds up the
 * two marked numbers of a sequence (the adding problem).
 *
 * `node dist/examples/gru-scan/main.js --help` lists the options.
 */
import * as tf from 'gradtape';
import { readOptions, start } from '../shared/options';
import { Progress } from '../shared/progress';

const length = 20;
const units = 32;
const batch = 64;

/** Sequences [length, batch, 2] of numbers from 0 to 1 and marks, two of which are 1, and the sums of those [batch, 1]. */
function makeSequences(seed: number): [tf.Tensor, tf.Tensor] {
  const numbers = tf.random.statelessUniform([length, batch], [seed, 1]);
  const half = length / 2;
  const place = (k: number): tf.Tensor =>
    tf.random.statelessUniform([batch], [seed, k + 2], {
      minval: k * half,
      maxval: (k + 1) * half,
      dtype: 'int32',
    });
  const marks = tf.transpose(tf.add(tf.oneHot(place(0), length), tf.oneHot(place(1), length)));
  const sums = tf.reduceSum(tf.multiply(numbers, marks), 0);
  return [tf.stack([numbers, marks], 2), tf.reshape(sums, [batch, 1])];
}

class Gru {
  private readonly gates = new tf.keras.layers.Dense(2 * units, { activation: 'sigmoid' });
  private readonly candidate = new tf.keras.layers.Dense(units, { activation: 'tanh' });
  private readonly output = new tf.keras.layers.Dense(1);

  constructor() {
    this.gates.build([batch, units + 2]);
    this.candidate.build([batch, units + 2]);
    this.output.build([batch, units]);
  }

  get variables(): tf.Variable[] {
    return [this.gates, this.candidate, this.output].flatMap((layer) => layer.trainableVariables);
  }

  /** h ← u·h + (1 − u)·tanh(W [r·h, x]), with the gates u and r = σ(V [h, x]). */
  private step(h: tf.Tensor, x: tf.Tensor): tf.Tensor {
    const [update, reset] = tf.split(this.gates(tf.concat([h, x], 1)), 2, 1);
    const next = this.candidate(tf.concat([tf.multiply(reset, h), x], 1));
    return tf.add(tf.multiply(update, h), tf.multiply(tf.subtract(1, update), next));
  }

  /** [length, batch, 2] to [batch, 1]. */
  call(sequences: tf.Tensor): tf.Tensor {
    const states = tf.scan((h: tf.Tensor, x: tf.Tensor) => this.step(h, x), sequences, {
      initializer: tf.zeros([batch, units]),
    });
    return this.output(tf.gather(states, length - 1));
  }
}

start(async () => {
  const options = readOptions('gru-scan', 'Trains a GRU that tf.scan carries out.', 'steps', 1500, 400);
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 30);
  tf.keras.utils.setRandomSeed(seed);
  const gru = new Gru();
  const lossOf = (x: tf.Tensor, y: tf.Tensor): tf.Tensor =>
    tf.reduceMean(tf.square(tf.subtract(gru.call(x), y)));
  const optimizer = new tf.keras.optimizers.Adam(5e-3);
  const step = tf.function((x: tf.Tensor, y: tf.Tensor) => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => lossOf(x, y));
    optimizer.applyGradients(tape.gradient(loss, gru.variables).map((g, i) => [g, gru.variables[i]]));
    return loss;
  });
  const evaluate = tf.function(lossOf);

  const progress = new Progress();
  const testLoss = (): number => {
    const losses = Array.from(
      { length: 8 },
      (_, i) => evaluate(...makeSequences(2 ** 30 + i)).item() as number,
    );
    return losses.reduce((a, b) => a + b) / losses.length;
  };
  for (let i = 1; i <= options.length; i++) {
    progress.step(i, step(...makeSequences(seed + i)).item() as number, 10);
    if (i % 100 !== 0) continue;
    progress.tested(i, testLoss());
    progress.keep(`step ${i} of ${options.length}  test loss ${testLoss().toFixed(4)}`);
  }
  // Always to answer 1, the mean, has an error of 1/6 = 0.1667.
  console.log(`Test loss: ${testLoss().toFixed(4)}`);
  if (options.out !== null) await progress.draw('A GRU by tf.scan', 'step', options.out);
});
