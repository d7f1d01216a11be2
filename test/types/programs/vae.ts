/** A variational autoencoder: layers as classes, a compiled step, Adam. */
import * as tf from 'gradtape';

class Dense {
  readonly w: tf.Variable<'float32'>;
  readonly b: tf.Variable<'float32'>;

  constructor(inputs: number, units: number, seed: number) {
    this.w = new tf.Variable(
      tf.random.statelessNormal([inputs, units], [seed, 0], { stddev: inputs ** -0.5 }),
    );
    this.b = new tf.Variable(tf.zeros([units]));
  }

  get variables(): tf.Variable[] {
    return [this.w, this.b];
  }

  call(x: tf.Tensor) {
    return x.matmul(this.w).add(this.b);
  }
}

export class VAE {
  private readonly hidden = new Dense(8, 16, 1);
  private readonly code = new Dense(16, 4, 2);
  private readonly decoder = [new Dense(2, 16, 3), new Dense(16, 8, 4)] as const;
  private readonly optimizer = new tf.keras.optimizers.Adam({ learningRate: 0.01 });

  get variables(): tf.Variable[] {
    return [this.hidden, this.code, ...this.decoder].flatMap((layer) => layer.variables);
  }

  encode(x: tf.Tensor): { mean: tf.Tensor<'float32'>; logVariance: tf.Tensor<'float32'> } {
    const [mean, logVariance] = this.code.call(this.hidden.call(x).relu()).split(2, 1);
    if (mean === undefined || logVariance === undefined) throw new Error('split in two');
    return { mean, logVariance };
  }

  decode(z: tf.Tensor) {
    const [first, second] = this.decoder;
    return second.call(first.call(z).relu());
  }

  loss(x: tf.Tensor<'float32'>) {
    const { mean, logVariance } = this.encode(x);
    const noise = tf.random.normal(mean.shape);
    const z = mean.add(noise.mul(logVariance.mul(0.5).exp()));
    const reconstruction = this.decode(z).squaredDifference(x).sum(1);
    const divergence = tf.reduceSum(mean.square().add(logVariance.exp()).sub(logVariance).sub(1), 1).mul(0.5);
    return tf.reduceMean(reconstruction.add(divergence));
  }

  readonly step = tf.function((x: tf.Tensor<'float32'>) => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => this.loss(x));
    const gradients = tape.gradient(loss, this.variables);
    this.optimizer.apply(gradients, this.variables);
    return { loss, norm: tf.sqrt(sumOfSquares(gradients)) };
  });

  /** Halves the learning rate. */
  slower(): number {
    const rate = this.optimizer.learningRate;
    rate.assign(rate.item() / 2);
    return rate.item();
  }
}

function sumOfSquares(gradients: readonly tf.Gradient[]) {
  return gradients.map((g) => g.cast('float32').square().sum()).reduce((a, b) => a.add(b));
}

export function train(steps: number): { losses: number[]; norms: number[]; rate: number; sample: number[] } {
  tf.random.setSeed(1);
  const vae = new VAE();
  const x = tf.random
    .normal([32, 8])
    .mul(0.1)
    .add(tf.constant([1, 0, 1, 0, 1, 0, 1, 0]));
  const losses: number[] = [];
  const norms: number[] = [];
  for (let k = 0; k < steps; k++) {
    const { loss, norm } = vae.step(x);
    losses.push(loss.item());
    norms.push(norm.item());
  }
  return { losses, norms, rate: vae.slower(), sample: Array.from(vae.decode(tf.zeros([1, 2])).data()) };
}
