/**
 * A variational autoencoder of handwritten digits: 784 pixels become two numbers with an uncertainty, and pixels again.
 *
 * The loss is −ELBO: the reconstruction's cross-entropy plus the divergence of the two numbers from a standard normal
 * distribution. `node dist/examples/vae/main.js --help` lists the options.
 */
import * as tf from 'gradtape';
import { loadDigits } from '../shared/digits';
import { readOptions, start } from '../shared/options';
import { Progress } from '../shared/progress';

const { layers } = tf.keras;
const latent = 2;
const batch = 64;

start(async () => {
  const options = readOptions('vae', 'Trains a variational autoencoder of digits.', 'epochs', 20, 2);
  if (options.seed !== null) tf.keras.utils.setRandomSeed(options.seed);
  const [training, test] = options.quick ? loadDigits(2048, 512) : loadDigits(8960, 1000);
  const pixels = tf.reshape(training.images, [-1, 784]);
  const testPixels = tf.reshape(test.images, [-1, 784]);
  const encoder = new tf.keras.Sequential([
    tf.keras.Input([784]),
    new layers.Dense(256, { activation: 'relu' }),
    new layers.Dense(2 * latent),
  ]);
  const decoder = new tf.keras.Sequential([
    tf.keras.Input([latent]),
    new layers.Dense(256, { activation: 'relu' }),
    new layers.Dense(784),
  ]);

  /** The mean over the images of −ELBO, in nats. `noise` is [n, 2]. */
  const lossOf = (x: tf.Tensor, noise: tf.Tensor): tf.Tensor => {
    const [mean, logVariance] = tf.split(encoder(x), 2, 1);
    const z = tf.add(mean, tf.multiply(tf.exp(tf.multiply(logVariance, 0.5)), noise));
    const errors = tf.nn.sigmoidCrossEntropyWithLogits(x, decoder(z));
    // KL(N(μ, σ²) ‖ N(0, 1)) = (σ² + μ² − 1 − log σ²) / 2.
    const terms = tf.subtract(tf.add(tf.exp(logVariance), tf.square(mean)), tf.add(logVariance, 1));
    const divergence = tf.multiply(tf.reduceSum(terms, 1), 0.5);
    return tf.reduceMean(tf.add(tf.reduceSum(errors, 1), divergence));
  };
  const variables = [...encoder.trainableVariables, ...decoder.trainableVariables];
  const optimizer = new tf.keras.optimizers.Adam(2e-3);
  const step = tf.function((places: tf.Tensor) => {
    const x = tf.gather(pixels, places);
    const noise = tf.random.normal([batch, latent]);
    const tape = new tf.GradientTape();
    const loss = tape.run(() => lossOf(x, noise));
    optimizer.applyGradients(tape.gradient(loss, variables).map((g, i) => [g, variables[i]]));
    return loss;
  });
  const evaluate = tf.function(lossOf);
  const testNoise = tf.random.statelessNormal([testPixels.shape[0], latent], [1, 2]);

  const progress = new Progress();
  const steps = pixels.shape[0] / batch;
  let reached = 0;
  for (let epoch = 1; epoch <= options.length; epoch++) {
    const order = tf.reshape(tf.random.shuffle(tf.range(pixels.shape[0])), [steps, batch]);
    for (const [i, places] of tf.unstack(order).entries())
      progress.step(epoch - 1 + (i + 1) / steps, Number(step(places).item()), 10);
    reached = Number(evaluate(testPixels, testNoise).item());
    progress.tested(epoch, reached);
    progress.keep(`epoch ${epoch} of ${options.length}  test loss ${reached.toFixed(1)}`);
  }
  const drawn = tf.sigmoid(decoder(tf.constant([[0, 0]]))).data() as Float32Array;
  console.log('The digit in the middle:');
  for (let row = 4; row < 24; row += 2) {
    const line = Array.from(
      { length: 20 },
      (_, k) => ' .:*#'[Math.min(4, Math.floor(5 * drawn[28 * row + k + 4]))],
    );
    console.log(`  ${line.join('')}`);
  }
  console.log(`Test loss: ${reached.toFixed(1)} nats per image`);
  if (options.out !== null) await progress.draw('Variational autoencoder', 'epoch', options.out);
});
